//! Whole credentials and presentations: nothing may come out valid that nobody signed.

use super::samples::{
    CHALLENGE, CONTEXTS, DOMAIN, EVIDENCE, KNOWN, Known, NOW, PRESENTATIONS, at, judged, party,
};
use accolade_core::bake;
use accolade_core::json::{self, Object, Value};
use accolade_core::jsonld::canonicalize;
use accolade_core::verify::{Expected, Needs, Policy, Report, Verdict, check_presentation_bytes};

/// Any bytes as a badge. What is shown of it, and its verdict, must be what was signed.
pub fn credential(data: &[u8]) {
    let report = judged(data);
    if data.trim_ascii_start().starts_with(b"eyJ") {
        return super::jose(data);
    }
    let Some(text) = text_of(data) else {
        assert!(report.badge.is_none() && !report.is_good(), "valid, and no badge: {report:?}");
        return;
    };
    match json::parse(text.as_bytes()) {
        Ok(Value::Object(object)) => hold(&object, &report),
        _ => assert!(report.badge.is_none() && !report.is_good(), "valid, and no object: {report:?}"),
    }
    assert_told(&report);
}

/// The text of the badge, out of its picture if it is in one.
fn text_of(data: &[u8]) -> Option<String> {
    match bake::ImageKind::of(data) {
        Some(_) => bake::extract(data).ok().map(|found| found.text),
        None => String::from_utf8(data.to_vec()).ok(),
    }
}

/// Holds a report against what was really signed.
pub(super) fn hold(object: &Object, report: &Report) {
    assert_eq!(report.is_good(), report.verdict == Verdict::Valid, "{report:?}");
    let Some(shown) = &report.badge else {
        assert!(!report.is_good() && report.issuer.is_none(), "good, and shows nothing: {report:?}");
        return;
    };
    let canonical = canonicalize(object, &["proof"], &CONTEXTS).expect("what is proved is JSON-LD").nquads;
    let signed = KNOWN.get(&canonical);
    let Known { verdict, issuer, badge } =
        signed.unwrap_or_else(|| panic!("nobody signed this: {canonical}"));
    assert_eq!(&report.issuer, issuer);
    let told = |badge: &accolade_core::verify::Badge| format!("{badge:?}");
    assert_eq!(told(shown), told(badge), "it reads otherwise than it was signed");
    assert!(!report.is_good() || verdict.is_good(), "it was {verdict:?} as it was signed");
}

/// Any bytes as a presentation.
pub fn presentation(data: &[u8]) {
    let expected = Expected { challenge: Some(CHALLENGE), domain: Some(DOMAIN) };
    let mut gather = |_: &Needs| EVIDENCE.clone();
    let report =
        check_presentation_bytes(data, expected, &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
    if !report.is_good() && !report.recipient_proved {
        return;
    }
    let Ok(Value::Object(object)) = json::parse(data) else { panic!("good, and no object: {report:?}") };
    if report.recipient_proved {
        let canonical =
            |object: &Object| canonicalize(object, &["proof"], &CONTEXTS).expect("JSON-LD").nquads;
        let own = canonical(&object);
        assert!(
            PRESENTATIONS.iter().any(|(_, known)| canonical(known) == own),
            "nobody presented this: {own}"
        );
        assert_eq!(report.holder.as_deref(), Some(party(2).did.as_str()));
    }
    let credentials = object.get("verifiableCredential").map(Value::one_or_many).unwrap_or_default();
    assert_eq!(credentials.len(), report.credentials.len());
    for (credential, report) in credentials.iter().zip(&report.credentials) {
        hold(credential.as_object().expect("an object"), report);
    }
}

/// A report says why.
pub(super) fn assert_told(report: &Report) {
    assert!(!report.checks.is_empty() && !report.sentence.is_empty() && !report.headline().is_empty());
    assert!(report.is_good() || !report.problems().is_empty(), "bad, and no problem: {report:?}");
}
