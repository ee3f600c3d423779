//! Lists in tokens: signed credentials, and the IETF's Token Status List with the claim that names it.

use super::*;
use crate::jose::{self, TokenOptions};
use crate::keys::SecretKey;
use crate::status::{self, ListSource, StatusError};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write as _;

const TOKENS: &str = "https://node.example/tokens/1";
/// 2026-07-01T11:00:00Z, an hour before now.
const IAT: i64 = 1_782_903_600;

fn key(seed: u8) -> SecretKey {
    SigningKey::from_seed(&[seed; 32]).into()
}

fn issuer() -> String {
    party(1).did.to_string()
}

/// A token with this header and payload, signed by the party.
fn token(header: &str, payload: &str, signer: u8) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = key(signer).sign(signed.as_bytes()).expect("signs");
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn zlib(bytes: &[u8]) -> String {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(bytes).expect("a Vec takes every write");
    BASE64_URL_SAFE_NO_PAD.encode(zlib.finish().expect("a Vec takes every write"))
}

fn header() -> String {
    format!(r#"{{"alg":"EdDSA","typ":"statuslist+jwt","kid":"{}"}}"#, party(1).method)
}

/// A list of two bits each, of which the first is `first`.
fn payload(first: u8) -> String {
    format!(
        r#"{{"sub":"{TOKENS}","iat":{IAT},"exp":{},"ttl":3600,"status_list":{{"bits":2,"lst":"{}"}}}}"#,
        IAT + 86_400,
        zlib(&[first, 0, 0, 0])
    )
}

fn read_at(text: &str, now: &str) -> Result<VerifiedList, StatusError> {
    let need = ListNeed { url: TOKENS.to_owned(), kind: ListKind::Token };
    status::read(text.as_bytes(), &need, &issuer(), &Documents::new(), at(now), &CONTEXTS, at(now))
}

fn read(text: &str) -> Result<VerifiedList, StatusError> {
    read_at(text, NOW)
}

/// The code for which a token is refused as a list.
fn refused(header: &str, payload: &str, signer: u8) -> &'static str {
    let text = token(header, payload, signer);
    match read(&text) {
        Err(StatusError::NotProved { code, .. }) => code,
        Err(StatusError::Token(malformed)) => malformed.code,
        Err(error) => error.code(),
        Ok(list) => panic!("{payload} was read: {list:?}"),
    }
}

#[test]
fn a_token_status_list_answers() {
    let list = read(&token(&header(), &payload(0b1001), 1)).expect("is read");
    assert_eq!((list.kind(), list.url(), list.issuer()), (ListKind::Token, TOKENS, &*issuer()));
    assert_eq!(
        (list.value(0, 1), list.value(1, 1), list.value(2, 1), list.value(16, 1)),
        (Some(1), Some(2), Some(0), None)
    );
    assert_eq!(
        (list.as_of(), list.valid_until()),
        (at("2026-07-01T11:00:00Z"), Some(at("2026-07-02T11:00:00Z")))
    );
    assert_eq!(
        (list.source(), list.ttl(), list.len()),
        (ListSource::Credential, Some(Duration::from_secs(3600)), 16)
    );
}

#[test]
fn only_the_issuers_key_signs_it() {
    assert_eq!(refused(&header(), &payload(0), 2), "proof_signature_wrong");
    let other = header().replace(&party(1).method, &party(2).method);
    assert_eq!(refused(&other, &payload(0), 2), "controller_not_issuer");
    let unsigned = token(&header().replace("EdDSA", "none"), &payload(0), 1);
    assert!(
        matches!(read(&unsigned), Err(StatusError::Token(malformed)) if malformed.code == "token_unsigned")
    );
    let named = payload(0).replace("\"iat\"", &format!("\"iss\":\"{}\",\"iat\"", party(2).did));
    assert_eq!(refused(&header(), &named, 1), "list_of_another");
    let own = payload(0).replace("\"iat\"", &format!("\"iss\":\"{}\",\"iat\"", issuer()));
    assert!(read(&token(&header(), &own, 1)).is_ok());
}

