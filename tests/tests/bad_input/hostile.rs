//! Bodies that are made to break what reads them.

use accolade_core::did::key::{did_of, verification_method_of};
use accolade_core::json::{self, Object};
use accolade_core::jsonld::Contexts;
use accolade_core::keys::SigningKey;
use accolade_core::proof::{self, ProofOptions, Purpose};
use accolade_core::time::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::io::Write;

const MIB: usize = 1024 * 1024;

/// Bodies that are no JSON object, or no JSON.
pub fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, close: &str, depth: usize| {
        [open.repeat(depth), "1".to_owned(), close.repeat(depth)].concat().into_bytes()
    };
    vec![
        ("nothing", Vec::new()),
        ("junk", b"\x00\x01junk\xfe".to_vec()),
        ("a page", b"<!doctype html><title>badge</title>".to_vec()),
        ("a string", b"\"badge\"".to_vec()),
        ("a number", b"42".to_vec()),
        ("null", b"null".to_vec()),
        ("a list", b"[{}, {}]".to_vec()),
        ("nested lists", nested("[", "]", 10_000)),
        ("nested objects", nested("{\"a\":", "}", 10_000)),
        ("open brackets", vec![b'['; MIB]),
        ("open objects", "{\"a\":".repeat(MIB / 5).into_bytes()),
        ("an open string", [&b"{\"a\":\""[..], &vec![b'x'; MIB - 100]].concat()),
        ("two MiB of spaces", vec![b' '; 2 * MIB]),
        ("two MiB of text", [&b"{\"a\":\""[..], &vec![b'x'; 2 * MIB], &b"\"}"[..]].concat()),
        ("invalid UTF-8", b"{\"a\":\"\xff\xc0\x80\"}".to_vec()),
        ("a duplicate key", b"{\"credential\":{},\"credential\":{}}".to_vec()),
        ("a lone surrogate", b"{\"a\":\"\\ud83d\"}".to_vec()),
        ("a huge exponent", b"{\"a\":1e999999999}".to_vec()),
        ("a long number", [&b"{\"a\":"[..], &vec![b'9'; 500_000], b"}"].concat()),
        ("many numbers", format!("[{}0]", "0,".repeat(MIB / 2 - 10)).into_bytes()),
        ("many lists", format!("[{}[]]", "[],".repeat(MIB / 3 - 10)).into_bytes()),
        ("many members", many_members()),
    ]
}

fn many_members() -> Vec<u8> {
    let members: Vec<String> = (0..90_000).map(|number| format!("\"{number}\":0")).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// Credentials that are JSON objects, and still no badges.
pub fn credentials() -> Vec<(&'static str, Value)> {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut credential = credential();
        change(&mut credential);
        credential
    };
    let deep = (0..55).fold(json!({}), |inner, _| json!({"type": ["Profile"], "parentOrg": inner}));
    vec![
        ("nothing in it", json!({})),
        ("an unknown context", with(&|c| c["@context"][1] = json!("https://unknown.example/context"))),
        ("a context that is a file", with(&|c| c["@context"][1] = json!("file:///etc/passwd"))),
        (
            "a context inside the network",
            with(&|c| c["@context"][1] = json!("http://169.254.169.254/latest")),
        ),
        (
            "a thousand contexts",
            with(&|c| c["@context"] = json!(vec!["https://www.w3.org/ns/credentials/v2"; 1_000])),
        ),
        ("an undefined term", with(&|c| c["credentialSubject"]["nobodyDefinedThis"] = json!("x"))),
        ("an undefined type", with(&|c| c["type"] = json!(["VerifiableCredential", "NoSuchType"]))),
        ("a relative IRI", with(&|c| c["credentialSubject"]["id"] = json!("../me"))),
        ("a subject of the wrong type", with(&|c| c["credentialSubject"] = json!(7))),
        ("an issuer of null", with(&|c| c["issuer"] = Value::Null)),
        ("a proof of the wrong type", with(&|c| c["proof"] = json!("signed"))),
        ("two thousand proofs", with(&|c| c["proof"] = json!(vec![fake_proof(); 2_000]))),
        ("deep profiles", with(&|c| c["issuer"]["parentOrg"] = deep.clone())),
        ("a poison graph", with(&poison)),
    ]
}

/// A credential whose proof has the right form; its signature is nobody's.
pub fn credential() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id": "urn:uuid:6b7c8d9e-0000-4000-8000-000000000001",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": did(&key()), "type": ["Profile"], "name": "Nobody"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
            "type": ["AchievementSubject"],
            "achievement": {"id": "https://a.example/1", "type": ["Achievement"], "name": "A", "description": "D", "criteria": {"narrative": "N"}},
        },
        "proof": [fake_proof()],
    })
}

fn fake_proof() -> Value {
    json!({
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "created": "2026-01-01T00:00:00Z",
        "verificationMethod": verification_method_of(&key().verifying_key()), "proofPurpose": "assertionMethod",
        "proofValue": format!("z{}", bs58::encode([7; 64]).into_string()),
    })
}

/// Two nodes without names, each with twelve that differ in nothing: naming them by trying all orders takes
/// 12! steps.
fn poison(credential: &mut Value) {
    let inner = json!({"https://x.example/has": vec![json!({"https://x.example/is": "alike"}); 12]});
    credential["credentialSubject"]["https://x.example/has"] = json!([inner, inner]);
}

/// A status list, rightly signed by its own issuer, whose 13 kB inflate to 10 MB.
pub fn bomb_list() -> Value {
    let encoded = format!("u{}", URL_SAFE_NO_PAD.encode(gzip(&vec![0; 10_000_000])));
    let list = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "https://a.example/status/1",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did(&key()),
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "https://a.example/status/1#list", "type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": encoded},
    });
    signed(&list)
}

/// Compressed.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("compresses");
    encoder.finish().expect("compresses")
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn did(key: &SigningKey) -> String {
    did_of(&key.verifying_key()).to_string()
}

fn signed(document: &Value) -> Value {
    let key = key();
    let object: Object =
        json::parse(document.to_string().as_bytes()).expect("reads").as_object().expect("object").clone();
    let options = ProofOptions {
        verification_method: verification_method_of(&key.verifying_key()),
        purpose: Purpose::AssertionMethod,
        created: Timestamp::parse("2026-01-01T00:00:00Z").expect("a time"),
        expires: None,
        challenge: None,
        domain: None,
    };
    let signed = proof::sign(object, &key, &options, &Contexts::pinned()).expect("signs");
    serde_json::from_str(&json::Value::from(signed).to_string()).expect("JSON")
}
