//! The order of the verdicts, and what must never be called good.

use super::*;
use crate::did::document::{self, DidDocument};
use crate::did::{Did, key};
use crate::json::{self, Object};
use crate::keys::SigningKey;
use crate::language::Texts;
use crate::proof::{self, Link, ProofOptions};
use crate::status::{Bitstring, ListKind, MIN_ENTRIES, StatusPurpose, list_credential};
use std::sync::LazyLock;

mod asked;
mod documents;
mod hostile;
mod kinds_of_keys;
mod lists;
mod picture;
mod places;
mod refresh;
mod status;
mod swapped;
mod token_lists;
mod tokens;
mod wanted;

const LIST: &str = "https://node.example/status/7";
const NOW: &str = "2026-07-01T12:00:00Z";

static CONTEXTS: LazyLock<Contexts> = LazyLock::new(Contexts::pinned);

/// Somebody with a key.
struct Party {
    key: SigningKey,
    did: Did,
    method: String,
}

fn party(seed: u8) -> Party {
    let key = SigningKey::from_seed(&[seed; 32]);
    let (did, method) =
        (key::did_of(&key.verifying_key()), key::verification_method_of(&key.verifying_key()));
    Party { key, did, method }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect(text)
}

impl Party {
    fn options(&self) -> ProofOptions {
        ProofOptions {
            verification_method: self.method.clone(),
            purpose: Purpose::AssertionMethod,
            created: at("2026-07-01T00:00:00Z"),
            expires: None,
            challenge: None,
            domain: None,
        }
    }

    fn sign(&self, document: Object) -> Object {
        self.sign_with(document, &self.options())
    }

    fn sign_with(&self, document: Object, options: &ProofOptions) -> Object {
        proof::sign(document, &self.key, options, &CONTEXTS).expect("signs")
    }

    /// The document that lists the key, where it isn't in the name.
    fn documents(&self) -> Documents {
        let id = self.did.to_string();
        let document = document::of_web(&self.did, &[self.key.verifying_key()]);
        match did::has_key_in_name(&id) {
            true => Documents::new(),
            false => Documents::from([(
                id.clone(),
                Ok(Arc::new(DidDocument::from_object(document, &id).expect("a document"))),
            )]),
        }
    }

    fn list(&self, url: &str, purpose: StatusPurpose, set: &[u64], as_of: &str) -> Arc<VerifiedList> {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        for index in set {
            bits.set(*index, true).expect("in range");
        }
        let made = at(as_of);
        let list =
            list_credential(url, self.did.as_str(), purpose, &bits, made, Duration::from_secs(48 * 3600));
        let options = ProofOptions { created: made, ..self.options() };
        let text = Value::Object(self.sign_with(list, &options)).to_string();
        let list = VerifiedList::from_credential(text.as_bytes(), &self.documents(), made, &CONTEXTS, made);
        Arc::new(list.expect("a list"))
    }
}

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).expect(text)
}

fn object(text: &str) -> Object {
    value(text).as_object().expect(text).clone()
}

/// An unsigned badge of `issuer` for party 2, index 4711 of [`LIST`].
fn badge(issuer: &str) -> Object {
    object(&format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11","type":["VerifiableCredential","OpenBadgeCredential"],
        "name":"Cryptography","issuer":{{"id":"{issuer}","type":["Profile"],"name":"Example University"}},
        "validFrom":"2026-06-30T10:00:00Z","validUntil":"2036-06-30T10:00:00Z",
        "credentialSubject":{{"id":"{}","type":["AchievementSubject"],
          "achievement":{{"id":"https://a.example/1","type":["Achievement"],"name":"Cryptography",
            "description":"Designs protocols.","criteria":{{"narrative":"Pass the exam."}}}}}},
        "credentialStatus":{{"id":"{LIST}#4711","type":"BitstringStatusListEntry","statusPurpose":"revocation",
          "statusListIndex":"4711","statusListCredential":"{LIST}"}}}}"#,
        party(2).did
    ))
}

fn set(mut object: Object, key: &str, json: &str) -> Object {
    match json {
        "" => drop(object.remove(key)),
        json => object.insert(key, value(json)),
    }
    object
}

fn evidence(lists: &[(&str, Result<Arc<VerifiedList>, ListMissing>)]) -> Evidence {
    let lists = lists.iter().map(|(url, list)| ((*url).to_owned(), list.clone().map(|list| vec![list])));
    Evidence { lists: lists.collect(), ..Evidence::default() }
}

