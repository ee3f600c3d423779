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

#[test]
fn what_a_signature_would_not_cover_is_refused() {
    for (members, expected) in [
        (r#","surprise":1"#, "undefined_term"),
        (r#","@surprise":1"#, "undefined_term"),
        (r#","evidence":{"type":"Evidence","surprise":1}"#, "undefined_term"),
        (r#","image":{"id":"https://a.example/i","type":"Image","audience":"x"}"#, "undefined_term"),
        (r#","evidence":{"type":["Evidence","Surprise"]}"#, "undefined_type"),
        (r#","evidence":{"type":"@surprise"}"#, "undefined_type"),
        (r#","evidence":{"id":"relative","type":"Evidence"}"#, "relative_iri"),
        (r#","evidence":{"id":"","type":"Evidence"}"#, "relative_iri"),
        (r#","evidence":{"id":"@surprise","type":"Evidence"}"#, "relative_iri"),
        (r##","evidence":{"id":"#fragment","type":"Evidence"}"##, "relative_iri"),
        (r#","evidence":{"id":"https://a.example/b c","type":"Evidence"}"#, "invalid_iri"),
        (r#","evidence":{"id":"https://a.example/<","type":"Evidence"}"#, "invalid_iri"),
        (r#","image":"image.png""#, "relative_iri"),
        (r#","name":null"#, "dropped_value"),
        (r#","evidence":[null]"#, "dropped_value"),
        (r#","name":{"@value":null}"#, "dropped_value"),
        (r#","name":{"@language":"en"}"#, "dropped_value"),
        (r#","name":{"@value":"x","@language":"e n"}"#, "dropped_value"),
        (r#","name":{"@value":"x","@index":"unsigned"}"#, "dropped_value"),
        (r#","@index":"unsigned""#, "dropped_value"),
        (r#","@language":"en""#, "dropped_value"),
        (r#","_:b":"x""#, "dropped_value"),
        (r#","https://a.example/ b":"x""#, "invalid_iri"),
        (r#","name":{"@value":"x","@type":"surprise"}"#, "undefined_type"),
    ] {
        assert_eq!(code("", members), expected, "{members}");
    }
}

#[test]
fn what_moves_or_renames_content_is_refused() {
    for (members, expected) in [
        (r#","@graph":[{"id":"did:example:x"}]"#, "keyword_not_allowed"),
        (r#","@included":[{"id":"did:example:x"}]"#, "keyword_not_allowed"),
        (r#","@reverse":{"evidence":{"id":"did:example:x"}}"#, "keyword_not_allowed"),
        (r#","@nest":{"name":"x"}"#, "keyword_not_allowed"),
        (r#","evidence":{"@graph":[]}"#, "keyword_not_allowed"),
        (r#","@vocab":"https://a.example/""#, "keyword_not_allowed"),
        (r#","https://www.w3.org/2018/credentials#credentialStatus":{"id":"did:example:x"}"#, "aliased_term"),
        (r#","https://schema.org/name":"x""#, "aliased_term"),
        (
            r#","evidence":{"type":"https://purl.imsglobal.org/spec/vc/ob/vocab.html#Evidence"}"#,
            "aliased_term",
        ),
        (r#","@id":"urn:uuid:2""#, "colliding keywords"),
        (r#","@type":"Evidence""#, "colliding keywords"),
    ] {
        assert_eq!(code("", members), expected, "{members}");
    }
}

#[test]
fn inline_contexts_may_add_words_and_nothing_else() {
    let quads = accepted(
        r#",{"ex":"https://ext.example/#","shoe":{"@id":"ex:shoe","@type":"ex:size"},"Boot":"ex:Boot"}"#,
        r#","evidence":{"type":["Evidence","Boot"],"shoe":"43","ex:lace":"long"}"#,
    );
    assert!(quads.contains("<https://ext.example/#shoe> \"43\"^^<https://ext.example/#size> ."), "{quads}");
    assert!(quads.contains("<https://ext.example/#lace> \"long\" ."), "{quads}");
    assert!(quads.contains("<https://ext.example/#Boot> ."), "{quads}");
    // A word said once more as it is pinned changes nothing.
    accepted(r#",{"name":{"@id":"https://schema.org/name"},"id":"@id"}"#, "");
    // So does a word of a pinned context that the badge doesn't name, under its own name.
    accepted(r#",{"Multikey":"https://w3id.org/security#Multikey"}"#, "");
    assert_eq!(code(r#",{"Key":"https://w3id.org/security#Multikey"}"#, ""), "unsafe_context");
    for (context, expected) in [
        (r#"{"@base":"https://a.example/"}"#, "unsafe_context"),
        (r#"{"@vocab":"https://a.example/"}"#, "unsafe_context"),
        (r#"{"@import":"https://www.w3.org/ns/credentials/v2"}"#, "unsafe_context"),
        (r#"{"@propagate":false}"#, "unsafe_context"),
        (r#"{"surprise":null}"#, "unsafe_context"),
        (r#"{"surprise":{"@id":null}}"#, "unsafe_context"),
        (r#"{"surprise":"@nest"}"#, "unsafe_context"),
        (r#"{"kind":"@type"}"#, "unsafe_context"),
        (r#"{"surprise":"https://www.w3.org/2018/credentials#credentialStatus"}"#, "unsafe_context"),
        (r#"{"c":"https://www.w3.org/2018/credentials#","surprise":"c:credentialStatus"}"#, "unsafe_context"),
        // Words of the elder data model, which readers of this one don't look at.
        (r#"{"expirationDate":"https://www.w3.org/2018/credentials#expirationDate"}"#, "unsafe_context"),
        (r#"{"c":"https://www.w3.org/2018/credentials#","issuanceDate":"c:issuanceDate"}"#, "unsafe_context"),
        (r#"{"surprise":{"@reverse":"https://a.example/p"}}"#, "unsafe_context"),
        (r#"{"surprise":{"@id":"https://a.example/p","@nest":"@nest"}}"#, "unsafe_context"),
        (r#"{"surprise":{"@id":"https://a.example/p","@context":{"x":null}}}"#, "unsafe_context"),
        (
            r#"{"surprise":{"@id":"https://a.example/p","@context":{"@base":"https://a.example/"}}}"#,
            "unsafe_context",
        ),
        (r#"{"surprise":"_:b"}"#, "unsafe_context"),
        (r#"null"#, "unsafe_context"),
        (r#"{"name":"https://a.example/name"}"#, "protected term redefinition"),
        (r#"{"issuer":"https://a.example/issuer","type":"@id"}"#, "protected term redefinition"),
        (r#"{"surprise":{"@id":"https://a.example/p","@type":"nonsense"}}"#, "invalid type mapping"),
        (r#"{"surprise":{"@id":"https://a.example/p","@container":"@bag"}}"#, "invalid container mapping"),
        (r#"{"@version":1.0}"#, "invalid @version value"),
        (r#"{"a":"b:c","b":"a:c"}"#, "cyclic IRI mapping"),
        (r#"7"#, "invalid local context"),
        (r#""https://a.example/context""#, "unknown_context"),
        (r#""https://www.w3.org/ns/credentials/v2/""#, "unknown_context"),
        (r#""HTTPS://www.w3.org/ns/credentials/v2""#, "unknown_context"),
    ] {
        assert_eq!(code(&format!(",{context}"), ""), expected, "{context}");
        let nested = format!(r#","evidence":{{"@context":{context},"type":"Evidence"}}"#);
        assert_eq!(code("", &nested), expected, "{nested}");
    }
    let renamed = r#","evidence":{"type":"Evidence","c:credentialStatus":"x"}"#;
    assert_eq!(code(r#",{"c":"https://www.w3.org/2018/credentials#"}"#, renamed), "aliased_term");
}

#[test]
fn malformed_json_ld_is_refused_with_the_code_of_the_specification() {
    for (members, expected) in [
        (r#","evidence":{"id":7}"#, "invalid @id value"),
        (r#","evidence":{"id":["https://a.example/"]}"#, "invalid @id value"),
        (r#","evidence":{"type":7}"#, "invalid type value"),
        (r#","name":{"@value":"x","name":"y"}"#, "invalid value object"),
        (r#","name":{"@value":"x","@type":"VerifiableCredential","@language":"en"}"#, "invalid value object"),
        (r#","name":{"@value":["x"]}"#, "invalid value object value"),
        (r#","name":{"@value":7,"@language":"en"}"#, "invalid language-tagged value"),
        (r#","name":{"@value":"x","@language":7}"#, "invalid language-tagged string"),
        (r#","name":{"@value":"x","@direction":"up"}"#, "invalid base direction"),
        (r#","name":{"@list":["x"],"name":"y"}"#, "invalid set or list object"),
    ] {
        assert_eq!(code("", members), expected, "{members}");
    }
}

#[test]
fn values_become_the_literals_of_the_specification() {
    let subject = |members: &str| {
        format!(
            r#","evidence":{{"type":"Evidence"}},"credentialSubject":{{"id":"did:example:s","type":"AchievementSubject",{members}}}"#
        )
    };
    let of = |members: &str| {
        let mut document = object(&badge("", ""));
        for (name, value) in object(&format!("{{{}}}", &subject(members)[1..])).iter() {
            document.insert(name, value.clone());
        }
        canonicalize(&document, &[], &Contexts::pinned()).expect("canonical").nquads
    };
    for (members, expected) in [
        (r#""creditsEarned":6"#, "\"6\"^^<https://www.w3.org/2001/XMLSchema#float>"),
        (r#""creditsEarned":6.0"#, "\"6\"^^<https://www.w3.org/2001/XMLSchema#float>"),
        (r#""creditsEarned":3.5"#, "\"3.5E0\"^^<https://www.w3.org/2001/XMLSchema#float>"),
        (r#""role":true"#, "\"true\"^^<http://www.w3.org/2001/XMLSchema#boolean>"),
        (r#""role":{"@value":"x","@language":"de-AT"}"#, "\"x\"@de-at"),
        (
            r#""role":{"@value":"x","@language":"AR","@direction":"rtl"}"#,
            "\"x\"^^<https://www.w3.org/ns/i18n#ar_rtl>",
        ),
        (
            r#""role":{"@value":{"b":1.0,"a":[]},"@type":"@json"}"#,
            r#""{\"a\":[],\"b\":1}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>"#,
        ),
        (r#""role":"a\nb\u0001""#, r#""a\nb\u0001""#),
    ] {
        assert!(of(members).contains(&format!(" {expected} .")), "{members}: {}", of(members));
    }
}

#[test]
fn order_and_repetition_do_not_matter_outside_of_lists() {
    let one = accepted("", r#","evidence":[{"type":"Evidence","name":"a"},{"type":"Evidence","genre":"b"}]"#);
    let two = accepted(
        "",
        r#","evidence":[{"genre":"b","type":["Evidence"]},{"name":["a","a"],"type":"Evidence"}]"#,
    );
    assert_eq!(one, two);
    let listed = |values: &str| {
        accepted("", &format!(r#","evidence":{{"type":"ResultDescription","allowedValue":{values}}}"#))
    };
    assert_ne!(listed(r#"["A","B"]"#), listed(r#"["B","A"]"#));
    assert_eq!(listed(r#"["A"]"#), listed(r#"{"@list":["A"]}"#));
    assert!(listed("[]").contains("22-rdf-syntax-ns#nil>"));
}

#[test]
fn blank_nodes_are_numbered_by_what_is_said_of_them() {
    let quads =
        accepted("", r#","evidence":[{"type":"Evidence","name":"a"},{"type":"Evidence","name":"b"}]"#);
    assert!(quads.contains("_:c14n0 <https://schema.org/name>") && quads.contains("_:c14n1 "), "{quads}");
    let one = accepted("", r#","evidence":[{"id":"_:x","type":"Evidence"},{"id":"_:x","name":"a"}]"#);
    assert_eq!(one, accepted("", r#","evidence":{"name":"a","type":"Evidence"}"#));
}

#[test]
fn a_scoped_context_ends_with_its_object() {
    // `caption` is a word of Image only, `audience` of Evidence only.
    let image = r#"{"id":"https://a.example/i","type":"Image","caption":"c"}"#;
    accepted("", &format!(r#","image":{image}"#));
    assert_eq!(code("", r#","evidence":{"type":"Evidence","caption":"c"}"#), "undefined_term");
    let source = format!(r#","evidence":{{"type":"Evidence","audience":"x","image":{image}}}"#);
    accepted("", &source);
    assert_eq!(code("", &source.replace(r#""caption""#, r#""genre""#)), "undefined_term");
}

#[test]
fn more_contexts_can_be_pinned() {
    let url = "https://a.example/context";
    let text = badge(r#","https://a.example/context""#, r#","shoe":"43""#);
    let contexts = Contexts::pinned();
    assert_eq!(
        canonicalize(&object(&text), &[], &contexts),
        Err(JsonLdError::UnknownContext { url: url.to_owned() })
    );
    let more = contexts.with(url, br#"{"@context":{"shoe":"https://a.example/shoe"}}"#).expect("a context");
    let quads = canonicalize(&object(&text), &[], &more).expect("canonical").nquads;
    assert!(quads.contains("<https://a.example/shoe> \"43\" ."));
    for bytes in [
        "",
        "[]",
        "{}",
        "{\"@context\":7}",
        "{\"@context\":{\"a\":{\"@id\":7}}}",
        "{\"@context\":\"https://a.example/other\"}",
    ] {
        assert!(contexts.with(url, bytes.as_bytes()).is_err(), "{bytes}");
    }
}

#[test]
fn every_pinned_context_compiles() {
    for pinned in accolade_schemas::CONTEXTS {
        let document = object(&format!(r#"{{"@context":"{}"}}"#, pinned.url));
        canonicalize(&document, &[], &Contexts::pinned())
            .unwrap_or_else(|error| panic!("{}: {error}", pinned.url));
    }
}

#[test]
fn work_has_limits() {
    let many: Vec<String> = (0..1_100).map(|n| format!(r#""t{n}":"https://a.example/{n}""#)).collect();
    assert_eq!(code(&format!(",{{{}}}", many.join(",")), ""), "too_much_work");
    let each: Vec<String> =
        (0..1_100).map(|n| format!(r#"{{"@context":{{"t":"https://a.example/{n}"}},"t":"x"}}"#)).collect();
    assert_eq!(code("", &format!(r#","evidence":[{}]"#, each.join(","))), "too_much_work");
    // Blank nodes that all look alike, in a ring of cross references.
    let ring: Vec<String> = (0..12)
        .map(|n| {
            let others: Vec<String> = (0..12)
                .filter(|other| *other != n)
                .map(|other| format!(r#"{{"id":"_:n{other}"}}"#))
                .collect();
            format!(r#"{{"id":"_:n{n}","evidence":[{}],"type":"VerifiableCredential"}}"#, others.join(","))
        })
        .collect();
    assert_eq!(code("", &format!(r#","evidence":[{}]"#, ring.join(","))), "too_much_work");
}

#[test]
fn a_term_may_be_written_in_any_script() {
    accepted(r#",{"café":"https://a.example/cafe"}"#, r#","evidence":{"type":"Evidence","café":"x"}"#);
    accepted(r#",{"é":"https://a.example/e","日本":"https://a.example/jp"}"#, r#","é":"x","日本":"y""#);
    let (context, member) = (r#",{"é:x":"https://a.example/y"}"#, r#","é:x":"z""#);
    assert_ne!(code(context, member), "", "a colon within a term is found behind a longer character too");
}
