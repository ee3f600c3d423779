//! The bitstring itself, and its `encodedList` form: multibase `u`, base64url, gzip (sections 2.2 and 3.3).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use std::fmt;
use std::io::{Read as _, Write as _};

/// Fewest entries of a published list, so that an index hides among many (section 6.1).
pub const MIN_ENTRIES: usize = 131_072;
/// Most entries of a list that is read: 2 MiB of bits.
pub const MAX_ENTRIES: usize = 16 * 1024 * 1024;

/// Offset of the uncompressed size from the end of a gzip member (RFC 1952, section 2.3.1).
const GZIP_SIZE_BYTES: usize = 4;
/// Header and trailer of the smallest gzip member.
const MIN_GZIP_BYTES: usize = 18;

const MAYBE_PADDED: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE_MAYBE_PADDED: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, MAYBE_PADDED);
const STANDARD_MAYBE_PADDED: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, MAYBE_PADDED);

/// A string of bits, a whole number of bytes long. Bit 0 is the most significant bit of the first byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitstring(Vec<u8>);

impl Bitstring {
    /// A list of at least `entries` clear bits: rounded up to a whole byte.
    pub fn new(entries: usize) -> Self {
        Self(vec![0; entries.div_ceil(8)])
    }

    /// The bits of whole bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bits as bytes, uncompressed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many bits there are.
    pub fn len(&self) -> usize {
        self.0.len() * 8
    }

    /// Whether there are no bits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bit `index`; `None` beyond the end.
    pub fn get(&self, index: u64) -> Option<bool> {
        let byte = self.0.get(usize::try_from(index / 8).ok()?)?;
        Some(byte & mask(index) != 0)
    }

    /// Sets bit `index` to `value`, and returns what it was.
    ///
    /// # Errors
    /// An index beyond the end.
    pub fn set(&mut self, index: u64, value: bool) -> Result<bool, OutOfRange> {
        let entries = self.len();
        let at = usize::try_from(index / 8).ok();
        let byte = at.and_then(|at| self.0.get_mut(at)).ok_or(OutOfRange { index, entries })?;
        let before = *byte & mask(index) != 0;
        if value {
            *byte |= mask(index);
        } else {
            *byte &= !mask(index);
        }
        Ok(before)
    }

    /// How many bits are set.
    pub fn count_ones(&self) -> usize {
        self.0.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    /// The indexes of the bits that are set, in ascending order.
    pub fn ones(&self) -> impl Iterator<Item = u64> {
        self.0.iter().enumerate().filter(|(_, byte)| **byte != 0).flat_map(|(at, byte)| {
            (0..8).filter(move |bit| byte & mask(*bit) != 0).map(move |bit| at as u64 * 8 + bit)
        })
    }

    /// The `encodedList` text: `u`, then base64url of the gzipped bits. The same bits give the same text.
    pub fn encode(&self) -> String {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        // A Vec takes every write, and the encoder adds no other failure.
        let zipped = gzip.write_all(&self.0).and_then(|()| gzip.finish()).unwrap_or_default();
        format!("u{}", URL_SAFE_NO_PAD.encode(zipped))
    }

    /// Entry `index` of a list with `size_bits` bits for each entry, its first bit the most significant (section 3.2).
    /// `None` beyond the end, and for sizes of none or more than 32 bits.
    pub fn value(&self, index: u64, size_bits: u32) -> Option<u32> {
        if size_bits == 0 || size_bits > u32::BITS {
            return None;
        }
        let first = index.checked_mul(u64::from(size_bits))?;
        let bits = first..first.checked_add(u64::from(size_bits))?;
        bits.into_iter().try_fold(0, |value, bit| Some(value << 1 | u32::from(self.get(bit)?)))
    }

    /// Reads an `encodedList` of at least [`MIN_ENTRIES`] and at most `max_entries` bits (never more than
    /// [`MAX_ENTRIES`]). Allocates no more than that, whatever the text claims.
    ///
    /// # Errors
    /// Another multibase prefix, padding, anything but one whole gzip member, or a size outside the bounds.
    pub fn decode(text: &str, max_entries: usize) -> Result<Self, BitstringError> {
        let body = text.strip_prefix('u').ok_or(BitstringError::NotMultibase)?;
        check_length(body, max_entries)?;
        let zipped = URL_SAFE_NO_PAD.decode(body).map_err(|_| BitstringError::NotBase64url)?;
        Self::unzipped(&zipped, max_entries)
    }

    /// The same for the `encodedList` of StatusList2021 (section 4.2 there): base64 of either alphabet, padded or not,
    /// without a prefix.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_2021(text: &str, max_entries: usize) -> Result<Self, BitstringError> {
        check_length(text, max_entries)?;
        let is_url_safe = !text.contains(['+', '/']);
        let engine = if is_url_safe { &URL_SAFE_MAYBE_PADDED } else { &STANDARD_MAYBE_PADDED };
        let zipped = engine.decode(text).map_err(|_| BitstringError::NotBase64)?;
        Self::unzipped(&zipped, max_entries)
    }

