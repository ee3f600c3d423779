//! Signed tokens: none may count that nobody signed, and what one that its issuer signed says must agree with itself.

use super::edits::{Choices, Tree, edit};
use super::judge::assert_told;
use super::samples::{CHALLENGE, CONTEXTS, DOMAIN, EVIDENCE, NOW, SAMPLE_TOKENS, at, judged, party};
use accolade_core::json::{self, Object, Value};
use accolade_core::verify::{Expected, Needs, Policy, check_presentation_bytes};

/// Any bytes as a token.
pub fn jose(data: &[u8]) {
    let report = judged(data);
    assert_told(&report);
    if let Some(signed) = part_that_is_signed(data)
        && (report.badge.is_some() || report.is_good())
    {
        let is_ours = |(_, token): &(&str, String)| part_that_is_signed(token.as_bytes()) == Some(signed);
        assert!(SAMPLE_TOKENS.iter().any(is_ours), "nobody signed this: {}", String::from_utf8_lossy(data));
    }
    let expected = Expected { challenge: Some(CHALLENGE), domain: Some(DOMAIN) };
    let mut gather = |_: &Needs| EVIDENCE.clone();
    let policy = Policy::default();
    let presented = check_presentation_bytes(data, expected, &mut gather, &policy, at(NOW), &CONTEXTS);
    assert!(
        !presented.recipient_proved
            || SAMPLE_TOKENS.iter().any(|(_, token)| token.as_bytes() == data.trim_ascii()),
        "nobody presented this"
    );
}

/// Header and payload as they stand, if it is a token.
fn part_that_is_signed(data: &[u8]) -> Option<&[u8]> {
    let text = data.trim_ascii();
    let end = text.iter().rposition(|byte| *byte == b'.')?;
    text.starts_with(b"eyJ").then(|| &text[..end])
}

/// A token of ours with its header and payload changed, and signed by the issuer, who looks at nothing.
pub fn edited_token(data: &[u8]) {
    let mut choices = Choices(data);
    let token = &SAMPLE_TOKENS[choices.of(SAMPLE_TOKENS.len())].1;
    let mut parts = token.split('.').map(|part| {
        let bytes = decoded(part);
        json::parse(&bytes).map_or_else(|_| Tree::Leaf("{}".to_owned()), |value| Tree::of(&value))
    });
    let (mut header, mut payload) = (parts.next().expect("a header"), parts.next().expect("a payload"));
    for _ in 0..8 {
        if choices.0.is_empty() {
            break;
        }
        let part = if choices.of(3) == 0 { &mut header } else { &mut payload };
        edit(part, &mut choices, &[]);
    }
    let (header, payload) = (header.text(), payload.text());
    let signed = format!("{}.{}", encoded(header.as_bytes()), encoded(payload.as_bytes()));
    let signature = party(1).key.sign(signed.as_bytes());
    let text = format!("{signed}.{}", encoded(&signature));
    let report = judged(text.as_bytes());
    assert_told(&report);
    if report.badge.is_none() {
        return;
    }
    let read = |text: &str| json::parse(text.as_bytes()).expect("what counts is JSON");
    let (header, payload) = (read(&header), read(&payload));
    assert_eq!(
        header.get("alg").and_then(Value::as_str).map(|alg| alg == "EdDSA" || alg == "Ed25519"),
        Some(true)
    );
    assert!(header.get("crit").is_none() && header.get("jwk").is_none_or(|jwk| jwk.get("d").is_none()));
    agrees(payload.as_object().expect("an object"), report.issuer.as_deref());
}

/// Whoever reads the claims, and whoever reads the badge, read one thing.
fn agrees(payload: &Object, issuer: Option<&str>) {
    let inner = payload.get("vc").and_then(Value::as_object);
    let document = inner.unwrap_or(payload);
    let named = match document.get("issuer") {
        Some(Value::Object(profile)) => profile.get("id").and_then(Value::as_str),
        other => other.and_then(Value::as_str),
    };
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    assert!(named.is_none_or(|named| Some(named) == issuer), "{named:?} {issuer:?}");
    assert!(text("iss").is_none_or(|iss| Some(iss) == issuer));
    let id = document.get("id").and_then(Value::as_str);
    assert!(text("jti").is_none() || id.is_none() || text("jti") == id);
    assert!(payload.get("vp").is_none() && (inner.is_none() || payload.get("credentialSubject").is_none()));
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64url without padding.
pub fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(group >> (18 - 6 * at)) as usize & 63]));
        }
    }
    text
}

fn decoded(text: &str) -> Vec<u8> {
    let (mut bytes, mut group, mut bits) = (Vec::new(), 0u32, 0);
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte).unwrap_or_default();
        group = group << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((group >> bits) as u8);
            group &= (1 << bits) - 1;
        }
    }
    bytes
}
