//! What must be refused, rule by rule, and what must not.

mod drafts;
mod places;
mod schema;
mod tokens;
mod v1;

use super::*;

const ISSUER: &str = "did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z";
const EARNER: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).expect(text)
}

fn object(text: &str) -> Object {
    value(text).as_object().expect(text).clone()
}

fn plain() -> Object {
    object(&format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11",
        "type":["VerifiableCredential"],"issuer":"{ISSUER}","validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{{"id":"{EARNER}"}}}}"#
    ))
}

fn badge() -> Object {
    object(&format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2","{OPEN_BADGES_V3}"],
        "id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11","type":["VerifiableCredential","OpenBadgeCredential"],
        "name":"Cryptography","issuer":{{"id":"{ISSUER}","type":["Profile"],"name":"Example University",
          "address":{{"type":["Address"],"geo":{{"type":"GeoCoordinates","latitude":48.2,"longitude":16}}}},
          "parentOrg":{{"id":"https://parent.example","type":["Profile"]}},
          "otherIdentifier":[{{"type":"IdentifierEntry","identifier":"7","identifierType":"ext:ROR"}}]}},
        "validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{{"id":"{EARNER}","type":["AchievementSubject"],"creditsEarned":3.5,
          "identifier":[{{"type":"IdentityObject","hashed":false,"identityHash":"A. Earner","identityType":"name"}}],
          "result":[{{"type":["Result"],"resultDescription":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000001","value":"A","status":"Completed"}}],
          "achievement":{{"id":"https://a.example/1","type":["Achievement"],"name":"Cryptography",
            "description":"Designs protocols.","criteria":{{"narrative":"Pass the exam."}},"inLanguage":"en",
            "achievementType":"Course","tag":["crypto"],
            "image":{{"id":"https://a.example/1.png","type":"Image"}},
            "related":[{{"id":"https://a.example/0","type":["Related"],"inLanguage":"de-AT"}}],
            "alignment":[{{"type":["Alignment"],"targetName":"Uses ciphers","targetUrl":"https://esco.example/1","targetType":"CTDL"}}],
            "resultDescription":[{{"id":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000001","type":["ResultDescription"],
              "name":"Grade","resultType":"LetterGrade","allowedValue":["A","B"],
              "rubricCriterionLevel":[{{"id":"urn:x:1","type":["RubricCriterionLevel"],"name":"Good"}}]}}]}}}},
        "evidence":[{{"id":"https://p.example/1","type":["Evidence"],"name":"Report"}}]}}"#
    ))
}

/// `object` with the value at a JSON Pointer set, or taken out where `json` is empty.
fn with(object: Object, pointer: &str, json: &str) -> Object {
    fn set(value: &mut Value, keys: &[&str], new: Option<Value>) {
        let (key, rest) = keys.split_first().expect("a key");
        match value {
            Value::Object(object) => {
                if rest.is_empty() {
                    match new {
                        Some(new) => object.insert(*key, new),
                        None => drop(object.remove(key)),
                    }
                    return;
                }
                let mut inner = object.get(key).cloned().unwrap_or_else(|| panic!("no member {key}"));
                set(&mut inner, rest, new);
                object.insert(*key, inner);
            }
            Value::Array(items) => {
                let at: usize = key.parse().expect("an index");
                match (rest.is_empty(), new) {
                    (true, Some(new)) => items[at] = new,
                    (true, None) => drop(items.remove(at)),
                    (false, new) => set(&mut items[at], rest, new),
                }
            }
            _ => panic!("nothing under {key}"),
        }
    }
    let mut value = Value::Object(object);
    let new = (!json.is_empty()).then(|| self::value(json));
    set(&mut value, &pointer.split('/').skip(1).collect::<Vec<_>>(), new);
    match value {
        Value::Object(object) => object,
        _ => unreachable!("an object stays one"),
    }
}

fn code(object: Object) -> &'static str {
    Credential::from_object(object).map_or_else(|error| error.code, |_| "accepted")
}

/// Each case: where, what is put there (empty: taken out), the code that must come.
fn refuses(base: fn() -> Object, cases: &[(&str, &str, &str)]) {
    assert_eq!(code(base()), "accepted");
    for (pointer, json, expected) in cases {
        assert_eq!(code(with(base(), pointer, json)), *expected, "{pointer} := {json}");
    }
}

