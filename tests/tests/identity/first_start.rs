//! The DID is fixed at the first start, and stays.

use super::*;
use accolade_tests::nodes::{again, issue};

async fn refused(config: Config) -> String {
    match Node::start_with(config, no_web()).await {
        Ok(_) => panic!("the node started"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn public_url_makes_a_did_web_for_good() {
    let folder = tempfile::tempdir().expect("folder");
    let node = start(with_url(folder.path(), LAKE, Vec::new()), no_web()).await;
    assert_eq!((node.did().as_str(), node.base_url()), (LAKE_DID, LAKE));
    let log_did = node.log_did().clone();
    assert!(log_did.as_str().starts_with("did:key:z6Mk"), "the log keeps the key's own name: {log_did}");
    let multikey = log_did.method_specific_id();
    assert_eq!(node.verification_method(), format!("{LAKE_DID}#{multikey}"));

    let badge = issue(&node, &achievement(&node).await).await;
    assert_eq!(badge["issuer"]["id"], LAKE_DID);
    assert_eq!(badge["credentialStatus"]["statusListCredential"], format!("{LAKE}/status/1"));
    let proof = badge["proof"].get(0).unwrap_or(&badge["proof"]);
    assert_eq!(proof["verificationMethod"], node.verification_method());
    let (status, list) = get(&node, "/status/1").await;
    assert_eq!((status, &list["issuer"]), (200, &Value::from(LAKE_DID)));
    assert_eq!(verdict(&node, &badge).await.0, "valid", "its own document needs no network");

    let same = again(&node);
    node.stop().await;
    let node = start(same, no_web()).await;
    assert_eq!((node.did().as_str(), node.log_did()), (LAKE_DID, &log_did));
    assert_eq!(verdict(&node, &badge).await.0, "valid");
    let (_, overview) = get(&node, "/v1/node").await;
    assert_eq!((&overview["did"], &overview["http"]), (&Value::from(LAKE_DID), &Value::from(LAKE)));
    let own = &overview["issuers"][0];
    assert_eq!((&own["did"], &own["issuesAs"]), (&Value::from(log_did.as_str()), &Value::from(LAKE_DID)));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_did_key_node_stays_what_it_is() {
    let folder = tempfile::tempdir().expect("folder");
    let node = start(config(folder.path(), Vec::new()), no_web()).await;
    let (did, same) = (node.did().clone(), again(&node));
    assert_eq!(node.did(), node.log_did());
    let head = node.replica().issuer(did.as_str()).expect("its own log").head();
    node.stop().await;

    let moved = refused(Config { public_url: PublicUrl::parse(LAKE).ok(), ..same.clone() }).await;
    assert!(moved.contains(did.as_str()) && moved.contains(LAKE_DID), "{moved}");
    assert!(moved.contains("Leave `public_url` out") && moved.contains("accolade-node migrate"), "{moved}");

    let node = start(same, no_web()).await;
    assert_eq!(node.did(), &did);
    assert_eq!(node.replica().issuer(did.as_str()).expect("its own log").head(), head, "nothing was signed");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_did_web_node_is_started_with_its_own_url_only() {
    let folder = tempfile::tempdir().expect("folder");
    let node = start(with_url(folder.path(), "https://lake.example/inst", Vec::new()), no_web()).await;
    let (log_did, same) = (node.log_did().clone(), again(&node));
    let head = node.replica().issuer(log_did.as_str()).expect("its own log").head();
    node.stop().await;

    let none = refused(Config { public_url: None, ..same.clone() }).await;
    assert!(none.contains("did:web:lake.example:inst") && none.contains("is not set"), "{none}");
    for other in
        [LAKE, "https://lake.example:8443/inst", "https://lake.example/Inst", "https://hill.example/inst"]
    {
        let moved = refused(Config { public_url: PublicUrl::parse(other).ok(), ..same.clone() }).await;
        let did = PublicUrl::parse(other).expect(other).did().to_string();
        assert!(moved.contains("did:web:lake.example:inst") && moved.contains(&did), "{moved}");
        assert!(moved.contains("Set `public_url` as it was") && moved.contains("migrate"), "{moved}");
    }

    let node = start(
        Config { public_url: PublicUrl::parse("https://LAKE.example:443/inst/").ok(), ..same },
        no_web(),
    )
    .await;
    assert_eq!(node.did().as_str(), "did:web:lake.example:inst", "the same URL in another spelling");
    assert_eq!(
        node.replica().issuer(log_did.as_str()).expect("its own log").head(),
        head,
        "nothing was signed"
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_document_stands_where_did_web_says() {
    let folder = tempfile::tempdir().expect("folder");
    let node = start(with_url(&folder.path().join("a"), LAKE, Vec::new()), no_web()).await;
    let (status, document) = get(&node, "/.well-known/did.json").await;
    assert_eq!((status, &document["id"]), (200, &Value::from(LAKE_DID)));
    assert_eq!(document["assertionMethod"][0], node.verification_method());
    assert_eq!(get(&node, "/did.json").await.0, 404, "that is the place of a DID with a path");
    node.stop().await;

    let node =
        start(with_url(&folder.path().join("b"), "https://lake.example/inst/badges", Vec::new()), no_web())
            .await;
    // A proxy may pass the path on, or take it off.
    for path in ["/inst/badges/did.json", "/did.json"] {
        let (status, document) = get(&node, path).await;
        assert_eq!(
            (status, &document["id"]),
            (200, &Value::from("did:web:lake.example:inst:badges")),
            "{path}"
        );
    }
    assert_eq!(get(&node, "/.well-known/did.json").await.1["code"], "no_such_address");
    for path in ["/inst/badges/health", "/inst/badges/v1/node?x=1", "/health"] {
        assert_eq!(get(&node, path).await.0, 200, "{path}");
    }
    assert_eq!(get(&node, "/inst/badges/inst/badges/health").await.0, 404, "the path is taken off once");
    let home = format!("{}/inst/badges/", node.local_url());
    let fetched = blocking(move || ureq::get(home).call().expect("answers").body_mut().read_to_string());
    let home = fetched.await.expect("a page");
    assert!(
        home.contains("href=\"/inst/badges/style.css\"") && !home.contains("href=\"/style.css\""),
        "{home}"
    );
    let badge = issue(&node, &achievement(&node).await).await;
    let list = badge["credentialStatus"]["statusListCredential"].as_str().expect("a URL").to_owned();
    assert_eq!(get(&node, list.strip_prefix("https://lake.example").expect("there")).await.0, 200);
    node.stop().await;

    let node = start(config(&folder.path().join("c"), Vec::new()), no_web()).await;
    for path in ["/.well-known/did.json", "/did.json"] {
        assert_eq!(get(&node, path).await.1["code"], "no_did_web", "a did:key has no document at an address");
    }
    node.stop().await;
}
