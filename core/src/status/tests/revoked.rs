//! 1EdTech revocation lists: whose word an unsigned document is, and what it must be.

use super::*;

const LIST: &str = "https://a.example/revocations/3";
const BADGE: &str = "urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11";
const ISSUER: &str = "https://a.example/issuer";

fn need(url: &str) -> ListNeed {
    ListNeed { url: url.to_owned(), kind: ListKind::OneEdTech }
}

fn fetched(text: &str, url: &str, issuer: &str) -> Result<VerifiedList, StatusError> {
    let (contexts, later) = (Contexts::pinned(), now().plus(HOUR));
    super::super::read(text.as_bytes(), &need(url), issuer, &Documents::new(), now(), &contexts, later)
}

/// A list with these items, as an issuer serves it.
fn list(items: &str) -> String {
    format!(r#"{{"id":"{LIST}","issuer":"{ISSUER}","revokedCredentials":[{items}]}}"#)
}

fn said(items: &str) -> Result<Option<Revoked>, StatusError> {
    fetched(&list(items), LIST, ISSUER).map(|list| list.revoked(BADGE).cloned())
}

#[test]
fn it_names_the_revoked() {
    let revoked = |reason: Option<&str>| Ok(Some(Revoked { reason: reason.map(str::to_owned) }));
    assert_eq!(said(""), Ok(None));
    assert_eq!(said(&format!(r#"{{"id":"{BADGE}","revoked":true}}"#)), revoked(None));
    assert_eq!(said(&format!(r#"{{"id":"{BADGE}"}}"#)), revoked(None), "left out means that it was");
    assert_eq!(said(&format!(r#"{{"id":"{BADGE}","revoked":false}}"#)), Ok(None));
    let because = format!(r#"{{"id":"{BADGE}","revoked":true,"revocationReason":"issued in haste"}}"#);
    assert_eq!(said(&because), revoked(Some("issued in haste")));
    assert_eq!(said(r#"{"id":"urn:uuid:other","revoked":true}"#), Ok(None));
    // Of two that contradict each other the worse counts, in either order.
    let (yes, no) = (format!(r#"{{"id":"{BADGE}"}}"#), format!(r#"{{"id":"{BADGE}","revoked":false}}"#));
    assert_eq!(said(&format!("{yes},{no}")), revoked(None));
    assert_eq!(said(&format!("{no},{yes}")), revoked(None));
    let long = format!(r#"{{"id":"{BADGE}","revocationReason":"{}"}}"#, "ä".repeat(2000));
    assert_eq!(said(&long), revoked(Some(&"ä".repeat(500))));
}

#[test]
fn it_is_the_word_of_its_address_when_it_was_fetched() {
    let list = fetched(&list(""), LIST, ISSUER).expect("is read");
    assert_eq!((list.source(), list.as_of()), (ListSource::Hosted, now()));
    assert_eq!((list.issuer(), list.url(), list.kind()), (ISSUER, LIST, ListKind::OneEdTech));
    assert_eq!((list.get(0), list.is_empty()), (None, true));
}

#[test]
fn it_must_be_the_issuers_and_the_one_that_was_asked_for() {
    let text = list("");
    let why = |text: &str, url: &str, issuer: &str| fetched(text, url, issuer).map(|_| ());
    let other = "https://b.example/issuer";
    assert_eq!(why(&text, LIST, other), Err(StatusError::OtherIssuer { found: ISSUER.into() }));
    let elsewhere = "https://a.example/revocations/4";
    assert_eq!(why(&text, elsewhere, ISSUER), Err(StatusError::OtherList { found: LIST.into() }));
    let profile = text.replace(&format!("\"{ISSUER}\""), &format!(r#"{{"id":"{ISSUER}","type":"Profile"}}"#));
    assert!(fetched(&profile, LIST, ISSUER).is_ok());
    let plain = text.replace("https://a.example/rev", "http://a.example/rev");
    assert_eq!(why(&plain, "http://a.example/revocations/3", ISSUER), Err(StatusError::NotHttps));
}

#[test]
fn refuses_other_documents() {
    let wrong = |text: &str| fetched(text, LIST, ISSUER).expect_err(text);
    assert!(matches!(wrong("<!doctype html>"), StatusError::Json(_)));
    assert_eq!(wrong("[]"), StatusError::NotAnObject);
    let without = |member: &str| {
        let mut object =
            json::parse(list("").as_bytes()).expect("JSON").as_object().expect("an object").clone();
        object.remove(member);
        wrong(&Value::from(object).to_string())
    };
    for member in ["id", "issuer", "revokedCredentials"] {
        assert_eq!(member_of(Err(without(member))), member);
    }
    for items in [
        "7",
        "\"urn:x\"",
        "{}",
        r#"{"id":7}"#,
        r#"{"id":"urn:x","revoked":"yes"}"#,
        r#"{"id":"urn:x","revoked":null}"#,
    ] {
        assert_eq!(member_of(said(items).map(|_| unreachable!())), "revokedCredentials", "{items}");
    }
    let object = list("").replace("[]", "{}");
    assert_eq!(member_of(fetched(&object, LIST, ISSUER)), "revokedCredentials");
}

#[test]
fn its_dates_count() {
    let dated = |dates: &str| list("").replace("\"revoked", &format!("{dates},\"revoked"));
    let read = |dates: &str| fetched(&dated(dates), LIST, ISSUER);
    let until = now().plus(Duration::from_secs(24 * 3600));
    let held = read(&format!(r#""validUntil":"{until}""#)).expect("is read");
    assert_eq!(held.valid_until(), Some(until));
    // Of the dates of both data models the stricter hold.
    let both = format!(r#""validUntil":"2099-01-01T00:00:00Z","expirationDate":"{until}""#);
    assert_eq!(read(&both).expect("is read").valid_until(), Some(until));
    for wrong in [
        r#""validUntil":"tomorrow""#.to_owned(),
        r#""expirationDate":7"#.to_owned(),
        format!(r#""validFrom":"{until}","validUntil":"{}""#, now()),
    ] {
        assert!(!member_of(read(&wrong)).is_empty(), "{wrong}");
    }
}

#[test]
fn a_proof_that_stands_in_it_must_hold() {
    let text = list("").replace("\"revoked", r#""proof":{"type":"DataIntegrityProof"},"revoked"#);
    let Err(StatusError::NotProved { code, .. }) = fetched(&text, LIST, ISSUER) else { panic!("{text}") };
    assert_eq!(code, "proof_malformed");
}

#[test]
fn ours_is_read_back() {
    let made = revocation_list(LIST, ISSUER, [BADGE, "urn:uuid:other"].into_iter());
    let read = fetched(&Value::from(made).to_string(), LIST, ISSUER).expect("is read");
    assert_eq!((read.len(), read.revoked(BADGE)), (2, Some(&Revoked::default())));
    assert_eq!(read.revoked("urn:uuid:third"), None);
    assert!(read.memory_bytes() > BADGE.len());
}
