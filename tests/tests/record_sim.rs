//! Whatever the links lose, repeat or reorder, all replicas come to hold what the issuers signed.

mod record_world;

use accolade_core::record::{Effect, Input, PeerId, Replica, ReplicaConfig};
use accolade_core::status::StatusPurpose;
use record_world::{Issuer, NET, World, start};

/// Three issuers publish at nodes 0 to 2 while everything goes wrong; then it is calm.
fn turmoil(seed: u64, nodes: usize) -> (World, Vec<Issuer>) {
    let mut world = World::new(nodes, seed);
    (world.loss, world.repeat) = (30, 20);
    let mut issuers: Vec<Issuer> = (1..=3).map(Issuer::new).collect();
    for (at, issuer) in issuers.iter_mut().enumerate() {
        for record in issuer.opening(world.now()) {
            world.publish(at, record);
        }
        let second = issuer.create(1, StatusPurpose::Suspension, world.now());
        world.publish(at, second);
    }
    for round in 0..30 {
        for (at, issuer) in issuers.iter_mut().enumerate() {
            let record = match world.below(4) {
                0 => {
                    issuer.log.status(&[], 0, record_world::DAY, &issuer.key, world.now()).expect("heartbeat")
                }
                1 => {
                    let index = world.below(131_072);
                    let (set, clear) =
                        if round % 2 == 0 { (vec![index], vec![]) } else { (vec![], vec![index]) };
                    let changes = [(1, set, clear)];
                    issuer
                        .log
                        .status(&changes, 0, record_world::DAY, &issuer.key, world.now())
                        .expect("status")
                }
                2 => issuer.profile(world.now()),
                _ => {
                    let indexes: Vec<u64> = (0..1 + world.below(40)).map(|_| world.below(131_072)).collect();
                    issuer.revoke(0, &indexes, world.now())
                }
            };
            world.publish(at, record);
        }
        match round {
            5 => world.partition(nodes / 2, true),
            12 => world.restart(nodes - 1, false, seed + 1),
            15 => world.restart(nodes - 2, true, seed + 2),
            20 => world.partition(nodes / 2, false),
            25 => world.restart(1, true, seed + 3),
            _ => {}
        }
        world.run(1);
    }
    world.loss = 0;
    for (at, issuer) in issuers.iter_mut().enumerate() {
        let last = issuer.revoke(0, &[7], world.now());
        world.publish(at, last);
    }
    world.run(60);
    (world, issuers)
}

#[test]
fn all_replicas_come_to_hold_what_was_signed() {
    for seed in 0..20 {
        let (world, issuers) = turmoil(seed, 6);
        world.assert_level(&issuers);
    }
}

#[test]
fn one_seed_gives_one_history() {
    let heads = |seed| {
        let (world, _) = turmoil(seed, 4);
        let nodes = world.nodes.iter();
        nodes.map(|node| (node.replica.fingerprint(), node.floors.clone())).collect::<Vec<_>>()
    };
    assert_eq!(heads(3), heads(3));
}

#[test]
fn without_gossip_the_comparison_of_heads_brings_everything() {
    let mut world = World::new(4, 9);
    world.partition(1, true);
    let mut issuer = Issuer::new(1);
    for record in issuer.opening(world.now()) {
        world.publish(0, record);
    }
    for index in 0..500 {
        let record = issuer.revoke(0, &[index], world.now());
        world.publish(0, record);
    }
    world.run(5);
    assert!(world.nodes[3].replica.issuer(issuer.did().as_str()).is_none());
    world.partition(1, false);
    world.run(5);
    world.assert_level(&[issuer]);
}

#[test]
fn equal_peers_say_no_more_than_hello() {
    let mut issuer = Issuer::new(1);
    let mut world = World::new(2, 1);
    for record in issuer.opening(world.now()) {
        world.publish(0, record);
    }
    world.run(30);
    let mut replica = Replica::new(ReplicaConfig::new(NET, 1), vec![]);
    for record in world.nodes[0].store.values().cloned() {
        replica.handle(Input::Stored(record), world.now());
    }
    replica.handle(Input::Connected(PeerId(5)), world.now());
    let hello = world.nodes[1].replica.hello(world.now());
    let said = replica.handle(Input::Greeted { from: PeerId(5), hello: hello.clone() }, world.now());
    assert_eq!(said, vec![Effect::Compared { peer: PeerId(5) }], "nothing goes out");
    let again = replica.handle(Input::Greeted { from: PeerId(5), hello }, world.now());
    assert_eq!(again, vec![], "it is noted once");
}

#[test]
fn an_emptied_store_is_filled_again_and_says_nothing_before() {
    let mut issuer = Issuer::new(1);
    let mut world = World::new(3, 4);
    for record in issuer.opening(world.now()) {
        world.publish(0, record);
    }
    let revocation = issuer.revoke(0, &[42], world.now());
    world.publish(0, revocation);
    world.run(10);
    world.restart(2, false, 77);
    let (did, url) = (issuer.did(), issuer.url(0));
    assert!(world.nodes[2].replica.list(did.as_str(), &url).is_none(), "it has nothing yet");
    world.run(10);
    let list = world.nodes[2].replica.list(did.as_str(), &url).expect("filled again");
    assert_eq!(list.bits.get(42), Some(true));
    world.assert_level(&[issuer]);
}

#[test]
fn a_blob_comes_in_parts_from_who_has_it() {
    let mut issuer = Issuer::new(1);
    let mut world = World::new(3, 5);
    for record in issuer.opening(world.now()) {
        world.publish(0, record);
    }
    let indexes: Vec<u64> = (0..131_072).step_by(97).collect();
    let status = issuer.revoke(0, &indexes, world.now());
    world.publish(0, status);
    let (snapshot, blob) = issuer.log.snapshot(0, &issuer.key, world.now()).expect("snapshot");
    world.input(0, Input::Local(snapshot, Some(blob.clone())));
    world.run(10);
    let sha256 = accolade_core::record::sha256(&blob);
    assert_eq!(world.nodes[1].blobs.get(&sha256), Some(&blob), "each node writes the same blob by itself");

    // Node 1 lost it: it comes again from one of the others.
    world.nodes[1].blobs.clear();
    world.nodes[0].blobs.clear();
    let bytes = blob.len() as u64;
    assert!(bytes > 1000, "more than one part");
    world.input(1, Input::WantBlob { sha256, bytes });
    world.run(5);
    assert_eq!(world.nodes[1].blobs.get(&sha256), Some(&blob));

    let missing = world.input(1, Input::WantBlob { sha256: [1; 32], bytes: 10 });
    assert!(!missing.contains(&Effect::BlobMissing { sha256: [1; 32] }), "first the peers are asked");
    let _ = start();
}
