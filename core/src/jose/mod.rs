//! JSON Web Signatures (RFC 7515) in compact form, as credentials and presentations are secured by them: VC-JOSE-COSE
//! 1.0, section 3.1, and the JWTs of data model 1.1, section 6.3.1, which Open Badges 3.0, section 8.2, builds on.
//!
//! Here a token is taken apart, its header judged, and its signature checked or made. Whose key it is, is not decided
//! here: a key in the header proves nothing. See [`crate::verify`].

mod claims;
mod error;
mod header;
mod sign;
#[cfg(test)]
mod tests;

pub use claims::Claims;
pub use error::JoseError;
pub use header::{Header, MAX_KID_BYTES};
pub use sign::{SigningError, TokenOptions, sign_credential, sign_presentation};

use crate::credential::Malformed;
use crate::json::{self, Object, Value};
use crate::keys::{BadSignature, PublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use header::Wanted;

/// Largest token that is read or made, in bytes.
pub const MAX_TOKEN_BYTES: usize = json::MAX_BYTES;
/// Largest header, in bytes of base64url: room for a chain of certificates, which nothing is read of.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Largest signature, in bytes: RSA with 8192 bits.
const MAX_SIGNATURE_BYTES: usize = 1024;

/// What a token is to hold. The two are kept apart by `typ` and `cty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// A credential.
    Credential,
    /// A presentation.
    Presentation,
    /// A Token Status List of the IETF (draft-ietf-oauth-status-list, section 5.1).
    StatusList,
}

/// A token in compact form whose parts and header keep their rules. Its signature is not checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Jws {
    header: Header,
    /// What is signed: the first two parts and the dot between them, as they stand in the token.
    signed: String,
    signature: Vec<u8>,
}

impl Jws {
    /// Takes a token apart: header, payload and signature, each in base64url without padding. Gives the payload too.
    ///
    /// # Errors
    /// What is over [`MAX_TOKEN_BYTES`], has other than three parts, isn't base64url in its one canonical form, has a
    /// header or payload that is no JSON object (as strictly as [`json::parse`]), or a header that breaks a rule.
    pub fn parse(text: &str, content: Content) -> Result<(Self, Object), JoseError> {
        Self::parse_as(text, &Wanted::Content(content))
    }

    /// The same for a token of another kind, which its `typ` must name: none of those is taken for one.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub(crate) fn parse_typed(text: &str, typ: &'static str) -> Result<(Self, Object), JoseError> {
        Self::parse_as(text, &Wanted::Typ(typ))
    }

    fn parse_as(text: &str, wanted: &Wanted) -> Result<(Self, Object), JoseError> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(JoseError::TooLarge { bytes: text.len() });
        }
        if text.contains('~') {
            return Err(JoseError::SelectiveDisclosure);
        }
        let parts: Vec<&str> = text.splitn(6, '.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(if parts.len() == 5 { JoseError::Encrypted } else { JoseError::Parts });
        };
        if header.len() > MAX_HEADER_BYTES {
            return Err(JoseError::HeaderTooLarge { bytes: header.len() });
        }
        let header = Header::read(&object(header, "header")?, wanted)?;
        let payload = object(payload, "payload")?;
        let bytes = decode(signature, "signature")?;
        if bytes.is_empty() || bytes.len() > MAX_SIGNATURE_BYTES {
            return Err(JoseError::SignatureLength { bytes: bytes.len() });
        }
        let signed = text[..text.len() - signature.len() - 1].to_owned();
        Ok((Self { header, signed, signature: bytes }, payload))
    }

    /// The header. It is part of what is signed.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Checks the signature. The key must be of the kind that `alg` names.
    ///
    /// # Errors
    /// A key of another kind, or a signature that isn't this key's.
    pub fn verify(&self, key: &PublicKey) -> Result<(), JoseError> {
        let (algorithm, of_key) = (self.header.algorithm(), key.algorithm());
        if algorithm != of_key {
            return Err(JoseError::OtherAlgorithm { algorithm: algorithm.as_str(), key: of_key.key_name() });
        }
        key.verify(self.signed.as_bytes(), &self.signature).map_err(|BadSignature| JoseError::BadSignature)
    }
}

/// Whether a text is meant to be a token: it begins as one, or is of its letters and has its dots. What is none in the
/// end is refused by [`Jws::parse`].
pub fn looks_like_token(text: &str) -> bool {
    let of_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~=".contains(&byte);
    let dots = text.bytes().filter(|byte| *byte == b'.').count();
    text.starts_with("eyJ") || (dots >= 2 && text.bytes().all(of_alphabet))
}

fn object(part: &str, name: &'static str) -> Result<Object, JoseError> {
    let bytes = decode(part, name)?;
    match json::parse(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(JoseError::NotAnObject { part: name }),
        Err(error) => Err(JoseError::Json { part: name, error }),
    }
}

/// Base64url without padding, and with nothing in the bits that are left over: one text for the same bytes.
fn decode(part: &str, name: &'static str) -> Result<Vec<u8>, JoseError> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| JoseError::NotBase64Url { part: name })
}

/// A token whose claims were taken out of its payload. Its signature is not checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    jws: Jws,
    claims: Claims,
}

impl Token {
    /// Reads a token; gives the payload without the claims too.
    ///
    /// # Errors
    /// Those of [`Jws::parse`], a claim that isn't of its form, and members that hide others behind digests.
    pub(crate) fn read(text: &str, content: Content) -> Result<(Self, Object), Malformed> {
        let (jws, mut payload) = Jws::parse(text, content)?;
        if hides(payload.iter()) {
            return Err(JoseError::SelectiveDisclosure.into());
        }
        let claims = Claims::take(jws.header(), &mut payload)?;
        Ok((Self { jws, claims }, payload))
    }

    /// The signed token.
    pub fn jws(&self) -> &Jws {
        &self.jws
    }

    /// What it says of itself.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

/// Whether a member stands there that a reader of SD-JWT puts others in the place of (RFC 9901, section 4.2.4).
fn hides<'a>(mut members: impl Iterator<Item = (&'a str, &'a Value)>) -> bool {
    fn value_hides(value: &Value) -> bool {
        match value {
            Value::Object(object) => hides(object.iter()),
            Value::Array(items) => items.iter().any(value_hides),
            _ => false,
        }
    }
    members.any(|(name, value)| matches!(name, "_sd" | "_sd_alg" | "...") || value_hides(value))
}
