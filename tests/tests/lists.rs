//! A node's lists: as they were at a past time, and those of certification mode.

use accolade_core::credential::Credential;
use accolade_core::did::document::DidDocument;
use accolade_core::jsonld::Contexts;
use accolade_core::status::{self, ListKind, ListNeed, VerifiedList};
use accolade_core::time::Timestamp;
use accolade_core::verify::{Documents, Evidence, Policy, Report, Verdict, check};
use accolade_node::clock;
use accolade_node::config::Config;
use accolade_node::node::{Node, Running};
use accolade_tests::nodes::{again, blocking, client, config, issue, revoke, wait_for_verdict};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

async fn get(node: &Running, path: &str) -> (u16, Value) {
    let (client, path) = (client(node), path.to_owned());
    blocking(move || client.get(&path)).await.expect("answers")
}

async fn achievement(node: &Running) -> String {
    let client = client(node);
    blocking(move || client.new_achievement("Rowing")).await
}

/// A time after which all that follows is.
fn a_moment() -> Timestamp {
    let then = clock::now();
    while clock::now() <= then {
        std::thread::yield_now();
    }
    then
}

/// The list in the answer, as a verifier reads it who asks about `then`.
fn read(node: &Running, list: &Value, then: Timestamp) -> VerifiedList {
    let url = list["id"].as_str().expect("an id").to_owned();
    let need = ListNeed { url, kind: ListKind::Bitstring };
    let (text, contexts) = (list.to_string(), Contexts::pinned());
    let issuer = node.did().as_str();
    status::read(text.as_bytes(), &need, issuer, &documents(node), clock::now(), &contexts, then)
        .expect("a list")
}

fn documents(node: &Running) -> Documents {
    let document: Arc<DidDocument> = Arc::clone(node.document());
    Documents::from([(document.id().to_owned(), Ok(document))])
}

