//! Data Integrity proofs.
