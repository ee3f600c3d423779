//! Documents made to be read otherwise than they were signed, or to be more work than they look.

use super::*;

const ID: &str = "urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11";
const V2: &str = "https://www.w3.org/ns/credentials/v2";
const OB: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

/// An endorsement of `subject`, a part of the badge that it stands in.
fn endorsement(subject: &str) -> Object {
    object(&format!(
        r#"{{"@context":["{V2}","{OB}"],"id":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000009",
        "type":["VerifiableCredential","EndorsementCredential"],"name":"Endorsed",
        "issuer":{{"id":"{}","type":["Profile"]}},"validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{subject}}}"#,
        party(4).did
    ))
}

#[test]
fn what_is_said_of_the_badge_cannot_be_moved_into_its_endorsement() {
    let subject = format!(r#"{{"id":"{ID}","type":["EndorsementSubject"],"endorsementComment":"Good."}}"#);
    let mut with = badge(party(1).did.as_str());
    with.insert("endorsement", vec![Value::from(endorsement(&subject))]);
    let signed = party(1).sign(with);
    assert_eq!(answer(&signed, &fresh(&[])), (Verdict::Valid, "valid"));
    assert_eq!(answer(&signed, &fresh(&[4711])), (Verdict::Revoked, "revoked"));

    // The same statements, but the status now stands where nobody looks for it.
    for hidden in ["credentialStatus", "validUntil", "validFrom", "credentialSubject", "issuer"] {
        let mut moved = signed.clone();
        let value = if matches!(hidden, "credentialStatus" | "validUntil") {
            moved.remove(hidden).expect(hidden)
        } else {
            moved.get(hidden).expect(hidden).clone()
        };
        let mut subject = object(&format!(
            r#"{{"id":"{ID}","type":["EndorsementSubject","VerifiableCredential","OpenBadgeCredential"],
            "endorsementComment":"Good."}}"#
        ));
        subject.insert(hidden, value);
        let endorsement = endorsement(&Value::from(subject).to_string());
        moved.insert("endorsement", vec![Value::from(endorsement)]);
        assert_eq!(answer(&moved, &fresh(&[4711])), (Verdict::Malformed, "described_twice"), "{hidden}");
    }
}

#[test]
fn an_id_is_signed_as_it_stands() {
    let recipient = "https://a.example/people:alice";
    let badge = tampered(&badge(party(1).did.as_str()), party(2).did.as_str(), recipient);
    let signed = party(1).sign(badge);
    assert_eq!(answer(&signed, &fresh(&[])), (Verdict::Valid, "valid"));
    // A prefix of the document's own would let another id be shown.
    let renamed = tampered(&signed, recipient, "did:alice");
    let prefix = r#"{"did":{"@id":"https://a.example/people:","@prefix":true}}"#;
    let subject = renamed.get("credentialSubject").expect("subject").as_object().expect("object").clone();
    let renamed =
        set(renamed, "credentialSubject", &Value::from(set(subject, "@context", prefix)).to_string());
    assert_eq!(answer(&renamed, &fresh(&[])).0, Verdict::Malformed);
}

#[test]
fn an_id_cannot_be_hidden_behind_its_keyword() {
    let did = party(2).did.as_str().to_owned();
    let identifier = r#""identifier":[{"type":"IdentityObject","hashed":false,"identityHash":"a@b.example","identityType":"emailAddress"}],"#;
    let badge =
        tampered(&badge(party(1).did.as_str()), "\"achievement\":", &format!("{identifier}\"achievement\":"));
    let signed = party(1).sign(badge);
    assert_eq!(judge(&signed, &fresh(&[])).badge.expect("valid").recipient_id, Some(did.clone()));
    let hidden = tampered(&signed, &format!("\"id\":\"{did}\""), &format!("\"@id\":\"{did}\""));
    assert_eq!(answer(&hidden, &fresh(&[])).0, Verdict::Malformed);
}

