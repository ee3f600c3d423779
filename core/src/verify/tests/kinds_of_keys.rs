//! Badges by every kind of key and suite, from the issuer's name or its document, and what doesn't fit together.

use super::*;
use crate::did::{document::DidDocument, jwk, key};
use crate::keys::{P256Secret, P384Secret, PublicKey, SecretKey};
use crate::proof::Suite;

const WEB: &str = "did:web:issuer.example";
const ECDSA: [Suite; 2] = [Suite::EcdsaRdfc2019, Suite::EcdsaJcs2019];
const EDDSA: [Suite; 2] = [Suite::EddsaRdfc2022, Suite::EddsaJcs2022];

fn ed25519() -> SecretKey {
    SecretKey::Ed25519(SigningKey::from_seed(&[1; 32]))
}

fn p256() -> SecretKey {
    SecretKey::P256(P256Secret::from_bytes(&[1; 32]).expect("a key"))
}

fn p384() -> SecretKey {
    SecretKey::P384(P384Secret::from_bytes(&[1; 48]).expect("a key"))
}

fn rsa() -> SecretKey {
    let jwk = json::parse(include_bytes!("../../keys/tests/rsa_2048.json")).expect("JSON");
    SecretKey::from_jwk(jwk.as_object().expect("an object")).expect("a key")
}

/// A badge of `issuer` without a status, that this key signed.
fn signed_with(suite: Suite, secret: &SecretKey, issuer: &str, method: &str) -> Object {
    let options = ProofOptions { verification_method: method.to_owned(), ..party(1).options() };
    proof::sign_with(suite, unsigned(issuer), secret, &options, &Link::default(), &CONTEXTS).expect("signs")
}

fn unsigned(issuer: &str) -> Object {
    let mut badge = badge(issuer);
    badge.remove("credentialStatus");
    badge
}

/// Its proof says that it is by this method.
fn claimed_by(mut badge: Object, method: &str) -> Object {
    let mut proof = badge.get("proof").expect("signed").one_or_many()[0].as_object().expect("one").clone();
    proof.insert("verificationMethod", method);
    badge.insert("proof", vec![proof.into()]);
    badge
}

fn answer_of(badge: &Object, documents: &[(&str, Arc<DidDocument>)]) -> (Verdict, &'static str) {
    let mut evidence = fresh(&[]);
    for (id, document) in documents {
        evidence.documents.insert((*id).to_owned(), Ok(Arc::clone(document)));
    }
    answer(badge, &evidence)
}

