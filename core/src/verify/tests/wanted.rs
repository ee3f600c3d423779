//! What a judgement asks for, of whom, and what it makes of lists that are past their time.

use super::*;

const WEB: &str = "did:web:issuer.example";
const ENDORSERS_LIST: &str = "https://endorser.example/status/1";

fn wanted_list(issuer: &str, url: &str) -> WantedList {
    WantedList { issuer: issuer.to_owned(), url: url.to_owned(), kind: ListKind::Bitstring, at: None }
}

fn issuers_list() -> WantedList {
    wanted_list(party(1).did.as_str(), LIST)
}

fn document_of(issuer: &Party) -> Arc<DidDocument> {
    let keys = [issuer.key.verifying_key()];
    let text = Value::from(crate::did::document::of_web(&issuer.did, &keys)).to_string();
    Arc::new(DidDocument::parse(text.as_bytes(), issuer.did.as_str()).expect("a document"))
}

fn of_web(did: &str, seed: u8) -> Party {
    let key = SigningKey::from_seed(&[seed; 32]);
    let method = format!("{did}#{}", key.verifying_key().to_multikey());
    Party { did: Did::parse(did).expect("a DID"), method, key }
}

/// A badge of `issuer` with an endorsement by `endorser` that names a list of its own.
fn endorsed(issuer: &Party, endorser: &Party) -> Object {
    let endorsement = object(&format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000009","type":["VerifiableCredential","EndorsementCredential"],
        "name":"Endorsed","issuer":{{"id":"{}","type":["Profile"]}},"validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{{"id":"https://a.example/1","type":["EndorsementSubject"]}},
        "credentialStatus":{{"type":"BitstringStatusListEntry","statusPurpose":"revocation",
          "statusListIndex":"5","statusListCredential":"{ENDORSERS_LIST}"}}}}"#,
        endorser.did
    ));
    let mut badge = badge(issuer.did.as_str());
    badge.insert("endorsement", vec![Value::from(endorser.sign(endorsement))]);
    issuer.sign(badge)
}

#[test]
fn a_list_is_wanted_only_of_a_badge_whose_proof_passed() {
    let issuer = party(1);
    let report = judge(&signed(), &Evidence::default());
    assert_eq!(report.wanted, Wanted { controllers: Vec::new(), lists: vec![issuers_list()] });

    // A fake that points at a list makes nobody ask for it.
    for fake in [
        party(3).sign(badge(issuer.did.as_str())),
        tampered(&signed(), "4711", "4712"),
        tampered(&signed(), LIST, "https://beacon.example/1"),
        badge(issuer.did.as_str()),
    ] {
        assert!(judge(&fake, &Evidence::default()).wanted.is_empty(), "{fake:?}");
    }
    // What is there is not asked for; what is missing is, so that whoever gathers can decide, and another's is no answer.
    let list = |by: u8| party(by).list(LIST, StatusPurpose::Revocation, &[], "2026-07-01T11:00:00Z");
    assert!(judge(&signed(), &fresh(&[])).wanted.is_empty());
    assert!(judge(&signed(), &fresh(&[4711])).wanted.is_empty());
    for missing in [Ok(list(3)), Err(ListMissing::Unknown), Err(ListMissing::Refused("unsigned".to_owned()))]
    {
        assert_eq!(judge(&signed(), &evidence(&[(LIST, missing)])).wanted.lists, [issuers_list()]);
    }
    let policy = Policy { checks: Checks::ProofOnly, ..Policy::default() };
    let text = Value::from(signed()).to_string();
    let report =
        Candidate::of_bytes(text.as_bytes()).check(&Evidence::default(), &policy, at(NOW), &CONTEXTS);
    assert!(report.wanted.is_empty(), "the status was not asked for");
}

