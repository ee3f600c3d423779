//! Multikey text (W3C Controlled Identifiers v1.0, section 2.2.2): multibase base58btc of a codec and a key.

use super::KeyError;

/// Longest text that is decoded, in bytes. Keys of the kinds that are read need 71 at most.
const MAX_TEXT_BYTES: usize = 512;

/// A kind of public key, by its number in the table of multicodecs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// `ed25519-pub`, 0xed.
    Ed25519,
    /// `p256-pub`, 0x1200.
    P256,
    /// `p384-pub`, 0x1201.
    P384,
}

impl Codec {
    const ALL: [Self; 3] = [Self::Ed25519, Self::P256, Self::P384];

    /// Its number as a varint.
    fn prefix(self) -> [u8; 2] {
        match self {
            Self::Ed25519 => [0xed, 0x01],
            Self::P256 => [0x80, 0x24],
            Self::P384 => [0x81, 0x24],
        }
    }
}

/// The kinds that only encrypt: `x25519-pub` (0xec) and `x448-pub` (0x1208).
const FOR_ENCRYPTION: [[u8; 2]; 2] = [[0xec, 0x01], [0x88, 0x24]];

/// The codec and the key of a text. The key isn't looked at.
pub(super) fn decode(text: &str) -> Result<(Codec, Vec<u8>), KeyError> {
    let body = text.strip_prefix('z').ok_or(KeyError::NotBase58btc)?;
    // Longer than any key of the kinds that we read.
    if body.len() > MAX_TEXT_BYTES {
        return Err(KeyError::Codec);
    }
    let mut bytes = bs58::decode(body).into_vec().map_err(|_| KeyError::NotBase58btc)?;
    if FOR_ENCRYPTION.iter().any(|prefix| bytes.starts_with(prefix)) {
        return Err(KeyError::NotForSigning);
    }
    let codec = Codec::ALL.into_iter().find(|codec| bytes.starts_with(&codec.prefix()));
    let codec = codec.ok_or(KeyError::Codec)?;
    bytes.drain(..codec.prefix().len());
    Ok((codec, bytes))
}

/// The text of a key.
pub(super) fn encode(codec: Codec, key: &[u8]) -> String {
    format!("z{}", bs58::encode([&codec.prefix()[..], key].concat()).into_string())
}
