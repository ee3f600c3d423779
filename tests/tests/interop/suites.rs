//! eddsa-jcs-2022, with the one library that has it.

use super::{SIGNING_NPM, made, said, start, unsigned, verdict, verify, with};
use accolade_core::did::key;
use accolade_core::json;
use accolade_core::jsonld::Contexts;
use accolade_core::keys::SigningKey;
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

fn signed_by_jcs() -> Value {
    let issuer = SigningKey::from_seed(&[9; 32]);
    let mut badge = unsigned(4, false);
    badge["issuer"]["id"] = json!(key::did_of(&issuer.verifying_key()).as_str());
    let options = ProofOptions {
        verification_method: key::verification_method_of(&issuer.verifying_key()),
        purpose: Purpose::AssertionMethod,
        created: Timestamp::parse("2026-06-30T10:00:01Z").expect("a time"),
        expires: None,
        challenge: None,
        domain: None,
    };
    let value = json::parse(badge.to_string().as_bytes()).expect("JSON");
    let object = value.as_object().expect("an object").clone();
    let contexts = Contexts::pinned();
    let signed =
        proof::sign_with(Suite::EddsaJcs2022, object, &issuer, &options, &Link::default(), &contexts);
    serde_json::from_str(&json::Value::from(signed.expect("signs")).to_string()).expect("JSON")
}
