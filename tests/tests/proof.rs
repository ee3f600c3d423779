//! The proof sets and chains of vc-di-eddsa, and requests as a conformance client sends them. The suites step by step are in
//! `proof_steps.rs`.

use accolade_core::json::{self, Object, Value};
use accolade_core::jsonld::Contexts;
use accolade_core::keys::{PublicKey, SigningKey};
use accolade_core::proof::{
    Link, ProofError, ProofOptions, Purpose, did_key, parse_proofs, sign_linked, verify_proofs,
};
use accolade_core::time::Timestamp;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";
const SUITE: &str = "eddsa-rdfc-2022";

/// The folder of the eddsa vectors, and the pinned contexts with the one of the examples.
fn vectors() -> Option<(PathBuf, Contexts)> {
    let folder = accolade_tests::vectors("vc-di-eddsa proofs")?;
    let context = std::fs::read(folder.join("contexts/vc-data-model/credentials_examples_v2.jsonld"));
    let contexts = Contexts::pinned().with(EXAMPLES, &context.expect("the context")).expect("compiles");
    Some((folder.join("vc-di-eddsa"), contexts))
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn object(path: &Path) -> Object {
    let value = json::parse(text(path).as_bytes()).expect("JSON");
    value.as_object().expect("an object").clone()
}

fn member<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).expect(name)
}

/// The key of a `z3u2…` text: the codec ed25519-priv (0x1300 as a varint), then the seed.
fn secret_key(multikey: &str) -> SigningKey {
    let bytes = bs58::decode(&multikey[1..]).into_vec().expect("base58btc");
    assert_eq!(bytes[..2], [0x80, 0x26]);
    SigningKey::from_seed(&bytes[2..].try_into().expect("32 bytes"))
}

fn options_of(proof: &Object) -> ProofOptions {
    ProofOptions {
        verification_method: member(proof, "verificationMethod").into(),
        purpose: Purpose::AssertionMethod,
        created: Timestamp::parse(member(proof, "created")).expect("a time"),
        expires: None,
        challenge: None,
        domain: None,
    }
}

fn key_of(method: &str) -> Option<PublicKey> {
    did_key(method).ok()
}

fn verify(document: &Object, contexts: &Contexts) -> Result<(), ProofError> {
    let proofs = parse_proofs(document)?;
    verify_proofs(document, &proofs, &key_of, contexts).into_iter().collect()
}

fn proofs_of(document: &Object) -> Vec<Value> {
    document.get("proof").expect("a proof").one_or_many().to_vec()
}

#[test]
fn an_examples_context_that_is_not_pinned_is_named() {
    let Some((folder, _)) = vectors() else { return };
    let signed = object(&folder.join(SUITE).join("signedDataInt.json"));
    let proofs = parse_proofs(&signed).expect("parses");
    let any = |_: &str| Some(SigningKey::from_seed(&[1; 32]).verifying_key().into());
    let error = verify_proofs(&signed, &proofs, &any, &Contexts::pinned()).remove(0).expect_err("not pinned");
    assert!(error.to_string().contains(EXAMPLES), "{error}");
}

#[test]
fn proof_sets_and_chains_verify() {
    let Some((folder, contexts)) = vectors() else { return };
    for name in ["signedProofSet1", "signedProofSet2", "signedProofChain1"] {
        let signed = object(&folder.join(format!("proof-set-chain/{name}.json")));
        assert_eq!(verify(&signed, &contexts), Ok(()), "{name}");
    }
}

#[test]
fn proof_sets_and_chains_are_signed_alike() {
    let Some((folder, contexts)) = vectors() else { return };
    let folder = folder.join("proof-set-chain");
    let pairs = object(&folder.join("multiKeyPairs.json"));
    let mut document = object(&folder.join("unsigned.json"));
    let signed = object(&folder.join("signedProofChain1.json"));
    for (at, theirs) in proofs_of(&signed).iter().enumerate() {
        let theirs = theirs.as_object().expect("a proof");
        let pair = pairs.get(&format!("keyPair{}", at + 1)).and_then(Value::as_object).expect("a pair");
        let previous = theirs.get("previousProof").map(Value::one_or_many).unwrap_or_default();
        let link = Link {
            id: Some(member(theirs, "id").into()),
            previous: previous.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        };
        let key = secret_key(member(pair, "privateKeyMultibase"));
        document = sign_linked(document, &key, &options_of(theirs), &link, &contexts).expect("signs");
        let ours = proofs_of(&document).pop().expect("signed");
        assert_eq!(ours.get("proofValue"), theirs.get("proofValue"), "proof {}", at + 1);
    }
    assert_eq!(verify(&document, &contexts), Ok(()));
}

