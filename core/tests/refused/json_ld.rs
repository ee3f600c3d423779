//! What two readers could take for different things, or what no signature covers.

use crate::parties::{answer, badge, credential, object, party, presentation, value, with};
use crate::refused;
use crate::trial::Trial;
use accolade_core::json::{Object, Value};

refused! {
    duplicate_key, "a key that stands twice", Malformed, "not_json",
        |t| t.text(&[("\"name\":\"Cryptography\"", r#""name":"Cryptography","name":"Rocketry""#),
            ("\"name\":\"Cryptography\"", r#""name":"Cryptography","name":"Cryptography""#),
            ("\"creditsEarned\":3.5", r#""creditsEarned":3.5,"creditsEarned":4.5"#),
            ("\"proofPurpose\":", r#""proofPurpose":"authentication","proofPurpose":"#)]);
    duplicate_key_by_escape, "a key that stands twice, once with escapes", Malformed, "not_json",
        |t| t.text(&[("\"name\":\"Cryptography\"", r#""name":"Cryptography","n\u0061me":"Rocketry""#)]);
    lone_surrogate, "half a surrogate pair", Malformed, "not_json",
        |t| t.text(&[("Example University", r"Example \ud800"), ("Example University", r"\udc00 University"),
            ("Example University", r"\udc00\ud800"), ("\"creditsEarned\"", r#""\ud83d":1,"creditsEarned""#)]);
    number_outside_i_json, "a number that readers disagree on", Malformed, "not_json",
        |t| t.text(&[("3.5", "9007199254740993"), ("3.5", "-9007199254740992"), ("3.5", "1e400"), ("3.5", "1e16"),
            ("3.5", "123456789012345678901234567890"), ("3.5", "NaN"), ("3.5", "Infinity"), ("3.5", "03.5")]);
    not_utf8, "text that is not UTF-8", Malformed, "not_utf8", |t| {
        let signed = Value::Object(party(1).sign(&badge())).to_string();
        t.good_bytes(signed.as_bytes());
        let latin1: Vec<u8> = signed.replace("Example", "\u{1}xample").bytes().map(|b| if b == 1 { 0xc9 } else { b }).collect();
        t.bad_bytes("Latin-1", &latin1);
    };

    term_undefined, "a member that no context defines, in what the issuer signs", Malformed, "undefined_term",
        |t| { t.issuer(&[("/grade", "\"A\""), ("/credentialSubject/grade", "\"A\""), ("/evidence/0/grade", "\"A\""),
            ("/@foo", "\"A\"")]); };
    term_undefined_after_signing, "a member that no context defines, added after signing", Malformed, "undefined_term",
        |t| t.forger(&[("/grade", "\"A\""), ("/credentialSubject/grade", "\"A\""), ("/credentialSubject/achievement/grade", "\"A\""),
            ("/issuer/grade", "\"A\"")]);
    type_undefined, "a type that no context defines, in what the issuer signs", Malformed, "undefined_type",
        |t| t.issuer(&[("/type/2", "\"Diploma\""), ("/credentialSubject/type/1", "\"Student\"")]);
    type_undefined_after_signing, "a type that no context defines, added after signing", Malformed, "undefined_type",
        |t| t.forger(&[("/type/2", "\"Diploma\""), ("/evidence/0/type/1", "\"Exam\"")]);
    proof_term_undefined, "a member of the proof that no context defines", Malformed, "undefined_term",
        |t| t.proof(&[("/note", "\"x\""), ("/Created", "\"2026-07-01T00:00:00Z\"")]);
    proof_term_undefined_after_signing, "a member added to the proof that no context defines", Malformed, "undefined_term",
        |t| t.forger(&[("/proof/0/note", "\"x\"")]);
    presentation_term_undefined, "a member of a presentation that no context defines", Malformed, "undefined_term",
        |t| {
            t.holder(&[("/note", "\"x\"")]);
            let signed = party(2).sign_with(&presentation(&[party(1).sign(&badge())]), answer());
            t.bad_presentation("after signing", &with(&signed, "/note", "\"x\""));
        };
    undefined_word_by_a_vocabulary, "a vocabulary of the document's own that swallows undefined words", Malformed,
        "unsafe_context",
        |t| t.issuer_of(&credential(), &[("/@context/4", r#"{"@vocab":"https://a.example/"}"#)]);

    relative_iri, "a relative IRI: there is no base", Malformed, "relative_iri",
        |t| { for relative in ["me", "./me", "/me", "//b.example/me", "?me", "#me", ""] {
            let json = format!("\"{relative}\"");
            t.issuer_of(&credential(), &[("/credentialSubject/homepage", &json), ("/credentialSubject/knows/id", &json)]);
        } };

    inline_context_null, "an inline context that maps a term to null, at any depth", Malformed, "unsafe_context",
        |t| at_any_depth(t, r#"{"secret":null}"#);
    inline_context_sets_all_aside, "an inline context that sets the others aside", Malformed, "unsafe_context",
        |t| below_the_top(t, "null");
    inline_context_renames_a_keyword, "an inline context with another name for a keyword, at any depth", Malformed,
        "unsafe_context",
        |t| { at_any_depth(t, r#"{"kind":"@type"}"#); at_any_depth(t, r#"{"name_of":"@id"}"#);
            at_any_depth(t, r#"{"inside":"@graph"}"#); };
    inline_context_renames_a_word, "an inline context with another name for a word of a pinned context, at any depth",
        Malformed, "unsafe_context",
        |t| { at_any_depth(t, r#"{"until":"https://www.w3.org/2018/credentials#validUntil"}"#);
            at_any_depth(t, r#"{"badge":"https://purl.imsglobal.org/spec/vc/ob/vocab.html#Achievement"}"#);
            at_any_depth(t, r#"{"cred":"https://www.w3.org/2018/credentials#","until":"cred:validUntil"}"#); };
    inline_context_sets_base, "an inline context that sets `@base`, at any depth", Malformed, "unsafe_context",
        |t| { at_any_depth(t, r#"{"@base":"https://a.example/"}"#); at_any_depth(t, r#"{"@base":null}"#); };
    inline_context_reverses, "an inline context with a reversed term", Malformed, "unsafe_context",
        |t| at_any_depth(t, r#"{"knownBy":{"@reverse":"https://a.example/knows"}}"#);
    inline_context_nests, "an inline context with a nested term", Malformed, "unsafe_context",
        |t| at_any_depth(t, r#"{"inner":{"@id":"https://a.example/inner","@nest":"@nest"}}"#);
    inline_context_imports, "an inline context that imports or doesn't propagate", Malformed, "unsafe_context",
        |t| { at_any_depth(t, r#"{"@import":"https://www.w3.org/ns/credentials/v2"}"#);
            at_any_depth(t, r#"{"@propagate":false}"#); };
    inline_context_in_a_proof, "a proof with a context of its own", Malformed, "proof_context_other",
        |t| t.proof(&[("/@context", r#"{"note":"https://a.example/note"}"#), ("/@context", "null"),
            ("/@context", r#"["https://w3id.org/security/data-integrity/v2"]"#)]);
    word_by_its_iri, "a word of a pinned context, written as its IRI", Malformed, "aliased_term",
        |t| t.issuer_of(&credential(), &[("/https:~1~1www.w3.org~12018~1credentials#validUntil", "\"2046-06-30T10:00:00Z\"")]);

    reverse, "`@reverse` where no pinned context asks for it", Malformed, "keyword_not_allowed",
        |t| keyword(t, r#""@reverse":{"knows":{"id":"https://c.example/"}}"#);
    included, "`@included` where no pinned context asks for it", Malformed, "keyword_not_allowed",
        |t| keyword(t, r#""@included":[{"id":"https://c.example/","grade":"F"}]"#);
    graph, "`@graph` where no pinned context asks for it", Malformed, "keyword_not_allowed",
        |t| keyword(t, r#""@graph":[{"id":"https://c.example/","grade":"F"}]"#);
    nest, "`@nest` where no pinned context asks for it", Malformed, "keyword_not_allowed",
        |t| keyword(t, r#""@nest":{"grade":"F"}"#);
    id_by_its_keyword, "`@id` and `@type` where the context has `id` and `type`", Malformed, "keyword_not_allowed",
        |t| t.issuer_of(&credential(), &[("/credentialSubject/knows", r#"{"@id":"https://b.example/","grade":"A"}"#),
            ("/credentialSubject/knows", r#"{"id":"https://b.example/","@type":"https://b.example/Person"}"#)]);
    value_dropped, "a value that has no place among the statements", Malformed, "dropped_value",
        |t| t.issuer_of(&credential(), &[("/credentialSubject/grade", "null"), ("/credentialSubject/grade", "[null]"),
            ("/credentialSubject/grade", r#"{"@value":null}"#)]);
    id_in_short_form, "an id in short form, which reads as another one", Malformed, "short_id",
        |t| { let subject = r#"{"id":"did:alice","@context":{"did":{"@id":"https://a.example/people:","@prefix":true}}}"#;
            t.issuer_of(&credential(), &[("/credentialSubject", subject)]); };
    described_twice, "what the badge says of itself, where nobody looks for it", Malformed, "described_twice",
        |t| {
            let knows = r#"{"id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a12","type":"VerifiableCredential","validUntil":"2046-06-30T10:00:00Z"}"#;
            t.issuer_of(&credential(), &[("/credentialSubject/knows", knows)]);
        };
}

/// The context at the top and below it.
fn at_any_depth(t: &mut Trial, context: &str) {
    t.issuer_of(&credential(), &[("/@context/4", context)]);
    below_the_top(t, context);
}

/// In the subject, deeper, and scoped to a term of the document's own.
fn below_the_top(t: &mut Trial, context: &str) {
    let good = credential();
    let harmless = r#"{"more":"https://a.example/more"}"#;
    for pointer in
        ["/credentialSubject/@context", "/credentialSubject/knows/@context", "/termsOfUse/@context"]
    {
        t.issuer_of(&with(&good, pointer, harmless), &[(pointer, context)]);
        t.issuer_of(&with(&good, pointer, harmless), &[(pointer, &format!("[{harmless},{context}]"))]);
    }
    let scoped = |context: &str| {
        let mut term = object(r#"{"@id":"https://a.example/holds"}"#);
        term.insert("@context", value(context));
        let mut terms = Object::new();
        terms.insert("holds", term);
        let document = with(&good, "/@context/4", &Value::Object(terms).to_string());
        with(&document, "/credentialSubject/holds", r#"{"grade":"A"}"#)
    };
    t.good(&party(1).sign_anything(&scoped(harmless)));
    t.bad(&format!("scoped: {context}"), &party(1).sign_anything(&scoped(context)));
}

/// The member at the top, in the subject and deeper; signed so, and added after signing.
fn keyword(t: &mut Trial, member: &str) {
    let add = object(&format!("{{{member}}}"));
    let (name, json) = add.iter().next().map(|(name, value)| (name, value.to_string())).expect("one");
    for pointer in ["", "/credentialSubject", "/credentialSubject/knows"] {
        let pointer = format!("{pointer}/{name}");
        t.issuer_of(&credential(), &[(&pointer, &json)]);
        t.forger_of(&credential(), &[(&pointer, &json)]);
    }
}
