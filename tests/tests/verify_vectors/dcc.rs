//! The samples of the Digital Credentials Consortium's verifier, with its list and a document for its did:web.

use super::supplied::{evidence, text_of};
use super::{NOW, at, vectors};
use accolade_core::jsonld::Contexts;
use accolade_core::trust::{Kind, Roots};
use accolade_core::verify::{Policy, Verdict, check_bytes};
use std::sync::Arc;

/// Each sample with the answer. Its list has 100,000 entries: Bitstring Status List 1.0, section 6.1, asks for 131,072 at
/// least, so it is refused, and no badge with an entry in it is good. Nor is one that says nothing else wrong.
const SAMPLES: &[(&str, Verdict, &str)] = &[
    ("eddsaAndEd25519_v2_v2DoubleSigWithValidStatus", Verdict::CouldNotCheck, "status_list_refused"),
    ("eddsa_v2_v2EddsaWithValidStatus", Verdict::CouldNotCheck, "status_list_refused"),
    // A claim that no context defines.
    ("eddsa_v2_safeModeBreaker", Verdict::Malformed, "undefined_term"),
    ("v1_v1Expired", Verdict::Expired, "expired"),
    ("v1_v1ExpiredWithValidStatus", Verdict::Expired, "expired"),
    ("v1_v1OBv3SpecExample", Verdict::Valid, "valid"),
    ("v1_v1Revoked", Verdict::CouldNotCheck, "status_list_refused"),
    ("v1_v1SimpleIssuerId", Verdict::Valid, "valid"),
    ("v1_v1WithValidStatus", Verdict::CouldNotCheck, "status_list_refused"),
    ("v2_didWeb_v2didWebWithValidStatus", Verdict::CouldNotCheck, "status_list_refused"),
    ("v2_v2Expired", Verdict::Expired, "expired"),
    ("v2_v2NoStatus", Verdict::Valid, "valid"),
    ("v2_v2OBv3SpecExample", Verdict::Valid, "valid"),
    ("v2_v2Revoked", Verdict::CouldNotCheck, "status_list_refused"),
    ("v2_v2WithValidStatus", Verdict::CouldNotCheck, "status_list_refused"),
];
/// The issuer of most of them.
const ISSUER: &str = "did:key:z6MknNQD1WHLGGraFi6zcbGevuAgkVfdyCdtZnQTGWVVvR5Q";

#[test]
fn samples_of_the_digital_credentials_consortium_are_answered() {
    let Some(folder) = vectors("samples of the Digital Credentials Consortium") else { return };
    let folder = folder.join("dcc-verifier-core");
    let contexts = Contexts::pinned();
    let mut wrong = Vec::new();
    for (name, verdict, code) in SAMPLES {
        let bytes = std::fs::read(folder.join(format!("{name}.json"))).expect(name);
        let text = text_of(&bytes);
        let mut gather = |needs: &_| evidence(&text, needs, &folder, NOW, &contexts);
        let report = check_bytes(&bytes, &mut gather, &Policy::default(), at(NOW), &contexts);
        if (report.verdict, report.code) != (*verdict, *code) {
            wrong.push(format!("{name}: {} {} {:?}", report.verdict.as_str(), report.code, report.problems()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let files = std::fs::read_dir(&folder).expect("the folder").count();
    assert_eq!(files, SAMPLES.len() + 1, "all of them and the list");
}

#[test]
fn their_issuer_is_known_by_a_registry_of_their_form() {
    let Some(folder) = vectors("samples of the Digital Credentials Consortium in a registry") else { return };
    let contexts = Contexts::pinned();
    let bytes = std::fs::read(folder.join("dcc-verifier-core/v2_v2OBv3SpecExample.json")).expect("the sample");
    let judge = |registered: &str| {
        let registry = format!(
            r#"{{"meta": {{"created": "2026-01-01T00:00:00+00:00"}}, "registry": {{"{registered}": {{"name": "Example"}}}}}}"#
        );
        let roots = Roots::parse(registry.as_bytes()).expect("a registry");
        let policy = Policy { trust: Some(Arc::new(roots)), ..Policy::default() };
        check_bytes(&bytes, &mut |_| Default::default(), &policy, at(NOW), &contexts)
    };
    let known = judge(ISSUER);
    assert_eq!(known.verdict, Verdict::Valid);
    let by = known.trusted_by.expect("why");
    assert_eq!((by.kind, by.name.as_deref()), (Kind::Registry, Some("Example")));
    assert_eq!(judge("did:web:example.org").verdict, Verdict::ValidIssuerUnknown);
}
