//! What a verb of the node answers when it can't do what was asked.

use std::borrow::Cow;

/// A request that was not carried out: for a program a code, for a person what happened and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NodeError {
    /// Whose move it is.
    pub kind: ErrorKind,
    /// Stable and machine-readable, in snake_case.
    pub code: &'static str,
    /// What happened, one sentence.
    pub message: Cow<'static, str>,
    /// What to do about it, one sentence.
    pub hint: Cow<'static, str>,
}

/// The kinds of failure, each one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 400: the request can't be understood or breaks a rule.
    Invalid,
    /// 401: no token, or one that isn't known.
    Unauthenticated,
    /// 403: the token lacks the scope.
    Forbidden,
    /// 404: there is no such thing.
    NotFound,
    /// 409: it contradicts what is there.
    Conflict,
    /// 413: over a limit.
    TooLarge,
    /// 429: too many requests.
    TooMany,
    /// 503: the node can't do it now (disk full, shutting down).
    Unavailable,
    /// 500: a fault of the node.
    Internal,
}

impl NodeError {
    /// An error from its four parts.
    pub fn new(
        kind: ErrorKind,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { kind, code, message: message.into(), hint: hint.into() }
    }

    /// Something in the ledger that this program can't have written so: a damage of the file.
    pub(crate) fn damaged(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Internal, code, message, "Restore the ledger from a backup.")
    }
}

impl From<accolade_core::credential::Malformed> for NodeError {
    fn from(error: accolade_core::credential::Malformed) -> Self {
        let hint = "Correct the member that the message names, and send it again.";
        Self::new(ErrorKind::Invalid, error.code, error.to_string(), hint)
    }
}
