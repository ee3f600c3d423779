//! The schemas that credentials name.

use super::super::schema::{MAX_SCHEMAS, SchemaVerdict, check};
use super::*;

const FOLDER: &str = "https://purl.imsglobal.org/spec/ob/v3p0/schema";

fn entry(id: &str) -> String {
    format!(r#"{{"id":"{id}","type":"1EdTechJsonSchemaValidator2019"}}"#)
}

fn naming(base: Object, schemas: &str) -> Object {
    with(base, "/credentialSchema", schemas)
}

fn achievement() -> String {
    entry(&format!("{FOLDER}/json/ob_v3p0_achievementcredential_schema.json"))
}

fn judge(object: Object) -> SchemaVerdict {
    check(&Credential::from_object(object).expect("keeps the rules of its format"))
}

/// What a schema says, of what the rules of Open Badges would refuse before.
fn broken(object: Object) -> Malformed {
    let credential = Credential { object, ..Credential::from_object(badge()).expect("a badge") };
    match check(&credential) {
        SchemaVerdict::Broken(broken) => broken,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_badge_keeps_the_pinned_schema_under_each_of_its_addresses() {
    assert_eq!(judge(badge()), SchemaVerdict::None);
    assert_eq!(judge(naming(badge(), "[]")), SchemaVerdict::None);
    for folder in ["json", "json-ld"] {
        for kind in ["1EdTechJsonSchemaValidator2019", "JsonSchema"] {
            let id = format!("{FOLDER}/{folder}/ob_v3p0_achievementcredential_schema.json");
            let one = format!(r#"{{"id":"{id}","type":"{kind}"}}"#);
            assert_eq!(judge(naming(badge(), &one)), SchemaVerdict::Kept, "{one}");
            assert_eq!(judge(naming(badge(), &format!("[{one}]"))), SchemaVerdict::Kept, "{one}");
        }
    }
}

#[test]
fn an_endorsement_keeps_the_class_that_the_pinned_schema_has_for_it() {
    let schema = entry(&format!("{FOLDER}/json/ob_v3p0_endorsementcredential_schema.json"));
    let endorsement = || naming(object(&endorsement()), &schema);
    assert_eq!(judge(endorsement()), SchemaVerdict::Kept);
    let comment = with(endorsement(), "/credentialSubject/endorsementComment", "7");
    let error = broken(comment);
    assert_eq!((error.code, error.path.as_str()), ("schema_broken", "/credentialSubject/endorsementComment"));
    // A badge isn't an endorsement, whatever it says of itself.
    assert_eq!(broken(naming(badge(), &schema)).code, "schema_broken");
}

#[test]
fn what_breaks_a_schema_is_told_with_its_place_and_without_its_content() {
    let named = || naming(badge(), &achievement());
    for (pointer, json, path) in [
        ("/name", "7", "/name"),
        ("/validFrom", "", ""),
        ("/credentialSubject/achievement/tag", "\"crypto\"", "/credentialSubject/achievement/tag"),
        ("/credentialSubject/creditsEarned", "\"3.5\"", "/credentialSubject/creditsEarned"),
        ("/credentialSubject/identifier/0/secret", "\"ada@example.org\"", "/credentialSubject/identifier/0"),
        (
            "/credentialSubject/achievement/inLanguage",
            "\"English\"",
            "/credentialSubject/achievement/inLanguage",
        ),
    ] {
        let error = broken(with(named(), pointer, json));
        assert_eq!((error.code, error.path.as_str()), ("schema_broken", path), "{pointer}: {error:?}");
        assert!(!error.message.contains("ada@example.org"), "{error:?}");
        assert_eq!(error.kind, MalformedKind::Malformed);
    }
}

#[test]
fn the_first_few_errors_are_told_and_no_more() {
    let mut object = naming(badge(), &achievement());
    for key in ["name", "description", "id", "awardedDate"] {
        object.insert(key, value("7"));
    }
    let error = broken(object);
    assert_eq!(error.message.matches("(at /").count(), 3, "{error:?}");
    let long = "x".repeat(100_000);
    let error = broken(with(naming(badge(), &achievement()), "/image", &format!("\"{long}\"")));
    assert!(error.message.len() < 1_000, "{}", error.message.len());
}

#[test]
fn schemas_that_are_not_pinned_are_told_and_nothing_is_asked_for_them() {
    let other = "https://victim.example/schema.json";
    assert_eq!(judge(naming(badge(), &entry(other))), SchemaVerdict::Unknown(vec![other.to_owned()]));
    // One that is known beside it is held against all the same.
    let both = format!("[{},{}]", entry(other), achievement());
    assert_eq!(judge(naming(badge(), &both)), SchemaVerdict::Unknown(vec![other.to_owned()]));
    assert_eq!(broken(with(naming(badge(), &both), "/name", "7")).path, "/name");
    for unknown in [
        entry(&format!("{FOLDER}/json/ob_v3p0_anyachievementcredential_schema.json")),
        entry(&format!("{FOLDER}/json/ob_v3p0_achievementcredential_schema.json#/$defs/Proof")),
        entry(&format!("{FOLDER}/json/../json/ob_v3p0_achievementcredential_schema.json")),
        entry("http://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"),
        achievement().replace("1EdTechJsonSchemaValidator2019", "JsonSchemaCredential"),
    ] {
        assert!(matches!(judge(naming(badge(), &unknown)), SchemaVerdict::Unknown(_)), "{unknown}");
    }
}

#[test]
fn more_schemas_than_are_looked_at_are_refused() {
    let many = |count: usize| format!("[{}]", vec![achievement(); count].join(","));
    assert_eq!(judge(naming(badge(), &many(MAX_SCHEMAS))), SchemaVerdict::Kept);
    let error = broken(naming(badge(), &many(MAX_SCHEMAS + 1)));
    assert_eq!((error.code, error.path.as_str()), ("schemas_too_many", "/credentialSchema"));
}

#[test]
fn what_the_data_model_allows_besides_lists_breaks_no_schema() {
    let status = r#"{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"https://a.example/s/1"}"#;
    let other = status.replace("revocation", "suspension");
    let terms = r#"{"type":"Terms","id":"https://a.example/terms"}"#;
    let proof = r#"{"type":"Unknown","verificationMethod":"did:example:1#1","proofPurpose":"assertionMethod","proofValue":"z1"}"#;
    let mut object = naming(badge(), &achievement());
    object.insert("termsOfUse", value(terms));
    object.insert("credentialStatus", value(&format!("[{status},{other}]")));
    object.insert("proof", value(proof));
    let credential = Credential { object, ..Credential::from_object(badge()).expect("a badge") };
    assert_eq!(check(&credential), SchemaVerdict::Kept);
}

#[test]
fn a_schema_sees_every_value_as_it_is() {
    let numbers = "[0,-0.0,6.0,3.5,-9007199254740991,9007199254740991,123456.789,5e-324,0.1]";
    let text =
        format!(r#"{{"a":{numbers},"b":[null,true,false],"ä\u0000\ud83d\ude00":"\u2028\"","c":{{}}}}"#);
    let ours = value(&text);
    let theirs = super::super::schema::theirs(&ours);
    let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(theirs, read);
    assert_eq!(Value::from(theirs), ours);
}

#[test]
fn what_the_rules_of_open_badges_let_pass_the_schema_lets_pass() {
    // The other direction is held member by member in `the_tables_say_what_the_pinned_schema_says`.
    for (pointer, json) in [
        ("/credentialSubject/achievement/achievementType", "\"ext:Micro.Course\""),
        ("/credentialSubject/id", ""),
        ("/issuer", "\"did:example:1\""),
        ("/awardedDate", "\"2026-01-01T00:00:00+02:00\""),
        ("/credentialSubject/achievement/inLanguage", "\"zh-Hant-TW\""),
        ("/description", "\"A course.\""),
        ("/@context/1", "\"https://purl.imsglobal.org/spec/ob/v3p0/context.json\""),
    ] {
        let object = with(naming(badge(), &achievement()), pointer, json);
        assert_eq!(judge(object), SchemaVerdict::Kept, "{pointer} := {json}");
    }
}