#[test]
fn every_way_to_tamper_with_a_chain_fails() {
    let Some((folder, contexts)) = vectors() else { return };
    let signed = object(&folder.join("proof-set-chain/signedProofChain1.json"));
    let proofs = proofs_of(&signed);
    let refused = |what: &str, proofs: Vec<Value>| {
        let mut document = signed.clone();
        document.insert("proof", proofs);
        assert!(verify(&document, &contexts).is_err(), "{what} was accepted");
    };
    let changed = |at: usize, name: &str, value: Option<Value>| {
        let mut proofs = proofs.clone();
        let mut proof = proofs[at].as_object().expect("a proof").clone();
        match value {
            Some(value) => proof.insert(name, value),
            None => drop(proof.remove(name)),
        }
        proofs[at] = proof.into();
        proofs
    };
    for at in 0..3 {
        for name in [
            "type",
            "id",
            "cryptosuite",
            "created",
            "verificationMethod",
            "proofPurpose",
            "proofValue",
            "previousProof",
        ] {
            if proofs[at].get(name).is_some() {
                refused(&format!("proof {at} without {name}"), changed(at, name, None));
            }
        }
        for (name, value) in [
            ("id", "urn:uuid:00000000-0000-4000-8000-000000000000"),
            ("created", "2023-02-24T23:36:39Z"),
            ("proofPurpose", "authentication"),
            ("cryptosuite", "eddsa-jcs-2022"),
            ("type", "Ed25519Signature2020"),
            ("nonce", "1"),
        ] {
            refused(&format!("proof {at} with another {name}"), changed(at, name, Some(value.into())));
        }
        let others = (0..3).filter(|other| *other != at);
        for other in others {
            for name in ["proofValue", "verificationMethod", "id"] {
                let value = proofs[other].get(name).cloned();
                refused(&format!("proof {at} with {name} of {other}"), changed(at, name, value));
            }
        }
    }
    refused("a chain without its first proof", proofs[1..].to_vec());
    refused("a chain without its second proof", vec![proofs[0].clone(), proofs[2].clone()]);
    let own = proofs[2].get("id").cloned();
    refused("a proof that builds on itself", changed(2, "previousProof", own.clone()));
    refused("two proofs in a circle", changed(0, "previousProof", own));
    for one in &proofs[..2] {
        let id = one.get("id").cloned();
        refused("a chain with a link less", changed(2, "previousProof", id));
    }
    // In a set each proof stands for itself: one less is still a set.
    let mut set = signed.clone();
    set.insert("proof", proofs[..2].to_vec());
    assert_eq!(verify(&set, &contexts), Ok(()));
}

/// One request has `{"@context": {…}}` inside its list of contexts, which JSON-LD 1.1 doesn't allow, and
/// defines words of pinned contexts there, which is refused. Its chain is verified with that inner context
/// pinned, as an operator may.
fn pin_inline_context(mut credential: serde_json::Value, contexts: &Contexts) -> (Value, Contexts) {
    const URL: &str = "https://pinned.example/context";
    let mut pinned = contexts.clone();
    let list = credential.get_mut("@context").and_then(|contexts| contexts.as_array_mut());
    for context in list.into_iter().flatten().filter(|context| context.get("@context").is_some()) {
        pinned = contexts.with(URL, context.to_string().as_bytes()).expect("compiles");
        *context = URL.into();
    }
    (credential.into(), pinned)
}

#[test]
fn requests_of_a_conformance_client_are_judged_as_expected() {
    let Some((folder, contexts)) = vectors() else { return };
    let requests = text(&folder.join("../captured/captured-eddsa-verify.jsonl"));
    let mut accepted = 0;
    for line in requests.lines() {
        let request: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let credential = request["body"]["verifiableCredential"].clone();
        let (credential, contexts) = pin_inline_context(credential, &contexts);
        let verified = credential.as_object().is_some_and(|document| verify(document, &contexts).is_ok());
        let expected = request["expect"].as_str().expect("an expectation") == "accept";
        assert_eq!(verified, expected, "request {}", request["n"]);
        accepted += usize::from(verified);
    }
    assert!(accepted > 0);
}
