//! Issuers and holders whose keys stand in a document: what the document must say, and what nothing else can.

use super::*;
use crate::did::document::{self, DidDocument};
use crate::did::jwk;
use crate::keys::VerifyingKey;
use crate::proof::Suite;

const WEB: &str = "did:web:issuer.example";
const URL: &str = "https://issuer.example/about";
const MADE: &str = "2026-07-01T11:00:00Z";

/// Somebody with a DID or URL of their choice and a key that their document may list.
fn named(id: &str, seed: u8) -> Party {
    let key = SigningKey::from_seed(&[seed; 32]);
    let method = format!("{id}#{}", key.verifying_key().to_multikey());
    // Only for its text: a URL is no DID.
    Party { did: Did::parse(id).unwrap_or_else(|_| Did::parse(WEB).expect("a DID")), method, key }
}

fn key(seed: u8) -> VerifyingKey {
    SigningKey::from_seed(&[seed; 32]).verifying_key()
}

/// The document of `id` that lists these keys for everything.
fn document(id: &str, keys: &[VerifyingKey]) -> Arc<DidDocument> {
    let text = Value::from(document::of_web(&Did::parse(WEB).expect("a DID"), keys)).to_string();
    Arc::new(DidDocument::parse(text.replace(WEB, id).as_bytes(), id).expect("a document"))
}

