//! What is accepted and what is refused, on small documents of our own.

use super::{Contexts, JsonLdError, canonicalize};
use crate::json::{self, Object, Value};

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const OB: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

fn object(text: &str) -> Object {
    match json::parse(text.as_bytes()).expect("JSON") {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

fn canonical(text: &str) -> Result<String, JsonLdError> {
    canonicalize(&object(text), &["proof"], &Contexts::pinned()).map(|canonical| canonical.nquads)
}

/// A badge with more members after its id, and more contexts.
fn badge(contexts: &str, members: &str) -> String {
    format!(
        r#"{{"@context":["{V2}","{OB}"{contexts}],"id":"urn:uuid:1","type":["VerifiableCredential","OpenBadgeCredential"],
        "issuer":{{"id":"did:example:i","type":"Profile","name":"I"}},
        "credentialSubject":{{"id":"did:example:s","type":"AchievementSubject"}}{members}}}"#
    )
}

fn code(contexts: &str, members: &str) -> &'static str {
    match canonical(&badge(contexts, members)) {
        Ok(nquads) => panic!("{contexts} {members} was accepted:\n{nquads}"),
        Err(error) => error.code(),
    }
}

fn accepted(contexts: &str, members: &str) -> String {
    canonical(&badge(contexts, members)).unwrap_or_else(|error| panic!("{contexts} {members}: {error}"))
}

#[test]
fn a_small_badge_word_for_word() {
    let text = badge("", r#","awardedDate":"2026-06-25T10:00:00Z","proof":[{"left":"out"}]"#);
    let vc = "https://www.w3.org/2018/credentials#";
    let ob = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#";
    let rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>";
    let expected = [
        format!("<did:example:i> {rdf_type} <{ob}Profile> ."),
        "<did:example:i> <https://schema.org/name> \"I\" .".to_owned(),
        format!("<did:example:s> {rdf_type} <{ob}AchievementSubject> ."),
        format!("<urn:uuid:1> {rdf_type} <{vc}VerifiableCredential> ."),
        format!("<urn:uuid:1> {rdf_type} <{ob}OpenBadgeCredential> ."),
        format!("<urn:uuid:1> <{ob}awardedDate> \"2026-06-25T10:00:00Z\"^^<xsd:dateTime> ."),
        format!("<urn:uuid:1> <{vc}credentialSubject> <did:example:s> ."),
        format!("<urn:uuid:1> <{vc}issuer> <did:example:i> ."),
    ];
    let mut expected: Vec<String> = expected.into_iter().collect();
    expected.sort();
    let nquads = canonical(&text).expect("canonical");
    assert_eq!(nquads.lines().collect::<Vec<_>>(), expected);
}
