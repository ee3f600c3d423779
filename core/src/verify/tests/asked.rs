//! What is checked only where the badge or the caller asks for it: schemas, the recipient, trust.

use super::*;
use crate::credential::draft::email_hash;
use crate::jose::{self, TokenOptions};
use crate::trust::Kind;

const ADDRESS: &str = "Ada.Lovelace@Example.org";
const SALT: &str = "a-salt-of-sixteen-bytes";

fn judge_by(object: &Object, policy: &Policy) -> Report {
    judge_with(object, &fresh(&[]), policy)
}

fn judge_with(object: &Object, evidence: &Evidence, policy: &Policy) -> Report {
    let text = Value::Object(object.clone()).to_string();
    check_bytes(text.as_bytes(), &mut |_| evidence.clone(), policy, at(NOW), &CONTEXTS)
}

fn check_named(report: &Report, name: CheckName) -> Option<&Check> {
    report.checks.iter().find(|check| check.name == name)
}

fn recipient(kind: &str, name: &str) -> Policy {
    let recipient = Recipient::of(kind, name).expect(name);
    Policy { recipient: Some(recipient), ..Policy::default() }
}

fn trust(root: &str) -> Policy {
    let roots = Roots::parse(root.as_bytes()).unwrap_or_else(|error| panic!("{root}: {error}"));
    Policy { trust: Some(Arc::new(roots)), ..Policy::default() }
}

/// A signed badge whose subject has no id, with these identifiers.
fn known_by(identifiers: &str) -> Object {
    let mut badge = badge(party(1).did.as_str());
    let mut subject = badge.get("credentialSubject").and_then(Value::as_object).expect("a subject").clone();
    subject.remove("id");
    subject.insert("identifier", value(identifiers));
    badge.insert("credentialSubject", subject);
    party(1).sign(badge)
}

fn identity(kind: &str, hashed: bool, name: &str, salt: Option<&str>) -> String {
    let salt = salt.map(|salt| format!(",\"salt\":\"{salt}\"")).unwrap_or_default();
    format!(
        r#"{{"type":"IdentityObject","hashed":{hashed},"identityHash":"{name}","identityType":"{kind}"{salt}}}"#
    )
}

#[test]
fn nothing_more_is_checked_where_nobody_asks() {
    let report = judge(&signed(), &fresh(&[]));
    for name in [CheckName::Schema, CheckName::Recipient, CheckName::Trust] {
        assert!(check_named(&report, name).is_none(), "{name:?}");
    }
    let none = Policy { trust: Some(Arc::default()), ..Policy::default() };
    let report = judge_by(&signed(), &none);
    assert_eq!((report.verdict, check_named(&report, CheckName::Trust).is_none()), (Verdict::Valid, true));
}

#[test]
fn a_recipient_is_found_by_address_however_it_is_written() {
    for identity in [
        identity("emailAddress", true, &email_hash(ADDRESS, SALT), Some(SALT)),
        identity("emailAddress", true, &email_hash(ADDRESS, ""), None),
        identity("emailAddress", false, "ada.lovelace@example.org", None),
        // As others hash: the address as it was written, the hash in capitals.
        identity("emailAddress", true, &email_hash(ADDRESS, SALT).replace("sha256$", "SHA256$"), Some(SALT)),
    ] {
        let badge = known_by(&format!("[{},{identity}]", self::identity("name", false, "Ada", None)));
        for address in [ADDRESS, "ada.lovelace@example.org", "  ADA.LOVELACE@EXAMPLE.ORG "] {
            let report = judge_by(&badge, &recipient("email", address));
            assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"), "{identity} {address}");
            let check = check_named(&report, CheckName::Recipient).expect("checked");
            assert_eq!((check.outcome, check.code), (Outcome::Pass, "recipient_ok"));
        }
    }
}

