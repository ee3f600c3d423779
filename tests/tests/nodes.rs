//! Whole nodes that go down, come back, and lose their replica.

use accolade_core::json;
use accolade_core::verify::{Policy, Verdict};
use accolade_node::node::{Node, Running};
use accolade_node::{achievements, clock, verifier};
use accolade_tests::nodes::{PATIENCE, again, blocking, client, config, issue, revoke, wait_for_verdict};
use accolade_tests::process::percent_encoded;
use base64::Engine as _;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

async fn issuer_and_peer(folder: &Path) -> (Running, Running, String) {
    let issuer = Node::start(config(&folder.join("issuer"), Vec::new())).await.expect("the issuer starts");
    let peer =
        Node::start(config(&folder.join("peer"), issuer.p2p_multiaddrs())).await.expect("the peer starts");
    let owner = client(&issuer);
    let achievement = blocking(move || owner.new_achievement("Swimming")).await;
    (issuer, peer, achievement)
}

fn verdict(node: &Node, badge: &Value) -> Verdict {
    verifier::verify(node, badge.to_string().as_bytes(), &Policy::default(), clock::now()).verdict
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_down_has_the_revocation_within_five_seconds_of_coming_back() {
    let folder = tempfile::tempdir().expect("folder");
    let (issuer, peer, achievement) = issuer_and_peer(folder.path()).await;
    let badge = issue(&issuer, &achievement).await;
    wait_for_verdict(&peer, &badge, Verdict::Valid).await;

    let config = again(&peer);
    peer.stop().await;
    revoke(&issuer, &badge).await;
    wait_for_verdict(&issuer, &badge, Verdict::Revoked).await;

    let peer = Node::start(config).await.expect("the peer comes back");
    let took = wait_for_verdict(&peer, &badge, Verdict::Revoked).await;
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    peer.stop().await;
    issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_verifies_while_its_issuer_is_gone() {
    let folder = tempfile::tempdir().expect("folder");
    let (issuer, peer, achievement) = issuer_and_peer(folder.path()).await;
    let (kept, revoked) = (issue(&issuer, &achievement).await, issue(&issuer, &achievement).await);
    revoke(&issuer, &revoked).await;
    wait_for_verdict(&peer, &revoked, Verdict::Revoked).await;
    issuer.stop().await;

    let config = again(&peer);
    peer.stop().await;
    let peer = Node::start(config).await.expect("the peer starts without the issuer");
    assert_eq!(verdict(&peer, &kept), Verdict::Valid);
    assert_eq!(verdict(&peer, &revoked), Verdict::Revoked);
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_replica_fills_again_from_peers() {
    let folder = tempfile::tempdir().expect("folder");
    lose_the_replica(folder.path(), |replica| std::fs::remove_dir_all(replica).expect("deleted"), false)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_full_of_noise_is_set_aside_and_fills_again_from_peers() {
    let folder = tempfile::tempdir().expect("folder");
    let noise = |replica: &Path| {
        for entry in std::fs::read_dir(replica).expect("folder").flatten() {
            if entry.path().is_file() {
                let length = entry.metadata().expect("file").len().max(4096);
                let noise: Vec<u8> =
                    (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 7) as u8).collect();
                std::fs::write(entry.path(), noise).expect("noise");
            }
        }
    };
    lose_the_replica(folder.path(), noise, true).await;
}

/// The peer loses its replica while it is down; afterwards it knows the revocation again, and says what happened.
async fn lose_the_replica(folder: &Path, lose: impl Fn(&Path), is_set_aside: bool) {
    let (issuer, peer, achievement) = issuer_and_peer(folder).await;
    let badge = issue(&issuer, &achievement).await;
    revoke(&issuer, &badge).await;
    wait_for_verdict(&peer, &badge, Verdict::Revoked).await;

    let config = again(&peer);
    peer.stop().await;
    lose(&config.data.join("replica"));
    let peer = Node::start(config).await.expect("the peer starts with what it has");
    wait_for_verdict(&peer, &badge, Verdict::Revoked).await;
    assert_eq!(peer.replica().state().set_aside.is_some(), is_set_aside);
    peer.stop().await;
    issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_loses_its_replica_goes_on_from_its_ledger() {
    let folder = tempfile::tempdir().expect("folder");
    let (issuer, peer, achievement) = issuer_and_peer(folder.path()).await;
    let (first, second) = (issue(&issuer, &achievement).await, issue(&issuer, &achievement).await);
    revoke(&issuer, &first).await;
    wait_for_verdict(&peer, &first, Verdict::Revoked).await;

    let config = again(&issuer);
    issuer.stop().await;
    std::fs::remove_dir_all(config.data.join("replica")).expect("deleted");
    let issuer = Node::start(config).await.expect("the issuer comes back");
    assert_eq!(verdict(&issuer, &first), Verdict::Revoked);
    assert_eq!(verdict(&issuer, &second), Verdict::Valid);
    revoke(&issuer, &second).await;
    wait_for_verdict(&peer, &second, Verdict::Revoked).await;
    issuer.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_image_is_kept_by_its_hash_and_served_by_the_peer_too() {
    let folder = tempfile::tempdir().expect("folder");
    let (issuer, peer, _) = issuer_and_peer(folder.path()).await;
    let picture: Vec<u8> =
        b"\x89PNG\r\n\x1a\n".iter().copied().chain((0..300_000u32).map(|at| (at * 31) as u8)).collect();
    let url = format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(&picture));
    let content = json!({
        "type": ["Achievement"], "name": "Painting", "description": "Can paint.", "criteria": {"narrative": "Paint."},
        "image": {"id": url, "type": "Image", "caption": "A brush"},
    });

    let owner = client(&issuer);
    let (id, path) = blocking(move || {
        let (status, made) = owner.post("/v1/achievements", &content).expect("answers");
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().expect("id").to_owned();
        let image = made["achievement"]["image"]["id"].as_str().expect("an address").to_owned();
        let publish = format!("/v1/achievements/{}/publish", percent_encoded(&id));
        assert_eq!(owner.post(&publish, &json!({})).expect("answers").0, 200);
        (id, image[image.find("/v1/images/").expect("an address here")..].to_owned())
    })
    .await;
    let badge = issue(&issuer, &id).await;
    assert!(badge.to_string().len() < 4096, "the picture doesn't travel in the badge");
    wait_for_verdict(&peer, &badge, Verdict::Valid).await;

    let at_issuer = format!("{}{path}", issuer.base_url());
    assert_eq!(blocking(move || bytes(&at_issuer)).await.as_ref(), Some(&picture));
    let at_peer = format!("{}{path}", peer.base_url());
    let sha256 = accolade_core::record::sha256(&picture);
    let held = peer.replica().fetch_blob(sha256, picture.len() as u64, PATIENCE).await;
    assert!(held.is_some(), "the peer fetches the image");
    assert_eq!(blocking(move || bytes(&at_peer)).await, Some(picture));
    peer.stop().await;
    issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_halfway_does_no_harm_to_the_next() {
    let folder = tempfile::tempdir().expect("folder");
    let (issuer, peer, achievement) = issuer_and_peer(folder.path()).await;
    let draft = async |name: String| {
        let json::Value::Object(content) = json::Value::from(json!({
            "type": ["Achievement"], "name": name, "description": "Half done.", "criteria": {"narrative": "Be there."},
        })) else {
            panic!("an object")
        };
        achievements::create(&issuer, content, clock::now()).await.expect("a draft").id
    };
    for patience_us in (0..6_000).step_by(200) {
        let (left, next) =
            (draft(format!("Left {patience_us}")).await, draft(format!("Next {patience_us}")).await);
        let publish = achievements::publish(&issuer, &left, clock::now());
        // Dropped wherever it happens to be.
        let _ = tokio::time::timeout(Duration::from_micros(patience_us), publish).await;
        let published = achievements::publish(&issuer, &next, clock::now()).await;
        assert!(published.is_ok_and(|view| view.published), "after {patience_us} µs");
    }
    let badge = issue(&issuer, &achievement).await;
    revoke(&issuer, &badge).await;
    wait_for_verdict(&peer, &badge, Verdict::Revoked).await;
    peer.stop().await;
    issuer.stop().await;
}

/// What stands at `url`; none if it isn't there.
fn bytes(url: &str) -> Option<Vec<u8>> {
    ureq::get(url).call().ok()?.body_mut().read_to_vec().ok()
}