#[test]
fn refuses_bytes_that_are_no_credential() {
    let code = |bytes: &[u8]| Credential::parse(bytes).map_or_else(|error| error.code, |_| "accepted");
    for junk in ["", "{", "nul", "hello", "{\"a\":1,\"a\":2}", "{\"a\":\"\\ud800\"}", "{\"a\":1e400}"] {
        assert_eq!(code(junk.as_bytes()), "not_json", "{junk}");
    }
    for other in ["[]", "7", "\"text\"", "null", "true"] {
        assert_eq!(code(other.as_bytes()), "not_an_object", "{other}");
    }
    assert_eq!(code(b"{}"), "context_missing");
    assert_eq!(code(b"\xff"), "not_utf8");
    assert_eq!(code(&vec![b' '; json::MAX_BYTES + 1]), "too_large");
    assert_eq!(code(format!("{}1{}", "[".repeat(65), "]".repeat(65)).as_bytes()), "not_json");
    assert_eq!(code(b"eyJhbGciOiJFZERTQSJ9.e30.AA"), "context_missing");
    for other in [&b"\x89PNG\r\n\x1a\n"[..], b" <svg/>", b"%PDF-1.7"] {
        let error = Credential::parse(other).expect_err("not read yet");
        assert_eq!((error.kind, error.code), (MalformedKind::Unsupported, "format_unsupported"));
    }
}

#[test]
fn refuses_wrong_contexts() {
    refuses(
        plain,
        &[
            ("/@context", "", "context_missing"),
            ("/@context", "\"https://www.w3.org/ns/credentials/v2\"", "context_not_a_list"),
            ("/@context", "null", "context_not_a_list"),
            ("/@context", "{}", "context_not_a_list"),
            ("/@context", "[]", "base_context_not_first"),
            ("/@context", "[\"https://www.w3.org/ns/credentials/examples/v2\"]", "base_context_not_first"),
            (
                "/@context",
                "[{\"a\":\"https://a.example\"},\"https://www.w3.org/ns/credentials/v2\"]",
                "base_context_not_first",
            ),
            (
                "/@context",
                "[\"https://www.w3.org/ns/credentials/v2\",\"https ://not-a-url\"]",
                "context_invalid",
            ),
            ("/@context", "[\"https://www.w3.org/ns/credentials/v2\",\"relative\"]", "context_invalid"),
            ("/@context", "[\"https://www.w3.org/ns/credentials/v2\",7]", "context_invalid"),
            ("/@context", "[\"https://www.w3.org/ns/credentials/v2\",null]", "context_invalid"),
            ("/@context", "[\"https://www.w3.org/ns/credentials/v2\",[{}]]", "context_invalid"),
        ],
    );
}