/// The issuer's list of an hour ago, with these badges revoked.
fn fresh(set: &[u64]) -> Evidence {
    evidence(&[(LIST, Ok(party(1).list(LIST, StatusPurpose::Revocation, set, "2026-07-01T11:00:00Z")))])
}

fn judge(object: &Object, evidence: &Evidence) -> Report {
    judge_at(object, evidence, NOW)
}

fn judge_at(object: &Object, evidence: &Evidence, now: &str) -> Report {
    let text = Value::Object(object.clone()).to_string();
    let mut gather = |_: &Needs| evidence.clone();
    check_bytes(text.as_bytes(), &mut gather, &Policy::default(), at(now), &CONTEXTS)
}

fn answer(object: &Object, evidence: &Evidence) -> (Verdict, &'static str) {
    let report = judge(object, evidence);
    assert_eq!(report.is_good(), report.verdict == Verdict::Valid, "{report:?}");
    (report.verdict, report.code)
}

fn signed() -> Object {
    party(1).sign(badge(party(1).did.as_str()))
}

/// Changes the text of a signed badge.
fn tampered(object: &Object, from: &str, to: &str) -> Object {
    let text = Value::Object(object.clone()).to_string();
    assert!(text.contains(from), "{from}");
    self::object(&text.replace(from, to))
}

#[test]
fn a_good_badge_is_valid_and_the_report_says_why() {
    let report = judge(&signed(), &fresh(&[4710, 4712]));
    assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"), "{report:?}");
    assert_eq!(report.issuer.as_deref(), Some(party(1).did.as_str()));
    assert_eq!(report.status_as_of, Some(at("2026-07-01T11:00:00Z")));
    assert!(report.warnings.is_empty() && report.problems().is_empty(), "{report:?}");
    let badge = report.badge.as_ref().expect("shown");
    assert_eq!((badge.achievement.as_deref(), badge.recipient), (Some("Cryptography"), RecipientKind::Did));

    let json = serde_json::to_value(&report).expect("serializes");
    assert_eq!(json["verdict"], "valid");
    let outcomes: Vec<_> = json["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .map(|check| {
            format!(
                "{} {}",
                check["name"].as_str().expect("name"),
                check["outcome"].as_str().expect("outcome")
            )
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            "structure pass",
            "meaning pass",
            "proof pass",
            "issuer pass",
            "validity pass",
            "status pass",
            "endorsements not_applicable"
        ]
    );
    let status = &json["checks"][5];
    assert_eq!(
        (&status["source"], &status["as_of"]),
        (&"status_list_credential".into(), &"2026-07-01T11:00:00Z".into())
    );
}

#[test]
fn every_language_has_every_sentence_once() {
    assert_eq!(Texts::faults(sentences::FILES), Vec::<String>::new());
}

