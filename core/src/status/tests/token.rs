//! Values of the IETF's lists, the first in the least significant bits.

use super::super::token::{TokenList, TokenListError};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write as _;

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(bytes).expect("a Vec takes every write");
    zlib.finish().expect("a Vec takes every write")
}

fn parse(bits: &str, zipped: &[u8]) -> Result<TokenList, TokenListError> {
    let text = format!(r#"{{"bits":{bits},"lst":"{}"}}"#, URL_SAFE_NO_PAD.encode(zipped));
    TokenList::parse(json::parse(text.as_bytes()).expect("JSON").as_object().expect("an object"))
}

#[test]
fn values_begin_with_the_least_significant_bits() {
    let bytes = [0b1011_0010, 0b0111_1000];
    let values = |bits: &str| {
        let list = parse(bits, &zlib(&bytes)).expect("is read");
        let values: Vec<u8> = (0..).map_while(|index| list.get(index)).collect();
        assert_eq!((values.len(), list.bits().to_string()), (list.len(), bits.to_owned()));
        values
    };
    assert_eq!(values("1"), [0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 0]);
    assert_eq!(values("2"), [2, 0, 3, 2, 0, 2, 3, 1]);
    assert_eq!(values("4"), [0b0010, 0b1011, 0b1000, 0b0111]);
    assert_eq!(values("8"), bytes);
    let list = parse("2", &zlib(&bytes)).expect("is read");
    assert_eq!((list.get(8), list.get(u64::MAX), list.is_empty()), (None, None, false));
    assert_eq!(format!("{list:?}"), "TokenList(8 of 2 bits)");
    assert!(parse("1", &zlib(b"")).expect("is read").is_empty());
}

#[test]
fn refuses_other_sizes_and_encodings() {
    for bits in ["0", "3", "5", "16", "-1", "1.0", "\"1\"", "null", "true", "[1]"] {
        assert_eq!(parse(bits, &zlib(&[0])), Err(TokenListError::Bits), "{bits}");
    }
    let with = |lst: &str| {
        let text = format!(r#"{{"bits":1{lst}}}"#);
        TokenList::parse(json::parse(text.as_bytes()).expect("JSON").as_object().expect("an object"))
    };
    for lst in ["", r#","lst":7"#, r#","lst":"a b""#, r#","lst":"eNrbuRgAAhcBXQ==""#, r#","lst":"+/""#] {
        assert_eq!(with(lst), Err(TokenListError::NotBase64url), "{lst}");
    }
    assert!(with(r#","lst":"eNrbuRgAAhcBXQ""#).is_ok());
}

#[test]
fn refuses_damage_other_compression_and_what_follows() {
    let whole = zlib(&[0xb9, 0xa3, 0x11, 0x7f, 0x00, 0x42, 0x99]);
    for cut in 0..whole.len() {
        assert_eq!(parse("1", &whole[..cut]), Err(TokenListError::NotZlib), "cut at {cut}");
    }
    let right = parse("1", &whole);
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            let read = parse("1", &damaged);
            assert!(read.is_err() || read == right, "byte {at}, bit {bit}");
        }
    }
    for tail in [&[0u8][..], b"junk", &whole] {
        let with_tail = [&whole[..], tail].concat();
        assert_eq!(parse("1", &with_tail), Err(TokenListError::TrailingData), "{tail:?}");
    }
    let gzip = Bitstring::new(MIN_ENTRIES).encode();
    let gzip = URL_SAFE_NO_PAD.decode(&gzip[1..]).expect("base64url");
    assert_eq!(parse("1", &gzip), Err(TokenListError::NotZlib));
    assert_eq!(parse("1", &whole[2..whole.len() - 4]), Err(TokenListError::NotZlib), "bare deflate");
}

#[test]
fn a_bomb_costs_no_more_than_a_list() {
    let most = vec![0; MAX_ENTRIES / 8];
    assert_eq!(parse("1", &zlib(&most)).map(|list| list.len()), Ok(MAX_ENTRIES));
    for mib in [2, 16, 64] {
        let bomb = zlib(&vec![0; mib * 1024 * 1024 + 1]);
        assert_eq!(parse("8", &bomb), Err(TokenListError::TooLong), "{mib} MiB");
    }
    let text = format!(r#"{{"bits":1,"lst":"{}"}}"#, "A".repeat(MAX_ENTRIES / 8 * 2));
    // Longer than JSON may be, too: as it would come out of a token.
    let list = Object::from([("bits", Value::Int(1)), ("lst", text.into())]);
    assert_eq!(TokenList::parse(&list), Err(TokenListError::TooLong));
}
