//! Documents that speak for a key, and the many that don't.

use super::super::jwk;
use super::*;
use crate::keys::{P256Secret, P384Secret, SigningKey};

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

fn key_1(document: &DidDocument) -> Result<PublicKey, DocumentKeyError> {
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
        assert_eq!(key_1(&document), Ok(key.into()), "{members}");
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
            assert_eq!(document.key_for(&method, purpose, now()), Ok(key.into()));
        }
    }
    assert_eq!(of_web(&did, &[]).get("assertionMethod"), Some(&Value::Array(Vec::new())));
}

#[test]
fn dids_that_are_their_own_document() {
    let key = key(1);
    for (did, method) in [
        (super::super::key::did_of(&key), super::super::key::verification_method_of(&key)),
        (jwk::did_of(key), jwk::verification_method_of(key)),
    ] {
        let document = super::super::resolve_pure(&did).expect("pure").expect("resolves");
        assert_eq!(document.id(), did.as_str());
        for purpose in [Purpose::AssertionMethod, Purpose::Authentication] {
            assert_eq!(document.key_for(&method, purpose, now()), Ok(key.into()));
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
    assert_eq!(document.key_for("https://a.example/issuer#k", PURPOSE, now()), Ok(key(1).into()));
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
        ] {
            assert!(read(&format!(r#""{member}":{json}"#)).is_err(), "{member} {json}");
        }
    }
    for json in ["null", "1", "\"true\""] {
        assert!(read(&format!(r#""deactivated":{json}"#)).is_err(), "{json}");
    }
}

#[test]
fn a_broken_method_has_no_key_and_takes_no_other_along() {
    let good = multikey(&key(1));
    let text = key(1).to_multikey();
    let small = bs58::encode([&[0xed, 0x01][..], &[0; 32]].concat()).into_string();
    for members in [
        r#""type":"Multikey""#.to_owned(),
        r#""type":"Multikey","publicKeyMultibase":7"#.to_owned(),
        r#""type":"Multikey","publicKeyMultibase":"""#.to_owned(),
        format!(r#""type":"Multikey","publicKeyMultibase":"u{}""#, &text[1..]),
        format!(r#""type":"Multikey","publicKeyMultibase":"{}0""#, &text[..47]),
        format!(r#""type":"Multikey","publicKeyMultibase":"z{small}""#),
        format!(r#""type":["Multikey"],"publicKeyMultibase":"{text}""#),
        format!(r#""publicKeyMultibase":"{text}""#),
        format!(r#""type":"JsonWebKey","publicKeyMultibase":"{text}""#),
        r#""type":"JsonWebKey","publicKeyJwk":7"#.to_owned(),
        r#""type":"JsonWebKey","publicKeyJwk":{}"#.to_owned(),
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}"#.to_owned(),
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#.to_owned(),
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"RSA","n":"AA","e":"AQAB"}"#.to_owned(),
        r#""type":"Ed25519VerificationKey2020","publicKeyMultibase":"z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc""#.to_owned(),
        r#""type":"Ed25519VerificationKey2018","publicKeyBase58":"1""#.to_owned(),
        format!(r#""type":"Ed25519VerificationKey2018","publicKeyMultibase":"{text}""#),
        format!(r#""type":"P256Key2021","publicKeyBase58":"{}""#, bs58::encode(key(1).to_bytes()).into_string()),
        format!(r#""type":"EcdsaSecp256r1VerificationKey2019","publicKeyMultibase":"{text}""#),
        format!(r#"{good},"publicKeyJwk":{{"kty":"OKP","crv":"Ed25519","x":"AA"}}"#),
        format!(r#"{good},"publicKeyBase58":"1""#),
        format!(r#"{good},"expires":"tomorrow""#),
        format!(r#"{good},"revoked":true"#),
        format!(r#"{good},"expires":"2026-07-01""#),
        format!(r#"{good},"expires":null"#),
    ] {
        let document = with_method(&members).unwrap_or_else(|error| panic!("{members}: {error}"));
        assert!(matches!(key_1(&document), Err(DocumentKeyError::Broken { .. })), "{members}");
        assert_eq!(document.assertion_keys(now()).count(), 0, "{members}");
        let beside = format!(
            r##""verificationMethod":[{{"id":"#key-1","controller":"{DID}",{members}}},{{"id":"#key-2","controller":"{DID}",{good}}}],"assertionMethod":["#key-1","#key-2"]"##
        );
        let document = read(&beside).expect(&members);
        assert!(key_1(&document).is_err(), "{members}");
        let second = document.key_for(&format!("{DID}#key-2"), PURPOSE, now());
        assert_eq!(second, Ok(key(1).into()), "{members}");
    }
    for (entry, method) in [
        (format!(r#"{{"controller":"{DID}",{good}}}"#), ""),
        (format!(r#"{{"id":7,"controller":"{DID}",{good}}}"#), "7"),
        (format!(r#"{{"id":"key-1","controller":"{DID}",{good}}}"#), "key-1"),
        (format!(r##"{{"id":"#","controller":"{DID}",{good}}}"##), ""),
        (format!(r##"{{"id":"#key-1",{good}}}"##), "key-1"),
        (format!(r##"{{"id":"#key-1","controller":["{DID}"],{good}}}"##), "key-1"),
        (format!(r##"{{"id":"#key-1","controller":"",{good}}}"##), "key-1"),
    ] {
        for member in ["verificationMethod", "assertionMethod"] {
            let document = read(&format!(r#""{member}":[{entry}]"#)).expect(&entry);
            assert_eq!(document.assertion_keys(now()).count(), 0, "{entry}");
            let found = document.key_for(&format!("{DID}#{method}"), PURPOSE, now());
            assert!(found.is_err(), "{entry}: {found:?}");
        }
    }
}

#[test]
fn keys_of_the_nist_curves_and_rsa_are_read_in_every_spelling() {
    let p256 = P256Secret::from_bytes(&[1; 32]).expect("a key").public_key();
    let p384 = P384Secret::from_bytes(&[1; 48]).expect("a key").public_key();
    let rsa = crate::keys::RsaKey::from_components(&[0xd5; 256], &[1, 0, 1]).expect("a key");
    let base58 = |bytes: &[u8]| format!(r#""publicKeyBase58":"{}""#, bs58::encode(bytes).into_string());
    let multibase =
        |key: &PublicKey| format!(r#""publicKeyMultibase":"{}""#, key.to_multikey().expect("a text"));
    let jwk = |key: &PublicKey| format!(r#""publicKeyJwk":{}"#, Value::Object(key.to_jwk()));
    let [ed, small, large, rsa] =
        [key(1).into(), PublicKey::P256(p256), PublicKey::P384(p384), PublicKey::Rsa(rsa)];
    for (kind, member, expected) in [
        ("Ed25519VerificationKey2018", base58(&key(1).to_bytes()), &ed),
        ("Multikey", multibase(&small), &small),
        ("Multikey", multibase(&large), &large),
        ("JsonWebKey", jwk(&small), &small),
        ("JsonWebKey2020", jwk(&large), &large),
        ("JsonWebKey", jwk(&rsa), &rsa),
        ("JsonWebKey2020", jwk(&rsa), &rsa),
        ("P256Key2021", base58(&p256.to_compressed()), &small),
        ("P384Key2021", base58(&p384.to_compressed()), &large),
        ("EcdsaSecp256r1VerificationKey2019", multibase(&small), &small),
        ("EcdsaSecp256r1VerificationKey2019", base58(&p256.to_compressed()), &small),
        ("EcdsaSecp256r1VerificationKey2019", jwk(&small), &small),
    ] {
        let members = format!(r#""type":"{kind}",{member}"#);
        let document = with_method(&members).expect(&members);
        assert_eq!(key_1(&document).as_ref(), Ok(expected), "{members}");
        assert!(document.memory_bytes() > document.json().len());
        // A log speaks by Ed25519 only.
        let logs = usize::from(expected.ed25519().is_some());
        assert_eq!(document.assertion_keys(now()).count(), logs, "{members}");
    }
}

#[test]
fn a_key_that_encrypts_signs_nothing() {
    for members in [
        r#""type":"Multikey","publicKeyMultibase":"z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc""#,
        r#""type":"X25519KeyAgreementKey2019","publicKeyBase58":"7By6kV2t2d188odEM4ExAve1UithKT6dLva4dwsDT3ak""#,
        r#""type":"X25519KeyAgreementKey2020","publicKeyMultibase":"z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc""#,
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"OKP","crv":"X25519","x":"AA"}"#,
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA","use":"enc"}"#,
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"RSA","n":"AA","e":"AQAB","key_ops":["encrypt"]}"#,
    ] {
        let document = with_method(members).unwrap_or_else(|error| panic!("{members}: {error}"));
        assert_eq!(key_1(&document), Err(DocumentKeyError::NotForSigning), "{members}");
        assert_eq!(document.assertion_keys(now()).count(), 0);
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
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"RSA","n":"AA","e":"AQAB","qi":"AA"}"#.to_owned(),
        // Also where nothing else of the method is in order.
        r#""type":7,"privateKeyBase58":"1""#.to_owned(),
    ] {
        assert!(matches!(with_method(&members), Err(DocumentError::SecretKey { .. })), "{members}");
    }
    for members in [r#"{"privateKeyHex":"00"}"#, r#"{"publicKeyJwk":{"kty":"oct","k":"AA"}}"#] {
        for member in ["verificationMethod", "keyAgreement"] {
            let nameless = read(&format!(r#""{member}":[{members}]"#));
            assert!(matches!(nameless, Err(DocumentError::SecretKey { .. })), "{member} {members}");
        }
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
    assert_eq!(key_1(&read(&members).expect("reads")), Ok(key(1).into()));
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
    let long = "1".repeat(700);
    for members in [
        &format!(r#""type":"Multikey","publicKeyMultibase":"z4{long}""#),
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#,
        r#""type":"JsonWebKey","publicKeyJwk":{"kty":"RSA","n":"AA","e":"AQAB","alg":"PS256"}"#,
        r#""type":"EcdsaSecp256k1VerificationKey2019","publicKeyHex":"02""#,
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
