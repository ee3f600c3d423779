//! ecdsa-rdfc-2019 and ecdsa-jcs-2019, on both curves, and keys that a suite isn't for.

use super::*;
use crate::jsonld::{Hash, canonicalize, canonicalize_with};
use crate::keys::{P256Secret, P384Secret, SecretKey};

const SUITES: [Suite; 2] = [Suite::EcdsaRdfc2019, Suite::EcdsaJcs2019];

fn p256() -> SecretKey {
    SecretKey::P256(P256Secret::from_bytes(&[1; 32]).expect("a key"))
}

fn p384() -> SecretKey {
    SecretKey::P384(P384Secret::from_bytes(&[1; 48]).expect("a key"))
}

fn rsa() -> SecretKey {
    SecretKey::from_jwk(&object(include_str!("../../keys/tests/rsa_2048.json"))).expect("a key")
}

fn method_of(key: &SecretKey) -> String {
    let public = key.public_key();
    crate::did::key::verification_method_of_any(&public)
        .unwrap_or_else(|| crate::did::jwk::verification_method_of(&public))
}

fn options_of(key: &SecretKey) -> ProofOptions {
    ProofOptions { verification_method: method_of(key), ..options(&super::key(1)) }
}

fn add(
    suite: Suite,
    document: Object,
    key: &SecretKey,
    id: &str,
    previous: &[&str],
) -> Result<Object, ProofError> {
    let previous = previous.iter().map(|id| (*id).to_owned()).collect();
    let link = Link { id: Some(id.to_owned()), previous };
    sign_with(suite, document, key, &options_of(key), &link, &Contexts::pinned())
}

fn signed_by(suite: Suite, key: &SecretKey) -> Object {
    let link = Link::default();
    sign_with(suite, document(), key, &options_of(key), &link, &Contexts::pinned()).expect("signs")
}

/// Any key that stands in its own name.
fn verify_any(document: &Object) -> Vec<Result<(), ProofError>> {
    let proofs = parse_proofs(document).expect("parses");
    let key_of = |method: &str| did::key_in_name(method)?.ok();
    verify_proofs(document, &proofs, &key_of, &Contexts::pinned())
}

/// The document with one member of its one proof replaced.
fn with_member(document: &Object, name: &str, value: &str) -> Object {
    let mut proof = proofs_of(document).remove(0);
    proof.insert(name, value);
    with_proofs(document.clone(), vec![proof])
}

fn value_of(document: &Object) -> Vec<u8> {
    let proof = proofs_of(document).remove(0);
    let text = proof.get("proofValue").and_then(Value::as_str).expect("text").to_owned();
    bs58::decode(&text[1..]).into_vec().expect("base58btc")
}

#[test]
fn both_curves_sign_and_verify_in_both_suites() {
    for (key, length) in [(p256(), 64), (p384(), 96)] {
        for suite in SUITES {
            let signed = signed_by(suite, &key);
            assert_eq!(value_of(&signed).len(), length, "{suite:?}");
            assert_eq!(signed_by(suite, &key), signed, "{suite:?}: the same each time");
            assert_eq!(verify_any(&signed), [Ok(())], "{suite:?}");
            let mut changed = signed.clone();
            changed.insert("name", "Another badge");
            assert_eq!(verify_any(&changed), [Err(ProofError::BadSignature)], "{suite:?}");
            for (name, value) in [
                ("created", "2026-06-30T10:00:01Z"),
                ("proofPurpose", "authentication"),
                ("domain", "a.example"),
                ("expires", "2036-01-01T00:00:00Z"),
            ] {
                let changed = with_member(&signed, name, value);
                assert_eq!(verify_any(&changed), [Err(ProofError::BadSignature)], "{suite:?} {name}");
            }
        }
        // A signature of one suite is none of the other.
        let [statements, text] = SUITES.map(|suite| signed_by(suite, &key));
        let text = with_member(&text, "cryptosuite", "ecdsa-rdfc-2019");
        assert!(parse_proofs(&text).is_err(), "an rdfc proof has no @context of its own");
        let statements = with_member(&statements, "cryptosuite", "ecdsa-jcs-2019");
        assert_eq!(verify_any(&statements), [Err(ProofError::BadSignature)]);
    }
}

