//! Accolade.
