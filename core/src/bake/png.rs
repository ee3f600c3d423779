//! PNG (W3C, third edition): its chunks, and the one that carries a badge.

use super::{BakeError, Format, MAX_BADGE_BYTES, MAX_PLACES};
use flate2::Crc;
use flate2::read::ZlibDecoder;
use std::io::Read as _;
use std::ops::Range;

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// Most chunks of a picture that is read.
pub(super) const MAX_CHUNKS: usize = 16_384;
/// Greatest length and greatest measure of a picture (section 7.1).
const MAX_U31: u32 = (1 << 31) - 1;
/// Length, name and checksum of a chunk.
const FRAME_BYTES: usize = 12;

const KEYWORD_OB3: &[u8] = b"openbadgecredential";
const KEYWORD_OB2: &[u8] = b"openbadges";

/// A chunk whose checksum is right.
struct Chunk<'a> {
    name: [u8; 4],
    data: &'a [u8],
    /// With its frame, in the file.
    span: Range<usize>,
}

/// The picture with `text` as its only badge.
pub(super) fn bake(image: &[u8], text: &str) -> Result<Vec<u8>, BakeError> {
    let chunks = chunks(image)?;
    let mut baked = Vec::with_capacity(image.len() + text.len() + 64);
    baked.extend_from_slice(SIGNATURE);
    for chunk in &chunks {
        if keyword(chunk).is_none() {
            baked.extend_from_slice(&image[chunk.span.clone()]);
        }
        if chunk.name == *b"IHDR" {
            // Keyword and its end, no compression (two bytes), no language, no translated keyword.
            push_chunk(&mut baked, *b"iTXt", &[KEYWORD_OB3, &[0; 5], text.as_bytes()].concat());
        }
    }
    Ok(baked)
}

/// Every badge in the picture.
pub(super) fn badges(image: &[u8]) -> Result<Vec<(Format, String)>, BakeError> {
    let (mut found, mut places) = (Vec::new(), 0);
    for chunk in &chunks(image)? {
        if let Some(format) = keyword(chunk) {
            places += 1;
            if places > MAX_PLACES {
                return damaged("it has too many badges", chunk.span.start);
            }
            found.push((format, badge(chunk)?));
            // Two are enough to refuse; no need to inflate more.
            found.dedup();
            if found.len() > 1 {
                return Err(BakeError::TwoBadges);
            }
        }
    }
    Ok(found)
}

/// Every chunk, in an order that is one of a PNG (section 5.6).
fn chunks(image: &[u8]) -> Result<Vec<Chunk<'_>>, BakeError> {
    if !image.starts_with(SIGNATURE) {
        return damaged("its first bytes are not those of a PNG", 0);
    }
    let mut order = Order::default();
    let mut chunks: Vec<Chunk<'_>> = Vec::new();
    let mut at = SIGNATURE.len();
    while at < image.len() {
        if order.ended {
            return damaged("something follows after its end", at);
        }
        if chunks.len() == MAX_CHUNKS {
            return damaged("it has too many chunks", at);
        }
        let chunk = chunk_at(image, at)?;
        order.take(&chunk)?;
        at = chunk.span.end;
        chunks.push(chunk);
    }
    if order.ended { Ok(chunks) } else { damaged("it is cut off", at) }
}

fn chunk_at(image: &[u8], at: usize) -> Result<Chunk<'_>, BakeError> {
    let cut = || damaged("it is cut off", image.len());
    let rest = &image[at..];
    let Some((length, rest)) = rest.split_first_chunk::<4>() else { return cut() };
    let length = u32::from_be_bytes(*length);
    if length > MAX_U31 {
        return damaged("a chunk is longer than one may be", at);
    }
    let Some((name, rest)) = rest.split_first_chunk::<4>() else { return cut() };
    if !name.iter().all(u8::is_ascii_alphabetic) {
        return damaged("a chunk's name is not four letters", at);
    }
    let Some((data, rest)) = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length))
    else {
        return cut();
    };
    let Some((crc, _)) = rest.split_first_chunk::<4>() else { return cut() };
    if u32::from_be_bytes(*crc) != checksum(*name, data) {
        return damaged("a checksum is wrong", at);
    }
    Ok(Chunk { name: *name, data, span: at..at + FRAME_BYTES + data.len() })
}

/// How far a picture has come.
#[derive(Default)]
struct Order {
    header: bool,
    palette: bool,
    data: bool,
    data_over: bool,
    ended: bool,
}