#[test]
fn ecdsa_rdfc_2019_signs_statements_and_ecdsa_jcs_2019_the_text() {
    let turned = |document: &Object| {
        let mut turned = document.clone();
        let types = ["VerifiableCredential".into(), "https://a.example/Type".into()];
        turned.insert("type", types.to_vec());
        turned
    };
    let mut unsigned = document();
    unsigned.insert("type", vec!["https://a.example/Type".into(), "VerifiableCredential".into()]);
    for (suite, expected) in SUITES.into_iter().zip([Ok(()), Err(ProofError::BadSignature)]) {
        let signed = add(suite, unsigned.clone(), &p256(), "urn:a:1", &[]).expect("signs");
        assert_eq!(verify_any(&signed), [Ok(())]);
        assert_eq!(verify_any(&turned(&signed)), [expected], "{suite:?}");
    }
}

#[test]
fn a_suite_takes_only_keys_that_it_is_for() {
    let ed25519 = SecretKey::Ed25519(super::key(1));
    let eddsa = [Suite::EddsaRdfc2022, Suite::EddsaJcs2022];
    for (suites, keys) in
        [(SUITES, [&ed25519, &rsa()]), (eddsa, [&p256(), &rsa()]), (eddsa, [&p384(), &rsa()])]
    {
        for suite in suites {
            for key in keys {
                let refused =
                    ProofError::KeyOfOtherKind { suite: suite.as_str(), key: key.algorithm().key_name() };
                assert_eq!(refused.code(), "key_suite_other");
                assert_eq!(refused.fault(), ProofFault::Malformed);
                assert_eq!(add(suite, document(), key, "urn:a:1", &[]), Err(refused.clone()));
                // A proof that names such a key, whatever made its value.
                let signer = if suites == SUITES { p256() } else { SecretKey::Ed25519(super::key(1)) };
                let forged = with_member(&signed_by(suite, &signer), "verificationMethod", &method_of(key));
                assert_eq!(verify_any(&forged), [Err(refused)], "{suite:?} {}", key.algorithm().as_str());
            }
        }
    }
}

#[test]
fn proof_values_of_another_length_or_base_are_refused() {
    for (key, length) in [(p256(), 64), (p384(), 96)] {
        for suite in SUITES {
            let signed = signed_by(suite, &key);
            let value = value_of(&signed);
            let base58 = |bytes: &[u8]| format!("z{}", bs58::encode(bytes).into_string());
            for other in [63, 65, 70, 72, 95, 97, 0, 128] {
                let bytes: Vec<u8> = value.iter().copied().cycle().take(other).collect();
                let changed = with_member(&signed, "proofValue", &base58(&bytes));
                assert!(matches!(parse_proofs(&changed), Err(ProofError::Member { .. })), "{other} bytes");
            }
            // As long as the other curve's: it parses, and no key makes it right.
            let other = if length == 64 { 96 } else { 64 };
            let bytes: Vec<u8> = value.iter().copied().cycle().take(other).collect();
            let changed = with_member(&signed, "proofValue", &base58(&bytes));
            let error = verify_any(&changed).remove(0).expect_err("refused");
            assert!(matches!(error, ProofError::Member { member: "proofValue", .. }), "{error:?}");
            let base64 = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, &value);
            for text in [format!("u{base64}"), base64, bs58::encode(&value).into_string(), "z".to_owned()] {
                let changed = with_member(&signed, "proofValue", &text);
                assert!(matches!(parse_proofs(&changed), Err(ProofError::Member { .. })), "{text}");
            }
            for at in [0, length - 1] {
                let mut bytes = value.clone();
                bytes[at] ^= 1;
                let changed = with_member(&signed, "proofValue", &base58(&bytes));
                assert_eq!(verify_any(&changed), [Err(ProofError::BadSignature)], "byte {at}");
            }
        }
    }
}

