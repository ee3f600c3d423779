//! Badges of a did:web at other nodes: keys by the web, revocations by the replica.

use super::*;
use accolade_tests::nodes::{again, issue, revoke};

#[tokio::test(flavor = "multi_thread")]
async fn another_node_verifies_by_the_document_and_sees_revocations_by_the_replica() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let lake = start(with_url(&folder.path().join("lake"), LAKE, Vec::new()), no_web()).await;
    let host = proxy(&authority, "lake.example", &lake);
    let web = authority.egress(&[("lake.example", host.address)]);
    let peer = start(config(&folder.path().join("peer"), lake.p2p_multiaddrs()), web).await;

    let course = achievement(&lake).await;
    let (kept, revoked) = (issue(&lake, &course).await, issue(&lake, &course).await);
    wait_for(&peer, &kept, "valid").await;
    revoke(&lake, &revoked).await;
    wait_for(&peer, &revoked, "revoked").await;
    assert_eq!(verdict(&peer, &kept).await.0, "valid");
    assert_eq!(host.asked("/.well-known/did.json"), 1, "the document is kept, and the list is never fetched");
    assert_eq!(host.asked_in_all(), 1);

    // The peer's overview says what the log says of itself.
    let (_, overview) = get(&peer, "/v1/node").await;
    let issuers = overview["issuers"].as_array().expect("issuers");
    let of_lake =
        issuers.iter().find(|issuer| issuer["did"] == lake.log_did().as_str()).expect("the log is held");
    assert_eq!(of_lake["issuesAs"], LAKE_DID);

    // What is kept carries over the issuer's absence, not over a restart.
    lake.stop().await;
    assert_eq!(verdict(&peer, &kept).await.0, "valid");
    let same = again(&peer);
    peer.stop().await;
    let peer = start(same, no_web()).await;
    let (verdict, code) = verdict(&peer, &kept).await;
    assert_eq!(verdict, "could_not_check", "without the document nothing is good: {code}");
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_of_a_did_key_opens_no_socket() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let host = authority.host("lake.example", |_| Reply::status(404));
    let web = authority.egress(&[("lake.example", host.address)]);
    let issuer = start(config(&folder.path().join("issuer"), Vec::new()), no_web()).await;
    let peer = start(config(&folder.path().join("peer"), issuer.p2p_multiaddrs()), web).await;
    let badge = issue(&issuer, &achievement(&issuer).await).await;
    wait_for(&peer, &badge, "valid").await;
    assert_eq!(host.asked_in_all(), 0);
    issuer.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_says_that_he_is_another_counts_for_nothing() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let lake = start(with_url(&folder.path().join("lake"), LAKE, Vec::new()), no_web()).await;
    let host = proxy(&authority, "lake.example", &lake);
    // The squatter has the same URL in its configuration, so the same list URL in its log, under a key of its own.
    let squatter =
        start(with_url(&folder.path().join("squatter"), LAKE, lake.p2p_multiaddrs()), no_web()).await;
    assert_eq!(squatter.did(), lake.did());
    assert_ne!(squatter.log_did(), lake.log_did());
    let web = authority.egress(&[("lake.example", host.address)]);
    let peers = [lake.p2p_multiaddrs(), squatter.p2p_multiaddrs()].concat();
    let peer = start(config(&folder.path().join("peer"), peers), web).await;

    let faked = issue(&squatter, &achievement(&squatter).await).await;
    // Until the squatter's log and its list are at the peer.
    let list = format!("{LAKE}/status/1");
    let mut changes = peer.replica().subscribe();
    while peer.replica().list(squatter.log_did().as_str(), &list).is_none() {
        let changed = tokio::time::timeout(Duration::from_secs(30), changes.recv()).await;
        assert!(changed.is_ok(), "the squatter's log doesn't come");
    }
    let (verdict_on_fake, code) = verdict(&peer, &faked).await;
    assert!(["forged", "could_not_check"].contains(&verdict_on_fake.as_str()), "{verdict_on_fake}: {code}");

    // With the squatter's list alone, a badge of the real one can't be checked; with the real list, it can.
    let badge = issue(&lake, &achievement(&lake).await).await;
    revoke(&lake, &badge).await;
    wait_for(&peer, &badge, "revoked").await;
    let kept = issue(&lake, &achievement(&lake).await).await;
    wait_for(&peer, &kept, "valid").await;
    for node in [lake, squatter, peer] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_only_a_squatter_declares_is_no_list() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let lake = start(with_url(&folder.path().join("lake"), LAKE, Vec::new()), no_web()).await;
    let host = proxy(&authority, "lake.example", &lake);
    let squatter = start(with_url(&folder.path().join("squatter"), LAKE, Vec::new()), no_web()).await;
    issue(&squatter, &achievement(&squatter).await).await;
    // This peer knows the squatter's log, and not that of the real one.
    let web = authority.egress(&[("lake.example", host.address)]);
    let peer = start(config(&folder.path().join("peer"), squatter.p2p_multiaddrs()), web).await;
    let mut changes = peer.replica().subscribe();
    while peer.replica().list(squatter.log_did().as_str(), &format!("{LAKE}/status/1")).is_none() {
        let changed = tokio::time::timeout(Duration::from_secs(30), changes.recv()).await;
        assert!(changed.is_ok(), "the squatter's log doesn't come");
    }
    // The real one's own list is asked for, and only that counts.
    let badge = issue(&lake, &achievement(&lake).await).await;
    assert_eq!(verdict(&peer, &badge).await, ("valid".to_owned(), "valid".to_owned()));
    assert_eq!(host.asked("/status/1"), 1);
    // Without it there is no answer: the squatter's says nothing.
    let same = again(&peer);
    peer.stop().await;
    let document_only = proxy_of(&authority, "lake.example", &lake, |path| path.ends_with("/did.json"));
    let peer = start(same, authority.egress(&[("lake.example", document_only.address)])).await;
    assert_eq!(verdict(&peer, &badge).await, ("could_not_check".to_owned(), "status_unavailable".to_owned()));
    for node in [lake, squatter, peer] {
        node.stop().await;
    }
}