#[test]
fn it_must_say_what_it_is_and_which() {
    for typ in ["JWT", "vc+jwt", "statuslist+cwt", ""] {
        let header = header().replace("statuslist+jwt", typ);
        assert_eq!(refused(&header, &payload(0), 1), "token_type_other", "{typ}");
    }
    let untyped = header().replace(r#""typ":"statuslist+jwt","#, "");
    assert_eq!(refused(&untyped, &payload(0), 1), "token_type_other");
    assert!(
        read(&token(&header().replace("statuslist+jwt", "application/statuslist+jwt"), &payload(0), 1))
            .is_ok()
    );
    assert_eq!(refused(&header(), &payload(0).replace("/tokens/1", "/tokens/2"), 1), "list_id_other");
    let without = |member: &str| {
        let mut claims = object(&payload(0));
        claims.remove(member);
        refused(&header(), &Value::from(claims).to_string(), 1)
    };
    for member in ["sub", "iat", "status_list"] {
        assert_eq!(without(member), "list_malformed", "{member}");
    }
    // The bare JSON form is nobody's word.
    let bare = format!(r#"{{"bits":1,"lst":"{}"}}"#, zlib(&[0]));
    assert!(matches!(read(&bare), Err(StatusError::Member { member: "token", .. })));
}

#[test]
fn its_times_are_judged() {
    let text = token(&header(), &payload(0), 1);
    assert!(read_at(&text, "2026-07-02T10:59:59Z").is_ok());
    assert!(matches!(
        read_at(&text, "2026-07-02T11:00:01Z"),
        Err(StatusError::NotProved { code: "proof_expired", .. })
    ));
    for ttl in ["0", "-1", "\"3600\"", "1.5", "true"] {
        assert_eq!(
            refused(&header(), &payload(0).replace("\"ttl\":3600", &format!("\"ttl\":{ttl}")), 1),
            "list_malformed",
            "{ttl}"
        );
    }
    let endless = payload(0).replace(&format!(r#""exp":{},"#, IAT + 86_400), "");
    assert_eq!(read(&token(&header(), &endless, 1)).expect("is read").valid_until(), None);
    let ahead = payload(0).replace(&IAT.to_string(), &(IAT + 3720).to_string());
    assert_eq!(
        read(&token(&header(), &ahead, 1)).expect("is read").as_of(),
        at(NOW),
        "no word is later than now"
    );
    let far_ahead = payload(0).replace(&IAT.to_string(), &(IAT + 7200).to_string());
    assert!(matches!(read(&token(&header(), &far_ahead, 1)), Err(StatusError::NotYetValid { .. })));
    let later = payload(0).replace("\"iat\"", &format!("\"nbf\":{},\"iat\"", IAT + 7200));
    assert_eq!(refused(&header(), &later, 1), "token_not_yet_valid");
}

#[test]
fn its_bits_are_judged() {
    for (from, to) in
        [("\"bits\":2", "\"bits\":3"), ("\"lst\":\"", "\"lst\":\"A"), ("\"lst\":\"", "\"lst\":\" ")]
    {
        assert_eq!(refused(&header(), &payload(0).replace(from, to), 1), "list_bits_malformed", "{to}");
    }
    let bomb = zlib(&vec![0; 16 * 1024 * 1024]);
    let bomb = payload(0).replace(&zlib(&[0, 0, 0, 0]), &bomb);
    assert_eq!(refused(&header(), &bomb, 1), "list_bits_malformed");
}

/// A badge in a token whose claim `status` is this.
fn badge_token(status: &str) -> String {
    let badge = set(badge(&issuer()), "credentialStatus", "");
    let payload = set(badge, "status", status);
    token(
        &format!(r#"{{"alg":"EdDSA","typ":"vc+jwt","kid":"{}"}}"#, party(1).method),
        &Value::from(payload).to_string(),
        1,
    )
}

fn judged(text: &str, evidence: &Evidence) -> (Verdict, &'static str) {
    let mut gather = |_: &Needs| evidence.clone();
    let report = check_bytes(text.as_bytes(), &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
    (report.verdict, report.code)
}

fn with_list(first: u8) -> Evidence {
    let list = read(&token(&header(), &payload(first), 1)).expect("is read");
    evidence(&[(TOKENS, Ok(Arc::new(list)))])
}

fn claim(index: &str) -> String {
    format!(r#"{{"status_list":{{"idx":{index},"uri":"{TOKENS}"}}}}"#)
}

#[test]
fn the_claim_of_a_badge_is_judged_by_its_value() {
    let badge = badge_token(&claim("1"));
    let unknown = (Verdict::CouldNotCheck, "status_value_unknown");
    for (value, expected) in [
        (0, (Verdict::Valid, "valid")),
        (1, (Verdict::Revoked, "revoked")),
        (2, (Verdict::Suspended, "suspended")),
        (3, unknown),
    ] {
        assert_eq!(judged(&badge, &with_list(value << 2)), expected, "{value}");
        assert_eq!(
            judged(&badge, &with_list(!(value << 2) & 0b11)),
            judged(&badge, &with_list(0)),
            "its neighbour's"
        );
    }
    assert_eq!(
        judged(&badge_token(&claim("16")), &with_list(0)),
        (Verdict::CouldNotCheck, "status_index_out_of_range")
    );
    assert_eq!(judged(&badge, &evidence(&[])), (Verdict::CouldNotCheck, "status_unavailable"));
    // Another mechanism beside it may say what this one doesn't.
    let two = badge_token(&claim("1").replacen('{', r#"{"identifier_list":{"id":"a"},"#, 1));
    let unread = (Verdict::CouldNotCheck, "status_kind_unsupported");
    assert_eq!(judged(&two, &with_list(0)), unread);
    assert_eq!(judged(&two, &with_list(1 << 2)), (Verdict::Revoked, "revoked"));
    let bits = party(1).list(TOKENS, StatusPurpose::Revocation, &[], "2026-07-01T11:00:00Z");
    assert_eq!(
        judged(&badge, &evidence(&[(TOKENS, Ok(bits))])),
        (Verdict::CouldNotCheck, "status_list_differs")
    );
}

#[test]
fn a_claim_that_is_not_understood_is_never_good() {
    for broken in [
        claim("-1"),
        claim("\"1\""),
        r#"{"status_list":{"idx":1}}"#.to_owned(),
        "7".to_owned(),
        "[]".to_owned(),
    ] {
        let (verdict, code) = judged(&badge_token(&broken), &with_list(0));
        assert_eq!((verdict, code), (Verdict::Malformed, "status_entry_invalid"), "{broken}");
    }
    for other in [r#"{"status_assertion":{}}"#, r#"{"revoked":false}"#, "{}"] {
        let (verdict, code) = judged(&badge_token(other), &with_list(0));
        assert_eq!((verdict, code), (Verdict::CouldNotCheck, "status_kind_unsupported"), "{other}");
    }
}

fn list_token(signer: u8) -> String {
    let mut bits = Bitstring::new(MIN_ENTRIES);
    bits.set(4711, true).expect("in range");
    let made = at("2026-07-01T11:00:00Z");
    let list =
        list_credential(LIST, &issuer(), StatusPurpose::Revocation, &bits, made, Duration::from_secs(86_400));
    let options = TokenOptions {
        verification_method: party(signer).method,
        issued: made,
        expires: None,
        nonce: None,
        audience: None,
    };
    jose::sign_credential(list, &key(signer), &options, &CONTEXTS).expect("signs")
}

#[test]
fn a_bitstring_list_in_a_token_answers_like_one_with_a_proof() {
    let need = ListNeed { url: LIST.to_owned(), kind: ListKind::Bitstring };
    let read = |text: &str, now: &str| {
        status::read(text.as_bytes(), &need, &issuer(), &Documents::new(), at(now), &CONTEXTS, at(now))
    };
    let list = read(&list_token(1), NOW).expect("is read");
    assert_eq!((list.get(4711), list.get(4712)), (Some(true), Some(false)));
    assert_eq!(list.as_of(), at("2026-07-01T11:00:00Z"));
    let evidence = evidence(&[(LIST, Ok(Arc::new(list)))]);
    assert_eq!(answer(&signed(), &evidence), (Verdict::Revoked, "revoked"));

    let Err(StatusError::NotProved { code, .. }) = read(&list_token(2), NOW) else { panic!("another's key") };
    assert_eq!(code, "controller_not_issuer");
    let tampered = list_token(1).replace('.', ".e30");
    assert!(matches!(read(&tampered, NOW), Err(StatusError::Token(_) | StatusError::NotProved { .. })));
    assert!(matches!(
        read(&list_token(1), "2026-07-03T00:00:00Z"),
        Err(StatusError::Expired { .. } | StatusError::NotProved { .. })
    ));
    // A badge is no list.
    let badge = jose::sign_credential(
        badge(&issuer()),
        &key(1),
        &TokenOptions {
            verification_method: party(1).method,
            issued: at(NOW),
            expires: None,
            nonce: None,
            audience: None,
        },
        &CONTEXTS,
    );
    assert!(matches!(read(&badge.expect("signs"), NOW), Err(StatusError::UnsupportedType { .. })));
}