#[test]
fn a_report_speaks_the_readers_language_and_keeps_its_codes() {
    let mut gather = |_: &Needs| Evidence::default();
    let report = check_bytes(b"{", &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
    let english = serde_json::to_value(&report).expect("json");
    assert!(english["checks"][0]["hint"].is_string(), "{english}");
    for language in Language::ALL {
        let spoken = report.clone().in_language(language);
        assert_eq!((spoken.verdict, spoken.code), (report.verdict, report.code));
        assert_eq!(spoken.sentence, spoken.checks[0].sentence, "the deciding check's");
        assert_eq!(spoken.problems()[0].hint, spoken.checks[0].hint);
    }
    assert_eq!(serde_json::to_value(report.in_language(Language::En)).expect("json"), english);
}

#[test]
fn a_code_without_a_sentence_gets_one_that_promises_nothing() {
    let said = |finding: Finding| finding.into_check(CheckName::Status);
    let failed = said(Finding::bad(Rank::Revoked, "no_such_code", None).at("/a"));
    let (revoked, pointer) = (failed.sentence, failed.pointer.as_deref());
    assert_eq!((revoked, pointer), ("The issuer has revoked this badge.", Some("/a")));
    assert_eq!(said(Finding::pass("no_such_code")).sentence, "This is in order.");
    let skipped = said(Finding::not_applicable("no_such_code").at(""));
    let sentence = "This was not checked, or there is nothing to check.";
    assert_eq!((skipped.sentence, skipped.pointer), (sentence, None));
    let unknown = said(Finding::bad(Rank::StatusUnknown, "no_such_code", None));
    assert_eq!(unknown.sentence, words(Language::En, "could_not_check").expect("is there").text);
}

#[test]
fn every_word_of_a_report_has_its_text() {
    let verdicts = [
        Verdict::Malformed,
        Verdict::Unsupported,
        Verdict::Forged,
        Verdict::CouldNotCheck,
        Verdict::Revoked,
        Verdict::IssuerEquivocated,
        Verdict::Suspended,
        Verdict::Expired,
        Verdict::NotYetValid,
        Verdict::ValidIssuerUnknown,
        Verdict::Valid,
    ];
    for verdict in verdicts {
        assert_ne!(verdict.headline(Language::En), verdict.as_str());
        assert_eq!(serde_json::to_value(verdict).expect("json"), verdict.as_str());
    }
    for outcome in [Outcome::Pass, Outcome::Fail, Outcome::CouldNotCheck, Outcome::NotApplicable] {
        assert!(words(Language::En, &format!("outcome.{}", outcome.as_str())).is_some());
        assert_eq!(serde_json::to_value(outcome).expect("json"), outcome.as_str());
    }
    for check in [
        CheckName::Structure,
        CheckName::Meaning,
        CheckName::Proof,
        CheckName::Issuer,
        CheckName::Validity,
        CheckName::Status,
        CheckName::Recipient,
        CheckName::Endorsements,
    ] {
        assert!(words(Language::En, &format!("check.{}", check.as_str())).is_some());
        assert_eq!(serde_json::to_value(check).expect("json"), check.as_str());
    }
    for source in [
        Source::Document,
        Source::Did,
        Source::ControllerDocument,
        Source::StatusListCredential,
        Source::IssuerRecord,
    ] {
        assert!(words(Language::En, &format!("source.{}", source.as_str())).is_some());
        assert_eq!(serde_json::to_value(source).expect("json"), source.as_str());
    }
}

#[test]
fn every_code_that_is_used_has_a_sentence() {
    let sources = [
        include_str!("mod.rs"),
        include_str!("proofs.rs"),
        include_str!("status.rs"),
        include_str!("presentation.rs"),
        include_str!("../proof/error.rs"),
    ];
    let is_code = |text: &str| {
        text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let mut seen = 0;
    for text in sources.iter().flat_map(|source| source.split('"')).filter(|text| is_code(text)) {
        assert!(words(Language::En, text).is_some(), "no sentence for {text}");
        seen += 1;
    }
    assert!(seen > 80, "{seen}: are the codes still written as texts?");
}

#[test]
fn needs_names_issuer_and_lists_once() {
    let entry = |index: u32| {
        format!(
            r#"{{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"{index}","statusListCredential":"{LIST}"}}"#
        )
    };
    let two = set(badge(party(1).did.as_str()), "credentialStatus", &format!("[{},{}]", entry(1), entry(2)));
    let needs = needs(&Credential::from_object(two).expect("reads"));
    let list = ListNeed { url: LIST.to_owned(), kind: ListKind::Bitstring };
    assert_eq!((needs.issuers, needs.lists), (vec![party(1).did.to_string()], vec![list]));
}

#[test]
fn junk_is_malformed_and_never_gathers() {
    for junk in ["", "{", "[]", "7", "null", "\"text\"", "{}", "{\"@context\":7}", "\u{0}"] {
        let mut gather = |_: &Needs| -> Evidence { panic!("gathered for {junk}") };
        let report = check_bytes(junk.as_bytes(), &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
        assert_eq!(report.verdict, Verdict::Malformed, "{junk}");
        assert!(report.badge.is_none() && report.issuer.is_none() && !report.problems().is_empty());
        if let Ok(value) = json::parse(junk.as_bytes()) {
            let report = check_value(value, &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
            assert_eq!(report.verdict, Verdict::Malformed, "{junk}");
        }
    }
    let mut gather = |_: &Needs| -> Evidence { panic!("gathered for an unsigned token") };
    let token = check_bytes(b"eyJhbGciOiJub25lIn0.e30.", &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
    assert_eq!((token.verdict, token.code), (Verdict::Malformed, "token_unsigned"));
}

#[test]
fn data_integrity_missing_or_broken_proofs_are_malformed() {
    let none = fresh(&[]);
    assert_eq!(answer(&badge(party(1).did.as_str()), &none), (Verdict::Malformed, "proof_missing"));
    for (json, code) in [
        ("[]", "proof_missing"),
        ("{}", "type_missing"),
        ("null", "not_an_object"),
        ("\"z\"", "not_an_object"),
        ("[7]", "not_an_object"),
    ] {
        assert_eq!(answer(&set(signed(), "proof", json), &none), (Verdict::Malformed, code), "{json}");
    }
    let proof = |change: &dyn Fn(&mut Object)| {
        let mut proof =
            signed().get("proof").expect("proof").one_or_many()[0].as_object().expect("object").clone();
        change(&mut proof);
        let mut badge = signed();
        badge.insert("proof", proof);
        answer(&badge, &none)
    };
    for member in ["cryptosuite", "verificationMethod", "proofPurpose", "proofValue"] {
        let removed = proof(&|proof| drop(proof.remove(member)));
        assert_eq!(removed.0, Verdict::Malformed, "{member} missing");
        for bad in ["null", "7", "{}", "[]", "\"\""] {
            let changed = proof(&|proof| proof.insert(member, value(bad)));
            assert_eq!(changed.0, Verdict::Malformed, "{member} {bad}");
        }
    }
    for (member, bad) in [
        ("created", "\"yesterday\""),
        ("expires", "7"),
        ("proofValue", "\"zz\""),
        ("proofValue", "\"uAAAA\""),
        ("proofPurpose", "\"capabilityInvocation\""),
        ("verificationMethod", "\"key-1\""),
        ("previousProof", "\"urn:uuid:absent\""),
    ] {
        let changed = proof(&|proof| proof.insert(member, value(bad)));
        assert_eq!(changed.0, Verdict::Malformed, "{member} {bad}");
    }
    let many: Vec<Value> = vec![signed().get("proof").expect("proof").one_or_many()[0].clone(); 9];
    let mut nine = signed();
    nine.insert("proof", many);
    assert_eq!(answer(&nine, &none).1, "proof_too_many");
}

#[test]
fn json_ld_words_that_no_context_defines_are_malformed() {
    let none = fresh(&[]);
    for (member, json) in [
        ("grade", "\"A\""),
        ("type", "[\"VerifiableCredential\",\"OpenBadgeCredential\",\"Undefined\"]"),
        ("@reverse", "{}"),
        ("@included", "[]"),
        ("@graph", "[]"),
    ] {
        let report = judge(&set(signed(), member, json), &none);
        assert_eq!(report.verdict, Verdict::Malformed, "{member}: {report:?}");
        assert!(report.badge.is_none());
    }
    // In the options of the proof as well.
    let mut badge = signed();
    let mut proof = badge.get("proof").expect("proof").one_or_many()[0].as_object().expect("object").clone();
    proof.insert("note", "x");
    badge.insert("proof", vec![Value::from(proof)]);
    assert_eq!(answer(&badge, &none), (Verdict::Malformed, "undefined_term"));
}

#[test]
fn an_unknown_context_is_unsupported_and_is_named() {
    let context = "[\"https://www.w3.org/ns/credentials/v2\",\"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json\",\"https://a.example/v1\"]";
    let report = judge(&set(signed(), "@context", context), &fresh(&[]));
    assert_eq!((report.verdict, report.code), (Verdict::Unsupported, "unknown_context"));
    assert!(
        report.problems()[0].detail.as_deref().is_some_and(|detail| detail.contains("https://a.example/v1"))
    );
}

#[test]
fn another_suite_is_unsupported_and_another_signature_forged() {
    let none = fresh(&[]);
    let other = tampered(&signed(), "eddsa-rdfc-2022", "bbs-2023");
    assert_eq!(answer(&other, &none), (Verdict::Unsupported, "proof_suite_unsupported"));
    let elder = tampered(&signed(), "DataIntegrityProof", "Ed25519Signature2018");
    assert_eq!(answer(&elder, &none), (Verdict::Unsupported, "proof_suite_unsupported"));
    for (from, to) in [
        ("Pass the exam.", "Attend the exam."),
        ("2036-06-30", "2046-06-30"),
        ("4711", "4712"),
        ("2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"),
    ] {
        assert_eq!(
            answer(&tampered(&signed(), from, to), &none),
            (Verdict::Forged, "proof_signature_wrong"),
            "{to}"
        );
    }
}

#[test]
fn issuer_binding_another_key_is_forged() {
    let none = fresh(&[]);
    // Signed by somebody else in their own name.
    let by_other = party(3).sign(badge(party(1).did.as_str()));
    assert_eq!(answer(&by_other, &none), (Verdict::Forged, "controller_not_issuer"));
    // Signed by somebody else, with the issuer's DID and their own fragment.
    let method = format!("{}#{}", party(1).did, party(3).did.method_specific_id());
    let options = ProofOptions { verification_method: method, ..party(3).options() };
    let foreign_fragment = party(3).sign_with(badge(party(1).did.as_str()), &options);
    assert_eq!(answer(&foreign_fragment, &none), (Verdict::Forged, "key_not_in_issuer_document"));
    // Signed by somebody else with the issuer's own method.
    let options = ProofOptions { verification_method: party(1).method, ..party(3).options() };
    let impostor = party(3).sign_with(badge(party(1).did.as_str()), &options);
    assert_eq!(answer(&impostor, &none), (Verdict::Forged, "proof_signature_wrong"));
}

#[test]
fn issuer_binding_a_key_in_the_fragment_of_a_url_proves_nothing() {
    let fragment = party(3).did.method_specific_id().to_owned();
    for issuer in ["https://victim.example/", "did:web:victim.example"] {
        let options =
            ProofOptions { verification_method: format!("{issuer}#{fragment}"), ..party(3).options() };
        let report = judge(&party(3).sign_with(badge(issuer), &options), &fresh(&[]));
        assert_eq!((report.verdict, report.code), (Verdict::CouldNotCheck, "issuer_unresolved"), "{issuer}");
        assert!(report.badge.is_none() && report.issuer.is_none());
    }
    let other = ProofOptions { verification_method: party(3).method, ..party(3).options() };
    let by_did_key = party(3).sign_with(badge("https://victim.example/"), &other);
    assert_eq!(answer(&by_did_key, &fresh(&[])), (Verdict::Forged, "controller_not_issuer"));
}

#[test]
fn issuer_binding_did_keys_that_are_none() {
    let text = |bytes: &[u8]| bs58::encode([&[0xed, 0x01][..], bytes].concat()).into_string();
    let short = format!("did:key:z{0}#z{0}", text(&[9; 31]));
    let off_the_curve = format!("did:key:z{0}#z{0}", text(&[2; 32]));
    for (method, verdict, code) in [
        (short.as_str(), Verdict::Malformed, "did_key_invalid"),
        (off_the_curve.as_str(), Verdict::Malformed, "did_key_invalid"),
        ("did:key:1.1:z6Mk#z6Mk", Verdict::Malformed, "did_key_invalid"),
        ("did:key:u7QE#u7QE", Verdict::Malformed, "did_key_invalid"),
        (
            "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc#z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
            Verdict::Malformed,
            "key_not_for_signing",
        ),
        // The curve secp256k1.
        (
            "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme#zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
            Verdict::Unsupported,
            "key_type_unsupported",
        ),
    ] {
        let issuer = method.split('#').next().expect("did");
        let options = ProofOptions { verification_method: method.to_owned(), ..party(3).options() };
        let badge = party(3).sign_with(badge(issuer), &options);
        assert_eq!(answer(&badge, &fresh(&[])), (verdict, code), "{method}");
    }
}

#[test]
fn issuer_binding_a_bare_did_key_is_accepted_with_a_warning() {
    let issuer = party(1);
    let options = ProofOptions { verification_method: issuer.did.to_string(), ..issuer.options() };
    let report = judge(&issuer.sign_with(badge(issuer.did.as_str()), &options), &fresh(&[]));
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    assert_eq!(report.warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["bare_did_key"]);
}

#[test]
fn a_proof_for_another_purpose_is_refused() {
    let issuer = party(1);
    let options = ProofOptions { purpose: Purpose::Authentication, ..issuer.options() };
    let badge = issuer.sign_with(badge(issuer.did.as_str()), &options);
    assert_eq!(answer(&badge, &fresh(&[])), (Verdict::Malformed, "proof_purpose_other"));
}

#[test]
fn proof_sets_others_may_add_theirs_and_none_may_be_wrong() {
    let none = fresh(&[]);
    let both = party(3).sign(signed());
    assert_eq!(answer(&both, &none), (Verdict::Valid, "valid"));

    // The second proof is of a document that was changed after it.
    let mut broken = signed();
    let by_other = party(3).sign(set(badge(party(1).did.as_str()), "name", "\"Other\""));
    let mut proofs = broken.get("proof").expect("proof").one_or_many().to_vec();
    proofs.extend(by_other.get("proof").expect("proof").one_or_many().to_vec());
    broken.insert("proof", proofs.clone());
    let report = judge(&broken, &fresh(&[4711]));
    assert_eq!((report.verdict, report.code), (Verdict::Malformed, "extra_proof_failed"));
    assert!(report.badge.is_none() && report.issuer.is_none(), "a bad proof shows nothing");

    // One in a suite that we don't have is named as not checked.
    proofs.truncate(1);
    let unknown = self::object(&proofs[0].to_string().replace("eddsa-rdfc-2022", "bbs-2023"));
    proofs.push(unknown.into());
    broken.insert("proof", proofs);
    let report = judge(&broken, &none);
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    assert_eq!(report.warnings[0].code, "extra_proof_not_checked");
    assert!(report.warnings[0].detail.as_deref().is_some_and(|detail| detail.contains("bbs-2023")));
}

#[test]
fn proof_chains_are_satisfied_or_refused() {
    let (issuer, other) = (party(1), party(3));
    let link = Link { id: Some("urn:uuid:first".into()), previous: Vec::new() };
    let badge = badge(issuer.did.as_str());
    let first = proof::sign_linked(badge, &issuer.key, &issuer.options(), &link, &CONTEXTS).expect("signs");
    let link = Link { id: None, previous: vec!["urn:uuid:first".into()] };
    let chain = proof::sign_linked(first, &other.key, &other.options(), &link, &CONTEXTS).expect("signs");
    assert_eq!(answer(&chain, &fresh(&[])), (Verdict::Valid, "valid"));
    let renamed = tampered(&chain, "\"id\":\"urn:uuid:first\"", "\"id\":\"urn:uuid:other\"");
    assert_eq!(answer(&renamed, &fresh(&[])), (Verdict::Malformed, "previous_proof_absent"));
}

#[test]
fn dates_decide_after_the_status() {
    let evidence = fresh(&[]);
    let report = judge_at(&signed(), &evidence, "2036-07-01T00:00:00Z");
    assert_eq!((report.verdict, report.code), (Verdict::Expired, "expired"));
    assert!(report.badge.is_some(), "an expired badge is still the issuer's");
    let report = judge_at(&signed(), &evidence, "2026-06-30T09:59:59Z");
    assert_eq!((report.verdict, report.code), (Verdict::NotYetValid, "not_yet_valid"));
    let at_the_end = judge_at(&set(signed(), "credentialStatus", ""), &evidence, "2036-06-30T10:00:00Z");
    assert_eq!(at_the_end.verdict, Verdict::Forged, "its status was taken out");
    // Revoked comes before expired.
    let report = judge_at(&signed(), &fresh(&[4711]), "2036-07-01T00:00:00Z");
    assert_eq!((report.verdict, report.code), (Verdict::Revoked, "revoked"));
}

#[test]
fn a_proof_past_its_time_is_expired() {
    let issuer = party(1);
    let options = ProofOptions { expires: Some(at("2026-07-01T11:59:59Z")), ..issuer.options() };
    let badge = issuer.sign_with(badge(issuer.did.as_str()), &options);
    assert_eq!(answer(&badge, &fresh(&[])), (Verdict::Expired, "proof_expired"));
    assert_eq!(answer(&badge, &fresh(&[4711])), (Verdict::Revoked, "revoked"));
    assert_eq!(judge_at(&badge, &fresh(&[]), "2026-07-01T11:30:00Z").verdict, Verdict::Valid);
}

#[test]
fn a_fake_that_points_at_a_revoked_index_is_forged_and_shows_nothing() {
    let fake = party(3).sign(badge(party(1).did.as_str()));
    let report = judge(&fake, &fresh(&[4711]));
    assert_eq!((report.verdict, report.code), (Verdict::Forged, "controller_not_issuer"));
    assert!(report.badge.is_none() && report.issuer.is_none() && report.status_as_of.is_none());
    let status = report.checks.iter().find(|check| check.name == CheckName::Status).expect("listed");
    assert_eq!(status.outcome, Outcome::NotApplicable);
    let json = serde_json::to_string(&report).expect("serializes");
    assert!(!json.contains("Example University") && !json.contains("Cryptography"), "{json}");
}

#[test]
fn a_badge_without_status_is_valid_and_says_that_it_cant_be_revoked() {
    let badge = party(1).sign(set(badge(party(1).did.as_str()), "credentialStatus", ""));
    let report = judge(&badge, &Evidence::default());
    assert_eq!(report.verdict, Verdict::Valid);
    assert!(report.checks.iter().any(|check| check.code == "status_none"));
}

#[test]
fn proofs_alone_can_be_asked_for() {
    let policy = Policy { checks: Checks::ProofOnly, ..Policy::default() };
    let credential = Credential::from_object(signed()).expect("reads");
    let report = check(&credential, &fresh(&[4711]), &policy, at("2037-01-01T00:00:00Z"), &CONTEXTS);
    assert_eq!(report.verdict, Verdict::Valid);
    let fake = Credential::from_object(tampered(&signed(), "Pass", "Attend")).expect("reads");
    assert_eq!(check(&fake, &fresh(&[]), &policy, at(NOW), &CONTEXTS).verdict, Verdict::Forged);
}

#[test]
fn endorsements_are_judged_by_themselves_and_never_decide() {
    let endorsement = |subject: &str| {
        object(&format!(
            r#"{{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
            "id":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000009","type":["VerifiableCredential","EndorsementCredential"],
            "name":"Endorsed","issuer":{{"id":"{}","type":["Profile"]}},"validFrom":"2026-01-01T00:00:00Z",
            "credentialSubject":{{"id":"{subject}","type":["EndorsementSubject"],"endorsementComment":"Good."}}}}"#,
            party(4).did
        ))
    };
    let good = party(4).sign(endorsement("https://a.example/1"));
    let bad = tampered(&good, "Good.", "Best.");
    for (endorsement, verdict, code) in
        [(&good, Verdict::Valid, "valid"), (&bad, Verdict::Forged, "proof_signature_wrong")]
    {
        let mut with = badge(party(1).did.as_str());
        with.insert("endorsement", vec![Value::from(endorsement.clone())]);
        let report = judge(&party(1).sign(with), &fresh(&[]));
        assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
        assert_eq!((report.endorsements[0].verdict, report.endorsements[0].code), (verdict, code));
        assert_eq!(report.warnings.is_empty(), verdict == Verdict::Valid);
        assert_eq!(report.endorsements[0].issuer.is_some(), verdict == Verdict::Valid);
    }
}

const CHALLENGE: &str = "c0ffee";
const DOMAIN: &str = "verifier.example";

fn presentation(holder: Option<&Party>, credentials: &[Object]) -> Object {
    let mut object =
        object(r#"{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"]}"#);
    if let Some(holder) = holder {
        object.insert("holder", holder.did.as_str());
    }
    object.insert("verifiableCredential", credentials.iter().cloned().map(Value::from).collect::<Vec<_>>());
    object
}

fn answering(party: &Party) -> ProofOptions {
    ProofOptions {
        purpose: Purpose::Authentication,
        challenge: Some(CHALLENGE.into()),
        domain: Some(DOMAIN.into()),
        ..party.options()
    }
}

fn present(object: &Object, challenge: Option<&str>, domain: Option<&str>) -> PresentationReport {
    let text = Value::Object(object.clone()).to_string();
    let mut gather = |_: &Needs| fresh(&[]);
    let expected = Expected { challenge, domain };
    check_presentation_bytes(text.as_bytes(), expected, &mut gather, &Policy::default(), at(NOW), &CONTEXTS)
}

fn recipient_code(report: &PresentationReport) -> &'static str {
    report.checks.iter().find(|check| check.name == CheckName::Recipient).expect("listed").code
}

#[test]
fn presentation_by_the_recipient_is_proved() {
    let earner = party(2);
    let vp = earner.sign_with(presentation(Some(&earner), &[signed()]), &answering(&earner));
    let report = present(&vp, Some(CHALLENGE), Some(DOMAIN));
    assert_eq!((report.verdict, report.recipient_proved), (Verdict::Valid, true), "{report:?}");
    assert_eq!(report.holder.as_deref(), Some(earner.did.as_str()));
    assert_eq!(report.credentials.len(), 1);

    // Without both there is nothing to compare with: good, but nobody's.
    for (challenge, domain) in [(None, None), (Some(CHALLENGE), None), (None, Some(DOMAIN))] {
        let report = present(&vp, challenge, domain);
        assert_eq!((report.verdict, report.recipient_proved), (Verdict::Valid, false));
        assert_eq!(recipient_code(&report), "holder_not_proved");
    }
}

#[test]
fn presentation_for_another_occasion_is_refused() {
    let earner = party(2);
    let vp = earner.sign_with(presentation(Some(&earner), &[signed()]), &answering(&earner));
    for (challenge, domain, code) in [
        (Some("other"), Some(DOMAIN), "challenge_mismatch"),
        (Some("other"), None, "challenge_mismatch"),
        (Some(""), Some(DOMAIN), "challenge_mismatch"),
        (Some(CHALLENGE), Some("other.example"), "domain_mismatch"),
        (None, Some("other.example"), "domain_mismatch"),
    ] {
        let report = present(&vp, challenge, domain);
        assert_eq!((report.verdict, report.code), (Verdict::Forged, code));
        assert!(!report.recipient_proved && !report.is_good());
    }
    // One that answers nothing answers no challenge.
    let silent = ProofOptions { purpose: Purpose::Authentication, ..earner.options() };
    let vp = earner.sign_with(presentation(Some(&earner), &[signed()]), &silent);
    assert_eq!(present(&vp, Some(CHALLENGE), Some(DOMAIN)).code, "challenge_mismatch");
    assert_eq!(present(&vp, None, None).verdict, Verdict::Valid);
}

#[test]
fn presentation_with_another_purpose_proves_nobody() {
    let earner = party(2);
    let options = ProofOptions { purpose: Purpose::AssertionMethod, ..answering(&earner) };
    let vp = earner.sign_with(presentation(Some(&earner), &[signed()]), &options);
    let report = present(&vp, Some(CHALLENGE), Some(DOMAIN));
    assert_eq!((report.verdict, report.code), (Verdict::Malformed, "proof_purpose_other"));
    let report = present(&vp, None, None);
    assert_eq!((report.verdict, report.recipient_proved), (Verdict::Valid, false));
}

#[test]
fn presentation_by_another_than_holder_or_recipient() {
    let (earner, other) = (party(2), party(3));
    // Somebody else signs in the holder's name.
    let vp = other.sign_with(presentation(Some(&earner), &[signed()]), &answering(&other));
    let report = present(&vp, Some(CHALLENGE), Some(DOMAIN));
    assert_eq!((report.verdict, report.code), (Verdict::Forged, "controller_not_holder"));
    // Somebody else presents in their own name.
    let vp = other.sign_with(presentation(Some(&other), &[signed()]), &answering(&other));
    let report = present(&vp, Some(CHALLENGE), Some(DOMAIN));
    assert_eq!((report.verdict, report.recipient_proved), (Verdict::Valid, false));
    assert_eq!(recipient_code(&report), "holder_not_subject");
    // Nobody is named as the holder.
    let vp = earner.sign_with(presentation(None, &[signed()]), &answering(&earner));
    let report = present(&vp, Some(CHALLENGE), Some(DOMAIN));
    assert_eq!((report.verdict, recipient_code(&report)), (Verdict::Valid, "holder_missing"));
    // Nothing is presented.
    let vp = earner.sign_with(presentation(Some(&earner), &[]), &answering(&earner));
    assert_eq!(recipient_code(&present(&vp, Some(CHALLENGE), Some(DOMAIN))), "no_credentials");
}

#[test]
fn presentation_with_one_bad_member_is_not_good() {
    let earner = party(2);
    let fake = tampered(&signed(), "Pass", "Attend");
    let vp = earner.sign_with(presentation(Some(&earner), &[signed(), fake]), &answering(&earner));
    let report = present(&vp, Some(CHALLENGE), Some(DOMAIN));
    assert_eq!((report.verdict, report.code), (Verdict::Forged, "proof_signature_wrong"));
    let verdicts: Vec<_> = report.credentials.iter().map(|report| report.verdict).collect();
    assert_eq!(verdicts, [Verdict::Valid, Verdict::Forged]);
    assert!(!report.is_good() && !report.problems().is_empty());

    let unsigned = badge(party(1).did.as_str());
    let vp = earner.sign_with(presentation(Some(&earner), &[unsigned]), &answering(&earner));
    assert_eq!(present(&vp, None, None).code, "proof_missing");
}

#[test]
fn presentation_unsigned_changed_or_junk_is_refused() {
    let earner = party(2);
    assert_eq!(present(&presentation(Some(&earner), &[signed()]), None, None).code, "proof_missing");
    let vp = earner.sign_with(presentation(Some(&earner), &[signed()]), &answering(&earner));
    let without = set(vp, "verifiableCredential", "[]");
    assert_eq!(present(&without, None, None).verdict, Verdict::Forged);
    for junk in ["", "7", "null", "\"x\"", "[]", "{}"] {
        let mut gather = |_: &Needs| -> Evidence { panic!("gathered for {junk}") };
        let (expected, policy) = (Expected::default(), Policy::default());
        let report =
            check_presentation_bytes(junk.as_bytes(), expected, &mut gather, &policy, at(NOW), &CONTEXTS);
        assert_eq!(report.verdict, Verdict::Malformed, "{junk}");
    }
}
