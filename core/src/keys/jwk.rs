//! JSON Web Keys (RFC 7517, 7518, 8037) of every kind of key that is read.

use super::ecdsa::{P256Key, P256Secret, P384Key, P384Secret};
use super::ed25519::{SigningKey, VerifyingKey};
use super::rsa::{Parts, RsaKey, RsaSecret};
use super::{Algorithm, KeyError, PublicKey, SecretKey};
use crate::json::{Object, Value};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// Longest number in one, in bytes of base64url: 8192 bits.
const MAX_NUMBER_BYTES: usize = 1366;
/// The members that hold a secret: `d` of OKP and EC, the rest of RSA, `k` of a symmetric key.
const SECRETS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why a JSON Web Key is not a key that we can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not a JSON Web Key.
    #[error("this is not a JSON Web Key")]
    NotAKey,
    /// The secret half is in it.
    #[error("the JSON Web Key contains its secret half")]
    Secret,
    /// Another kind, curve or algorithm.
    #[error("only JSON Web Keys for EdDSA (Ed25519), ES256, ES384 and RS256 are supported")]
    Unsupported,
    /// A key to encrypt with, by its curve, `use` or `key_ops`.
    #[error("the JSON Web Key is not one for signatures")]
    NotForSigning,
    /// Not a usable key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Whether the secret half stands in it.
pub fn is_secret(jwk: &Object) -> bool {
    SECRETS.iter().any(|name| jwk.contains_key(name))
}

/// The public key of a JSON Web Key that has no secret half.
pub(super) fn read_public(jwk: &Object) -> Result<PublicKey, JwkError> {
    if is_secret(jwk) {
        return Err(JwkError::Secret);
    }
    let algorithm = algorithm_of(jwk, "verify")?;
    read_half(jwk, algorithm)
}

/// The secret key of a JSON Web Key; its public half must be there and fit.
pub(super) fn read_secret(jwk: &Object) -> Result<SecretKey, JwkError> {
    let algorithm = algorithm_of(jwk, "sign")?;
    let public = read_half(jwk, algorithm)?;
    let d = secret_number(jwk, "d")?;
    let secret = match algorithm {
        Algorithm::EdDsa => {
            let seed: Zeroizing<[u8; 32]> =
                Zeroizing::new(d.as_slice().try_into().map_err(|_| KeyError::Length)?);
            SecretKey::Ed25519(SigningKey::from_seed(&seed))
        }
        Algorithm::Es256 => SecretKey::P256(P256Secret::from_bytes(&d)?),
        Algorithm::Es384 => SecretKey::P384(P384Secret::from_bytes(&d)?),
        Algorithm::Rs256 if jwk.contains_key("oth") => return Err(JwkError::Unsupported),
        Algorithm::Rs256 => SecretKey::Rsa(RsaSecret::from_parts(&Parts {
            n: &number(jwk, "n")?,
            e: &number(jwk, "e")?,
            d: &d,
            p: &secret_number(jwk, "p")?,
            q: &secret_number(jwk, "q")?,
            dp: &secret_number(jwk, "dp")?,
            dq: &secret_number(jwk, "dq")?,
            qi: &secret_number(jwk, "qi")?,
        })?),
    };
    if secret.public_key() == public { Ok(secret) } else { Err(KeyError::HalvesDiffer.into()) }
}

/// The JSON Web Key of a public key, with the members that make it, in the order of RFC 7638.
pub(super) fn write(key: &PublicKey) -> Object {
    let base64 = |bytes: &[u8]| Value::from(BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let curve = |name: &str, (x, y): (&[u8], &[u8])| {
        Object::from([("crv", name.into()), ("kty", "EC".into()), ("x", base64(x)), ("y", base64(y))])
    };
    match key {
        PublicKey::Ed25519(key) => {
            let x = base64(&key.to_bytes());
            Object::from([("crv", "Ed25519".into()), ("kty", "OKP".into()), ("x", x)])
        }
        PublicKey::P256(key) => curve("P-256", key.coordinates()),
        PublicKey::P384(key) => curve("P-384", key.coordinates()),
        PublicKey::Rsa(key) => {
            let (n, e) = (base64(key.modulus()), base64(key.exponent()));
            Object::from([("e", e), ("kty", "RSA".into()), ("n", n)])
        }
    }
}

/// What is signed with it, if it is for signatures and of a kind that we have.
fn algorithm_of(jwk: &Object, operation: &str) -> Result<Algorithm, JwkError> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let curve = || text("crv").ok_or(JwkError::NotAKey);
    let algorithm = match text("kty").ok_or(JwkError::NotAKey)? {
        "OKP" => match curve()? {
            "Ed25519" => Algorithm::EdDsa,
            "X25519" | "X448" => return Err(JwkError::NotForSigning),
            _ => return Err(JwkError::Unsupported),
        },
        "EC" => match curve()? {
            "P-256" => Algorithm::Es256,
            "P-384" => Algorithm::Es384,
            _ => return Err(JwkError::Unsupported),
        },
        "RSA" => Algorithm::Rs256,
        _ => return Err(JwkError::Unsupported),
    };
    let is_for = |entry: &Value| entry.as_str() == Some(operation);
    let operations = jwk.get("key_ops").map(Value::as_array);
    let is_for_signatures = (!jwk.contains_key("use") || text("use") == Some("sig"))
        && operations.is_none_or(|list| list.is_some_and(|list| list.iter().any(is_for)));
    let names =
        |name: &str| name == algorithm.as_str() || (algorithm == Algorithm::EdDsa && name == "Ed25519");
    match text("alg") {
        _ if !is_for_signatures => Err(JwkError::NotForSigning),
        None if jwk.contains_key("alg") => Err(JwkError::Unsupported),
        Some(name) if !names(name) => Err(JwkError::Unsupported),
        _ => Ok(algorithm),
    }
}

fn read_half(jwk: &Object, algorithm: Algorithm) -> Result<PublicKey, JwkError> {
    let number = |name| number(jwk, name);
    Ok(match algorithm {
        Algorithm::EdDsa => PublicKey::Ed25519(VerifyingKey::from_slice(&number("x")?)?),
        Algorithm::Es256 => PublicKey::P256(P256Key::from_coordinates(&number("x")?, &number("y")?)?),
        Algorithm::Es384 => PublicKey::P384(P384Key::from_coordinates(&number("x")?, &number("y")?)?),
        Algorithm::Rs256 => PublicKey::Rsa(RsaKey::from_components(&number("n")?, &number("e")?)?),
    })
}

/// A member in base64url without padding.
fn number(jwk: &Object, name: &str) -> Result<Vec<u8>, JwkError> {
    let text = jwk.get(name).and_then(Value::as_str).ok_or(JwkError::NotAKey)?;
    if text.len() > MAX_NUMBER_BYTES {
        return Err(KeyError::Length.into());
    }
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| JwkError::NotAKey)
}

/// The same, wiped when dropped.
fn secret_number(jwk: &Object, name: &str) -> Result<Zeroizing<Vec<u8>>, JwkError> {
    number(jwk, name).map(Zeroizing::new)
}
