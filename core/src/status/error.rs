//! Why a list was refused.

use super::{BitstringError, TokenListError};
use crate::credential::Malformed;
use crate::json::JsonError;
use crate::time::Timestamp;

/// Why a status list was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StatusError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not a token, or one that breaks a rule.
    #[error("the token of the status list breaks a rule: {}", .0.message)]
    Token(#[from] Malformed),
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
    /// A purpose that we don't know.
    #[error("the status purpose “{found}” is not supported")]
    UnsupportedPurpose {
        /// The purpose, 64 characters at most.
        found: String,
    },
    /// No signature of its issuer, or one that fails.
    #[error("the status list is not proved: {detail}")]
    NotProved {
        /// Why, as a code of [`crate::verify`].
        code: &'static str,
        /// Why, in words.
        detail: String,
    },
    /// By somebody else than the badge's issuer.
    #[error("the status list is by {found}, not by the issuer of the badge")]
    OtherIssuer {
        /// Who it says issues it, 64 characters at most.
        found: String,
    },
    /// It goes by another id than the URL that the badge names.
    #[error("the status list is {found}, not the one that the badge names")]
    OtherList {
        /// Its id, 64 characters at most.
        found: String,
    },
    /// An unsigned list counts only from an https address.
    #[error("the status list is not signed, and not from an https address")]
    NotHttps,
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
    /// It states no time, neither its own nor its signature's: nobody can tell how old it is.
    #[error("the status list does not say when it was made")]
    Undated,
    /// The bits.
    #[error(transparent)]
    Bits(#[from] BitstringError),
    /// The values of a Token Status List.
    #[error(transparent)]
    Values(#[from] TokenListError),
}

impl StatusError {
    /// A word for programs, in snake_case; it never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::Token(_) | Self::NotAnObject | Self::Member { .. } => "list_malformed",
            Self::UnsupportedType { .. } => "list_type_unsupported",
            Self::UnsupportedPurpose { .. } => "list_purpose_unsupported",
            Self::NotProved { .. } => "list_not_proved",
            Self::OtherIssuer { .. } => "list_of_another",
            Self::OtherList { .. } => "list_id_other",
            Self::NotHttps => "list_not_https",
            Self::NotYetValid { .. } => "list_not_yet_valid",
            Self::Expired { .. } => "list_expired",
            Self::Undated => "list_undated",
            Self::Bits(_) | Self::Values(_) => "list_bits_malformed",
        }
    }
}
