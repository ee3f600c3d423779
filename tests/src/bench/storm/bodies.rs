//! Bodies that are made to cost memory or time.

use crate::pictures;
use accolade_core::did::key::{did_of, verification_method_of};
use accolade_core::keys::SigningKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};
use std::io::Write as _;

const MIB: usize = 1024 * 1024;

/// What stands in a body for its number: all bodies of a kind are of one length.
const NUMBERS_FROM: usize = 100_000_000_000;

/// A way to hurt. No two bodies of a kind are alike, so that no answer comes from a cache. They are made beforehand but
/// for their numbers: who makes them has the cores of the node.
pub(super) struct Kind {
    /// What it is called.
    pub(super) name: &'static str,
    body: Vec<u8>,
    /// What differs, as it stands in `body`, and where.
    own: Vec<u8>,
    places: Vec<usize>,
    own_of: fn(usize) -> Vec<u8>,
}

impl Kind {
    /// Body number `n`.
    pub(super) fn number(&self, n: usize) -> Vec<u8> {
        let (mut body, own) = (self.body.clone(), (self.own_of)(NUMBERS_FROM + n));
        for place in &self.places {
            body[*place..*place + self.own.len()].copy_from_slice(&own);
        }
        body
    }
}

/// All of them.
///
/// # Panics
/// Never: the memory takes what is written, and every body has its number.
pub(super) fn kinds() -> Vec<Kind> {
    let zlib_bomb = zlib_zeros(256);
    let gzip_bomb = gzip_zeros(256);
    let encoded_bomb = format!("u{}", URL_SAFE_NO_PAD.encode(gzip_zeros(16)));
    let large_chunk = vec![0x5a; 10 * MIB - 4096];
    vec![
        kind("nested lists", |n| [vec![b'['; MIB - 20], n.to_string().into_bytes()].concat()),
        kind("nested objects", |n| format!("{}{n}", "{\"a\":".repeat(MIB / 5 - 10)).into_bytes()),
        kind("many numbers", |n| format!("[{}{n}]", "0,".repeat(MIB / 2 - 20)).into_bytes()),
        kind("many lists", |n| format!("[{}{n}]", "[],".repeat(MIB / 3 - 20)).into_bytes()),
        kind("many objects", |n| format!("[{}{n}]", "{\"a\":0},".repeat(MIB / 8 - 20)).into_bytes()),
        kind("many members", many_members),
        kind("a large badge of many numbers", |n| {
            badge(n, &|badge| badge["credentialSubject"]["x"] = json!(vec![0; 500_000]))
        }),
        kind("a poison graph", |n| badge(n, &poison)),
        kind("a poison graph and eight proofs", |n| {
            badge(n, &|badge| {
                poison(badge);
                badge["proof"] = json!(vec![proof(); 8]);
            })
        }),
        kind("a thousand contexts", |n| {
            badge(n, &|badge| badge["@context"] = json!(vec!["https://www.w3.org/ns/credentials/v2"; 1_000]))
        }),
        kind("two thousand proofs", |n| badge(n, &|badge| badge["proof"] = json!(vec![proof(); 2_000]))),
        kind("a status list that is a bomb", move |n| {
            badge(n, &|badge| {
                badge["type"] = json!(["VerifiableCredential", "BitstringStatusListCredential"]);
                badge["credentialSubject"] = json!({"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": encoded_bomb});
            })
        }),
        kind("a gzip bomb", move |n| [&gzip_bomb[..], n.to_string().as_bytes()].concat()),
        picture("a PNG whose text is a bomb", &{
            let keyword: &[u8] = b"openbadgecredential\0\x01\0\0\0";
            pictures::chunk(b"iTXt", &[keyword, &zlib_bomb].concat())
        }),
        picture("a PNG of 10 MiB", &pictures::chunk(b"xxXx", &large_chunk)),
        picture("a PNG of many chunks", &pictures::chunk(b"tEXt", b"a\0b").repeat(20_000)),
        kind("a deep SVG", |n| format!("<svg>{}{n}", "<g>".repeat(MIB / 3 - 20)).into_bytes()),
        kind("an SVG of entities", |n| {
            let bomb = "<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
            format!("{bomb}<svg>&b;{n}</svg>").into_bytes()
        }),
        kind("a truncated token", |n| {
            format!("eyJhbGciOiJFZERTQSJ9.{}.{n}", "eyJ2YyI6".repeat(MIB / 8 - 10)).into_bytes()
        }),
        kind("a batch of junk", |n| format!("{{\"badges\":[{}{n}]}}", "{},".repeat(999)).into_bytes()),
        kind("a batch of poison graphs", |n| {
            let one = String::from_utf8_lossy(&badge(n, &poison)).into_owned();
            format!("{{\"badges\":[{}]}}", vec![one; 20].join(",")).into_bytes()
        }),
    ]
}

