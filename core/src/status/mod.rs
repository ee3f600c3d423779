//! Bitstring Status List v1.0 (W3C): one bit per badge says whether it was revoked or suspended.
//!
//! A [`StatusEntry`] is what a badge carries, a [`Bitstring`] is the bare list, and a [`VerifiedList`] is a
//! list that its issuer vouched for: only that one answers for a badge.

mod bitstring;
mod entry;
mod error;
mod list;
mod permute;

pub use bitstring::{Bitstring, BitstringError, MAX_ENTRIES, MIN_ENTRIES, OutOfRange};
pub use entry::{EntryError, StatusEntry};
pub use error::{LookupError, StatusError};
pub use list::{ListSource, MAX_LIST_VALIDITY, VerifiedList, list_credential};
pub use permute::permuted_index;

use std::fmt;

/// What a set bit says of the badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusPurpose {
    /// Taken back for good.
    Revocation,
    /// Not to be relied on for now.
    Suspension,
}

impl StatusPurpose {
    /// The value of `statusPurpose`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
        }
    }

    /// Reads the value of `statusPurpose`; `None` for every other purpose (`refresh`, `message`, …).
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "revocation" => Some(Self::Revocation),
            "suspension" => Some(Self::Suspension),
            _ => None,
        }
    }
}

impl fmt::Display for StatusPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