/// The verdict on a badge as of `then`, by this list.
fn as_of(node: &Running, badge: &Value, list: VerifiedList, then: Timestamp) -> Report {
    let lists = [(list.url().to_owned(), Ok(vec![Arc::new(list)]))].into_iter().collect();
    let evidence = Evidence { documents: documents(node), lists, ..Evidence::default() };
    let policy = Policy { as_of: Some(then), ..Policy::default() };
    let badge = Credential::parse(badge.to_string().as_bytes()).expect("a badge");
    check(&badge, &evidence, &policy, clock::now(), &Contexts::pinned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_given_out_as_it_was_and_still_after_a_restart() {
    let folder = tempfile::tempdir().expect("folder");
    let node = Node::start(config(folder.path(), Vec::new())).await.expect("starts");
    let badge = issue(&node, &achievement(&node).await).await;
    let index: u64 =
        badge["credentialStatus"]["statusListIndex"].as_str().expect("text").parse().expect("a number");
    wait_for_verdict(&node, &badge, Verdict::Valid).await;
    let before = a_moment();
    revoke(&node, &badge).await;
    wait_for_verdict(&node, &badge, Verdict::Revoked).await;
    let after = a_moment();

    let settings = again(&node);
    let mut node = node;
    for round in ["before the restart", "after it"] {
        for (then, revoked) in [(before, false), (after, true)] {
            let (status, list) = get(&node, &format!("/status/1?timestamp={then}")).await;
            assert_eq!(
                (status, &list["type"][1]),
                (200, &json!("BitstringStatusListCredential")),
                "{round}: {list}"
            );
            assert_eq!(list["validUntil"], then.to_string(), "it says for which time it speaks");
            let read = read(&node, &list, then);
            assert_eq!(read.get(index), Some(revoked), "{round}");
            assert!(read.as_of() <= then, "its word is of that time: {}", read.as_of());
            let report = as_of(&node, &badge, read, then);
            let expected = if revoked { Verdict::Revoked } else { Verdict::Valid };
            assert_eq!((report.verdict, report.checked_at), (expected, then), "{report:#?}");
        }
        if round == "before the restart" {
            node.stop().await;
            node = Node::start(settings.clone()).await.expect("starts again");
        }
    }
    // The list of then can't be passed off as that of today.
    let (_, old) = get(&node, &format!("/status/1?timestamp={before}")).await;
    let need = ListNeed { url: old["id"].as_str().expect("an id").to_owned(), kind: ListKind::Bitstring };
    let (text, now) = (old.to_string(), clock::now());
    let passed_off = status::read(
        text.as_bytes(),
        &need,
        node.did().as_str(),
        &documents(&node),
        now,
        &Contexts::pinned(),
        now,
    );
    assert_eq!(passed_off.expect_err("it is over").code(), "list_expired");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_cannot_be_answered_is_an_error_that_says_why() {
    let folder = tempfile::tempdir().expect("folder");
    let node = Node::start(config(folder.path(), Vec::new())).await.expect("starts");
    let badge = issue(&node, &achievement(&node).await).await;
    wait_for_verdict(&node, &badge, Verdict::Valid).await;
    let (now, ahead) = (a_moment(), clock::now().plus(Duration::from_secs(3600)));
    for (query, status, code) in [
        ("timestamp=2020-01-01T00:00:00Z".to_owned(), 404, "list_not_yet"),
        (format!("timestamp={ahead}"), 400, "timestamp_ahead"),
        ("timestamp=".to_owned(), 400, "timestamp_invalid"),
        ("timestamp=yesterday".to_owned(), 400, "timestamp_invalid"),
        ("timestamp=2026-06-30".to_owned(), 400, "timestamp_invalid"),
        ("timestamp=2026-06-30T10:00:00".to_owned(), 400, "timestamp_invalid"),
        ("timestamp=2026-06-30T10:00:00+02:00".to_owned(), 400, "timestamp_invalid"),
        ("timestamp=1782903600".to_owned(), 400, "timestamp_invalid"),
        (format!("timestamp={now}&timestamp={now}"), 400, "timestamp_invalid"),
        (format!("timestamp={now}&timestamp=2020-01-01T00:00:00Z"), 400, "timestamp_invalid"),
    ] {
        let (found, problem) = get(&node, &format!("/status/1?{query}")).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{query}: {problem}");
        assert!(problem["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{problem}");
    }
    let (found, problem) = get(&node, &format!("/status/2?timestamp={now}")).await;
    assert_eq!((found, &problem["code"]), (404, &json!("no_such_list")));
    // The same moment in another zone, written as a URL asks for it, and a word that means nothing here.
    let zoned = now.to_string().replace('Z', "%2B00:00");
    for query in [format!("timestamp={zoned}"), format!("timestamp={now}&other=1"), "other=1".to_owned()] {
        assert_eq!(get(&node, &format!("/status/1?{query}")).await.0, 200, "{query}");
    }
    node.stop().await;
}

fn certifying(folder: &Path, peers: Vec<String>) -> Config {
    Config { certification: true, ..config(folder, peers) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_for_certification_has_one_1edtech_entry_and_is_revoked_like_any() {
    let (here, there) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let node = Node::start(certifying(here.path(), Vec::new())).await.expect("starts");
    let peer = Node::start(config(there.path(), node.p2p_multiaddrs())).await.expect("starts");
    let achievement = achievement(&node).await;
    let (badge, other) = (issue(&node, &achievement).await, issue(&node, &achievement).await);

    assert_eq!(badge["@context"][2], "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json");
    let entry = badge["credentialStatus"].as_object().expect("one object");
    let members: Vec<&str> = entry.keys().map(String::as_str).collect();
    assert_eq!((members, &entry["type"]), (vec!["id", "type"], &json!("1EdTechRevocationList")));
    let url = entry["id"].as_str().expect("a URL").split('#').next().expect("an address").to_owned();
    assert_eq!(url, format!("{}/revocations/1", node.base_url()));

    // Nobody asks this node's address: its records answer, here and at a peer.
    wait_for_verdict(&node, &badge, Verdict::Valid).await;
    wait_for_verdict(&peer, &badge, Verdict::Valid).await;
    let (status, list) = get(&node, "/revocations/1").await;
    let empty = json!({"id": url, "issuer": node.did().as_str(), "revokedCredentials": []});
    assert_eq!((status, &list), (200, &empty));

    revoke(&node, &badge).await;
    wait_for_verdict(&node, &badge, Verdict::Revoked).await;
    wait_for_verdict(&peer, &badge, Verdict::Revoked).await;
    wait_for_verdict(&peer, &other, Verdict::Valid).await;
    let (_, list) = get(&node, "/revocations/1").await;
    assert_eq!(list["revokedCredentials"], json!([{"id": badge["id"], "revoked": true}]));
    for missing in ["/status/1", "/revocations/2", "/revocations/x", "/revocations/1-5f0c9a1b"] {
        let (status, problem) = get(&node, missing).await;
        assert_eq!((status, &problem["code"]), (404, &json!("no_such_list")), "{missing}");
    }
    peer.stop().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holders_copy_revokes_and_a_status_of_ones_own_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let node = Node::start(certifying(folder.path(), Vec::new())).await.expect("starts");
    let badge = issue(&node, &achievement(&node).await).await;
    wait_for_verdict(&node, &badge, Verdict::Valid).await;
    let body = json!({"verifiableCredential": badge, "credentialStatus": {"type": "1EdTechRevocationList"}});
    let owner = client(&node);
    let (status, answer) = blocking(move || owner.post("/credentials/status", &body)).await.expect("answers");
    assert_eq!((status, &answer["changed"]), (202, &json!(true)), "{answer}");
    wait_for_verdict(&node, &badge, Verdict::Revoked).await;

    let mut own = badge;
    let own = {
        let object = own.as_object_mut().expect("an object");
        object.remove("proof");
        object.remove("id");
        own
    };
    let (owner, body) = (client(&node), json!({"credential": own}));
    let (status, problem) = blocking(move || owner.post("/credentials/issue", &body)).await.expect("answers");
    assert_eq!((status, &problem["code"]), (409, &json!("status_brought")), "{problem}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_badge_keeps_its_list_when_the_mode_changes() {
    let folder = tempfile::tempdir().expect("folder");
    let mut kinds = Vec::new();
    let mut badges = Vec::new();
    for certification in [false, true, false, true] {
        let settings = Config { certification, ..config(folder.path(), Vec::new()) };
        let node = Node::start(settings).await.expect("starts");
        let badge = issue(&node, &achievement(&node).await).await;
        wait_for_verdict(&node, &badge, Verdict::Valid).await;
        let entry = &badge["credentialStatus"];
        let url = entry["statusListCredential"].as_str().or(entry["id"].as_str()).expect("a URL");
        let list: Vec<&str> = url.split('#').next().expect("an address").rsplit('/').take(2).collect();
        kinds.push(format!("{}/{}", list[1], list[0]));
        badges.push(badge);
        node.stop().await;
    }
    assert_eq!(kinds, ["status/1", "revocations/2", "status/1", "revocations/2"]);
    let node = Node::start(config(folder.path(), Vec::new())).await.expect("starts");
    revoke(&node, &badges[1]).await;
    wait_for_verdict(&node, &badges[1], Verdict::Revoked).await;
    for other in [&badges[0], &badges[2], &badges[3]] {
        wait_for_verdict(&node, other, Verdict::Valid).await;
    }
    assert_eq!(get(&node, "/revocations/2").await.1["revokedCredentials"][0]["id"], badges[1]["id"]);
    node.stop().await;
}
