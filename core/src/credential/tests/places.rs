//! Each refusal says where, as a JSON Pointer.

use super::*;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// Each case: where, what is put there (empty: taken out), the code, the place that is told.
fn refuses_at(base: fn() -> Object, cases: &[(&str, &str, &str, &str)]) {
    for (pointer, json, code, place) in cases {
        let error = Credential::from_object(with(base(), pointer, json)).expect_err(pointer);
        assert_eq!((error.code, error.path.as_str()), (*code, *place), "{pointer} := {json}");
    }
}

#[test]
fn rules_of_the_data_model() {
    refuses_at(
        plain,
        &[
            ("/@context", "", "context_missing", "/@context"),
            ("/@context", "{}", "context_not_a_list", "/@context"),
            ("/@context", "[{}]", "base_context_not_first", "/@context"),
            (
                "/@context",
                "[\"https://www.w3.org/ns/credentials/v2\",{},\"x\"]",
                "context_invalid",
                "/@context/2",
            ),
            ("/type", "", "type_missing", "/type"),
            ("/type", "[7]", "type_not_a_string", "/type"),
            ("/type", "[\"Other\"]", "type_not_included", "/type"),
            ("/id", "[]", "id_several", "/id"),
            ("/issuer", "", "issuer_missing", "/issuer"),
            ("/issuer", "7", "issuer_not_a_url", "/issuer"),
            ("/issuer", "{\"name\":\"A\"}", "issuer_without_id", "/issuer/id"),
            ("/issuer", "{\"id\":\"A\"}", "id_not_a_url", "/issuer/id"),
            (
                "/issuer",
                "{\"id\":\"did:example:1\",\"name\":[\"A\",7]}",
                "language_value_invalid",
                "/issuer/name/1",
            ),
            ("/credentialSubject", "", "subject_missing", "/credentialSubject"),
            ("/credentialSubject", "[]", "subject_empty", "/credentialSubject"),
            ("/credentialSubject", "{}", "subject_empty", "/credentialSubject"),
            (
                "/credentialSubject",
                "[{\"id\":\"did:example:1\"},{}]",
                "subject_empty",
                "/credentialSubject/1",
            ),
            ("/credentialSubject", "[{\"id\":\"x\"}]", "id_not_a_url", "/credentialSubject/0/id"),
            ("/credentialSubject", "null", "subject_not_an_object", "/credentialSubject"),
            ("/validFrom", "\"today\"", "date_invalid", "/validFrom"),
            ("/validUntil", "7", "date_invalid", "/validUntil"),
            ("/validUntil", "\"2020-01-01T00:00:00Z\"", "validity_reversed", "/validUntil"),
            ("/name", "{\"@value\":\"A\",\"x\":\"y\"}", "language_value_invalid", "/name"),
            ("/description", "[\"A\",{}]", "language_value_invalid", "/description/1"),
            (
                "/evidence",
                "[{\"type\":\"A\"},{\"id\":\"did:example:1\"}]",
                "type_missing",
                "/evidence/1/type",
            ),
            ("/evidence", "[\"x\"]", "not_an_object", "/evidence/0"),
            ("/termsOfUse", "{\"type\":\"A\",\"id\":\"x\"}", "id_not_a_url", "/termsOfUse/id"),
            ("/refreshService", "{\"type\":7}", "type_not_a_string", "/refreshService/type"),
            ("/credentialSchema", "[{\"type\":\"A\"}]", "id_missing", "/credentialSchema/0/id"),
            (
                "/credentialStatus",
                "{\"id\":\"https://a.example/1\"}",
                "type_missing",
                "/credentialStatus/type",
            ),
            ("/proof", "[{}]", "type_missing", "/proof/0/type"),
        ],
    );
}

#[test]
fn related_resources() {
    let digest = "\"digestMultibase\":\"uAAAA\"";
    refuses_at(
        plain,
        &[
            ("/relatedResource", "[{},7]", "related_resource_without_id", "/relatedResource/0/id"),
            ("/relatedResource", "7", "not_an_object", "/relatedResource"),
            (
                "/relatedResource",
                "{\"id\":\"https://a.example/1\"}",
                "related_resource_without_digest",
                "/relatedResource",
            ),
            (
                "/relatedResource",
                &format!("[{{\"id\":\"https://www.w3.org/ns/credentials/v2\",{digest}}}]"),
                "related_resource_digest",
                "/relatedResource/0/digestMultibase",
            ),
        ],
    );
}

#[test]
fn rules_of_open_badges() {
    refuses_at(
        badge,
        &[
            ("/@context/1", "", "open_badges_context_not_second", "/@context"),
            ("/credentialSubject/type", "\"AchievementSubject\"", "type_wrong", "/credentialSubject/type"),
            ("/credentialSubject/result/0/type", "", "type_missing", "/credentialSubject/result/0/type"),
            ("/credentialSubject/result/0/value", "1", "member_invalid", "/credentialSubject/result/0/value"),
            (
                "/credentialSubject/identifier/0/a~b",
                "1",
                "member_unknown",
                "/credentialSubject/identifier/0/a~0b",
            ),
            (
                "/credentialSubject/achievement/resultDescription/0/resultType",
                "",
                "member_missing",
                "/credentialSubject/achievement/resultDescription/0/resultType",
            ),
            ("/issuer/parentOrg/type", "[\"A\"]", "type_wrong", "/issuer/parentOrg/type"),
            ("/issuer/otherIdentifier/0/type", "\"A\"", "type_wrong", "/issuer/otherIdentifier/0/type"),
            ("/evidence/0/type", "[\"A\"]", "type_wrong", "/evidence/0/type"),
        ],
    );
    let without_id = || with(badge(), "/credentialSubject/id", "");
    let error =
        Credential::from_object(with(without_id(), "/credentialSubject/identifier", "")).expect_err("nobody");
    assert_eq!((error.code, error.path.as_str()), ("recipient_missing", "/credentialSubject"));
}

