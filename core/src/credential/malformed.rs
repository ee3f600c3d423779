//! Why a document is not a credential or presentation that can be judged.

use crate::json::JsonError;
use std::fmt;

/// A rule of a format that a document breaks, or a format that we don't read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Which of the two it is.
    pub kind: Kind,
    /// A stable word for programs, such as `issuer_missing`.
    pub code: &'static str,
    /// What is wrong, in plain words.
    pub message: String,
    /// Where, as a JSON Pointer (RFC 6901); empty for the document itself.
    pub path: String,
}

/// Whether a document breaks a rule, or keeps rules that we don't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It breaks a rule of its format.
    Malformed,
    /// A format, or a version of one, that we don't read.
    Unsupported,
}

impl Malformed {
    /// A broken rule.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Kind::Malformed, code, message: message.into(), path: String::new() }
    }

    /// A format that we don't read.
    pub fn unsupported(code: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Kind::Unsupported, ..Self::new(code, message) }
    }

    /// The same, found under the member `key` of what was looked at: the path grows from the inside out.
    pub(crate) fn under(mut self, key: &str) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        self.path = format!("/{key}{}", self.path);
        self
    }

    /// The same, found under the item `index` of a list.
    pub(crate) fn item(mut self, index: usize) -> Self {
        self.path = format!("/{index}{}", self.path);
        self
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, " (at {})", self.path) }
    }
}

impl std::error::Error for Malformed {}

impl From<JsonError> for Malformed {
    fn from(error: JsonError) -> Self {
        let code = match error {
            JsonError::TooLarge { .. } => "too_large",
            JsonError::NotUtf8 => "not_utf8",
            JsonError::Syntax { .. } => "not_json",
        };
        Self::new(code, error.to_string())
    }
}