#[test]
fn status_entries_of_one_id_cannot_be_mixed() {
    let entry = |list: &str, index: &str| {
        format!(
            r#"{{"id":"urn:a:entry","type":"BitstringStatusListEntry","statusPurpose":"revocation",
            "statusListIndex":"{index}","statusListCredential":"{list}"}}"#
        )
    };
    let other = "https://node.example/status/8";
    let lists = |index| {
        let list = |url, set| Ok(party(1).list(url, StatusPurpose::Revocation, set, "2026-07-01T11:00:00Z"));
        evidence(&[(LIST, list(LIST, index)), (other, list(other, &[]))])
    };
    let with = |one: String, two: String| {
        set(badge(party(1).did.as_str()), "credentialStatus", &format!("[{one},{two}]"))
    };
    let signed = party(1).sign(with(entry(LIST, "5"), entry(other, "6")));
    // The same statements, and neither place is set: index 5 of the first list was.
    let mixed = with(entry(LIST, "6"), entry(other, "5"));
    let mixed = set(mixed, "proof", &signed.get("proof").expect("proof").to_string());
    for badge in [&signed, &mixed] {
        assert_eq!(answer(badge, &lists(&[5])), (Verdict::Malformed, "status_entry_ambiguous"));
    }
    let same = party(1).sign(with(entry(LIST, "5"), entry(other, "5")));
    assert_eq!(answer(&same, &lists(&[5])), (Verdict::Revoked, "revoked"));
    // Nor which purpose goes with which list.
    let suspension = entry(other, "5").replace("revocation", "suspension");
    let purposes = party(1).sign(with(entry(LIST, "5"), suspension));
    assert_eq!(answer(&purposes, &lists(&[])), (Verdict::Malformed, "status_entry_ambiguous"));
    let many = vec![entry(LIST, "5"); 17].join(",");
    let many = set(badge(party(1).did.as_str()), "credentialStatus", &format!("[{many}]"));
    assert_eq!(answer(&many, &lists(&[])), (Verdict::Malformed, "status_entries_too_many"));
}

/// Signed by a stranger as himself: hostile documents have right signatures.
fn hostile(context: &str, members: &str) -> String {
    let Party { did, method, .. } = party(9);
    format!(
        r#"{{"@context":["{V2}"{context}],"type":["VerifiableCredential"],"issuer":"{did}",
        "credentialSubject":{{"id":"urn:a:b"}}{members},"proof":{{"type":"DataIntegrityProof",
        "cryptosuite":"eddsa-rdfc-2022","verificationMethod":"{method}","proofPurpose":"assertionMethod",
        "created":"2026-07-01T00:00:00Z","proofValue":"z{}"}}}}"#,
        "1".repeat(64)
    )
}

fn judged(text: &str) -> (Verdict, &'static str) {
    assert!(text.len() <= json::MAX_BYTES, "{}", text.len());
    let report = check_bytes(text.as_bytes(), &mut |_| fresh(&[]), &Policy::default(), at(NOW), &CONTEXTS);
    (report.verdict, report.code)
}

