//! did:jwk (the did:jwk method): the identifier is a JSON Web Key (RFC 7517) in base64url.

use super::{Did, DidError};
use crate::json::{self, Object, Value};
use crate::keys::{JwkError, PublicKey, is_secret};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// The fragment of its one verification method.
pub const FRAGMENT: &str = "0";

/// The did:jwk of a public key.
pub fn did_of(key: impl Into<PublicKey>) -> Did {
    let jwk = Value::Object(key.into().to_jwk()).to_string();
    Did(format!("did:jwk:{}", BASE64_URL_SAFE_NO_PAD.encode(jwk)))
}

/// The one verification method of that did:jwk, `did:jwk:eyJ…#0`.
pub fn verification_method_of(key: impl Into<PublicKey>) -> String {
    format!("{}#{FRAGMENT}", did_of(key))
}

/// The key of a did:jwk.
///
/// # Errors
/// Another method, what isn't a public JSON Web Key, or a key of another kind ([`JwkError::Unsupported`]).
pub fn resolve(did: &Did) -> Result<PublicKey, DidError> {
    Ok(PublicKey::from_jwk(&read(did)?)?)
}

/// The document of a did:jwk, also of one whose kind of key we don't verify.
pub(super) fn document(did: &Did) -> Result<Object, DidError> {
    let jwk = read(did)?;
    let method = format!("{did}#{FRAGMENT}");
    let encrypts = PublicKey::from_jwk(&jwk) == Err(JwkError::NotForSigning);
    let mut document = Object::from([
        (
            "@context",
            vec![
                "https://www.w3.org/ns/did/v1".into(),
                "https://w3id.org/security/suites/jws-2020/v1".into(),
            ]
            .into(),
        ),
        ("id", did.as_str().into()),
        (
            "verificationMethod",
            vec![Value::from(Object::from([
                ("id", method.as_str().into()),
                ("type", "JsonWebKey2020".into()),
                ("controller", did.as_str().into()),
                ("publicKeyJwk", jwk.into()),
            ]))]
            .into(),
        ),
    ]);
    let relationships: &[&str] = match encrypts {
        true => &["keyAgreement"],
        false => &["assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation"],
    };
    for relationship in relationships {
        document.insert(*relationship, vec![method.as_str().into()]);
    }
    Ok(document)
}

/// The JSON Web Key in the identifier.
fn read(did: &Did) -> Result<Object, DidError> {
    if did.method() != "jwk" {
        return Err(DidError::UnsupportedMethod);
    }
    let text = BASE64_URL_SAFE_NO_PAD.decode(did.method_specific_id()).map_err(|_| JwkError::NotAKey)?;
    match json::parse(&text) {
        Ok(Value::Object(jwk)) if is_secret(&jwk) => Err(JwkError::Secret.into()),
        Ok(Value::Object(jwk)) if jwk.get("kty").and_then(Value::as_str).is_some() => Ok(jwk),
        _ => Err(JwkError::NotAKey.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyError, SigningKey};

    fn did(jwk: &str) -> Did {
        Did::parse(&format!("did:jwk:{}", BASE64_URL_SAFE_NO_PAD.encode(jwk))).expect(jwk)
    }

    fn x(bytes: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn refused(jwk: &str) -> JwkError {
        match resolve(&did(jwk)) {
            Err(DidError::Jwk(error)) => error,
            other => panic!("{jwk}: {other:?}"),
        }
    }

    #[test]
    fn a_did_jwk_resolves_to_its_key() {
        let key = SigningKey::from_seed(&[1; 32]).verifying_key();
        assert_eq!(resolve(&did_of(key)), Ok(key.into()));
        let x = x(&key.to_bytes());
        for jwk in [
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","use":"sig","alg":"EdDSA","kid":"7"}}"#),
        ] {
            assert_eq!(resolve(&did(&jwk)), Ok(key.into()), "{jwk}");
        }
    }

    #[test]
    fn secret_keys_are_refused_whatever_their_kind() {
        let x = x(&SigningKey::from_seed(&[1; 32]).verifying_key().to_bytes());
        for jwk in [
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","d":"{x}"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","d":null}}"#),
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}"#.to_owned(),
            r#"{"kty":"oct","k":"AA"}"#.to_owned(),
        ] {
            assert_eq!(refused(&jwk), JwkError::Secret, "{jwk}");
            assert!(document(&did(&jwk)).is_err(), "{jwk}");
        }
    }

    #[test]
    fn other_kinds_are_unsupported_and_not_forged() {
        let x = x(&SigningKey::from_seed(&[1; 32]).verifying_key().to_bytes());
        for jwk in [
            r#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#.to_owned(),
            r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#.to_owned(),
            format!(r#"{{"kty":"OKP","crv":"Ed448","x":"{x}"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","alg":"ES256"}}"#),
        ] {
            assert_eq!(refused(&jwk), JwkError::Unsupported, "{jwk}");
            assert!(document(&did(&jwk)).is_ok(), "{jwk}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let x = x(&SigningKey::from_seed(&[1; 32]).verifying_key().to_bytes());
        for jwk in [
            "",
            "7",
            "[]",
            "{}",
            "{",
            r#"{"kty":7}"#,
            r#"{"kty":"OKP"}"#,
            r#"{"kty":"OKP","crv":"Ed25519"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":7}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":"ü"}"#,
            &format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}="}}"#),
            &format!(r#"{{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":"{x}"}}"#),
        ] {
            if !jwk.is_empty() {
                assert_eq!(refused(jwk), JwkError::NotAKey, "{jwk}");
            }
        }
        for (bytes, error) in [
            (&[9; 31][..], KeyError::Length),
            (&[9; 33], KeyError::Length),
            (&[2; 32], KeyError::NotOnCurve),
            (&[0; 32], KeyError::SmallOrder),
        ] {
            let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, self::x(bytes));
            assert_eq!(refused(&jwk), JwkError::Key(error));
        }
    }

    #[test]
    fn an_identifier_that_is_no_base64url_is_refused() {
        let key = did_of(SigningKey::from_seed(&[1; 32]).verifying_key());
        for text in ["did:jwk:e", "did:jwk:e30%3D", "did:jwk:a.b", "did:jwk:e31", &format!("{key}A")] {
            let refused = resolve(&Did::parse(text).expect(text));
            assert_eq!(refused, Err(DidError::Jwk(JwkError::NotAKey)), "{text}");
        }
        assert_eq!(resolve(&Did::parse("did:key:e30").expect("DID")), Err(DidError::UnsupportedMethod));
    }
}
