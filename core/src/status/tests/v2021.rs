//! StatusList2021: the forerunner, mostly in credentials of data model 1.1.

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

const CONTEXT_2021: &str = "https://w3id.org/vc/status-list/2021/v1";

/// Gzipped bits as base64url without a prefix.
fn encoded() -> String {
    bits().encode()[1..].to_owned()
}

/// As other issuers write it: data model 1.1.
fn unsigned_2021() -> Object {
    let text = format!(
        r#"{{"@context":["https://www.w3.org/2018/credentials/v1","{CONTEXT_2021}","https://w3id.org/security/data-integrity/v2"],
        "id":"{URL}","type":["VerifiableCredential","StatusList2021Credential"],"issuer":"{}",
        "issuanceDate":"2026-06-30T10:00:00Z","expirationDate":"2026-07-01T10:00:00Z",
        "credentialSubject":{{"id":"{URL}#list","type":"StatusList2021","statusPurpose":"revocation","encodedList":"{}"}}}}"#,
        issuer(),
        encoded()
    );
    object(&text)
}

fn object(text: &str) -> Object {
    json::parse(text.as_bytes()).expect("JSON").as_object().expect("an object").clone()
}

/// The list with one member of its subject changed.
fn subject_2021(member: &str, value: &str) -> Result<VerifiedList, StatusError> {
    let mut document = unsigned_2021();
    let mut subject = document.get("credentialSubject").and_then(Value::as_object).expect("one").clone();
    change(&mut subject, member, value);
    document.insert("credentialSubject", subject);
    read(&sign(document, &key(1)))
}

#[test]
fn a_list_of_data_model_1_answers() {
    let list = read(&sign(unsigned_2021(), &key(1))).expect("verifies");
    assert_eq!(
        (list.kind(), list.url(), list.purposes()),
        (ListKind::StatusList2021, URL, &[ListPurpose::Revocation][..])
    );
    assert_eq!((list.get(7), list.get(8)), (Some(true), Some(false)));
    assert_eq!((list.as_of(), list.valid_until()), (now(), Some(now().plus(24 * HOUR))));
}

#[test]
fn the_dates_of_its_own_data_model_count() {
    let signed = sign(unsigned_2021(), &key(1));
    let late = now().plus(25 * HOUR);
    assert!(matches!(read_at(&signed, late), Err(StatusError::Expired { .. })));
    let early = now().minus(HOUR);
    assert!(matches!(read_at(&signed, early), Err(StatusError::NotYetValid { .. })));
    for (member, value) in [("issuanceDate", "\"yesterday\""), ("expirationDate", "\"2026-06-30T09:00:00Z\"")]
    {
        let mut document = unsigned_2021();
        change(&mut document, member, value);
        assert!(read(&document).is_err(), "{member}");
    }
}

#[test]
fn base64_of_either_alphabet_is_read() {
    let mut noise = Bitstring::new(MIN_ENTRIES);
    (0..MIN_ENTRIES as u64)
        .filter(|at| at % 3 == 0 || at % 7 == 1)
        .for_each(|at| assert_eq!(noise.set(at, true), Ok(false)));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(noise.as_bytes()).expect("a Vec takes every write");
    let zipped = gzip.finish().expect("a Vec takes every write");
    let url_safe = noise.encode()[1..].to_owned();
    let standard = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(&zipped)
    };
    for text in [&url_safe, &standard] {
        assert_eq!(Bitstring::decode_2021(text, MAX_ENTRIES).as_ref(), Ok(&noise), "{text:.40}");
    }
    let mixed = format!("{url_safe}+_");
    assert_eq!(Bitstring::decode_2021(&mixed, MAX_ENTRIES), Err(BitstringError::NotBase64));
}

#[test]
fn refuses_other_bits() {
    let refused = |text: &str| match subject_2021("encodedList", &format!("\"{text}\"")) {
        Err(StatusError::Bits(error)) => error,
        other => panic!("not refused for its bits: {other:?}"),
    };
    assert!(
        matches!(refused(&bits().encode()), BitstringError::NotBase64 | BitstringError::NotGzip),
        "a prefix"
    );
    assert_eq!(refused(&format!("{}.", encoded())), BitstringError::NotBase64);
    assert_eq!(refused(&Bitstring::new(1024).encode()[1..]), BitstringError::TooShort { entries: 1024 });
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![0; 8 * 1024 * 1024]).expect("a Vec takes every write");
    let bomb = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(bomb.finish().expect("a Vec takes every write"))
    };
    assert_eq!(refused(&bomb), BitstringError::TooLong { max_entries: MAX_ENTRIES });
}

#[test]
fn one_kind_is_not_taken_for_the_other() {
    let need = |kind| ListNeed { url: URL.into(), kind };
    let read = |document: &Object, kind| {
        let text = Value::from(document.clone()).to_string();
        let contexts = Contexts::pinned();
        let (had, at) = (now().plus(HOUR), now().plus(HOUR));
        super::super::read(text.as_bytes(), &need(kind), &issuer(), &Documents::new(), had, &contexts, at)
    };
    let (old, new) = (sign(unsigned_2021(), &key(1)), sign(unsigned(), &key(1)));
    assert!(read(&old, ListKind::StatusList2021).is_ok());
    assert!(read(&new, ListKind::Bitstring).is_ok());
    for (document, kind) in [(&old, ListKind::Bitstring), (&new, ListKind::StatusList2021)] {
        assert!(matches!(read(document, kind), Err(StatusError::UnsupportedType { .. })), "{kind:?}");
    }
    for value in ["\"BitstringStatusList\"", "[\"StatusList2021\",\"BitstringStatusList\"]"] {
        let mut document = unsigned_2021();
        let mut subject = document.get("credentialSubject").and_then(Value::as_object).expect("one").clone();
        change(&mut subject, "type", value);
        document.insert("credentialSubject", subject);
        let refused = super::read(&document);
        let kind_is_wrong =
            matches!(refused, Err(StatusError::UnsupportedType { .. } | StatusError::Member { .. }));
        assert!(kind_is_wrong, "{value}: {refused:?}");
    }
    let mut both = unsigned_2021();
    let types = "[\"VerifiableCredential\",\"StatusList2021Credential\",\"BitstringStatusListCredential\"]";
    change(&mut both, "type", types);
    assert_eq!(member_of(super::read(&both)), "type");
}

#[test]
fn only_its_issuer_proves_it() {
    assert_eq!(not_proved(read(&unsigned_2021())), "proof_missing");
    assert_eq!(not_proved(read(&sign(unsigned_2021(), &key(2)))), "controller_not_issuer");
    let mut cleared = sign(unsigned_2021(), &key(1));
    let mut subject = cleared.get("credentialSubject").and_then(Value::as_object).expect("one").clone();
    subject.insert("encodedList", Bitstring::new(MIN_ENTRIES).encode()[1..].to_owned());
    cleared.insert("credentialSubject", subject);
    assert_eq!(not_proved(read(&cleared)), "proof_signature_wrong");
}
