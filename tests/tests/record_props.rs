//! Properties of records for any input.

mod record_world;

use accolade_core::record::wire::{Answer, Request, Response};
use accolade_core::record::{
    Input, IssuerLog, PeerId, Replica, ReplicaConfig, SignedRecord, decode_snapshot, encode_snapshot,
};
use accolade_core::status::StatusPurpose;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use record_world::{DAY, Issuer, NET, start};
use std::sync::LazyLock;

/// A log of 40 records over two lists.
static LOG: LazyLock<Vec<SignedRecord>> = LazyLock::new(|| {
    let mut issuer = Issuer::new(1);
    let mut records = issuer.opening(start());
    records.push(issuer.create(1, StatusPurpose::Suspension, start()));
    for n in 0..36u64 {
        let toggled = if n % 2 == 0 { (vec![n / 2], vec![]) } else { (vec![], vec![n / 2]) };
        let changes = [(0, vec![n * 3], vec![]), (1, toggled.0, toggled.1)];
        records.push(issuer.log.status(&changes, 0, DAY, &issuer.key, start()).expect("status"));
    }
    records
});

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_snapshot_gives_back_its_set(set in btree_set(0u64..131_072, 0..2_000)) {
        let indexes: Vec<u64> = set.into_iter().collect();
        let blob = encode_snapshot(131_072, &indexes);
        prop_assert!(blob.len() <= 131_072 / 8 + 32);
        prop_assert_eq!(decode_snapshot(&blob), Ok((131_072, indexes)));
    }

    #[test]
    fn noise_is_refused_or_reads_in_one_way(noise in vec(any::<u8>(), 0..300)) {
        prop_assert!(SignedRecord::decode(&noise, NET).is_err());
        if let Ok(request) = Request::decode(&noise) {
            prop_assert_eq!(request.encode(), noise.clone());
        }
        if let Ok(response) = Response::decode(&noise) {
            prop_assert_eq!(response.encode(), noise.clone());
        }
        let _ = Answer::decode(&noise, NET);
        if let Ok((entries, indexes)) = decode_snapshot(&noise) {
            prop_assert_eq!(encode_snapshot(entries, &indexes), noise);
        }
    }

    #[test]
    fn a_changed_record_is_refused(n in 0usize..40, at in any::<prop::sample::Index>(), by in 1u8..) {
        let mut bytes = LOG[n].bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        prop_assert!(SignedRecord::decode(&bytes, NET).is_err());
    }

    #[test]
    fn any_order_with_repetitions_leads_to_the_same_state(
        order in Just((0..40usize).collect::<Vec<_>>()).prop_shuffle(),
        again in vec(0usize..40, 0..40),
        peers in vec(0u64..3, 80),
    ) {
        let mut replica = Replica::new(ReplicaConfig::new(NET, 1), vec![]);
        for peer in 0..3 {
            replica.handle(Input::Connected(PeerId(peer)), start());
        }
        for (n, peer) in again.iter().chain(&order).zip(&peers) {
            let record = LOG[*n].clone();
            replica.handle(Input::Received { from: PeerId(*peer), record }, start());
        }
        let (did, last) = (LOG[0].issuer(), LOG[39].head());
        let log = IssuerLog::open(NET, did.clone(), LOG.iter().cloned()).expect("the log");
        let held = replica.issuer(did.as_str()).expect("all is held");
        prop_assert_eq!(held.head(), last);
        for list in log.state().expect("a log").lists() {
            let held = held.list(&list.list.url).expect("the list");
            prop_assert_eq!((held.version, &held.bits), (list.version, &list.bits));
            let verified = held.verified();
            prop_assert_eq!(verified.get(3), list.bits.get(3));
            prop_assert_eq!((verified.issuer(), verified.url()), (did.as_str(), list.list.url.as_str()));
        }
    }
}
