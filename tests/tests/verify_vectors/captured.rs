//! Requests to verify as a conformance client sent them, through the whole of a verification.

use super::{at, vectors};
use accolade_core::jsonld::Contexts;
use accolade_core::verify::{Evidence, Policy, check_value};

/// When they were captured.
const CAPTURED: &str = "2026-11-22T00:00:00Z";

/// One context has another `@context` inside, which JSON-LD 1.1, section 9.15, doesn't allow, and defines words of pinned
/// contexts, which is refused. Such a badge can be verified where an operator pins what is inside.
fn pin_inline(mut credential: serde_json::Value, contexts: &Contexts) -> (serde_json::Value, Contexts) {
    const URL: &str = "https://pinned.example/context";
    let mut pinned = contexts.clone();
    let list = credential.get_mut("@context").and_then(|contexts| contexts.as_array_mut());
    for context in list.into_iter().flatten().filter(|context| context.get("@context").is_some()) {
        pinned = contexts.with(URL, context.to_string().as_bytes()).expect("compiles");
        *context = URL.into();
    }
    (credential, pinned)
}

#[test]
fn captured_requests_are_answered_and_the_chain_that_their_reference_refuses_is_valid() {
    let Some(folder) = vectors("captured requests") else { return };
    let requests =
        std::fs::read_to_string(folder.join("captured/captured-eddsa-verify.jsonl")).expect("reads");
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for line in requests.lines() {
        let request: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let (credential, contexts) =
            pin_inline(request["body"]["verifiableCredential"].clone(), &Contexts::pinned());
        let mut nothing = |_: &_| Evidence::default();
        let report =
            check_value(credential.into(), &mut nothing, &Policy::default(), at(CAPTURED), &contexts);
        let number = request["n"].as_i64().expect("a number");
        if report.is_good() != (request["expect"] == "accept") {
            wrong.push(format!(
                "{number}: {} {} {:?}",
                report.verdict.as_str(),
                report.code,
                report.problems()
            ));
        }
        if report.is_good() {
            good.push(number);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((good.as_slice(), requests.lines().count()), (&[17, 18][..], 16));
}
