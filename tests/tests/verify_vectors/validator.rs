//! The samples of the 1EdTech public validator, Open Badges 3.0, with the outcomes that its own tests ask for. What that
//! validator takes out of the verification method's fragment, a document has to say here: the test supplies it.

use super::supplied::{evidence, text_of};
use super::{NOW, at, vectors};
use accolade_core::jsonld::Contexts;
use accolade_core::verify::{CheckName, Outcome, Policy, Report, Verdict, check_bytes};

/// What isn't answered as their tests ask for, and why.
const EXCEPTIONS: &[(&str, Verdict, &str)] = &[(
    "ob30/simple-eddsa-2022.json",
    Verdict::Unsupported,
    "the suite `eddsa-2022` of a draft: Data Integrity EdDSA 1.0, section 3.2, has eddsa-rdfc-2022 in its place, and nothing \
     tells whether the draft's steps were the same",
)];
/// Where a particular answer shows that it is the wrong thing that was found wrong.
const FOUND: &[(&str, Verdict, &str)] = &[
    ("ob30/simple-err-type.json", Verdict::Malformed, "undefined_type"),
    ("ob30/simple-err-proof-value.json", Verdict::Forged, "proof_signature_wrong"),
    ("ob30/simple-err-expired.json", Verdict::Expired, "expired"),
    ("ob30/simple-err-context.json", Verdict::Malformed, "base_context_not_first"),
    ("ob30/simple-err-issuer.json", Verdict::Malformed, "issuer_missing"),
    ("ob30/simple-err-credential-subject-result-type.json", Verdict::Malformed, "type_wrong"),
    ("ob30/simple-err-credential-subject-profile-type.json", Verdict::Malformed, "type_wrong"),
    ("ob30/simple-err-issuer-parentorg-type.json", Verdict::Malformed, "type_wrong"),
    ("ob30/simple-err-issuer-otheridentifier-type.json", Verdict::Malformed, "type_wrong"),
];

fn judge(bytes: &[u8], folder: &std::path::Path, contexts: &Contexts) -> Report {
    let text = text_of(bytes);
    let lists = folder.join("ob30/bit-string-list");
    let mut gather = |needs: &_| evidence(&text, needs, &lists, NOW, contexts);
    check_bytes(bytes, &mut gather, &Policy::default(), at(NOW), contexts)
}

#[test]
fn samples_of_the_1edtech_validator_have_the_outcomes_of_its_tests() {
    let Some(folder) = vectors("1EdTech validator samples") else { return };
    let folder = folder.join("1edtech-validator");
    let contexts = Contexts::pinned();
    let expected = std::fs::read(folder.join("EXPECTED.json")).expect("the expectations");
    let expected: serde_json::Value = serde_json::from_slice(&expected).expect("JSON");
    let (mut good, mut bad, mut wrong) = (0, 0, Vec::new());
    for (name, entry) in expected.as_object().expect("samples").iter() {
        if !name.starts_with("ob30/") {
            continue;
        }
        let bytes = std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let report = judge(&bytes, &folder, &contexts);
        let fits =
            match (EXCEPTIONS.iter().find(|(exception, ..)| exception == name), entry["expected"].as_str()) {
                (Some((_, verdict, _)), _) => report.verdict == *verdict,
                (None, Some("valid" | "valid-with-warning")) => report.verdict == Verdict::Valid,
                (None, Some("invalid")) => !report.is_good(),
                (None, Some("unclear")) => true,
                (None, other) => panic!("{name}: {other:?}"),
            };
        let found = FOUND.iter().find(|(found, ..)| found == name);
        let found_fits =
            found.is_none_or(|(_, verdict, code)| (report.verdict, report.code) == (*verdict, *code));
        if !fits || !found_fits {
            wrong.push(format!(
                "{name}: {} {} {:?}",
                report.verdict.as_str(),
                report.code,
                report.problems()
            ));
        }
        if report.is_good() { good += 1 } else { bad += 1 }
    }
    println!("1EdTech validator: {good} valid, {bad} not");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(good >= 8 && bad >= 15, "{good} and {bad}: are the vectors all there?");
}

#[test]
fn the_complete_sample_is_held_against_the_schema_that_it_names() {
    let Some(folder) = vectors("1EdTech validator samples with schema") else { return };
    let folder = folder.join("1edtech-validator");
    let contexts = Contexts::pinned();
    let bytes = std::fs::read(folder.join("ob30/complete.json")).expect("the sample");
    let report = judge(&bytes, &folder, &contexts);
    // Their validator refuses it for the schema of an endorsement in it, whose address leads nowhere. It keeps its own, and
    // isn't good all the same: nobody has its list.
    let schema = report.checks.iter().find(|check| check.name == CheckName::Schema).expect("it names one");
    assert_eq!((schema.outcome, schema.code), (Outcome::Pass, "schema_ok"));
    assert!(!report.is_good(), "{report:?}");
}
