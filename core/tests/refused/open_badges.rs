//! Open Badges 3.0: the rules above the data model, and badges in pictures.

use crate::parties::{OB, V2, badge, endorsement, party, with};
use crate::refused;
use crate::trial::Trial;
use accolade_core::bake;
use accolade_core::json::{Object, Value};

refused! {
    context_not_second, "a badge whose second context is not that of Open Badges", Malformed, "open_badges_context_not_second",
        |t| t.issuer(&[("/@context/1", ""), ("/@context/1", "\"https://purl.imsglobal.org/spec/ob/v3p0/extensions.json\""),
            ("/@context", &format!(r#"["{V2}",{{}},"{OB}"]"#))]);
    recipient_missing, "a subject with neither an id nor an identifier", Malformed, "recipient_missing", |t| {
        let by_id = with(&badge(), "/credentialSubject/identifier", "");
        let by_identifier = with(&badge(), "/credentialSubject/id", "");
        t.issuer_of(&by_id, &[("/credentialSubject/id", "")]);
        t.issuer_of(&by_identifier, &[("/credentialSubject/identifier", ""), ("/credentialSubject/identifier", "[]")]);
    };
    subject_type_wrong, "a subject of another type", Malformed, "type_wrong", |t| types(t, "/credentialSubject");
    achievement_type_wrong, "an achievement of another type", Malformed, "type_wrong", |t| types(t, "/credentialSubject/achievement");
    identifier_type_wrong, "an identifier of another type", Malformed, "type_wrong", |t| types(t, "/credentialSubject/identifier/0");
    result_type_wrong, "a result of another type", Malformed, "type_wrong", |t| types(t, "/credentialSubject/result/0");
    result_description_type_wrong, "a result description of another type", Malformed, "type_wrong",
        |t| types(t, "/credentialSubject/achievement/resultDescription/0");
    profile_type_wrong, "a creator's profile of another type", Malformed, "type_wrong", |t| types(t, "/credentialSubject/achievement/creator");
    evidence_type_wrong, "an evidence of another type", Malformed, "type_wrong", |t| types(t, "/evidence/0");
    issuer_type_wrong, "an issuer of another type", Malformed, "type_wrong", |t| types(t, "/issuer");
    parent_org_type_wrong, "a parent organization of another type", Malformed, "type_wrong", |t| types(t, "/issuer/parentOrg");
    other_identifier_type_wrong, "another identifier of another type", Malformed, "type_wrong", |t| types(t, "/issuer/otherIdentifier/0");
    nested_type_missing, "a nested object without type", Malformed, "type_missing",
        |t| { for pointer in NESTED { t.issuer(&[(&format!("{pointer}/type"), "")]); } };
    member_missing, "a member that must be there", Malformed, "member_missing",
        |t| t.issuer(&[("/id", ""), ("/validFrom", ""), ("/credentialSubject/achievement", ""), ("/credentialSubject/achievement/id", ""),
            ("/credentialSubject/achievement/name", ""), ("/credentialSubject/achievement/description", ""),
            ("/credentialSubject/achievement/criteria", ""), ("/credentialSubject/identifier/0/hashed", ""),
            ("/credentialSubject/identifier/0/identityHash", ""), ("/issuer/parentOrg/id", ""), ("/issuer/otherIdentifier/0/identifier", "")]);
    member_of_another_form, "a member of another form", Malformed, "member_invalid",
        |t| t.issuer(&[("/image", "\"https://a.example/1.png\""), ("/awardedDate", "\"2026-01-01\""), ("/credentialSubject/creditsEarned", "\"3.5\""),
            ("/credentialSubject/achievement", "[]"), ("/credentialSubject/achievement/achievementType", "\"Kurs\""),
            ("/credentialSubject/identifier/0/hashed", "\"true\""), ("/credentialSubject/result/0/value", "1"),
            ("/credentialSubject/achievement/creator", "\"https://a.example/\""), ("/issuer/url", "\"example.org\"")]);
    member_unknown, "a member too many where the schema allows no other", Malformed, "member_unknown",
        |t| t.issuer(&[("/credentialSubject/identifier/0/name", "\"Alice\""), ("/issuer/otherIdentifier/0/name", "\"x\"")]);

    endorsement_without_name, "an EndorsementCredential without name", Malformed, "member_missing", |t| {
        t.issuer_of(&endorsed(&signed_endorsement()), &[("/endorsement/0/name", "")]);
        let own = with(&endorsement(BADGE), "/issuer/id", &format!("\"{}\"", party(1).did));
        t.issuer_of(&own, &[("/name", "")]);
    };
    endorsement_of_another_type, "an endorsement of another type", Malformed, "type_wrong",
        |t| t.issuer_of(&endorsed(&signed_endorsement()), &[("/endorsement/0/type", "[\"VerifiableCredential\"]"),
            ("/endorsement/0/credentialSubject/type", "[\"AchievementSubject\"]")]);
    endorsements_too_many, "more than 32 endorsements", Malformed, "too_many_endorsements", |t| {
        let one = Value::Object(signed_endorsement());
        let many = |count: usize| Value::from(vec![one.clone(); count]).to_string();
        t.issuer_of(&with(&badge(), "/endorsement", &many(32)), &[("/endorsement", &many(33)), ("/issuer/endorsement", &many(1))]);
    };
    endorsements_too_deep, "an endorsement within an endorsement", Malformed, "endorsements_too_deep", |t| {
        let profile = format!(
            r#"{{"id":"{}","type":["Profile"],"endorsement":[{}]}}"#,
            party(4).did,
            Value::Object(signed_endorsement())
        );
        t.issuer_of(&endorsed(&signed_endorsement()), &[("/endorsement/0/issuer", &profile)]);
    };

    endorsement_tokens_too_many, "more than 32 endorsements, tokens included", Malformed, "too_many_endorsements", |t| {
        let many = |count: usize| Value::from(vec![Value::from("a.b.c"); count]).to_string();
        t.issuer_of(&with(&badge(), "/endorsementJwt", &many(32)), &[("/endorsementJwt", &many(33)), ("/issuer/endorsementJwt", &many(1))]);
    };
    endorsement_tokens_too_deep, "a token of an endorsement within an endorsement", Malformed, "endorsements_too_deep", |t| {
        let profile = format!(r#"{{"id":"{}","type":["Profile"],"endorsementJwt":["a.b.c"]}}"#, party(4).did);
        t.issuer_of(&endorsed(&signed_endorsement()), &[("/endorsement/0/issuer", &profile)]);
    };
    schema_broken, "a badge that breaks the schema that it names", Malformed, "schema_broken",
        |t| t.issuer_of(&naming_its_schema(), &[("/credentialSchema/0/id", &format!("\"{SCHEMAS}/ob_v3p0_endorsementcredential_schema.json\""))]);
    schemas_too_many, "more than 8 schemas", Malformed, "schemas_too_many",
        |t| t.issuer_of(&naming_its_schema(), &[("/credentialSchema", &Value::from(vec![schema(); 9]).to_string())]);

    picture_without_badge, "a picture without a badge", Malformed, "picture_without_badge",
        |t| { t.good_bytes(&bake::svg(SVG, &signed()).expect("bakes")); t.bad_bytes("plain", SVG); };
    picture_with_two_badges, "a picture with two different badges", Malformed, "picture_with_two_badges", |t| {
        let one = String::from_utf8(bake::svg(SVG, &signed()).expect("bakes")).expect("text");
        t.good_bytes(one.as_bytes());
        let start = one.find("<openbadges:credential").expect("a badge");
        let element = one[start..one.find("</svg>").expect("an end")].replace("Cryptography", "Rocketry");
        t.bad_bytes("two", one.replace("</svg>", &format!("{element}</svg>")).as_bytes());
    };
    picture_with_a_fake, "a picture with a badge that was changed", Forged, "proof_signature_wrong", |t| {
        let one = String::from_utf8(bake::svg(SVG, &signed()).expect("bakes")).expect("text");
        t.good_bytes(one.as_bytes());
        t.bad_bytes("changed", one.replace("\"Cryptography\"", "\"Rocketry\"").as_bytes());
    };
}

const BADGE: &str = "urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11";
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>";
const SCHEMAS: &str = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json";

fn schema() -> Value {
    let id = format!("{SCHEMAS}/ob_v3p0_achievementcredential_schema.json");
    Object::from([("id", id.into()), ("type", "1EdTechJsonSchemaValidator2019".into())]).into()
}

/// A badge that names the schema of Open Badges, with the context that defines its type.
fn naming_its_schema() -> Object {
    let contexts = format!(r#"["{V2}","{OB}","https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]"#);
    let named = Value::from(vec![schema()]).to_string();
    with(&with(&badge(), "/@context", &contexts), "/credentialSchema", &named)
}

const NESTED: [&str; 10] = [
    "/credentialSubject",
    "/credentialSubject/achievement",
    "/credentialSubject/identifier/0",
    "/credentialSubject/result/0",
    "/credentialSubject/achievement/resultDescription/0",
    "/credentialSubject/achievement/creator",
    "/evidence/0",
    "/issuer",
    "/issuer/parentOrg",
    "/issuer/otherIdentifier/0",
];

/// Types that are words of Open Badges, and not the one that belongs here.
fn types(t: &mut Trial, pointer: &str) {
    assert!(NESTED.contains(&pointer), "{pointer}");
    let pointer = format!("{pointer}/type");
    t.issuer(&[
        (&pointer, "[\"Address\"]"),
        (&pointer, "\"Alignment\""),
        (&pointer, "[\"Address\",\"Alignment\"]"),
    ]);
}

fn signed() -> Vec<u8> {
    Value::Object(party(1).sign(&badge())).to_string().into_bytes()
}

fn signed_endorsement() -> Object {
    party(4).sign(&endorsement(BADGE))
}

fn endorsed(endorsement: &Object) -> Object {
    let mut badge = badge();
    badge.insert("endorsement", vec![Value::from(endorsement.clone())]);
    badge
}
