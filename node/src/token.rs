//! API tokens: shown once, stored hashed.
