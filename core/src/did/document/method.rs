//! A verification method of a document (Controlled Identifiers 1.0, section 2.2): who holds which key.

use super::{DocumentError, absolute, excerpt, text};
use crate::json::{Object, Value};
use crate::keys::{self, JwkError, KeyError, P256Key, P384Key, PublicKey, VerifyingKey};
use crate::proof::Purpose;
use crate::time::Timestamp;

/// Members that would publish a secret key.
const SECRETS: [&str; 8] = [
    "secretKeyMultibase",
    "privateKeyMultibase",
    "secretKeyJwk",
    "privateKeyJwk",
    "privateKeyBase58",
    "privateKeyHex",
    "privateKeyPem",
    "secretKeyPem",
];
/// Members that hold the public key.
const PUBLIC: [&str; 5] =
    ["publicKeyMultibase", "publicKeyJwk", "publicKeyBase58", "publicKeyHex", "publicKeyPem"];
/// Longest `publicKeyBase58` that is decoded, in bytes.
const MAX_BASE58_BYTES: usize = 128;

/// A verification method.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) controller: String,
    pub(super) key: Result<PublicKey, KeyFault>,
    pub(super) jwk_kid: Option<String>,
    expires: Option<Timestamp>,
    revoked: Option<Timestamp>,
    pub(super) for_assertion: bool,
    pub(super) for_authentication: bool,
}

/// Why a method has no key to verify with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Of a kind that we don't verify.
    #[error("keys of this kind are not supported")]
    Unsupported,
    /// A key to encrypt with.
    #[error("the key is one to encrypt with")]
    NotForSigning,
    /// The method breaks a rule: which.
    #[error("{0}")]
    Broken(String),
}

impl Method {
    /// Its absolute id, `did:web:a.example#key-1`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its type, `Multikey`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Who holds the key.
    pub fn controller(&self) -> &str {
        &self.controller
    }

    /// The key, or why there is none to verify with.
    ///
    /// # Errors
    /// The method's fault, or a kind of key that we don't verify.
    pub fn key(&self) -> Result<&PublicKey, &KeyFault> {
        self.key.as_ref()
    }

    /// The `kid` of its JSON Web Key, by which tokens may name it.
    pub fn jwk_kid(&self) -> Option<&str> {
        self.jwk_kid.as_deref()
    }

    /// Whether the document lists it under the purpose.
    pub fn is_for(&self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::AssertionMethod => self.for_assertion,
            Purpose::Authentication => self.for_authentication,
        }
    }

    /// Since when nothing may be checked with it any more (`expires` and `revoked` of Controlled Identifiers 1.0,
    /// section 2.2), if that was before `now` or is `now`.
    pub fn ended(&self, now: Timestamp) -> Option<Timestamp> {
        [self.expires, self.revoked].into_iter().flatten().filter(|end| *end <= now).min()
    }
}

/// The absolute id of a method.
pub(super) fn id_of(object: &Object, subject: &str) -> Option<String> {
    absolute(text(object, "id")?, subject)
}

impl Method {
    /// Reads a method; `None` where it has no id to be named by. One that is broken otherwise is kept, without a key.
    pub(super) fn read(object: &Object, subject: &str) -> Result<Option<Self>, DocumentError> {
        let id = id_of(object, subject);
        if publishes_secret(object) {
            return Err(DocumentError::SecretKey { id: excerpt(id.as_deref().unwrap_or_default()) });
        }
        let Some(id) = id else { return Ok(None) };
        let (kind, controller) = (text(object, "type"), text(object, "controller"));
        let (expires, revoked) = (time(object, "expires"), time(object, "revoked"));
        let broken = [
            (kind.is_none(), "the verification method has no type"),
            (controller.is_none(), "the verification method has no controller"),
            (expires.is_err(), "“expires” of the verification method is no date and time with a time zone"),
            (revoked.is_err(), "“revoked” of the verification method is no date and time with a time zone"),
        ];
        let key = match broken.into_iter().find(|(is_broken, _)| *is_broken) {
            Some((_, problem)) => Err(broken_by(problem)),
            None => read_key(object, kind.unwrap_or_default()),
        };
        let jwk_kid = object.get("publicKeyJwk").and_then(Value::as_object).and_then(|jwk| text(jwk, "kid"));
        Ok(Some(Self {
            key,
            jwk_kid: jwk_kid.map(str::to_owned),
            expires: expires.unwrap_or_default(),
            revoked: revoked.unwrap_or_default(),
            for_assertion: false,
            for_authentication: false,
            id,
            kind: kind.unwrap_or_default().to_owned(),
            controller: controller.unwrap_or_default().to_owned(),
        }))
    }
}

