//! Keys, public and secret, of the four kinds that are verified and signed with: Ed25519, P-256, P-384 and RSA.
//!
//! A public key exists only if it is one: a point on its curve, a modulus within its limits. A secret key has no
//! `Debug` and no `Clone`, and never leaves as text.

mod ecdsa;
mod ed25519;
mod jwk;
mod multikey;
mod rsa;
#[cfg(test)]
mod tests;

pub use ecdsa::{P256Key, P256Secret, P384Key, P384Secret};
pub use ed25519::{SigningKey, VerifyingKey};
pub use jwk::{JwkError, is_secret};
pub use rsa::{MIN_EXPONENT, MODULUS_BITS, RsaKey, RsaSecret};

use crate::json::Object;
use multikey::Codec;

/// A public key. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// Ed25519.
    Ed25519(VerifyingKey),
    /// ECDSA on P-256.
    P256(P256Key),
    /// ECDSA on P-384.
    P384(P384Key),
    /// RSA, PKCS#1 v1.5.
    Rsa(RsaKey),
}

/// How a kind of key signs, by its name in JOSE (RFC 7518, section 3.1; RFC 8037, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// RSA, PKCS#1 v1.5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// The value of `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Rs256 => "RS256",
        }
    }

    /// The kind of key, for readers.
    pub fn key_name(self) -> &'static str {
        match self {
            Self::EdDsa => "Ed25519",
            Self::Es256 => "P-256",
            Self::Es384 => "P-384",
            Self::Rs256 => "RSA",
        }
    }
}

impl PublicKey {
    /// Reads a Multikey text of Ed25519 (`z6Mk…`), P-256 (`zDn…`) or P-384 (`z82…`).
    ///
    /// # Errors
    /// Another base or kind, a wrong length, or no point on the curve.
    pub fn from_multikey(text: &str) -> Result<Self, KeyError> {
        Ok(match multikey::decode(text)? {
            (Codec::Ed25519, key) => Self::Ed25519(VerifyingKey::from_slice(&key)?),
            (Codec::P256, key) => Self::P256(P256Key::from_compressed(&key)?),
            (Codec::P384, key) => Self::P384(P384Key::from_compressed(&key)?),
        })
    }

    /// The Multikey text. `None` for RSA, which is named by its JSON Web Key.
    pub fn to_multikey(&self) -> Option<String> {
        match self {
            Self::Ed25519(key) => Some(key.to_multikey()),
            Self::P256(key) => Some(multikey::encode(Codec::P256, &key.to_compressed())),
            Self::P384(key) => Some(multikey::encode(Codec::P384, &key.to_compressed())),
            Self::Rsa(_) => None,
        }
    }

    /// Reads a public JSON Web Key (RFC 7517) for signatures.
    ///
    /// # Errors
    /// What has a secret half, is for something else than signatures, of another kind or algorithm, or no key.
    pub fn from_jwk(jwk: &Object) -> Result<Self, JwkError> {
        jwk::read_public(jwk)
    }

    /// The JSON Web Key, with its necessary members only (RFC 7638, section 3.2).
    pub fn to_jwk(&self) -> Object {
        jwk::write(self)
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::P256(_) => Algorithm::Es256,
            Self::P384(_) => Algorithm::Es384,
            Self::Rsa(_) => Algorithm::Rs256,
        }
    }

    /// The key, if it is an Ed25519 key.
    pub fn ed25519(&self) -> Option<&VerifyingKey> {
        match self {
            Self::Ed25519(key) => Some(key),
            _ => None,
        }
    }

    /// Checks a signature: Ed25519 strictly, ECDSA as r and s in fixed size (IEEE P1363) with the hash of the curve,
    /// RSA by PKCS#1 v1.5 with SHA-256.
    ///
    /// # Errors
    /// [`BadSignature`] where it isn't this key's signature of `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::Ed25519(key) => key.verify(message, signature),
            Self::P256(key) => key.verify(message, signature),
            Self::P384(key) => key.verify(message, signature),
            Self::Rsa(key) => key.verify(message, signature),
        }
    }
}

impl From<VerifyingKey> for PublicKey {
    fn from(key: VerifyingKey) -> Self {
        Self::Ed25519(key)
    }
}

impl From<&VerifyingKey> for PublicKey {
    fn from(key: &VerifyingKey) -> Self {
        Self::Ed25519(*key)
    }
}

impl From<&PublicKey> for PublicKey {
    fn from(key: &PublicKey) -> Self {
        key.clone()
    }
}

