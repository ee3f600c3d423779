//! VCDM 2.0: what a credential and a presentation must be, whoever signed it.

use crate::parties::{EXTENSIONS, OB, SCHEMA, V2, badge, credential, with};
use crate::refused;
use crate::trial::Trial;
use accolade_core::json::Object;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// SHA-256 of the base context as it was published on 2024-07-20.
const ELDER_V2: &str = "24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9";

refused! {
    context_missing, "no `@context`", Malformed, "context_missing",
        |t| { t.issuer(&[("/@context", "")]); t.forger(&[("/@context", "")]); };
    context_not_a_list, "an `@context` that is no list", Malformed, "context_not_a_list",
        |t| t.issuer(&[("/@context", &quoted(V2)), ("/@context", "{}"), ("/@context", "null"), ("/@context", "7")]);
    base_context_missing, "no base context in the list", Malformed, "base_context_not_first",
        |t| t.issuer(&[("/@context", &format!("[{}]", quoted(OB))), ("/@context", "[]")]);
    base_context_not_first, "the base context behind another", Malformed, "base_context_not_first",
        |t| t.issuer(&[("/@context", &format!("[{},{}]", quoted(OB), quoted(V2))),
            ("/@context", &format!("[{{}},{},{}]", quoted(V2), quoted(OB)))]);
    context_entry_of_another_kind, "a context that is neither a URL nor an object", Malformed, "context_invalid",
        |t| t.issuer(&[("/@context/2", "7"), ("/@context/2", "null"), ("/@context/2", "true"), ("/@context/2", "[]")]);
    context_url_invalid, "a context whose URL is none", Malformed, "context_invalid",
        |t| t.issuer(&[("/@context/2", "\"contexts/v2\""), ("/@context/2", "\"not a url\""), ("/@context/2", "\"\""),
            ("/@context/2", "\"https://a.example/a b\"")]);
    context_redefines_a_protected_term, "a context that gives a protected term another meaning", Malformed,
        "protected term redefinition",
        |t| t.issuer(&[("/@context/2", r#"{"name":"https://a.example/name"}"#), ("/@context/2", r#"{"name":null}"#),
            ("/@context/2", r#"{"description":"https://schema.org/name"}"#), ("/issuer/@context", r#"{"name":"https://a.example/name"}"#)]);
    context_redefines_verifiable_credential, "a context that gives `VerifiableCredential` another meaning", Malformed,
        "protected term redefinition",
        |t| t.issuer(&[("/@context/2", r#"{"VerifiableCredential":"https://a.example/Credential"}"#),
            ("/@context/2", r#"{"VerifiableCredential":null}"#)]);

    type_missing, "no `type`", Malformed, "type_missing",
        |t| t.issuer(&[("/type", ""), ("/type", "[]")]);
    type_without_verifiable_credential, "a `type` without `VerifiableCredential`", Malformed, "type_not_included",
        |t| t.issuer(&[("/type", "[\"OpenBadgeCredential\"]"), ("/type", "\"OpenBadgeCredential\"")]);
    type_not_mapped, "a `type` that is neither a word of a context nor a URL", Malformed, "undefined_type",
        |t| { let json = r#"["VerifiableCredential","OpenBadgeCredential","Diploma"]"#;
            let relative = r#"["VerifiableCredential","OpenBadgeCredential","./Diploma"]"#;
            t.issuer(&[("/type", json), ("/type", relative)]); t.forger(&[("/type", json)]); };
    type_not_a_string, "types that are not strings", Malformed, "type_not_a_string",
        |t| t.issuer(&[("/type/1", "7"), ("/type/1", "null"), ("/type/1", "{}"), ("/type", "7"), ("/type", "null"),
            ("/type/1", "\"\"")]);

    id_several, "an `id` of several values", Malformed, "id_several",
        |t| t.issuer(&[("/id", r#"["urn:a:1","urn:a:2"]"#), ("/id", r#"["urn:a:1"]"#), ("/id", "[]")]);
    id_null, "an `id` that is null", Malformed, "id_not_a_url", |t| t.issuer(&[("/id", "null")]);
    id_not_a_url, "an `id` that is no URL", Malformed, "id_not_a_url",
        |t| t.issuer(&[("/id", "\"badge 7\""), ("/id", "\"\""), ("/id", "7"), ("/id", "{}"), ("/id", "true")]);
    subject_id_several, "a subject's `id` of several values", Malformed, "id_several",
        |t| t.issuer(&[("/credentialSubject/id", r#"["did:example:a","did:example:b"]"#)]);
    subject_id_null, "a subject's `id` that is null", Malformed, "id_not_a_url",
        |t| t.issuer(&[("/credentialSubject/id", "null")]);
    subject_id_not_a_url, "a subject's `id` that is no URL", Malformed, "id_not_a_url",
        |t| t.issuer(&[("/credentialSubject/id", "\"alice\""), ("/credentialSubject/id", "7")]);

    issuer_missing, "no issuer", Malformed, "issuer_missing", |t| t.issuer(&[("/issuer", "")]);
    issuer_null, "an issuer that is null", Malformed, "issuer_not_a_url", |t| t.issuer(&[("/issuer", "null")]);
    issuer_not_a_url, "an issuer that is no URL", Malformed, "issuer_not_a_url",
        |t| t.issuer(&[("/issuer", "\"Example University\""), ("/issuer", "7"), ("/issuer", "[]"), ("/issuer", "true")]);
    issuer_object_without_id, "an issuer object without `id`", Malformed, "issuer_without_id",
        |t| t.issuer(&[("/issuer/id", ""), ("/issuer", "{}")]);
    issuer_object_id_not_a_url, "an issuer object whose `id` is no URL", Malformed, "id_not_a_url",
        |t| t.issuer(&[("/issuer/id", "\"university\""), ("/issuer/id", "null"), ("/issuer/id", "7")]);

    subject_missing, "no `credentialSubject`", Malformed, "subject_missing",
        |t| t.issuer(&[("/credentialSubject", "")]);
    subject_empty, "an empty subject", Malformed, "subject_empty", |t| t.issuer(&[("/credentialSubject", "{}")]);
    subject_list_empty, "an empty list of subjects", Malformed, "subject_empty",
        |t| t.issuer(&[("/credentialSubject", "[]")]);
    subject_list_of_an_empty_one, "a list with an empty subject", Malformed, "subject_empty",
        |t| t.issuer(&[("/credentialSubject", "[{}]"), ("/credentialSubject", r#"[{"id":"urn:a:b"},{}]"#)]);
    subject_string, "a subject that is a string", Malformed, "subject_not_an_object",
        |t| t.issuer(&[("/credentialSubject", "\"did:example:a\""), ("/credentialSubject", "[\"did:example:a\"]")]);
    subject_number, "a subject that is a number", Malformed, "subject_not_an_object",
        |t| t.issuer(&[("/credentialSubject", "7"), ("/credentialSubject", "[7]")]);
    subject_null, "a subject that is null", Malformed, "subject_not_an_object",
        |t| t.issuer(&[("/credentialSubject", "null"), ("/credentialSubject", "[null]")]);

    valid_from_not_a_date, "a `validFrom` that is no date and time with a time zone", Malformed, "date_invalid",
        |t| dates(t, "/validFrom");
    valid_until_not_a_date, "a `validUntil` that is no date and time with a time zone", Malformed, "date_invalid",
        |t| dates(t, "/validUntil");
    valid_until_before_valid_from, "a `validUntil` before `validFrom`", Malformed, "validity_reversed",
        |t| t.issuer(&[("/validUntil", "\"2026-06-30T09:59:59Z\""), ("/validUntil", "\"2026-06-30T12:00:00+03:00\"")]);
    valid_from_far_ahead, "a `validFrom` far ahead may be issued; until then the badge is not valid", NotYetValid,
        "not_yet_valid",
        |t| t.issuer_of(&with(&badge(), "/validUntil", ""), &[("/validFrom", "\"4023-01-01T00:00:00Z\"")]);

    status_without_type, "a `credentialStatus` without type", Malformed, "type_missing",
        |t| t.issuer(&[("/credentialStatus/type", ""), ("/credentialStatus/type", "[]")]);
    status_id_not_a_url, "a `credentialStatus` whose id is no URL", Malformed, "id_not_a_url",
        |t| t.issuer(&[("/credentialStatus/id", "\"place\""), ("/credentialStatus/id", "null")]);
    status_id_several, "a `credentialStatus` with several ids", Malformed, "id_several",
        |t| t.issuer(&[("/credentialStatus/id", r#"["urn:a:1","urn:a:2"]"#)]);
    schema_without_type, "a `credentialSchema` without type", Malformed, "type_missing",
        |t| t.issuer_of(&with_schema(), &[("/credentialSchema/type", "")]);
    schema_without_id, "a `credentialSchema` without id", Malformed, "id_missing",
        |t| t.issuer_of(&with_schema(), &[("/credentialSchema/id", "")]);
    schema_id_not_a_url, "a `credentialSchema` whose id is no URL", Malformed, "id_not_a_url",
        |t| t.issuer_of(&with_schema(), &[("/credentialSchema/id", "\"schema\""), ("/credentialSchema/id", "null")]);
    schema_id_several, "a `credentialSchema` with several ids", Malformed, "id_several",
        |t| t.issuer_of(&with_schema(), &[("/credentialSchema/id", r#"["urn:a:1","urn:a:2"]"#)]);
    refresh_service_without_type, "a `refreshService` without type", Malformed, "type_missing",
        |t| t.issuer_of(&credential(), &[("/refreshService/type", "")]);
    refresh_service_id_not_a_url, "a `refreshService` whose id is no URL", Malformed, "id_not_a_url",
        |t| t.issuer_of(&credential(), &[("/refreshService/id", "\"again\""), ("/refreshService/id", "7")]);
    refresh_service_id_several, "a `refreshService` with several ids", Malformed, "id_several",
        |t| t.issuer_of(&credential(), &[("/refreshService/id", r#"["urn:a:1","urn:a:2"]"#)]);
    terms_of_use_without_type, "a `termsOfUse` without type", Malformed, "type_missing",
        |t| t.issuer_of(&credential(), &[("/termsOfUse/type", "")]);
    terms_of_use_id_not_a_url, "a `termsOfUse` whose id is no URL", Malformed, "id_not_a_url",
        |t| t.issuer_of(&credential(), &[("/termsOfUse/id", "\"terms\"")]);
    terms_of_use_id_several, "a `termsOfUse` with several ids", Malformed, "id_several",
        |t| t.issuer_of(&credential(), &[("/termsOfUse/id", r#"["urn:a:1","urn:a:2"]"#)]);
    evidence_without_type, "an `evidence` without type", Malformed, "type_missing",
        |t| t.issuer(&[("/evidence/0/type", "")]);
    evidence_id_not_a_url, "an `evidence` whose id is no URL", Malformed, "id_not_a_url",
        |t| t.issuer(&[("/evidence/0/id", "\"the exam\"")]);
    evidence_id_several, "an `evidence` with several ids", Malformed, "id_several",
        |t| t.issuer(&[("/evidence/0/id", r#"["urn:a:1","urn:a:2"]"#)]);
    proof_without_type, "a `proof` without type", Malformed, "type_missing", |t| t.proof(&[("/type", "")]);
    proof_id_not_a_url, "a `proof` whose id is no URL", Malformed, "id_not_a_url",
        |t| t.proof(&[("/id", "\"proof\""), ("/id", "null")]);
    proof_id_several, "a `proof` with several ids", Malformed, "id_several",
        |t| t.proof(&[("/id", r#"["urn:a:1","urn:a:2"]"#)]);

    name_with_extra_keys, "a `name` by language with other keys", Malformed, "language_value_invalid",
        |t| language_values(t, "/name");
    description_with_extra_keys, "a `description` by language with other keys", Malformed, "language_value_invalid",
        |t| language_values(t, "/description");
    issuer_name_with_extra_keys, "an issuer's `name` by language with other keys", Malformed, "language_value_invalid",
        |t| { let issuer = format!("{{\"id\":{}}}", quoted(crate::parties::party(1).did.as_str()));
            language_values_of(t, &with(&credential(), "/issuer", &issuer), "/issuer/name"); };

    related_resource_without_id, "a `relatedResource` without id", Malformed, "related_resource_without_id",
        |t| t.issuer_of(&credential(), &[("/relatedResource/0/id", "")]);
    related_resource_id_twice, "two of `relatedResource` with one id", Malformed, "related_resource_twice",
        |t| t.issuer_of(&credential(), &[("/relatedResource/2", r#"{"id":"https://a.example/rules.pdf","digestSRI":"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}"#)]);
    related_resource_without_digest, "a `relatedResource` without digest", Malformed, "related_resource_without_digest",
        |t| t.issuer_of(&credential(), &[("/relatedResource/0/digestSRI", ""), ("/relatedResource/1/digestMultibase", "")]);
    related_resource_digest_unreadable, "a `relatedResource` whose digest is none", Malformed, "related_resource_digest",
        unreadable_digests;
    related_resource_wrong_sri, "a `relatedResource` with the wrong `digestSRI`", Malformed, "related_resource_digest",
        wrong_sri;
    related_resource_wrong_sha256, "a `relatedResource` with a wrong bare SHA-256 in multibase", Malformed,
        "related_resource_digest",
        |t| wrong_multibase(t, &[]);
    related_resource_wrong_multihash, "a `relatedResource` with a wrong multihash", Malformed, "related_resource_digest",
        |t| wrong_multibase(t, &[0x12, 0x20]);

    presentation_of_a_string, "a presentation with a text that is no token", Malformed, "not_an_object",
        |t| t.holder(&[("/verifiableCredential/0", "\"a badge\""), ("/verifiableCredential", "\"a badge\"")]);
    presentation_of_a_number, "a presentation with a number or null for a badge", Malformed, "not_an_object",
        |t| t.holder(&[("/verifiableCredential/0", "7"), ("/verifiableCredential/0", "null"),
            ("/verifiableCredential", "null")]);
    presentation_of_what_has_no_type, "a presentation with a badge without type", Malformed, "type_missing",
        |t| t.holder(&[("/verifiableCredential/0/type", ""), ("/verifiableCredential/0", "{}")]);
    presentation_type_missing, "a presentation without type", Malformed, "type_missing", |t| t.holder(&[("/type", "")]);
    presentation_of_another_type, "a presentation of another type", Malformed, "type_not_included",
        |t| t.holder(&[("/type", "[\"VerifiableCredential\"]"), ("/type", "\"Presentation\"")]);
    holder_not_a_url, "a holder that is no URL", Malformed, "holder_not_a_url",
        |t| t.holder(&[("/holder", "\"Alice\""), ("/holder", "null"), ("/holder", "7"), ("/holder", "{}"),
            ("/holder", "[\"did:example:a\"]"), ("/holder", r#"{"id":"Alice"}"#)]);
    enveloped_context_wrong, "an enveloped credential with another context", Malformed, "enveloped_context",
        |t| t.holder(&[("/verifiableCredential/1", &enveloped("https://www.w3.org/2018/credentials/v1", DATA)),
            ("/verifiableCredential/1", &enveloped(OB, DATA))]);
    enveloped_id_not_data, "an enveloped credential whose id is no `data:` URL", Malformed, "enveloped_id",
        |t| t.holder(&[("/verifiableCredential/1", &enveloped(V2, "https://a.example/badge")),
            ("/verifiableCredential/1", &enveloped(V2, "eyJ"))]);
    enveloped_without_type, "an enveloped credential without type", Malformed, "type_missing",
        |t| t.holder(&[("/verifiableCredential/1", &enveloped(V2, DATA).replace("EnvelopedVerifiableCredential", "")
            .replace(",\"type\":\"\"", ""))]);
}

const DATA: &str = "data:application/vc+jwt,eyJhbGciOiJFZERTQSJ9.e30.AA";

fn enveloped(context: &str, id: &str) -> String {
    format!(r#"{{"@context":"{context}","id":"{id}","type":"EnvelopedVerifiableCredential"}}"#)
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn dates(t: &mut Trial, pointer: &str) {
    for json in [
        "\"tomorrow\"",
        "\"2026-07-01\"",
        "\"2026-07-01T10:00:00\"",
        "\"2026-07-01 10:00:00Z\"",
        "\"2026-02-30T10:00:00Z\"",
        "\"2026-07-01T25:00:00Z\"",
        "\"2026-07-01T10:00:00z\"",
        "\"\"",
        "1782900000",
        "null",
        "[\"2026-07-01T10:00:00Z\"]",
    ] {
        t.issuer(&[(pointer, json)]);
    }
}

/// The badge, and that it keeps the schema of Open Badges.
fn with_schema() -> Object {
    let schema = format!(r#"{{"id":"{SCHEMA}","type":"1EdTechJsonSchemaValidator2019"}}"#);
    with(&with(&badge(), "/@context/2", &quoted(EXTENSIONS)), "/credentialSchema", &schema)
}

fn language_values(t: &mut Trial, pointer: &str) {
    language_values_of(t, &credential(), pointer);
}

fn language_values_of(t: &mut Trial, document: &Object, pointer: &str) {
    let text = r#"{"@value":"Kryptographie","@language":"de","@direction":"ltr"}"#;
    let good = with(document, pointer, text);
    t.issuer_of(
        &good,
        &[
            (pointer, r#"{"@value":"Kryptographie","@language":"de","@type":"https://a.example/Text"}"#),
            (pointer, r#"{"@value":"Kryptographie","note":"x"}"#),
            (pointer, r#"{"@value":"Kryptographie","@index":"de"}"#),
            (pointer, r#"["Cryptography",{"@value":"Kryptographie","lang":"de"}]"#),
            (pointer, r#"{"@language":"de"}"#),
        ],
    );
}

const MULTIBASE: &str = "/relatedResource/1/digestMultibase";
const SECOND: &str = "/relatedResource/1";

fn unreadable_digests(t: &mut Trial) {
    let sha256 = Sha256::digest(b"x");
    for (pointer, digest) in [
        ("/relatedResource/0/digestSRI", "sha384-!!".to_owned()),
        ("/relatedResource/0/digestSRI", format!("sha384-{}", "A".repeat(60))),
        ("/relatedResource/0/digestSRI", format!("md5-{}", "A".repeat(24))),
        ("/relatedResource/0/digestSRI", "A".repeat(64)),
        (MULTIBASE, format!("m{}", BASE64_STANDARD.encode(sha256))),
        (MULTIBASE, BASE64_URL_SAFE_NO_PAD.encode(sha256)),
        (MULTIBASE, format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(&sha256[..31]))),
        (MULTIBASE, String::new()),
    ] {
        t.issuer_of(&credential(), &[(pointer, &quoted(&digest))]);
    }
    t.issuer_of(
        &credential(),
        &[(MULTIBASE, "7"), (MULTIBASE, "null"), ("/relatedResource/0/digestSRI", "[]")],
    );
}

/// The base context as it is pinned.
fn base_context() -> &'static [u8] {
    accolade_schemas::context(V2).expect("pinned").bytes
}

fn wrong_sri(t: &mut Trial) {
    let resource = |name: &str, digest: &[u8]| {
        format!(r#"{{"id":"{V2}","digestSRI":"{name}-{}"}}"#, BASE64_STANDARD.encode(digest))
    };
    let file = base_context();
    let of = |bytes: &[u8]| {
        [
            resource("sha256", &Sha256::digest(bytes)),
            resource("sha384", &Sha384::digest(bytes)),
            resource("sha512", &Sha512::digest(bytes)),
        ]
    };
    for (right, wrong) in of(file).iter().zip(of(b"another file")) {
        t.issuer_of(&with(&credential(), SECOND, right), &[(SECOND, &wrong)]);
    }
}

/// Digests of both published versions are right; with this before them, in both bases.
fn wrong_multibase(t: &mut Trial, prefix: &[u8]) {
    let texts = |digest: &[u8]| {
        let bytes = [prefix, digest].concat();
        [
            format!("\"u{}\"", BASE64_URL_SAFE_NO_PAD.encode(&bytes)),
            format!("\"z{}\"", bs58::encode(&bytes).into_string()),
        ]
    };
    let elder: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&ELDER_V2[2 * at..2 * at + 2], 16).expect("digits")).collect();
    let wrong = texts(&Sha256::digest(b"another file"));
    for digest in [Sha256::digest(base_context()).to_vec(), elder] {
        for (right, wrong) in texts(&digest).iter().zip(&wrong) {
            t.issuer_of(&with(&credential(), MULTIBASE, right), &[(MULTIBASE, wrong)]);
        }
    }
}
