//! Ed25519 (RFC 8032), with which nodes issue, and which their records and logs are made of.

use super::multikey::{self, Codec};
use super::{BadSignature, KeyError};
use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

/// An Ed25519 secret key.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of a 32-byte seed (RFC 8032, section 5.1.5). The seed must come from a source of true randomness.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, for the store that encrypts it. Wiped when dropped.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Signs `message` (RFC 8032, Ed25519).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }
}

/// An Ed25519 public key: a point on the curve, not of small order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Reads the 32-byte form.
    ///
    /// # Errors
    /// What is not a point on the curve, or has small order (such a key signs anything).
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotOnCurve)?;
        if key.is_weak() { Err(KeyError::SmallOrder) } else { Ok(Self(key)) }
    }

    /// The 32-byte form.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Reads a Multikey text: `z`, then base58btc of the codec 0xed01 and 32 bytes.
    ///
    /// # Errors
    /// Another base, codec or length, or a key that [`Self::from_bytes`] refuses.
    pub fn from_multikey(text: &str) -> Result<Self, KeyError> {
        match multikey::decode(text)? {
            (Codec::Ed25519, key) => Self::from_slice(&key),
            _ => Err(KeyError::Codec),
        }
    }

    /// The Multikey text, `z6Mk…`.
    pub fn to_multikey(&self) -> String {
        multikey::encode(Codec::Ed25519, &self.to_bytes())
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::from_bytes(bytes.try_into().map_err(|_| KeyError::Length)?)
    }

    /// Checks a signature strictly: canonical encodings, no point of small order (`verify_strict`).
    ///
    /// # Errors
    /// [`BadSignature`] where it isn't this key's signature of `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| BadSignature)?;
        self.0.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multikey_goes_both_ways() {
        let key = SigningKey::from_seed(&[7; 32]).verifying_key();
        let text = key.to_multikey();
        assert!(text.starts_with("z6Mk"));
        assert_eq!(VerifyingKey::from_multikey(&text), Ok(key));
    }

    #[test]
    fn refuses_other_texts() {
        let key = SigningKey::from_seed(&[7; 32]).verifying_key();
        let text = key.to_multikey();
        let multikey =
            |prefix: &[u8], body: &[u8]| format!("z{}", bs58::encode([prefix, body].concat()).into_string());
        for (text, error) in [
            ("", KeyError::NotBase58btc),
            (&text[1..], KeyError::NotBase58btc),
            (&format!("u{}", &text[1..]), KeyError::NotBase58btc),
            (&format!("{text}0"), KeyError::NotBase58btc),
            (&multikey(&[0xec, 0x01], &key.to_bytes()), KeyError::NotForSigning),
            (&multikey(&[0xed], &key.to_bytes()), KeyError::Codec),
            (&multikey(&[0xed, 0x01], &key.to_bytes()[..31]), KeyError::Length),
            (&multikey(&[0xed, 0x01], &[0; 33]), KeyError::Length),
            (&format!("z{}", "1".repeat(100)), KeyError::Codec),
            (&multikey(&[0xed, 0x01], &[2; 32]), KeyError::NotOnCurve),
            (&multikey(&[0xed, 0x01], &[0; 32]), KeyError::SmallOrder),
        ] {
            assert_eq!(VerifyingKey::from_multikey(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_signature_fits_one_key_and_one_message() {
        let key = SigningKey::from_seed(&[7; 32]);
        let signature = key.sign(b"badge");
        assert_eq!(key.verifying_key().verify(b"badge", &signature), Ok(()));
        assert_eq!(key.verifying_key().verify(b"badgf", &signature), Err(BadSignature));
        assert_eq!(key.verifying_key().verify(b"badge", &signature[..63]), Err(BadSignature));
        let other = SigningKey::from_seed(&[8; 32]).verifying_key();
        assert_eq!(other.verify(b"badge", &signature), Err(BadSignature));
    }
}
