//! What the network and the replica must withstand: restarts, lost and damaged folders, hostile peers.

mod network_parts;

use accolade_core::record::ReplicaConfig;
use accolade_node::network::{Network, NetworkConfig, NetworkError};
use accolade_node::replica::ReplicaHandle;
use network_parts::{Floors, GUARD, Issuer, NET, Node, Over, is_revoked};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_down_is_level_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let a = Node::start(folder.path(), 1, Over::Tcp, &[]).await;
    let b = Node::start(folder.path(), 2, Over::Quic, &[]).await;
    let (dir, floors, address) = b.stop().await;
    // Only the first node knows the other's address: it is the one that dials again.
    let (a_dir, a_floors, a_address) = a.stop().await;
    let a = Node::start_with(a_dir, 1, a_floors, a_address, vec![address.clone()]).await;
    let b = Node::start_with(dir, 2, floors, address, vec![]).await;

    let mut issuer = Issuer::new(100);
    issuer.profile("Welders’ Guild");
    issuer.list();
    let first = issuer.revoke(&[1]);
    issuer.publish_all(&a).await;
    b.until_level(&first).await;

    let (dir, floors, address) = b.stop().await;
    let missed = issuer.revoke(&[2]);
    issuer.publish_last(&a).await;
    let b = Node::start_with(dir, 2, floors, address, vec![]).await;
    assert_eq!(b.replica.state().records, 3, "what it held it still holds");
    assert!(is_revoked(&b.replica, &issuer, 1));
    let back = Instant::now();
    b.until_level(&missed).await;
    assert!(back.elapsed() < Duration::from_secs(5), "{:?}", back.elapsed());
    a.stop().await;
    b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_or_damaged_replica_is_set_aside_and_filled_again() {
    let folder = tempfile::tempdir().unwrap();
    let a = Node::start(folder.path(), 1, Over::Tcp, &[]).await;
    let mut issuer = Issuer::new(100);
    issuer.profile("Welders’ Guild");
    issuer.list();
    let mut last = issuer.revoke(&[1]);
    issuer.publish_all(&a).await;
    let mut b = Node::start(folder.path(), 2, Over::Tcp, &[&a]).await;
    b.until_level(&last).await;

    for damage in ["deleted", "noise", "cut"] {
        let (dir, floors, address) = b.stop().await;
        match damage {
            "deleted" => std::fs::remove_dir_all(&dir).unwrap(),
            "noise" => fill_with_noise(&dir),
            _ => std::fs::File::options().write(true).open(dir.join("db")).unwrap().set_len(100).unwrap(),
        }
        last = issuer.revoke(&[2 + issuer.records.len() as u64]);
        issuer.publish_last(&a).await;
        b = Node::start_with(dir.clone(), 2, floors, address, a.network.listen_addrs()).await;
        let state = b.replica.state();
        assert_eq!(state.set_aside.is_some(), damage != "deleted", "{damage}");
        assert_eq!(state.warning.is_some(), damage != "deleted", "{damage}");
        assert!(state.set_aside.is_none_or(|aside| aside.is_dir()));
        b.until_level(&last).await;
        assert!(is_revoked(&b.replica, &issuer, 1), "{damage}");
    }
    a.stop().await;
    b.stop().await;
}

fn fill_with_noise(dir: &std::path::Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let noise: Vec<u8> =
                (0..60_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            std::fs::write(path, noise).unwrap();
        }
    }
}

/// A peer that holds only the older part of a log can't bring back what was revoked since.
#[tokio::test(flavor = "multi_thread")]
async fn a_refill_is_never_older_than_what_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let mut issuer = Issuer::new(100);
    issuer.profile("Welders’ Guild");
    issuer.list();
    let before = issuer.revoke(&[]);
    let a = Node::start(folder.path(), 1, Over::Tcp, &[]).await;
    issuer.publish_all(&a).await;
    let b = Node::start(folder.path(), 2, Over::Tcp, &[&a]).await;
    b.until_level(&before).await;
    // The old peer knows the log up to here, and stays behind from now on.
    let (old_dir, old_floors, old_address) = a.stop().await;
    let revoked = issuer.revoke(&[9]);
    issuer.publish_last(&b).await;
    b.until_level(&revoked).await;

    let (dir, floors, address) = b.stop().await;
    std::fs::remove_dir_all(&dir).unwrap();
    let b = Node::start_with(dir, 2, floors, address, vec![]).await;
    let mut other = Issuer::new(101);
    let sign = other.profile("Bakers’ Guild");
    let old = Node::start_with(old_dir, 1, old_floors, old_address, b.network.listen_addrs()).await;
    other.publish_all(&old).await;
    // Once another log of the old peer is there, its old part of the first has been offered too.
    b.until_level(&sign).await;
    assert!(b.replica.issuer(issuer.did.as_str()).is_none(), "an older state is shown as none");
    assert!(b.replica.list(issuer.did.as_str(), network_parts::LIST).is_none());
    // Whoever holds the whole log brings it back.
    issuer.publish_all(&b).await;
    b.until_level(&revoked).await;
    assert!(is_revoked(&b.replica, &issuer, 9));
    old.stop().await;
    b.stop().await;
}

