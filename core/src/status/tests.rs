//! What a status list credential must withstand.

mod entries;
mod past;
mod revoked;
mod sizes;
mod token;
mod v2021;

use super::*;
use crate::did::Did;
use crate::did::document::{self, DidDocument};
use crate::did::key::{did_of, verification_method_of};
use crate::json::{self, Object, Value};
use crate::jsonld::Contexts;
use crate::keys::SigningKey;
use crate::proof::{self, ProofOptions, Purpose};
use crate::time::Timestamp;
use crate::verify::Documents;
use std::sync::Arc;
use std::time::Duration;

const URL: &str = "https://a.example/status/3";
const HOUR: Duration = Duration::from_secs(3600);

fn now() -> Timestamp {
    Timestamp::parse("2026-06-30T10:00:00Z").expect("time")
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn issuer() -> String {
    did_of(&key(1).verifying_key()).to_string()
}

fn bits() -> Bitstring {
    let mut bits = Bitstring::new(MIN_ENTRIES);
    bits.set(7, true).expect("in range");
    bits
}

fn unsigned() -> Object {
    list_credential(URL, &issuer(), StatusPurpose::Revocation, &bits(), now(), 12 * HOUR)
}

fn options(key: &SigningKey) -> ProofOptions {
    ProofOptions {
        verification_method: verification_method_of(&key.verifying_key()),
        purpose: Purpose::AssertionMethod,
        created: now(),
        expires: None,
        challenge: None,
        domain: None,
    }
}

fn sign(document: Object, key: &SigningKey) -> Object {
    proof::sign(document, key, &options(key), &Contexts::pinned()).expect("signs")
}

fn read_at(document: &Object, now: Timestamp) -> Result<VerifiedList, StatusError> {
    let text = Value::from(document.clone()).to_string();
    VerifiedList::from_credential(text.as_bytes(), &Documents::new(), now, &Contexts::pinned(), now)
}

fn read(document: &Object) -> Result<VerifiedList, StatusError> {
    read_at(document, now().plus(HOUR))
}

/// A list with one member changed to this JSON, or taken out (“”), signed by its issuer afterwards.
fn with(member: &str, value: &str) -> Result<VerifiedList, StatusError> {
    let mut document = unsigned();
    change(&mut document, member, value);
    read(&sign(document, &key(1)))
}

/// As [`with`], in the subject.
fn with_subject(member: &str, value: &str) -> Result<VerifiedList, StatusError> {
    let mut document = unsigned();
    let mut subject =
        document.get("credentialSubject").and_then(Value::as_object).expect("a subject").clone();
    change(&mut subject, member, value);
    document.insert("credentialSubject", subject);
    read(&sign(document, &key(1)))
}

fn change(object: &mut Object, member: &str, value: &str) {
    match value {
        "" => drop(object.remove(member)),
        json => object.insert(member, json::parse(json.as_bytes()).expect(json)),
    }
}

fn member_of(result: Result<VerifiedList, StatusError>) -> &'static str {
    match result {
        Err(StatusError::Member { member, .. }) => member,
        other => panic!("not a refused member: {other:?}"),
    }
}

/// The code for which a list is not proved.
fn not_proved(result: Result<VerifiedList, StatusError>) -> &'static str {
    match result {
        Err(StatusError::NotProved { code, .. }) => code,
        other => panic!("not refused for its proof: {other:?}"),
    }
}

#[test]
fn a_published_list_answers() {
    let list = read(&sign(unsigned(), &key(1))).expect("verifies");
    assert_eq!((list.issuer(), list.url(), list.kind()), (&*issuer(), URL, ListKind::Bitstring));
    assert_eq!(list.purposes(), [ListPurpose::Revocation]);
    assert_eq!((list.get(7), list.get(8), list.get(MIN_ENTRIES as u64)), (Some(true), Some(false), None));
    assert_eq!((list.len(), list.is_empty(), list.version()), (MIN_ENTRIES, false, None));
    assert_eq!((list.as_of(), list.valid_until()), (now(), Some(now().plus(12 * HOUR))));
    assert_eq!((list.source(), list.ttl()), (ListSource::Credential, Some(Duration::from_secs(300))));
    assert_eq!(list.bits().map(|kept| (**kept).clone()), Some(bits()));
    assert!(list.memory_bytes() > MIN_ENTRIES / 8);
}

