//! Badges and presentations secured by tokens: whose key counts, and what must never be called good.

use super::*;
use crate::bake::bake;
use crate::did::{document, jwk};
use crate::jose::{self, TokenOptions};
use crate::keys::{P256Secret, PublicKey, SecretKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

const WEB: &str = "did:web:issuer.example";
const URL: &str = "https://issuer.example/about";

fn ed25519(seed: u8) -> SecretKey {
    SigningKey::from_seed(&[seed; 32]).into()
}

fn p256() -> SecretKey {
    SecretKey::P256(P256Secret::from_bytes(&[7; 32]).expect("in range"))
}

fn rsa() -> SecretKey {
    let jwk = include_str!("../../keys/tests/rsa_2048.json");
    SecretKey::from_jwk(&object(jwk)).expect("a key")
}

fn options(method: &str) -> TokenOptions {
    TokenOptions {
        verification_method: method.to_owned(),
        issued: at("2026-07-01T00:00:00Z"),
        expires: None,
        nonce: None,
        audience: None,
    }
}

/// A token with this header over this payload, signed right.
fn token(header: &str, payload: &Object, key: &SecretKey) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(header), encode(&Value::from(payload.clone()).to_string()));
    let signature = key.sign(signed.as_bytes()).expect("signs");
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// A badge without status entry.
fn plain(issuer: &str) -> Object {
    set(badge(issuer), "credentialStatus", "")
}

