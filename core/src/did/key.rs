//! did:key (the did:key method, v0.9) for Ed25519, P-256 and P-384: the identifier is the key.

use super::{Did, DidError};
use crate::keys::{PublicKey, VerifyingKey};

/// The did:key of an Ed25519 key.
pub fn did_of(key: &VerifyingKey) -> Did {
    Did(format!("did:key:{}", key.to_multikey()))
}

/// The one verification method of that did:key, `did:key:z6Mk…#z6Mk…`.
pub fn verification_method_of(key: &VerifyingKey) -> String {
    let multikey = key.to_multikey();
    format!("did:key:{multikey}#{multikey}")
}

/// The did:key of a key of any kind; `None` for RSA, see [`super::jwk::did_of`].
pub fn did_of_any(key: &PublicKey) -> Option<Did> {
    Some(Did(format!("did:key:{}", key.to_multikey()?)))
}

/// The one verification method of that did:key.
pub fn verification_method_of_any(key: &PublicKey) -> Option<String> {
    let multikey = key.to_multikey()?;
    Some(format!("did:key:{multikey}#{multikey}"))
}

/// The key of a did:key.
///
/// # Errors
/// Another method, or an identifier that isn't a Multikey of a kind that is read.
pub fn resolve(did: &Did) -> Result<PublicKey, DidError> {
    if did.method() != "key" {
        return Err(DidError::UnsupportedMethod);
    }
    Ok(PublicKey::from_multikey(did.method_specific_id())?)
}

/// The key of a did:key that must be an Ed25519 key, as those of records and logs are.
///
/// # Errors
/// As [`resolve`], and a key of another kind.
pub fn resolve_ed25519(did: &Did) -> Result<VerifyingKey, DidError> {
    if did.method() != "key" {
        return Err(DidError::UnsupportedMethod);
    }
    Ok(VerifyingKey::from_multikey(did.method_specific_id())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyError, P256Secret, P384Secret, SigningKey};

    #[test]
    fn a_did_key_resolves_to_its_key() {
        let key = SigningKey::from_seed(&[1; 32]).verifying_key();
        assert_eq!(resolve(&did_of(&key)), Ok(key.into()));
        assert!(verification_method_of(&key).starts_with(did_of(&key).as_str()));
    }

    #[test]
    fn refuses_other_methods_and_versions() {
        let resolve = |text: &str| resolve(&Did::parse(text).expect(text));
        assert_eq!(resolve("did:web:a.example"), Err(DidError::UnsupportedMethod));
        assert_eq!(resolve("did:key:1.1:z6Mk"), Err(DidError::Key(KeyError::NotBase58btc)));
        assert_eq!(
            resolve("did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"),
            Err(DidError::Key(KeyError::NotForSigning))
        );
        // secp256k1, P-521 and BLS12-381.
        for kind in [&[0xe7, 0x01][..], &[0x82, 0x24], &[0xeb, 0x01]] {
            let text = format!("did:key:z{}", bs58::encode([kind, &[2; 33]].concat()).into_string());
            assert_eq!(resolve(&text), Err(DidError::Key(KeyError::Codec)), "{text}");
        }
    }

    #[test]
    fn the_nist_curves_have_names_of_their_own_and_sign_no_records() {
        let p256 = PublicKey::P256(P256Secret::from_bytes(&[1; 32]).expect("a key").public_key());
        let p384 = PublicKey::P384(P384Secret::from_bytes(&[1; 48]).expect("a key").public_key());
        for (key, start) in [(p256, "did:key:zDn"), (p384, "did:key:z82")] {
            let did = did_of_any(&key).expect("a name");
            assert!(did.as_str().starts_with(start), "{did}");
            assert_eq!(resolve(&did), Ok(key.clone()));
            assert_eq!(resolve_ed25519(&did), Err(DidError::Key(KeyError::Codec)));
            let method = verification_method_of_any(&key).expect("a name");
            assert_eq!(super::super::key_in_name(&method), Some(Ok(key)));
        }
    }
}