fn publishes_secret(object: &Object) -> bool {
    let jwk = object.get("publicKeyJwk").and_then(Value::as_object);
    jwk.is_some_and(keys::is_secret) || SECRETS.iter().any(|name| object.contains_key(name))
}

fn time(object: &Object, name: &str) -> Result<Option<Timestamp>, ()> {
    match object.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(|text| Timestamp::parse(text).ok()).map(Some).ok_or(()),
    }
}

fn read_key(object: &Object, kind: &str) -> Result<PublicKey, KeyFault> {
    if PUBLIC.iter().filter(|name| object.contains_key(name)).count() > 1 {
        return Err(broken_by("the verification method has two keys"));
    }
    match kind {
        "Multikey" => Ok(PublicKey::from_multikey(multibase(object)?)?),
        "JsonWebKey" | "JsonWebKey2020" => from_jwk(object),
        "Ed25519VerificationKey2020" => {
            let key = VerifyingKey::from_multikey(multibase(object)?).map_err(broken_by)?;
            Ok(PublicKey::Ed25519(key))
        }
        "Ed25519VerificationKey2018" => {
            let key = base58(object)?.try_into().map_err(|_| broken_by(KeyError::Length))?;
            Ok(PublicKey::Ed25519(VerifyingKey::from_bytes(&key)?))
        }
        "P256Key2021" => Ok(PublicKey::P256(P256Key::from_compressed(&base58(object)?)?)),
        "P384Key2021" => Ok(PublicKey::P384(P384Key::from_compressed(&base58(object)?)?)),
        "EcdsaSecp256r1VerificationKey2019" => match elder_p256(object)? {
            key @ PublicKey::P256(_) => Ok(key),
            _ => Err(broken_by("the key is not one on P-256, as its type says")),
        },
        kind if kind.starts_with("X25519KeyAgreementKey") => Err(KeyFault::NotForSigning),
        _ => Err(KeyFault::Unsupported),
    }
}

/// The key of an EcdsaSecp256r1VerificationKey2019, which was written in three ways.
fn elder_p256(object: &Object) -> Result<PublicKey, KeyFault> {
    if object.contains_key("publicKeyBase58") {
        Ok(PublicKey::P256(P256Key::from_compressed(&base58(object)?)?))
    } else if object.contains_key("publicKeyJwk") {
        from_jwk(object)
    } else {
        Ok(PublicKey::from_multikey(multibase(object)?)?)
    }
}

fn from_jwk(object: &Object) -> Result<PublicKey, KeyFault> {
    let jwk = object.get("publicKeyJwk").and_then(Value::as_object);
    let jwk = jwk.ok_or_else(|| broken_by("the verification method has no publicKeyJwk"))?;
    PublicKey::from_jwk(jwk).map_err(|error| match error {
        JwkError::Unsupported => KeyFault::Unsupported,
        JwkError::NotForSigning => KeyFault::NotForSigning,
        error => broken_by(error),
    })
}

fn multibase(object: &Object) -> Result<&str, KeyFault> {
    text(object, "publicKeyMultibase")
        .ok_or_else(|| broken_by("the verification method has no publicKeyMultibase"))
}

fn base58(object: &Object) -> Result<Vec<u8>, KeyFault> {
    let text = text(object, "publicKeyBase58").filter(|text| text.len() <= MAX_BASE58_BYTES);
    let bytes = text.and_then(|text| bs58::decode(text).into_vec().ok());
    bytes.ok_or_else(|| broken_by("the verification method has no publicKeyBase58 that is base58"))
}

impl From<KeyError> for KeyFault {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Codec => Self::Unsupported,
            KeyError::NotForSigning => Self::NotForSigning,
            error => broken_by(error),
        }
    }
}

fn broken_by(problem: impl ToString) -> KeyFault {
    KeyFault::Broken(problem.to_string())
}