/// A document with blank nodes that SHA-256 and SHA-384 put in another order.
fn with_blank_nodes() -> Object {
    let mut document = document();
    let subjects = ["one", "two", "three", "four", "five"].map(|name| {
        Value::from(Object::from([
            ("type", "https://a.example/Subject".into()),
            ("description", name.into()),
        ]))
    });
    document.insert("credentialSubject", subjects.to_vec());
    document
}

#[test]
fn p384_hashes_and_orders_by_sha_384() {
    let contexts = Contexts::pinned();
    let document = with_blank_nodes();
    let small = canonicalize(&document, &[], &contexts).expect("canonical");
    let large = canonicalize_with(&document, &[], Hash::Sha384, &contexts).expect("canonical");
    assert_ne!(small, large, "the order shows the hash");

    let key = p384();
    let signed = add(Suite::EcdsaRdfc2019, document.clone(), &key, "urn:a:1", &[]).expect("signs");
    assert_eq!(verify_any(&signed), [Ok(())]);
    let mut options = proofs_of(&signed).remove(0);
    options.remove("proofValue");
    options.insert("@context", document.get("@context").expect("contexts").clone());
    let canonical =
        |object: &Object, order: Hash| canonicalize_with(object, &[], order, &contexts).expect("canonical");
    let value_with = |order: Hash, hash: Hash| {
        let message = [canonical(&options, order).digest(hash), canonical(&document, order).digest(hash)];
        format!("z{}", bs58::encode(key.sign(&message.concat()).expect("signs")).into_string())
    };
    let right = value_with(Hash::Sha384, Hash::Sha384);
    assert_eq!(proofs_of(&signed)[0].get("proofValue"), Some(&right.into()));
    for (order, hash) in
        [(Hash::Sha256, Hash::Sha384), (Hash::Sha384, Hash::Sha256), (Hash::Sha256, Hash::Sha256)]
    {
        let changed = with_member(&signed, "proofValue", &value_with(order, hash));
        assert_eq!(verify_any(&changed), [Err(ProofError::BadSignature)], "{order:?} {hash:?}");
    }
}

/// Proofs of every suite and kind of key on one document; the last builds on all of them.
fn mixed_chain() -> Object {
    let ed25519 = SecretKey::Ed25519(super::key(1));
    let mut document = with_blank_nodes();
    let links: [(Suite, &SecretKey, &str, &[&str]); 6] = [
        (Suite::EddsaRdfc2022, &ed25519, "urn:a:1", &[]),
        (Suite::EcdsaRdfc2019, &p256(), "urn:a:2", &["urn:a:1"]),
        (Suite::EcdsaRdfc2019, &p384(), "urn:a:3", &["urn:a:2"]),
        (Suite::EcdsaJcs2019, &p384(), "urn:a:4", &["urn:a:2", "urn:a:3"]),
        (Suite::EcdsaJcs2019, &p256(), "urn:a:5", &[]),
        (Suite::EddsaJcs2022, &ed25519, "urn:a:6", &["urn:a:1", "urn:a:4", "urn:a:5"]),
    ];
    for (suite, key, id, previous) in links {
        document = add(suite, document, key, id, previous).expect("signs");
    }
    document
}

#[test]
fn suites_stand_side_by_side_and_build_on_each_other() {
    let signed = mixed_chain();
    assert_eq!(verify_any(&signed), vec![Ok(()); 6]);
    let mut changed = signed.clone();
    changed.insert("name", "Another badge");
    assert!(verify_any(&changed).iter().all(Result::is_err));
    let all = proofs_of(&signed);
    // Who builds on whom, directly or not; counted from 0.
    let builds_on: [&[usize]; 6] = [&[], &[0], &[0, 1], &[0, 1, 2], &[], &[0, 1, 2, 3, 4]];
    for broken in 0..all.len() {
        let mut proofs = all.clone();
        proofs[broken].insert("created", "2026-06-30T10:00:01Z");
        let results = verify_any(&with_proofs(signed.clone(), proofs));
        for (at, result) in results.iter().enumerate() {
            let affected = at == broken || builds_on[at].contains(&broken);
            assert_eq!(result.is_err(), affected, "proof {at} after {broken} was changed: {result:?}");
        }
    }
}
