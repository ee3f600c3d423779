//! Which files are trust roots, and whom they vouch for.

use super::*;

const DID: &str = "did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z";

fn now() -> Timestamp {
    Timestamp::parse("2026-07-01T12:00:00Z").expect("a time")
}

fn code(text: &str) -> &'static str {
    Roots::parse(text.as_bytes()).map_or_else(|error| error.code(), |_| "read")
}

fn root(text: &str) -> Roots {
    Roots::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_plain_list_vouches_for_those_in_it_and_for_whom_they_endorse() {
    let roots = root(&format!(r#"["{DID}", "https://example.org/issuer", "did:web:example.org"]"#));
    let by = roots.vouch(DID, now()).expect("listed");
    assert_eq!((by.kind, by.entry.as_str(), by.name), (Kind::List, DID, None));
    assert!(roots.vouch("https://example.org/issuer", now()).is_some());
    assert_eq!(roots.vouch_by_endorser(DID, now()).map(|by| by.kind), Some(Kind::Endorsement));
    for other in ["did:web:example.org:a", "did:web:EXAMPLE.org", "https://example.org/issuer/", "", "did"] {
        assert_eq!(roots.vouch(other, now()), None, "{other}");
    }
}

#[test]
fn listed_issuers_do_not_vouch_for_others_and_endorsers_do() {
    let roots = root(&format!(
        r#"{{"issuers": [{{"id": "{DID}", "name": "Example University", "url": "https://example.org"}}],
        "endorsers": ["did:web:ministry.example"]}}"#
    ));
    let by = roots.vouch(DID, now()).expect("listed");
    assert_eq!(
        (by.name.as_deref(), by.url.as_deref()),
        (Some("Example University"), Some("https://example.org"))
    );
    assert_eq!(roots.vouch_by_endorser(DID, now()), None, "an issuer is no root");
    let by = roots.vouch_by_endorser("did:web:ministry.example", now()).expect("an endorser");
    assert_eq!(by.entry, "did:web:ministry.example");
}

#[test]
fn registries_of_the_digital_credentials_consortium_are_read_in_both_forms() {
    for key in ["registry", "entries"] {
        let roots = root(&format!(
            r#"{{"meta": {{"created": "2026-01-01T00:00:00+00:00"}}, "{key}": {{
            "{DID}": {{"name": "Example University", "location": "Vienna", "url": "https://example.org"}},
            "did:web:example.org": {{"name": "Example"}}}}}}"#
        ));
        let by = roots.vouch(DID, now()).expect("registered");
        assert_eq!((by.kind, by.location.as_deref()), (Kind::Registry, Some("Vienna")));
        assert_eq!(roots.vouch_by_endorser(DID, now()), None, "a registered issuer is no root");
    }
}

#[test]
fn the_first_root_that_knows_an_issuer_names_it() {
    let mut roots = Roots::default();
    let registry = |name: &str| format!(r#"{{"registry": {{"{DID}": {{"name": "{name}"}}}}}}"#);
    roots.add_missing("https://a.example/r.json", "it answered 503").expect("room");
    roots.add("https://b.example/r.json", registry("Second").as_bytes()).expect("reads");
    roots.add("https://c.example/r.json", registry("Third").as_bytes()).expect("reads");
    let by = roots.vouch(DID, now()).expect("registered");
    assert_eq!((by.root.as_str(), by.name.as_deref()), ("https://b.example/r.json", Some("Second")));
    assert_eq!(roots.missing().collect::<Vec<_>>(), [("https://a.example/r.json", "it answered 503")]);
    assert_eq!((roots.len(), roots.is_empty(), Roots::default().is_empty()), (3, false, true));
}

#[test]
fn what_is_no_trust_root_is_refused_with_the_place() {
    for (text, expected) in [
        ("", "trust_root_not_json"),
        ("<html>", "trust_root_not_json"),
        ("7", "trust_root_form_unknown"),
        ("\"did:web:example.org\"", "trust_root_form_unknown"),
        ("{}", "trust_root_form_unknown"),
        ("{\"registry\": []}", "trust_root_form_unknown"),
        ("{\"registry\": {\"Example University\": {}}}", "trust_root_form_unknown"),
        ("{\"registry\": {\"did:web:example.org\": \"Example\"}}", "trust_root_form_unknown"),
        ("{\"issuers\": {}}", "trust_root_form_unknown"),
        ("{\"issuers\": [7]}", "trust_root_form_unknown"),
        ("{\"issuers\": [{\"name\": \"Example\"}]}", "trust_root_form_unknown"),
        ("[\"http://example.org\"]", "trust_root_form_unknown"),
        ("[\"did:web\"]", "trust_root_form_unknown"),
        ("[\"Example University\"]", "trust_root_form_unknown"),
        ("{\"issuers\": [\"did:web:a.example\"], \"issuers\": []}", "trust_root_not_json"),
        (
            "[{\"name\": \"DCC Registry\", \"type\": \"dcc-legacy\", \"url\": \"https://a.example/registry.json\"}]",
            "trust_root_lists_registries",
        ),
    ] {
        assert_eq!(code(text), expected, "{text}");
    }
    let error = Roots::parse(br#"{"issuers": ["did:web:a.example", "b"]}"#).expect_err("no DID");
    assert_eq!(error.to_string(), "this is neither a DID nor an https URL (at /issuers/1)");
    let error = Roots::parse(br#"{"registry": {"a/b~c": {}}}"#).expect_err("no DID");
    assert!(error.to_string().ends_with("(at /registry/a~1b~0c)"), "{error}");
}

#[test]
fn roots_and_what_they_say_have_limits() {
    let mut roots = Roots::default();
    for at in 0..MAX_ROOTS {
        roots.add(format!("root {at}"), b"[]").expect("room");
    }
    assert_eq!(roots.add("one more", b"[]"), Err(TrustError::TooManyRoots));
    assert_eq!(roots.add_missing("one more", "away"), Err(TrustError::TooManyRoots));
    let long = "x".repeat(10_000);
    let roots = root(&format!(r#"[{{"id": "{DID}", "name": "{long}"}}]"#));
    let name = roots.vouch(DID, now()).expect("listed").name.expect("a name");
    assert_eq!(name.len(), MAX_SHOWN_CHARS);
    let many = format!("[{}]", vec!["\"did:a:b\""; MAX_ENTRIES + 1].join(","));
    assert_eq!(code(&many), "trust_root_too_large");
}
