//! docs/protocol.md holds vectors of what is sent; this test reads them out of the document.
//!
//! When the wire form changes on purpose: `ACCOLADE_WRITE_VECTORS=1 cargo test -p accolade-tests --test
//! record_protocol the_document_says`, then look at the difference.

mod record_world;

use accolade_core::record::wire::{Hello, Request, Response};
use accolade_core::record::{
    AchievementRecord, Floor, Image, SignedRecord, decode_snapshot, encode_snapshot, lists_root, sha256,
    state_hash,
};
use accolade_core::status::StatusPurpose;
use record_world::{Issuer, NET, start};
use std::fmt::Write as _;
use std::path::PathBuf;

const BEGIN: &str = "<!-- vectors: written by tests/tests/record_protocol.rs -->";

#[derive(Debug, PartialEq)]
struct Vector {
    kind: String,
    /// `ok`, or the error.
    outcome: String,
    what: String,
    bytes: Vec<u8>,
}

fn document() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol.md"))
}

#[test]
fn the_document_says_what_is_sent() {
    let text = std::fs::read_to_string(document()).expect("docs/protocol.md");
    let (prose, _) = text.split_once(BEGIN).expect("the mark before the vectors");
    let current = format!("{prose}{BEGIN}\n{}", written(&vectors()));
    if std::env::var_os("ACCOLADE_WRITE_VECTORS").is_some() {
        std::fs::write(document(), current).expect("docs/protocol.md can be written");
        return;
    }
    assert!(text == current, "the wire form and docs/protocol.md differ: see the head of this test");
}

#[test]
fn the_vectors_of_the_document_read_as_it_says() {
    let text = std::fs::read_to_string(document()).expect("docs/protocol.md");
    let vectors = read(text.split_once(BEGIN).expect("the mark before the vectors").1);
    assert!(vectors.len() >= 40, "{} vectors", vectors.len());
    let bad = vectors.iter().filter(|vector| vector.outcome != "ok").count();
    assert!(bad > vectors.len() / 2, "more bad ones than good: {bad} of {}", vectors.len());
    for vector in &vectors {
        assert_eq!(outcome(&vector.kind, &vector.bytes), vector.outcome, "{}", vector.what);
    }
}

/// What a reader says of bytes.
fn outcome(kind: &str, bytes: &[u8]) -> String {
    let result = match kind {
        "record" => SignedRecord::decode(bytes, NET).map(|record| assert_eq!(record.bytes(), bytes)),
        "request" => Request::decode(bytes).map(|request| assert_eq!(request.encode(), bytes)),
        "answer" => Response::decode(bytes).map(|response| assert_eq!(response.encode(), bytes)),
        "snapshot" => decode_snapshot(bytes)
            .map(|(entries, indexes)| assert_eq!(encode_snapshot(entries, &indexes), bytes)),
        other => panic!("unknown kind {other}"),
    };
    result.map_or_else(|error| error.to_string(), |()| "ok".to_owned())
}

