//! Pictures for the tests, drawn here.

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use std::io::Write as _;

/// A PNG of `width` by `height` red pixels.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    png_of(width, height, &[])
}

/// A PNG with an uncompressed iTXt chunk of this keyword.
pub fn png_with_text(keyword: &[u8], text: &str) -> Vec<u8> {
    png_of(2, 2, &chunk(b"iTXt", &[keyword, &[0; 5], text.as_bytes()].concat()))
}

/// A PNG with these bytes, chunks in good order, after its header.
///
/// # Panics
/// Never: the memory takes what is written.
pub fn png_of(width: u32, height: u32, after_header: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let line = [&[0][..], &[255, 0, 0].repeat(width as usize)].concat();
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::default());
    pixels.write_all(&line.repeat(height as usize)).expect("in memory");
    let pixels = pixels.finish().expect("in memory");
    let chunks = [&chunk(b"IHDR", &header)[..], after_header, &chunk(b"IDAT", &pixels), &chunk(b"IEND", b"")];
    [b"\x89PNG\r\n\x1a\n", &chunks.concat()[..]].concat()
}

/// A chunk of a PNG with its checksum.
pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes(), &name[..], data, &crc.sum().to_be_bytes()].concat()
}
