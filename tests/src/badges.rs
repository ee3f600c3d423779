//! Realistic, distinct Open Badges 3.0 credentials from a seed.
