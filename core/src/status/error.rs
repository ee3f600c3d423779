//! Why a list was refused, or doesn't answer.

use super::{BitstringError, OutOfRange, StatusPurpose};
use crate::json::JsonError;
use crate::proof::ProofError;
use crate::time::Timestamp;

/// Why a status list credential was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StatusError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not an object.
    #[error("the status list is not a JSON object")]
    NotAnObject,
    /// A member that is missing or breaks its rule.
    #[error("“{member}” of the status list {problem}")]
    Member {
        /// The member's name.
        member: &'static str,
        /// What is wrong, to be read after the name.
        problem: &'static str,
    },
    /// A kind of list that we don't read.
    #[error("status lists of type “{found}” are not supported")]
    UnsupportedType {
        /// The type, 64 characters at most.
        found: String,
    },
    /// A purpose other than revocation and suspension.
    #[error("the status purpose “{found}” is not supported")]
    UnsupportedPurpose {
        /// The purpose, 64 characters at most.
        found: String,
    },
    /// A proof that fails, or none.
    #[error("the status list is not proved: {0}")]
    Proof(#[from] ProofError),
    /// Signed, but by somebody else than its issuer.
    #[error("the status list is not signed by its issuer {issuer}")]
    NotByIssuer {
        /// Who it says issues it.
        issuer: String,
    },
    /// Ahead of its time.
    #[error("the status list is valid only from {from}")]
    NotYetValid {
        /// Its `validFrom`.
        from: Timestamp,
    },
    /// Past its time.
    #[error("the status list was valid until {until}")]
    Expired {
        /// Its `validUntil`.
        until: Timestamp,
    },
    /// Neither `validFrom` nor a proof with `created`: nobody can tell how old it is.
    #[error("the status list does not say when it was made")]
    Undated,
    /// The bits.
    #[error(transparent)]
    Bits(#[from] BitstringError),
}

impl StatusError {
    /// A word for programs, in snake_case; it never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::NotAnObject | Self::Member { .. } => "list_malformed",
            Self::UnsupportedType { .. } => "list_type_unsupported",
            Self::UnsupportedPurpose { .. } => "list_purpose_unsupported",
            Self::Proof(_) => "list_proof_failed",
            Self::NotByIssuer { .. } => "list_not_by_issuer",
            Self::NotYetValid { .. } => "list_not_yet_valid",
            Self::Expired { .. } => "list_expired",
            Self::Undated => "list_undated",
            Self::Bits(_) => "list_bits_malformed",
        }
    }
}

/// Why a list doesn't answer for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The entry names another list.
    #[error("the status entry names another list")]
    OtherList,
    /// The list is not of the badge's issuer.
    #[error("the status list is not by the issuer of the badge")]
    OtherIssuer,
    /// One says revocation and the other suspension.
    #[error("the status entry is about {entry}, the list about {list}")]
    OtherPurpose {
        /// The entry's purpose.
        entry: StatusPurpose,
        /// The list's purpose.
        list: StatusPurpose,
    },
    /// Beyond the end.
    #[error(transparent)]
    OutOfRange(OutOfRange),
}
