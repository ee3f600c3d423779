//! Hostile peers: what they send changes nothing, and the node goes on.

#[path = "network_parts/hostile.rs"]
mod hostile;
mod network_parts;

use accolade_core::record::wire::{Hello, MAX_RESPONSE_BYTES, Request, Response};
use accolade_core::record::{Floor, Head, RecordId, SignedRecord};
use accolade_node::network::Rate;
use hostile::Hostile;
use network_parts::{GUARD, Issuer, NET, Node, Over, Tuned, is_revoked, now};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An honest pair, connected, and an issuer that both hold.
struct World {
    _folder: TempDir,
    honest: Node,
    victim: Node,
    issuer: Issuer,
    next: u64,
}

impl World {
    async fn new() -> Self {
        Self::with(Tuned::new(1, &[])).await
    }

    async fn with(victim: Tuned) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let victim = victim.start(folder.path()).await;
        let honest = Node::start(folder.path(), 2, Over::Tcp, &[&victim]).await;
        let mut issuer = Issuer::new(100);
        issuer.profile("Welders’ Guild");
        issuer.list();
        let last = issuer.revoke(&[0]);
        issuer.publish_all(&honest).await;
        victim.until_level(&last).await;
        Self { _folder: folder, honest, victim, issuer, next: 1 }
    }

    fn records(&self) -> Vec<SignedRecord> {
        self.issuer.records.iter().map(|(record, _)| record.clone()).collect()
    }

    async fn hostile(&self, answers: impl FnMut(Request) -> Option<Vec<u8>> + Send + 'static) -> Hostile {
        Hostile::connect(&self.victim.network.listen_addrs()[0], Box::new(answers)).await
    }

    /// The victim goes on: it takes an honest revocation, and holds exactly what the issuer said.
    async fn goes_on(&mut self) {
        let index = self.next;
        self.next += 1;
        let last = self.issuer.revoke(&[index]);
        self.issuer.publish_last(&self.honest).await;
        let state = self.victim.until_level(&last).await;
        assert_eq!(state.list(network_parts::LIST).unwrap().bits.count_ones() as u64, self.next);
        assert!(is_revoked(&self.victim.replica, &self.issuer, index));
        assert_eq!(self.victim.replica.issuers().len(), 1);
        assert_eq!(self.victim.replica.state().warning, None);
    }
}

/// Answers as a peer that holds nothing.
fn nothing(request: Request) -> Option<Vec<u8>> {
    let response = match request {
        Request::Hello(hello) => Response::Hello(hello),
        Request::Heads { .. } => Response::Heads { heads: vec![], more: false },
        _ => Response::Unavailable,
    };
    Some(response.encode())
}