/// A secret key.
pub enum SecretKey {
    /// Ed25519.
    Ed25519(SigningKey),
    /// ECDSA on P-256.
    P256(P256Secret),
    /// ECDSA on P-384.
    P384(P384Secret),
    /// RSA, PKCS#1 v1.5.
    Rsa(RsaSecret),
}

impl SecretKey {
    /// Reads a secret JSON Web Key, with both halves.
    ///
    /// # Errors
    /// What is for something else than signatures, of another kind or algorithm, no key, or two halves that differ.
    pub fn from_jwk(jwk: &Object) -> Result<Self, JwkError> {
        jwk::read_secret(jwk)
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        match self {
            Self::Ed25519(key) => PublicKey::Ed25519(key.verifying_key()),
            Self::P256(key) => PublicKey::P256(key.public_key()),
            Self::P384(key) => PublicKey::P384(key.public_key()),
            Self::Rsa(key) => PublicKey::Rsa(key.public_key()),
        }
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::P256(_) => Algorithm::Es256,
            Self::P384(_) => Algorithm::Es384,
            Self::Rsa(_) => Algorithm::Rs256,
        }
    }

    /// Signs `message`, hash included; the same key and message always give the same signature. RSA takes the system's
    /// randomness to hide how long it computes; the outcome doesn't show it.
    ///
    /// # Errors
    /// The computation failed: only RSA is known to, where the system gives no randomness.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        match self {
            Self::Ed25519(key) => Ok(key.sign(message).to_vec()),
            Self::P256(key) => key.sign(message),
            Self::P384(key) => key.sign(message),
            Self::Rsa(key) => key.sign(message),
        }
    }
}

/// A secret key that is only looked at: one of Ed25519 by itself, or one of any kind.
#[derive(Clone, Copy)]
pub enum SecretRef<'k> {
    /// Ed25519, as nodes hold it.
    Ed25519(&'k SigningKey),
    /// Any kind.
    Any(&'k SecretKey),
}

impl SecretRef<'_> {
    /// How it signs.
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::Any(key) => key.algorithm(),
        }
    }

    /// Signs `message`, as [`SecretKey::sign`] does.
    ///
    /// # Errors
    /// As [`SecretKey::sign`].
    pub fn sign(self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        match self {
            Self::Ed25519(key) => Ok(key.sign(message).to_vec()),
            Self::Any(key) => key.sign(message),
        }
    }
}

impl<'k> From<&'k SigningKey> for SecretRef<'k> {
    fn from(key: &'k SigningKey) -> Self {
        Self::Ed25519(key)
    }
}

impl<'k> From<&'k SecretKey> for SecretRef<'k> {
    fn from(key: &'k SecretKey) -> Self {
        Self::Any(key)
    }
}

impl From<SigningKey> for SecretKey {
    fn from(key: SigningKey) -> Self {
        Self::Ed25519(key)
    }
}

/// Why a text or bytes are not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No `z` prefix, or a character outside base58btc.
    #[error("the key is not multibase base58btc (it must begin with “z”)")]
    NotBase58btc,
    /// Another kind of key.
    #[error("the key is of a kind that is not verified (the multicodec is none of Ed25519, P-256 and P-384)")]
    Codec,
    /// A key to encrypt with.
    #[error("the key is one to encrypt with; nothing can be signed by it")]
    NotForSigning,
    /// Not as long as a key of its kind.
    #[error("the key has the wrong length for its kind")]
    Length,
    /// Not a curve point.
    #[error("the key is not a point on the curve")]
    NotOnCurve,
    /// A point of small order.
    #[error("the key has small order and would accept any signature")]
    SmallOrder,
    /// An RSA modulus that is too small, too large, even, or not written in its shortest form.
    #[error("the RSA modulus is not an odd number of 2048 to 8192 bits")]
    Modulus,
    /// An RSA exponent that is too small, too large, even, or not written in its shortest form.
    #[error("the RSA exponent is not an odd number from {MIN_EXPONENT} on, of at most 32 bits")]
    Exponent,
    /// A secret key that isn't one of its kind.
    #[error("the secret key is out of range or doesn't fit together")]
    OutOfRange,
    /// The public half of a secret key is another's.
    #[error("the public half is not that of the secret half")]
    HalvesDiffer,
}

/// A signature that doesn't verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match the key and the content")]
pub struct BadSignature;

/// A signature that could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature could not be made")]
pub struct SigningFailed;
