//! Data model 1.1, and the first versions of Open Badges 3.0, which are of it.

use super::*;

fn elder() -> Object {
    object(&format!(
        r#"{{"@context":["https://www.w3.org/2018/credentials/v1"],"id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11",
        "type":["VerifiableCredential"],"issuer":"{ISSUER}","issuanceDate":"2026-01-01T00:00:00Z",
        "credentialSubject":{{"id":"{EARNER}"}}}}"#
    ))
}

fn elder_badge() -> Object {
    let mut badge = badge();
    badge.remove("validFrom");
    badge.insert("issuanceDate", "2026-01-01T00:00:00Z");
    with(
        badge,
        "/@context",
        r#"["https://www.w3.org/2018/credentials/v1","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"]"#,
    )
}

#[test]
fn data_model_1_1_has_its_own_dates() {
    let credential = Credential::from_object(with(elder(), "/expirationDate", "\"2027-01-01T00:00:00Z\""));
    let credential = credential.expect("reads");
    assert_eq!(credential.data_model(), DataModel::V1_1);
    let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
    assert_eq!(text(credential.valid_from()).as_deref(), Some("2026-01-01T00:00:00Z"));
    assert_eq!(text(credential.valid_until()).as_deref(), Some("2027-01-01T00:00:00Z"));
    refuses(
        elder,
        &[
            ("/issuanceDate", "", "issuance_date_missing"),
            ("/issuanceDate", "7", "date_invalid"),
            ("/issuanceDate", "\"2026-01-01\"", "date_invalid"),
            ("/issuanceDate", "\"2026-01-01T00:00:00\"", "date_invalid"),
            ("/expirationDate", "\"never\"", "date_invalid"),
            ("/expirationDate", "\"2025-12-31T23:59:59Z\"", "validity_reversed"),
            ("/validUntil", "\"2025-12-31T23:59:59Z\"", "validity_reversed"),
            ("/validFrom", "\"soon\"", "date_invalid"),
        ],
    );
}

#[test]
fn of_two_dates_of_one_kind_the_stricter_holds() {
    let both = with(
        with(elder(), "/validFrom", "\"2026-02-01T00:00:00Z\""),
        "/validUntil",
        "\"2026-03-01T00:00:00Z\"",
    );
    let both =
        Credential::from_object(with(both, "/expirationDate", "\"2028-01-01T00:00:00Z\"")).expect("reads");
    assert_eq!(both.valid_from().map(|time| time.to_string()).as_deref(), Some("2026-02-01T00:00:00Z"));
    assert_eq!(both.valid_until().map(|time| time.to_string()).as_deref(), Some("2026-03-01T00:00:00Z"));
}

#[test]
fn data_model_1_1_has_the_other_rules_too() {
    refuses(
        elder,
        &[
            ("/issuer", "", "issuer_missing"),
            ("/issuer", "{\"name\":\"Acme\"}", "issuer_without_id"),
            ("/credentialSubject", "", "subject_missing"),
            ("/credentialSubject", "\"did:example:1\"", "subject_not_an_object"),
            ("/credentialSubject", "{}", "subject_empty"),
            ("/type", "\"Thing\"", "type_not_included"),
            ("/id", "\"relative\"", "id_not_a_url"),
            ("/@context", "[\"https://www.w3.org/2018/credentials/v1\",7]", "context_invalid"),
            ("/@context", "[\"https://www.w3.org/2018/credentials/v1\",\"relative\"]", "context_invalid"),
            (
                "/@context",
                "[\"https://a.example\",\"https://www.w3.org/2018/credentials/v1\"]",
                "base_context_not_first",
            ),
            ("/credentialStatus", "{\"id\":\"https://a.example/1\"}", "type_missing"),
            ("/credentialStatus", "{\"type\":\"A\"}", "id_missing"),
            ("/credentialSchema", "{\"type\":\"A\"}", "id_missing"),
            ("/refreshService", "{\"type\":\"A\"}", "id_missing"),
            ("/evidence", "{}", "type_missing"),
            ("/termsOfUse", "{}", "type_missing"),
        ],
    );
    assert_eq!(code(with(elder(), "/@context", "\"https://www.w3.org/2018/credentials/v1\"")), "accepted");
}

#[test]
fn a_badge_of_data_model_1_1_keeps_the_rules_of_its_schema() {
    let read = Credential::from_object(elder_badge()).expect("reads");
    assert!(read.is_open_badge() && read.achievement().is_some());
    refuses(
        elder_badge,
        &[
            ("/issuanceDate", "", "issuance_date_missing"),
            ("/name", "", "member_missing"),
            ("/id", "", "member_missing"),
            ("/@context/1", "\"https://a.example/context.json\"", "open_badges_context_not_second"),
            ("/credentialSubject/achievement/criteria", "", "member_missing"),
            ("/credentialSubject/achievement/type", "\"Badge\"", "type_wrong"),
            ("/credentialSubject/achievement/type", "[]", "type_wrong"),
            ("/credentialSubject/id", "", "accepted"),
            ("/credentialSubject/identifier", "[]", "accepted"),
        ],
    );
    let nobody = with(with(elder_badge(), "/credentialSubject/id", ""), "/credentialSubject/identifier", "");
    assert_eq!(code(nobody), "recipient_missing");
}

#[test]
fn a_single_type_may_stand_without_a_list_in_data_model_1_1_only() {
    for (pointer, json) in [
        ("/credentialSubject/type", "\"AchievementSubject\""),
        ("/credentialSubject/achievement/type", "\"Achievement\""),
        ("/issuer/type", "\"Profile\""),
    ] {
        assert_eq!(code(with(elder_badge(), pointer, json)), "accepted", "{pointer}");
        assert_eq!(code(with(badge(), pointer, json)), "type_wrong", "{pointer}");
    }
}

#[test]
fn endorsements_keep_the_rules_of_their_own_data_model() {
    let endorsement = |context: &str, date: &str| {
        format!(
            r#"[{{"@context":["{context}","{OPEN_BADGES_V3}"],"id":"urn:uuid:1","type":["VerifiableCredential","EndorsementCredential"],
            "name":"Well done","issuer":"{ISSUER}",{date}
            "credentialSubject":{{"id":"https://a.example/1","type":["EndorsementSubject"]}}}}]"#
        )
    };
    let (v1, v2) = ("https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2");
    let issued = r#""issuanceDate":"2026-01-01T00:00:00Z","#;
    let from = r#""validFrom":"2026-01-01T00:00:00Z","#;
    for (context, date, expected) in [
        (v1, issued, "accepted"),
        (v2, from, "accepted"),
        (v1, from, "issuance_date_missing"),
        (v2, issued, "date_of_other_model"),
    ] {
        for outer in [badge(), elder_badge()] {
            let holding = with(outer, "/endorsement", &endorsement(context, date));
            assert_eq!(code(holding), expected, "{context} with {date}");
        }
    }
}

#[test]
fn nothing_is_issued_in_data_model_1_1() {
    let issuer = crate::did::Did::parse(ISSUER).expect("a DID");
    let now = Timestamp::parse("2026-07-01T00:00:00Z").expect("a time");
    let refused = draft::complete(elder(), &issuer, "urn:uuid:0".to_owned(), None, now).expect_err("elder");
    assert_eq!((refused.kind, refused.code), (MalformedKind::Unsupported, "vcdm_1_1"));
}