    fn unzipped(zipped: &[u8], max_entries: usize) -> Result<Self, BitstringError> {
        let bytes = gunzip(zipped, max_bytes(max_entries))?;
        match bytes.len() * 8 {
            entries if entries < MIN_ENTRIES => Err(BitstringError::TooShort { entries }),
            _ => Ok(Self(bytes)),
        }
    }
}

/// A summary: lists are far too long to print.
impl fmt::Debug for Bitstring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bitstring({} of {} set)", self.count_ones(), self.len())
    }
}

/// An index beyond the end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("index {index} lies beyond the {entries} entries of the list")]
pub struct OutOfRange {
    /// The index asked for.
    pub index: u64,
    /// The length of the list.
    pub entries: usize,
}

/// Why an `encodedList` was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BitstringError {
    /// No multibase prefix `u`.
    #[error("the encoded list does not begin with “u” (multibase base64url)")]
    NotMultibase,
    /// Not base64url without padding.
    #[error("the encoded list is not base64url without padding")]
    NotBase64url,
    /// Not base64.
    #[error("the encoded list is not base64")]
    NotBase64,
    /// Not gzip, cut short, or damaged.
    #[error("the encoded list is not a whole gzip file")]
    NotGzip,
    /// More bytes behind the first gzip member.
    #[error("the encoded list has more data behind its gzip file")]
    TrailingData,
    /// Fewer than [`MIN_ENTRIES`].
    #[error("the list has {entries} entries; the least is {MIN_ENTRIES}")]
    TooShort {
        /// Its length.
        entries: usize,
    },
    /// Over the limit.
    #[error("the list has more than {max_entries} entries, the most that is read")]
    TooLong {
        /// The limit.
        max_entries: usize,
    },
}

fn max_bytes(max_entries: usize) -> usize {
    max_entries.min(MAX_ENTRIES) / 8
}

/// What doesn't compress at all is hardly longer than its bits.
fn check_length(text: &str, max_entries: usize) -> Result<(), BitstringError> {
    let max_bytes = max_bytes(max_entries);
    let fits = text.len() / 4 * 3 <= max_bytes + 1024;
    if fits { Ok(()) } else { Err(BitstringError::TooLong { max_entries: max_bytes * 8 }) }
}

fn mask(index: u64) -> u8 {
    0x80 >> (index % 8)
}