#[test]
fn endorsers_are_asked_for_only_once_the_badge_is_proved() {
    let (issuer, endorser) = (of_web(WEB, 1), of_web("did:web:endorser.example", 4));
    let badge = endorsed(&issuer, &endorser);
    let candidate = Candidate::of_value(badge.clone().into());
    let needs = candidate.needs();
    assert_eq!(needs.proving, [WEB]);
    assert_eq!(needs.controllers, [WEB, endorser.did.as_str()]);

    let mut evidence = Evidence::default();
    let wanted = judge(&badge, &evidence).wanted;
    assert_eq!(wanted, Wanted { controllers: vec![WEB.to_owned()], lists: Vec::new() });
    // With a document that doesn't prove it, nothing more is asked for.
    evidence.documents.insert(WEB.to_owned(), Ok(document_of(&of_web(WEB, 7))));
    assert!(judge(&badge, &evidence).wanted.is_empty());
    // Then the endorser's document, and only with that the endorser's list.
    evidence.documents.insert(WEB.to_owned(), Ok(document_of(&issuer)));
    let wanted = judge(&badge, &evidence).wanted;
    assert_eq!(wanted.controllers, [endorser.did.as_str()]);
    assert_eq!(wanted.lists, [wanted_list(WEB, LIST)]);
    evidence.documents.insert(endorser.did.to_string(), Ok(document_of(&endorser)));
    let wanted = judge(&badge, &evidence).wanted;
    assert!(wanted.controllers.is_empty());
    let theirs = wanted_list(endorser.did.as_str(), ENDORSERS_LIST);
    assert_eq!(wanted.lists, [wanted_list(WEB, LIST), theirs]);
}

#[test]
fn a_presentation_wants_what_its_badges_want() {
    let text = format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"holder":"{}",
        "verifiableCredential":[{}]}}"#,
        party(2).did,
        Value::from(signed())
    );
    let presentation = party(2).sign(object(&text));
    let needs = needs_of_presentation(
        &crate::credential::Presentation::from_value(presentation.clone().into()).expect("reads"),
    );
    assert!(needs.proving.is_empty(), "all keys are in their names");
    let mut gather = |_: &Needs| Evidence::default();
    let (expected, policy) = (Expected::default(), Policy::default());
    let report =
        check_presentation_value(presentation.into(), expected, &mut gather, &policy, at(NOW), &CONTEXTS);
    assert_eq!(report.wanted().lists, [issuers_list()]);
}

#[test]
fn of_a_list_past_its_time_only_what_is_set_counts() {
    let why = "the server of https://node.example/status/7 answered 503";
    let overdue = |list: Arc<VerifiedList>| {
        evidence(&[])
            .lists
            .into_iter()
            .chain([(LIST.to_owned(), Err(ListMissing::Overdue { lists: vec![list], why: why.to_owned() }))])
    };
    let judged = |list| {
        let evidence = Evidence { lists: overdue(list).collect(), ..Evidence::default() };
        let report = judge(&signed(), &evidence);
        (report.verdict, report.code, report.checks.iter().find_map(|check| check.detail.clone()))
    };
    let made = "2026-07-01T11:00:00Z";
    let list = |party: Party, set: &[u64]| party.list(LIST, StatusPurpose::Revocation, set, made);
    let (verdict, code, detail) = judged(list(party(1), &[]));
    assert_eq!((verdict, code), (Verdict::CouldNotCheck, "status_stale"));
    let detail = detail.expect("says since when and why");
    assert!(detail.contains("2026-07-01T11:00:00") && detail.contains("503"), "{detail}");
    assert_eq!(judged(list(party(1), &[4711])).0, Verdict::Revoked, "what was revoked stays so");
    assert_eq!(judged(list(party(3), &[4711])).1, "status_list_of_another");
}

#[test]
fn a_list_that_could_not_be_had_says_why() {
    let report = judge(&signed(), &evidence(&[(LIST, Err(ListMissing::Unreachable("no route".to_owned())))]));
    assert_eq!((report.verdict, report.code), (Verdict::CouldNotCheck, "status_unavailable"));
    let status = report.checks.iter().find(|check| check.name == CheckName::Status).expect("listed");
    assert_eq!(status.detail.as_deref(), Some("no route"));
}

#[test]
fn the_report_says_how_old_the_issuers_document_is() {
    let issuer = of_web(WEB, 1);
    let mut evidence = fresh(&[]);
    evidence.documents.insert(WEB.to_owned(), Ok(document_of(&issuer)));
    let as_of = |evidence: &Evidence| {
        let report = judge(&issuer.sign(badge(WEB)), evidence);
        let check = report.checks.iter().find(|check| check.name == CheckName::Issuer).expect("listed");
        assert_eq!(check.source, Some(Source::ControllerDocument));
        check.as_of
    };
    assert_eq!(as_of(&evidence), None, "it was at hand");
    evidence.fetched_at.insert(WEB.to_owned(), at("2026-07-01T11:59:00Z"));
    assert_eq!(as_of(&evidence), Some(at("2026-07-01T11:59:00Z")));
    evidence.fetched_at.insert("did:web:other.example".to_owned(), at("2026-07-01T10:00:00Z"));
    assert_eq!(as_of(&evidence), Some(at("2026-07-01T11:59:00Z")), "that of another says nothing");
}
