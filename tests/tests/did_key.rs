//! The documents of the did:key method's own vectors: what we make of a name must be what they print, or be on a list of
//! exceptions.

use accolade_core::did::document::{DidDocument, DocumentKeyError};
use accolade_core::did::{self, Did, DidError, key};
use accolade_core::json::{self, Object, Value};
use accolade_core::keys::{KeyError, PublicKey, SecretKey, SigningKey};
use accolade_core::proof::Purpose;
use accolade_core::time::Timestamp;
use std::path::Path;

/// Documents whose keys we don't verify with, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("did:key:zUC7", "BLS12-381: no suite that we verify signs with it"),
    ("did:key:z5Tc", "BLS12-381, a pair of keys: no suite that we verify signs with it"),
    ("did:key:z2J9", "P-521: vc-di-ecdsa 1.0, section 3, has P-256 and P-384 only"),
    ("did:key:zQ3s", "secp256k1: vc-di-ecdsa 1.0, section 3, has P-256 and P-384 only"),
    ("did:key:z6LS", "X25519 encrypts and signs nothing: it stands under keyAgreement"),
];

/// The kinds that are read, by the beginning of their names.
const KINDS: [(&str, &str); 3] =
    [("did:key:z6Mk", "EdDSA"), ("did:key:zDn", "ES256"), ("did:key:z82", "ES384")];

fn file(folder: &Path, name: &str) -> Object {
    let path = folder.join("did-key").join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    json::parse(&bytes).expect("JSON").as_object().expect("an object").clone()
}

/// Every document of the vectors with what stands beside it, by its DID.
fn documents(folder: &Path) -> Vec<(String, Object, Object)> {
    let mut all = Vec::new();
    for name in ["bls12381.json", "ed25519-x25519.json", "nist-curves.json", "secp256k1.json"] {
        for (did, case) in file(folder, name).iter() {
            let case = case.as_object().expect("a case").clone();
            let document = case.get("didDocument").and_then(Value::as_object).expect("a document").clone();
            all.push((did.to_owned(), document, case));
        }
    }
    let x25519 = file(folder, "x25519.json");
    for (did, document) in x25519.get("didDocument").and_then(Value::as_object).expect("documents").iter() {
        all.push((did.to_owned(), document.as_object().expect("a document").clone(), Object::new()));
    }
    all
}

#[test]
fn every_document_of_the_vectors_gives_the_key_of_its_name() {
    let Some(folder) = accolade_tests::vectors("the did:key vectors") else { return };
    let now = Timestamp::parse("2026-07-01T12:00:00Z").expect("a time");
    let (mut read, mut left_out) = (0, 0);
    for (did, theirs, case) in documents(&folder) {
        let name = Did::parse(&did).expect(&did);
        let method = format!("{did}#{}", name.method_specific_id());
        let theirs = DidDocument::from_object(theirs, &did).unwrap_or_else(|error| panic!("{did}: {error}"));
        let listed = theirs.key_for(&method, Purpose::AssertionMethod, now);
        if EXCEPTIONS.iter().any(|(start, _)| did.starts_with(start)) {
            left_out += 1;
            let error = key::resolve(&name).expect_err(&did);
            let expected = match did.starts_with("did:key:z6LS") {
                true => KeyError::NotForSigning,
                false => KeyError::Codec,
            };
            assert_eq!(error, DidError::Key(expected), "{did}");
            // Their document doesn't make it a key to verify with either. The pairs of BLS have two fragments.
            assert!(listed.is_err(), "{did}: {listed:?}");
            continue;
        }
        read += 1;
        let key = key::resolve(&name).unwrap_or_else(|error| panic!("{did}: {error}"));
        let (_, algorithm) = KINDS.iter().find(|(start, _)| did.starts_with(start)).expect(&did);
        assert_eq!(key.algorithm().as_str(), *algorithm, "{did}");
        assert_eq!(listed.as_ref(), Ok(&key), "{did}: their document");
        let ours = did::resolve_pure(&name).expect("pure").expect(&did);
        assert_eq!(ours.key_for(&method, Purpose::AssertionMethod, now).as_ref(), Ok(&key), "{did}: ours");
        assert_eq!(key::did_of_any(&key), Some(name), "{did}");
        assert_eq!(did::key_in_name(&method), Some(Ok(key.clone())), "{did}");
        // A key of the document that only encrypts.
        for other in theirs.methods().iter().filter(|other| other.id() != method) {
            let refused = theirs.key_for(other.id(), Purpose::AssertionMethod, now);
            assert_eq!(refused, Err(DocumentKeyError::OtherPurpose), "{}", other.id());
        }
        assert!(secret_of(&case).is_none_or(|secret| secret.public_key() == key), "{did}");
    }
    assert_eq!((read, left_out), (6, 18));
}

/// The secret half, where the vectors print it in a form that we read.
fn secret_of(case: &Object) -> Option<SecretKey> {
    if let Some(seed) = case.get("seed").and_then(Value::as_str) {
        let digits = |at| u8::from_str_radix(&seed[at..at + 2], 16).expect("digits");
        let seed: Vec<u8> = (0..64).step_by(2).map(digits).collect();
        return Some(SigningKey::from_seed(&seed.try_into().expect("32 bytes")).into());
    }
    let jwk = case.get("verificationMethod")?.get("privateKeyJwk")?.as_object()?;
    Some(SecretKey::from_jwk(jwk).expect("a secret key"))
}

#[test]
fn secret_keys_of_the_vectors_sign_for_their_names() {
    let Some(folder) = accolade_tests::vectors("the did:key vectors' secret keys") else { return };
    let mut kinds = Vec::new();
    for (did, _, case) in documents(&folder) {
        let resolved = key::resolve(&Did::parse(&did).expect(&did));
        if let (Ok(public), Some(secret)) = (resolved, secret_of_supported(&did, &case)) {
            let signature = secret.sign(b"a badge").expect("signs");
            assert_eq!(PublicKey::verify(&public, b"a badge", &signature), Ok(()), "{did}");
            kinds.push(public.algorithm().as_str());
        }
    }
    kinds.sort_unstable();
    assert_eq!(kinds, ["ES256", "ES384", "EdDSA", "EdDSA", "EdDSA"]);
}

/// The seeds of the other curves aren't seeds of Ed25519.
fn secret_of_supported(did: &str, case: &Object) -> Option<SecretKey> {
    if KINDS.iter().any(|(start, _)| did.starts_with(start)) { secret_of(case) } else { None }
}
