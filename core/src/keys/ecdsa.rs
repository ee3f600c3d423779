//! ECDSA on the curves P-256 and P-384 (FIPS 186-5). Points are checked when they are read; signatures are verified by
//! ring and made by RFC 6979, so that the same key and message always give the same signature.

use super::{BadSignature, KeyError, SigningFailed};
use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};

/// First byte of an uncompressed point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// A public key on P-256: a point on the curve, not the one at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct P256Key([u8; 65]);

/// A public key on P-384: a point on the curve, not the one at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct P384Key([u8; 97]);

impl P256Key {
    /// Reads a compressed point of 33 bytes (SEC 1, section 2.3.4).
    ///
    /// # Errors
    /// Another length or form, or no point on the curve.
    pub fn from_compressed(bytes: &[u8]) -> Result<Self, KeyError> {
        check_compressed(bytes, 33)?;
        Self::from_sec1(bytes)
    }

    /// Reads the two coordinates, 32 bytes each, big-endian.
    ///
    /// # Errors
    /// Another length, or no point on the curve.
    pub fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        Self::from_sec1(&uncompressed(x, y, 32)?)
    }

    /// The compressed point, 33 bytes.
    pub fn to_compressed(&self) -> [u8; 33] {
        let mut bytes = [0; 33];
        compress(&self.0, &mut bytes);
        bytes
    }

    /// The coordinates, big-endian.
    pub fn coordinates(&self) -> (&[u8], &[u8]) {
        self.0[1..].split_at(32)
    }

    /// Checks a signature of 64 bytes (r, then s; IEEE P1363) on the SHA-256 of `message`.
    ///
    /// # Errors
    /// [`BadSignature`] where it isn't this key's signature of `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0);
        key.verify(message, signature).map_err(|_| BadSignature)
    }

    fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        let key = p256::PublicKey::from_sec1_bytes(bytes).map_err(|_| KeyError::NotOnCurve)?;
        let point = key.to_sec1_point(false);
        Ok(Self(point.as_bytes().try_into().map_err(|_| KeyError::Length)?))
    }
}

impl P384Key {
    /// Reads a compressed point of 49 bytes (SEC 1, section 2.3.4).
    ///
    /// # Errors
    /// Another length or form, or no point on the curve.
    pub fn from_compressed(bytes: &[u8]) -> Result<Self, KeyError> {
        check_compressed(bytes, 49)?;
        Self::from_sec1(bytes)
    }

    /// Reads the two coordinates, 48 bytes each, big-endian.
    ///
    /// # Errors
    /// Another length, or no point on the curve.
    pub fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        Self::from_sec1(&uncompressed(x, y, 48)?)
    }

    /// The compressed point, 49 bytes.
    pub fn to_compressed(&self) -> [u8; 49] {
        let mut bytes = [0; 49];
        compress(&self.0, &mut bytes);
        bytes
    }

    /// The coordinates, big-endian.
    pub fn coordinates(&self) -> (&[u8], &[u8]) {
        self.0[1..].split_at(48)
    }

    /// Checks a signature of 96 bytes (r, then s; IEEE P1363) on the SHA-384 of `message`.
    ///
    /// # Errors
    /// [`BadSignature`] where it isn't this key's signature of `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, &self.0);
        key.verify(message, signature).map_err(|_| BadSignature)
    }

    fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        let key = p384::PublicKey::from_sec1_bytes(bytes).map_err(|_| KeyError::NotOnCurve)?;
        let point = key.to_sec1_point(false);
        Ok(Self(point.as_bytes().try_into().map_err(|_| KeyError::Length)?))
    }
}

/// A secret key on P-256. Wiped when dropped.
pub struct P256Secret {
    key: p256::ecdsa::SigningKey,
    public: P256Key,
}

/// A secret key on P-384. Wiped when dropped.
pub struct P384Secret {
    key: p384::ecdsa::SigningKey,
    public: P384Key,
}

impl P256Secret {
    /// Reads a secret number of 32 bytes, big-endian. It must come from a source of true randomness.
    ///
    /// # Errors
    /// Another length, zero, or a number that isn't below the order of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() != 32 {
            return Err(KeyError::Length);
        }
        let key = p256::ecdsa::SigningKey::from_slice(bytes).map_err(|_| KeyError::OutOfRange)?;
        let public = P256Key::from_sec1(key.verifying_key().to_sec1_point(false).as_bytes())?;
        Ok(Self { key, public })
    }

    /// The public half.
    pub fn public_key(&self) -> P256Key {
        self.public
    }

    /// Signs the SHA-256 of `message` by RFC 6979: r, then s.
    ///
    /// # Errors
    /// None that is known to happen.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let signature: p256::ecdsa::Signature = self.key.try_sign(message).map_err(|_| SigningFailed)?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl P384Secret {
    /// Reads a secret number of 48 bytes, big-endian. It must come from a source of true randomness.
    ///
    /// # Errors
    /// Another length, zero, or a number that isn't below the order of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() != 48 {
            return Err(KeyError::Length);
        }
        let key = p384::ecdsa::SigningKey::from_slice(bytes).map_err(|_| KeyError::OutOfRange)?;
        let public = P384Key::from_sec1(key.verifying_key().to_sec1_point(false).as_bytes())?;
        Ok(Self { key, public })
    }

    /// The public half.
    pub fn public_key(&self) -> P384Key {
        self.public
    }

    /// Signs the SHA-384 of `message` by RFC 6979: r, then s.
    ///
    /// # Errors
    /// None that is known to happen.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let signature: p384::ecdsa::Signature = self.key.try_sign(message).map_err(|_| SigningFailed)?;
        Ok(signature.to_bytes().to_vec())
    }
}

fn check_compressed(bytes: &[u8], length: usize) -> Result<(), KeyError> {
    match bytes {
        [2 | 3, ..] if bytes.len() == length => Ok(()),
        _ if bytes.len() != length => Err(KeyError::Length),
        _ => Err(KeyError::NotOnCurve),
    }
}

fn uncompressed(x: &[u8], y: &[u8], length: usize) -> Result<Vec<u8>, KeyError> {
    if x.len() != length || y.len() != length {
        return Err(KeyError::Length);
    }
    Ok([&[UNCOMPRESSED], x, y].concat())
}

/// The x of an uncompressed point, behind a byte that says whether its y is odd.
fn compress(point: &[u8], into: &mut [u8]) {
    let end = into.len();
    into[0] = 2 + (point.last().copied().unwrap_or_default() & 1);
    into[1..].copy_from_slice(&point[1..end]);
}