#[test]
fn endorsements_as_tokens_count_and_stand_by_themselves() {
    let many = |count: usize| format!("[{}]", vec!["\"a.b.c\""; count].join(","));
    assert_eq!(code(with(badge(), "/endorsementJwt", &many(MAX_ENDORSEMENTS))), "accepted");
    assert_eq!(code(with(badge(), "/endorsementJwt", &many(MAX_ENDORSEMENTS + 1))), "too_many_endorsements");
    let mixed = with(badge(), "/endorsementJwt", &many(MAX_ENDORSEMENTS));
    assert_eq!(code(with(mixed, "/issuer/endorsementJwt", &many(1))), "too_many_endorsements");
    let profile = r#"{"id":"did:example:b","type":["Profile"],"endorsementJwt":["a.b.c"]}"#;
    let nested = with(object(&endorsement()), "/issuer", profile);
    let error = Credential::from_object(nested.clone()).expect_err("nested");
    assert_eq!((error.code, error.path.as_str()), ("endorsements_too_deep", "/issuer/endorsementJwt/0"));
    let inside = with(badge(), "/endorsement", &format!("[{}]", Value::Object(nested)));
    let error = Credential::from_object(inside).expect_err("nested");
    assert_eq!(error.path, "/endorsement/0/issuer/endorsementJwt/0");
}

#[test]
fn language_values_name_a_language_and_a_direction() {
    for (good, bad) in [
        ("{\"@value\":\"A\",\"@language\":\"de-AT\"}", "{\"@value\":\"A\",\"@language\":\"German!\"}"),
        ("{\"@value\":\"A\",\"@language\":\"zh-Hant-TW\"}", "{\"@value\":\"A\",\"@language\":\"\"}"),
        ("{\"@value\":\"A\",\"@direction\":\"rtl\"}", "{\"@value\":\"A\",\"@direction\":\"up\"}"),
        ("{\"@value\":\"\"}", "{\"@value\":[\"A\"]}"),
        ("\"A\"", "{\"@value\":\"A\",\"@language\":null}"),
    ] {
        assert_eq!(code(with(plain(), "/name", good)), "accepted", "{good}");
        assert_eq!(code(with(plain(), "/name", bad)), "language_value_invalid", "{bad}");
    }
}

#[test]
fn digests_of_related_resources_in_every_form() {
    let v2 = "https://www.w3.org/ns/credentials/v2";
    let file = accolade_schemas::context(v2).expect("pinned").bytes;
    let (sha384, sha512) = (Sha384::digest(file), Sha512::digest(file));
    let sri = |name: &str, digest: &[u8]| format!("{name}-{}", BASE64_STANDARD.encode(digest));
    let multi = |code: [u8; 2], digest: &[u8]| {
        format!("u{}", BASE64_URL_SAFE_NO_PAD.encode([&code[..], digest].concat()))
    };
    let resource = |id: &str, key: &str, digest: &str| {
        code(with(plain(), "/relatedResource", &format!("{{\"id\":\"{id}\",\"{key}\":\"{digest}\"}}")))
    };
    let both = format!("{} {}", sri("sha384", &sha384), sri("sha512", &sha512));
    for (key, digest) in [
        ("digestSRI", sri("sha384", &sha384)),
        ("digestSRI", format!("{}?ct=application/ld+json", sri("sha512", &sha512))),
        ("digestSRI", both.clone()),
        ("digestMultibase", multi([0x20, 0x30], &sha384)),
        ("digestMultibase", multi([0x13, 0x40], &sha512)),
    ] {
        assert_eq!(resource(v2, key, &digest), "accepted", "{digest}");
    }
    let other = Sha512::digest(b"another file");
    for (key, digest) in [
        ("digestSRI", sri("sha512", &other)),
        ("digestSRI", format!("{} {}", sri("sha384", &sha384), sri("sha512", &other))),
        ("digestSRI", " ".to_owned()),
        ("digestSRI", vec![sri("sha384", &sha384); 9].join(" ")),
        ("digestMultibase", multi([0x13, 0x40], &other)),
        ("digestMultibase", multi([0x13, 0x20], &sha512[..32])),
        ("digestMultibase", multi([0x16, 0x20], &sha512[..32])),
    ] {
        assert_eq!(resource(v2, key, &digest), "related_resource_digest", "{digest}");
    }
    // What isn't pinned is compared with nothing, but its digest must be one.
    assert_eq!(resource("https://a.example/1", "digestSRI", &sri("sha512", &other)), "accepted");
    assert_eq!(resource("https://a.example/1", "digestSRI", "sha512-AAAA"), "related_resource_digest");
}

#[test]
fn only_resources_that_are_not_pinned_are_left_uncompared() {
    let v2 = "https://www.w3.org/ns/credentials/v2";
    let digest = Sha256::digest(accolade_schemas::context(v2).expect("pinned").bytes);
    let bare = format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(digest));
    let own = "https://a.example/1";
    let resources = format!(
        r#"[{{"id":"{v2}","digestMultibase":"{bare}"}},{{"id":"{own}","digestMultibase":"{bare}"}}]"#
    );
    let credential = Credential::from_object(with(plain(), "/relatedResource", &resources)).expect("reads");
    assert_eq!(credential.unfetched_resources(), [own]);
    assert!(Credential::from_object(plain()).expect("reads").unfetched_resources().is_empty());
}
