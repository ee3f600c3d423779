//! Token Status List of the IETF (draft-ietf-oauth-status-list): values of 1, 2, 4 or 8 bits, the first in the least
//! significant bits of the first byte, compressed with zlib.

use super::entry::excerpt;
use super::list::{self, ListSource, VerifiedList, Word};
use super::read::{Reading, malformed, text_of_token};
use super::{ListKind, MAX_ENTRIES, StatusError};
use crate::jose::{Content, Token};
use crate::json::{Object, Value};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::bufread::ZlibDecoder;
use std::fmt;
use std::io::Read as _;
use std::time::Duration;

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

/// Reads a Status List Token (section 5.1), which the issuer of the badge must have signed.
pub(super) fn read(bytes: &[u8], issuer: &str, reading: &Reading<'_>) -> Result<VerifiedList, StatusError> {
    let text = text_of_token(bytes).ok_or(malformed("token", "is missing: the list is not signed"))?;
    let (token, payload) = Token::read(text, Content::StatusList)?;
    let claims = token.claims();
    if let Some(other) = claims.issuer().filter(|named| *named != issuer) {
        return Err(StatusError::OtherIssuer { found: excerpt(other) });
    }
    let url = claims.subject().ok_or(malformed("sub", "is missing"))?.to_owned();
    let ttl = match payload.get("ttl") {
        None => None,
        Some(Value::Int(seconds)) if *seconds > 0 => Some(Duration::from_secs(seconds.unsigned_abs())),
        Some(_) => return Err(malformed("ttl", "is not a positive whole number of seconds")),
    };
    let list = payload.get("status_list").and_then(Value::as_object);
    let list = list.ok_or(malformed("status_list", "is not an object"))?;
    reading.prove_token(&token, issuer)?;
    let issued = claims.issued().ok_or(malformed("iat", "is missing"))?;
    let as_of = reading.as_of(Some(issued), claims.not_before(), claims.expires())?;
    let content = list::Content::Values(TokenList::parse(list)?);
    let (issuer, valid_until, source) = (issuer.to_owned(), claims.expires(), ListSource::Credential);
    Ok(VerifiedList::new(ListKind::Token, content, Word { issuer, url, as_of, valid_until, ttl, source }))
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
