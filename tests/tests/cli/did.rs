//! `did resolve`: what a DID says itself, and what a node says of it.

use crate::support::{FakeNode, Session};
use serde_json::json;

const KEY: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
const JWK: &str = "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6IjExcVlBWUt4Q3JmVlNfN1R5V1FIT2c3aGN2UGFwaU1scndJYWFQY0hVUm8ifQ";

#[test]
fn a_did_that_holds_its_key_needs_no_node() {
    let session = Session::new();
    let nowhere = "--node http://127.0.0.1:1";
    let document = session.run(&format!("did resolve {KEY} {nowhere}")).json();
    assert_eq!(document["id"], KEY);
    let method = format!("{KEY}#{}", KEY.trim_start_matches("did:key:"));
    assert_eq!(document["assertionMethod"], json!([method]));
    assert_eq!(document["verificationMethod"][0]["publicKeyMultibase"], KEY.trim_start_matches("did:key:"));

    let document = session.run(&format!("did resolve {JWK} {nowhere} --json")).json();
    assert_eq!((&document["id"], &document["assertionMethod"]), (&json!(JWK), &json!([format!("{JWK}#0")])));
}

#[test]
fn other_dids_are_a_nodes_business() {
    let session = Session::new();
    let did = "did:web:badges.example%3A8443:north";
    let key = KEY.trim_start_matches("did:key:");
    let method =
        json!({"id": format!("{did}#k"), "type": "Multikey", "controller": did, "publicKeyMultibase": key});
    let document =
        json!({"id": did, "verificationMethod": [method], "assertionMethod": [format!("{did}#k")]});
    let node = FakeNode::answering("200 OK", &document.to_string());
    let told = session.run(&format!("did resolve {did} --node {}", node.url)).json();
    assert_eq!(told, document);
    let (head, _) = node.request();
    assert!(
        head.starts_with("GET /1.0/identifiers/did%3Aweb%3Abadges.example%253A8443%3Anorth HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.to_lowercase().contains("accept: application/did+json"), "{head}");

    // The document of somebody else, and what is none.
    for answer in [json!({"id": "did:web:other.example"}), json!({}), json!([])] {
        let node = FakeNode::answering("200 OK", &answer.to_string());
        let outcome = session.run(&format!("did resolve {did} --node {}", node.url));
        outcome.fails(1, "not what an Accolade node says", "--node");
    }
    let problem =
        r#"{"title":"Not found","detail":"badges.example has no such document.","hint":"Check the DID."}"#;
    let node = FakeNode::answering("404 Not Found", problem);
    session.run(&format!("did resolve {did} --node {}", node.url)).fails(
        1,
        "no such document",
        "Check the DID.",
    );
    session.run(&format!("did resolve {did} --node http://127.0.0.1:1")).fails(
        1,
        "no node answers",
        "--node",
    );
}

#[test]
fn what_is_no_did_is_refused() {
    let session = Session::new();
    for text in
        ["ada", "did:", "did:key", "did:KEY:z", "https://badges.example", "did:web:a#k", "did:web:a/b"]
    {
        assert_eq!(session.run(&format!("did resolve {text}")).code, 64, "{text}");
    }
    for text in ["did:key:z6Mk", "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", "did:jwk:e30"] {
        session.run(&format!("did resolve {text}")).fails(1, text, "the DID is whole");
    }
}