#[test]
fn an_address_that_was_hashed_as_it_was_written_is_found_as_it_is_written() {
    let digest: String = {
        use sha2::Digest as _;
        let hash = sha2::Sha256::digest(format!("{ADDRESS}{SALT}").as_bytes());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let badge =
        known_by(&format!("[{}]", identity("emailAddress", true, &format!("sha256${digest}"), Some(SALT))));
    assert_eq!(judge_by(&badge, &recipient("email", ADDRESS)).verdict, Verdict::Valid);
    let other = judge_by(&badge, &recipient("email", &ADDRESS.to_lowercase()));
    assert_eq!((other.verdict, other.code), (Verdict::CouldNotCheck, "recipient_differs"));
}

#[test]
fn a_badge_of_somebody_else_is_never_good_and_the_name_stands_nowhere() {
    let hashed = identity("emailAddress", true, &email_hash(ADDRESS, SALT), Some(SALT));
    let badge = known_by(&format!("[{hashed}]"));
    for (policy, code) in [
        (recipient("email", "mallory@example.org"), "recipient_differs"),
        (recipient("email", "ada.lovelace@example.com"), "recipient_differs"),
        (recipient("id", party(2).did.as_str()), "recipient_differs"),
        (recipient("name", ADDRESS), "recipient_differs"),
        // The hash itself is no name.
        (recipient("emailAddress", &format!("{}@x", email_hash(ADDRESS, SALT))), "recipient_differs"),
    ] {
        let report = judge_by(&badge, &policy);
        assert_eq!((report.verdict, report.code), (Verdict::CouldNotCheck, code), "{policy:?}");
        let check = check_named(&report, CheckName::Recipient).expect("checked");
        assert_eq!(check.outcome, Outcome::Fail);
        let said = format!("{} {policy:?}", serde_json::to_string(&report).expect("serializes"));
        for name in ["mallory", "lovelace", "Lovelace"] {
            assert!(!said.contains(name), "{name} in {said}");
        }
    }
    // Whoever is named, a badge that isn't genuine stays so.
    let forged = tampered(&badge, "Designs protocols.", "Breaks protocols.");
    assert_eq!(judge_by(&forged, &recipient("email", ADDRESS)).verdict, Verdict::Forged);
}

#[test]
fn hashes_of_kinds_that_are_not_read_are_not_checked() {
    for hash in ["md5$8d6ef8d5ac1a5b3e6a1a5b3e6a1a5b3e", "sha1$00", "sha512$00", "sha3$", "$"] {
        let badge = known_by(&format!("[{}]", identity("emailAddress", true, hash, Some(SALT))));
        let report = judge_by(&badge, &recipient("email", ADDRESS));
        assert_eq!(
            (report.verdict, report.code),
            (Verdict::CouldNotCheck, "recipient_hash_unsupported"),
            "{hash}"
        );
        let check = check_named(&report, CheckName::Recipient).expect("checked");
        assert_eq!(check.outcome, Outcome::CouldNotCheck);
    }
    for hash in ["", "sha256$", "sha256", "ada.lovelace@example.org"] {
        let badge = known_by(&format!("[{}]", identity("emailAddress", true, hash, None)));
        let report = judge_by(&badge, &recipient("email", ADDRESS));
        assert_eq!(report.code, "recipient_differs", "{hash}");
    }
}

#[test]
fn a_recipient_is_found_by_id_and_by_other_identifiers() {
    assert_eq!(judge_by(&signed(), &recipient("id", party(2).did.as_str())).verdict, Verdict::Valid);
    assert_eq!(judge_by(&signed(), &recipient("id", party(3).did.as_str())).code, "recipient_differs");
    let badge = known_by(&format!("[{}]", identity("ext:studentId", false, "S-4711", None)));
    assert_eq!(judge_by(&badge, &recipient("ext:studentId", "S-4711")).verdict, Verdict::Valid);
    for (kind, name) in [("ext:studentId", "s-4711"), ("ext:studentid", "S-4711"), ("id", "ext:S-4711")] {
        assert_eq!(judge_by(&badge, &recipient(kind, name)).code, "recipient_differs", "{kind} {name}");
    }
    let mut by_mail = self::badge(party(1).did.as_str());
    let subject = by_mail.get("credentialSubject").and_then(Value::as_object).expect("a subject").clone();
    by_mail.insert("credentialSubject", set(subject, "id", "\"mailto:ada.lovelace@example.org\""));
    let by_mail = party(1).sign(by_mail);
    assert_eq!(judge_by(&by_mail, &recipient("email", ADDRESS)).verdict, Verdict::Valid);
    assert_eq!(judge_by(&by_mail, &recipient("email", "a@example.org")).code, "recipient_differs");
}

#[test]
fn what_names_nobody_is_refused() {
    let long = "x".repeat(MAX_RECIPIENT_BYTES + 1);
    for (kind, name, expected) in [
        ("email", "", RecipientError::Length),
        ("email", "   ", RecipientError::Length),
        ("email", "ada", RecipientError::NotAnAddress),
        ("email", "@example.org", RecipientError::NotAnAddress),
        ("email", "ada@", RecipientError::NotAnAddress),
        ("email", "a@b@c", RecipientError::NotAnAddress),
        ("id", "Ada", RecipientError::NotAUrl),
        ("", "Ada", RecipientError::Length),
        ("name", &long, RecipientError::Length),
        (&long, "Ada", RecipientError::Length),
    ] {
        assert_eq!(Recipient::of(kind, name), Err(expected), "{kind} {}", name.len());
    }
}

#[test]
fn a_known_issuer_is_told_with_the_root_that_knows_it() {
    let did = party(1).did.to_string();
    let policy = trust(&format!(
        r#"{{"registry":{{"{did}":{{"name":"Example University","url":"https://u.example"}}}}}}"#
    ));
    let report = judge_by(&signed(), &policy);
    assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"));
    let by = report.trusted_by.as_ref().expect("why");
    assert_eq!(
        (by.kind, by.entry.as_str(), by.name.as_deref()),
        (Kind::Registry, did.as_str(), Some("Example University"))
    );
    let check = check_named(&report, CheckName::Trust).expect("checked");
    assert_eq!((check.outcome, check.code), (Outcome::Pass, "issuer_trusted"));
    let json = serde_json::to_value(&report).expect("serializes");
    assert_eq!(json["trusted_by"]["kind"], "registry");
}

#[test]
fn an_issuer_that_no_root_knows_is_said_to_be_unknown() {
    let policy = trust(&format!("[\"{}\"]", party(3).did));
    let report = judge_by(&signed(), &policy);
    assert_eq!((report.verdict, report.code), (Verdict::ValidIssuerUnknown, "issuer_not_trusted"));
    assert!(report.is_good() && report.trusted_by.is_none() && report.problems().is_empty());
    let check = check_named(&report, CheckName::Trust).expect("checked");
    assert_eq!(check.outcome, Outcome::Fail);
    // A worse verdict comes first.
    let revoked = judge_with(&signed(), &fresh(&[4711]), &policy);
    assert_eq!(revoked.verdict, Verdict::Revoked);
    // A badge that isn't genuine has no issuer to be known.
    let forged = tampered(&signed(), "Designs protocols.", "Breaks protocols.");
    let report = judge_by(&forged, &trust(&format!("[\"{}\"]", party(1).did)));
    assert_eq!((report.verdict, report.trusted_by), (Verdict::Forged, None));
}

#[test]
fn a_root_that_was_not_to_be_had_vouches_for_nobody() {
    let mut roots = Roots::default();
    roots.add_missing("https://r.example/registry.json", "it answered 503").expect("room");
    let policy = |roots: &Roots| Policy { trust: Some(Arc::new(roots.clone())), ..Policy::default() };
    let report = judge_by(&signed(), &policy(&roots));
    assert_eq!((report.verdict, report.code), (Verdict::ValidIssuerUnknown, "trust_root_missing"));
    let check = check_named(&report, CheckName::Trust).expect("checked");
    assert_eq!(check.outcome, Outcome::CouldNotCheck);
    assert_eq!(check.detail.as_deref(), Some("https://r.example/registry.json: it answered 503"));
    roots.add("mine", format!("[\"{}\"]", party(1).did).as_bytes()).expect("reads");
    assert_eq!(judge_by(&signed(), &policy(&roots)).verdict, Verdict::Valid);
}

/// An unsigned endorsement of `subject` by party 4; with a status entry, index 7 of [`MINISTRY_LIST`].
fn endorsement_of(subject: &str, status: bool) -> Object {
    let mut endorsement = object(&format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id":"urn:uuid:7a0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11","type":["VerifiableCredential","EndorsementCredential"],
        "name":"Accredited","issuer":"{}","validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{{"id":"{subject}","type":["EndorsementSubject"],"endorsementComment":"Accredited."}}}}"#,
        party(4).did
    ));
    if status {
        let entry = format!(
            r#"{{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"{MINISTRY_LIST}"}}"#
        );
        endorsement.insert("credentialStatus", value(&entry));
    }
    endorsement
}

