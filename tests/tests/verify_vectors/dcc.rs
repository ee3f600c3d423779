//! The samples of the Digital Credentials Consortium's verifier, with its list and a document for its did:web.

use super::supplied::{evidence, text_of};
use super::{NOW, at, vectors};
use accolade_core::jsonld::Contexts;
use accolade_core::keys::PublicKey;
use accolade_core::proof;
use accolade_core::trust::{Kind, Roots};
use accolade_core::verify::{Policy, Verdict, check_bytes};
use std::sync::Arc;

/// Each sample with the answer, and why it isn't the one that its name has. Open Badges 3.0, section B.1.3, asks a subject for
/// an id or an identifier; theirs have neither. None of those is valid, so none that is revoked passes either.
const SAMPLES: &[(&str, Verdict, &str)] = &[
    ("eddsaAndEd25519_v2_v2DoubleSigWithValidStatus", Verdict::Malformed, "recipient_missing"),
    ("eddsa_v2_v2EddsaWithValidStatus", Verdict::Malformed, "recipient_missing"),
    // Its entry of a StatusList2021 has no index (Status List 2021, section 4.1), and one of its claims no context.
    ("eddsa_v2_safeModeBreaker", Verdict::Malformed, "status_entry_invalid"),
    // Its issuer's image is a URL, which Open Badges 3.0, section B.1.14, wants as an Image.
    ("v1_v1Expired", Verdict::Malformed, "member_invalid"),
    ("v1_v1ExpiredWithValidStatus", Verdict::Malformed, "recipient_missing"),
    ("v1_v1OBv3SpecExample", Verdict::Valid, "valid"),
    ("v1_v1Revoked", Verdict::Malformed, "recipient_missing"),
    ("v1_v1SimpleIssuerId", Verdict::Malformed, "recipient_missing"),
    ("v1_v1WithValidStatus", Verdict::Malformed, "recipient_missing"),
    ("v2_didWeb_v2didWebWithValidStatus", Verdict::Malformed, "recipient_missing"),
    ("v2_v2Expired", Verdict::Expired, "expired"),
    ("v2_v2NoStatus", Verdict::Valid, "valid"),
    ("v2_v2OBv3SpecExample", Verdict::Valid, "valid"),
    ("v2_v2Revoked", Verdict::Malformed, "recipient_missing"),
    ("v2_v2WithValidStatus", Verdict::Malformed, "recipient_missing"),
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
            wrong.push(format!(
                "{name}: {} {} {:?}",
                report.verdict.as_str(),
                report.code,
                report.problems()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // All of them, and the list.
    let files = std::fs::read_dir(&folder).expect("the folder").count();
    assert_eq!(files, SAMPLES.len() + 1);
}

#[test]
fn every_proof_on_their_samples_is_right_whatever_else_is_wrong_with_them() {
    let Some(folder) = vectors("proofs of the Digital Credentials Consortium") else { return };
    let folder = folder.join("dcc-verifier-core");
    let contexts = Contexts::pinned();
    let mut proved = 0;
    for (name, ..) in SAMPLES.iter().filter(|(name, ..)| *name != "eddsa_v2_safeModeBreaker") {
        let document = super::read(&folder.join(format!("{name}.json")));
        let proofs = proof::parse_proofs(&document).expect(name);
        // Of their did:web, whose document the test supplies, the key stands in the fragment.
        let key_of = |method: &str| {
            let (_, key) = method.split_once('#')?;
            PublicKey::from_multikey(key).ok()
        };
        for result in proof::verify_proofs(&document, &proofs, &key_of, &contexts) {
            assert_eq!(result, Ok(()), "{name}");
            proved += 1;
        }
    }
    assert_eq!(proved, SAMPLES.len(), "one each, and two on the one with two");
}

#[test]
fn their_issuer_is_known_by_a_registry_of_their_form() {
    let Some(folder) = vectors("samples of the Digital Credentials Consortium in a registry") else { return };
    let contexts = Contexts::pinned();
    let bytes =
        std::fs::read(folder.join("dcc-verifier-core/v2_v2OBv3SpecExample.json")).expect("the sample");
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
