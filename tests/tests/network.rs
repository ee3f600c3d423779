//! Records between real nodes on loopback.

mod network_parts;

use network_parts::{GUARD, Issuer, LIST, Node, Over, Tuned, is_revoked};

/// What one node publishes, others hold: by the exchange of heads when they meet, by gossip from then on.
async fn records_reach_all(over: Over) {
    let folder = tempfile::tempdir().unwrap();
    let a = Node::start(folder.path(), 1, over, &[]).await;
    let mut issuer = Issuer::new(100);
    issuer.profile("Welders’ Guild");
    let image = vec![7u8; 300_000];
    issuer.achievement("urn:uuid:1", 10, Some(image.clone()));
    issuer.achievement("urn:uuid:2", 20_000, None);
    issuer.list();
    let before = issuer.revoke(&[3, 5]);
    issuer.publish_all(&a).await;

    // Before they met.
    let b = Node::start(folder.path(), 2, over, &[&a]).await;
    let c = Node::start(folder.path(), 3, over, &[&a, &b]).await;
    for node in [&b, &c] {
        let state = node.until_level(&before).await;
        assert_eq!(state.profile().unwrap().name(), "Welders’ Guild");
        assert_eq!(state.achievements().len(), 2);
        assert!(is_revoked(&node.replica, &issuer, 3) && is_revoked(&node.replica, &issuer, 5));
        assert!(!is_revoked(&node.replica, &issuer, 4));
        let achievement = node.replica.achievement(issuer.did.as_str(), "urn:uuid:1").unwrap();
        let named = achievement.image().unwrap();
        assert_eq!(node.replica.blob(named.sha256).await, None, "images are pulled when they are wanted");
        let fetched = node.replica.fetch_blob(named.sha256, named.bytes, GUARD).await;
        assert!(fetched.is_some_and(|bytes| bytes == image));
        assert!(node.replica.blob(named.sha256).await.is_some());
    }

    // While connected: a small record by gossip, a large one by pull, a snapshot with its blob.
    for index in 10..20 {
        let record = issuer.revoke(&[index]);
        issuer.publish_last(&a).await;
        for node in [&b, &c] {
            node.until_level(&record).await;
            assert!(is_revoked(&node.replica, &issuer, index));
        }
    }
    let large = issuer.achievement("urn:uuid:3", 20_000, None);
    issuer.publish_last(&a).await;
    b.until_level(&large).await;
    c.until_level(&large).await;
    let snapshot = issuer.snapshot();
    issuer.publish_last(&a).await;
    b.until_level(&snapshot).await;
    let list = c.until_level(&snapshot).await.list(LIST).unwrap();
    assert_eq!((list.bits.count_ones(), list.version), (12, 11));

    assert_eq!(a.replica.state().warning, None);
    assert!(a.network.peers().len() == 2 && b.network.peers().len() == 2 && c.network.peers().len() == 2);
    for node in [a, b, c] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_reach_all_over_tcp() {
    records_reach_all(Over::Tcp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_reach_all_over_quic() {
    records_reach_all(Over::Quic).await;
}

/// Nodes that are chained hear of a record that the first one published: gossip is forwarded after the check.
#[tokio::test(flavor = "multi_thread")]
async fn gossip_is_forwarded() {
    let folder = tempfile::tempdir().unwrap();
    let a = Node::start(folder.path(), 1, Over::Tcp, &[]).await;
    let b = Node::start(folder.path(), 2, Over::Tcp, &[&a]).await;
    let c = Node::start(folder.path(), 3, Over::Tcp, &[&b]).await;
    let mut issuer = Issuer::new(100);
    issuer.profile("Welders’ Guild");
    issuer.list();
    let mut last = issuer.revoke(&[]);
    issuer.publish_all(&a).await;
    c.until_level(&last).await;
    for index in 0..5 {
        last = issuer.revoke(&[index]);
        issuer.publish_last(&a).await;
        c.until_level(&last).await;
    }
    assert!(is_revoked(&c.replica, &issuer, 4));
    for node in [a, b, c] {
        node.stop().await;
    }
}

/// A record that is too large for gossip goes down a chain of nodes at once: whoever has pulled it says so.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_pulled_is_made_known() {
    let folder = tempfile::tempdir().unwrap();
    let a = Tuned::new(1, &[]).seldom().start(folder.path()).await;
    let mut issuer = Issuer::new(100);
    issuer.profile("Welders’ Guild");
    let first = issuer.achievement("urn:uuid:0", 20_000, None);
    issuer.publish_all(&a).await;
    // Its neighbours are connected before it has anything to tell.
    let mut b = Tuned::new(2, &[]).seldom().start(folder.path()).await;
    let c = Tuned::new(3, &[&b]).seldom().start(folder.path()).await;
    let d = Tuned::new(4, &[&c]).seldom().start(folder.path()).await;
    let (dir, floors, address) = b.stop().await;
    let mut tuned = Tuned::new(2, &[&a]).seldom();
    tuned.network.listen = vec![address];
    b = Node::start_tuned(dir, floors, tuned).await;
    c.until_level(&first).await;
    d.until_level(&first).await;

    for n in 1..4 {
        let image = vec![n; 50_000];
        let large = issuer.achievement(&format!("urn:uuid:{n}"), 20_000, Some(image.clone()));
        assert!(!large.fits_gossip());
        issuer.publish_last(&a).await;
        for node in [&b, &c, &d] {
            node.until_level(&large).await;
            let achievement =
                node.replica.achievement(issuer.did.as_str(), &format!("urn:uuid:{n}")).unwrap();
            let named = achievement.image().unwrap();
            assert_eq!(node.replica.fetch_blob(named.sha256, named.bytes, GUARD).await, Some(image.clone()));
        }
    }
    for node in [a, b, c, d] {
        node.stop().await;
    }
}

/// Prints how long a revocation takes from its publication until another node holds it:
/// `cargo test -p accolade-tests --test network -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn latency_of_a_revocation() {
    let folder = tempfile::tempdir().unwrap();
    let a = Node::start(folder.path(), 1, Over::Tcp, &[]).await;
    let b = Node::start(folder.path(), 2, Over::Tcp, &[&a]).await;
    let mut issuer = Issuer::new(100);
    issuer.list();
    let last = issuer.revoke(&[]);
    issuer.publish_all(&a).await;
    b.until_level(&last).await;
    let mut times = Vec::new();
    for index in 0..300 {
        let record = issuer.revoke(&[index]);
        let begin = std::time::Instant::now();
        issuer.publish_last(&a).await;
        b.until_level(&record).await;
        times.push(begin.elapsed());
    }
    times.sort();
    println!("300 revocations: p50 {:?}, p99 {:?}, max {:?}", times[150], times[297], times[299]);
}
