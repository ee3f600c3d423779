//! Decentralized identifiers: their syntax (W3C DID Core 1.0, section 3), their documents, and the half of each
//! method that needs no network.

pub mod document;
pub mod jwk;
pub mod key;
pub mod web;

use crate::keys::{JwkError, PublicKey};
use document::{DidDocument, DocumentError};
use std::fmt;

/// Longest DID that is read, in bytes. The did:jwk of an RSA key of 8192 bits has 1871.
pub const MAX_DID_BYTES: usize = 2048;

/// A syntactically valid DID: `did:method:id`, without path, query or fragment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(String);

impl Did {
    /// Reads a DID.
    ///
    /// # Errors
    /// What doesn't fit the grammar of DID Core section 3.1, or is longer than [`MAX_DID_BYTES`].
    pub fn parse(text: &str) -> Result<Self, DidError> {
        if text.len() > MAX_DID_BYTES {
            return Err(DidError::TooLong);
        }
        let rest = text.strip_prefix("did:").ok_or(DidError::Syntax)?;
        let (method, id) = rest.split_once(':').ok_or(DidError::Syntax)?;
        let method_fits =
            !method.is_empty() && method.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if method_fits && is_method_specific_id(id) {
            Ok(Self(text.to_owned()))
        } else {
            Err(DidError::Syntax)
        }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The method's name, `key` of `did:key:z6Mk…`.
    pub fn method(&self) -> &str {
        self.0[4..].split(':').next().unwrap_or_default()
    }

    /// What follows the method's name.
    pub fn method_specific_id(&self) -> &str {
        &self.0[4 + self.method().len() + 1..]
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Splits a DID URL that names a verification method, `did:key:z6Mk…#z6Mk…`, into its DID and its fragment.
///
/// # Errors
/// No fragment, an empty one, a path or query before it, or a DID that doesn't parse.
pub fn parse_did_url(text: &str) -> Result<(Did, &str), DidError> {
    let (did, fragment) = text.split_once('#').ok_or(DidError::NoFragment)?;
    if fragment.is_empty() || fragment.contains('#') {
        return Err(DidError::NoFragment);
    }
    Ok((Did::parse(did)?, fragment))
}

/// The document of a DID that is its own document: did:key and did:jwk. `None` for every other method.
pub fn resolve_pure(did: &Did) -> Option<Result<DidDocument, DidError>> {
    let object = match did.method() {
        "key" => key::resolve(did).map(|_| document::of_multikeys(did, &[did.method_specific_id()])),
        "jwk" => jwk::document(did),
        _ => return None,
    };
    Some(object.and_then(|object| Ok(DidDocument::from_object(object, did.as_str())?)))
}

/// The key of a verification method that stands in the method's own name: did:key, whose fragment repeats the
/// identifier, and did:jwk, whose fragment is `0`. `None` for every other method: a key in the fragment of another DID
/// or URL proves nothing.
pub fn key_in_name(verification_method: &str) -> Option<Result<PublicKey, DidError>> {
    if !has_key_in_name(verification_method) {
        return None;
    }
    Some(parse_did_url(verification_method).and_then(|(did, fragment)| {
        let (key, own_fragment) = match did.method() {
            "key" => (key::resolve(&did)?, did.method_specific_id()),
            _ => (jwk::resolve(&did)?, jwk::FRAGMENT),
        };
        if fragment == own_fragment { Ok(key) } else { Err(DidError::FragmentDiffers) }
    }))
}

/// Whether a DID or DID URL is of a method whose keys stand in the name, so that there is no document to look up.
pub fn has_key_in_name(did_or_url: &str) -> bool {
    did_or_url.starts_with("did:key:") || did_or_url.starts_with("did:jwk:")
}

/// Why a text is not a DID or DID URL that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DidError {
    /// Breaks the grammar.
    #[error("this is not a DID (did:method:identifier)")]
    Syntax,
    /// Over the limit.
    #[error("the DID is longer than {MAX_DID_BYTES} bytes")]
    TooLong,
    /// A verification method must be named by a fragment.
    #[error("the verification method has no fragment (#…) that names a key")]
    NoFragment,
    /// A did:key whose identifier is not a supported key.
    #[error("the did:key does not hold a usable key: {0}")]
    Key(#[from] crate::keys::KeyError),
    /// A did:jwk whose identifier is not a supported key.
    #[error("the did:jwk does not hold a usable key: {0}")]
    Jwk(#[from] JwkError),
    /// A did:key or did:jwk whose document breaks a rule.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A method that we don't resolve.
    #[error("this DID method is not supported")]
    UnsupportedMethod,
    /// The fragment doesn't name the key of the did:key or did:jwk.
    #[error("the fragment of a did:key must repeat its identifier, that of a did:jwk must be “0”")]
    FragmentDiffers,
}

fn is_method_specific_id(id: &str) -> bool {
    let bytes = id.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' if bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => {
                at += 3
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' => at += 1,
            _ => return false,
        }
    }
    !id.is_empty() && !id.ends_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dids() {
        for (text, method, id) in
            [("did:key:z6Mk", "key", "z6Mk"), ("did:web:a.example:b%3A1", "web", "a.example:b%3A1")]
        {
            let did = Did::parse(text).expect(text);
            assert_eq!((did.method(), did.method_specific_id()), (method, id));
        }
    }

    #[test]
    fn refuses_what_is_no_did() {
        for text in [
            "",
            "did",
            "did:",
            "did:key",
            "did:key:",
            "did::a",
            "DID:key:a",
            "did:Key:a",
            "did:key:a#b",
            "did:key:a/b",
            "did:key:a?b",
            "did:key:a:",
            "did:key:%",
            "did:key:%0g",
            "did:key:ü",
            "did:key:a b",
            "https://a.example",
        ] {
            assert_eq!(Did::parse(text), Err(DidError::Syntax), "{text}");
        }
        assert_eq!(Did::parse(&format!("did:key:{}", "a".repeat(MAX_DID_BYTES))), Err(DidError::TooLong));
        assert_eq!(parse_did_url("did:key:a"), Err(DidError::NoFragment));
        assert_eq!(parse_did_url("did:key:a#"), Err(DidError::NoFragment));
        assert_eq!(parse_did_url("did:key:a#b#c"), Err(DidError::NoFragment));
        assert_eq!(parse_did_url("did:key:a/p#b"), Err(DidError::Syntax));
    }
}