#[test]
fn a_list_of_a_record_answers_too() {
    let until = Some(now().plus(HOUR));
    let (issuer, purpose) = (issuer(), StatusPurpose::Suspension);
    let list = VerifiedList::of_record(&issuer, URL, purpose, Arc::new(bits()), 9, now(), until);
    assert_eq!((list.version(), list.source(), list.ttl()), (Some(9), ListSource::Record, None));
    assert_eq!(
        (list.purposes(), list.get(7), list.get(8)),
        (&[ListPurpose::Suspension][..], Some(true), Some(false))
    );
}

#[test]
fn a_published_list_is_short_lived() {
    let document = list_credential(URL, &issuer(), StatusPurpose::Suspension, &bits(), now(), 1000 * HOUR);
    let list = read(&sign(document, &key(1))).expect("verifies");
    assert_eq!(list.valid_until(), Some(now().plus(MAX_LIST_VALIDITY)));
    let brief = Duration::from_secs(10);
    let document = list_credential(URL, &issuer(), StatusPurpose::Suspension, &bits(), now(), brief);
    assert_eq!(read_at(&sign(document, &key(1)), now()).expect("verifies").ttl(), Some(brief));
}

#[test]
fn time_is_judged() {
    let signed = sign(unsigned(), &key(1));
    let until = now().plus(12 * HOUR);
    assert!(read_at(&signed, until).is_ok());
    let late = until.plus(Duration::from_millis(1));
    assert_eq!(read_at(&signed, late).expect_err("late"), StatusError::Expired { until });
    let early = now().minus(Duration::from_millis(1));
    assert_eq!(read_at(&signed, early).expect_err("early"), StatusError::NotYetValid { from: now() });
    for member in ["validFrom", "validUntil"] {
        for value in ["\"2026-06-30\"", "\"2026-06-30T10:00:00\"", "7", "null", "[\"2026-06-30T10:00:00Z\"]"]
        {
            let mut document = unsigned();
            change(&mut document, member, value);
            let unsigned = read(&document);
            assert_eq!(member_of(unsigned), member, "{value}");
        }
    }
    assert_eq!(member_of(with("validUntil", "\"2026-06-30T09:59:59Z\"")), "validUntil");
    // Without validFrom, the proof says how old the list is; without both, nothing does.
    assert_eq!(with("validFrom", "").expect("is read").as_of(), now());
    assert_eq!(with("validUntil", "").expect("is read").valid_until(), None);
    // A list signed anew is as old as its proof; a proof from the future makes nothing younger.
    assert_eq!(with("validFrom", "\"2020-01-01T00:00:00Z\"").expect("is read").as_of(), now());
    let mut ahead = unsigned();
    ahead.remove("validFrom");
    let ahead = sign(ahead, &key(1));
    let past = now().minus(Duration::from_secs(240));
    assert_eq!(read_at(&ahead, past).expect("is read").as_of(), past);
    assert_eq!(
        read_at(&ahead, now().minus(HOUR)).expect_err("ahead"),
        StatusError::NotYetValid { from: now() }
    );
}

#[test]
fn only_the_issuer_proves_a_list() {
    assert_eq!(not_proved(read(&unsigned())), "proof_missing");
    assert_eq!(not_proved(read(&sign(unsigned(), &key(2)))), "controller_not_issuer");

    // Somebody else who states the issuer's key as his own.
    let forged = proof::sign(unsigned(), &key(2), &options(&key(1)), &Contexts::pinned()).expect("signs");
    assert_eq!(not_proved(read(&forged)), "proof_signature_wrong");

    // The issuer's DID with another's key in the fragment.
    let (did, other) = (issuer(), key(2).verifying_key().to_multikey());
    let fragment = ProofOptions { verification_method: format!("{did}#{other}"), ..options(&key(2)) };
    let fragment = proof::sign(unsigned(), &key(2), &fragment, &Contexts::pinned()).expect("signs");
    assert_eq!(not_proved(read(&fragment)), "key_not_in_issuer_document");

    let login = ProofOptions { purpose: Purpose::Authentication, ..options(&key(1)) };
    let login = proof::sign(unsigned(), &key(1), &login, &Contexts::pinned()).expect("signs");
    assert_eq!(not_proved(read(&login)), "proof_purpose_other");

    let expired = ProofOptions { expires: Some(now()), ..options(&key(1)) };
    let expired = proof::sign(unsigned(), &key(1), &expired, &Contexts::pinned()).expect("signs");
    assert_eq!(not_proved(read(&expired)), "proof_expired");
}

