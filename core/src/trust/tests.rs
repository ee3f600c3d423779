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

#[test]
fn all_roots_together_hold_no_more_than_one_may() {
    let list = |from: usize, count: usize| {
        let ids: Vec<String> = (from..from + count).map(|at| format!("\"did:a:{at}\"")).collect();
        Arc::new(Root::parse(format!("[{}]", ids.join(",")).as_bytes()).expect("reads"))
    };
    let (large, small) = (list(0, MAX_ENTRIES - 1), list(MAX_ENTRIES, 1));
    let mut roots = Roots::default();
    roots.add_root("large", Arc::clone(&large)).expect("room");
    assert_eq!(roots.add_root("the same", Arc::clone(&large)), Err(TrustError::TooManyEntries));
    roots.add_root("small", small).expect("room");
    assert_eq!(roots.add("one more", b"[\"did:b:c\"]"), Err(TrustError::TooManyEntries));
    assert_eq!(roots.len(), 2, "what was refused isn't there");
    assert!(roots.vouch("did:b:c", now()).is_none());
    for (id, root) in [("did:a:0", "large"), ("did:a:65534", "large"), ("did:a:65536", "small")] {
        assert_eq!(roots.vouch(id, now()).expect(id).root, root);
    }
    assert!(roots.vouch("did:a:65535", now()).is_none() && roots.vouch("did:a:", now()).is_none());
    assert_eq!(Arc::strong_count(&large), 2, "roots are shared, not copied");
}