const MINISTRY_LIST: &str = "https://ministry.example/status/1";

/// A badge of party 1 that holds an endorsement of `subject`, signed by party 4.
fn endorsed(subject: &str, status: bool) -> Object {
    let mut with = badge(party(1).did.as_str());
    with.insert("endorsement", vec![Value::from(party(4).sign(endorsement_of(subject, status)))]);
    party(1).sign(with)
}

/// The same with the endorsement as a token.
fn endorsed_by_token(subject: &str, status: bool) -> Object {
    let mut with = badge(party(1).did.as_str());
    with.insert("endorsementJwt", vec![Value::from(token(endorsement_of(subject, status)))]);
    party(1).sign(with)
}

fn token(endorsement: Object) -> String {
    let options = TokenOptions {
        verification_method: party(4).method,
        issued: at("2026-01-01T00:00:00Z"),
        expires: None,
        nonce: None,
        audience: None,
    };
    jose::sign_credential(endorsement, &party(4).key.into(), &options, &CONTEXTS).expect("signs")
}

#[test]
fn a_root_vouches_by_an_endorsement_of_the_issuer() {
    let root = trust(&format!(r#"{{"endorsers":[{{"id":"{}","name":"Ministry"}}]}}"#, party(4).did));
    let badge = endorsed(party(1).did.as_str(), false);
    let report = judge_by(&badge, &root);
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    let by = report.trusted_by.as_ref().expect("why");
    assert_eq!(
        (by.kind, by.entry.as_str(), by.name.as_deref()),
        (Kind::Endorsement, party(4).did.as_str(), Some("Ministry"))
    );
    assert_eq!(report.endorsements[0].endorsed, Some(Endorsed::Issuer));
    // Praise of something else than the issuer, or by somebody whom no root names, is none of its word.
    let of_achievement = judge_by(&endorsed("https://a.example/1", false), &root);
    assert_eq!(
        (of_achievement.verdict, of_achievement.endorsements[0].endorsed),
        (Verdict::ValidIssuerUnknown, Some(Endorsed::Achievement))
    );
    for other in [
        format!(r#"{{"endorsers":["{}"]}}"#, party(3).did),
        format!(r#"{{"issuers":["{}"]}}"#, party(4).did),
        format!(r#"{{"registry":{{"{}":{{"name":"Ministry"}}}}}}"#, party(4).did),
    ] {
        assert_eq!(judge_by(&badge, &trust(&other)).verdict, Verdict::ValidIssuerUnknown, "{other}");
    }
}

#[test]
fn an_endorsement_that_is_revoked_forged_or_unchecked_vouches_for_nobody() {
    let root = trust(&format!("[\"{}\"]", party(4).did));
    let url = MINISTRY_LIST;
    let badge = endorsed(party(1).did.as_str(), true);
    for (set, verdict) in [(vec![], Verdict::Valid), (vec![7], Verdict::ValidIssuerUnknown)] {
        let mut evidence = fresh(&[]);
        let list = party(4).list(url, StatusPurpose::Revocation, &set, "2026-07-01T11:00:00Z");
        evidence.lists.insert(url.to_owned(), Ok(vec![list]));
        assert_eq!(judge_with(&badge, &evidence, &root).verdict, verdict, "{set:?}");
    }
    let unchecked = judge_by(&badge, &root);
    assert_eq!(unchecked.verdict, Verdict::ValidIssuerUnknown, "its list was not to be had");
    assert_eq!(unchecked.endorsements[0].verdict, Verdict::CouldNotCheck);
    // The status of an endorsement isn't looked at where proofs alone are asked for.
    let proofs = Policy { checks: Checks::ProofOnly, ..root.clone() };
    assert_eq!(judge_by(&badge, &proofs).verdict, Verdict::ValidIssuerUnknown);

    // Signed by party 3, who says to be party 4.
    let mut with = self::badge(party(1).did.as_str());
    let endorsement = endorsed(party(1).did.as_str(), false);
    let endorsement =
        endorsement.get("endorsement").expect("one").one_or_many()[0].as_object().expect("an object").clone();
    let forged = party(3).sign(set(endorsement, "proof", ""));
    with.insert("endorsement", vec![Value::from(forged)]);
    let report = judge_by(&party(1).sign(with), &root);
    assert_eq!(
        (report.verdict, report.endorsements[0].verdict),
        (Verdict::ValidIssuerUnknown, Verdict::Forged)
    );
}

#[test]
fn endorsements_as_tokens_are_judged_like_the_others() {
    let issuer = party(1).did.to_string();
    let root = trust(&format!("[\"{}\"]", party(4).did));
    let with_list = |set: &[u64]| {
        let mut evidence = fresh(&[]);
        let list = party(4).list(MINISTRY_LIST, StatusPurpose::Revocation, set, "2026-07-01T11:00:00Z");
        evidence.lists.insert(MINISTRY_LIST.to_owned(), Ok(vec![list]));
        evidence
    };
    let good = endorsed_by_token(&issuer, true);
    let report = judge_with(&good, &with_list(&[]), &root);
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    let endorsement = &report.endorsements[0];
    assert_eq!((endorsement.verdict, endorsement.endorsed), (Verdict::Valid, Some(Endorsed::Issuer)));
    assert_eq!(endorsement.issuer.as_deref(), Some(party(4).did.as_str()));
    assert_eq!(report.trusted_by.map(|by| by.kind), Some(Kind::Endorsement));

    let revoked = judge_with(&good, &with_list(&[7]), &root);
    assert_eq!(
        (revoked.verdict, revoked.endorsements[0].verdict),
        (Verdict::ValidIssuerUnknown, Verdict::Revoked)
    );
    let needs = needs(&Credential::from_object(good).expect("a badge"));
    assert!(needs.lists.iter().any(|list| list.url == MINISTRY_LIST), "{needs:?}");

    let of_another = judge_with(&endorsed_by_token("https://b.example/other", false), &fresh(&[]), &root);
    assert_eq!(of_another.endorsements[0].code, "endorsement_of_another");
}

#[test]
fn endorsements_as_tokens_are_never_passed_over_in_silence() {
    let good = token(endorsement_of(party(1).did.as_str(), false));
    let (head, signature) = good.rsplit_once('.').expect("a signature");
    for (text, verdict) in [
        ("eyJhbGciOiJub25lIn0.e30.AA".to_owned(), Verdict::Malformed),
        (format!("{head}.{}", "A".repeat(signature.len())), Verdict::Forged),
        ("a.b.c".to_owned(), Verdict::Malformed),
    ] {
        let mut with = badge(party(1).did.as_str());
        with.insert("endorsementJwt", vec![Value::from(text.as_str())]);
        let root = trust(&format!("[\"{}\"]", party(4).did));
        let report = judge_with(&party(1).sign(with), &fresh(&[]), &root);
        assert_eq!(report.verdict, Verdict::ValidIssuerUnknown, "{text}");
        assert_eq!(
            (report.endorsements[0].verdict, &report.endorsements[0].issuer),
            (verdict, &None),
            "{text}"
        );
        assert_eq!(report.warnings[0].code, "endorsements_not_all_valid");
    }
}

/// A badge that names a schema, with the context that defines its type.
fn naming(schema: &str) -> Object {
    let mut badge = badge(party(1).did.as_str());
    let mut contexts = badge.get("@context").expect("contexts").one_or_many().to_vec();
    contexts.push("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json".into());
    badge.insert("@context", contexts);
    let schema = format!(r#"[{{"id":"{schema}","type":"1EdTechJsonSchemaValidator2019"}}]"#);
    badge.insert("credentialSchema", value(&schema));
    badge
}

const SCHEMA: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";

#[test]
fn a_badge_is_held_against_the_schema_that_it_names() {
    let report = judge(&party(1).sign(naming(SCHEMA)), &fresh(&[]));
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    let check = check_named(&report, CheckName::Schema).expect("checked");
    assert_eq!((check.outcome, check.code), (Outcome::Pass, "schema_ok"));
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);

    // Nothing but the schema forbids an empty `@context` entry of a kind that no rule looks at: an evidence's name.
    let endorsement = SCHEMA.replace("achievement", "endorsement");
    let report = judge(&party(1).sign(naming(&endorsement)), &fresh(&[]));
    assert_eq!((report.verdict, report.code), (Verdict::Malformed, "schema_broken"), "{report:?}");
    let check = check_named(&report, CheckName::Schema).expect("checked");
    assert!(check.pointer.is_some() && check.detail.is_some(), "{check:?}");
}

#[test]
fn a_schema_that_is_not_known_is_said_so_and_leaves_the_verdict_alone() {
    let other = "https://schemas.example/badge.json";
    let report = judge(&party(1).sign(naming(other)), &fresh(&[]));
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    let check = check_named(&report, CheckName::Schema).expect("told");
    assert_eq!(
        (check.outcome, check.code, check.detail.as_deref()),
        (Outcome::CouldNotCheck, "schema_not_known", Some(other))
    );
    assert_eq!(report.warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["schema_not_known"]);
    assert!(report.problems().is_empty());
    assert_eq!(judge(&party(1).sign(naming(other)), &fresh(&[4711])).verdict, Verdict::Revoked);
}