/// The document of [`WEB`] with one key, `#key-1`, of this type and these members.
fn document(kind: &str, member: &str) -> Arc<DidDocument> {
    let text = format!(
        r##"{{"id":"{WEB}","verificationMethod":[{{"id":"#key-1","type":"{kind}","controller":"{WEB}",{member}}}],"assertionMethod":["#key-1"]}}"##
    );
    Arc::new(DidDocument::parse(text.as_bytes(), WEB).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn multibase(key: &PublicKey) -> String {
    format!(r#""publicKeyMultibase":"{}""#, key.to_multikey().expect("a text"))
}

fn public_jwk(key: &PublicKey) -> String {
    format!(r#""publicKeyJwk":{}"#, Value::Object(key.to_jwk()))
}

#[test]
fn a_badge_by_a_key_of_each_kind_in_the_issuers_name_is_valid() {
    for (secret, suites) in [(ed25519(), EDDSA), (p256(), ECDSA), (p384(), ECDSA)] {
        let public = secret.public_key();
        for (did, method) in [
            (
                key::did_of_any(&public).expect("a name"),
                key::verification_method_of_any(&public).expect("a name"),
            ),
            (jwk::did_of(&public), jwk::verification_method_of(&public)),
        ] {
            for suite in suites {
                let badge = signed_with(suite, &secret, did.as_str(), &method);
                assert_eq!(answer_of(&badge, &[]), (Verdict::Valid, "valid"), "{suite:?} {did}");
                assert!(
                    needs(&Credential::from_object(badge.clone()).expect("reads")).controllers.is_empty()
                );
                let changed = tampered(&badge, "Pass the exam.", "Attend the exam.");
                assert_eq!(answer_of(&changed, &[]), (Verdict::Forged, "proof_signature_wrong"), "{suite:?}");
                let own = method.split('#').nth(1).expect("a fragment").to_owned();
                let other = claimed_by(badge, &format!("{did}#{own}x"));
                assert_eq!(answer_of(&other, &[]), (Verdict::Forged, "key_not_in_issuer_document"));
            }
        }
    }
}

#[test]
fn a_badge_by_a_key_of_each_kind_in_the_issuers_document_is_valid() {
    let method = format!("{WEB}#key-1");
    for (secret, suites) in [(ed25519(), EDDSA), (p256(), ECDSA), (p384(), ECDSA)] {
        let public = secret.public_key();
        for document in [
            document("Multikey", &multibase(&public)),
            document("JsonWebKey", &public_jwk(&public)),
            document("JsonWebKey2020", &public_jwk(&public)),
        ] {
            for suite in suites {
                let badge = signed_with(suite, &secret, WEB, &method);
                let needs = needs(&Credential::from_object(badge.clone()).expect("reads"));
                assert_eq!(needs.controllers, [WEB]);
                let documents = [(WEB, document.clone())];
                assert_eq!(answer_of(&badge, &documents), (Verdict::Valid, "valid"), "{suite:?}");
                assert_eq!(answer_of(&badge, &[]), (Verdict::CouldNotCheck, "issuer_unresolved"));
                let changed = tampered(&badge, "Pass the exam.", "Attend the exam.");
                assert_eq!(answer_of(&changed, &documents), (Verdict::Forged, "proof_signature_wrong"));
            }
        }
    }
}

#[test]
fn a_suite_and_a_key_that_do_not_fit_are_refused_by_their_own_code() {
    for (signer, suites, other) in [
        (p256(), ECDSA, ed25519()),
        (p384(), ECDSA, ed25519()),
        (p256(), ECDSA, rsa()),
        (ed25519(), EDDSA, p256()),
        (ed25519(), EDDSA, p384()),
        (ed25519(), EDDSA, rsa()),
    ] {
        for suite in suites {
            let public = other.public_key();
            let (did, method) = (jwk::did_of(&public), jwk::verification_method_of(&public));
            let by = jwk::verification_method_of(signer.public_key());
            let badge = claimed_by(signed_with(suite, &signer, did.as_str(), &by), &method);
            assert_eq!(answer_of(&badge, &[]), (Verdict::Malformed, "key_suite_other"), "{suite:?} {did}");

            let badge = signed_with(suite, &signer, WEB, &format!("{WEB}#key-1"));
            let documents = [(WEB, document("JsonWebKey", &public_jwk(&public)))];
            assert_eq!(answer_of(&badge, &documents), (Verdict::Malformed, "key_suite_other"), "{suite:?}");
        }
    }
    // One curve's signature under a key on the other.
    for (signer, other) in [(p256(), p384()), (p384(), p256())] {
        let badge = signed_with(Suite::EcdsaRdfc2019, &signer, WEB, &format!("{WEB}#key-1"));
        let documents = [(WEB, document("Multikey", &multibase(&other.public_key())))];
        assert_eq!(answer_of(&badge, &documents), (Verdict::Malformed, "proof_malformed"));
    }
}

#[test]
fn a_key_of_another_kind_beside_a_good_proof_is_an_extra_proof_that_fails() {
    let (issuer, other) = (party(1), p256());
    let good = issuer.sign(unsigned(issuer.did.as_str()));
    let method = key::verification_method_of_any(&other.public_key()).expect("a name");
    let options = ProofOptions { verification_method: method.clone(), ..issuer.options() };
    let add = |suite| proof::sign_with(suite, good.clone(), &other, &options, &Link::default(), &CONTEXTS);
    let both = add(Suite::EcdsaRdfc2019).expect("signs");
    assert_eq!(answer_of(&both, &[]), (Verdict::Valid, "valid"));
    let wrong = tampered(&both, "ecdsa-rdfc-2019", "eddsa-rdfc-2022");
    assert_eq!(answer_of(&wrong, &[]), (Verdict::Malformed, "extra_proof_failed"));
    let changed = tampered(&both, "Pass the exam.", "Attend the exam.");
    assert_eq!(answer_of(&changed, &[]), (Verdict::Forged, "proof_signature_wrong"));
}

#[test]
fn an_rsa_issuer_is_read_by_its_long_name_and_signs_no_proof_of_these_suites() {
    let largest = crate::keys::RsaKey::from_components(&[0xd5; 1024], &[1, 0, 1]).expect("a key");
    let largest = PublicKey::Rsa(largest);
    let (did, method) = (jwk::did_of(&largest), jwk::verification_method_of(&largest));
    assert_eq!(did.as_str().len(), 1871);
    assert_eq!(Did::parse(did.as_str()).as_ref(), Ok(&did), "within the limit");
    assert_eq!(did::key_in_name(&method), Some(Ok(largest)));
    let public = rsa().public_key();
    let did = jwk::did_of(&public);
    let method = jwk::verification_method_of(&public);
    assert_eq!(did::key_in_name(&method), Some(Ok(public)));
    for suite in ECDSA.into_iter().chain(EDDSA) {
        let options = ProofOptions { verification_method: method.clone(), ..party(1).options() };
        let signed =
            proof::sign_with(suite, unsigned(did.as_str()), &rsa(), &options, &Link::default(), &CONTEXTS);
        assert_eq!(signed.map_err(|error| error.code()), Err("key_suite_other"), "{suite:?}");
    }
}

#[test]
fn another_broken_method_in_the_issuers_document_changes_nothing() {
    let text = format!(
        r##"{{"id":"{WEB}","verificationMethod":[
        {{"id":"#broken","type":"Multikey","controller":"{WEB}","publicKeyMultibase":"6Mk"}},
        {{"id":"#encrypts","type":"X25519KeyAgreementKey2019","controller":"{WEB}","publicKeyBase58":"1"}},
        {{"id":"#key-1","type":"Multikey","controller":"{WEB}",{}}}],
        "assertionMethod":["#broken","#encrypts","#key-1"]}}"##,
        multibase(&p384().public_key())
    );
    let document = Arc::new(DidDocument::parse(text.as_bytes(), WEB).expect("a document"));
    for (fragment, expected) in [
        ("key-1", (Verdict::Valid, "valid")),
        ("broken", (Verdict::CouldNotCheck, "key_broken")),
        ("encrypts", (Verdict::Malformed, "key_not_for_signing")),
        ("absent", (Verdict::CouldNotCheck, "key_not_in_document")),
    ] {
        let badge = signed_with(Suite::EcdsaRdfc2019, &p384(), WEB, &format!("{WEB}#{fragment}"));
        assert_eq!(answer_of(&badge, &[(WEB, document.clone())]), expected, "{fragment}");
    }
}
