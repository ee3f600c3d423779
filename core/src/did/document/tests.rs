//! Documents that speak for a key, and the many that don't.

use super::*;
use crate::keys::SigningKey;

const DID: &str = "did:web:a.example";
const NOW: &str = "2026-07-01T12:00:00Z";
const PURPOSE: Purpose = Purpose::AssertionMethod;

fn key(seed: u8) -> VerifyingKey {
    SigningKey::from_seed(&[seed; 32]).verifying_key()
}

fn now() -> Timestamp {
    Timestamp::parse(NOW).expect("a time")
}

/// A document of [`DID`] with these members beside its id.
fn read(members: &str) -> Result<DidDocument, DocumentError> {
    DidDocument::parse(format!(r#"{{"id":"{DID}",{members}}}"#).as_bytes(), DID)
}

/// A method `#key-1` with these members beside id and controller.
fn with_method(members: &str) -> Result<DidDocument, DocumentError> {
    read(&format!(
        r##""verificationMethod":[{{"id":"#key-1","controller":"{DID}",{members}}}],"assertionMethod":["#key-1"]"##
    ))
}

fn multikey(key: &VerifyingKey) -> String {
    format!(r#""type":"Multikey","publicKeyMultibase":"{}""#, key.to_multikey())
}

fn key_1(document: &DidDocument) -> Result<VerifyingKey, DocumentKeyError> {
    document.key_for(&format!("{DID}#key-1"), PURPOSE, now())
}

#[test]
fn every_supported_kind_of_key_is_read() {
    let key = key(1);
    let x = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, key.to_bytes());
    let jwk = format!(r#""publicKeyJwk":{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
    for members in [
        multikey(&key),
        format!(r#""type":"Ed25519VerificationKey2020","publicKeyMultibase":"{}""#, key.to_multikey()),
        format!(r#""type":"JsonWebKey","{}"#, &jwk[1..]),
        format!(r#""type":"JsonWebKey2020","{}"#, &jwk[1..]),
    ] {
        let document = with_method(&members).expect(&members);
        assert_eq!(key_1(&document), Ok(key), "{members}");
        assert_eq!(document.assertion_keys(now()).collect::<Vec<_>>(), [key]);
        let authentication = document.key_for(&format!("{DID}#key-1"), Purpose::Authentication, now());
        assert_eq!(authentication, Err(DocumentKeyError::OtherPurpose));
    }
}

#[test]
fn what_we_publish_reads_back() {
    let did = Did::parse(DID).expect("a DID");
    let keys = [key(1), key(2)];
    let object = of_web(&did, &keys);
    let text = Value::from(object).to_string();
    let document = DidDocument::parse(text.as_bytes(), DID).expect("reads");
    assert_eq!(document.assertion_keys(now()).collect::<Vec<_>>(), keys);
    for key in keys {
        let method = format!("{DID}#{}", key.to_multikey());
        for purpose in [Purpose::AssertionMethod, Purpose::Authentication] {
            assert_eq!(document.key_for(&method, purpose, now()), Ok(key));
        }
    }
    assert_eq!(of_web(&did, &[]).get("assertionMethod"), Some(&Value::Array(Vec::new())));
}

#[test]
fn dids_that_are_their_own_document() {
    let key = key(1);
    for (did, method) in [
        (super::super::key::did_of(&key), super::super::key::verification_method_of(&key)),
        (jwk::did_of(&key), jwk::verification_method_of(&key)),
    ] {
        let document = super::super::resolve_pure(&did).expect("pure").expect("resolves");
        assert_eq!(document.id(), did.as_str());
        for purpose in [Purpose::AssertionMethod, Purpose::Authentication] {
            assert_eq!(document.key_for(&method, purpose, now()), Ok(key));
        }
    }
    for text in ["did:web:a.example", "did:example:a", "did:webvh:a:b"] {
        assert!(super::super::resolve_pure(&Did::parse(text).expect(text)).is_none());
    }
    let broken = super::super::resolve_pure(&Did::parse("did:key:z6Mk").expect("a DID"));
    assert!(matches!(broken, Some(Err(_))));
}

#[test]
fn only_the_document_of_the_id_that_was_asked_for_is_read() {
    let text = format!(r#"{{"id":"{DID}"}}"#);
    assert!(DidDocument::parse(text.as_bytes(), DID).is_ok());
    for other in ["did:web:b.example", "did:web:a.example:x", "did:web:A.example", "https://a.example"] {
        let error = DidDocument::parse(text.as_bytes(), other).expect_err(other);
        assert_eq!(error, DocumentError::OtherId { found: DID.to_owned() });
    }
    for other in
        ["", "a", "did:web", "http://a.example", "did:web:a.example#x", "https://a.example/#x", "urn:a:b"]
    {
        assert_eq!(DidDocument::parse(text.as_bytes(), other), Err(DocumentError::NotAnId), "{other}");
    }
    for id in ["7", "null", "[\"did:web:a.example\"]", "\"did:web:a.example/\"", "\"\""] {
        assert!(DidDocument::parse(format!(r#"{{"id":{id}}}"#).as_bytes(), DID).is_err(), "{id}");
    }
    let of_url = format!(
        r##"{{"id":"https://a.example/issuer","verificationMethod":[{{"id":"#k","controller":"https://a.example/issuer",{}}}],"assertionMethod":["https://a.example/issuer#k"]}}"##,
        multikey(&key(1))
    );
    let document = DidDocument::parse(of_url.as_bytes(), "https://a.example/issuer").expect("reads");
    assert_eq!(document.key_for("https://a.example/issuer#k", PURPOSE, now()), Ok(key(1)));
    assert_eq!(
        document.key_for("https://a.example/#k", PURPOSE, now()),
        Err(DocumentKeyError::OtherDocument)
    );
}

#[test]
fn junk_is_no_document() {
    for text in ["", "7", "null", "[]", "\"did:web:a.example\"", "{}", "{", "\u{feff}{}"] {
        assert!(DidDocument::parse(text.as_bytes(), DID).is_err(), "{text}");
    }
    assert!(matches!(read(r#""id":"did:web:b.example""#), Err(DocumentError::Json(_))), "two ids");
    let padding = " ".repeat(MAX_DOCUMENT_BYTES);
    let large = format!(r#"{{"id":"{DID}"{padding}}}"#);
    assert_eq!(
        DidDocument::parse(large.as_bytes(), DID),
        Err(DocumentError::TooLarge { bytes: large.len() })
    );
    for member in ["verificationMethod", "assertionMethod", "authentication", "keyAgreement"] {
        for json in [
            "null",
            "7",
            "{}",
            "\"#key-1\"",
            "[7]",
            "[null]",
            "[[]]",
            "[\"\"]",
            "[\"#\"]",
            "[\"key-1\"]",
            "[\"#a#b\"]",
            "[{}]",
        ] {
            assert!(read(&format!(r#""{member}":{json}"#)).is_err(), "{member} {json}");
        }
    }
    for json in ["null", "1", "\"true\""] {
        assert!(read(&format!(r#""deactivated":{json}"#)).is_err(), "{json}");
    }
}

#[test]
fn broken_methods_are_refused() {
    let good = multikey(&key(1));
    let text = key(1).to_multikey();
    for members in [
        r#""type":"Multikey""#.to_owned(),
        r#""type":"Multikey","publicKeyMultibase":7"#.to_owned(),
        r#""type":"Multikey","publicKeyMultibase":"""#.to_owned(),
        format!(r#""type":"Multikey","publicKeyMultibase":"u{}""#, &text[1..]),
        format!(r#""type":"Multikey","publicKeyMultibase":"{}0""#, &text[..47]),
        format!(r#""type":["Multikey"],"publicKeyMultibase":"{text}""#),
        format!(r#""publicKeyMultibase":"{text}""#),
        format!(r#""type":"JsonWebKey","publicKeyMultibase":"{text}""#),
        r#""type":"JsonWebKey","publicKeyJwk":7"#.to_owned(),
        r#""type":"JsonWebKey","publicKeyJwk":{}"#.to_owned(),
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}"#.to_owned(),
        r#""type":"Ed25519VerificationKey2020","publicKeyMultibase":"z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc""#.to_owned(),
        format!(r#"{good},"publicKeyJwk":{{"kty":"OKP","crv":"Ed25519","x":"AA"}}"#),
        format!(r#"{good},"expires":"tomorrow""#),
        format!(r#"{good},"revoked":true"#),
        format!(r#"{good},"expires":"2026-07-01""#),
    ] {
        assert!(with_method(&members).is_err(), "{members}");
    }
    let small = bs58::encode([&[0xed, 0x01][..], &[0; 32]].concat()).into_string();
    let small = with_method(&format!(r#""type":"Multikey","publicKeyMultibase":"z{small}""#));
    assert!(matches!(small, Err(DocumentError::Key { error: KeyError::SmallOrder, .. })), "{small:?}");
    for entry in [
        format!(r#"{{"controller":"{DID}",{good}}}"#),
        format!(r#"{{"id":7,"controller":"{DID}",{good}}}"#),
        format!(r#"{{"id":"key-1","controller":"{DID}",{good}}}"#),
        format!(r##"{{"id":"#","controller":"{DID}",{good}}}"##),
        format!(r##"{{"id":"#key-1",{good}}}"##),
        format!(r##"{{"id":"#key-1","controller":["{DID}"],{good}}}"##),
        format!(r##"{{"id":"#key-1","controller":"",{good}}}"##),
    ] {
        assert!(read(&format!(r#""verificationMethod":[{entry}]"#)).is_err(), "{entry}");
        assert!(read(&format!(r#""assertionMethod":[{entry}]"#)).is_err(), "{entry}");
    }
}

#[test]
fn a_document_that_publishes_a_secret_key_is_refused() {
    let good = multikey(&key(1));
    for members in [
        format!(r#"{good},"secretKeyMultibase":"z3u2""#),
        format!(r#"{good},"privateKeyMultibase":"z3u2""#),
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}"#.to_owned(),
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}"#
            .to_owned(),
        r#""type":"Elder2016","privateKeyPem":"-----BEGIN"}"#.replace('}', ""),
    ] {
        assert!(matches!(with_method(&members), Err(DocumentError::SecretKey { .. })), "{members}");
    }
}

#[test]
fn ids_stand_once_and_references_that_lead_nowhere_name_no_key() {
    let method = |id: &str| format!(r#"{{"id":"{id}","controller":"{DID}",{}}}"#, multikey(&key(1)));
    let (relative, absolute) = (method("#key-1"), method("did:web:a.example#key-1"));
    for members in [
        format!(r#""verificationMethod":[{relative},{relative}]"#),
        format!(r#""verificationMethod":[{relative},{absolute}]"#),
        format!(r#""verificationMethod":[{relative}],"assertionMethod":[{absolute}]"#),
        format!(r#""authentication":[{relative}],"assertionMethod":[{relative}]"#),
    ] {
        assert!(matches!(read(&members), Err(DocumentError::DuplicateMethod { .. })), "{members}");
    }
    for members in [
        format!(r##""verificationMethod":[{relative}],"assertionMethod":["#key-1","#key-1"]"##),
        format!(r##""verificationMethod":[{relative}],"assertionMethod":["#key-1","{DID}#key-1"]"##),
    ] {
        assert!(matches!(read(&members), Err(DocumentError::DuplicateReference { .. })), "{members}");
    }
    for other in ["#key-2", "#Key-1", "did:web:b.example#key-1"] {
        let members = format!(r##""verificationMethod":[{relative}],"assertionMethod":["{other}"]"##);
        let document = read(&members).expect("reads");
        assert_eq!(key_1(&document), Err(DocumentKeyError::OtherPurpose), "{other}");
        assert_eq!(document.assertion_keys(now()).count(), 0, "{other} names no key");
    }
    // A reference may lead to a method that another relationship embeds.
    let members = format!(r##""assertionMethod":["#key-1"],"authentication":[{relative}]"##);
    assert_eq!(key_1(&read(&members).expect("reads")), Ok(key(1)));
    let many: Vec<String> = (0..=MAX_METHODS).map(|at| method(&format!("#key-{at}"))).collect();
    assert!(read(&format!(r#""verificationMethod":[{}]"#, many.join(","))).is_err());
    assert!(read(&format!(r#""verificationMethod":[{}]"#, many[1..].join(","))).is_ok());
}

#[test]
fn a_key_counts_only_for_its_document_controller_and_purpose() {
    let document = with_method(&multikey(&key(1))).expect("reads");
    for (method, error) in [
        ("did:web:a.example#key-2", DocumentKeyError::Absent),
        ("did:web:a.example#", DocumentKeyError::Absent),
        ("did:web:a.example", DocumentKeyError::Absent),
        ("did:web:a.example#key-1#key-1", DocumentKeyError::Absent),
        ("did:web:a.example#key%2D1", DocumentKeyError::Absent),
        ("#key-1", DocumentKeyError::OtherDocument),
        ("", DocumentKeyError::OtherDocument),
        ("did:web:b.example#key-1", DocumentKeyError::OtherDocument),
        ("did:web:a.example/#key-1", DocumentKeyError::OtherDocument),
        ("did:web:a.example?x#key-1", DocumentKeyError::OtherDocument),
    ] {
        assert_eq!(document.key_for(method, PURPOSE, now()), Err(error), "{method}");
    }
    // A method that stands in the document, and is said to be somebody else's.
    let other = format!(
        r##""verificationMethod":[{{"id":"#key-1","controller":"did:web:b.example",{}}}],"assertionMethod":["#key-1"]"##,
        multikey(&key(1))
    );
    let other = read(&other).expect("reads");
    assert!(matches!(key_1(&other), Err(DocumentKeyError::OtherController { .. })));
    // Another's method, embedded or referred to, counts for nobody here.
    let foreign = format!(
        r##""assertionMethod":[{{"id":"did:web:b.example#key-1","controller":"{DID}",{}}},"did:web:c.example#key-1"]"##,
        multikey(&key(1))
    );
    let foreign = read(&foreign).expect("reads");
    assert_eq!(foreign.assertion_keys(now()).count() + other.assertion_keys(now()).count(), 0);
    assert_eq!(
        foreign.key_for("did:web:b.example#key-1", PURPOSE, now()),
        Err(DocumentKeyError::OtherDocument)
    );
    // Listed for other things only.
    let unlisted =
        format!(r##""verificationMethod":[{{"id":"#key-1","controller":"{DID}",{}}}]"##, multikey(&key(1)));
    for relationships in [
        "",
        r##","authentication":["#key-1"]"##,
        r##","keyAgreement":["#key-1"],"capabilityInvocation":["#key-1"]"##,
    ] {
        let document = read(&format!("{unlisted}{relationships}")).expect("reads");
        assert_eq!(key_1(&document), Err(DocumentKeyError::OtherPurpose), "{relationships}");
        assert_eq!(document.assertion_keys(now()).count(), 0);
    }
}

#[test]
fn keys_of_other_kinds_are_known_and_not_supported() {
    let long = "1".repeat(70);
    for members in [
        r#""type":"Multikey","publicKeyMultibase":"zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv""#,
        r#""type":"Multikey","publicKeyMultibase":"z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc""#,
        &format!(r#""type":"Multikey","publicKeyMultibase":"z82{long}""#),
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
        r#""type":"EcdsaSecp256k1VerificationKey2019","publicKeyHex":"02""#,
        r#""type":"Ed25519VerificationKey2018","publicKeyBase58":"1""#,
        r#""type":"Unknown""#,
    ] {
        let document = with_method(members).unwrap_or_else(|error| panic!("{members}: {error}"));
        assert!(matches!(key_1(&document), Err(DocumentKeyError::UnsupportedType { .. })), "{members}");
        assert_eq!(document.assertion_keys(now()).count(), 0);
    }
}

#[test]
fn keys_and_documents_end() {
    for (member, ended) in [
        (r#""expires":"2026-07-01T12:00:01Z""#, false),
        (r#""expires":"2026-07-01T12:00:00Z""#, true),
        (r#""revoked":"2026-01-01T00:00:00Z""#, true),
        (r#""expires":"2036-01-01T00:00:00Z","revoked":"2026-01-01T00:00:00Z""#, true),
    ] {
        let document = with_method(&format!("{},{member}", multikey(&key(1)))).expect(member);
        let found = key_1(&document);
        assert_eq!(matches!(found, Err(DocumentKeyError::Ended { .. })), ended, "{member}: {found:?}");
        assert_eq!(document.assertion_keys(now()).count(), usize::from(!ended), "{member}");
    }
    let method = format!(
        r##""deactivated":true,"verificationMethod":[{{"id":"#key-1","controller":"{DID}",{}}}],"assertionMethod":["#key-1"]"##,
        multikey(&key(1))
    );
    let document = read(&method).expect("reads");
    assert!(document.deactivated());
    assert_eq!(key_1(&document), Err(DocumentKeyError::Deactivated));
    assert_eq!(document.assertion_keys(now()).count(), 0);
}
