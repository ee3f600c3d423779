//! Ed25519Signature2020: verified, never made, so these tests make it by hand.

use super::*;
use crate::jsonld::canonicalize;

const CONTEXT: &str = "https://w3id.org/security/suites/ed25519-2020/v1";

/// [`document`] under the suite's context as well.
fn elder_document() -> Object {
    let mut document = document();
    document.insert("@context", vec!["https://www.w3.org/ns/credentials/v2".into(), CONTEXT.into()]);
    document
}

fn unsigned_proof() -> Object {
    Object::from([
        ("type", "Ed25519Signature2020".into()),
        ("created", "2026-06-30T10:00:00Z".into()),
        ("verificationMethod", method(&key(1)).into()),
        ("proofPurpose", "assertionMethod".into()),
    ])
}

/// The document with the proof, signed by key 1 as section A.1 of vc-di-eddsa says.
fn elder_signed(mut document: Object, mut proof: Object) -> Object {
    let mut options = proof.clone();
    options.insert("@context", document.get("@context").expect("contexts").clone());
    let hash = |object: &Object| canonicalize(object, &[], &Contexts::pinned()).expect("canonical").sha256();
    let message = [hash(&options), hash(&document)].concat();
    proof.insert("proofValue", signature_text(&key(1).sign(&message)));
    document.insert("proof", proof);
    document
}

fn good() -> Object {
    elder_signed(elder_document(), unsigned_proof())
}

fn proof_of(document: &Object) -> Object {
    document.get("proof").and_then(Value::as_object).expect("a proof").clone()
}

/// The good document with one member of its proof replaced, or removed.
fn with_member(name: &str, value: Option<Value>) -> Object {
    let (mut document, mut proof) = (good(), proof_of(&good()));
    match value {
        Some(value) => proof.insert(name, value),
        None => drop(proof.remove(name)),
    }
    document.insert("proof", proof);
    document
}

#[test]
fn an_ed25519_signature_2020_verifies() {
    let signed = good();
    let proofs = parse_proofs(&signed).expect("parses");
    assert_eq!(
        (proofs[0].suite(), proofs[0].suite_name()),
        (Some(Suite::Ed25519Signature2020), "Ed25519Signature2020")
    );
    assert_eq!(verify(&signed), [Ok(())]);
    let mut list = signed.clone();
    list.insert("proof", vec![proof_of(&signed).into()]);
    assert_eq!(verify(&list), [Ok(())]);
    let mut expiring = unsigned_proof();
    expiring.insert("expires", "2036-01-01T00:00:00Z");
    expiring.insert("challenge", "abc");
    expiring.insert("domain", "a.example");
    assert_eq!(verify(&elder_signed(elder_document(), expiring)), [Ok(())]);
}

#[test]
fn whatever_is_changed_in_it_breaks_it() {
    let mut changed = good();
    changed.insert("name", "Another badge");
    assert_eq!(verify(&changed), [Err(ProofError::BadSignature)]);
    for (name, value) in [
        ("created", "2026-06-30T10:00:01Z"),
        ("proofPurpose", "authentication"),
        ("verificationMethod", &method(&key(2))),
        ("expires", "2036-01-01T00:00:00Z"),
        ("nonce", "1"),
    ] {
        let changed = with_member(name, Some(value.into()));
        assert_eq!(verify(&changed), [Err(ProofError::BadSignature)], "{name}");
    }
    for (name, value) in [
        ("proofValue", None),
        ("proofValue", Some("".into())),
        ("proofValue", Some(Value::Int(7))),
        ("proofValue", Some(signature_text(&[7; 63]).into())),
        ("proofValue", Some(signature_text(&[7; 96]).into())),
        ("proofValue", Some(signature_text(&[7; 64])[1..].into())),
        ("proofValue", Some(format!("u{}", signature_text(&[7; 64])).into())),
        ("created", Some("yesterday".into())),
        ("proofPurpose", None),
        ("verificationMethod", None),
        ("verificationMethod", Some("key-1".into())),
        ("@context", Some(CONTEXT.into())),
    ] {
        assert!(parse_proofs(&with_member(name, value.clone())).is_err(), "{name} {value:?}");
    }
    // Words that the suite's context doesn't have.
    for name in ["cryptosuite", "jws", "unknown"] {
        let changed = with_member(name, Some("eddsa-rdfc-2022".into()));
        assert!(matches!(verify(&changed)[0], Err(ProofError::JsonLd(_))), "{name}");
    }
}

#[test]
fn it_is_a_type_and_no_cryptosuite_and_needs_its_context() {
    let mut proof = proof_of(&good());
    proof.insert("type", "DataIntegrityProof");
    assert!(parse_proofs(&with_proofs(elder_document(), vec![proof.clone()])).is_err(), "no cryptosuite");
    proof.insert("cryptosuite", "Ed25519Signature2020");
    let proofs = parse_proofs(&with_proofs(elder_document(), vec![proof])).expect("parses");
    assert_eq!(proofs[0].suite(), None);

    let bare = with_proofs(document(), vec![proof_of(&good())]);
    assert!(matches!(verify(&bare)[0], Err(ProofError::JsonLd(_))), "the type is not defined");
    let refused = sign_with(
        Suite::Ed25519Signature2020,
        elder_document(),
        &key(1),
        &options(&key(1)),
        &Link::default(),
        &Contexts::pinned(),
    );
    assert_eq!(refused, Err(ProofError::VerifiedOnly { suite: "Ed25519Signature2020" }));
}

#[test]
fn it_takes_ed25519_keys_only_and_stands_beside_other_suites() {
    let p256 = crate::keys::P256Secret::from_bytes(&[1; 32]).expect("a key").public_key();
    let method = crate::did::key::verification_method_of_any(&PublicKey::P256(p256)).expect("a name");
    let other = with_member("verificationMethod", Some(method.into()));
    assert!(matches!(verify(&other)[0], Err(ProofError::KeyOfOtherKind { .. })));

    let both = sign(good(), &key(2), &options(&key(2)), &Contexts::pinned()).expect("signs");
    assert_eq!(verify(&both), [Ok(()), Ok(())]);
    let mut changed = both.clone();
    changed.insert("name", "Another badge");
    assert_eq!(verify(&changed), [Err(ProofError::BadSignature), Err(ProofError::BadSignature)]);
}
