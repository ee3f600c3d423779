//! Fetches what others named, through the one egress guard.

mod addresses;
pub mod egress;

pub use egress::Egress;
