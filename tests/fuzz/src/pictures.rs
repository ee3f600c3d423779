//! Pictures: what is baked comes out again, and nothing else does.

use super::judge;
use accolade_core::bake::{self, BakeError, Form, ImageKind};
use accolade_core::json;

/// What is hard to write down in XML.
const BADGE: &str = "{\"a\":\"]]> & <x> \\u0000 \u{fffe}\u{1f600}\",\"b\":[1.5,null]}";
const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.e30.AAAA";

/// Any bytes as a PNG, as they are and with right checksums.
pub fn png(data: &[u8]) {
    picture(data, ImageKind::Png);
    picture(&with_checksums(data), ImageKind::Png);
}

/// Any bytes as an SVG.
pub fn svg(data: &[u8]) {
    picture(data, ImageKind::Svg);
}

fn picture(data: &[u8], kind: ImageKind) {
    if let Ok(found) = bake::extract(data) {
        assert!(found.text.len() <= bake::MAX_BADGE_BYTES);
        judge::credential(data);
    }
    if ImageKind::of(data) != Some(kind) {
        return;
    }
    for (badge, form) in [(BADGE, Form::Json), (TOKEN, Form::Jws)] {
        let baked = match bake::bake(data, badge.as_bytes()) {
            Ok(baked) => baked,
            Err(BakeError::NotABadge) => panic!("it is a badge"),
            Err(_) => return,
        };
        let found = bake::extract(&baked).unwrap_or_else(|error| panic!("{error} after baking"));
        assert_eq!((found.kind, found.form), (kind, form));
        match form {
            Form::Json => assert_eq!(json::parse(found.text.as_bytes()), json::parse(badge.as_bytes())),
            _ => assert_eq!(found.text, badge),
        }
        // Baking again replaces: the same badge gives the same file, another one takes its place.
        assert_eq!(bake::bake(&baked, badge.as_bytes()).as_ref(), Ok(&baked));
        let other = bake::bake(&baked, b"{\"other\":true}").expect("bakes again");
        assert_eq!(bake::extract(&other).expect("one badge").text, "{\"other\":true}");
    }
}

/// The PNG with the checksums that its chunks should have: else hardly a changed one would be read.
fn with_checksums(data: &[u8]) -> Vec<u8> {
    let mut file = data.to_vec();
    let mut at = 8;
    while let Some(head) = file.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(end) = at.checked_add(8).and_then(|from| from.checked_add(length)) else { break };
        let Some(body) = file.get(at + 4..end) else { break };
        let sum = checksum(body).to_be_bytes();
        match file.get_mut(end..end + 4) {
            Some(place) => place.copy_from_slice(&sum),
            None => break,
        }
        at = end + 4;
    }
    file
}

/// CRC-32, as PNG has it.
fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}
