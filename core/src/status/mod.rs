//! Bitstring Status List v1.0.
