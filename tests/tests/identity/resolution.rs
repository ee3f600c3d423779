//! DID resolution over HTTP, as other software asks for it.

use super::*;
use accolade_tests::process::percent_encoded;
use serde_json::json;

const RESULT: &str = "application/did-resolution";
const OLDER: &str = "application/ld+json;profile=\"https://w3id.org/did-resolution\"";
const KEY: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

/// Status, Content-Type and JSON.
async fn resolve(node: &Running, did: &str, accept: Option<&'static str>) -> (u16, String, Value) {
    let url = format!("{}/1.0/identifiers/{did}", node.local_url());
    let asked = blocking(move || {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).accept("").build().new_agent();
        let request = agent.get(url);
        match accept {
            Some(accept) => request.header("Accept", accept).call(),
            None => request.call(),
        }
    });
    let mut answer = asked.await.expect("answers");
    let kind = answer
        .headers()
        .get("content-type")
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    (answer.status().as_u16(), kind, answer.body_mut().read_json().expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_no_network_is_answered_in_every_form() {
    let folder = tempfile::tempdir().expect("folder");
    let node = start(with_url(folder.path(), "https://lake.example:8443", Vec::new()), no_web()).await;
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let jwk = format!("did:jwk:{}", {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(jwk.to_string())
    });
    let own = "did:web:lake.example%3A8443";
    for did in [KEY, jwk.as_str(), own] {
        for path in [did.to_owned(), percent_encoded(did)] {
            let (status, kind, result) = resolve(&node, &path, None).await;
            assert_eq!((status, kind.as_str()), (200, RESULT), "{path}");
            assert_eq!(result["didDocument"]["id"], did);
            assert_eq!(result["didResolutionMetadata"]["contentType"], RESULT);
            assert_eq!(result["didDocumentMetadata"], json!({}));
        }
        let (status, kind, result) = resolve(&node, did, Some(OLDER)).await;
        assert_eq!((status, kind.as_str(), &result["didDocument"]["id"]), (200, OLDER, &Value::from(did)));
        for accept in ["application/did+json", "application/did+ld+json", "application/json"] {
            let (status, kind, document) = resolve(&node, did, Some(accept)).await;
            assert_eq!((status, kind.as_str(), &document["id"]), (200, accept, &Value::from(did)));
        }
    }
    assert_eq!(
        resolve(&node, own, Some("application/json")).await.2,
        get(&node, "/.well-known/did.json").await.1
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_resolved_is_told_in_each_style() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let host = authority.host("lake.example", |path| match path {
        "/gone/did.json" => Reply::status(410),
        "/broken/did.json" => Reply::ok("{"),
        "/other/did.json" => Reply::ok(r#"{"id":"did:web:hill.example"}"#),
        "/good/did.json" => Reply::ok(r#"{"id":"did:web:lake.example:good","note":6.0}"#),
        _ => Reply::status(404),
    });
    let node =
        start(config(folder.path(), Vec::new()), authority.egress(&[("lake.example", host.address)])).await;
    let (status, _, result) = resolve(&node, "did:web:lake.example:good", None).await;
    assert_eq!((status, &result["didDocument"]["id"]), (200, &Value::from("did:web:lake.example:good")));

    for (did, status, word, name) in [
        ("not-a-did", 400, "invalidDid", "INVALID_DID"),
        ("did:example", 400, "invalidDid", "INVALID_DID"),
        ("did:key:z6Mk", 400, "invalidDid", "INVALID_DID"),
        ("did:web:127.0.0.1", 400, "invalidDid", "INVALID_DID"),
        ("did:web:lake.example%3A8443:..:x", 400, "invalidDid", "INVALID_DID"),
        ("did%3Akey%3Az6Mk%23key-1", 400, "invalidDid", "INVALID_DID"),
        ("did:unheardof:123", 501, "methodNotSupported", "METHOD_NOT_SUPPORTED"),
        ("did:web:lake.example", 404, "notFound", "NOT_FOUND"),
        ("did:web:nowhere.example", 404, "notFound", "NOT_FOUND"),
        ("did:web:lake.example:broken", 500, "invalidDidDocument", "INVALID_DID_DOCUMENT"),
        ("did:web:lake.example:other", 500, "invalidDidDocument", "INVALID_DID_DOCUMENT"),
        ("did:web:lake.example%3A8443", 500, "internalError", "INTERNAL_ERROR"),
    ] {
        let (found, kind, newer) = resolve(&node, did, Some(RESULT)).await;
        assert_eq!((found, kind.as_str()), (status, RESULT), "{did}: {newer}");
        let url = format!("https://www.w3.org/ns/did#{name}");
        assert_eq!(newer["didResolutionMetadata"]["error"]["type"], url, "{did}");
        assert_eq!((&newer["didDocument"], &newer["didDocumentMetadata"]), (&Value::Null, &json!({})));
        let (found, _, older) = resolve(&node, did, Some(OLDER)).await;
        assert_eq!((found, &older["didResolutionMetadata"]["error"]), (status, &Value::from(word)), "{did}");
        let (found, kind, problem) = resolve(&node, did, Some("application/did+json")).await;
        assert_eq!((found, kind.as_str()), (status, "application/problem+json"), "{did}");
        assert_eq!(problem["code"], word);
        assert!(!problem["hint"].as_str().unwrap_or_default().is_empty());
    }

    let (status, _, gone) = resolve(&node, "did:web:lake.example:gone", None).await;
    assert_eq!((status, &gone["didDocumentMetadata"]["deactivated"]), (410, &Value::from(true)));
    assert!(gone["didResolutionMetadata"].get("error").is_none());
    let (status, _, problem) = resolve(&node, KEY, Some("text/turtle")).await;
    assert_eq!((status, &problem["code"]), (406, &Value::from("representationNotSupported")));
    node.stop().await;
}
