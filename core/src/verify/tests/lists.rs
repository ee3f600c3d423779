//! Lists of every kind and size: what they make of a badge, and what stays unchecked.

use super::*;
use crate::status::{self, StatusError};

const SECOND: &str = "https://node.example/status/8";
const REVOCATIONS: &str = "https://node.example/revocations/7";
const ID: &str = "urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11";
const MADE: &str = "2026-07-01T11:00:00Z";
const CONTEXTS_WITH_EXTENSIONS: &str = r#"["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json","https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]"#;

fn issuer() -> String {
    party(1).did.to_string()
}

/// A signed badge with this status.
fn badge_with(status: &str) -> Object {
    party(1).sign(set(
        set(badge(&issuer()), "credentialStatus", status),
        "@context",
        CONTEXTS_WITH_EXTENSIONS,
    ))
}

fn entry(purpose: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{LIST}#9","type":"BitstringStatusListEntry","statusPurpose":"{purpose}","statusListIndex":"9","statusListCredential":"{LIST}"{more}}}"#
    )
}

/// A bitstring list of the issuer with these bits, for any purposes.
fn list_of(purposes: &str, bits: &Bitstring) -> Arc<VerifiedList> {
    let list = list_credential(
        LIST,
        &issuer(),
        StatusPurpose::Revocation,
        bits,
        at(MADE),
        Duration::from_secs(86_400),
    );
    let mut subject = list.get("credentialSubject").and_then(Value::as_object).expect("one").clone();
    subject.insert("statusPurpose", value(purposes));
    let list = party(1).sign(set(list, "credentialSubject", &Value::from(subject).to_string()));
    let text = Value::from(list).to_string();
    let list =
        VerifiedList::from_credential(text.as_bytes(), &Documents::new(), at(MADE), &CONTEXTS, at(MADE));
    Arc::new(list.expect("a list"))
}

/// Entry 9 of `size` bits with this value.
fn sized(purposes: &str, size: u64, of_9: u64) -> Evidence {
    let mut bits = Bitstring::new(MIN_ENTRIES * usize::try_from(size).expect("small"));
    for bit in (0..size).filter(|bit| of_9 >> (size - 1 - bit) & 1 == 1) {
        bits.set(9 * size + bit, true).expect("in range");
    }
    evidence(&[(LIST, Ok(list_of(purposes, &bits)))])
}