#[test]
fn answers_elder_formats_as_unsupported() {
    for (context, expected) in [
        (r#"["https://w3id.org/openbadges/v2"]"#, "open_badges_2"),
        (r#""https://w3id.org/openbadges/v2""#, "open_badges_2"),
    ] {
        let error = Credential::from_object(with(plain(), "/@context", context)).expect_err("elder");
        assert_eq!((error.kind, error.code), (MalformedKind::Unsupported, expected));
    }
}

#[test]
fn refuses_wrong_types() {
    refuses(
        plain,
        &[
            ("/type", "", "type_missing"),
            ("/type", "[]", "type_missing"),
            ("/type", "null", "type_not_a_string"),
            ("/type", "7", "type_not_a_string"),
            ("/type", "[\"VerifiableCredential\",7]", "type_not_a_string"),
            ("/type", "[\"VerifiableCredential\",\"\"]", "type_not_a_string"),
            ("/type", "[[\"VerifiableCredential\"]]", "type_not_a_string"),
            ("/type", "[\"RelationshipCredential\"]", "type_not_included"),
            ("/type", "\"VerifiablePresentation\"", "type_not_included"),
        ],
    );
    assert_eq!(code(with(plain(), "/type", "\"VerifiableCredential\"")), "accepted");
}

#[test]
fn refuses_ids_that_are_not_one_url() {
    refuses(
        plain,
        &[
            ("/id", "null", "id_not_a_url"),
            ("/id", "7", "id_not_a_url"),
            ("/id", "{}", "id_not_a_url"),
            ("/id", "\"\"", "id_not_a_url"),
            ("/id", "\"not-a-url\"", "id_not_a_url"),
            ("/id", "\"https ://not-a-url\"", "id_not_a_url"),
            ("/id", "[\"https://a.example/1\",\"https://a.example/2\"]", "id_several"),
            ("/credentialSubject/id", "[\"did:example:1\",\"did:example:2\"]", "id_several"),
            ("/credentialSubject/id", "null", "id_not_a_url"),
            ("/credentialSubject/id", "\"A. Earner\"", "id_not_a_url"),
        ],
    );
    assert_eq!(code(with(plain(), "/id", "")), "accepted");
}

#[test]
fn refuses_issuers_without_a_url() {
    refuses(
        plain,
        &[
            ("/issuer", "", "issuer_missing"),
            ("/issuer", "null", "issuer_not_a_url"),
            ("/issuer", "7", "issuer_not_a_url"),
            ("/issuer", "[\"did:example:1\"]", "issuer_not_a_url"),
            ("/issuer", "\"Example University\"", "issuer_not_a_url"),
            ("/issuer", "{}", "issuer_without_id"),
            ("/issuer", "{\"name\":\"Example University\"}", "issuer_without_id"),
            ("/issuer", "{\"id\":\"fake-issuer\"}", "id_not_a_url"),
            ("/issuer", "{\"id\":null}", "id_not_a_url"),
        ],
    );
}

#[test]
fn refuses_empty_subjects() {
    refuses(
        plain,
        &[
            ("/credentialSubject", "", "subject_missing"),
            ("/credentialSubject", "{}", "subject_empty"),
            ("/credentialSubject", "[]", "subject_empty"),
            ("/credentialSubject", "[{}]", "subject_empty"),
            ("/credentialSubject", "[{\"id\":\"did:example:1\"},{}]", "subject_empty"),
            ("/credentialSubject", "\"did:example:1\"", "subject_not_an_object"),
            ("/credentialSubject", "7", "subject_not_an_object"),
            ("/credentialSubject", "null", "subject_not_an_object"),
        ],
    );
}

#[test]
fn refuses_dates_that_are_none() {
    for pointer in ["/validFrom", "/validUntil"] {
        for date in ["null", "7", "\"\"", "\"2026-01-01\"", "\"2026-01-01T00:00:00\"", "\"yesterday\"", "[]"]
        {
            assert_eq!(code(with(plain(), pointer, date)), "date_invalid", "{pointer} {date}");
        }
    }
    let reversed = with(plain(), "/validUntil", "\"2025-12-31T23:59:59Z\"");
    assert_eq!(code(reversed), "validity_reversed");
    let far = with(plain(), "/validFrom", "\"4023-02-26T01:02:58.447Z\"");
    assert_eq!(code(far), "accepted");
}

#[test]
fn refuses_untyped_objects_and_ids_that_are_not_one_url() {
    for key in ["credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence", "proof"] {
        let pointer = format!("/{key}");
        for (json, expected) in [
            ("{}", "type_missing"),
            ("{\"id\":\"did:example:1\"}", "type_missing"),
            ("{\"type\":2}", "type_not_a_string"),
            ("{\"type\":\"T\",\"id\":[\"did:example:1\",\"did:example:2\"]}", "id_several"),
            ("{\"type\":\"T\",\"id\":\"https ://not-a-url\"}", "id_not_a_url"),
            ("{\"type\":\"T\",\"id\":null}", "id_not_a_url"),
            ("\"did:example:1\"", "not_an_object"),
            ("7", "not_an_object"),
            ("[{\"type\":\"T\",\"id\":\"did:example:1\"},{}]", "type_missing"),
        ] {
            assert_eq!(code(with(plain(), &pointer, json)), expected, "{key} {json}");
        }
    }
    assert_eq!(code(with(plain(), "/credentialSchema", "{\"type\":\"T\"}")), "id_missing");
    assert_eq!(code(with(plain(), "/evidence", "{\"type\":\"T\"}")), "accepted");
}

#[test]
fn refuses_language_values_with_extra_keys() {
    for pointer in ["/name", "/description", "/issuer/name", "/issuer/description"] {
        let base = || with(plain(), "/issuer", &format!("{{\"id\":\"{ISSUER}\"}}"));
        for bad in [
            "7",
            "null",
            "{}",
            "{\"@language\":\"en\"}",
            "{\"@value\":7}",
            "{\"@value\":\"A\",\"@language\":\"en\",\"url\":\"did:example:1\"}",
            "[{\"@value\":\"A\",\"@type\":\"B\"}]",
        ] {
            assert_eq!(code(with(base(), pointer, bad)), "language_value_invalid", "{pointer} {bad}");
        }
        for good in [
            "\"A\"",
            "{\"@value\":\"A\",\"@language\":\"en\",\"@direction\":\"ltr\"}",
            "[{\"@value\":\"A\"},{\"@value\":\"B\"}]",
        ] {
            assert_eq!(code(with(base(), pointer, good)), "accepted", "{pointer} {good}");
        }
    }
}

#[test]
fn refuses_related_resources_without_the_right_digest() {
    let v2 = "https://www.w3.org/ns/credentials/v2";
    let bare = "uWZVc7WaX1h4D8rJVb-UwirFoRoRvW1htf30fet7JJzQ";
    let resource = |rest: &str| with(plain(), "/relatedResource", &format!("[{{\"id\":\"{v2}\"{rest}}}]"));
    assert_eq!(code(resource("")), "related_resource_without_digest");
    for bad in ["7", "\"\"", "\"u\"", "\"uAAAA\"", "\"WZVc\"", &format!("\"{}A\"", &bare[..bare.len() - 1])] {
        assert_eq!(
            code(resource(&format!(",\"digestMultibase\":{bad}"))),
            "related_resource_digest",
            "{bad}"
        );
    }
    for bad in ["\"sha256-AAAA\"", "\"md5-AAAA\"", "\"sha384-\"", "\"\"", "null"] {
        assert_eq!(code(resource(&format!(",\"digestSRI\":{bad}"))), "related_resource_digest", "{bad}");
    }
    let twice = format!("[{{\"id\":\"{v2}\"}},{{\"id\":\"{v2}\"}}]");
    assert_eq!(code(with(plain(), "/relatedResource", &twice)), "related_resource_without_digest");
    let digest = "\"digestSRI\":\"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"";
    let other = |id: &str| format!("{{\"id\":\"{id}\",{digest}}}");
    let twice = format!("[{},{}]", other("https://a.example/1"), other("https://a.example/1"));
    assert_eq!(code(with(plain(), "/relatedResource", &twice)), "related_resource_twice");
    let without_id = with(plain(), "/relatedResource", &format!("{{{digest}}}"));
    assert_eq!(code(without_id), "related_resource_without_id");
    assert_eq!(code(with(plain(), "/relatedResource", "\"https://a.example\"")), "not_an_object");
    assert_eq!(code(with(plain(), "/relatedResource", &other("https://a.example/1"))), "accepted");
}

#[test]
fn accepts_the_digests_of_every_published_version_of_a_pinned_file() {
    use base64::Engine as _;
    let v2 = "https://www.w3.org/ns/credentials/v2";
    for hex in [
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        "24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9",
    ] {
        let bytes: Vec<u8> =
            (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect();
        let multihash = [&[0x12, 0x20][..], &bytes].concat();
        let url_safe = base64::prelude::BASE64_URL_SAFE_NO_PAD;
        for (key, digest) in [
            ("digestMultibase", format!("u{}", url_safe.encode(&bytes))),
            ("digestMultibase", format!("u{}", url_safe.encode(&multihash))),
            ("digestMultibase", format!("z{}", bs58::encode(&multihash).into_string())),
            ("digestSRI", format!("sha256-{}", base64::prelude::BASE64_STANDARD.encode(&bytes))),
        ] {
            let resource = format!("{{\"id\":\"{v2}\",\"{key}\":\"{digest}\"}}");
            assert_eq!(code(with(plain(), "/relatedResource", &resource)), "accepted", "{digest}");
        }
    }
}

#[test]
fn refuses_badges_without_required_members() {
    let achievement = "/credentialSubject/achievement";
    let description = format!("{achievement}/resultDescription/0");
    for (pointer, expected) in [
        ("/id", "member_missing"),
        ("/validFrom", "member_missing"),
        ("/credentialSubject/achievement", "member_missing"),
        ("/credentialSubject/type", "type_missing"),
        ("/issuer/type", "type_missing"),
        ("/evidence/0/type", "type_missing"),
        ("/credentialSubject/identifier/0/hashed", "member_missing"),
        ("/credentialSubject/identifier/0/identityHash", "member_missing"),
        ("/credentialSubject/identifier/0/identityType", "member_missing"),
        (&format!("{achievement}/id"), "member_missing"),
        (&format!("{achievement}/type"), "type_missing"),
        (&format!("{achievement}/name"), "member_missing"),
        (&format!("{achievement}/description"), "member_missing"),
        (&format!("{achievement}/criteria"), "member_missing"),
        (&format!("{achievement}/image/id"), "member_missing"),
        (&format!("{achievement}/alignment/0/targetName"), "member_missing"),
        (&format!("{achievement}/alignment/0/targetUrl"), "member_missing"),
        (&format!("{achievement}/related/0/id"), "member_missing"),
        (&format!("{description}/id"), "member_missing"),
        (&format!("{description}/name"), "member_missing"),
        (&format!("{description}/resultType"), "member_missing"),
        (&format!("{description}/rubricCriterionLevel/0/name"), "member_missing"),
        ("/issuer/otherIdentifier/0/identifier", "member_missing"),
        ("/issuer/address/geo/latitude", "member_missing"),
    ] {
        assert_eq!(code(with(badge(), pointer, "")), expected, "{pointer}");
    }
}

#[test]
fn refuses_badges_with_members_of_another_form() {
    let cases: &[(&str, &str, &str)] = &[
        ("/@context", "[\"https://www.w3.org/ns/credentials/v2\"]", "open_badges_context_not_second"),
        ("/name", "[\"A\"]", "member_invalid"),
        ("/name", "{\"@value\":\"A\",\"@language\":\"en\"}", "member_invalid"),
        ("/image", "\"https://a.example/1.png\"", "member_invalid"),
        ("/evidence", "{\"type\":[\"Evidence\"]}", "member_invalid"),
        ("/evidence/0/type", "[\"Proof\"]", "type_wrong"),
        ("/evidence/0/type", "\"Evidence\"", "type_wrong"),
        ("/evidence/0/id", "\"my report\"", "id_not_a_url"),
        ("/awardedDate", "\"2026-01-01\"", "member_invalid"),
        ("/endorsementJwt", "[\"a.b\"]", "member_invalid"),
        ("/endorsementJwt", "\"a.b.c\"", "member_invalid"),
        ("/issuer/url", "\"example.org\"", "member_invalid"),
        ("/issuer/type", "[\"Organization\"]", "type_wrong"),
        ("/issuer/parentOrg/type", "[\"Organization\"]", "type_wrong"),
        ("/issuer/parentOrg", "\"https://parent.example\"", "member_invalid"),
        ("/issuer/otherIdentifier/0/type", "\"IdentityObject\"", "type_wrong"),
        ("/issuer/otherIdentifier/0/identifierType", "\"ROR\"", "member_invalid"),
        ("/issuer/otherIdentifier/0/note", "\"x\"", "member_unknown"),
        ("/issuer/address/geo/latitude", "\"48.2\"", "member_invalid"),
        ("/issuer/dateOfBirth", "\"2026-02-30\"", "member_invalid"),
        ("/credentialSubject/type", "[\"Person\"]", "type_wrong"),
        ("/credentialSubject/creditsEarned", "\"3.5\"", "member_invalid"),
        ("/credentialSubject/activityStartDate", "\"2026-01-01\"", "member_invalid"),
        ("/credentialSubject/identifier", "{}", "member_invalid"),
        ("/credentialSubject/identifier/0/hashed", "\"true\"", "member_invalid"),
        ("/credentialSubject/identifier/0/type", "[\"IdentityObject\"]", "type_wrong"),
        ("/credentialSubject/identifier/0/identityType", "\"passport\"", "member_invalid"),
        ("/credentialSubject/identifier/0/email", "\"a@b.example\"", "member_unknown"),
        ("/credentialSubject/result/0/type", "[\"Grade\"]", "type_wrong"),
        ("/credentialSubject/result/0/status", "\"Done\"", "member_invalid"),
        ("/credentialSubject/result/0/value", "1", "member_invalid"),
        ("/credentialSubject/result/0/resultDescription", "\"grade\"", "member_invalid"),
        ("/credentialSubject/achievement", "[]", "member_invalid"),
        ("/credentialSubject/achievement/id", "\"crypto-2\"", "member_invalid"),
        ("/credentialSubject/achievement/type", "\"Achievement\"", "type_wrong"),
        ("/credentialSubject/achievement/achievementType", "\"Kurs\"", "member_invalid"),
        ("/credentialSubject/achievement/achievementType", "\"ext:\"", "member_invalid"),
        ("/credentialSubject/achievement/criteria", "\"Pass the exam.\"", "member_invalid"),
        ("/credentialSubject/achievement/inLanguage", "\"English\"", "member_invalid"),
        ("/credentialSubject/achievement/inLanguage", "\"de-at\"", "member_invalid"),
        ("/credentialSubject/achievement/tag", "\"crypto\"", "member_invalid"),
        ("/credentialSubject/achievement/tag", "[7]", "member_invalid"),
        ("/credentialSubject/achievement/image/type", "[\"Image\"]", "type_wrong"),
        ("/credentialSubject/achievement/image/alt", "\"x\"", "member_unknown"),
        ("/credentialSubject/achievement/alignment/0/targetType", "\"ESCO\"", "member_invalid"),
        ("/credentialSubject/achievement/resultDescription/0/type", "[\"Result\"]", "type_wrong"),
        ("/credentialSubject/achievement/resultDescription/0/resultType", "\"Grade\"", "member_invalid"),
        ("/credentialSubject/achievement/creator", "\"https://a.example\"", "member_invalid"),
    ];
    refuses(badge, cases);
}

#[test]
fn refuses_badges_that_name_no_recipient() {
    let without_id = || with(badge(), "/credentialSubject/id", "");
    assert_eq!(code(without_id()), "accepted");
    assert_eq!(code(with(without_id(), "/credentialSubject/identifier", "")), "recipient_missing");
    assert_eq!(code(with(without_id(), "/credentialSubject/identifier", "[]")), "recipient_missing");
}

#[test]
fn accepts_words_of_ones_own_and_elder_contexts() {
    let kind = "/credentialSubject/achievement/achievementType";
    assert_eq!(code(with(badge(), kind, "\"ext:Micro.Course\"")), "accepted");
    for version in ["context.json", "context-3.0.1.json", "context-3.0.2.json"] {
        let context = format!("\"https://purl.imsglobal.org/spec/ob/v3p0/{version}\"");
        assert_eq!(code(with(badge(), "/@context/1", &context)), "accepted", "{version}");
    }
    for version in ["context-2.0.1.json", "context-3.0.json", "context-3.0.10.json", "contexts.json"] {
        let context = format!("\"https://purl.imsglobal.org/spec/ob/v3p0/{version}\"");
        assert_eq!(
            code(with(badge(), "/@context/1", &context)),
            "open_badges_context_not_second",
            "{version}"
        );
    }
}

fn endorsement() -> String {
    format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2","{OPEN_BADGES_V3}"],"id":"urn:uuid:1",
        "type":["VerifiableCredential","EndorsementCredential"],"name":"Endorsed","issuer":"did:example:board",
        "validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{{"id":"{ISSUER}","type":["EndorsementSubject"],"endorsementComment":"Good."}}}}"#
    )
}

#[test]
fn refuses_endorsements_that_are_wrong_too_many_or_nested() {
    let many = |count: usize| format!("[{}]", vec![endorsement(); count].join(","));
    assert_eq!(code(with(badge(), "/endorsement", &many(MAX_ENDORSEMENTS))), "accepted");
    assert_eq!(code(with(badge(), "/endorsement", &many(MAX_ENDORSEMENTS + 1))), "too_many_endorsements");
    let spread = with(badge(), "/endorsement", &many(MAX_ENDORSEMENTS));
    assert_eq!(code(with(spread, "/issuer/endorsement", &many(1))), "too_many_endorsements");
    let one = || with(badge(), "/endorsement", &many(1));
    for (pointer, json, expected) in [
        ("/endorsement/0/name", "", "member_missing"),
        ("/endorsement/0/issuer", "null", "issuer_not_a_url"),
        ("/endorsement/0/credentialSubject", "{}", "subject_empty"),
        ("/endorsement/0/credentialSubject/type", "[\"AchievementSubject\"]", "type_wrong"),
        ("/endorsement/0/type", "[\"VerifiableCredential\"]", "type_wrong"),
        ("/endorsement/0", "\"eyJ\"", "member_invalid"),
        ("/endorsement", "{}", "member_invalid"),
    ] {
        assert_eq!(code(with(one(), pointer, json)), expected, "{pointer} {json}");
    }
    let profile = format!("{{\"id\":\"did:example:b\",\"type\":[\"Profile\"],\"endorsement\":{}}}", many(1));
    assert_eq!(code(with(one(), "/endorsement/0/issuer", &profile)), "endorsements_too_deep");
}

#[test]
fn refuses_broken_status_entries_and_keeps_those_of_other_kinds() {
    let entry = r#"{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"https://a.example/s/1"}"#;
    let base = || with(badge(), "/credentialStatus", entry);
    let read = Credential::from_object(base()).expect("reads");
    assert_eq!((read.status().len(), read.status()[0].index), (1, Some(7)));
    for (member, json) in [
        ("statusPurpose", ""),
        ("statusListIndex", ""),
        ("statusListIndex", "\"-1\""),
        ("statusListIndex", "\"1e3\""),
        ("statusListIndex", "true"),
        ("statusListCredential", "\"list\""),
        ("statusSize", "0"),
    ] {
        let pointer = format!("/credentialStatus/{member}");
        assert_eq!(code(with(base(), &pointer, json)), "status_entry_invalid", "{member} {json}");
    }
    let other = r#"[{"type":"CredentialStatusList2017","id":"https://a.example/r"}]"#;
    let read = Credential::from_object(with(badge(), "/credentialStatus", other)).expect("reads");
    assert_eq!((read.status().len(), read.unread_status().len()), (0, 1));
}

#[test]
fn refuses_presentations_that_break_a_rule() {
    let vp = || {
        object(&format!(
            r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],
            "holder":"{EARNER}","verifiableCredential":[{}]}}"#,
            Value::Object(plain())
        ))
    };
    let code = |object| Presentation::from_object(object).map_or_else(|error| error.code, |_| "accepted");
    assert_eq!(code(vp()), "accepted");
    for (pointer, json, expected) in [
        ("/@context", "", "context_missing"),
        ("/@context", "[{},\"https://www.w3.org/ns/credentials/v2\"]", "base_context_not_first"),
        ("/type", "", "type_missing"),
        ("/type", "[\"VerifiableCredential\"]", "type_not_included"),
        ("/id", "7", "id_not_a_url"),
        ("/holder", "null", "holder_not_a_url"),
        ("/holder", "\"Acme\"", "holder_not_a_url"),
        ("/holder", "{\"name\":\"Acme\"}", "holder_not_a_url"),
        ("/holder", "[\"did:example:1\"]", "holder_not_a_url"),
        ("/verifiableCredential", "\"eyJ\"", "not_an_object"),
        ("/verifiableCredential", "[\"eyJ\"]", "not_an_object"),
        ("/verifiableCredential", "[7]", "not_an_object"),
        ("/verifiableCredential", "[{}]", "type_missing"),
        ("/verifiableCredential/0/type", "", "type_missing"),
        (
            "/verifiableCredential",
            r#"[{"@context":"https://www.w3.org/2018/credentials/v1","id":"data:x,y","type":"EnvelopedVerifiableCredential"}]"#,
            "enveloped_context",
        ),
        (
            "/verifiableCredential",
            r#"[{"@context":"https://www.w3.org/ns/credentials/v2","id":"https://a.example","type":"EnvelopedVerifiableCredential"}]"#,
            "enveloped_id",
        ),
        (
            "/verifiableCredential",
            r#"[{"@context":"https://www.w3.org/ns/credentials/v2","type":"EnvelopedVerifiableCredential"}]"#,
            "enveloped_id",
        ),
    ] {
        assert_eq!(code(with(vp(), pointer, json)), expected, "{pointer} {json}");
    }
    let many = format!("[{}]", vec![Value::Object(plain()).to_string(); MAX_CREDENTIALS + 1].join(","));
    assert_eq!(code(with(vp(), "/verifiableCredential", &many)), "too_many_credentials");
    for junk in [value("null"), value("7"), value("[]"), value("\"x\"")] {
        assert_eq!(Presentation::from_value(junk).expect_err("junk").code, "not_an_object");
    }
}

