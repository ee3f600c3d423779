//! Token Status List of the IETF (draft-ietf-oauth-status-list): values of 1, 2, 4 or 8 bits, the first in the least
//! significant bits of the first byte, compressed with zlib.

use super::MAX_ENTRIES;
use crate::json::{Object, Value};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::bufread::ZlibDecoder;
use std::fmt;
use std::io::Read as _;

/// Most bytes of a list, uncompressed.
const MAX_LIST_BYTES: usize = MAX_ENTRIES / 8;

/// The values of a list, as they stand in the claim `status_list` (section 4.2). By itself it is nobody's word.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenList {
    bits: u8,
    bytes: Vec<u8>,
}

impl TokenList {
    /// Reads `{"bits", "lst"}`. Allocates no more than a list may have, whatever the text claims.
    ///
    /// # Errors
    /// Another number of bits than 1, 2, 4 and 8, what isn't base64url without padding or one whole zlib stream, and more
    /// than 2 MiB.
    pub fn parse(list: &Object) -> Result<Self, TokenListError> {
        let bits = match list.get("bits") {
            Some(Value::Int(bits @ (1 | 2 | 4 | 8))) => {
                u8::try_from(*bits).map_err(|_| TokenListError::Bits)?
            }
            _ => return Err(TokenListError::Bits),
        };
        let text = list.get("lst").and_then(Value::as_str).ok_or(TokenListError::NotBase64url)?;
        if text.len() / 4 * 3 > MAX_LIST_BYTES + 1024 {
            return Err(TokenListError::TooLong);
        }
        let zipped = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenListError::NotBase64url)?;
        Ok(Self { bits, bytes: inflate(&zipped)? })
    }

    /// Bits of one value.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.bytes.len() * usize::from(8 / self.bits)
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Value `index`; `None` beyond the end.
    pub fn get(&self, index: u64) -> Option<u8> {
        let values_per_byte = u64::from(8 / self.bits);
        let byte = *self.bytes.get(usize::try_from(index / values_per_byte).ok()?)?;
        let shift = u32::try_from(index % values_per_byte).ok()? * u32::from(self.bits);
        Some(byte >> shift & (u8::MAX >> (8 - self.bits)))
    }

    /// What it holds in memory, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// A summary: lists are far too long to print.
impl fmt::Debug for TokenList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenList({} of {} bits)", self.len(), self.bits)
    }
}

/// Why the values of a Token Status List were not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenListError {
    /// Another number of bits.
    #[error("“bits” of the status list is not 1, 2, 4 or 8")]
    Bits,
    /// Missing, or not base64url without padding.
    #[error("“lst” of the status list is not base64url without padding")]
    NotBase64url,
    /// Not zlib, cut short, or damaged.
    #[error("“lst” of the status list is not a whole zlib stream")]
    NotZlib,
    /// More bytes behind it.
    #[error("“lst” of the status list has more data behind its zlib stream")]
    TrailingData,
    /// Over the limit.
    #[error("the status list has more than {MAX_LIST_BYTES} bytes, the most that is read")]
    TooLong,
}

/// Unpacks one zlib stream of at most [`MAX_LIST_BYTES`]; a bomb costs no more than that.
fn inflate(zipped: &[u8]) -> Result<Vec<u8>, TokenListError> {
    let mut stream = ZlibDecoder::new(zipped);
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_LIST_BYTES).unwrap_or(u64::MAX) + 1;
    (&mut stream).take(limit).read_to_end(&mut bytes).map_err(|_| TokenListError::NotZlib)?;
    if bytes.len() > MAX_LIST_BYTES {
        return Err(TokenListError::TooLong);
    }
    match stream.get_ref().is_empty() {
        true => Ok(bytes),
        false => Err(TokenListError::TrailingData),
    }
}