/// The document of [`WEB`] with the key of party 1 as `#key-1`, with these further members of method and document.
fn special(method: &str, members: &str) -> Arc<DidDocument> {
    let text = format!(r##"{{"id":"{WEB}","verificationMethod":[{{"id":"#key-1",{method}}}]{members}}}"##);
    Arc::new(DidDocument::parse(text.as_bytes(), WEB).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn multikey() -> String {
    format!(r#""type":"Multikey","controller":"{WEB}","publicKeyMultibase":"{}""#, key(1).to_multikey())
}

/// [`LIST`] by `party`, with these badges revoked, and the documents.
fn with(
    party: &Party,
    revoked: &[u64],
    documents: &[(&str, Result<Arc<DidDocument>, DocumentMissing>)],
) -> Evidence {
    let mut evidence = evidence(&[(LIST, Ok(party.list(LIST, StatusPurpose::Revocation, revoked, MADE)))]);
    for (id, document) in documents {
        evidence.documents.insert((*id).to_owned(), document.clone());
    }
    evidence
}

fn unavailable() -> DocumentMissing {
    DocumentMissing::Unavailable("no route to the host".into())
}

/// Could not be checked or worse, and shows nothing that the badge claims.
fn shows_nothing(object: &Object, evidence: &Evidence) -> (Verdict, &'static str) {
    let report = judge(object, evidence);
    assert!(report.badge.is_none() && report.issuer.is_none() && !report.is_good(), "{report:?}");
    assert!(report.status_as_of.is_none() && report.endorsements.is_empty());
    (report.verdict, report.code)
}

#[test]
fn a_badge_of_a_did_web_is_valid_by_its_document() {
    let issuer = named(WEB, 1);
    let badge = issuer.sign(badge(WEB));
    let needs = needs(&Credential::from_object(badge.clone()).expect("reads"));
    assert_eq!(
        (needs.controllers.as_slice(), needs.issuers.as_slice()),
        (&[WEB.to_owned()][..], &[WEB.to_owned()][..])
    );
    let documents = [(WEB, Ok(document(WEB, &[key(9), key(1)])))];
    let report = judge(&badge, &with(&issuer, &[], &documents));
    assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"), "{report:?}");
    assert_eq!((report.issuer.as_deref(), report.warnings.len()), (Some(WEB), 0));
    let json = serde_json::to_value(&report).expect("serializes");
    let bound = json["checks"].as_array().expect("checks").iter().find(|check| check["name"] == "issuer");
    assert_eq!(bound.expect("listed")["source"], "controller_document");

    assert_eq!(answer(&badge, &with(&issuer, &[4711], &documents)), (Verdict::Revoked, "revoked"));
    let changed = tampered(&badge, "Pass the exam.", "Attend the exam.");
    assert_eq!(
        shows_nothing(&changed, &with(&issuer, &[], &documents)),
        (Verdict::Forged, "proof_signature_wrong")
    );
    // Somebody else signs in the name of the key that the document lists.
    let options = ProofOptions { verification_method: issuer.method.clone(), ..party(3).options() };
    let impostor = party(3).sign_with(self::badge(WEB), &options);
    assert_eq!(
        shows_nothing(&impostor, &with(&issuer, &[], &documents)),
        (Verdict::Forged, "proof_signature_wrong")
    );
}

fn badge(issuer: &str) -> Object {
    super::badge(issuer)
}

#[test]
fn an_https_issuer_is_bound_by_the_document_at_its_url() {
    let issuer = named(URL, 1);
    let badge = set(badge(URL), "credentialStatus", "");
    let signed = issuer.sign(badge);
    let mut evidence = Evidence::default();
    evidence.documents.insert(URL.into(), Ok(document(URL, &[key(1)])));
    assert_eq!(answer(&signed, &evidence), (Verdict::Valid, "valid"));
    evidence.documents.insert(URL.into(), Ok(document(URL, &[key(2)])));
    assert_eq!(shows_nothing(&signed, &evidence), (Verdict::CouldNotCheck, "key_not_in_document"));
}

#[test]
fn an_own_key_in_the_fragment_is_never_valid_whatever_document_is_supplied() {
    for victim in ["https://victim.example/", "did:web:victim.example"] {
        let attacker = named(victim, 3);
        let fake = attacker.sign(badge(victim));
        let own = |id: &str| Ok(document(id, &[key(3)]));
        let mine = "did:web:attacker.example";
        for (documents, code) in [
            (vec![(victim, Ok(document(victim, &[key(1)])))], "key_not_in_document"),
            (vec![(victim, Ok(document(victim, &[])))], "key_not_in_document"),
            (vec![], "issuer_unresolved"),
            (vec![(victim, Err(unavailable())), (mine, own(mine))], "issuer_unresolved"),
            // A gatherer that mixes documents up.
            (vec![(victim, own(mine))], "issuer_document_refused"),
        ] {
            let evidence = with(&party(1), &[], &documents);
            assert_eq!(shows_nothing(&fake, &evidence), (Verdict::CouldNotCheck, code), "{victim}");
        }
        // The method of the attacker's own document, under the victim's name as issuer.
        let by_own = named(mine, 3).sign(badge(victim));
        let evidence = with(&party(1), &[], &[(victim, Ok(document(victim, &[key(1)]))), (mine, own(mine))]);
        assert_eq!(shows_nothing(&by_own, &evidence), (Verdict::Forged, "controller_not_issuer"), "{victim}");
    }
}

#[test]
fn a_document_that_is_not_to_be_had_is_never_good() {
    let issuer = named(WEB, 1);
    let badge = issuer.sign(badge(WEB));
    for (missing, code) in [
        (unavailable(), "issuer_unresolved"),
        (DocumentMissing::Refused("over 256 KiB".into()), "issuer_document_refused"),
        (DocumentMissing::Deactivated, "issuer_deactivated"),
    ] {
        let evidence = with(&issuer, &[4711], &[(WEB, Err(missing))]);
        assert_eq!(shows_nothing(&badge, &evidence), (Verdict::CouldNotCheck, code));
    }
    let report = judge(&badge, &with(&issuer, &[], &[(WEB, Err(unavailable()))]));
    assert!(report.problems()[0].detail.as_deref().is_some_and(|detail| detail.contains("no route")));

    for method in ["did:example:abc", "did:webvh:scid:issuer.example"] {
        let badge = named(method, 1).sign(self::badge(method));
        for documents in [vec![], vec![(method, Err(unavailable()))]] {
            let evidence = with(&party(1), &[], &documents);
            assert_eq!(shows_nothing(&badge, &evidence), (Verdict::Unsupported, "did_method_unsupported"));
        }
    }
}

#[test]
fn the_document_must_list_the_key_for_the_purpose_and_as_the_issuers_own() {
    let issuer = named(WEB, 1);
    let options = ProofOptions { verification_method: format!("{WEB}#key-1"), ..issuer.options() };
    let badge = issuer.sign_with(badge(WEB), &options);
    let asserting = r##","assertionMethod":["#key-1"]"##;
    let other = multikey().replace(WEB, "did:web:other.example");
    let ended = |member: &str| format!("{},{member}", multikey());
    for (document, answer) in [
        (special(&multikey(), ""), (Verdict::Forged, "key_purpose_other")),
        (special(&multikey(), r##","authentication":["#key-1"]"##), (Verdict::Forged, "key_purpose_other")),
        (special(&multikey(), r##","keyAgreement":["#key-1"]"##), (Verdict::Forged, "key_purpose_other")),
        (special(&other, asserting), (Verdict::Forged, "key_of_another_controller")),
        (
            special(&ended(r#""revoked":"2026-07-01T12:00:00Z""#), asserting),
            (Verdict::CouldNotCheck, "key_ended"),
        ),
        (
            special(&ended(r#""expires":"2026-06-01T00:00:00Z""#), asserting),
            (Verdict::CouldNotCheck, "key_ended"),
        ),
        (
            special(&multikey(), &format!(r#"{asserting},"deactivated":true"#)),
            (Verdict::CouldNotCheck, "issuer_deactivated"),
        ),
        (
            special(
                &format!(
                    r#""type":"JsonWebKey","controller":"{WEB}","publicKeyJwk":{{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}}"#
                ),
                asserting,
            ),
            (Verdict::Unsupported, "key_type_unsupported"),
        ),
        (
            special(
                &format!(
                    r#""type":"JsonWebKey","controller":"{WEB}","publicKeyJwk":{{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}"#
                ),
                asserting,
            ),
            (Verdict::CouldNotCheck, "key_broken"),
        ),
        (
            special(
                &format!(
                    r#""type":"JsonWebKey","controller":"{WEB}","publicKeyJwk":{{"kty":"OKP","crv":"X25519","x":"AA"}}"#
                ),
                asserting,
            ),
            (Verdict::Malformed, "key_not_for_signing"),
        ),
        (document(WEB, &[key(1)]), (Verdict::CouldNotCheck, "key_not_in_document")),
    ] {
        assert_eq!(shows_nothing(&badge, &with(&issuer, &[], &[(WEB, Ok(document))])), answer);
    }
    for document in
        [special(&multikey(), asserting), special(&ended(r#""expires":"2026-07-01T12:00:01Z""#), asserting)]
    {
        assert_eq!(self::answer(&badge, &with(&issuer, &[], &[(WEB, Ok(document))])).0, Verdict::Valid);
    }
    // A method without fragment names no key.
    let options = ProofOptions { verification_method: WEB.to_owned(), ..issuer.options() };
    let bare = issuer.sign_with(self::badge(WEB), &options);
    let documents = [(WEB, Ok(special(&multikey(), asserting)))];
    assert_eq!(
        shows_nothing(&bare, &with(&issuer, &[], &documents)),
        (Verdict::CouldNotCheck, "key_not_in_document")
    );
}

#[test]
fn a_good_proof_does_not_cover_for_a_wrong_one_of_the_same_issuer() {
    let issuer = named(WEB, 1);
    let documents = [(WEB, Ok(document(WEB, &[key(1)])))];
    // Signed as well by a key that the document doesn't list (any more).
    let both = named(WEB, 3).sign(issuer.sign(badge(WEB)));
    let report = judge(&both, &with(&issuer, &[], &documents));
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(report.warnings[0].code, "extra_proof_not_checked");
    // And by one that is listed and doesn't fit.
    let options = ProofOptions { verification_method: issuer.method.clone(), ..party(3).options() };
    let both = party(3).sign_with(issuer.sign(badge(WEB)), &options);
    assert_eq!(
        shows_nothing(&both, &with(&issuer, &[], &documents)),
        (Verdict::Malformed, "extra_proof_failed")
    );
}

#[test]
fn nobody_is_asked_for_documents_that_change_nothing() {
    let needs_of =
        |object: &Object| needs(&Credential::from_object(object.clone()).expect("reads")).controllers;
    let nobody: [String; 0] = [];
    assert_eq!(needs_of(&signed()), nobody, "did:key");
    let by_jwk = Party { did: jwk::did_of(key(1)), method: jwk::verification_method_of(key(1)), ..party(1) };
    assert_eq!(needs_of(&by_jwk.sign(badge(by_jwk.did.as_str()))), nobody, "did:jwk");
    assert_eq!(needs_of(&badge(WEB)), nobody, "unsigned");
    assert_eq!(needs_of(&party(3).sign(badge(WEB))), nobody, "signed by somebody else");
    let web = named(WEB, 1).sign(badge(WEB));
    assert_eq!(
        needs_of(&tampered(&web, "eddsa-rdfc-2022", "bbs-2023")),
        nobody,
        "a suite that we don't have"
    );
    let beacon = named("did:web:beacon.example", 3).sign(web);
    assert_eq!(needs_of(&beacon), [WEB], "the second signer's document is not asked for");
    let plain = "http://issuer.example/about";
    assert_eq!(needs_of(&named(plain, 1).sign(badge(plain))), nobody, "http");
}

#[test]
fn a_did_jwk_is_its_own_document() {
    let did = jwk::did_of(key(1));
    let issuer = Party { method: jwk::verification_method_of(key(1)), did, ..party(1) };
    let badge = issuer.sign(badge(issuer.did.as_str()));
    assert_eq!(answer(&badge, &with(&issuer, &[], &[])), (Verdict::Valid, "valid"));
    assert_eq!(answer(&badge, &with(&issuer, &[4711], &[])), (Verdict::Revoked, "revoked"));
    let changed = tampered(&badge, "Pass the exam.", "Attend the exam.");
    assert_eq!(shows_nothing(&changed, &with(&issuer, &[], &[])), (Verdict::Forged, "proof_signature_wrong"));

    let jwk = |text: &str| {
        let bytes = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, text);
        format!("did:jwk:{bytes}")
    };
    let x = r#""x":"A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg""#;
    for (did, fragment, answer) in [
        (issuer.did.to_string(), "#1", (Verdict::Forged, "key_not_in_issuer_document")),
        (issuer.did.to_string(), "#00", (Verdict::Forged, "key_not_in_issuer_document")),
        (issuer.did.to_string(), "", (Verdict::Malformed, "did_jwk_invalid")),
        (jwk("{}"), "#0", (Verdict::Malformed, "did_jwk_invalid")),
        (
            jwk(&format!(r#"{{"kty":"OKP","crv":"Ed25519",{x},"d":"AA"}}"#)),
            "#0",
            (Verdict::Malformed, "did_jwk_invalid"),
        ),
        (
            jwk(r#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#),
            "#0",
            (Verdict::Unsupported, "key_type_unsupported"),
        ),
        (
            jwk(r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#),
            "#0",
            (Verdict::Malformed, "did_jwk_invalid"),
        ),
        (
            jwk(&format!(r#"{{"kty":"OKP","crv":"X25519",{x}}}"#)),
            "#0",
            (Verdict::Malformed, "key_not_for_signing"),
        ),
    ] {
        let options = ProofOptions { verification_method: format!("{did}{fragment}"), ..issuer.options() };
        let badge = issuer.sign_with(self::badge(&did), &options);
        assert_eq!(shows_nothing(&badge, &with(&party(1), &[], &[])), answer, "{did}{fragment}");
    }
}

/// [`LIST`] by the records of a log, with 4711 revoked.
fn record_list(log: &str) -> Arc<VerifiedList> {
    let mut bits = Bitstring::new(MIN_ENTRIES);
    bits.set(4711, true).expect("in range");
    let (bits, purpose) = (Arc::new(bits), StatusPurpose::Revocation);
    Arc::new(VerifiedList::of_record(log, LIST, purpose, bits, 1, at(MADE), None))
}

#[test]
fn a_log_counts_for_an_issuer_whose_document_lists_its_key() {
    let issuer = named(WEB, 1);
    let badge = issuer.sign(badge(WEB));
    let other = issuer.sign(tampered(&self::badge(WEB), "4711", "4712"));
    let log = |seed: u8| key::did_of(&key(seed)).to_string();
    let with = |log: &str, document: Arc<DidDocument>| {
        let mut evidence = evidence(&[(LIST, Ok(record_list(log)))]);
        evidence.documents.insert(WEB.into(), Ok(document));
        evidence
    };
    for seed in [1, 5] {
        let evidence = with(&log(seed), document(WEB, &[key(1), key(5)]));
        assert_eq!(answer(&badge, &evidence), (Verdict::Revoked, "revoked"));
        assert_eq!(answer(&other, &evidence), (Verdict::Valid, "valid"));
    }
    let of_another = (Verdict::CouldNotCheck, "status_list_of_another");
    assert_eq!(answer(&other, &with(&log(3), document(WEB, &[key(1), key(5)]))), of_another);
    assert_eq!(answer(&other, &with("did:web:issuer.example:log", document(WEB, &[key(1)]))), of_another);

    // The log's key must be listed for assertions, and be in use.
    let second = |members: &str| {
        let method = format!(
            "{}}},{{\"id\":\"#log\",\"type\":\"Multikey\",\"controller\":\"{WEB}\",\"publicKeyMultibase\":\"{}\"{members}",
            multikey(),
            key(5).to_multikey()
        );
        move |relationships: &str| special(&method, relationships)
    };
    let options = ProofOptions { verification_method: format!("{WEB}#key-1"), ..issuer.options() };
    let other = issuer.sign_with(tampered(&self::badge(WEB), "4711", "4712"), &options);
    let both = r##","assertionMethod":["#key-1","#log"]"##;
    assert_eq!(answer(&other, &with(&log(5), second("")(both))), (Verdict::Valid, "valid"));
    for document in [
        second("")(r##","assertionMethod":["#key-1"],"authentication":["#log"]"##),
        second(r#","revoked":"2026-01-01T00:00:00Z""#)(both),
    ] {
        assert_eq!(answer(&other, &with(&log(5), document)), of_another);
    }
    // A list that says it is by did:key is that party's, not the issuer's, though the key is the same.
    let list = party(5).list(LIST, StatusPurpose::Revocation, &[], MADE);
    let mut evidence = with(&log(5), second("")(both));
    evidence.lists.insert(LIST.into(), Ok(vec![list]));
    assert_eq!(answer(&other, &evidence), of_another);
}

#[test]
fn of_several_lists_under_one_url_the_issuers_count_and_the_worst_of_them() {
    let issuer = named(WEB, 1);
    let badge = issuer.sign(badge(WEB));
    let log = |seed: u8| key::did_of(&key(seed)).to_string();
    let empty = |log: &str| {
        let bits = Arc::new(Bitstring::new(MIN_ENTRIES));
        Arc::new(VerifiedList::of_record(log, LIST, StatusPurpose::Revocation, bits, 9, at(MADE), None))
    };
    let with = |lists: Vec<Arc<VerifiedList>>| {
        let lists = HashMap::from([(LIST.to_owned(), Ok(lists))]);
        let documents = HashMap::from([(WEB.to_owned(), Ok(document(WEB, &[key(1), key(5)])))]);
        Evidence { documents, lists, ..Evidence::default() }
    };
    let revoked = (Verdict::Revoked, "revoked");
    // Whoever has another key of the issuer can't take a revocation back, in whatever order the lists come.
    for lists in [[record_list(&log(1)), empty(&log(5))], [empty(&log(5)), record_list(&log(1))]] {
        assert_eq!(answer(&badge, &with(lists.to_vec())), revoked);
    }
    // A stranger's list under the same URL hides nothing and revokes nothing.
    for lists in [[record_list(&log(1)), empty(&log(7))], [empty(&log(7)), record_list(&log(1))]] {
        assert_eq!(answer(&badge, &with(lists.to_vec())), revoked);
    }
    for lists in [[record_list(&log(7)), empty(&log(1))], [empty(&log(1)), record_list(&log(7))]] {
        assert_eq!(answer(&badge, &with(lists.to_vec())), (Verdict::Valid, "valid"));
    }
    assert_eq!(answer(&badge, &with(Vec::new())), (Verdict::CouldNotCheck, "status_unavailable"));
}

#[test]
fn the_logs_of_an_issuer() {
    let log = |seed: u8| key::did_of(&key(seed)).to_string();
    let listed = document(WEB, &[key(1), key(2)]);
    assert_eq!(logs_of(WEB, Some(&listed), at(NOW)), [log(1), log(2)]);
    assert_eq!(logs_of(&log(3), Some(&listed), at(NOW)), [log(3)], "a did:key is its own log");
    assert_eq!(logs_of(jwk::did_of(key(3)).as_str(), None, at(NOW)), [log(3)]);
    let none: [String; 0] = [];
    assert_eq!(logs_of(WEB, None, at(NOW)), none);
    assert_eq!(logs_of("did:web:other.example", Some(&listed), at(NOW)), none, "another's document");
    assert_eq!(logs_of("https://issuer.example/", None, at(NOW)), none);
}

#[test]
fn a_list_by_a_did_web_is_read_with_the_keys_of_its_document() {
    let issuer = named(WEB, 1);
    let bits = Bitstring::new(MIN_ENTRIES);
    let list =
        list_credential(LIST, WEB, StatusPurpose::Revocation, &bits, at(MADE), Duration::from_secs(3600));
    let text = Value::from(issuer.sign(list)).to_string();
    let read = |document: Arc<DidDocument>| {
        let documents = Documents::from([(document.id().to_owned(), Ok(document))]);
        VerifiedList::from_credential(text.as_bytes(), &documents, at(MADE), &CONTEXTS, at(MADE)).is_ok()
    };
    assert!(read(document(WEB, &[key(1)])));
    assert!(!read(document(WEB, &[key(2)])));
    assert!(!read(document("did:web:other.example", &[key(1)])));
}

#[test]
fn presentations_are_bound_to_the_holders_document() {
    let holder = named("did:web:earner.example", 6);
    let did = holder.did.as_str();
    let to_holder = tampered(&badge(party(1).did.as_str()), party(2).did.as_str(), did);
    let vp = presentation(Some(&holder), &[party(1).sign(to_holder)]);
    let vp = holder.sign_with(vp, &answering(&holder));
    let present = |document: Result<Arc<DidDocument>, DocumentMissing>| {
        let mut evidence = fresh(&[]);
        evidence.documents.insert(did.to_owned(), document);
        let mut gather = |needs: &Needs| {
            assert_eq!(needs.controllers, [did]);
            evidence.clone()
        };
        let expected = Expected { challenge: Some(CHALLENGE), domain: Some(DOMAIN) };
        let text = Value::from(vp.clone()).to_string();
        check_presentation_bytes(
            text.as_bytes(),
            expected,
            &mut gather,
            &Policy::default(),
            at(NOW),
            &CONTEXTS,
        )
    };
    let report = present(Ok(document(did, &[key(6)])));
    assert_eq!((report.verdict, report.recipient_proved), (Verdict::Valid, true), "{report:?}");
    assert_eq!(report.holder.as_deref(), Some(did));

    let asserting = Value::from(document::of_web(&holder.did, &[key(6)])).to_string();
    let asserting = asserting.replace("\"authentication\"", "\"capabilityInvocation\"");
    let asserting = Arc::new(DidDocument::parse(asserting.as_bytes(), did).expect("a document"));
    for (document, verdict, code) in [
        (Ok(asserting), Verdict::Forged, "key_purpose_other"),
        (Ok(document(did, &[key(1)])), Verdict::CouldNotCheck, "key_not_in_document"),
        (Err(unavailable()), Verdict::CouldNotCheck, "issuer_unresolved"),
        (Err(DocumentMissing::Deactivated), Verdict::CouldNotCheck, "issuer_deactivated"),
    ] {
        let report = present(document);
        assert_eq!((report.verdict, report.code), (verdict, code));
        assert!(!report.recipient_proved && report.holder.is_none() && !report.is_good());
        assert_eq!(report.credentials[0].verdict, Verdict::Valid, "the badge itself is judged by itself");
    }
}

#[test]
fn endorsements_are_bound_to_their_issuers_documents() {
    let endorser = named("did:web:endorser.example", 4);
    let endorsement = object(&format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000009","type":["VerifiableCredential","EndorsementCredential"],
        "name":"Endorsed","issuer":{{"id":"{}","type":["Profile"]}},"validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{{"id":"https://a.example/1","type":["EndorsementSubject"]}}}}"#,
        endorser.did
    ));
    let issuer = named(WEB, 1);
    let mut with_endorsement = badge(WEB);
    with_endorsement.insert("endorsement", vec![Value::from(endorser.sign(endorsement))]);
    let badge = issuer.sign(with_endorsement);
    let needs = needs(&Credential::from_object(badge.clone()).expect("reads"));
    assert_eq!(needs.controllers, [WEB, endorser.did.as_str()]);
    let own = (WEB, Ok(document(WEB, &[key(1)])));
    for (endorsers, code) in [
        (Ok(document(endorser.did.as_str(), &[key(4)])), "valid"),
        (Ok(document(endorser.did.as_str(), &[key(1)])), "key_not_in_document"),
        (Err(unavailable()), "issuer_unresolved"),
    ] {
        let report = judge(&badge, &with(&issuer, &[], &[own.clone(), (endorser.did.as_str(), endorsers)]));
        assert_eq!(report.verdict, Verdict::Valid, "an endorsement never decides");
        assert_eq!(report.endorsements[0].code, code);
        assert_eq!(report.endorsements[0].issuer.is_some(), code == "valid");
    }
}

#[test]
fn eddsa_jcs_2022_is_judged_like_the_other_suite() {
    let issuer = party(1);
    let sign = |badge: Object| {
        let (options, link) = (issuer.options(), Link::default());
        proof::sign_with(Suite::EddsaJcs2022, badge, &issuer.key, &options, &link, &CONTEXTS).expect("signs")
    };
    let badge = sign(badge(issuer.did.as_str()));
    assert_eq!(answer(&badge, &fresh(&[])), (Verdict::Valid, "valid"));
    assert_eq!(answer(&badge, &fresh(&[4711])), (Verdict::Revoked, "revoked"));
    assert_eq!(answer(&sign(signed()), &fresh(&[])), (Verdict::Valid, "valid"), "beside the other suite");
    for (from, to) in [("Pass the exam.", "Attend the exam."), ("4711", "4712"), ("2036-06-30", "2046-06-30")]
    {
        let changed = tampered(&badge, from, to);
        assert_eq!(shows_nothing(&changed, &fresh(&[])), (Verdict::Forged, "proof_signature_wrong"), "{to}");
    }
    // Words that nobody defines are refused, though the signature would not need them defined.
    let undefined = set(badge.clone(), "grade", "\"A\"");
    assert_eq!(shows_nothing(&undefined, &fresh(&[])), (Verdict::Malformed, "undefined_term"));
    let unknown = tampered(&badge, "context-3.0.3.json\"", "context-3.0.3.json\",\"https://a.example/v1\"");
    assert_eq!(shows_nothing(&unknown, &fresh(&[])), (Verdict::Unsupported, "unknown_context"));
    let text = Value::from(badge.clone()).to_string();
    let (head, proof) = text.split_once("\"proof\":").expect("a proof");
    let short = format!(
        "{head}\"proof\":{}",
        proof.replace("https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/did/v1")
    );
    assert_eq!(shows_nothing(&object(&short), &fresh(&[])), (Verdict::Malformed, "proof_context_other"));
}
