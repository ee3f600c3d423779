//! Lists that are missing, somebody else's, another one, or old; several entries; an index as a number.

use super::*;

#[test]
fn status_missing_lists_are_never_good() {
    for (missing, code) in [
        (ListMissing::Unavailable, "status_unavailable"),
        (ListMissing::Unknown, "unknown_list"),
        (ListMissing::Refused("not signed".into()), "status_list_refused"),
    ] {
        let evidence = evidence(&[(LIST, Err(missing))]);
        assert_eq!(answer(&signed(), &evidence), (Verdict::CouldNotCheck, code));
    }
    let report = judge(&signed(), &Evidence::default());
    assert_eq!((report.verdict, report.code), (Verdict::CouldNotCheck, "status_unavailable"));
    assert!(report.badge.is_some(), "the signature is the issuer's");
    // “Could not check” about the status comes after the dates.
    assert_eq!(judge_at(&signed(), &Evidence::default(), "2037-01-01T00:00:00Z").verdict, Verdict::Expired);
}

#[test]
fn status_lists_must_be_the_issuers_own_and_the_one_that_is_named() {
    let made = "2026-07-01T11:00:00Z";
    for (list, code) in [
        (party(3).list(LIST, StatusPurpose::Revocation, &[4711], made), "status_list_of_another"),
        (
            party(1).list("https://node.example/status/8", StatusPurpose::Revocation, &[4711], made),
            "status_list_differs",
        ),
        (party(1).list(LIST, StatusPurpose::Suspension, &[4711], made), "status_list_differs"),
    ] {
        assert_eq!(answer(&signed(), &evidence(&[(LIST, Ok(list))])), (Verdict::CouldNotCheck, code));
    }
    let far = tampered(&badge(party(1).did.as_str()), "4711", "131072");
    assert_eq!(
        answer(&party(1).sign(far), &fresh(&[])),
        (Verdict::CouldNotCheck, "status_index_out_of_range")
    );
}

#[test]
fn status_old_lists_are_stale_and_say_as_of_when() {
    let list = |made| evidence(&[(LIST, Ok(party(1).list(LIST, StatusPurpose::Revocation, &[], made)))]);
    assert_eq!(answer(&signed(), &list("2026-06-29T12:00:00Z")).0, Verdict::Valid, "48 hours to the second");
    let report = judge(&signed(), &list("2026-06-29T11:59:59Z"));
    assert_eq!((report.verdict, report.code), (Verdict::CouldNotCheck, "status_stale"));
    assert_eq!(report.problems()[0].detail.as_deref(), Some("not revoked as of 2026-06-29T11:59:59Z"));
    assert_eq!(report.status_as_of, Some(at("2026-06-29T11:59:59Z")));

    let policy = Policy { max_status_age: Duration::from_secs(60), ..Policy::default() };
    let credential = Credential::from_object(signed()).expect("reads");
    let report = check(&credential, &fresh(&[]), &policy, at(NOW), &CONTEXTS);
    assert_eq!(report.code, "status_stale");
    // What was revoked stays revoked, however old the word.
    let report = check(&credential, &fresh(&[4711]), &policy, at(NOW), &CONTEXTS);
    assert_eq!(report.verdict, Verdict::Revoked);
}

#[test]
fn status_every_entry_is_checked() {
    let entry = |purpose: &str, url: &str| {
        format!(
            r#"{{"id":"{url}#9","type":"BitstringStatusListEntry","statusPurpose":"{purpose}","statusListIndex":"9","statusListCredential":"{url}"}}"#
        )
    };
    let second = "https://node.example/status/8";
    let two = set(
        badge(party(1).did.as_str()),
        "credentialStatus",
        &format!("[{},{}]", entry("revocation", LIST), entry("suspension", second)),
    );
    let two = party(1).sign(two);
    let lists = |revoked: &[u64], suspended: &[u64]| {
        evidence(&[
            (LIST, Ok(party(1).list(LIST, StatusPurpose::Revocation, revoked, "2026-07-01T11:00:00Z"))),
            (second, Ok(party(1).list(second, StatusPurpose::Suspension, suspended, "2026-07-01T10:00:00Z"))),
        ])
    };
    let report = judge(&two, &lists(&[], &[]));
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(report.status_as_of, Some(at("2026-07-01T10:00:00Z")), "the oldest word");
    assert_eq!(report.warnings[0].code, "status_several");
    assert_eq!(answer(&two, &lists(&[], &[9])), (Verdict::Suspended, "suspended"));
    assert_eq!(answer(&two, &lists(&[9], &[9])), (Verdict::Revoked, "revoked"));
    let mut one_missing = lists(&[], &[]);
    one_missing.lists.remove(second);
    assert_eq!(answer(&two, &one_missing), (Verdict::CouldNotCheck, "status_unavailable"));

    let both = format!("[{},{}]", entry("revocation", LIST), entry("other", second));
    let both = party(1).sign(set(badge(party(1).did.as_str()), "credentialStatus", &both));
    assert_eq!(answer(&both, &lists(&[], &[])), (Verdict::CouldNotCheck, "status_kind_unsupported"));
    assert_eq!(answer(&both, &lists(&[9], &[])), (Verdict::Revoked, "revoked"));
}

#[test]
fn status_an_index_as_a_number_is_revoked_or_malformed_and_never_valid() {
    let text = Value::Object(badge(party(1).did.as_str())).to_string().replace("\"4711\"", "4711");
    let number = party(1).sign(object(&text));
    let report = judge(&number, &fresh(&[4711]));
    assert_eq!(report.verdict, Verdict::Revoked);
    assert_eq!(report.warnings[0].code, "status_index_not_text");
    assert_eq!(answer(&number, &fresh(&[])), (Verdict::Malformed, "status_index_not_text"));
}
