//! Refusals tell the place, as a JSON Pointer, also for what is found wrong after the structure.

use super::*;

/// The code and the place of the check that decided, for a badge of party 1 that was signed and then changed.
fn told(from: &str, to: &str) -> (&'static str, Option<String>) {
    told_of(&tampered(&signed(), from, to))
}

fn told_of(badge: &Object) -> (&'static str, Option<String>) {
    let report = judge(badge, &fresh(&[]));
    let check = report.checks.iter().find(|check| check.code == report.code).expect("the check that decided");
    (report.code, check.pointer.clone())
}

#[test]
fn words_that_nothing_defines() {
    for (from, to, code, place) in [
        (
            "\"name\":\"Cryptography\",\"issuer\"",
            "\"colour\":\"red\",\"issuer\"",
            "undefined_term",
            Some("/colour"),
        ),
        (
            "\"narrative\"",
            "\"a/b~c\"",
            "undefined_term",
            Some("/credentialSubject/achievement/criteria/a~1b~0c"),
        ),
        ("\"OpenBadgeCredential\"", "\"OpenBadgeCredential\",\"Medal\"", "undefined_type", Some("/type/2")),
        (
            "\"proofPurpose\"",
            "\"colour\":\"red\",\"proofPurpose\"",
            "undefined_term",
            Some("/proof/0/colour"),
        ),
        (
            "\"type\":[\"AchievementSubject\"],",
            "\"type\":[\"AchievementSubject\"],\"@included\":[],",
            "keyword_not_allowed",
            Some("/credentialSubject/@included"),
        ),
        (
            "context-3.0.3.json\"]",
            "context-3.0.3.json\",\"https://a.example/words\"]",
            "unknown_context",
            Some("/@context/2"),
        ),
        (
            "context-3.0.3.json\"]",
            "context-3.0.3.json\",{\"colour\":null}]",
            "unsafe_context",
            Some("/@context"),
        ),
        (
            "context-3.0.3.json\"]",
            "context-3.0.3.json\",{\"name\":\"https://a.example/name\"}]",
            "protected term redefinition",
            Some("/@context"),
        ),
    ] {
        assert_eq!(told(from, to), (code, place.map(str::to_owned)), "{to}");
    }
}

#[test]
fn a_word_in_several_places_is_not_guessed_at() {
    let twice = tampered(&signed(), "\"narrative\"", "\"colour\"");
    let twice = tampered(&twice, "\"AchievementSubject\"],", "\"AchievementSubject\"],\"colour\":\"red\",");
    assert_eq!(told_of(&twice), ("undefined_term", None));
}

#[test]
fn proofs_that_are_wrong() {
    assert_eq!(
        told("Designs protocols.", "Breaks them."),
        ("proof_signature_wrong", Some("/proof/0".into()))
    );
    assert_eq!(told_of(&set(signed(), "proof", "")), ("proof_missing", Some("/proof".into())));
    let one = signed().get("proof").expect("proofs").one_or_many()[0].clone();
    let mut single = signed();
    single.insert("proof", one.clone());
    let single = tampered(&single, "Designs protocols.", "Breaks them.");
    assert_eq!(told_of(&single), ("proof_signature_wrong", Some("/proof".into())));
    // The second of two, by somebody else, is the wrong one.
    let other = party(3).sign(badge(party(1).did.as_str()));
    let wrong = other.get("proof").expect("proofs").one_or_many()[0].to_string();
    let value = one.get("proofValue").and_then(Value::as_str).expect("a value");
    let wrong =
        wrong.replace(object(&wrong).get("proofValue").and_then(Value::as_str).expect("a value"), value);
    let mut both = signed();
    both.insert("proof", vec![one, self::value(&wrong)]);
    assert_eq!(told_of(&both), ("extra_proof_failed", Some("/proof/1".into())));
}

#[test]
fn a_signature_by_another_than_the_issuer() {
    let by_another = party(3).sign(badge(party(1).did.as_str()));
    assert_eq!(told_of(&by_another), ("controller_not_issuer", Some("/issuer".into())));
}