#[test]
fn a_presentation_keeps_what_is_wrong_with_one_credential() {
    let vp = object(&format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation","holder":{{"id":"{EARNER}"}},
        "verifiableCredential":[{},{},{{"@context":"https://www.w3.org/ns/credentials/v2","id":"data:application/vc+jwt,eyJ","type":"EnvelopedVerifiableCredential"}}]}}"#,
        Value::Object(plain()),
        Value::Object(with(plain(), "/issuer", "")),
    ));
    let read = Presentation::from_object(vp).expect("reads");
    assert_eq!(read.holder(), Some(EARNER));
    let codes: Vec<_> =
        read.credentials().iter().map(|one| one.as_ref().map_or_else(|error| error.code, |_| "ok")).collect();
    assert_eq!(codes, ["ok", "issuer_missing", "token_malformed"]);
}

#[test]
fn an_error_says_where() {
    let broken = with(badge(), "/credentialSubject/achievement/alignment/0/targetUrl", "7");
    let error = Credential::from_object(broken).expect_err("broken");
    assert_eq!(error.path, "/credentialSubject/achievement/alignment/0/targetUrl");
    assert_eq!(error.to_string(), format!("this must be a URL (at {})", error.path));
}

#[test]
fn the_tables_say_what_the_pinned_schema_says() {
    use super::classes::*;
    let file = accolade_schemas::JSON_SCHEMAS[0].bytes;
    let schema = json::parse(file).expect("schema");
    let mut seen: Vec<&str> = Vec::new();
    let mut open = vec![&ACHIEVEMENT_CREDENTIAL, &ENDORSEMENT_CREDENTIAL, &ACHIEVEMENT];
    while let Some(class) = open.pop() {
        if seen.contains(&class.name) {
            continue;
        }
        seen.push(class.name);
        let theirs = match class.name {
            "AchievementCredential" => &schema,
            name => schema.get("$defs").and_then(|defs| defs.get(name)).expect(name),
        };
        let required = theirs.get("required").and_then(Value::as_array).unwrap_or_default();
        let mut required: Vec<&str> =
            required.iter().filter_map(Value::as_str).filter(|key| *key != "@context").collect();
        let mut ours = class.required.to_vec();
        required.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, required, "required members of {}", class.name);
        assert_eq!(
            class.closed,
            theirs.get("additionalProperties") == Some(&Value::Bool(false)),
            "{}",
            class.name
        );

        let properties = theirs.get("properties").and_then(Value::as_object).expect(class.name);
        for (key, property) in properties.iter() {
            // These the data model governs, or the class itself.
            let elsewhere = [
                "@context",
                "type",
                "proof",
                "credentialSchema",
                "credentialStatus",
                "refreshService",
                "termsOfUse",
            ];
            if elsewhere.contains(&key) {
                continue;
            }
            let form = class.members.iter().find(|(name, _)| *name == key);
            let (_, form) = form.unwrap_or_else(|| panic!("{} lacks {key}", class.name));
            fits(property, form, &format!("{}.{key}", class.name));
        }
        for (key, form) in class.members {
            assert!(properties.contains_key(key), "{}.{key} is not in the schema", class.name);
            if let Form::Of(next) | Form::UrlOr(next) | Form::List(Form::Of(next)) = form {
                open.push(next);
            }
        }
    }
    assert_eq!(seen.len(), 18);
}