/// The document of `id` with this key as `#key-1`, under these relationships.
fn listing(id: &str, key: &PublicKey, relationships: &[&str]) -> Arc<DidDocument> {
    let mut jwk = key.to_jwk();
    jwk.insert("kid", "thumbprint");
    let lists: String =
        relationships.iter().map(|relationship| format!(r##","{relationship}":["#key-1"]"##)).collect();
    let text = format!(
        r##"{{"id":"{id}","verificationMethod":[{{"id":"#key-1","type":"JsonWebKey","controller":"{id}","publicKeyJwk":{}}}]{lists}}}"##,
        Value::from(jwk)
    );
    Arc::new(DidDocument::parse(text.as_bytes(), id).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn with_document(document: Arc<DidDocument>) -> Evidence {
    let mut evidence = fresh(&[]);
    evidence.documents.insert(document.id().to_owned(), Ok(document));
    evidence
}

fn judged_with(text: &str, evidence: &Evidence, policy: &Policy, now: &str) -> Report {
    let mut gather = |_: &Needs| evidence.clone();
    check_bytes(text.as_bytes(), &mut gather, policy, at(now), &CONTEXTS)
}

fn judged(text: &str, evidence: &Evidence) -> Report {
    judged_with(text, evidence, &Policy::default(), NOW)
}

fn verdict(text: &str, evidence: &Evidence) -> (Verdict, &'static str) {
    let report = judged(text, evidence);
    assert_eq!(report.is_good(), report.verdict == Verdict::Valid);
    assert_eq!(report.badge.is_none(), report.issuer.is_none(), "{report:?}");
    (report.verdict, report.code)
}

/// The verdict on what must show nothing of the badge.
fn refused(text: &str, evidence: &Evidence) -> (Verdict, &'static str) {
    let report = judged(text, evidence);
    assert!(report.badge.is_none() && report.issuer.is_none() && !report.is_good(), "{report:?}");
    (report.verdict, report.code)
}

fn signed_token() -> String {
    let (issuer, key) = (party(1), ed25519(1));
    jose::sign_credential(badge(issuer.did.as_str()), &key, &options(&issuer.method), &CONTEXTS)
        .expect("signs")
}

#[test]
fn a_badge_in_a_token_is_judged_like_one_with_a_proof() {
    let text = signed_token();
    let (token, embedded) = (judged(&text, &fresh(&[])), judge(&signed(), &fresh(&[])));
    assert_eq!((token.verdict, token.code), (Verdict::Valid, "valid"), "{token:?}");
    assert_eq!((&token.issuer, token.status_as_of), (&embedded.issuer, embedded.status_as_of));
    assert!(token.warnings.is_empty(), "{token:?}");
    let names = |report: &Report| {
        report.checks.iter().map(|check| (check.name, check.outcome, check.code)).collect::<Vec<_>>()
    };
    assert_eq!(names(&token), names(&embedded), "the same checks");
    let proof = token.checks.iter().find(|check| check.name == CheckName::Proof).expect("checked");
    assert!(proof.detail.as_ref().is_some_and(|detail| detail.contains("JWT, EdDSA")), "{proof:?}");
    assert_eq!(proof.as_of, Some(at("2026-07-01T00:00:00Z")), "`iat`, which is a claim");

    assert_eq!(verdict(&text, &fresh(&[4711])), (Verdict::Revoked, "revoked"));
    assert_eq!(verdict(&text, &Evidence::default()), (Verdict::CouldNotCheck, "status_unavailable"));
    let late = judged_with(&text, &fresh(&[]), &Policy::default(), "2036-06-30T10:00:01Z");
    assert_eq!((late.verdict, late.code), (Verdict::Expired, "expired"), "`exp` is the badge's own end");
    let early = judged_with(&text, &fresh(&[]), &Policy::default(), "2026-06-30T09:59:59Z");
    assert_eq!((early.verdict, early.code), (Verdict::NotYetValid, "not_yet_valid"));
}

#[test]
fn a_token_is_found_wherever_a_badge_may_stand() {
    let (text, evidence) = (signed_token(), fresh(&[]));
    let svg = bake(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", text.as_bytes()).expect("bakes");
    let envelope = format!(
        r#"{{"@context":"https://www.w3.org/ns/credentials/v2","id":"data:application/vc+jwt,{text}",
        "type":"EnvelopedVerifiableCredential"}}"#
    );
    for bytes in [text.as_bytes(), format!("\n{text}\n").as_bytes(), &svg, envelope.as_bytes()] {
        let mut gather = |_: &Needs| evidence.clone();
        let report = check_bytes(bytes, &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
        assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"), "{report:?}");
    }
    for given in [Value::from(text.clone()), value(&envelope)] {
        let mut gather = |_: &Needs| evidence.clone();
        let report = check_value(given, &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
        assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"), "{report:?}");
    }
}

#[test]
fn each_algorithm_counts_by_the_issuers_document() {
    for key in [ed25519(1), p256(), rsa()] {
        let (name, public) = (key.algorithm().as_str(), key.public_key());
        for id in [WEB, URL] {
            let evidence = with_document(listing(id, &public, &["assertionMethod"]));
            for method in [format!("{id}#key-1"), "#key-1".to_owned()] {
                let text =
                    jose::sign_credential(plain(id), &key, &options(&method), &CONTEXTS).expect("signs");
                assert_eq!(verdict(&text, &evidence), (Verdict::Valid, "valid"), "{name} by {method}");
            }
            for header in [
                format!(r#"{{"alg":"{name}"}}"#),
                format!(r#"{{"alg":"{name}","kid":"{id}"}}"#),
                format!(r#"{{"alg":"{name}","kid":"key-1"}}"#),
                format!(r#"{{"alg":"{name}","kid":"thumbprint"}}"#),
                format!(r#"{{"alg":"{name}","jwk":{}}}"#, Value::from(public.to_jwk())),
                format!(r#"{{"alg":"{name}","kid":"{id}#key-1","jwk":{}}}"#, Value::from(public.to_jwk())),
            ] {
                let text = token(&header, &plain(id), &key);
                let report = judged(&text, &evidence);
                assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"), "{header}: {report:?}");
                assert_eq!(report.issuer.as_deref(), Some(id));
            }
        }
    }
}

#[test]
fn a_key_that_the_token_brings_along_proves_nothing() {
    let (issuer, thief) = (ed25519(1), ed25519(3));
    let evidence = with_document(listing(WEB, &issuer.public_key(), &["assertionMethod"]));
    let own = Value::from(thief.public_key().to_jwk());
    let multikey = thief.public_key().to_multikey().expect("Ed25519");
    for (header, expected) in [
        // The key in the header, in the fragment, or of a DID of the thief's.
        (format!(r#"{{"alg":"EdDSA","jwk":{own}}}"#), (Verdict::CouldNotCheck, "key_not_in_document")),
        (
            format!(r#"{{"alg":"EdDSA","kid":"{WEB}#{multikey}"}}"#),
            (Verdict::CouldNotCheck, "key_not_in_document"),
        ),
        (format!(r#"{{"alg":"EdDSA","kid":"{multikey}"}}"#), (Verdict::CouldNotCheck, "key_not_in_document")),
        (
            format!(r#"{{"alg":"EdDSA","kid":"{WEB}#key-1","jwk":{own}}}"#),
            (Verdict::Forged, "token_key_other"),
        ),
        (format!(r#"{{"alg":"EdDSA","kid":"{WEB}#key-1"}}"#), (Verdict::Forged, "proof_signature_wrong")),
        (r#"{"alg":"EdDSA","kid":"thumbprint"}"#.to_owned(), (Verdict::Forged, "proof_signature_wrong")),
        (r#"{"alg":"EdDSA"}"#.to_owned(), (Verdict::CouldNotCheck, "key_not_in_document")),
        (
            format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, party(3).method),
            (Verdict::Forged, "controller_not_issuer"),
        ),
        (
            format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, party(3).did),
            (Verdict::Forged, "controller_not_issuer"),
        ),
        (
            r#"{"alg":"EdDSA","kid":"https://thief.example/keys#1"}"#.to_owned(),
            (Verdict::Forged, "controller_not_issuer"),
        ),
        (
            r#"{"alg":"EdDSA","kid":"https://issuer.example/keys/1"}"#.to_owned(),
            (Verdict::Unsupported, "key_address_unsupported"),
        ),
        (r##"{"alg":"EdDSA","kid":"#"}"##.to_owned(), (Verdict::CouldNotCheck, "key_not_in_document")),
        (
            r#"{"alg":"EdDSA","x5c":["AA"],"jku":"https://thief.example"}"#.to_owned(),
            (Verdict::CouldNotCheck, "key_not_in_document"),
        ),
    ] {
        assert_eq!(refused(&token(&header, &plain(WEB), &thief), &evidence), expected, "{header}");
    }
    // The famous one: somebody else's URL, with the thief's key behind it.
    let victim = format!("https://victim.example/#{multikey}");
    let text =
        token(&format!(r#"{{"alg":"EdDSA","kid":"{victim}"}}"#), &plain("https://victim.example/"), &thief);
    let evidence =
        with_document(listing("https://victim.example/", &issuer.public_key(), &["assertionMethod"]));
    assert_eq!(refused(&text, &evidence), (Verdict::CouldNotCheck, "key_not_in_document"));
}

#[test]
fn a_key_counts_for_its_purpose_its_kind_and_its_time() {
    let key = ed25519(1);
    let text =
        jose::sign_credential(plain(WEB), &key, &options(&format!("{WEB}#key-1")), &CONTEXTS).expect("signs");
    let unnamed = token(r#"{"alg":"EdDSA"}"#, &plain(WEB), &key);
    for relationships in [&["authentication"][..], &["keyAgreement"], &[]] {
        let evidence = with_document(listing(WEB, &key.public_key(), relationships));
        assert_eq!(refused(&text, &evidence), (Verdict::Forged, "key_purpose_other"));
        assert_eq!(refused(&unnamed, &evidence), (Verdict::Forged, "key_purpose_other"));
    }
    // Another kind of key stands under that name.
    let evidence = with_document(listing(WEB, &p256().public_key(), &["assertionMethod"]));
    assert_eq!(refused(&text, &evidence), (Verdict::Forged, "token_algorithm_other"));
    assert_eq!(refused(&unnamed, &evidence), (Verdict::CouldNotCheck, "key_not_in_document"));

    assert_eq!(refused(&text, &fresh(&[])), (Verdict::CouldNotCheck, "issuer_unresolved"));
    let mut evidence = fresh(&[]);
    for (missing, expected) in [
        (DocumentMissing::Unavailable("no route".into()), "issuer_unresolved"),
        (DocumentMissing::Refused("junk".into()), "issuer_document_refused"),
        (DocumentMissing::Deactivated, "issuer_deactivated"),
    ] {
        evidence.documents.insert(WEB.into(), Err(missing));
        assert_eq!(refused(&text, &evidence), (Verdict::CouldNotCheck, expected));
    }
    let text = token(r#"{"alg":"EdDSA","kid":"did:example:abc#key-1"}"#, &plain("did:example:abc"), &key);
    assert_eq!(refused(&text, &fresh(&[])), (Verdict::Unsupported, "did_method_unsupported"));
    let ended = format!(
        r##"{{"id":"{WEB}","verificationMethod":[{{"id":"#key-1","type":"Multikey","controller":"{WEB}","revoked":"2026-06-01T00:00:00Z",
        "publicKeyMultibase":"{}"}}],"assertionMethod":["#key-1"]}}"##,
        key.public_key().to_multikey().expect("Ed25519")
    );
    let ended = Arc::new(DidDocument::parse(ended.as_bytes(), WEB).expect("reads"));
    assert_eq!(refused(&unnamed, &with_document(ended)), (Verdict::CouldNotCheck, "key_ended"));
}

#[test]
fn two_keys_of_one_name_are_both_tried_and_no_more_than_a_few() {
    let keys: Vec<_> = (1..=20).map(ed25519).collect();
    let method = |(at, key): (usize, &SecretKey)| {
        let mut jwk = key.public_key().to_jwk();
        jwk.insert("kid", "same");
        format!(
            r##"{{"id":"#{at}","type":"JsonWebKey","controller":"{WEB}","publicKeyJwk":{}}}"##,
            Value::from(jwk)
        )
    };
    let methods: Vec<String> = keys.iter().enumerate().map(method).collect();
    let names: Vec<String> = (0..keys.len()).map(|at| format!("\"#{at}\"")).collect();
    let text = format!(
        r#"{{"id":"{WEB}","verificationMethod":[{}],"assertionMethod":[{}]}}"#,
        methods.join(","),
        names.join(",")
    );
    let evidence = with_document(Arc::new(DidDocument::parse(text.as_bytes(), WEB).expect("reads")));
    let by = |at: usize| token(r#"{"alg":"EdDSA","kid":"same"}"#, &plain(WEB), &keys[at]);
    assert_eq!(verdict(&by(0), &evidence), (Verdict::Valid, "valid"));
    assert_eq!(verdict(&by(7), &evidence), (Verdict::Valid, "valid"));
    assert_eq!(refused(&by(8), &evidence), (Verdict::CouldNotCheck, "key_not_in_document"));
}

#[test]
fn a_did_that_is_its_key_needs_no_document() {
    let issuer = party(1);
    let key = ed25519(1);
    let fragment = issuer.method.split_once('#').expect("a fragment").1;
    let did = issuer.did.as_str();
    let payload = plain(did);
    let mut gather = |needs: &Needs| -> Evidence {
        assert!(needs.controllers.is_empty(), "nobody is asked");
        Evidence::default()
    };
    for kid in [
        format!(r#","kid":"{}""#, issuer.method),
        format!(r#","kid":"{did}""#),
        format!(r##","kid":"#{fragment}""##),
        format!(r#","kid":"{fragment}""#),
        String::new(),
    ] {
        let text = token(&format!(r#"{{"alg":"EdDSA"{kid}}}"#), &payload, &key);
        let report = check_bytes(text.as_bytes(), &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
        assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"), "{kid}: {report:?}");
    }
    let thief = ed25519(3);
    let text = token(r#"{"alg":"EdDSA"}"#, &payload, &thief);
    assert_eq!(refused(&text, &fresh(&[])), (Verdict::Forged, "proof_signature_wrong"));
    let text = token(&format!(r#"{{"alg":"EdDSA","kid":"{did}#other"}}"#), &payload, &key);
    assert_eq!(refused(&text, &fresh(&[])), (Verdict::Forged, "key_not_in_issuer_document"));
    let own = Value::from(thief.public_key().to_jwk());
    let text = token(&format!(r#"{{"alg":"EdDSA","jwk":{own}}}"#), &payload, &thief);
    assert_eq!(refused(&text, &fresh(&[])), (Verdict::Forged, "token_key_other"));
    let text = token(r#"{"alg":"ES256"}"#, &payload, &p256());
    assert_eq!(refused(&text, &fresh(&[])), (Verdict::Forged, "token_algorithm_other"));

    let did = jwk::did_of(p256().public_key()).to_string();
    let text = token(&format!(r#"{{"alg":"ES256","kid":"{did}#0"}}"#), &plain(&did), &p256());
    assert_eq!(verdict(&text, &Evidence::default()), (Verdict::Valid, "valid"));
    let text = token(r#"{"alg":"ES256"}"#, &plain(&did), &p256());
    assert_eq!(verdict(&text, &Evidence::default()), (Verdict::Valid, "valid"));
}

#[test]
fn nobody_is_asked_for_a_token_of_another() {
    let mut asked = Vec::new();
    let mut gather = |needs: &Needs| -> Evidence {
        asked.extend(needs.controllers.clone());
        Evidence::default()
    };
    let check = |header: &str, gather: &mut dyn FnMut(&Needs) -> Evidence| {
        let text = token(header, &plain(WEB), &ed25519(3));
        check_bytes(text.as_bytes(), gather, &Policy::default(), at(NOW), &CONTEXTS)
    };
    check(r#"{"alg":"EdDSA","kid":"did:web:beacon.example#1"}"#, &mut gather);
    check(r#"{"alg":"EdDSA","kid":"https://beacon.example/1"}"#, &mut gather);
    check(r##"{"alg":"EdDSA","kid":"#1","jku":"https://beacon.example"}"##, &mut gather);
    assert_eq!(asked, [WEB], "for the last one the issuer itself, and nobody else ever");
}

#[test]
fn every_word_is_defined_in_a_token_too() {
    let issuer = party(1);
    let surprise = |object: Object, key: &str, json: &str| set(object, key, json);
    for (payload, expected) in [
        (surprise(plain(issuer.did.as_str()), "surprise", "\"x\""), (Verdict::Malformed, "undefined_term")),
        (
            surprise(
                plain(issuer.did.as_str()),
                "type",
                r#"["VerifiableCredential","OpenBadgeCredential","Surprise"]"#,
            ),
            (Verdict::Malformed, "undefined_type"),
        ),
        (
            surprise(
                plain(issuer.did.as_str()),
                "@context",
                r#"["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json","https://a.example/v1"]"#,
            ),
            (Verdict::Unsupported, "unknown_context"),
        ),
    ] {
        let report = judged(&token(r#"{"alg":"EdDSA"}"#, &payload, &ed25519(1)), &fresh(&[]));
        assert_eq!(report.verdict, expected.0, "{report:?}");
        assert!(report.badge.is_none());
    }
}

#[test]
fn a_tokens_own_end_and_beginning_are_kept() {
    let issuer = party(1);
    let of = |claims: &str| {
        let payload = object(&format!(
            r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"{}",
            "credentialSubject":{{"id":"did:example:earner"}}{claims}}}"#,
            issuer.did
        ));
        token(r#"{"alg":"EdDSA"}"#, &payload, &ed25519(1))
    };
    // 2026-07-01T12:00:00Z is 1782907200.
    for (claims, expected) in [
        ("", (Verdict::Valid, "valid")),
        (r#","exp":1782907201"#, (Verdict::Valid, "valid")),
        (r#","exp":1782907200"#, (Verdict::Expired, "proof_expired")),
        (r#","exp":0"#, (Verdict::Expired, "proof_expired")),
        (r#","exp":-1"#, (Verdict::Expired, "proof_expired")),
        (r#","nbf":1782907200"#, (Verdict::Valid, "valid")),
        (r#","nbf":1782907201"#, (Verdict::NotYetValid, "token_not_yet_valid")),
        // The signature ended; that the credential would go on doesn't help.
        (r#","exp":1782907100,"validUntil":"2027-01-01T00:00:00Z""#, (Verdict::Expired, "proof_expired")),
        (r#","exp":1782907300,"validUntil":"2026-07-01T11:00:00Z""#, (Verdict::Expired, "expired")),
    ] {
        let report = judged(&of(claims), &Evidence::default());
        assert_eq!((report.verdict, report.code), expected, "{claims}: {report:?}");
        let policy = Policy { checks: Checks::ProofOnly, ..Policy::default() };
        let proof_only = judged_with(&of(claims), &Evidence::default(), &policy, NOW);
        let expected = if expected.1 == "expired" { (Verdict::Valid, "valid") } else { expected };
        assert_eq!((proof_only.verdict, proof_only.code), expected, "{claims} by the proof alone");
    }
}

#[test]
fn a_date_in_words_is_a_warning() {
    let text = token(
        r#"{"alg":"EdDSA"}"#,
        &set(plain(party(1).did.as_str()), "iat", "\"2026-06-30T10:00:00Z\""),
        &ed25519(1),
    );
    let report = judged(&text, &fresh(&[]));
    let warnings: Vec<_> = report.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!((report.verdict, warnings), (Verdict::Valid, vec!["token_date_not_number"]));
}

#[test]
fn proofs_within_a_token_may_add_to_it_and_must_not_be_wrong() {
    let issuer = party(1);
    let within = |document: &Object| token(r#"{"alg":"EdDSA"}"#, document, &ed25519(1));
    let signed = issuer.sign(plain(issuer.did.as_str()));
    assert_eq!(verdict(&within(&signed), &fresh(&[])), (Verdict::Valid, "valid"));
    let changed = tampered(&signed, "Cryptography", "Surgery");
    assert_eq!(verdict(&within(&changed), &fresh(&[])).0, Verdict::Malformed);
    // A proof by somebody else adds nothing, and is named.
    let other = party(3).sign(plain(issuer.did.as_str()));
    let report = judged(&within(&other), &fresh(&[]));
    let warnings: Vec<_> = report.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!((report.verdict, warnings), (Verdict::Valid, vec!["extra_proof_not_checked"]), "{report:?}");
    // A good proof within doesn't save a token that somebody else signed.
    let stolen = token(r#"{"alg":"EdDSA"}"#, &signed, &ed25519(3));
    assert_eq!(refused(&stolen, &fresh(&[])), (Verdict::Forged, "proof_signature_wrong"));
}

#[test]
fn data_model_1_1_is_verified_with_a_proof_and_as_a_token() {
    let issuer = party(1);
    let context = r#"["https://www.w3.org/2018/credentials/v1","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
        "https://w3id.org/security/data-integrity/v2","https://www.w3.org/ns/credentials/status/v1"]"#;
    let mut elder = set(badge(issuer.did.as_str()), "@context", context);
    elder.remove("validFrom");
    elder.remove("validUntil");
    elder.insert("issuanceDate", "2026-06-30T10:00:00Z");
    elder.insert("expirationDate", "2027-06-30T10:00:00Z");
    let proved = Value::from(issuer.sign(elder.clone())).to_string();
    let wrapped = Object::from([("vc", elder.clone().into()), ("nbf", Value::Int(1_782_813_600))]);
    let token = token(r#"{"alg":"EdDSA","typ":"JWT"}"#, &wrapped, &ed25519(1));
    for text in [&proved, &token] {
        let report = judged(text, &fresh(&[]));
        assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"), "{report:?}");
        assert_eq!(report.badge.and_then(|badge| badge.valid_until), Some(at("2027-06-30T10:00:00Z")));
        assert_eq!(verdict(text, &fresh(&[4711])), (Verdict::Revoked, "revoked"));
        let late = judged_with(text, &fresh(&[]), &Policy::default(), "2027-06-30T10:00:01Z");
        assert_eq!((late.verdict, late.code), (Verdict::Expired, "expired"));
        let pointer = late.problems().first().and_then(|problem| problem.pointer.clone());
        assert_eq!(pointer.as_deref(), Some("/expirationDate"));
        let early = judged_with(text, &fresh(&[]), &Policy::default(), "2026-06-30T09:00:00Z");
        assert_eq!((early.verdict, early.code), (Verdict::NotYetValid, "not_yet_valid"));
    }
    let changed = proved.replace("2027-06-30T10:00:00Z", "2037-06-30T10:00:00Z");
    assert_eq!(refused(&changed, &fresh(&[])), (Verdict::Forged, "proof_signature_wrong"));
    // Moved into the other data model, the same words mean something else.
    let moved =
        proved.replace("https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2");
    assert!(!judged(&moved, &fresh(&[])).is_good());
}

/// A presentation by `holder`, of these members.
fn vp(holder: &str, members: &[Value]) -> Object {
    Object::from([
        ("@context", vec!["https://www.w3.org/ns/credentials/v2".into()].into()),
        ("type", vec!["VerifiablePresentation".into()].into()),
        ("holder", holder.into()),
        ("verifiableCredential", members.to_vec().into()),
    ])
}

fn envelope(token: &str) -> Value {
    value(&format!(
        r#"{{"@context":"https://www.w3.org/ns/credentials/v2","id":"data:application/vc+jwt,{token}",
        "type":"EnvelopedVerifiableCredential"}}"#
    ))
}

fn present(document: Object, key: &SecretKey, method: &str, nonce: &str, audience: &str) -> String {
    let options = TokenOptions {
        nonce: Some(nonce.to_owned()),
        audience: Some(audience.to_owned()),
        ..options(method)
    };
    jose::sign_presentation(document, key, &options, &CONTEXTS).expect("signs")
}

fn presented(text: &str, expected: Expected<'_>, evidence: &Evidence) -> PresentationReport {
    let mut gather = |_: &Needs| evidence.clone();
    check_presentation_bytes(text.as_bytes(), expected, &mut gather, &Policy::default(), at(NOW), &CONTEXTS)
}

const ASKED: Expected<'static> = Expected { challenge: Some("n-1"), domain: Some("verifier.example") };

#[test]
fn a_presented_token_proves_the_recipient_if_nonce_and_audience_match() {
    let earner = party(2);
    let document = vp(earner.did.as_str(), &[envelope(&signed_token())]);
    let text = present(document.clone(), &ed25519(2), &earner.method, "n-1", "verifier.example");
    let report = presented(&text, ASKED, &fresh(&[]));
    assert_eq!((report.verdict, report.code), (Verdict::Valid, "presentation_valid"), "{report:?}");
    assert!(report.recipient_proved && report.holder.as_deref() == Some(earner.did.as_str()));
    let enveloped = format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"EnvelopedVerifiablePresentation",
        "id":"data:application/vp+jwt,{text}"}}"#
    );
    assert!(presented(&enveloped, ASKED, &fresh(&[])).recipient_proved);

    for (nonce, audience, expected) in [
        ("n-2", "verifier.example", (Verdict::Forged, "challenge_mismatch")),
        ("n-1", "other.example", (Verdict::Forged, "domain_mismatch")),
        ("N-1", "verifier.example", (Verdict::Forged, "challenge_mismatch")),
    ] {
        let text = present(document.clone(), &ed25519(2), &earner.method, nonce, audience);
        let report = presented(&text, ASKED, &fresh(&[]));
        assert_eq!((report.verdict, report.code), expected);
        assert!(!report.recipient_proved);
    }
    let replayed = token(r#"{"alg":"EdDSA","typ":"vp+jwt"}"#, &document, &ed25519(2));
    assert_eq!(presented(&replayed, ASKED, &fresh(&[])).code, "challenge_mismatch");
    let unasked = presented(&text, Expected::default(), &fresh(&[]));
    assert!(unasked.is_good() && !unasked.recipient_proved, "nobody asked for an answer");
    // The badge is somebody else's.
    let thief = party(3);
    let stolen = vp(thief.did.as_str(), &[envelope(&signed_token())]);
    let text = present(stolen, &ed25519(3), &thief.method, "n-1", "verifier.example");
    let report = presented(&text, ASKED, &fresh(&[]));
    assert!(report.is_good() && !report.recipient_proved);
}

#[test]
fn a_presented_token_is_signed_by_its_holder_for_that_purpose() {
    let earner = party(2);
    let document = vp(earner.did.as_str(), &[envelope(&signed_token())]);
    let forged = token(r#"{"alg":"EdDSA"}"#, &document, &ed25519(3));
    assert_eq!(presented(&forged, Expected::default(), &fresh(&[])).verdict, Verdict::Forged);
    let other = token(&format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, party(3).method), &document, &ed25519(3));
    let report = presented(&other, Expected::default(), &fresh(&[]));
    assert_eq!((report.verdict, report.code), (Verdict::Forged, "controller_not_holder"));
    let expired = token(r#"{"alg":"EdDSA"}"#, &set(document.clone(), "exp", "1782907200"), &ed25519(2));
    assert_eq!(presented(&expired, Expected::default(), &fresh(&[])).verdict, Verdict::Expired);

    // A key for assertions is none to authenticate with, and the other way round.
    let document = vp(WEB, &[]);
    let text = present(document, &ed25519(2), &format!("{WEB}#key-1"), "n-1", "verifier.example");
    let key = ed25519(2).public_key();
    let assertion = presented(&text, ASKED, &with_document(listing(WEB, &key, &["assertionMethod"])));
    assert_eq!((assertion.verdict, assertion.code), (Verdict::Forged, "key_purpose_other"));
    let authentication = presented(&text, ASKED, &with_document(listing(WEB, &key, &["authentication"])));
    assert_eq!(authentication.verdict, Verdict::Valid, "{authentication:?}");
    // Without a holder the one who signed is shown, and nobody is proved to be the recipient.
    let mut nobodys = vp("did:example:x", &[envelope(&signed_token())]);
    nobodys.remove("holder");
    let text = present(nobodys, &ed25519(2), &earner.method, "n-1", "verifier.example");
    let report = presented(&text, ASKED, &fresh(&[]));
    assert!(report.is_good() && !report.recipient_proved, "{report:?}");
    assert_eq!(report.holder.as_deref(), Some(earner.did.as_str()));
}

#[test]
fn one_bad_member_spoils_the_presentation_and_each_is_reported() {
    let earner = party(2);
    let bad = signed_token().replace('.', ".A");
    let unsigned = token(r#"{"alg":"EdDSA"}"#, &badge(party(1).did.as_str()), &ed25519(3));
    let members = [envelope(&signed_token()), envelope(&bad), envelope(&unsigned), signed().into()];
    let text =
        present(vp(earner.did.as_str(), &members), &ed25519(2), &earner.method, "n-1", "verifier.example");
    let report = presented(&text, ASKED, &fresh(&[]));
    let verdicts: Vec<_> = report.credentials.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [Verdict::Valid, Verdict::Malformed, Verdict::Forged, Verdict::Valid]);
    assert_eq!(report.verdict, Verdict::Malformed);
    assert!(!report.recipient_proved && report.holder.is_some());
    // In a presentation with a proof just the same.
    let proved = earner.sign_with(
        vp(earner.did.as_str(), &members),
        &ProofOptions { purpose: Purpose::Authentication, ..earner.options() },
    );
    let report = presented(&Value::from(proved).to_string(), Expected::default(), &fresh(&[]));
    assert_eq!((report.verdict, report.credentials.len()), (Verdict::Malformed, 4));
}

#[test]
fn a_presentation_of_data_model_1_1_holds_tokens_and_answers_too() {
    let (issuer, earner) = (party(1), party(2));
    let credential = object(&format!(
        r#"{{"vc":{{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],
        "issuer":"{}","issuanceDate":"2026-06-30T10:00:00Z","credentialSubject":{{"id":"{}"}}}}}}"#,
        issuer.did, earner.did
    ));
    let credential = token(r#"{"alg":"EdDSA"}"#, &credential, &ed25519(1));
    let of = |member: &str| {
        object(&format!(
            r#"{{"iss":"{}","nonce":"n-1","aud":"verifier.example","vp":{{"@context":["https://www.w3.org/2018/credentials/v1"],
            "type":["VerifiablePresentation"],"verifiableCredential":["{member}"]}}}}"#,
            earner.did
        ))
    };
    let text = token(r#"{"alg":"EdDSA","typ":"JWT"}"#, &of(&credential), &ed25519(2));
    let report = presented(&text, ASKED, &fresh(&[]));
    assert_eq!((report.verdict, report.recipient_proved), (Verdict::Valid, true), "{report:?}");
    let text = token(r#"{"alg":"EdDSA","typ":"JWT"}"#, &of(&credential.replace('.', "_.")), &ed25519(2));
    let report = presented(&text, ASKED, &fresh(&[]));
    assert_eq!((report.verdict, report.recipient_proved), (Verdict::Malformed, false));
}

#[test]
fn documents_of_the_web_list_keys_for_tokens_and_proofs_alike() {
    // `of_web` is what our own nodes publish: its keys count for both.
    let key = SigningKey::from_seed(&[1; 32]).verifying_key();
    let text = Value::from(document::of_web(&Did::parse(WEB).expect("a DID"), &[key])).to_string();
    let evidence = with_document(Arc::new(DidDocument::parse(text.as_bytes(), WEB).expect("reads")));
    let method = format!("{WEB}#{}", key.to_multikey());
    let text = jose::sign_credential(plain(WEB), &ed25519(1), &options(&method), &CONTEXTS).expect("signs");
    assert_eq!(verdict(&text, &evidence), (Verdict::Valid, "valid"));
}