fn kind(name: &'static str, body: impl Fn(usize) -> Vec<u8>) -> Kind {
    made(name, body(NUMBERS_FROM), |n| n.to_string().into_bytes())
}

/// Pictures with this chunk, and one with the number.
fn picture(name: &'static str, chunk: &[u8]) -> Kind {
    let own: fn(usize) -> Vec<u8> = |n| pictures::chunk(b"tEXt", format!("n\0{n}").as_bytes());
    made(name, pictures::png_of(2, 2, &[&own(NUMBERS_FROM)[..], chunk].concat()), own)
}

fn made(name: &'static str, body: Vec<u8>, own_of: fn(usize) -> Vec<u8>) -> Kind {
    let own = own_of(NUMBERS_FROM);
    let places: Vec<usize> =
        body.windows(own.len()).enumerate().filter(|(_, part)| *part == own).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "“{name}” has no number");
    Kind { name, body, own, places, own_of }
}

fn many_members(n: usize) -> Vec<u8> {
    let object: Vec<String> = (0..4_000).map(|number| format!("\"{number}\":0")).collect();
    let object = format!("{{{}}}", object.join(","));
    format!("[{}{n}]", format!("{object},").repeat((MIB - 20) / (object.len() + 1))).into_bytes()
}

/// A badge whose proof has the right form, and is nobody's, after `change`.
fn badge(n: usize, change: &dyn Fn(&mut Value)) -> Vec<u8> {
    let mut badge = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id": format!("urn:uuid:6b7c8d9e-0000-4000-8000-{n:012}"),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": did_of(&key().verifying_key()).to_string(), "type": ["Profile"], "name": "Nobody"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": crate::nodes::EARNER,
            "type": ["AchievementSubject"],
            "achievement": {"id": "https://a.example/1", "type": ["Achievement"], "name": "A", "description": "D", "criteria": {"narrative": "N"}},
        },
        "proof": [proof()],
    });
    change(&mut badge);
    badge.to_string().into_bytes()
}

fn proof() -> Value {
    json!({
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "created": "2026-01-01T00:00:00Z",
        "verificationMethod": verification_method_of(&key().verifying_key()), "proofPurpose": "assertionMethod",
        "proofValue": format!("z{}", bs58::encode([7; 64]).into_string()),
    })
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// Nodes without names that differ in nothing: naming them by trying all orders would take 12! steps.
fn poison(badge: &mut Value) {
    let inner = json!({"https://x.example/has": vec![json!({"https://x.example/is": "alike"}); 12]});
    badge["credentialSubject"]["https://x.example/has"] = json!([inner, inner]);
}

/// So many MiB of zeros, compressed.
fn gzip_zeros(mib: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; MIB];
    (0..mib).for_each(|_| encoder.write_all(&zeros).expect("in memory"));
    encoder.finish().expect("in memory")
}

fn zlib_zeros(mib: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; MIB];
    (0..mib).for_each(|_| encoder.write_all(&zeros).expect("in memory"));
    encoder.finish().expect("in memory")
}