/// What can't be kept durably is neither shown nor told, until it can.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_shown_or_told_before_its_floor_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let a = Node::start(folder.path(), 1, Over::Tcp, &[]).await;
    let b = Node::start(folder.path(), 2, Over::Tcp, &[&a]).await;
    let c = Node::start(folder.path(), 3, Over::Tcp, &[&b]).await;
    let mut issuer = Issuer::new(100);
    issuer.profile("Welders’ Guild");
    issuer.list();
    let first = issuer.revoke(&[1]);
    issuer.publish_all(&a).await;
    b.until_level(&first).await;
    c.until_level(&first).await;

    b.floors.broken.store(true, Ordering::SeqCst);
    let second = issuer.revoke(&[2]);
    issuer.publish_last(&a).await;
    for _ in 0..2 {
        tokio::time::timeout(GUARD, b.floors.failed.notified()).await.expect("never tried");
    }
    for node in [&b, &c] {
        assert_eq!(node.replica.issuer(issuer.did.as_str()).unwrap().head(), first.head());
        assert!(!is_revoked(&node.replica, &issuer, 2));
    }
    assert!(b.replica.state().warning.is_some_and(|warning| warning.contains("the disk is full")));
    b.floors.broken.store(false, Ordering::SeqCst);
    b.until_level(&second).await;
    c.until_level(&second).await;
    assert_eq!(b.floors.kept.lock().unwrap()[&issuer.did].head, second.head());
    for node in [a, b, c] {
        node.stop().await;
    }
}

/// Peers in the local network are looked for only by a node that was told to.
#[tokio::test(flavor = "multi_thread")]
async fn multicast_dns_is_off_by_default() {
    assert!(!NetworkConfig::new([1; 32], NET).mdns);
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), 1, Over::Quic, &[]).await;
    let address = node.network.listen_addrs()[0].to_string();
    let quic: u16 = address.split('/').nth(4).unwrap().parse().unwrap();
    if let Some(ports) = own_udp_ports() {
        assert!(ports.contains(&quic), "this finds the sockets of this process: {ports:?}");
        assert!(!ports.contains(&5353), "a socket for multicast DNS: {ports:?}");
    }
    node.stop().await;
}

/// The UDP ports that this process has bound, where the system says so (Linux).
fn own_udp_ports() -> Option<Vec<u16>> {
    let sockets: Vec<String> = std::fs::read_dir("/proc/self/fd")
        .ok()?
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()?.to_str().map(str::to_owned))
        .filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let tables = ["/proc/self/net/udp", "/proc/self/net/udp6"];
    let tables = tables.iter().filter_map(|table| std::fs::read_to_string(table).ok());
    let mut ports = Vec::new();
    for table in tables {
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if sockets.iter().any(|socket| fields.get(9) == Some(&socket.as_str())) {
                let (_, port) = fields[1].rsplit_once(':')?;
                ports.push(u16::from_str_radix(port, 16).ok()?);
            }
        }
    }
    Some(ports)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_is_free_after_shutdown_and_a_taken_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let config = ReplicaConfig::new(NET, 1);
    let replica = ReplicaHandle::start(&folder.path().join("replica"), vec![], config, Floors::default())
        .await
        .unwrap();
    let start = |listen: Vec<_>, net: &str| {
        let mut config = NetworkConfig::new([1; 32], net);
        config.listen = listen;
        Network::start(config, replica.clone())
    };
    let both = vec![Over::Tcp.any_port(), Over::Quic.any_port()];
    let mut listen = both;
    for _ in 0..3 {
        let network = start(listen.clone(), NET).await.unwrap();
        listen = network.listen_addrs();
        assert_eq!(listen.len(), 2);
        let id = network.peer_id().to_owned();
        assert!(listen.iter().all(|address| address.to_string().ends_with(&id)));
        listen.iter_mut().for_each(|address| drop(address.pop()));
        assert!(matches!(start(listen.clone(), NET).await, Err(NetworkError::Listen { .. })), "it is taken");
        network.shutdown().await;
    }
    for net in ["", "A", "a/b", &"a".repeat(33)] {
        assert!(matches!(start(vec![], net).await, Err(NetworkError::Net { .. })), "{net}");
    }
    replica.shutdown().await;
    assert!(replica.publish(vec![]).await.is_err(), "it has stopped");
}