fn fits(property: &Value, form: &super::classes::Form, at: &str) {
    use super::classes::Form;
    let kind = property.get("type").and_then(Value::as_str);
    let reference = property.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let words = |words: &[&str], schema: &Value| {
        let theirs = schema.get("enum").and_then(Value::as_array).expect(at);
        assert_eq!(theirs.iter().filter_map(Value::as_str).collect::<Vec<_>>(), words, "{at}");
    };
    match form {
        Form::Text | Form::Url | Form::DateTime | Form::Date | Form::Language | Form::Jws => {
            assert_eq!(kind, Some("string"), "{at}");
        }
        Form::Number => assert_eq!(kind, Some("number"), "{at}"),
        Form::Bool => assert_eq!(kind, Some("boolean"), "{at}"),
        Form::Of(class) => assert_eq!(reference, Some(class.name), "{at}"),
        Form::UrlOr(_) => assert_eq!(reference, Some("ProfileRef"), "{at}"),
        Form::List(item) => {
            assert_eq!(kind, Some("array"), "{at}");
            fits(property.get("items").expect(at), item, at);
        }
        Form::Word(ours) => words(ours, property),
        Form::WordOrExt(ours) => {
            words(ours, &property.get("oneOf").and_then(Value::as_array).expect(at)[0]);
        }
    }
}
