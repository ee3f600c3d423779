//! What may stand in place of a badge, and what is said where there is none.

use super::*;

const SERVICE: &str = r#"{"id":"https://node.example/refresh/1","type":"1EdTechCredentialRefresh"}"#;

fn read(object: Object) -> Credential {
    Credential::from_object(object).expect("reads")
}

fn own() -> Object {
    badge(party(1).did.as_str())
}

#[test]
fn the_service_of_1edtech_at_an_https_address_is_asked_and_no_other() {
    let of = |service: &str| refresh_url(&read(set(own(), "refreshService", service))).map(str::to_owned);
    let other = r#"{"id":"https://node.example/other","type":"OtherRefresh"}"#;
    let url = Some("https://node.example/refresh/1".to_owned());
    assert_eq!(of(SERVICE), url);
    assert_eq!(of(&format!("[{other},{SERVICE}]")), url);
    assert_eq!(of(""), None);
    assert_eq!(of(other), None);
    assert_eq!(of(&SERVICE.replace("https://", "http://")), None);
    assert_eq!(of(r#"{"type":"1EdTechCredentialRefresh"}"#), None);
}

#[test]
fn only_the_same_badge_by_the_same_issuer_about_the_same_recipient_succeeds() {
    let old = read(own());
    let newer = set(set(own(), "name", "\"Cryptography II\""), "validUntil", "\"2040-01-01T00:00:00Z\"");
    assert_eq!(succeeds(&read(newer), &old), Ok(()));
    for (changed, why) in [
        (set(own(), "id", "\"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a12\""), "id"),
        (badge(party(3).did.as_str()), "issuer"),
        (tampered(&own(), party(2).did.as_str(), party(3).did.as_str()), "recipient"),
    ] {
        let refused = succeeds(&read(changed), &old).expect_err(why);
        assert!(refused.contains(why), "{refused}");
    }
    // Without an id nobody can tell which badge it is.
    let nameless = set(set(own(), "type", "[\"VerifiableCredential\"]"), "id", "");
    assert!(succeeds(&read(nameless.clone()), &read(nameless)).is_err());
    // A recipient who is named by identifiers only.
    let by = |hash: &str| {
        let identity = format!(
            r#"{{"type":"IdentityObject","hashed":true,"identityHash":"sha256${hash}","identityType":"emailAddress","salt":"s"}}"#
        );
        let id = format!(r#""id":"{}""#, party(2).did);
        read(tampered(&own(), &id, &format!(r#""identifier":[{identity}]"#)))
    };
    let (ada, eve) = ("a".repeat(64), "e".repeat(64));
    assert_eq!(succeeds(&by(&ada), &by(&ada)), Ok(()));
    assert!(succeeds(&by(&eve), &by(&ada)).is_err() && succeeds(&by(&ada), &old).is_err());
}

#[test]
fn what_was_not_had_is_never_good_and_says_why() {
    for (why, verdict, code) in [
        (NoBadge::Unreachable("404".into()), Verdict::CouldNotCheck, "badge_unreachable"),
        (NoBadge::AddressRefused("ftp".into()), Verdict::CouldNotCheck, "badge_address_refused"),
        (NoBadge::WebPage("https://a.example".into()), Verdict::Malformed, "badge_is_web_page"),
    ] {
        let report = Report::without_badge(why, at(NOW));
        assert_eq!((report.verdict, report.code), (verdict, code));
        assert!(!report.is_good() && report.badge.is_none() && report.wanted.is_empty());
        assert!(report.checks[0].detail.is_some() && report.checks[0].hint.is_some(), "{report:?}");
    }
}

#[test]
fn a_refresh_that_failed_is_said_and_changes_no_verdict() {
    for (why, code) in [
        (NotRefreshed::NoService, "refresh_none"),
        (NotRefreshed::Unreachable("503".into()), "refresh_unreachable"),
        (NotRefreshed::Refused("another id".into()), "refresh_refused"),
    ] {
        let mut report = judge(&signed(), &fresh(&[]));
        report.not_refreshed(why);
        assert_eq!(
            (report.verdict, report.warnings.last().map(|warning| warning.code)),
            (Verdict::Valid, Some(code))
        );
        assert_ne!(report.warnings.last().map(|warning| warning.sentence), Some(""));
    }
}
