//! Status lists of issuers who run no node.

use super::*;
use accolade_node::clock;
use accolade_tests::nodes::{client, issue};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A host that gives these bytes at any path, with these headers.
fn serving(authority: &Authority, headers: &[&str], body: Vec<u8>) -> Host {
    let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    authority.host("lake.example", move |_| Reply::Whole(200, headers.clone(), body.clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_an_issuer_without_a_node_is_fetched_and_says_who_is_revoked() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
    let host = serving(&authority, &[], lake.list(LIST, &[7]));
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    let found = report(&node, &lake.badge(LIST, 5)).await;
    assert_eq!((&found["verdict"], &found["code"]), (&json!("valid"), &json!("valid")));
    let status = check(&found, "status");
    assert_eq!(status["source"], "status_list_credential");
    assert_eq!(status["as_of"], found["status_as_of"]);
    assert!(text(&found["status_as_of"]).starts_with("20"), "says how old that word is: {found}");
    assert_eq!(verdict(&node, &lake.badge(LIST, 7)).await, outcome("revoked", "revoked"));
    assert_eq!(host.asked("/status/1"), 1, "kept for the second badge");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_did_web_issuer_is_asked_for_document_and_list_and_the_report_says_how_old_they_are() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::named(LAKE, 1));
    let (document, list) = (lake.document(), lake.list(LIST, &[7]));
    let host = authority.host("lake.example", move |path| match path {
        "/.well-known/did.json" => Reply::ok(document.clone()),
        "/status/1" => Reply::ok(list.clone()),
        _ => Reply::status(404),
    });
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    let before = clock::now();
    let found = report(&node, &lake.badge(LIST, 5)).await;
    assert_eq!(found["verdict"], "valid", "{found}");
    let issuer = check(&found, "issuer");
    assert_eq!(issuer["source"], "controller_document");
    let as_of = accolade_core::time::Timestamp::parse(text(&issuer["as_of"])).expect("a time");
    assert!(before <= as_of && as_of <= clock::now(), "{issuer}");
    assert_eq!(verdict(&node, &lake.badge(LIST, 7)).await.0, "revoked");
    assert_eq!((host.asked("/.well-known/did.json"), host.asked("/status/1")), (1, 1));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_about_a_badge_whose_proof_does_not_pass() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let (lake, thief) = (Issuer::of_key(1), Issuer::of_key(2));
    let host = serving(&authority, &[], lake.list(LIST, &[7]));
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    let mut changed = lake.badge(LIST, 7);
    changed["name"] = json!("Flying");
    let mut moved = lake.badge("https://hill.example/status/1", 7);
    moved["credentialStatus"] = issuer::entry(LIST, 7);
    let mut unsigned = lake.badge(LIST, 7);
    unsigned.as_object_mut().expect("an object").remove("proof");
    for fake in [thief.sign(&lake.unsigned(LIST, 7)), changed, moved, unsigned] {
        let (verdict, _) = verdict(&node, &fake).await;
        assert!(["forged", "malformed"].contains(&verdict.as_str()), "{verdict}");
    }
    assert_eq!(host.asked_in_all(), 0);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_a_stale_and_an_undeclared_list_are_told_apart_and_none_is_good() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
    let old = clock::now().minus(Duration::from_secs(49 * 3600));
    let stale =
        lake.list_of(LIST, &[7], old, |list| drop(list.as_object_mut().expect("one").remove("validUntil")));
    let host = authority.host("lake.example", move |path| match path {
        "/status/1" => Reply::ok(stale.clone()),
        _ => Reply::status(503),
    });
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    // Unreachable: the server has a bad day, there is no server, the address isn't one that is fetched.
    for url in [
        "https://lake.example/down",
        "https://nowhere.example/1",
        "http://lake.example/1",
        "https://127.0.0.1/1",
        "urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11",
    ] {
        let found = report(&node, &lake.badge(url, 5)).await;
        assert_eq!(
            (&found["verdict"], &found["code"]),
            (&json!("could_not_check"), &json!("status_unavailable")),
            "{url}"
        );
        assert!(!text(&check(&found, "status")["detail"]).is_empty(), "says why: {found}");
    }
    // Stale: not revoked as of two days ago; what was revoked then still is.
    assert_eq!(verdict(&node, &lake.badge(LIST, 5)).await, could_not_check("status_stale"));
    assert_eq!(verdict(&node, &lake.badge(LIST, 7)).await, outcome("revoked", "revoked"));

    // Undeclared: the issuer runs a node whose records are held here, and names a list that is none of his.
    let asked_before = host.asked_in_all();
    let mut badge = issue(
        &node,
        &blocking({
            let owner = client(&node);
            move || owner.new_achievement("Rowing")
        })
        .await,
    )
    .await;
    badge.as_object_mut().expect("one").remove("proof");
    badge["id"] = json!("urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11");
    badge["credentialStatus"] = issuer::entry("https://lake.example/beacon", 5);
    let signed = sign_as(&node, &badge).await;
    assert_eq!(verdict(&node, &signed).await, could_not_check("unknown_list"));
    assert_eq!(host.asked_in_all(), asked_before, "a badge can't carry a beacon");
    node.stop().await;
}

/// A credential signed by a node as it is.
async fn sign_as(node: &Running, unsigned: &Value) -> Value {
    let (client, body) = (client(node), json!({"credential": unsigned}));
    let (status, answer) = blocking(move || client.post("/credentials/issue", &body)).await.expect("answers");
    assert_eq!(status, 201, "{answer}");
    answer["verifiableCredential"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_issuers_list_is_refused_and_says_why() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let (lake, other) = (Issuer::of_key(1), Issuer::of_key(2));
    let at = |path: &str| format!("https://lake.example/{path}");
    let now = clock::now();
    let unsigned = {
        let mut list: Value = serde_json::from_slice(&lake.list(&at("unsigned"), &[])).expect("JSON");
        list.as_object_mut().expect("one").remove("proof");
        list.to_string().into_bytes()
    };
    let changed =
        String::from_utf8(lake.list(&at("changed"), &[])).expect("text").replace("revocation", "suspension");
    let mut answers = vec![
        ("of-another", other.list(&at("of-another"), &[])),
        ("elsewhere", lake.list(&at("other-id"), &[])),
        ("unsigned", unsigned),
        ("changed", changed.into_bytes()),
        ("junk", b"<html>Not found</html>".to_vec()),
        ("zeros", vec![b'0'; 10_000_000]),
        ("nested", vec![b'['; 1_000_000]),
        ("expired", lake.list_of(&at("expired"), &[], now.minus(Duration::from_secs(7200)), |_| {})),
    ];
    answers.push((
        "bomb",
        lake.list_of(&at("bomb"), &[], now, |list| list["credentialSubject"]["encodedList"] = json!(bomb())),
    ));
    let paths: Vec<&str> = answers.iter().map(|(path, _)| *path).collect();
    let host = {
        let answers = answers.clone();
        authority.host("lake.example", move |path| {
            let found = answers.iter().find(|(known, _)| path.trim_start_matches('/') == *known);
            found.map_or(Reply::status(404), |(_, body)| Reply::ok(body.clone()))
        })
    };
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    for path in paths {
        let found = report(&node, &lake.badge(&at(path), 5)).await;
        assert_eq!(found["verdict"], "could_not_check", "{path}: {found}");
        assert_eq!(found["code"], "status_list_refused", "{path}: {found}");
        assert!(!text(&check(&found, "status")["detail"]).is_empty(), "{path} says why: {found}");
    }
    node.stop().await;
}

/// An `encodedList` of some kB that inflates to a gigabyte.
fn bomb() -> String {
    use base64::Engine as _;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    (0..256).for_each(|_| encoder.write_all(&zeros).expect("writes"));
    let packed = encoder.finish().expect("ends");
    format!("u{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(packed))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_ask_at_once_cost_one_fetch() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
    let host = serving(&authority, &[], lake.list(LIST, &[7]));
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    let badges: Vec<Value> = (100..200).map(|index| lake.badge(LIST, index)).collect();
    let all = badges.iter().map(|badge| verdict(&node, badge));
    for (verdict, code) in futures::future::join_all(all).await {
        assert_eq!((verdict.as_str(), code.as_str()), ("valid", "valid"));
    }
    assert_eq!(host.asked_in_all(), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_no_store_is_asked_each_time() {
    for header in
        ["Cache-Control: no-store", "Cache-Control: max-age=0", "Cache-Control: no-cache, max-age=600"]
    {
        let (folder, authority, lake) =
            (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
        let host = serving(&authority, &[header], lake.list(LIST, &[7]));
        let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
        for index in [5, 6, 7] {
            let wanted = if index == 7 { "revoked" } else { "valid" };
            assert_eq!(verdict(&node, &lake.badge(LIST, index)).await.0, wanted, "{header}");
        }
        assert_eq!(host.asked_in_all(), 3, "{header}");
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_never_kept_as_good_and_a_revocation_outlives_its_server() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
    let asked = Arc::new(AtomicUsize::new(0));
    let list = lake.list(LIST, &[7]);
    let host = authority.host("lake.example", move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Whole(200, vec!["Cache-Control: no-store".to_owned()], list.clone()),
        _ => Reply::status(500),
    });
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    assert_eq!(verdict(&node, &lake.badge(LIST, 5)).await.0, "valid");
    let found = report(&node, &lake.badge(LIST, 5)).await;
    assert_eq!((&found["verdict"], &found["code"]), (&json!("could_not_check"), &json!("status_stale")));
    assert!(text(&check(&found, "status")["detail"]).contains("500"), "says why: {found}");
    assert_eq!(verdict(&node, &lake.badge(LIST, 7)).await, outcome("revoked", "revoked"));
    assert_eq!(host.asked_in_all(), 2, "the failure is remembered for a moment");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_fragment_of_somebodys_url_proves_nothing() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let (victim, thief) =
        (Issuer::named("https://victim.example/", 1), Issuer::named("https://victim.example/", 9));
    let document = victim.document();
    let host = authority.host("victim.example", move |_| {
        Reply::Whole(200, vec!["Content-Type: application/json".to_owned()], document.clone().into_bytes())
    });
    let node = with_web(folder.path(), &authority, &[("victim.example", host.address)]).await;
    let list = "https://victim.example/status/1";
    let faked = thief.badge(list, 5);
    assert!(text(&faked["proof"][0]["verificationMethod"]).starts_with("https://victim.example/#z6Mk"));
    assert_eq!(verdict(&node, &faked).await, could_not_check("key_not_in_document"));
    assert_eq!(host.asked("/status/1"), 0, "its list is not asked for");
    node.stop().await;
}