/// Unpacks one gzip member of at most `max_bytes`. The buffer has the size that the trailer states, so a
/// bomb that states its true size is refused before anything is unpacked, and one that lies ends at its lie.
fn gunzip(zipped: &[u8], max_bytes: usize) -> Result<Vec<u8>, BitstringError> {
    if zipped.len() < MIN_GZIP_BYTES || zipped[..3] != [0x1f, 0x8b, 0x08] {
        return Err(BitstringError::NotGzip);
    }
    let trailer = zipped[zipped.len() - GZIP_SIZE_BYTES..].try_into().map_err(|_| BitstringError::NotGzip)?;
    let stated = usize::try_from(u32::from_le_bytes(trailer)).unwrap_or(usize::MAX);
    if stated > max_bytes {
        return Err(BitstringError::TooLong { max_entries: max_bytes * 8 });
    }
    let mut bytes = vec![0; stated];
    let mut member = GzDecoder::new(zipped);
    member.read_exact(&mut bytes).map_err(|_| BitstringError::NotGzip)?;
    // Reading on to the end makes the decoder check the trailer.
    match member.read(&mut [0]) {
        Ok(0) if member.get_ref().is_empty() => Ok(bytes),
        Ok(0) => Err(BitstringError::TrailingData),
        Ok(_) | Err(_) => Err(BitstringError::NotGzip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes).expect("a Vec takes every write");
        gzip.finish().expect("a Vec takes every write")
    }

    fn text(bytes: &[u8]) -> String {
        format!("u{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    #[test]
    fn bit_0_is_the_most_significant() {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        assert_eq!(bits.set(0, true), Ok(false));
        assert_eq!(bits.set(9, true), Ok(false));
        assert_eq!(bits.as_bytes()[..3], [0b1000_0000, 0b0100_0000, 0]);
        assert_eq!((bits.get(0), bits.get(1), bits.get(9)), (Some(true), Some(false), Some(true)));
        assert_eq!(bits.set(9, false), Ok(true));
        assert_eq!(bits.ones().collect::<Vec<_>>(), [0]);
        assert_eq!(format!("{bits:?}"), "Bitstring(1 of 131072 set)");
    }

    #[test]
    fn nothing_lies_beyond_the_end() {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        let end = MIN_ENTRIES as u64;
        assert_eq!((bits.get(end - 1), bits.get(end), bits.get(u64::MAX)), (Some(false), None, None));
        assert_eq!(bits.set(end, true), Err(OutOfRange { index: end, entries: MIN_ENTRIES }));
        assert!(bits.set(u64::MAX, false).is_err());
        assert_eq!(bits.count_ones(), 0);
        assert!(Bitstring::new(0).is_empty());
        assert_eq!(Bitstring::new(9).len(), 16);
    }

    #[test]
    fn encoding_goes_both_ways() {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        for index in (0..MIN_ENTRIES as u64).step_by(97) {
            bits.set(index, true).expect("in range");
        }
        let encoded = bits.encode();
        assert_eq!(encoded, bits.clone().encode());
        let read = Bitstring::decode(&encoded, MAX_ENTRIES).expect("reads");
        assert_eq!(read, bits);
        assert_eq!(read.ones().count(), read.count_ones());
        assert!(read.ones().eq((0..MIN_ENTRIES as u64).step_by(97)));
    }

    #[test]
    fn refuses_another_base() {
        let encoded = Bitstring::new(MIN_ENTRIES).encode();
        for (text, error) in [
            (String::new(), BitstringError::NotMultibase),
            (encoded[1..].to_owned(), BitstringError::NotMultibase),
            (format!("z{}", &encoded[1..]), BitstringError::NotMultibase),
            (format!("m{}", &encoded[1..]), BitstringError::NotMultibase),
            (format!("U{}", &encoded[1..]), BitstringError::NotMultibase),
            (format!("{encoded}="), BitstringError::NotBase64url),
            (format!("{encoded}=="), BitstringError::NotBase64url),
            (format!("{encoded}\n"), BitstringError::NotBase64url),
            (format!("u {}", &encoded[1..]), BitstringError::NotBase64url),
            (encoded.replace(['-', '_'], "+"), BitstringError::NotBase64url),
            ("u".to_owned(), BitstringError::NotGzip),
            ("uAA".to_owned(), BitstringError::NotGzip),
        ] {
            assert_eq!(Bitstring::decode(&text, MAX_ENTRIES), Err(error), "{text:.40}");
        }
    }

    #[test]
    fn refuses_other_compression_and_damage() {
        let bits = vec![0; MIN_ENTRIES / 8];
        let whole = gzip(&bits);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&bits).expect("a Vec takes every write");
        let zlib = zlib.finish().expect("a Vec takes every write");
        for not_gzip in [&bits, &zlib, &zlib[2..].to_vec(), &b"PK\x03\x04 and so on, long enough".to_vec()] {
            assert_eq!(Bitstring::decode(&text(not_gzip), MAX_ENTRIES), Err(BitstringError::NotGzip));
        }
        for cut in 1..whole.len() {
            assert!(Bitstring::decode(&text(&whole[..cut]), MAX_ENTRIES).is_err(), "cut at {cut}");
        }
        // Every bit of the compressed data, the checksum and the size counts (the ten bytes of the header
        // hold a time, an origin and flags, of which some mean nothing).
        for at in 10..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                let read = Bitstring::decode(&text(&damaged), MAX_ENTRIES);
                assert!(read.is_err() || read == Ok(Bitstring(bits.clone())), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn refuses_what_follows_the_first_member() {
        let whole = gzip(&vec![0; MIN_ENTRIES / 8]);
        let twice = [&whole[..], &whole[..]].concat();
        assert_eq!(Bitstring::decode(&text(&twice), MAX_ENTRIES), Err(BitstringError::TrailingData));
        let empty = [&whole[..], &gzip(b"")[..]].concat();
        assert!(Bitstring::decode(&text(&empty), MAX_ENTRIES).is_err());
        for tail in [&[0u8][..], &[0; 4], &[0; 64], b"junk"] {
            let with_tail = [&whole[..], tail].concat();
            assert!(Bitstring::decode(&text(&with_tail), MAX_ENTRIES).is_err(), "{tail:?}");
        }
        // The tail repeats the size of the first member, so only the position gives it away.
        let tail = [&[0u8; 4][..], &whole[whole.len() - 4..]].concat();
        let with_tail = [&whole[..], &tail[..]].concat();
        assert_eq!(Bitstring::decode(&text(&with_tail), MAX_ENTRIES), Err(BitstringError::TrailingData));
    }

    #[test]
    fn refuses_lists_outside_the_bounds() {
        for entries in [0, 8, MIN_ENTRIES - 8] {
            let encoded = Bitstring::new(entries).encode();
            assert_eq!(Bitstring::decode(&encoded, MAX_ENTRIES), Err(BitstringError::TooShort { entries }));
        }
        let too_long = Bitstring::new(2 * MIN_ENTRIES).encode();
        let error = Err(BitstringError::TooLong { max_entries: MIN_ENTRIES });
        assert_eq!(Bitstring::decode(&too_long, MIN_ENTRIES), error);
        let most = Bitstring::new(MAX_ENTRIES);
        assert_eq!(Bitstring::decode(&most.encode(), usize::MAX), Ok(most));
        let text_alone = format!("u{}", "A".repeat(8 * 1024 * 1024));
        assert_eq!(
            Bitstring::decode(&text_alone, MAX_ENTRIES),
            Err(BitstringError::TooLong { max_entries: MAX_ENTRIES })
        );
    }

    #[test]
    fn a_bomb_unpacks_nothing() {
        let bomb = gzip(&vec![0; 64 * 1024 * 1024]);
        assert!(bomb.len() < 70_000);
        let error = Err(BitstringError::TooLong { max_entries: MAX_ENTRIES });
        assert_eq!(Bitstring::decode(&text(&bomb), MAX_ENTRIES), error);
        for stated in [0u32, 16_384, 2 * 1024 * 1024] {
            let mut lying = bomb.clone();
            let at = lying.len() - 4;
            lying[at..].copy_from_slice(&stated.to_le_bytes());
            assert_eq!(Bitstring::decode(&text(&lying), MAX_ENTRIES), Err(BitstringError::NotGzip));
        }
    }
}