#[test]
fn a_long_datatype_is_not_written_once_for_each_value() {
    let context = format!(r#",{{"x":{{"@id":"urn:x:y","@type":"urn:{}"}}}}"#, "a".repeat(400_000));
    let values = vec!["\"\""; 10_000].join(",");
    assert_eq!(judged(&hostile(&context, &format!(r#","x":[{values}]"#))).1, "too_much_work");
}

#[test]
fn a_long_id_is_not_written_once_for_each_statement() {
    let values: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
    let members = format!(r#","id":"urn:{}","x":[{}]"#, "a".repeat(400_000), values.join(","));
    assert_eq!(judged(&hostile(r#",{"x":{"@id":"urn:x:y"}}"#, &members)).1, "too_much_work");
}

#[test]
fn a_proof_of_many_members_is_refused_at_once() {
    let many: String = (0..4_000).map(|n| format!("\"x{n}\":1,")).collect();
    let text = hostile("", "").replace("\"proof\":{", &format!("\"proof\":{{{many}"));
    assert_eq!(judged(&text), (Verdict::Malformed, "proof_malformed"));
}

#[test]
fn contexts_by_the_thousand_are_refused_at_once() {
    let many = |count: usize| vec![format!("\"{V2}\""); count].join(",");
    for text in [
        hostile(&format!(",{}", many(20_000)), ""),
        hostile(&format!(r#",{{"x":{{"@id":"urn:x:y","@context":[{}]}}}}"#, many(20_000)), ""),
        hostile("", &format!(r#","evidence":{{"type":"Evidence","@context":[[{}]]}}"#, many(20_000))),
    ] {
        assert_eq!(judged(&text), (Verdict::Malformed, "too_much_work"));
    }
}

#[test]
fn nodes_that_look_alike_and_have_many_neighbours_stop_early() {
    let hubs = |count: usize, children: usize| {
        let nodes: Vec<String> = (0..count)
            .map(|hub| {
                let children: Vec<String> =
                    (0..children).map(|child| format!(r#"{{"id":"_:c{child}"}}"#)).collect();
                format!(r#"{{"id":"_:h{hub}","x":[{}]}}"#, children.join(","))
            })
            .collect();
        format!(r#","x":[{}]"#, nodes.join(","))
    };
    for (count, children) in [(8, 6_000), (2, 25_000), (40, 1_000), (200, 200)] {
        let text = hostile(r#",{"x":{"@id":"urn:x:y"}}"#, &hubs(count, children));
        assert_eq!(judged(&text), (Verdict::Malformed, "too_much_work"), "{count} {children}");
    }
}

#[test]
fn many_related_resources_are_compared_quickly() {
    let digest = format!("u{}", "A".repeat(43));
    let many: Vec<String> =
        (0..10_000).map(|n| format!(r#"{{"id":"a:{n}","digestMultibase":"{digest}"}}"#)).collect();
    let text = hostile("", &format!(r#","relatedResource":[{}]"#, many.join(",")));
    assert_eq!(judged(&text).0, Verdict::Forged);
}

#[test]
fn a_recipient_is_proved_only_of_badges_that_are_proved() {
    let party = party(2);
    let fake = tampered(&signed(), "Cryptography", "Rocketry");
    let object = party.sign_with(presentation(Some(&party), &[fake]), &answering(&party));
    let report = present(&object, Some(CHALLENGE), Some(DOMAIN));
    assert_eq!(report.verdict, Verdict::Forged);
    assert!(!report.recipient_proved, "{report:?}");
    assert_ne!(recipient_code(&report), "recipient_proved");
}

#[test]
fn hard_graphs_in_every_proof_are_hard_only_once() {
    let clique = |label: &str| {
        let nodes: Vec<String> = (0..9)
            .map(|node| {
                let others: Vec<String> = (0..9)
                    .filter(|other| *other != node)
                    .map(|other| format!(r#"{{"id":"_:{label}{other}"}}"#))
                    .collect();
                format!(r#"{{"id":"_:{label}{node}","x":[{}]}}"#, others.join(","))
            })
            .collect();
        format!(r#""x":[{}],"#, nodes.join(","))
    };
    let text = hostile(r#",{"x":{"@id":"urn:x:y"}}"#, "");
    let (head, proof) = text.split_once("\"proof\":").expect("a proof");
    let proof = proof.strip_suffix('}').expect("an object");
    let proofs: Vec<String> =
        (0..8).map(|at| proof.replacen('{', &format!("{{{}", clique(&format!("p{at}"))), 1)).collect();
    let text = format!("{head}\"proof\":[{}]}}", proofs.join(","));
    assert_eq!(judged(&text).1, "too_much_work");
}

#[test]
fn a_long_ring_of_nodes_that_look_alike_does_not_use_up_the_stack() {
    for length in [100, 1_000, 9_000] {
        let nodes: Vec<String> = (0..length)
            .map(|node| format!(r#"{{"id":"_:n{node}","x":{{"id":"_:n{}"}}}}"#, (node + 1) % length))
            .collect();
        let text = hostile(r#",{"x":{"@id":"urn:x:y"}}"#, &format!(r#","y:z":[{}]"#, nodes.join(",")));
        assert_eq!(judged(&text).1, "too_much_work", "{length}");
    }
}

#[test]
fn a_suite_that_we_do_not_have_may_have_a_context_of_its_own() {
    let signed = signed();
    let ours = signed.get("proof").expect("proof").one_or_many()[0].as_object().expect("object").clone();
    let other = set(set(ours.clone(), "cryptosuite", "\"bbs-2023\""), "@context", &format!("[\"{V2}\"]"));
    let alone = set(signed.clone(), "proof", &Value::from(other.clone()).to_string());
    assert_eq!(answer(&alone, &fresh(&[])), (Verdict::Unsupported, "proof_suite_unsupported"));
    let both = Value::from(vec![ours.clone().into(), other.into()]).to_string();
    assert_eq!(answer(&set(signed.clone(), "proof", &both), &fresh(&[])), (Verdict::Valid, "valid"));
    let own = Value::from(set(ours, "@context", &format!("[\"{V2}\"]"))).to_string();
    assert_eq!(answer(&set(signed, "proof", &own), &fresh(&[])).0, Verdict::Malformed);
}

#[test]
fn an_endorsement_of_something_else_counts_for_nothing() {
    for (subject, code) in [
        (ID, "valid"),
        (party(1).did.as_str(), "valid"),
        ("https://a.example/1", "valid"),
        ("https://b.example/another", "endorsement_of_another"),
        (party(2).did.as_str(), "valid"),
        (party(3).did.as_str(), "endorsement_of_another"),
    ] {
        let subject = format!(r#"{{"id":"{subject}","type":["EndorsementSubject"]}}"#);
        let mut with = badge(party(1).did.as_str());
        with.insert("endorsement", vec![Value::from(party(4).sign(endorsement(&subject)))]);
        let report = judge(&party(1).sign(with), &fresh(&[]));
        assert_eq!((report.verdict, report.endorsements[0].code), (Verdict::Valid, code), "{subject}");
        assert_eq!(report.endorsements[0].issuer.is_some(), code == "valid", "{subject}");
    }
}
