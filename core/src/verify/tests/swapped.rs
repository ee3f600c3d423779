//! The contexts of a signed document are not signed: who swaps them must not make a reader look past what stands there.

use super::*;
use crate::keys::{P256Secret, SecretKey};
use crate::proof::Suite;

const V1: &str = "https://www.w3.org/2018/credentials/v1";
const V2: &str = "https://www.w3.org/ns/credentials/v2";
const INTEGRITY: &str = "https://w3id.org/security/data-integrity/v2";
/// The words of data model 1.1, brought along to a document of 2.0: to the same statements.
const BROUGHT: &str = r#"{"issuanceDate":{"@id":"https://www.w3.org/2018/credentials#issuanceDate","@type":"http://www.w3.org/2001/XMLSchema#dateTime"},
    "expirationDate":{"@id":"https://www.w3.org/2018/credentials#expirationDate","@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}"#;

/// A credential of data model 1.1 that ended, by a key that says so.
fn ended(issuer: &str) -> Object {
    object(&format!(
        r#"{{"@context":["{V1}","{INTEGRITY}"],"id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11",
        "type":["VerifiableCredential"],"issuer":"{issuer}","issuanceDate":"2020-01-01T00:00:00Z",
        "expirationDate":"2021-01-01T00:00:00Z","credentialSubject":{{"id":"did:example:ada"}}}}"#
    ))
}

fn swapped(mut signed: Object) -> Object {
    signed.insert("@context", value(&format!(r#"["{V2}",{BROUGHT}]"#)));
    signed
}

#[test]
fn an_end_that_the_issuer_set_is_not_lost_with_its_context() {
    let p256 = SecretKey::P256(P256Secret::from_bytes(&[1; 32]).expect("a key"));
    let ed25519 = SecretKey::Ed25519(SigningKey::from_seed(&[1; 32]));
    for (suite, key) in [(Suite::EddsaRdfc2022, &ed25519), (Suite::EcdsaRdfc2019, &p256)] {
        let did = key::did_of_any(&key.public_key()).expect("a name");
        let method = key::verification_method_of_any(&key.public_key()).expect("a name");
        let options = ProofOptions {
            verification_method: method,
            created: at("2020-01-01T00:00:00Z"),
            ..party(1).options()
        };
        let signed = proof::sign_with(suite, ended(did.as_str()), key, &options, &Link::default(), &CONTEXTS);
        let signed = signed.expect("signs");
        assert_eq!(answer(&signed, &fresh(&[])), (Verdict::Expired, "expired"), "{suite:?}");
        let swapped = swapped(signed);
        assert_eq!(answer(&swapped, &fresh(&[])), (Verdict::Malformed, "date_of_other_model"), "{suite:?}");
    }
}

#[test]
fn no_inline_context_brings_words_of_another_data_model() {
    let bare = swapped(ended("did:example:issuer"));
    let error = crate::jsonld::canonicalize(&bare, &[], &CONTEXTS).expect_err("refused");
    assert_eq!(error.code(), "unsafe_context", "{error}");
    // Where the document's own context has them, saying the same again is harmless.
    let mut again = ended("did:example:issuer");
    again.insert("@context", value(&format!(r#"["{V1}","{INTEGRITY}"]"#)));
    assert!(crate::jsonld::canonicalize(&again, &[], &CONTEXTS).is_ok());
}