#[test]
fn a_list_is_proved_by_the_rules_of_a_badge() {
    // A did:key without its fragment names its one key.
    let bare = ProofOptions { verification_method: issuer(), ..options(&key(1)) };
    let bare = proof::sign(unsigned(), &key(1), &bare, &Contexts::pinned()).expect("signs");
    assert!(read(&bare).is_ok());

    // Another's proof adds nothing; one that can't be checked, or has expired, takes nothing away.
    assert!(read(&sign(sign(unsigned(), &key(1)), &key(2))).is_ok());
    let beside = |options: &ProofOptions, signer: u8| {
        read(
            &proof::sign(sign(unsigned(), &key(1)), &key(signer), options, &Contexts::pinned())
                .expect("signs"),
        )
    };
    let unknown = ProofOptions { verification_method: "did:web:b.example#key-1".into(), ..options(&key(2)) };
    assert!(beside(&unknown, 2).is_ok());
    let expired = ProofOptions { expires: Some(now()), ..options(&key(2)) };
    assert!(beside(&expired, 2).is_ok());
    // One that is wrong spoils it.
    assert_eq!(not_proved(beside(&options(&key(2)), 3)), "extra_proof_failed");
}

#[test]
fn other_did_methods_take_the_key_from_the_document() {
    let did = "did:web:a.example";
    let mut document = unsigned();
    document.insert("issuer", did);
    let of = |key: &SigningKey| document::of_web(&Did::parse(did).expect("a DID"), &[key.verifying_key()]);
    let method = DidDocument::from_object(of(&key(1)), did).expect("a document").methods()[0].id().to_owned();
    let options = ProofOptions { verification_method: method, ..options(&key(1)) };
    let signed = proof::sign(document, &key(1), &options, &Contexts::pinned()).expect("signs");
    let text = Value::from(signed).to_string();
    let read = |keys: Option<&SigningKey>| {
        let documents = keys.map(|key| DidDocument::from_object(of(key), did).expect("a document"));
        let documents = documents.map(|document| (did.to_owned(), Ok(Arc::new(document))));
        let documents = documents.into_iter().collect();
        VerifiedList::from_credential(text.as_bytes(), &documents, now(), &Contexts::pinned(), now())
    };
    assert_eq!(read(Some(&key(1))).expect("verifies").issuer(), did);
    assert_eq!(not_proved(read(Some(&key(2)))), "key_not_in_document");
    assert_eq!(not_proved(read(None)), "issuer_unresolved");
}

#[test]
fn every_claim_of_a_list_is_signed() {
    let signed = sign(unsigned(), &key(1));
    let mut cleared = signed.get("credentialSubject").and_then(Value::as_object).expect("a subject").clone();
    cleared.insert("encodedList", Bitstring::new(MIN_ENTRIES).encode());
    let cleared = Value::from(cleared).to_string();
    for (member, value) in [
        ("credentialSubject", &*cleared),
        ("id", "\"https://a.example/status/4\""),
        ("validUntil", "\"2036-01-01T00:00:00Z\""),
        ("validUntil", ""),
        ("validFrom", "\"2026-06-30T10:00:01Z\""),
        ("type", "[\"VerifiableCredential\",\"BitstringStatusListCredential\",\"BitstringStatusList\"]"),
    ] {
        let mut changed = signed.clone();
        change(&mut changed, member, value);
        assert_eq!(not_proved(read(&changed)), "proof_signature_wrong", "{member}");
    }
    let mut added = signed;
    added.insert("undefinedClaim", "x");
    assert_eq!(not_proved(read(&added)), "undefined_term");
}

