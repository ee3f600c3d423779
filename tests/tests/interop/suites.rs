//! Further suites, each with the one library that has it: eddsa-jcs-2022, and ecdsa-rdfc-2019 on both curves.

use super::{SIGNING_NPM, made, said, start, unsigned, verdict, verify, with};
use accolade_core::did::key;
use accolade_core::json;
use accolade_core::jsonld::Contexts;
use accolade_core::keys::{P256Secret, P384Secret, PublicKey, SecretKey, SecretRef, SigningKey};
use accolade_core::proof::{self, Link, ProofOptions, Purpose, Suite};
use accolade_core::time::Timestamp;
use accolade_tests::interop;
use accolade_tests::nodes::blocking;
use serde_json::{Value, json};

const CREDITS: &str = "/credentialSubject/achievement/creditsAvailable";

#[tokio::test(flavor = "multi_thread")]
async fn eddsa_jcs_2022_is_understood_both_ways() {
    let Some(libraries) = interop::npm("eddsa-jcs-2022 with the libraries of npm") else { return };
    let ours = signed_by_jcs();
    let ours = [with(&ours, CREDITS, 3.25), with(&ours, "/proof/0/created", "2026-06-30T10:00:02Z"), ours];
    let sign = |name: &&str| json!({"library": name, "do": "sign", "credential": unsigned(3, false), "suite": "eddsa-jcs-2022"});
    let mut jobs: Vec<Value> = SIGNING_NPM.iter().map(sign).collect();
    jobs.extend(SIGNING_NPM.iter().flat_map(|name| ours.iter().map(|badge| verify(name, badge))));
    let answers = blocking(move || libraries.run(&json!({}), &jobs)).await;
    let (theirs, on_ours) = answers.split_at(SIGNING_NPM.len());

    for (name, answers) in SIGNING_NPM.iter().zip(on_ours.chunks(ours.len())) {
        let [credits, created, whole] = answers else { panic!("{answers:?}") };
        assert_eq!(said(whole), (true, true, ""), "{name}: {whole}");
        for changed in [credits, created] {
            assert_eq!(said(changed), (false, false, ""), "{name}: {changed}");
        }
    }
    let folder = tempfile::tempdir().expect("folder");
    let node = start(folder.path()).await;
    for (name, answer) in SIGNING_NPM.iter().zip(theirs) {
        let theirs = made(name, answer);
        assert_eq!(theirs["proof"]["cryptosuite"], "eddsa-jcs-2022");
        assert_eq!(verdict(&node, &theirs).await, "valid", "{name}");
        assert_eq!(verdict(&node, &with(&theirs, CREDITS, 3.25)).await, "forged", "{name}");
        // What the other suite doesn't sign, this one does: the order of values.
        let mut turned = theirs.clone();
        turned["credentialSubject"]["achievement"]["tag"].as_array_mut().expect("tags").reverse();
        assert_eq!(verdict(&node, &turned).await, "forged", "{name}");
    }
    node.stop().await;
}

/// P-384 is where libraries may differ: SHA-384 also orders the blank nodes, of which these badges have several.
#[tokio::test(flavor = "multi_thread")]
async fn ecdsa_rdfc_2019_is_understood_both_ways_on_both_curves() {
    let Some(libraries) = interop::npm("ecdsa-rdfc-2019 with the libraries of npm") else { return };
    let p256 = SecretKey::P256(P256Secret::from_bytes(&[9; 32]).expect("a key"));
    let p384 = SecretKey::P384(P384Secret::from_bytes(&[9; 48]).expect("a key"));
    let curves = [("P-256", &p256), ("P-384", &p384)];
    let ours: Vec<Value> = curves
        .iter()
        .flat_map(|(_, key)| {
            let ours = signed_by(Suite::EcdsaRdfc2019, *key, &key.public_key());
            [with(&ours, CREDITS, 3.25), with(&ours, "/proof/0/created", "2026-06-30T10:00:02Z"), ours]
        })
        .collect();
    let mut jobs: Vec<Value> = Vec::new();
    for name in SIGNING_NPM {
        for (curve, _) in curves {
            jobs.push(json!({"library": name, "do": "sign", "credential": with_blank_nodes(5),
                "suite": "ecdsa-rdfc-2019", "curve": curve}));
        }
    }
    let theirs = jobs.len();
    jobs.extend(SIGNING_NPM.iter().flat_map(|name| ours.iter().map(|badge| verify(name, badge))));
    let answers = blocking(move || libraries.run(&json!({}), &jobs)).await;
    let (theirs, on_ours) = answers.split_at(theirs);

    for (at, answers) in on_ours.chunks(3).enumerate() {
        let [credits, created, whole] = answers else { panic!("{answers:?}") };
        assert_eq!(said(whole), (true, true, ""), "{at}: {whole}");
        for changed in [credits, created] {
            assert_eq!(said(changed), (false, false, ""), "{at}: {changed}");
        }
    }
    let folder = tempfile::tempdir().expect("folder");
    let node = start(folder.path()).await;
    for (at, answer) in theirs.iter().enumerate() {
        let name = SIGNING_NPM[at / 2];
        let theirs = made(name, answer);
        assert_eq!(theirs["proof"]["cryptosuite"], "ecdsa-rdfc-2019");
        assert!(
            theirs["issuer"]["id"]
                .as_str()
                .is_some_and(|id| id.starts_with(["did:key:zDn", "did:key:z82"][at % 2]))
        );
        assert_eq!(verdict(&node, &theirs).await, "valid", "{name} {at}");
        assert_eq!(verdict(&node, &with(&theirs, CREDITS, 3.25)).await, "forged", "{name} {at}");
    }
    node.stop().await;
}

/// A badge with nodes without ids, whose order shows the hash that they were ordered by.
fn with_blank_nodes(seed: u64) -> Value {
    let mut badge = unsigned(seed, false);
    let evidence = ["one", "two", "three", "four", "five"];
    badge["evidence"] = evidence.iter().map(|name| json!({"type": ["Evidence"], "name": name})).collect();
    badge
}

fn signed_by_jcs() -> Value {
    let issuer = SigningKey::from_seed(&[9; 32]);
    signed_by(Suite::EddsaJcs2022, &issuer, &issuer.verifying_key().into())
}

fn signed_by<'k>(suite: Suite, key: impl Into<SecretRef<'k>>, public: &PublicKey) -> Value {
    let mut badge = with_blank_nodes(4);
    badge["issuer"]["id"] = json!(key::did_of_any(public).expect("a name").as_str());
    let options = ProofOptions {
        verification_method: key::verification_method_of_any(public).expect("a name"),
        purpose: Purpose::AssertionMethod,
        created: Timestamp::parse("2026-06-30T10:00:01Z").expect("a time"),
        expires: None,
        challenge: None,
        domain: None,
    };
    let value = json::parse(badge.to_string().as_bytes()).expect("JSON");
    let object = value.as_object().expect("an object").clone();
    let contexts = Contexts::pinned();
    let signed = proof::sign_with(suite, object, key, &options, &Link::default(), &contexts);
    serde_json::from_str(&json::Value::from(signed.expect("signs")).to_string()).expect("JSON")
}
