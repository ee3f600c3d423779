//! What went wrong, and what to do about it.

use crate::{EXIT_NOT_CHECKED, EXIT_USAGE};
use std::io;

/// Why a command didn't do what it was asked. The message says what happened, [`CliError::hint`] what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// A command line that can't be right.
    #[error("{message}")]
    Usage { message: String, hint: Option<&'static str> },
    /// A file that can't be read.
    #[error("{path} can't be read: {source}")]
    Read { path: String, source: io::Error },
    /// A file that can't be written.
    #[error("{path} can't be written: {source}")]
    Write { path: String, source: io::Error },
    /// A file that is never overwritten.
    #[error("{path} is there already, and is not overwritten")]
    Exists { path: String },
    /// Over a limit.
    #[error("{what} has more than {limit_bytes} bytes")]
    TooLarge { what: String, limit_bytes: usize },
    /// Not what was expected inside a file.
    #[error("{path}: {message}")]
    Content { path: String, message: String, hint: &'static str },
    /// A picture that can't be baked, or from which no badge can be taken.
    #[error("{path}: {error}")]
    Bake { path: String, error: accolade_core::bake::BakeError },
    /// A key that isn't that of the badge's subject.
    #[error("the badge was issued to {subject}, and the key is that of {holder}")]
    NotSubject { holder: String, subject: String },
    /// The operating system gave no randomness.
    #[error("the system gave no random numbers: {0}")]
    Random(String),
    /// Nobody answers.
    #[error("no node answers at {node}: {reason}")]
    Unreachable { node: String, reason: String },
    /// The answer took too long.
    #[error("the node at {node} did not answer within {limit_s} s")]
    Timeout { node: String, limit_s: u64 },
    /// No connection by https: a certificate that isn't trusted, or no TLS at the other end.
    #[error("no secure connection to {node}: {reason}")]
    Tls { node: String, reason: String },
    /// Something on the web that is to be judged, and that was not to be had.
    #[error("nothing came from {url}: {reason}")]
    NotFetched { url: String, reason: String },
    /// An act that needs a token, and none was given.
    #[error("this needs an access token, and none was given")]
    NoToken,
    /// A problem that the node reported (RFC 9457).
    #[error("{message}")]
    Problem { message: String, hint: Option<String>, code: Option<String> },
    /// An answer that doesn't come from an Accolade node.
    #[error("the answer of {node} is not what an Accolade node says: {message}")]
    Answer { node: String, message: String },
    /// Standard output or error failed.
    #[error("the output can't be written: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    /// A usage error without a hint.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    /// What a person can do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Usage { hint, .. } => return hint.map(str::to_owned),
            Self::Problem { hint, .. } => return hint.clone(),
            Self::Content { hint, .. } => hint,
            Self::Bake { error, .. } => error.hint(),
            Self::Read { .. } => "check the path and the file's permissions",
            Self::Write { .. } => "check that the folder exists and may be written to",
            Self::Exists { .. } => "give another name with --out",
            Self::TooLarge { .. } => "check that this is the right file",
            Self::NotSubject { .. } => "only the subject can present a badge: give that key with --key",
            Self::Random(_) => "try again; if it stays so, the system is broken",
            Self::Unreachable { .. } => {
                "start a node with `cargo run --bin accolade-node`, or name one with --node URL"
            }
            Self::Timeout { .. } => "the act may have been done all the same: look before you repeat it",
            Self::Tls { .. } => {
                "check the address; if the node's certificate comes from a private authority, give that authority's \
                 certificate with --ca-file FILE"
            }
            Self::NotFetched { .. } => "check the address; or download it, and give the file",
            Self::NoToken => {
                "give --token-file FILE, or set ACCOLADE_TOKEN_FILE or ACCOLADE_TOKEN; a node \
                 shows its owner's token at the very first start, or writes it to owner-token in its data folder"
            }
            Self::Answer { .. } => "check the address given with --node",
            Self::Output(_) => return None,
        };
        Some(hint.to_owned())
    }

    /// The exit code of the program.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => EXIT_USAGE,
            Self::NotFetched { .. } => EXIT_NOT_CHECKED,
            _ => 1,
        }
    }
}
