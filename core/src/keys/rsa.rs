//! RSA with PKCS#1 v1.5 and SHA-256 (RFC 8017, section 8.2), the `RS256` of JOSE.

use super::{BadSignature, KeyError, SigningFailed};
use ring::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use std::sync::Arc;

/// Sizes of a modulus that are read, in bits.
pub const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// Smallest public exponent; smaller ones forgive mistakes of signers less (FIPS 186-5, section 5.1).
pub const MIN_EXPONENT: u32 = 65_537;

/// A public key: an odd modulus and an odd exponent within their limits. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaKey(Arc<Numbers>);

#[derive(Debug, PartialEq, Eq)]
struct Numbers {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl RsaKey {
    /// Reads modulus and exponent, big-endian without leading zeros (RFC 7518, section 6.3.1).
    ///
    /// # Errors
    /// A modulus outside of [`MODULUS_BITS`] or even, an exponent below [`MIN_EXPONENT`], even, or of more than 32
    /// bits, and leading zeros: they would give one key several names.
    pub fn from_components(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        let first = *n.first().ok_or(KeyError::Modulus)?;
        let bits = n.len() * 8 - first.leading_zeros() as usize;
        if first == 0 || !MODULUS_BITS.contains(&bits) || !is_odd(n) {
            return Err(KeyError::Modulus);
        }
        let exponent = e.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let fits = (1..=4).contains(&e.len()) && e[0] != 0 && is_odd(e);
        if !fits || exponent < u64::from(MIN_EXPONENT) {
            return Err(KeyError::Exponent);
        }
        Ok(Self(Arc::new(Numbers { n: n.to_vec(), e: e.to_vec() })))
    }

    /// The modulus, big-endian.
    pub fn modulus(&self) -> &[u8] {
        &self.0.n
    }

    /// The exponent, big-endian.
    pub fn exponent(&self) -> &[u8] {
        &self.0.e
    }

    /// Checks a PKCS#1 v1.5 signature on the SHA-256 of `message`, as long as the modulus.
    ///
    /// # Errors
    /// [`BadSignature`] where it isn't this key's signature of `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let key = PublicKeyComponents { n: self.modulus(), e: self.exponent() };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).map_err(|_| BadSignature)
    }
}

/// The parts of a secret key (RFC 7518, section 6.3.2), big-endian.
pub(super) struct Parts<'a> {
    pub(super) n: &'a [u8],
    pub(super) e: &'a [u8],
    pub(super) d: &'a [u8],
    pub(super) p: &'a [u8],
    pub(super) q: &'a [u8],
    pub(super) dp: &'a [u8],
    pub(super) dq: &'a [u8],
    pub(super) qi: &'a [u8],
}

/// A secret key of 2048 to 4096 bits.
pub struct RsaSecret {
    pair: KeyPair,
    public: RsaKey,
}

impl RsaSecret {
    /// Reads an unencrypted PKCS#8 document (RFC 5208).
    ///
    /// # Errors
    /// Anything else, a key whose parts don't fit together, or one whose public half [`RsaKey`] refuses.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let pair = KeyPair::from_pkcs8(der).map_err(|_| KeyError::OutOfRange)?;
        let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
        Ok(Self { public: RsaKey::from_components(&public.n, &public.e)?, pair })
    }

    pub(super) fn from_parts(parts: &Parts<'_>) -> Result<Self, KeyError> {
        let public = RsaKey::from_components(parts.n, parts.e)?;
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: parts.n, e: parts.e },
            d: parts.d,
            p: parts.p,
            q: parts.q,
            dP: parts.dp,
            dQ: parts.dq,
            qInv: parts.qi,
        };
        let pair = KeyPair::from_components(&components).map_err(|_| KeyError::OutOfRange)?;
        Ok(Self { pair, public })
    }

    /// The public half.
    pub fn public_key(&self) -> RsaKey {
        self.public.clone()
    }

    /// Signs the SHA-256 of `message`. The signature depends on key and message alone. The system's randomness is
    /// taken to blind the computation, so that its duration tells nothing of the key; the outcome doesn't show it.
    ///
    /// # Errors
    /// The system gave no randomness, or the computation failed its own check.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let blinding = ring::rand::SystemRandom::new();
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &blinding, message, &mut signature);
        signed.map(|()| signature).map_err(|_| SigningFailed)
    }
}
