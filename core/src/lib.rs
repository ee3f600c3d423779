//! The protocol of Accolade: credentials, proofs, status lists, DIDs, records and verification.
//!
//! Pure: no clock, no I/O, no global randomness. Time, bytes and seeds go in; reports, bytes and effects
//! come out. Two rules hold everywhere: a type that says "verified" or "parsed" can't be built without the
//! check, and every size has a limit.

pub mod bake;
pub mod credential;
pub mod did;
pub mod jose;
pub mod json;
pub mod jsonld;
pub mod keys;
pub mod language;
pub mod proof;
pub mod record;
pub mod status;
pub mod time;
pub mod trust;
pub mod verify;