fn messages(count: usize) -> String {
    let one = |value| format!(r#"{{"status":"0x{value:x}","message":"says {value}"}}"#);
    format!("[{}]", (0..count).map(one).collect::<Vec<_>>().join(","))
}

/// A 1EdTech list as it was fetched an hour ago.
fn hosted(items: &str) -> Result<VerifiedList, StatusError> {
    let text = format!(r#"{{"id":"{REVOCATIONS}","issuer":"{}","revokedCredentials":[{items}]}}"#, issuer());
    let need = ListNeed { url: REVOCATIONS.to_owned(), kind: ListKind::OneEdTech };
    status::read(text.as_bytes(), &need, &issuer(), &Documents::new(), at(MADE), &CONTEXTS, at(NOW))
}

fn hosted_evidence(items: &str) -> Evidence {
    evidence(&[(
        REVOCATIONS,
        hosted(items).map(Arc::new).map_err(|error| ListMissing::Refused(error.to_string())),
    )])
}

fn one_ed_tech(fragment: &str) -> String {
    format!(r#"{{"id":"{REVOCATIONS}{fragment}","type":"1EdTechRevocationList"}}"#)
}

#[test]
fn a_1edtech_list_revokes_by_the_badges_id() {
    let badge = badge_with(&one_ed_tech(""));
    let report = judge(&badge, &hosted_evidence(r#"{"id":"urn:uuid:other"}"#));
    assert_eq!((report.verdict, report.status_as_of), (Verdict::Valid, Some(at(MADE))), "{report:#?}");
    let status = report.checks.iter().find(|check| check.name == CheckName::Status).expect("a check");
    assert_eq!(status.source, Some(Source::Hosted));

    let revoked = format!(r#"{{"id":"{ID}","revoked":true,"revocationReason":"issued in haste"}}"#);
    let report = judge(&badge, &hosted_evidence(&revoked));
    assert_eq!((report.verdict, report.code), (Verdict::Revoked, "revoked"));
    let problem = report.problems().remove(0);
    assert!(problem.detail.expect("detail").ends_with("issued in haste"));
    assert_eq!(
        answer(&badge, &hosted_evidence(&format!(r#"{{"id":"{ID}","revoked":false}}"#))).0,
        Verdict::Valid
    );
}

#[test]
fn a_1edtech_list_that_cannot_answer_is_never_good() {
    let badge = badge_with(&one_ed_tech(""));
    let unknown = |code| (Verdict::CouldNotCheck, code);
    assert_eq!(answer(&badge, &evidence(&[])), unknown("status_unavailable"));
    assert_eq!(answer(&badge, &hosted_evidence("7")), unknown("status_list_refused"));
    assert_eq!(
        answer(&badge, &evidence(&[(REVOCATIONS, Err(ListMissing::Unknown))])),
        unknown("unknown_list")
    );
    let old = at("2026-07-04T12:00:01Z");
    let report = judge_at(&badge, &hosted_evidence(""), &old.to_string());
    assert_eq!((report.verdict, report.code), unknown("status_stale"));
    // A badge without an id can't be missing from a list of ids.
    let nameless = party(1).sign(set(
        set(
            set(super::badge(&issuer()), "credentialStatus", &one_ed_tech("")),
            "@context",
            CONTEXTS_WITH_EXTENSIONS,
        ),
        "id",
        "",
    ));
    let report = judge(&nameless, &hosted_evidence(""));
    assert!(!report.is_good(), "{report:#?}");
    // A list of bits under that address is another list.
    let bits = party(1).list(REVOCATIONS, StatusPurpose::Revocation, &[], MADE);
    assert_eq!(answer(&badge, &evidence(&[(REVOCATIONS, Ok(bits))])), unknown("status_list_differs"));
}

#[test]
fn the_records_of_an_issuer_answer_for_its_1edtech_lists() {
    let record = |set: &[u64]| {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        set.iter().for_each(|at| assert_eq!(bits.set(*at, true), Ok(false)));
        let (issuer, purpose) = (issuer(), StatusPurpose::Revocation);
        let until = Some(at("2026-07-02T11:00:00Z"));
        let list = VerifiedList::of_record(&issuer, REVOCATIONS, purpose, Arc::new(bits), 3, at(MADE), until);
        evidence(&[(REVOCATIONS, Ok(Arc::new(list)))])
    };
    let ours = badge_with(&one_ed_tech("#4711"));
    assert_eq!(answer(&ours, &record(&[])), (Verdict::Valid, "valid"));
    assert_eq!(answer(&ours, &record(&[4711])), (Verdict::Revoked, "revoked"));
    assert_eq!(answer(&ours, &record(&[4712])), (Verdict::Valid, "valid"));
    // Its own list answers too, fetched from the address without the fragment.
    assert_eq!(answer(&ours, &hosted_evidence("")), (Verdict::Valid, "valid"));
    assert_eq!(
        answer(&ours, &hosted_evidence(&format!(r#"{{"id":"{ID}"}}"#))),
        (Verdict::Revoked, "revoked")
    );
    // Without a place in the records they say nothing.
    let badge = badge_with(&one_ed_tech(""));
    assert_eq!(answer(&badge, &record(&[])), (Verdict::CouldNotCheck, "status_list_differs"));
    let beyond = badge_with(&one_ed_tech("#131072"));
    assert_eq!(answer(&beyond, &record(&[])), (Verdict::CouldNotCheck, "status_index_out_of_range"));
}

#[test]
fn the_second_entry_of_an_array_revokes() {
    let second = entry("revocation", "").replace(LIST, SECOND);
    let badge = badge_with(&format!("[{},{second}]", entry("revocation", "")));
    let lists = |first: &[u64], then: &[u64]| {
        evidence(&[
            (LIST, Ok(party(1).list(LIST, StatusPurpose::Revocation, first, MADE))),
            (SECOND, Ok(party(1).list(SECOND, StatusPurpose::Revocation, then, MADE))),
        ])
    };
    assert_eq!(answer(&badge, &lists(&[], &[])), (Verdict::Valid, "valid"));
    assert_eq!(answer(&badge, &lists(&[], &[9])), (Verdict::Revoked, "revoked"));
    assert_eq!(answer(&badge, &lists(&[9], &[])), (Verdict::Revoked, "revoked"));
    // A mixed pair: the 1EdTech list second.
    let mixed = badge_with(&format!("[{},{}]", entry("revocation", ""), one_ed_tech("")));
    let mut both = lists(&[], &[]);
    both.lists.extend(hosted_evidence(&format!(r#"{{"id":"{ID}"}}"#)).lists);
    assert_eq!(answer(&mixed, &both), (Verdict::Revoked, "revoked"));
}

#[test]
fn any_value_but_0_of_several_bits_revokes() {
    let badge =
        badge_with(&entry("revocation", &format!(r#","statusSize":2,"statusMessage":{}"#, messages(4))));
    let purpose = "\"revocation\"";
    assert_eq!(answer(&badge, &sized(purpose, 2, 0)), (Verdict::Valid, "valid"));
    for of_9 in 1..4 {
        let report = judge(&badge, &sized(purpose, 2, of_9));
        assert_eq!((report.verdict, report.code), (Verdict::Revoked, "revoked"), "{of_9}");
        let detail = report.problems().remove(0).detail.expect("detail");
        assert!(detail.ends_with(&format!(": says {of_9}")), "{detail}");
    }
    let odd =
        badge_with(&entry("suspension", &format!(r#","statusSize":3,"statusMessage":{}"#, messages(8))));
    assert_eq!(answer(&odd, &sized("\"suspension\"", 3, 0)), (Verdict::Valid, "valid"));
    assert_eq!(answer(&odd, &sized("\"suspension\"", 3, 0b010)), (Verdict::Suspended, "suspended"));
}

#[test]
fn a_list_too_short_for_its_size_does_not_answer() {
    let badge =
        badge_with(&entry("revocation", &format!(r#","statusSize":2,"statusMessage":{}"#, messages(4))));
    for entries in [MIN_ENTRIES, 2 * MIN_ENTRIES - 8] {
        let short = evidence(&[(LIST, Ok(list_of("\"revocation\"", &Bitstring::new(entries))))]);
        assert_eq!(answer(&badge, &short), (Verdict::CouldNotCheck, "status_list_too_short"), "{entries}");
    }
}

#[test]
fn a_message_is_reported_and_judges_nothing() {
    let badge = badge_with(&entry("message", &format!(r#","statusSize":2,"statusMessage":{}"#, messages(4))));
    for of_9 in [0, 2] {
        let report = judge(&badge, &sized("\"message\"", 2, of_9));
        assert_eq!(report.verdict, Verdict::Valid, "{report:#?}");
        let said =
            report.warnings.iter().find(|warning| warning.code == "status_message").expect("a warning");
        assert_eq!(said.detail.as_deref(), Some(&*format!("says {of_9}")));
    }
    // But a list that isn't to be had may hide a message.
    assert_eq!(answer(&badge, &evidence(&[])), (Verdict::CouldNotCheck, "status_unavailable"));
    let purpose = sized("\"revocation\"", 2, 0);
    assert_eq!(answer(&badge, &purpose), (Verdict::CouldNotCheck, "status_list_differs"));
}

#[test]
fn a_newer_badge_is_mentioned_and_not_looked_up() {
    let badge = badge_with(&entry("refresh", ""));
    let read = Credential::from_object(badge.clone()).expect("reads");
    assert!(needs(&read).lists.is_empty(), "nobody is asked");
    let report = judge(&badge, &evidence(&[]));
    assert_eq!(report.verdict, Verdict::Valid, "{report:#?}");
    assert!(report.warnings.iter().any(|warning| warning.code == "status_refresh_not_read"));
    let both =
        badge_with(&format!("[{},{}]", entry("refresh", "").replace("#9", "#r"), entry("revocation", "")));
    assert_eq!(answer(&both, &evidence(&[])), (Verdict::CouldNotCheck, "status_unavailable"));
    assert_eq!(answer(&both, &sized("\"revocation\"", 1, 1)), (Verdict::Revoked, "revoked"));
}

#[test]
fn a_list_for_several_purposes_answers_for_each() {
    let both = r#"["revocation","suspension"]"#;
    assert_eq!(
        answer(&badge_with(&entry("revocation", "")), &sized(both, 1, 1)),
        (Verdict::Revoked, "revoked")
    );
    assert_eq!(
        answer(&badge_with(&entry("suspension", "")), &sized(both, 1, 1)),
        (Verdict::Suspended, "suspended")
    );
    let other = sized("\"suspension\"", 1, 1);
    assert_eq!(
        answer(&badge_with(&entry("revocation", "")), &other),
        (Verdict::CouldNotCheck, "status_list_differs")
    );
}

#[test]
fn entries_of_one_id_must_be_one_place() {
    let one = entry("revocation", "");
    for other in [
        one.replace("\"9\"", "\"10\""),
        one.replace('}', &format!(r#","statusSize":2,"statusMessage":{}}}"#, messages(4))),
        one.replace("Bitstring", "").replace("StatusListEntry", "StatusList2021Entry"),
    ] {
        let text = format!("[{one},{other}]");
        let refused =
            Credential::from_object(set(badge(&issuer()), "credentialStatus", &text)).expect_err(&text);
        assert_eq!(refused.code, "status_entry_ambiguous", "{text}");
    }
}

/// Judged as of `asked`, of which nothing is known but what the evidence says.
fn as_of(badge: &Object, evidence: &Evidence, asked: &str) -> Report {
    let policy = Policy { as_of: Some(at(asked)), ..Policy::default() };
    let credential = Credential::from_object(badge.clone()).expect("reads");
    check(&credential, evidence, &policy, at(NOW), &CONTEXTS)
}

#[test]
fn a_past_date_is_judged_by_its_own_dates() {
    let badge = badge_with(&entry("revocation", ""));
    let said = |asked, evidence: &Evidence| {
        let report = as_of(&badge, evidence, asked);
        (report.verdict, report.code, report.checked_at)
    };
    let clear = sized("\"revocation\"", 1, 0);
    let before = "2026-06-30T09:59:59Z";
    assert_eq!(said(before, &clear), (Verdict::NotYetValid, "not_yet_valid", at(before)));
    // What isn't revoked later wasn't before.
    let then = "2026-06-30T12:00:00Z";
    assert_eq!(said(then, &clear), (Verdict::Valid, "valid", at(then)));
    // What is revoked later may not have been.
    let revoked = sized("\"revocation\"", 1, 1);
    assert_eq!(said(then, &revoked), (Verdict::CouldNotCheck, "status_other_time", at(then)));
    assert_eq!(said(MADE, &revoked), (Verdict::Revoked, "revoked", at(MADE)));
    // A time that lies ahead counts as now.
    assert_eq!(said("2036-12-01T00:00:00Z", &clear), (Verdict::Valid, "valid", at(NOW)));
}

#[test]
fn a_past_suspension_needs_a_list_of_that_time() {
    let badge = badge_with(&entry("suspension", ""));
    let then = "2026-06-30T12:00:00Z";
    for of_9 in [0, 1] {
        let report = as_of(&badge, &sized("\"suspension\"", 1, of_9), then);
        assert_eq!((report.verdict, report.code), (Verdict::CouldNotCheck, "status_other_time"), "{of_9}");
    }
    let report = as_of(&badge, &sized("\"suspension\"", 1, 1), "2026-07-01T11:30:00Z");
    assert_eq!((report.verdict, report.code), (Verdict::Suspended, "suspended"));
    let hosted = as_of(&badge_with(&one_ed_tech("")), &hosted_evidence(""), then);
    assert_eq!((hosted.verdict, hosted.code), (Verdict::CouldNotCheck, "status_other_time"));
}

#[test]
fn a_list_that_the_issuer_gave_out_for_a_past_date_answers_for_it() {
    let (then, today) = ("2026-06-30T12:00:00Z", NOW);
    let mut bits = Bitstring::new(MIN_ENTRIES);
    bits.set(9, true).expect("in range");
    let list = status::list_credential_of(
        LIST,
        &issuer(),
        StatusPurpose::Suspension,
        &bits,
        at("2026-06-30T11:00:00Z"),
        at(then),
    );
    let signed = party(1).sign_with(list, &ProofOptions { created: at(today), ..party(1).options() });
    let text = Value::from(signed).to_string();
    let need = ListNeed { url: LIST.to_owned(), kind: ListKind::Bitstring };
    let read = |asked| {
        status::read(text.as_bytes(), &need, &issuer(), &Documents::new(), at(today), &CONTEXTS, at(asked))
    };
    let badge = badge_with(&entry("suspension", ""));
    let evidence = evidence(&[(LIST, Ok(Arc::new(read(then).expect("a list of that time"))))]);
    let report = as_of(&badge, &evidence, then);
    assert_eq!((report.verdict, report.status_as_of), (Verdict::Suspended, Some(at(then))));
    assert!(matches!(read(today), Err(StatusError::Expired { .. })), "it is no list of today");
}

#[test]
fn a_proof_that_expired_since_was_good_then() {
    let badge = set(badge(&issuer()), "credentialStatus", "");
    let expires = Some(at("2026-07-01T06:00:00Z"));
    let badge = party(1).sign_with(badge, &ProofOptions { expires, ..party(1).options() });
    assert_eq!(answer(&badge, &evidence(&[])).0, Verdict::Expired);
    assert_eq!(as_of(&badge, &evidence(&[]), "2026-07-01T05:00:00Z").verdict, Verdict::Valid);
}
