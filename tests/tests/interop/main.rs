//! Badges of this project in other people's software, and theirs in ours. What is run stands in `tests/interop`.
//!
//! What the others can't do, so that it isn't tested:
//! - `@digitalbazaar/vc` calls a revoked badge verified: its caller has to look at the status that it found.
//! - `@digitalcredentials/verifier-core` only verifies, and looks only at the first `credentialStatus`.
//! - `openbadgeslib` checks the proof of a status list only if the list is a JWT; ours, whose proof is embedded, it
//!   reads unchecked. It has no eddsa-jcs-2022, and neither has verifier-core.
//! - `openbadges-bakery` knows the places of Open Badges 2.0 only: it doesn't find what stands in those of 3.0.

mod identity;
mod pictures;
mod suites;

use accolade_core::verify::Verdict;
use accolade_node::node::{Node, Running};
use accolade_tests::interop::{self, Libraries};
use accolade_tests::nodes::{self, blocking, wait_for_verdict};
use accolade_tests::process::Client;
use accolade_tests::{badges, process};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const SIGNING_NPM: [&str; 2] = ["@digitalbazaar/vc", "@digitalcredentials/vc"];
const VERIFYING_NPM: [&str; 3] = [SIGNING_NPM[0], SIGNING_NPM[1], "@digitalcredentials/verifier-core"];
const PYPI: [&str; 1] = ["openbadgeslib"];
const LIST: &str = "https://node.example.org/status/7";
const INDEX: u64 = 4711;

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_a_node_verify_with_the_libraries_of_npm() {
    if let Some(libraries) = interop::npm("our badges with the libraries of npm") {
        ours_verify_with(libraries, &VERIFYING_NPM).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_a_node_verify_with_the_libraries_of_pypi() {
    if let Some(libraries) = interop::pypi("our badges with the libraries of PyPI") {
        ours_verify_with(libraries, &PYPI).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_the_libraries_of_npm_verify_with_a_node_and_offline() {
    if let Some(libraries) = interop::npm("badges of the libraries of npm with us") {
        theirs_verify_with_us(libraries, &SIGNING_NPM).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_the_libraries_of_pypi_verify_with_a_node_and_offline() {
    if let Some(libraries) = interop::pypi("badges of the libraries of PyPI with us") {
        theirs_verify_with_us(libraries, &PYPI).await;
    }
}

/// A node issues; each of `names` says good, changed and revoked where that is so. Their loaders read the status
/// list from the node over HTTP.
async fn ours_verify_with(libraries: Libraries, names: &[&str]) {
    let folder = tempfile::tempdir().expect("folder");
    let node = start(folder.path()).await;
    let achievement = with_credits(&node, 3.5).await;
    let (kept, revoked) = (nodes::issue(&node, &achievement).await, nodes::issue(&node, &achievement).await);
    assert_eq!(kept["credentialSubject"]["achievement"]["creditsAvailable"], json!(3.5));
    nodes::revoke(&node, &revoked).await;
    wait_for_verdict(&node, &revoked, Verdict::Revoked).await;

    let mut more_credits = kept.clone();
    more_credits["credentialSubject"]["achievement"]["creditsAvailable"] = json!(35);
    let mut moved = revoked.clone();
    moved["credentialStatus"]["statusListIndex"] = kept["credentialStatus"]["statusListIndex"].clone();
    let all = [kept, revoked, more_credits, moved];
    let jobs: Vec<Value> =
        names.iter().flat_map(|name| all.iter().map(|badge| verify(name, badge))).collect();
    let answers = blocking(move || libraries.run(&json!({}), &jobs)).await;

    for (name, answers) in names.iter().zip(answers.chunks(all.len())) {
        let [kept, revoked, more_credits, moved] = answers else { panic!("{answers:?}") };
        assert_eq!(said(kept), (true, true, "clear"), "{name}: {kept}");
        assert_eq!((said(revoked).1, said(revoked).2), (true, "set"), "{name}: {revoked}");
        assert_eq!(said(revoked).0, *name == SIGNING_NPM[0], "{name}: {revoked}");
        for changed in [more_credits, moved] {
            assert_eq!((said(changed).0, said(changed).1), (false, false), "{name}: {changed}");
        }
        if name.ends_with("verifier-core") {
            assert_eq!(kept["schema"], true, "the schema of Open Badges: {kept}");
        }
    }
    node.stop().await;
}

/// Each of `names` signs with a did:key; a node and the command line say good, changed and revoked where that is so.
async fn theirs_verify_with_us(libraries: Libraries, names: &[&str]) {
    let folder = tempfile::tempdir().expect("folder");
    let node = start(&folder.path().join("node")).await;
    let (plain, with_status) = (unsigned(1, false), unsigned(2, true));
    let jobs = |name: &&str| {
        let list = |set: &[u64]| json!({"library": name, "do": "list", "id": LIST, "set": set});
        [sign(name, &plain), sign(name, &with_status), list(&[INDEX + 1]), list(&[INDEX])]
    };
    let jobs: Vec<Value> = names.iter().flat_map(jobs).collect();
    let answers = blocking(move || libraries.run(&json!({}), &jobs)).await;

    for (name, answers) in names.iter().zip(answers.chunks(4)) {
        let made: Vec<Value> = answers.iter().map(|answer| made(name, answer)).collect();
        let [plain, with_status, clear, revoked] = &made[..] else { panic!("{made:?}") };

        assert_eq!(plain["credentialSubject"]["achievement"]["creditsAvailable"], json!(3.5));
        assert_eq!(verdict(&node, plain).await, "valid", "{name}");
        assert_eq!(
            verdict(&node, with_status).await,
            "could_not_check",
            "{name}: nobody gave the node the list"
        );
        assert_eq!(verdict(&node, &with(plain, "/name", "Doctor of Medicine")).await, "forged", "{name}");
        let credits = "/credentialSubject/achievement/creditsAvailable";
        assert_eq!(verdict(&node, &with(plain, credits, 3.6)).await, "forged", "{name}");
        assert_eq!(
            verdict(&node, &with(plain, "/proof/created", "2026-01-01T00:00:00Z")).await,
            "forged",
            "{name}"
        );

        let offline = |badge: &Value, list: &Value| offline_verdict(folder.path(), badge, list);
        assert_eq!(offline(with_status, clear), "valid", "{name}");
        assert_eq!(offline(with_status, revoked), "revoked", "{name}");
        let index = "/credentialStatus/statusListIndex";
        assert_eq!(offline(&with(with_status, index, (INDEX + 2).to_string()), revoked), "forged", "{name}");
        let undone =
            with(revoked, "/credentialSubject/encodedList", &clear["credentialSubject"]["encodedList"]);
        assert_eq!(offline(with_status, &undone), "could_not_check", "{name}: a list that was changed");
    }
    node.stop().await;
}

async fn start(data: &Path) -> Running {
    Node::start(nodes::config(data, Vec::new())).await.expect("the node starts")
}

/// An achievement of `node` that brings this many credits, published; its id.
async fn with_credits(node: &Running, credits: f64) -> String {
    let client = nodes::client(node);
    blocking(move || {
        let achievement = json!({
            "type": ["Achievement"], "name": "Welding – “Level 2”", "description": "Schweißen nach ISO 9606",
            "criteria": {"narrative": "Pass the *examination*."}, "creditsAvailable": credits, "tag": ["métal", "火"],
        });
        let (status, made) = client.post("/v1/achievements", &achievement).expect("answers");
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/achievements/{}/publish", process::percent_encoded(&id));
        assert_eq!(client.post(&path, &json!({})).expect("answers").0, 200);
        id
    })
    .await
}

/// A badge with every usual member that nobody has signed; its issuer's id is for the signer to put in.
fn unsigned(seed: u64, has_status: bool) -> Value {
    let mut badge = badges::badge_like_peer(seed);
    badge["validFrom"] = json!("2026-06-30T10:00:00Z");
    badge["credentialSubject"]["achievement"]["creditsAvailable"] = json!(3.5);
    badge["credentialStatus"] = json!({
        "id": format!("{LIST}#{INDEX}"), "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
        "statusListIndex": INDEX.to_string(), "statusListCredential": LIST,
    });
    if !has_status {
        badge.as_object_mut().expect("an object").remove("credentialStatus");
    }
    badge
}

fn verify(library: &str, credential: &Value) -> Value {
    json!({"library": library, "do": "verify", "credential": credential})
}

fn sign(library: &str, credential: &Value) -> Value {
    json!({"library": library, "do": "sign", "credential": credential})
}

/// What a library said: all is well, the signature is right, the status.
fn said(answer: &Value) -> (bool, bool, &str) {
    let is = |name: &str| answer[name].as_bool().unwrap_or_else(|| panic!("no “{name}” in {answer}"));
    (is("verified"), is("signature"), answer["status"].as_str().unwrap_or_default())
}

fn made(name: &str, answer: &Value) -> Value {
    assert!(answer["credential"].is_object(), "{name}: {answer}");
    answer["credential"].clone()
}

/// `document` with another value at `pointer`, which must be there.
fn with(document: &Value, pointer: &str, value: impl serde::Serialize) -> Value {
    let mut changed = document.clone();
    let member = changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} in {document}"));
    *member = json!(value);
    assert_ne!(&changed, document, "nothing was changed");
    changed
}

/// What `node` says of a badge over HTTP.
async fn verdict(node: &Running, badge: &Value) -> String {
    verdict_of(node, badge.to_string().into_bytes()).await
}

/// What `node` says of bytes over HTTP.
async fn verdict_of(node: &Running, bytes: Vec<u8>) -> String {
    let client = Client::new(&node.local_url(), None);
    let posted = blocking(move || client.post_bytes("/v1/verify", "application/octet-stream", &bytes)).await;
    let (status, report) = posted.expect("answers");
    assert_eq!(status, 200, "{report}");
    report["verdict"].as_str().expect("a verdict").to_owned()
}

/// What the command line says of a badge with a status list beside it.
fn offline_verdict(folder: &Path, badge: &Value, list: &Value) -> String {
    std::fs::write(folder.join("badge.json"), badge.to_string()).expect("written");
    std::fs::write(folder.join("list.json"), list.to_string()).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_cli-under-test"))
        .args(["verify", "badge.json", "--list", "list.json", "--json"])
        .current_dir(folder)
        .output()
        .expect("runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    report["verdict"].as_str().expect("a verdict").to_owned()
}