impl Order {
    fn take(&mut self, chunk: &Chunk<'_>) -> Result<(), BakeError> {
        let at = chunk.span.start;
        if self.header == (chunk.name == *b"IHDR") {
            return damaged("its header is not its first chunk, or there are two", at);
        }
        match &chunk.name {
            b"IHDR" if !is_header(chunk.data) => return damaged("its header makes no sense", at),
            b"IHDR" => self.header = true,
            b"PLTE" if self.palette || self.data => return damaged("its palette is at a wrong place", at),
            b"PLTE" => self.palette = true,
            b"IDAT" if self.data_over => return damaged("its image data is torn apart", at),
            b"IDAT" => self.data = true,
            b"IEND" if !self.data => return damaged("it has no image data", at),
            b"IEND" if !chunk.data.is_empty() => return damaged("its last chunk is not empty", at),
            b"IEND" => self.ended = true,
            [first, ..] if first.is_ascii_uppercase() => {
                return damaged("it has a critical chunk that is not known", at);
            }
            _ => {}
        }
        self.data_over = self.data && chunk.name != *b"IDAT";
        Ok(())
    }
}

/// Whether an IHDR holds what one may hold (section 11.2.1).
fn is_header(data: &[u8]) -> bool {
    let [w0, w1, w2, w3, h0, h1, h2, h3, depth, colour, compression, filter, interlace] = *data else {
        return false;
    };
    let measures = [u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3])];
    let depth_fits = match colour {
        0 => matches!(depth, 1 | 2 | 4 | 8 | 16),
        3 => matches!(depth, 1 | 2 | 4 | 8),
        2 | 4 | 6 => matches!(depth, 8 | 16),
        _ => false,
    };
    depth_fits
        && measures.iter().all(|measure| (1..=MAX_U31).contains(measure))
        && (compression, filter) == (0, 0)
        && interlace <= 1
}

/// For which badge a chunk is a place, if it is one.
fn keyword(chunk: &Chunk<'_>) -> Option<Format> {
    if !matches!(&chunk.name, b"iTXt" | b"tEXt" | b"zTXt") {
        return None;
    }
    match chunk.data.split(|byte| *byte == 0).next()? {
        KEYWORD_OB3 => Some(Format::Ob3),
        KEYWORD_OB2 => Some(Format::Ob2),
        _ => None,
    }
}

/// The text of a chunk that has a badge's keyword (sections 11.3.3.2 to 11.3.3.4).
fn badge(chunk: &Chunk<'_>) -> Result<String, BakeError> {
    let at = chunk.span.start;
    let wrong = || BakeError::Png { problem: "the chunk of its badge can't be read", at_byte: at };
    let (_, rest) = cut_at_nul(chunk.data).ok_or_else(wrong)?;
    let (bytes, is_utf8) = match (&chunk.name, rest) {
        (b"tEXt", text) => (text.to_vec(), false),
        (b"zTXt", [0, compressed @ ..]) => (inflate(compressed, at)?, false),
        (b"iTXt", [compressed @ (0 | 1), method, rest @ ..]) => {
            let (_language, rest) = cut_at_nul(rest).ok_or_else(wrong)?;
            let (_keyword, text) = cut_at_nul(rest).ok_or_else(wrong)?;
            match (compressed, method) {
                (0, _) => (text.to_vec(), true),
                (_, 0) => (inflate(text, at)?, true),
                _ => return Err(wrong()),
            }
        }
        _ => return Err(wrong()),
    };
    if bytes.len() > MAX_BADGE_BYTES {
        return Err(BakeError::BadgeTooLarge);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(_) if is_utf8 => Err(wrong()),
        // The elder chunks are Latin-1, in which a byte is a code point.
        Err(error) => Ok(error.as_bytes().iter().map(|byte| char::from(*byte)).collect()),
    }
}

fn cut_at_nul(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn inflate(compressed: &[u8], at: usize) -> Result<Vec<u8>, BakeError> {
    let mut bytes = Vec::new();
    let mut reader = ZlibDecoder::new(compressed).take(MAX_BADGE_BYTES as u64 + 1);
    match reader.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => damaged("the badge in it can't be decompressed", at),
    }
}

fn push_chunk(image: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    // At most MAX_BADGE_BYTES and a few.
    image.extend_from_slice(&(data.len() as u32).to_be_bytes());
    image.extend_from_slice(&name);
    image.extend_from_slice(data);
    image.extend_from_slice(&checksum(name, data).to_be_bytes());
}

fn checksum(name: [u8; 4], data: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(&name);
    crc.update(data);
    crc.sum()
}

fn damaged<T>(problem: &'static str, at_byte: usize) -> Result<T, BakeError> {
    Err(BakeError::Png { problem, at_byte })
}