#[test]
fn an_entry_that_says_nothing_costs_little_and_what_is_held_is_counted() {
    let of = |text: &str| Root::parse(text.as_bytes()).expect("reads");
    let ids: Vec<String> = (0..MAX_ENTRIES).map(|at| format!("\"did:a:{at:06}\"")).collect();
    let plain = of(&format!("[{}]", ids.join(",")));
    assert_eq!(plain.len(), MAX_ENTRIES);
    assert!(plain.memory_bytes() <= MAX_ENTRIES * (12 + 32), "{} bytes", plain.memory_bytes());
    let empty = of(r#"{"registry": {"did:a:b": {}}}"#);
    let named = of(&format!(r#"{{"registry": {{"did:a:b": {{"name": "{}"}}}}}}"#, "x".repeat(100)));
    assert!(named.memory_bytes() >= empty.memory_bytes() + 100);
    assert!(of("[]").is_empty() && of("[]").memory_bytes() == 0);
}

mod federations {
    use super::super::*;
    use super::{DID, now};
    use crate::keys::SecretKey;
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    const ANCHOR: &str = "https://registry.example";
    /// 2026-07-01T00:00:00Z.
    const TODAY_S: i64 = 1_782_864_000;

    struct Anchor(SecretKey);

    fn anchor(seed: u8) -> Anchor {
        Anchor(SecretKey::from(crate::keys::SigningKey::from_seed(&[seed; 32])))
    }

    impl Anchor {
        fn jwks(&self) -> String {
            let mut jwk = self.0.public_key().to_jwk();
            jwk.insert("kid", "key-1");
            format!("{{\"keys\":[{}]}}", Value::Object(jwk))
        }

        fn token(&self, header: &str, claims: &str) -> String {
            let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
            let signed = format!("{}.{}", part(header), part(claims));
            let signature = self.0.sign(signed.as_bytes()).expect("signs");
            format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
        }

        fn sign(&self, typ: &str, claims: &str) -> String {
            let algorithm = self.0.algorithm().as_str();
            self.token(&format!(r#"{{"alg":"{algorithm}","typ":"{typ}","kid":"key-1"}}"#), claims)
        }

        fn configuration(&self) -> String {
            self.configuration_with("")
        }

        fn configuration_with(&self, more: &str) -> String {
            let jwks = self.jwks();
            let claims = format!(
                r#"{{"iss":"{ANCHOR}","sub":"{ANCHOR}","iat":{TODAY_S},"exp":{},"jwks":{jwks}{more},
                "metadata":{{"federation_entity":{{"organization_name":"Example Consortium"}}}}}}"#,
                TODAY_S + 86_400
            );
            self.sign("entity-statement+jwt", &claims)
        }

        fn statement(&self, of: &str) -> String {
            self.sign("entity-statement+jwt", &statement(of))
        }

        fn mark(&self, of: &str) -> String {
            self.sign("trust-mark+jwt", &mark(of))
        }
    }

    fn statement(of: &str) -> String {
        format!(
            r#"{{"iss":"{ANCHOR}","sub":"{of}","iat":{TODAY_S},"exp":{},
            "metadata":{{"federation_entity":{{"organization_name":"Example University","homepage_uri":"https://u.example"}}}}}}"#,
            TODAY_S + 172_800
        )
    }

    fn mark(of: &str) -> String {
        format!(
            r#"{{"iss":"{ANCHOR}","sub":"{of}","iat":{TODAY_S},"trust_mark_type":"https://registry.example/accredited"}}"#
        )
    }

    fn read(text: &str) -> Result<Roots, TrustError> {
        Roots::parse(text.as_bytes())
    }

    fn why(text: &str) -> String {
        read(text).map_or_else(|error| format!("{}: {error}", error.code()), |_| "read".to_owned())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_trust_anchor_vouches_by_statements_and_trust_marks_in_every_form() {
        let own = anchor(1);
        let other = "did:web:other.example";
        let forms = [
            format!("{}\n{}\n\n{}\n", own.configuration(), own.statement(DID), own.mark(other)),
            format!(
                r#"{{"trust_anchor":"{}","statements":["{}"],"trust_marks":["{}"]}}"#,
                own.configuration(),
                own.statement(DID),
                own.mark(other)
            ),
            format!(
                r#"{{"trust_anchor":{{"iss":"{ANCHOR}","jwks":{}}},"statements":["{}"],"trust_marks":["{}"]}}"#,
                own.jwks(),
                own.statement(DID),
                own.mark(other)
            ),
        ];
        for form in forms {
            let roots = read(&form).unwrap_or_else(|error| panic!("{error}: {form}"));
            let by = roots.vouch(DID, now()).expect("a member");
            assert_eq!((by.kind, by.name.as_deref()), (Kind::Federation, Some("Example University")));
            assert_eq!(by.url.as_deref(), Some("https://u.example"));
            let by = roots.vouch(other, now()).expect("marked");
            assert_eq!(
                (by.kind, by.name.as_deref()),
                (Kind::TrustMark, Some("https://registry.example/accredited"))
            );
            assert_eq!(roots.vouch_by_endorser(DID, now()), None, "a member is no anchor");
            assert_eq!(roots.vouch("did:web:third.example", now()), None);
        }
    }

    #[test]
    fn the_anchor_itself_is_known_and_endorses() {
        let roots = read(&anchor(1).configuration()).expect("reads");
        assert_eq!(roots.vouch(ANCHOR, now()).and_then(|by| by.name).as_deref(), Some("Example Consortium"));
        assert!(roots.vouch_by_endorser(ANCHOR, now()).is_some());
    }

    #[test]
    fn statements_end_with_their_own_time_and_with_the_anchors() {
        let own = anchor(1);
        let by_token = read(&format!(
            "{}\n{}\n{}",
            own.configuration(),
            own.statement(DID),
            own.mark("did:web:m.example")
        ))
        .expect("reads");
        let by_keys = format!(
            r#"{{"trust_anchor":{{"iss":"{ANCHOR}","jwks":{}}},"statements":["{}"]}}"#,
            own.jwks(),
            own.statement(DID)
        );
        let by_keys = read(&by_keys).expect("reads");
        for (seconds, token, keys) in [
            (TODAY_S - 1, false, false),
            (TODAY_S, true, true),
            (TODAY_S + 86_399, true, true),
            (TODAY_S + 86_400, false, true),
            (TODAY_S + 172_800, false, false),
        ] {
            assert_eq!(by_token.vouch(DID, at(seconds)).is_some(), token, "{seconds}");
            assert_eq!(by_token.vouch("did:web:m.example", at(seconds)).is_some(), token, "{seconds}");
            assert_eq!(by_keys.vouch(DID, at(seconds)).is_some(), keys, "{seconds}");
        }
    }

    #[test]
    fn of_several_statements_on_one_issuer_the_one_that_holds_longest_counts() {
        let own = anchor(1);
        let ended = statement(DID).replace(&(TODAY_S + 172_800).to_string(), &(TODAY_S + 1).to_string());
        let ended = own.sign("entity-statement+jwt", &ended);
        let fresh = own.statement(DID);
        for (first, second) in [(&ended, &fresh), (&fresh, &ended)] {
            let roots = read(&format!("{}\n{first}\n{second}", own.configuration())).expect("reads");
            assert!(roots.vouch(DID, at(TODAY_S + 3600)).is_some());
        }
    }

    #[test]
    fn what_the_anchor_did_not_sign_is_refused() {
        let (own, other) = (anchor(1), anchor(2));
        let after = |token: &str| why(&format!("{}\n{token}", own.configuration()));
        let changed = own.statement(DID).replacen('.', ".x", 1);
        for (token, expected) in [
            (other.statement(DID), "does not match"),
            (changed, "trust_root_token"),
            (own.token(r#"{"alg":"none","typ":"entity-statement+jwt"}"#, &statement(DID)), "none"),
            (own.sign("JWT", &statement(DID)), "“JWT”"),
            (own.sign("vc+jwt", &statement(DID)), "“vc+jwt”"),
            (own.token(r#"{"alg":"EdDSA","kid":"key-1"}"#, &statement(DID)), "“typ”"),
            (
                own.token(r#"{"alg":"EdDSA","typ":"entity-statement+jwt","kid":"key-2"}"#, &statement(DID)),
                "names no key",
            ),
            (
                own.token(r#"{"alg":"ES256","typ":"entity-statement+jwt","kid":"key-1"}"#, &statement(DID)),
                "ES256",
            ),
            (own.sign("entity-statement+jwt", &statement("Example")), "neither a DID"),
            (
                own.sign("entity-statement+jwt", &statement(DID).replace(ANCHOR, "https://b.example")),
                "somebody else",
            ),
            (
                own.sign("entity-statement+jwt", &statement(DID).replace("\"exp\"", "\"end\"")),
                "seconds since 1970",
            ),
            (
                own.sign(
                    "entity-statement+jwt",
                    &statement(DID).replace("\"iat\"", "\"crit\":[\"a\"],\"iat\""),
                ),
                "crit",
            ),
            (own.sign("trust-mark+jwt", &mark(DID).replace("\"iat\"", "\"at\"")), "seconds since 1970"),
            (own.sign("trust-mark+jwt", &mark(DID).replace("trust_mark_type", "kind")), "type"),
            ("did:web:example.org".to_owned(), "trust_root_token"),
        ] {
            let told = after(&token);
            assert!(
                told.starts_with("trust_root_token: the token in place 1") && told.contains(expected),
                "{told}"
            );
        }
        assert_eq!(after(&own.statement(DID)), "read");
    }

    #[test]
    fn anchors_that_are_none_are_refused() {
        let own = anchor(1);
        let jwks = own.jwks();
        for (text, expected) in [
            (own.statement(DID), "entity configuration"),
            (own.configuration().replacen('.', ".x", 1), "trust_root_token"),
            ("{\"trust_anchor\": 7}".to_owned(), "trust_root_without_anchor"),
            (format!(r#"{{"trust_anchor":{{"iss":"Example","jwks":{jwks}}}}}"#), "https URL"),
            (format!(r#"{{"trust_anchor":{{"iss":"{ANCHOR}"}}}}"#), "no key"),
            (format!(r#"{{"trust_anchor":{{"iss":"{ANCHOR}","jwks":{{"keys":[]}}}}}}"#), "no key"),
            (
                format!(r#"{{"trust_anchor":{{"iss":"{ANCHOR}","jwks":{jwks}}},"statements":[7]}}"#),
                "list of tokens",
            ),
            (
                format!(
                    r#"{{"trust_anchor":{{"iss":"{ANCHOR}","jwks":{}}}}}"#,
                    jwks.replace("\"kid\"", "\"d\":\"AAAA\",\"kid\"")
                ),
                "secret",
            ),
        ] {
            let told = why(&text);
            assert!(told.contains(expected), "{expected}: {told}");
        }
        let many =
            |count: usize| format!("{}\n{}", own.configuration(), vec![own.mark(DID); count].join("\n"));
        assert!(why(&many(MAX_TOKENS)).starts_with("trust_root_too_large"));
        let marks = vec![format!("\"{}\"", own.mark(DID)); MAX_TOKENS].join(",");
        let object = format!(r#"{{"trust_anchor":"{}","trust_marks":[{marks}]}}"#, own.configuration());
        assert!(why(&object).starts_with("trust_root_too_large"));
        // As many as one may hold twice, and not one more in all.
        let (mut roots, most) = (Roots::default(), many(MAX_TOKENS - 1));
        for _ in 0..MAX_TOKENS_IN_ALL / MAX_TOKENS {
            roots.add("federation", most.as_bytes()).expect("room");
        }
        assert_eq!(roots.add("one more", many(0).as_bytes()), Err(TrustError::TooManyTokens));
        let shared = Arc::new(Root::parse(many(0).as_bytes()).expect("reads"));
        assert_eq!(roots.add_root("one more", shared), Err(TrustError::TooManyTokens));
        roots.add("a list", b"[]").expect("has no tokens");
    }

    #[test]
    fn trust_marks_that_the_anchor_leaves_to_others_are_refused() {
        let own = anchor(1);
        let kind = "https://registry.example/accredited";
        for (more, expected) in [
            (format!(r#","trust_mark_issuers":{{"{kind}":["{ANCHOR}"]}}"#), "read"),
            (format!(r#","trust_mark_issuers":{{"{kind}":[]}}"#), "read"),
            (
                r#","trust_mark_issuers":{"https://registry.example/other":["https://b.example"]}"#
                    .to_owned(),
                "read",
            ),
            (format!(r#","trust_mark_issuers":{{"{kind}":["https://b.example"]}}"#), "to others"),
            (format!(r#","trust_mark_owners":{{"{kind}":{{"sub":"https://b.example"}}}}"#), "delegations"),
        ] {
            let told = why(&format!("{}\n{}", own.configuration_with(&more), own.mark(DID)));
            assert!(told.contains(expected), "{expected}: {told}");
        }
    }

    #[test]
    fn anchors_sign_with_keys_of_every_kind() {
        let keys = [
            SecretKey::from(crate::keys::SigningKey::from_seed(&[3; 32])),
            SecretKey::P256(crate::keys::P256Secret::from_bytes(&[3; 32]).expect("a key")),
            SecretKey::P384(crate::keys::P384Secret::from_bytes(&[3; 48]).expect("a key")),
        ];
        for key in keys {
            let own = Anchor(key);
            let roots = read(&format!("{}\n{}", own.configuration(), own.statement(DID))).expect("reads");
            assert!(roots.vouch(DID, now()).is_some());
        }
    }
}
