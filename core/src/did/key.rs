//! did:key for Ed25519 (the did:key method, v0.9): the identifier is the key.

use super::{Did, DidError};
use crate::keys::VerifyingKey;

/// The did:key of a public key.
pub fn did_of(key: &VerifyingKey) -> Did {
    Did(format!("did:key:{}", key.to_multikey()))
}

/// The one verification method of that did:key, `did:key:z6Mk…#z6Mk…`.
pub fn verification_method_of(key: &VerifyingKey) -> String {
    let multikey = key.to_multikey();
    format!("did:key:{multikey}#{multikey}")
}

/// The key of a did:key.
///
/// # Errors
/// Another method, or an identifier that isn't an Ed25519 Multikey.
pub fn resolve(did: &Did) -> Result<VerifyingKey, DidError> {
    if did.method() != "key" {
        return Err(DidError::UnsupportedMethod);
    }
    Ok(VerifyingKey::from_multikey(did.method_specific_id())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyError, SigningKey};

    #[test]
    fn a_did_key_resolves_to_its_key() {
        let key = SigningKey::from_seed(&[1; 32]).verifying_key();
        assert_eq!(resolve(&did_of(&key)), Ok(key));
        assert!(verification_method_of(&key).starts_with(did_of(&key).as_str()));
    }

    #[test]
    fn refuses_other_methods_and_versions() {
        let resolve = |text: &str| resolve(&Did::parse(text).expect(text));
        assert_eq!(resolve("did:web:a.example"), Err(DidError::UnsupportedMethod));
        assert_eq!(resolve("did:key:1.1:z6Mk"), Err(DidError::Key(KeyError::NotBase58btc)));
        assert_eq!(
            resolve("did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"),
            Err(DidError::Key(KeyError::Codec))
        );
    }
}
