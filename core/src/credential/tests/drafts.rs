//! New badges and achievements.

use super::*;
use crate::credential::draft::{
    Draft, Issuer, Recipient, StatusKind, StatusRef, complete, draft, email_hash, uuid_urn,
};
use crate::did::Did;
use crate::status::StatusPurpose;

fn a_draft(recipient: Recipient) -> Draft {
    Draft {
        id: uuid_urn([7; 16]),
        issuer: Issuer { id: Did::parse(ISSUER).expect("did"), name: "Example University".into(), url: None },
        achievement: badge()
            .get("credentialSubject")
            .and_then(|s| s.get("achievement")?.as_object())
            .cloned()
            .expect("achievement"),
        recipient,
        recipient_name: Some("A. Earner".into()),
        valid_from: Timestamp::parse("2026-06-30T10:00:00.123Z").expect("time"),
        valid_until: Timestamp::parse("2036-06-30T10:00:00Z").ok(),
        awarded: Timestamp::parse("2026-06-25T10:00:00Z").ok(),
        evidence: vec![object(r#"{"id":"https://p.example/1","name":"Report"}"#)],
        results: vec![object(r#"{"value":"A"}"#)],
        status: Some(StatusRef {
            kind: StatusKind::Bitstring,
            list_url: "https://node.example/status/7".into(),
            index: 4711,
            purpose: StatusPurpose::Revocation,
        }),
    }
}

#[test]
fn a_draft_has_the_one_shape_and_every_word_in_it_is_defined() {
    for recipient in [
        Recipient::Did(EARNER.into()),
        Recipient::Email { address: "Earner@Example.org ".into(), salt: "0123456789abcdef".into() },
    ] {
        let object = draft(a_draft(recipient)).expect("draft");
        let text = Value::Object(object.clone());
        assert_eq!(
            text.get("@context").map(ToString::to_string),
            Some(format!("[\"{CREDENTIALS_V2}\",\"{OPEN_BADGES_V3}\"]"))
        );
        assert_eq!(text.get("validFrom").and_then(Value::as_str), Some("2026-06-30T10:00:00Z"));
        let status = text.get("credentialStatus").expect("one object");
        assert_eq!(status.get("id").and_then(Value::as_str), Some("https://node.example/status/7#4711"));
        assert!(!text.to_string().to_lowercase().contains("example.org"), "an address in clear text: {text}");
        crate::jsonld::canonicalize(&object, &[], &crate::jsonld::Contexts::pinned()).expect("defined");
        assert_eq!(Credential::parse(text.to_string().as_bytes()).expect("reads back").object(), &object);
    }
}

#[test]
fn the_hash_of_an_address_is_that_of_the_specification() {
    assert_eq!(
        email_hash("a@example.com", "Kosher"),
        "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
    );
    assert_eq!(email_hash(" A@Example.COM\n", "Kosher"), email_hash("a@example.com", "Kosher"));
}

#[test]
fn a_draft_refuses_what_is_no_recipient() {
    let code = |recipient| draft(a_draft(recipient)).map_or_else(|error| error.code, |_| "accepted");
    for did in ["", "earner", "https://a.example", "did:key", "did:key:a b"] {
        assert_eq!(code(Recipient::Did(did.into())), "recipient_invalid", "{did}");
    }
    for address in [
        "",
        "@",
        "a@",
        "@b.example",
        "a b@c.example",
        "a@b@c.example",
        "a@b",
        "a@b..example",
        "a\u{0}@b.example",
    ] {
        let email = Recipient::Email { address: address.into(), salt: "0123456789abcdef".into() };
        assert_eq!(code(email), "recipient_invalid", "{address}");
    }
    let short = Recipient::Email { address: "a@b.example".into(), salt: "0123456789abcde".into() };
    assert_eq!(code(short), "salt_too_short");
}

#[test]
fn a_1edtech_entry_brings_the_context_that_defines_it() {
    const EXTENSIONS: &str = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json";
    let mut of_certification = a_draft(Recipient::Did(EARNER.into()));
    of_certification.status =
        of_certification.status.map(|status| StatusRef { kind: StatusKind::OneEdTech, ..status });
    let badge = draft(of_certification).expect("draft");
    let contexts = badge.get("@context").map(Value::one_or_many).unwrap_or_default();
    assert_eq!(contexts.len(), 3);
    assert_eq!(contexts[2].as_str(), Some(EXTENSIONS));
    let status = badge.get("credentialStatus").expect("one");
    assert_eq!(
        status.to_string(),
        r#"{"id":"https://node.example/status/7#4711","type":"1EdTechRevocationList"}"#
    );
    crate::jsonld::canonicalize(&badge, &[], &crate::jsonld::Contexts::pinned())
        .expect("every word is defined");

    // A caller's own credential: the context is added once.
    let issuer = Did::parse(ISSUER).expect("did");
    let now = Timestamp::parse("2026-06-30T10:00:00Z").expect("time");
    let status = || StatusRef {
        kind: StatusKind::OneEdTech,
        list_url: "https://a.example/revocations/1".into(),
        index: 1,
        purpose: StatusPurpose::Revocation,
    };
    let count = |object| {
        let done = complete(object, &issuer, "urn:uuid:9".into(), Some(status()), now).expect("completes");
        let contexts = done.get("@context").map(Value::one_or_many).unwrap_or_default().to_vec();
        contexts.iter().filter(|context| context.as_str() == Some(EXTENSIONS)).count()
    };
    assert_eq!(count(plain()), 1);
    let named = format!(r#"["https://www.w3.org/ns/credentials/v2","{EXTENSIONS}"]"#);
    assert_eq!(count(with(plain(), "/@context", &named)), 1);
}

#[test]
fn a_uuid_is_of_version_four() {
    assert_eq!(uuid_urn([0xff; 16]), "urn:uuid:ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(uuid_urn([0; 16]), "urn:uuid:00000000-0000-4000-8000-000000000000");
}

#[test]
fn completes_a_callers_credential() {
    let issuer = Did::parse(ISSUER).expect("did");
    let now = Timestamp::parse("2026-06-30T10:00:00Z").expect("time");
    let complete = |object: Object, status| complete(object, &issuer, "urn:uuid:9".into(), status, now);
    let bare = with(with(with(plain(), "/id", ""), "/issuer", ""), "/validFrom", "");
    let status = || {
        Some(StatusRef {
            kind: StatusKind::Bitstring,
            list_url: "https://a.example/s".into(),
            index: 1,
            purpose: StatusPurpose::Suspension,
        })
    };
    let done = complete(bare, status()).expect("completes");
    assert_eq!(done.get("id").and_then(Value::as_str), Some("urn:uuid:9"));
    assert_eq!(done.get("issuer").and_then(Value::as_str), Some(ISSUER));
    assert_eq!(done.get("validFrom").and_then(Value::as_str), Some("2026-06-30T10:00:00Z"));
    assert!(done.contains_key("credentialStatus"));
    let named = complete(with(plain(), "/issuer", "{\"name\":\"U\"}"), None).expect("an issuer without id");
    assert_eq!(named.get("issuer").and_then(|issuer| issuer.get("id")?.as_str()), Some(ISSUER));

    let own_status = r#"{"type":"https://a.example/#Status"}"#;
    let code = |object, status| complete(object, status).map_or_else(|error| error.code, |_| "accepted");
    assert_eq!(code(with(plain(), "/credentialStatus", own_status), None), "accepted");
    assert_eq!(code(with(plain(), "/credentialStatus", own_status), status()), "status_present");
    assert_eq!(code(with(plain(), "/proof", "{}"), None), "proof_present");
    for other in ["\"did:example:other\"", "{\"id\":\"did:example:other\"}", "null", "7", "{\"id\":null}"] {
        assert_eq!(code(with(plain(), "/issuer", other), None), "issuer_differs", "{other}");
    }
    assert_eq!(code(with(plain(), "/@context", ""), None), "context_missing");
    assert_eq!(code(with(plain(), "/credentialSubject", "{}"), None), "subject_empty");
}

#[test]
fn an_achievements_id_follows_from_its_content() {
    use crate::credential::achievement::Achievement;
    let issuer = Did::parse(ISSUER).expect("did");
    let content =
        || object(r#"{"name":"A","description":"B","criteria":{"narrative":"C"},"creditsAvailable":3.5}"#);
    let made = Achievement::of_issuer(&issuer, content()).expect("achievement");
    assert!(made.id().starts_with(&format!("{ISSUER}/achievements/")));
    let other_order =
        object(r#"{"creditsAvailable":3.5,"criteria":{"narrative":"C"},"description":"B","name":"A"}"#);
    assert_eq!(Achievement::of_issuer(&issuer, other_order).expect("achievement").id(), made.id());
    let changed = with(content(), "/description", "\"B!\"");
    assert_ne!(Achievement::of_issuer(&issuer, changed).expect("achievement").id(), made.id());
    let again = Achievement::of_issuer(&issuer, made.object().clone()).expect("its own id");
    assert_eq!((again.id(), again.content_hash()), (made.id(), made.content_hash()));

    let code =
        |object| Achievement::of_issuer(&issuer, object).map_or_else(|error| error.code, |_| "accepted");
    assert_eq!(code(with(content(), "/id", "\"https://a.example\"")), "achievement_id_given");
    assert_eq!(code(with(content(), "/name", "")), "member_missing");
    assert_eq!(code(with(content(), "/name", "\" \"")), "text_empty");
    assert_eq!(code(with(content(), "/criteria/narrative", "\"\"")), "text_empty");
    let long = format!("\"{}\"", "a".repeat(achievement::MAX_NAME_BYTES + 1));
    assert_eq!(code(with(content(), "/name", &long)), "text_too_long");
    for junk in ["", "[]", "7", "{}"] {
        assert!(Achievement::parse(junk.as_bytes()).is_err(), "{junk}");
    }
}