#[test]
fn refuses_other_documents() {
    let read = |text: &str| {
        VerifiedList::from_credential(text.as_bytes(), &Documents::new(), now(), &Contexts::pinned(), now())
            .expect_err("refused")
    };
    assert!(matches!(read(""), StatusError::Json(_)));
    assert!(matches!(read("{"), StatusError::Json(_)));
    assert!(matches!(read(&" ".repeat(json::MAX_BYTES + 1)), StatusError::Json(_)));
    for text in ["null", "[]", "\"list\"", "7"] {
        assert_eq!(read(text), StatusError::NotAnObject, "{text}");
    }
    for value in ["", "\"https://www.w3.org/ns/credentials/v2\"", "[]", "[\"https://www.w3.org/ns/did/v1\"]"]
    {
        let mut document = unsigned();
        change(&mut document, "@context", value);
        assert_eq!(member_of(super::tests::read(&document)), "@context", "{value}");
    }
    for value in ["", "7", "[7]", "\"BitstringStatusListCredential\""] {
        let mut document = unsigned();
        change(&mut document, "type", value);
        assert_eq!(member_of(super::tests::read(&document)), "type", "{value}");
    }
    for (value, found) in [
        ("[\"VerifiableCredential\",\"RevocationList2020Credential\"]", "RevocationList2020Credential"),
        ("[\"VerifiableCredential\"]", "VerifiableCredential"),
    ] {
        let mut document = unsigned();
        change(&mut document, "type", value);
        let error = super::tests::read(&document).expect_err(found);
        assert_eq!(error, StatusError::UnsupportedType { found: found.into() });
    }
    for value in ["", "null", "7", "\"status/3\"", "[]"] {
        let mut document = unsigned();
        change(&mut document, "id", value);
        assert_eq!(member_of(super::tests::read(&document)), "id", "{value}");
        let mut document = unsigned();
        change(&mut document, "issuer", value);
        assert_eq!(member_of(super::tests::read(&document)), "issuer", "{value}");
    }
    assert!(with("issuer", &format!("{{\"id\":\"{}\"}}", issuer())).is_ok());
}

#[test]
fn refuses_other_subjects() {
    for value in ["", "null", "\"x\"", "7", "[]", "[{},{}]", "[\"x\"]"] {
        let mut document = unsigned();
        change(&mut document, "credentialSubject", value);
        assert_eq!(member_of(read(&document)), "credentialSubject", "{value}");
    }
    let mut document = unsigned();
    change(&mut document, "credentialSubject", "{}");
    assert_eq!(member_of(read(&document)), "credentialSubject");
    let mut document = unsigned();
    change(&mut document, "credentialSubject", "{\"type\":\"StatusList2021\"}");
    let other = StatusError::UnsupportedType { found: "StatusList2021".into() };
    assert_eq!(read(&document).expect_err("another type"), other);
    assert_eq!(
        with_subject("statusPurpose", "\"other\"").expect_err("other"),
        StatusError::UnsupportedPurpose { found: "other".into() }
    );
    let both = with_subject("statusPurpose", "[\"revocation\",\"suspension\"]").expect("is read");
    assert_eq!(both.purposes(), [ListPurpose::Revocation, ListPurpose::Suspension]);
    for value in ["", "[]", "7", "[\"revocation\",7]"] {
        assert_eq!(member_of(with_subject("statusPurpose", value)), "statusPurpose", "{value}");
    }
    for value in ["-1", "1.5", "\"300000\"", "true"] {
        assert_eq!(member_of(with_subject("ttl", value)), "ttl", "{value}");
    }
    assert_eq!(with_subject("ttl", "").expect("is read").ttl(), None);
    for value in ["", "7", "[]"] {
        assert_eq!(member_of(with_subject("encodedList", value)), "encodedList", "{value}");
    }
    let short = format!("\"{}\"", Bitstring::new(1024).encode());
    let error = StatusError::Bits(BitstringError::TooShort { entries: 1024 });
    assert_eq!(with_subject("encodedList", &short).expect_err("short"), error);
    let bare = format!("\"{}\"", &bits().encode()[1..]);
    let error = StatusError::Bits(BitstringError::NotMultibase);
    assert_eq!(with_subject("encodedList", &bare).expect_err("bare"), error);
}

#[test]
fn purposes_are_read_and_written() {
    for purpose in [StatusPurpose::Revocation, StatusPurpose::Suspension] {
        assert_eq!(StatusPurpose::parse(purpose.as_str()), Some(purpose));
        assert_eq!(ListPurpose::parse(purpose.as_str()), Some(purpose.into()));
    }
    for purpose in [ListPurpose::Message, ListPurpose::Refresh] {
        assert_eq!(ListPurpose::parse(&purpose.to_string()), Some(purpose));
        assert_eq!(StatusPurpose::parse(purpose.as_str()), None);
    }
    assert_eq!(ListPurpose::parse("revoked"), None);
}
