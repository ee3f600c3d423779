//! The measurements: each prints JSON lines.

pub mod oracle;
pub mod revocation;
pub mod verify;