fn vectors() -> Vec<Vector> {
    let mut all = Vec::new();
    let mut add = |kind: &str, what: &str, bytes: Vec<u8>| {
        let outcome = outcome(kind, &bytes);
        all.push(Vector { kind: kind.to_owned(), outcome, what: what.to_owned(), bytes });
    };
    let mut issuer = Issuer::new(1);
    let opening = issuer.opening(start());
    let json = format!(r#"{{"id":"{}#a1","type":["Achievement"],"name":"First aid"}}"#, issuer.did());
    let image = Image { sha256: sha256(b"image"), bytes: 5, media_type: "image/png".to_owned() };
    let achievement = AchievementRecord::new(json.into_bytes(), Some(image)).expect("an achievement");
    let achievement = issuer.log.achievement(achievement, &issuer.key, start()).expect("achievement");
    let suspension = issuer.create(1, StatusPurpose::Suspension, start());
    let status = issuer.revoke(0, &[0, 7, 131_071], start());
    let (snapshot, blob) = issuer.log.snapshot(0, &issuer.key, start()).expect("snapshot");

    add("record", "profile, the first of a log", opening[0].bytes().to_vec());
    add("record", "list-create for revocation", opening[1].bytes().to_vec());
    add("record", "status without changes (heartbeat)", opening[2].bytes().to_vec());
    add("record", "achievement with an image", achievement.bytes().to_vec());
    add("record", "list-create for suspension", suspension.bytes().to_vec());
    add("record", "status: 0, 7 and 131071 of list 0 set", status.bytes().to_vec());
    add("record", "snapshot of list 0", snapshot.bytes().to_vec());
    add("snapshot", "its blob", blob.clone());
    add("snapshot", "nothing set", encode_snapshot(131_072, &[]));

    let good = status.bytes();
    let change = |at: usize, byte: u8| {
        let mut bytes = good.to_vec();
        bytes[at] ^= byte;
        bytes
    };
    let envelope = find(good, &[0xac, 0x00, 0x00, 0x01]);
    add("record", "a bit of the signature flipped", change(find(good, &[0x58, 0x40]) + 2, 1));
    add("record", "a bit of the body flipped", change(good.len() - 1, 1));
    add("record", "another seq than the one signed", replace(good, &[0x07, 0x05, 0x08], &[0x07, 0x06, 0x08]));
    add("record", "version 1", change(envelope + 2, 1));
    add("record", "another network", change(envelope + 5, 1));
    add("record", "unknown type 7", replace(good, &[0x02, 0x04, 0x03], &[0x02, 0x07, 0x03]));
    add("record", "a did_version other than 0", replace(good, &[0x04, 0x00, 0x05], &[0x04, 0x01, 0x05]));
    add("record", "keys of the envelope in another order", change(envelope + 1, 1));
    add("record", "cut short", good[..good.len() - 1].to_vec());
    add("record", "a byte too many", [good, &[0]].concat());
    add("record", "four parts", [&[0x84][..], &good[1..], &[0xf6]].concat());
    add("record", "indefinite length", [&[0x9f][..], &good[1..], &[0xff]].concat());
    add("record", "a length longer than need be", [&[0x98, 0x03][..], &good[1..]].concat());
    add("record", "nothing", vec![]);

    let did = issuer.did();
    let hello = Hello { net: NET.to_owned(), clock_ms: 1_780_000_000_000, fingerprint: [1; 32] };
    let range = Request::Range { issuer: did.clone(), epoch: 0, from_seq: 3, max: 256 }.encode();
    add("request", "hello", Request::Hello(hello.clone()).encode());
    add("request", "heads from the start", Request::Heads { after: None }.encode());
    add("request", "heads after a DID", Request::Heads { after: Some(did.clone()) }.encode());
    add("request", "get two ids", Request::Get { ids: vec![opening[0].id(), status.id()] }.encode());
    add("request", "range", range.clone());
    add("request", "blob", Request::Blob { sha256: sha256(&blob), offset: 65_536 }.encode());
    add("request", "a range of 0 records", [&range[..range.len() - 3], &[0]].concat());
    add("request", "a range of 257 records", [&range[..range.len() - 1], &[1]].concat());
    add("request", "a blob past 2 MiB", Request::Blob { sha256: [0; 32], offset: 1 << 21 }.encode());
    add("request", "unknown kind 9", vec![0x81, 0x09]);
    add("request", "kind 2 as two bytes", vec![0x82, 0x18, 0x02, 0xf6]);
    add("request", "heads after what is no DID", vec![0x82, 0x02, 0x61, 0x61]);
    add("request", "65 ids", [&[0x82, 0x03, 0x98, 65][..], &[0x58, 0x20]].concat());
    add("request", "a byte too many", vec![0x82, 0x02, 0xf6, 0x00]);

    let head = issuer.log.head().expect("a head");
    let floor = Floor { issuer: did, head };
    let heads = |heads: Vec<Floor>| Response::Heads { heads, more: false }.encode();
    add("answer", "unavailable", Response::Unavailable.encode());
    add("answer", "hello", Response::Hello(hello).encode());
    add("answer", "one head", heads(vec![floor.clone()]));
    add("answer", "no records", Response::Records(vec![]).encode());
    add("answer", "part of a blob", Response::Blob { total: 3, bytes: vec![1, 2] }.encode());
    add("answer", "an issuer twice", heads(vec![floor.clone(), floor]));
    add("answer", "a part longer than its blob", Response::Blob { total: 1, bytes: vec![1, 2] }.encode());
    add("answer", "an empty part", Response::Blob { total: 1, bytes: vec![] }.encode());
    add("answer", "257 records", vec![0x82, 0x03, 0x99, 0x01, 0x01]);

    add("snapshot", "parameter 1 where 0 is shorter", vec![0x82, 0x1a, 0, 2, 0, 0, 0x83, 1, 1, 0x41, 0]);
    add("snapshot", "padding that is not zero", vec![0x82, 0x1a, 0, 2, 0, 0, 0x83, 1, 0, 0x41, 1]);
    add("snapshot", "a run that does not end", vec![0x82, 0x1a, 0, 2, 0, 0, 0x83, 1, 0, 0x41, 0xff]);
    add("snapshot", "an index outside of the list", vec![0x82, 0x08, 0x83, 1, 3, 0x42, 0x80, 0]);
    add("snapshot", "more indexes than bits", vec![0x82, 0x08, 0x83, 0x19, 0xff, 0xff, 0, 0x41, 0]);
    all
}

#[test]
fn the_hashes_of_the_document_are_right() {
    let text = std::fs::read_to_string(document()).expect("docs/protocol.md");
    let state = state_hash(0, 0, &[0; 131_072 / 8]);
    let root = lists_root(&[accolade_core::record::ListLeaf { list: 0, version: 0, state_hash: state }]);
    for hash in [state, root, lists_root(&[])] {
        let hex = hex(&hash);
        assert!(text.contains(&hex), "{hex} isn't in docs/protocol.md");
    }
}

fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("the part")
}

fn replace(bytes: &[u8], part: &[u8], by: &[u8]) -> Vec<u8> {
    let at = find(bytes, part);
    [&bytes[..at], by, &bytes[at + part.len()..]].concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn written(vectors: &[Vector]) -> String {
    vectors.iter().fold(String::new(), |mut text, vector| {
        let Vector { kind, outcome, what, bytes } = vector;
        let _ = write!(text, "\n**{kind}**: {what}  \n→ {outcome}\n```\n{}\n```\n", hex(bytes));
        text
    })
}

fn read(text: &str) -> Vec<Vector> {
    let mut vectors = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((kind, what)) = line.strip_prefix("**").and_then(|line| line.split_once("**: ")) else {
            continue;
        };
        let outcome = lines.next().and_then(|line| line.strip_prefix("→ ")).expect("an outcome");
        let digits = lines.nth(1).expect("hex");
        let bytes = (0..digits.len() / 2).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16));
        vectors.push(Vector {
            kind: kind.to_owned(),
            outcome: outcome.to_owned(),
            what: what.trim_end().to_owned(),
            bytes: bytes.collect::<Result<_, _>>().expect("hex"),
        });
    }
    vectors
}
