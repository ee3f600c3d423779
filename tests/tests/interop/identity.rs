//! Badges of a node whose DID is a did:web: the others look its document and its list up at its public address.

use super::{PYPI, VERIFYING_NPM, nodes, said, verify, with, with_credits};
use accolade_core::verify::Verdict;
use accolade_node::config::Config;
use accolade_node::node::Node;
use accolade_node::public_url::PublicUrl;
use accolade_tests::interop::{self, Libraries};
use accolade_tests::nodes::{blocking, wait_for_verdict};
use accolade_tests::process::Client;
use serde_json::{Value, json};

const PUBLIC: &str = "https://badges.lake.example";
const DID: &str = "did:web:badges.lake.example";

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_a_did_web_verify_with_the_libraries_of_npm() {
    if let Some(libraries) = interop::npm("badges of a did:web with the libraries of npm") {
        ours_verify_with(libraries, &VERIFYING_NPM).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_a_did_web_verify_with_the_libraries_of_pypi() {
    if let Some(libraries) = interop::pypi("badges of a did:web with the libraries of PyPI") {
        ours_verify_with(libraries, &PYPI).await;
    }
}

async fn ours_verify_with(libraries: Libraries, names: &[&str]) {
    let folder = tempfile::tempdir().expect("folder");
    let public_url = Some(PublicUrl::parse(PUBLIC).expect("an address"));
    let config = Config { public_url, ..nodes::config(folder.path(), Vec::new()) };
    let node = Node::start(config).await.expect("the node starts");
    let achievement = with_credits(&node, 3.5).await;
    let (kept, revoked) = (nodes::issue(&node, &achievement).await, nodes::issue(&node, &achievement).await);
    assert_eq!(kept["issuer"]["id"], DID);
    nodes::revoke(&node, &revoked).await;
    wait_for_verdict(&node, &revoked, Verdict::Revoked).await;

    // What stands at the public address, as a proxy would pass it on.
    let client = Client::new(&node.local_url(), None);
    let at = move |path: &str| match client.get(path).expect("answers") {
        (200, answer) => answer,
        other => panic!("{path}: {other:?}"),
    };
    let (document, list) = blocking(move || (at("/.well-known/did.json"), at("/status/1"))).await;
    let stolen = with(
        &document,
        "/verificationMethod/0/publicKeyMultibase",
        nodes::EARNER.trim_start_matches("did:key:"),
    );
    let places = |document: &Value| json!({DID: document, format!("{PUBLIC}/.well-known/did.json"): document, format!("{PUBLIC}/status/1"): list});
    let changed = with(&kept, "/credentialSubject/achievement/name", "Doctor of Medicine");
    let badges = [kept.clone(), revoked, changed];
    let jobs: Vec<Value> =
        names.iter().flat_map(|name| badges.iter().map(|badge| verify(name, badge))).collect();
    let by_other_key: Vec<Value> = names.iter().map(|name| verify(name, &kept)).collect();
    let (right, wrong) = (places(&document), places(&stolen));
    let (answers, refusals) =
        blocking(move || (libraries.run(&right, &jobs), libraries.run(&wrong, &by_other_key))).await;

    for (name, answers) in names.iter().zip(answers.chunks(badges.len())) {
        let [kept, revoked, changed] = answers else { panic!("{answers:?}") };
        assert_eq!(said(kept), (true, true, "clear"), "{name}: {kept}");
        assert_eq!((said(revoked).1, said(revoked).2), (true, "set"), "{name}: {revoked}");
        assert_eq!((said(changed).0, said(changed).1), (false, false), "{name}: {changed}");
    }
    for (name, refusal) in names.iter().zip(refusals) {
        assert_eq!((said(&refusal).0, said(&refusal).1), (false, false), "{name}, by another key: {refusal}");
    }
    node.stop().await;
}