fn other_hello() -> Vec<u8> {
    let clock_ms = now().as_millis() as u64;
    Response::Hello(Hello { net: NET.to_owned(), clock_ms, fingerprint: [7; 32] }).encode()
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_records_are_refused() {
    let mut world = World::new().await;
    let genuine = world.records().last().unwrap().bytes().to_vec();
    let mut hostile = world.hostile(nothing).await;
    let flipped = (0..genuine.len()).step_by(genuine.len() / 12).map(|at| {
        let mut forged = genuine.clone();
        forged[at] ^= 1;
        forged
    });
    for bytes in flipped.chain([vec![], b"junk".to_vec(), vec![0xff; 4000], vec![0; 5000]]) {
        hostile.gossip(bytes);
    }
    hostile.during(world.goes_on()).await;
    hostile.until("the victim hangs up", |h| !h.connected).await;
    hostile.during(world.goes_on()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_misbehaves_again_and_again_is_left_alone_for_a_while() {
    let mut tuned = Tuned::new(1, &[]);
    tuned.network.quotas.banned_for = Duration::from_secs(2);
    let mut world = World::with(tuned).await;
    let mut hostile = world.hostile(nothing).await;
    for round in 0..2u8 {
        let begin = Instant::now();
        for n in 0..5u8 {
            hostile.gossip(vec![10 * round + n; 100]);
        }
        hostile.until("the victim hangs up", |h| !h.connected).await;
        hostile.connect_again().await;
        assert!(begin.elapsed() >= Duration::from_secs(2), "it came back after {:?}", begin.elapsed());
    }
    hostile.during(world.goes_on()).await;
    assert!(hostile.connected, "an earlier ban is over");
}

/// Gossip that arrives all at once is read to its last message.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_gossip_is_not_lost() {
    let mut world = World::with(Tuned::new(1, &[]).seldom()).await;
    let mut sender = world.hostile(nothing).await;
    let burst: Vec<SignedRecord> = (1000..1040).map(|index| world.issuer.revoke(&[index])).collect();
    for record in &burst {
        sender.gossip(record.bytes().to_vec());
    }
    sender.during(world.victim.until_level(burst.last().unwrap())).await;
    world.next += burst.len() as u64;
    sender.during(world.honest.until_level(burst.last().unwrap())).await;
    sender.during(world.goes_on()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replayed_and_reordered_records_change_nothing() {
    let mut world = World::new().await;
    world.goes_on().await;
    let records = world.records();
    let mut hostile = world.hostile(nothing).await;
    for record in records.iter().rev().chain(&records) {
        hostile.gossip(record.bytes().to_vec());
    }
    // Later records first: they wait for the one before them, which then comes from the honest node.
    let (a, b, c) =
        (world.issuer.revoke(&[1000]), world.issuer.revoke(&[1001]), world.issuer.revoke(&[1002]));
    for record in [&c, &b] {
        hostile.gossip(record.bytes().to_vec());
    }
    hostile
        .until("the victim asks for what is missing", |h| {
            h.asked.iter().any(|r| matches!(r, Request::Range { .. }))
        })
        .await;
    assert!(!is_revoked(&world.victim.replica, &world.issuer, 1002));
    hostile.gossip(a.bytes().to_vec());
    hostile.during(world.victim.until_level(&c)).await;
    assert!([1000, 1001, 1002].iter().all(|index| is_revoked(&world.victim.replica, &world.issuer, *index)));
    world.next += 3;
    world.honest.until_level(&c).await;
    hostile.during(world.goes_on()).await;
}

/// A node without peers so far, that holds `records` records of an issuer.
async fn alone(folder: &TempDir, tuned: Tuned, records: usize) -> (Node, Issuer) {
    let victim = tuned.start(folder.path()).await;
    let mut issuer = Issuer::new(100);
    issuer.profile("Welders’ Guild");
    issuer.list();
    for index in 2..records as u64 {
        issuer.revoke(&[index]);
    }
    issuer.publish_all(&victim).await;
    (victim, issuer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_record_costs_no_signature_check() {
    let folder = tempfile::tempdir().unwrap();
    let (victim, mut issuer) = alone(&folder, Tuned::new(1, &[]), 30).await;
    let mut hostile = Hostile::connect(&victim.network.listen_addrs()[0], Box::new(nothing)).await;
    for (record, _) in &issuer.records {
        hostile.gossip(record.bytes().to_vec());
    }
    hostile.until("all have come", |_| victim.network.gossip().known == 30).await;
    assert_eq!(victim.network.gossip().checked, 0);
    // One that is new, and another record at a place that is filled, are looked at.
    let (log, records) = (issuer.log.clone(), issuer.records.clone());
    let other = issuer.revoke(&[1000]);
    (issuer.log, issuer.records) = (log, records);
    let new = issuer.revoke(&[1001]);
    hostile.gossip(new.bytes().to_vec());
    hostile.during(victim.until_level(&new)).await;
    assert_eq!(victim.network.gossip().checked, 1);
    hostile.gossip(other.bytes().to_vec());
    hostile.until("the other is checked", |_| victim.network.gossip().checked == 2).await;
    assert_eq!(victim.network.gossip().known, 30);
    victim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gossips_too_much_is_throttled_and_others_are_heard() {
    let folder = tempfile::tempdir().unwrap();
    let mut tuned = Tuned::new(1, &[]);
    tuned.network.quotas.gossip = Rate { per_second: 0.001, burst: 5.0 };
    let (victim, issuer) = alone(&folder, tuned, 20).await;
    let address = &victim.network.listen_addrs()[0];
    let mut flooding = Hostile::connect(address, Box::new(nothing)).await;
    for (record, _) in &issuer.records[..16] {
        flooding.gossip(record.bytes().to_vec());
    }
    flooding.until("all have come", |_| victim.network.gossip().dropped == 11).await;
    assert_eq!(victim.network.gossip().known, 5);
    let mut other = Hostile::connect(address, Box::new(nothing)).await;
    for (record, _) in &issuer.records[16..] {
        other.gossip(record.bytes().to_vec());
    }
    other.until("all have come", |_| victim.network.gossip().known == 9).await;
    assert_eq!(victim.network.gossip().dropped, 11);
    assert!(flooding.connected, "too much is no offence");
    victim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_much_is_throttled_and_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let mut tuned = Tuned::new(1, &[]);
    tuned.network.quotas.requests = Rate { per_second: 0.001, burst: 12.0 };
    let (victim, _) = alone(&folder, tuned, 3).await;
    let address = &victim.network.listen_addrs()[0];
    let heads = Request::Heads { after: None }.encode();
    let mut flooding = Hostile::connect(address, Box::new(nothing)).await;
    let mut other = Hostile::connect(address, Box::new(nothing)).await;
    for (peer, requests, most) in [(&mut flooding, 30, 12), (&mut other, 10, 10)] {
        for n in 0..requests {
            peer.request(heads.clone());
            peer.until("the answer", |h| h.answered.len() > n).await;
        }
        let served = peer.answered.iter().flatten().filter(|answer| !answer.is_empty()).count();
        assert_eq!(served, most);
    }
    victim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_about_heads_and_false_answers_change_nothing() {
    let mut world = World::new().await;
    let did = world.issuer.did.clone();
    let claim = move || {
        let head = Head { epoch: 0, seq: 5000, id: RecordId([1; 32]) };
        Response::Heads { heads: vec![Floor { issuer: did.clone(), head }], more: false }.encode()
    };
    let old = world.records()[0].bytes().to_vec();
    let mut forged = world.records().last().unwrap().bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let answers: [Vec<u8>; 6] = [
        Response::Records(vec![forged]).encode(),
        Response::Records(vec![old]).encode(),
        Response::Records(vec![]).encode(),
        Response::Blob { total: 4, bytes: vec![1; 4] }.encode(),
        b"junk".to_vec(),
        vec![0; 2 * MAX_RESPONSE_BYTES],
    ];
    for answer in answers {
        let claim = claim.clone();
        let mut hostile = world
            .hostile(move |request| match request {
                Request::Hello(_) => Some(other_hello()),
                Request::Heads { .. } => Some(claim()),
                _ => Some(answer.clone()),
            })
            .await;
        hostile
            .until("the victim asks", |h| h.asked.iter().any(|r| matches!(r, Request::Range { .. })))
            .await;
        hostile.during(world.goes_on()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_never_answer_hold_up_nobody() {
    let mut world = World::new().await;
    let mut mute = Vec::new();
    for _ in 0..8 {
        let mut hostile = world.hostile(|_| None).await;
        hostile.until("the victim's hello", |h| !h.asked.is_empty()).await;
        mute.push(hostile);
    }
    world.goes_on().await;
    drop(mute);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_connections_and_noise_hold_up_nobody() {
    let mut world = World::new().await;
    let address = world.victim.network.listen_addrs()[0].to_string();
    let port: u16 = address.split('/').nth(4).unwrap().parse().unwrap();
    let open: Vec<TcpStream> =
        (0..500).filter_map(|_| TcpStream::connect(("127.0.0.1", port)).ok()).collect();
    for stream in open.iter().take(50) {
        let mut stream = stream;
        // The victim may have hung up before.
        let _ = stream.write_all(&[0xa5; 10_000]);
    }
    world.goes_on().await;
    drop(open);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_get_no_answer_and_floods_are_cut() {
    let mut world = World::new().await;
    let mut hostile = world.hostile(nothing).await;
    let good = Request::Heads { after: None }.encode();
    for bytes in [vec![], b"junk".to_vec(), vec![0; 1_000_000], vec![0x82; 4000]] {
        let before = hostile.answered.len();
        hostile.request(bytes);
        hostile.until("the failure", |h| h.answered.len() > before).await;
        assert!(hostile.answered.last().unwrap().as_ref().is_none_or(Vec::is_empty));
    }
    let before = hostile.answered.len();
    hostile.request(good.clone());
    hostile.until("the answer to a good one", |h| h.answered.len() > before).await;
    assert!(hostile.answered.last().unwrap().is_some());
    // Far more than any node needs, all at once.
    let before = hostile.answered.len();
    for _ in 0..2000 {
        hostile.request(good.clone());
    }
    hostile.during(world.goes_on()).await;
    let all =
        tokio::time::timeout(GUARD, hostile.until("all are over", |h| h.answered.len() >= before + 2000));
    all.await.unwrap();
    let none = Response::Unavailable.encode();
    let served = hostile.answered[before..].iter().flatten().filter(|a| !a.is_empty() && **a != none).count();
    assert!(served < 1000, "{served} of 2000 were answered");
    world.goes_on().await;
}
