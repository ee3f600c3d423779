//! Badges in pictures: judged as if they stood alone, and said to come from a picture.

use super::*;
use crate::bake::{Form, Format, ImageKind, bake};

const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

/// An SVG with `text` where Open Badges 2.0 puts a badge.
fn elder(text: &str) -> Vec<u8> {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<svg xmlns:o=\"http://openbadges.org\"><o:assertion>{escaped}</o:assertion></svg>").into_bytes()
}

fn judged(bytes: &[u8]) -> Report {
    let mut gather = |_: &Needs| fresh(&[]);
    check_bytes(bytes, &mut gather, &Policy::default(), at(NOW), &CONTEXTS)
}

#[test]
fn a_badge_in_a_picture_is_judged_like_the_badge_alone() {
    let text = Value::Object(signed()).to_string();
    let baked = bake(SVG, text.as_bytes()).expect("bakes");
    let (alone, in_picture) = (judged(text.as_bytes()), judged(&baked));
    assert_eq!((alone.verdict, alone.picture), (Verdict::Valid, None));
    let picture = Picture { kind: ImageKind::Svg, format: Format::Ob3, form: Form::Json };
    assert_eq!((in_picture.verdict, in_picture.picture), (Verdict::Valid, Some(picture)));
    assert_eq!((in_picture.issuer, in_picture.checks.len()), (alone.issuer, alone.checks.len()));

    let mut gather = |_: &Needs| fresh(&[4711]);
    let report = check_bytes(&baked, &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
    assert_eq!(report.verdict, Verdict::Revoked);
    let changed = bake(SVG, text.replace("Cryptography", "Surgery").as_bytes()).expect("bakes");
    let report = judged(&changed);
    assert_eq!((report.verdict, report.badge.is_none()), (Verdict::Forged, true));
    assert_eq!(judged(&elder(&text)).picture.map(|picture| picture.format), Some(Format::Ob2));
    assert_eq!(judged(&elder(&text)).verdict, Verdict::Valid);
}

#[test]
fn a_badge_of_a_format_that_is_not_read_is_unsupported_in_a_picture_too() {
    let elder_json =
        r#"{"@context":"https://w3id.org/openbadges/v2","type":"Assertion","id":"https://a.example/1"}"#;
    for (baked, code, form) in [
        (elder(elder_json), "open_badges_2", Form::Json),
        (elder("https://a.example/1"), "hosted_badge", Form::Url),
        (elder("eyJhbGciOiJFUzUxMiJ9.e30.AA"), "token_algorithm_unsupported", Form::Jws),
        (bake(SVG, b"eyJhbGciOiJFUzUxMiJ9.e30.AA").expect("bakes"), "token_algorithm_unsupported", Form::Jws),
    ] {
        let report = judged(&baked);
        assert_eq!((report.verdict, report.code), (Verdict::Unsupported, code));
        assert_eq!(report.picture.map(|picture| picture.form), Some(form));
    }
}

#[test]
fn a_picture_without_a_badge_is_malformed_and_says_why() {
    let two = [elder("{}"), elder(r#"{"a":1}"#)].concat();
    for (bytes, code) in [
        (SVG, "picture_without_badge"),
        (b"\x89PNG\r\n\x1a\n", "picture_damaged"),
        (b"<!DOCTYPE html><html></html>", "picture_damaged"),
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "picture_with_doctype"),
        (b"<html></html>", "picture_damaged"),
        (b"<svg>\xff</svg>", "picture_not_utf8"),
        (&two, "picture_damaged"),
        (&elder("junk"), "picture_content_unknown"),
        (&elder("{}"), "context_missing"),
        (&elder("{"), "not_json"),
    ] {
        let mut gather = |_: &Needs| -> Evidence { panic!("gathered for {code}") };
        let report = check_bytes(bytes, &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
        assert_eq!((report.verdict, report.code), (Verdict::Malformed, code));
        assert!(report.checks[0].detail.is_some() && report.badge.is_none());
        assert_ne!(report.sentence, "", "{code}");
    }
}
