//! What peers and issuers may try, and what comes of it: nothing.

mod record_world;

use accolade_core::record::wire::{Answer, MAX_ASKS_PER_PEER, Request};
use accolade_core::record::{
    Body, Effect, Failure, Floor, GossipVerdict, Head, Input, ListDelta, PeerId, Profile, Quotas,
    RecordDraft, Refusal, Replica, ReplicaConfig, SignedRecord, Status, WireError, lists_root, state_hash,
};
use accolade_core::status::{Bitstring, StatusPurpose};
use accolade_core::time::Timestamp;
use record_world::{DAY, Issuer, NET, start};
use std::time::Duration;

const PEER: PeerId = PeerId(1);

/// A replica with one peer, at one time.
struct Bed {
    replica: Replica,
    now: Timestamp,
}

impl Bed {
    fn new() -> Self {
        Self::with(Quotas::default(), vec![])
    }

    fn with(quotas: Quotas, floors: Vec<Floor>) -> Self {
        let config = ReplicaConfig { quotas, ..ReplicaConfig::new(NET, 1) };
        let mut bed = Self { replica: Replica::new(config, floors), now: start() };
        bed.replica.handle(Input::Connected(PEER), bed.now);
        bed
    }

    fn gossip(&mut self, record: &SignedRecord) -> Vec<Effect> {
        self.replica.handle(Input::Received { from: PEER, record: record.clone() }, self.now)
    }

    fn take(&mut self, records: &[SignedRecord]) {
        for record in records {
            let effects = self.gossip(record);
            assert!(judged(&effects, GossipVerdict::Accept), "{effects:?}");
        }
    }

    fn head(&self, issuer: &Issuer) -> Option<Head> {
        self.replica.issuer(issuer.did().as_str()).map(|state| state.head())
    }
}

fn judged(effects: &[Effect], wanted: GossipVerdict) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Judge { verdict, .. } if *verdict == wanted))
}

fn refused(effects: &[Effect]) -> Option<Refusal> {
    effects.iter().find_map(|effect| match effect {
        Effect::Refused { why, .. } => Some(*why),
        _ => None,
    })
}

fn asked(effects: &[Effect]) -> Vec<(u64, Request)> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::Ask { ask, request, .. } => Some((*ask, request.clone())),
        _ => None,
    });
    asked.collect()
}

fn stores_nothing(effects: &[Effect]) -> bool {
    !effects.iter().any(|effect| {
        matches!(
            effect,
            Effect::Store { .. } | Effect::CommitFloor(_) | Effect::Changed { .. } | Effect::Announce(_)
        )
    })
}

fn sign(issuer: &Issuer, prev: Option<Head>, iat: Timestamp, body: Body) -> Result<SignedRecord, WireError> {
    let valid_until = matches!(body, Body::Status(_)).then(|| iat.plus(DAY));
    let draft = RecordDraft { net: NET.to_owned(), issuer: issuer.did(), prev, iat, valid_until, body };
    SignedRecord::sign(draft, &issuer.key)
}

/// A status record that sets bits of list 0, with whatever else the caller says.
fn delta(issuer: &Issuer, from: u64, set: Vec<u64>, clear: Vec<u64>) -> Status {
    let state = issuer.log.state().expect("a log");
    let (_, bits) = state.bits(0).expect("list 0");
    let mut bits = Bitstring::clone(bits);
    for (indexes, value) in [(&set, true), (&clear, false)] {
        for index in indexes {
            let _ = bits.set(*index, value);
        }
    }
    let state_hash = state_hash(0, from + 1, bits.as_bytes());
    let leaf = accolade_core::record::ListLeaf { list: 0, version: from + 1, state_hash };
    let delta = ListDelta { list: 0, from, to: from + 1, set, clear, state_hash };
    Status { tick_s: 0, lists: vec![delta], lists_root: lists_root(&[leaf]) }
}

#[test]
fn every_byte_of_a_record_counts() {
    let mut issuer = Issuer::new(1);
    let mut records = issuer.opening(start());
    records.push(issuer.revoke(0, &[1, 5, 99_999], start()));
    records.push(issuer.log.snapshot(0, &issuer.key, start()).expect("snapshot").0);
    for record in records {
        let good = record.bytes();
        for at in 0..good.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut bad = good.to_vec();
                bad[at] ^= flip;
                assert!(SignedRecord::decode(&bad, NET).is_err(), "byte {at} of {}", record.seq());
            }
            assert!(SignedRecord::decode(&good[..at], NET).is_err(), "cut at {at}");
        }
        let longer = [good, &[0]].concat();
        assert!(SignedRecord::decode(&longer, NET).is_err());
        assert!(matches!(SignedRecord::decode(good, "other"), Err(WireError::OtherNet { .. })));
        assert_eq!(SignedRecord::decode(good, NET).expect("good").bytes(), good);
    }
}

#[test]
fn another_key_signs_nothing_for_an_issuer() {
    let (issuer, thief) = (Issuer::new(1), Issuer::new(2));
    let json = format!(r#"{{"id":"{}","name":"Not me"}}"#, issuer.did());
    let body = Body::Profile(Profile::new(json.into_bytes()).expect("a profile"));
    let draft = RecordDraft {
        net: NET.to_owned(),
        issuer: issuer.did(),
        prev: None,
        iat: start(),
        valid_until: None,
        body: body.clone(),
    };
    assert_eq!(SignedRecord::sign(draft, &thief.key), Err(WireError::Key));
    // Nor may an issuer publish another's profile as its own.
    assert!(matches!(sign(&thief, None, start(), body), Err(WireError::Rule { .. })));
}

#[test]
fn the_right_order_and_no_other() {
    let mut issuer = Issuer::new(1);
    let records = issuer.opening(start());
    let mut bed = Bed::new();
    // Backwards: parked, asked for, and taken once the first is there.
    assert!(stores_nothing(&bed.gossip(&records[2])));
    let effects = bed.gossip(&records[1]);
    assert!(stores_nothing(&effects) && bed.head(&issuer).is_none());
    let effects = bed.gossip(&records[0]);
    let accepted =
        effects.iter().filter(|e| matches!(e, Effect::Judge { verdict: GossipVerdict::Accept, .. }));
    assert_eq!(accepted.count(), 3);
    assert_eq!(bed.head(&issuer), issuer.log.head());
    // The order of effects: kept, then durable, then made known.
    let place = |wanted: fn(&Effect) -> bool| effects.iter().position(wanted).expect("the effect");
    let store = place(|e| matches!(e, Effect::Store { .. }));
    let floor = place(|e| matches!(e, Effect::CommitFloor(_)));
    let changed = place(|e| matches!(e, Effect::Changed { .. }));
    let judge = place(|e| matches!(e, Effect::Judge { .. }));
    assert!(store < floor && floor < changed && floor < judge);
    // Again: nothing.
    for record in &records {
        let effects = bed.gossip(record);
        assert!(
            stores_nothing(&effects)
                && judged(&effects, GossipVerdict::Ignore)
                && refused(&effects).is_none()
        );
    }
}

#[test]
fn two_words_for_one_place_are_refused_and_reported() {
    let mut issuer = Issuer::new(1);
    let records = issuer.opening(start());
    let mut bed = Bed::new();
    bed.take(&records);
    let mut fork = issuer.log.clone();
    let ours = issuer.revoke(0, &[1], start());
    let theirs = fork.status(&[(0, vec![2], vec![])], 0, DAY, &issuer.key, start()).expect("status");
    let after = fork.status(&[], 0, DAY, &issuer.key, start()).expect("status");
    bed.take(std::slice::from_ref(&ours));
    for (record, why) in [(theirs, Refusal::Conflict), (after, Refusal::Fork)] {
        let effects = bed.gossip(&record);
        assert_eq!(refused(&effects), Some(why));
        assert!(stores_nothing(&effects) && judged(&effects, GossipVerdict::Ignore));
    }
    assert_eq!(bed.head(&issuer), Some(ours.head()));
}

#[test]
fn a_state_that_does_not_match_is_never_applied() {
    let mut issuer = Issuer::new(1);
    let records = issuer.opening(start());
    let revoked = issuer.revoke(0, &[10], start());
    let prev = issuer.log.head();
    let good = delta(&issuer, 1, vec![11], vec![]);
    let mut wrong_hash = good.clone();
    wrong_hash.lists[0].state_hash = [0; 32];
    let mut wrong_root = good.clone();
    wrong_root.lists_root = [0; 32];
    let mut no_list = good.clone();
    no_list.lists[0].list = 3;
    let heartbeat = Status { tick_s: 0, lists: vec![], lists_root: [0; 32] };
    let cases = [
        ("hash", wrong_hash, Some(Refusal::BadState)),
        ("root", wrong_root, Some(Refusal::BadState)),
        ("root of a heartbeat", heartbeat, Some(Refusal::BadState)),
        ("list", no_list, None),
        ("version", delta(&issuer, 0, vec![11], vec![]), None),
        ("revoked twice", delta(&issuer, 1, vec![10], vec![]), None),
        ("taken back", delta(&issuer, 1, vec![], vec![10]), None),
        ("outside", delta(&issuer, 1, vec![131_072], vec![]), None),
    ];
    for (what, status, why) in cases {
        let mut bed = Bed::new();
        bed.take(&records);
        bed.take(std::slice::from_ref(&revoked));
        let record = sign(&issuer, prev, start(), Body::Status(status)).expect(what);
        let effects = bed.gossip(&record);
        match (why, refused(&effects)) {
            (Some(why), Some(is)) => assert_eq!(is, why, "{what}"),
            (None, Some(Refusal::BadChange(_))) => {}
            other => panic!("{what}: {other:?}"),
        }
        assert!(stores_nothing(&effects) && judged(&effects, GossipVerdict::Reject), "{what}");
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Misbehaved { .. })), "{what}");
        assert_eq!(bed.head(&issuer), prev);
        // The issuer's real next word is still taken.
        let record = sign(&issuer, prev, start(), Body::Status(good.clone())).expect("good");
        bed.take(&[record]);
    }
}

#[test]
fn a_suspension_can_be_taken_back_a_revocation_not() {
    let mut issuer = Issuer::new(1);
    issuer.opening(start());
    issuer.create(1, StatusPurpose::Suspension, start());
    let (mut log, key) = (issuer.log.clone(), &issuer.key);
    let mut status = |set: Vec<u64>, clear: Vec<u64>, list| {
        log.status(&[(list, set, clear)], 0, DAY, key, start()).map(|record| record.seq())
    };
    assert!(status(vec![5], vec![], 0).is_ok() && status(vec![5], vec![], 1).is_ok());
    assert!(status(vec![], vec![5], 1).is_ok());
    assert!(status(vec![], vec![5], 0).is_err());
    // A clear of what is clear changes nothing: a heartbeat.
    assert!(status(vec![], vec![6], 0).is_ok());
}

#[test]
fn records_from_the_future_wait() {
    let mut issuer = Issuer::new(1);
    let records = issuer.opening(start());
    let mut bed = Bed::new();
    bed.take(&records);
    let ahead = issuer.revoke(0, &[3], start().plus(Duration::from_secs(3600)));
    assert!(stores_nothing(&bed.gossip(&ahead)));
    let list = |bed: &Bed| bed.replica.list(issuer.did().as_str(), &issuer.url(0)).expect("the list");
    bed.now = start().plus(Duration::from_secs(3479));
    bed.replica.handle(Input::Tick, bed.now);
    assert_eq!(list(&bed).bits.get(3), Some(false));
    bed.now = start().plus(Duration::from_secs(3480));
    let effects = bed.replica.handle(Input::Tick, bed.now);
    assert!(judged(&effects, GossipVerdict::Accept));
    assert_eq!(list(&bed).bits.get(3), Some(true));
    // Time in a log doesn't go back.
    let body = Body::Status(delta(&issuer, 1, vec![4], vec![]));
    let back = sign(&issuer, issuer.log.head(), start(), body).expect("well-formed");
    assert_eq!(refused(&bed.gossip(&back)), Some(Refusal::TimeBackwards));
}

/// The next question about records, answered with what a holder of `records` would send.
fn answer_range(bed: &mut Bed, effects: &[Effect], records: &[SignedRecord]) -> Vec<Effect> {
    let range = asked(effects).into_iter().find(|(_, request)| matches!(request, Request::Range { .. }));
    let Some((ask, Request::Range { from_seq, max, .. })) = range else { panic!("no range: {effects:?}") };
    let records = records.iter().skip(from_seq as usize).take(max as usize).cloned().collect();
    bed.replica.handle(Input::Answered { from: PEER, ask, answer: Answer::Records(records) }, bed.now)
}

/// The peer shows these heads.
fn show_heads(bed: &mut Bed, heads: Vec<Floor>) -> Vec<Effect> {
    let hello = accolade_core::record::wire::Hello { net: NET.to_owned(), clock_ms: 0, fingerprint: [9; 32] };
    let effects = bed.replica.handle(Input::Greeted { from: PEER, hello }, bed.now);
    let [(ask, Request::Heads { after: None })] = &asked(&effects)[..] else { panic!("{effects:?}") };
    let answer = Answer::Heads { heads, more: false };
    bed.replica.handle(Input::Answered { from: PEER, ask: *ask, answer }, bed.now)
}

#[test]
fn an_older_list_is_not_taken_after_a_loss() {
    let mut issuer = Issuer::new(1);
    let mut records = issuer.opening(start());
    let before = records.clone();
    records.push(issuer.revoke(0, &[42], start()));
    let newest = Floor { issuer: issuer.did(), head: issuer.log.head().expect("a head") };

    // The peer has only the time before the revocation: it is kept, but no answer is given from it.
    let mut bed = Bed::with(Quotas::default(), vec![newest.clone()]);
    let old_head = Floor { issuer: issuer.did(), head: before[2].head() };
    let effects = show_heads(&mut bed, vec![old_head]);
    let effects = answer_range(&mut bed, &effects, &before);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Changed { .. } | Effect::CommitFloor(_))));
    assert!(bed.replica.issuer(issuer.did().as_str()).is_none());
    assert_eq!(bed.replica.heads().count(), 0, "what isn't level is not shown to others");
    // Then the rest comes.
    let effects = bed.gossip(&records[3]);
    assert!(judged(&effects, GossipVerdict::Accept));
    let list = bed.replica.list(issuer.did().as_str(), &issuer.url(0)).expect("level");
    assert_eq!(list.bits.get(42), Some(true));
}

#[test]
fn a_log_that_lacks_the_head_once_seen_is_dropped() {
    let mut issuer = Issuer::new(1);
    let mut records = issuer.opening(start());
    let mut other = issuer.log.clone();
    records.push(issuer.revoke(0, &[42], start()));
    let seen = Floor { issuer: issuer.did(), head: issuer.log.head().expect("a head") };
    // The issuer (or who stole its key) tells another story since.
    let mut rewritten = records[..3].to_vec();
    for _ in 0..3 {
        rewritten.push(other.status(&[], 0, DAY, &issuer.key, start()).expect("heartbeat"));
    }
    let mut bed = Bed::with(Quotas::default(), vec![seen]);
    let head = Floor { issuer: issuer.did(), head: rewritten[5].head() };
    let effects = show_heads(&mut bed, vec![head]);
    let effects = answer_range(&mut bed, &effects, &rewritten);
    assert_eq!(refused(&effects), Some(Refusal::BelowFloor));
    assert!(effects.contains(&Effect::Forget { issuer: issuer.did() }) && stores_nothing(&effects));
    assert!(bed.head(&issuer).is_none());
    // The true log is still taken.
    for record in &records {
        bed.now = bed.now.plus(Duration::from_secs(61));
        bed.gossip(record);
    }
    assert_eq!(bed.head(&issuer), issuer.log.head());
}

#[test]
fn answers_that_were_not_asked_for_change_nothing() {
    let (mut issuer, mut stranger) = (Issuer::new(1), Issuer::new(2));
    let (records, others) = (issuer.opening(start()), stranger.opening(start()));
    let head = Floor { issuer: issuer.did(), head: issuer.log.head().expect("a head") };
    let wrong_order: Vec<SignedRecord> = records.iter().rev().cloned().collect();
    for answer in [
        Answer::Records(others),
        Answer::Records(wrong_order),
        Answer::Records(records[1..].to_vec()),
        Answer::Heads { heads: vec![], more: false },
        Answer::Blob { total: 1, bytes: vec![1] },
    ] {
        let mut bed = Bed::new();
        let effects = show_heads(&mut bed, vec![head.clone()]);
        let [(ask, Request::Range { .. })] = asked(&effects)[..] else { panic!("{effects:?}") };
        let effects =
            bed.replica.handle(Input::Answered { from: PEER, ask, answer: answer.clone() }, bed.now);
        assert!(stores_nothing(&effects), "{answer:?}");
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Misbehaved { .. })), "{answer:?}");
        // A number that was never asked, or another's.
        let effects =
            bed.replica.handle(Input::Answered { from: PeerId(9), ask, answer: answer.clone() }, bed.now);
        assert_eq!(effects, vec![], "{answer:?}");
    }
}

#[test]
fn another_peer_is_asked_when_one_fails() {
    let mut issuer = Issuer::new(1);
    let records = issuer.opening(start());
    let mut bed = Bed::new();
    let second = PeerId(2);
    bed.replica.handle(Input::Connected(second), bed.now);
    let first_ask = bed.gossip(&records[1]);
    let [(ask, Request::Range { .. })] = asked(&first_ask)[..] else { panic!("{first_ask:?}") };
    // Both showed something of that issuer; the one that was asked doesn't answer.
    let record = records[2].clone();
    assert!(asked(&bed.replica.handle(Input::Received { from: second, record }, bed.now)).is_empty());
    let asked_first = PEER;
    let failed = Input::Failed { from: asked_first, ask, failure: Failure::Lost };
    let effects = bed.replica.handle(failed, bed.now);
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Ask { peer, request: Request::Range { .. }, .. } if *peer == second)),
        "{effects:?}"
    );
}

#[test]
fn a_peer_has_at_most_four_questions_at_once() {
    let mut bed = Bed::new();
    let heads: Vec<Floor> = {
        let mut heads: Vec<Floor> = (1..=50)
            .map(|seed| {
                let mut issuer = Issuer::new(seed);
                issuer.opening(start());
                Floor { issuer: issuer.did(), head: issuer.log.head().expect("a head") }
            })
            .collect();
        heads.sort();
        heads
    };
    let effects = show_heads(&mut bed, heads);
    // One hello is open since the connection was made.
    assert_eq!(asked(&effects).len(), MAX_ASKS_PER_PEER - 1);
    for second in 0..29 {
        let effects = bed.replica.handle(Input::Tick, start().plus(Duration::from_secs(second)));
        assert!(asked(&effects).is_empty());
    }
}

#[test]
fn over_its_quota_an_issuer_waits_and_leaves_no_gap() {
    let mut issuer = Issuer::new(1);
    let mut records = issuer.opening(start());
    for index in 0..60 {
        records.push(issuer.revoke(0, &[index], start()));
    }
    let quotas = Quotas { status_burst: 20, ..Quotas::default() };
    let mut bed = Bed::with(quotas, vec![]);
    let head = Floor { issuer: issuer.did(), head: issuer.log.head().expect("a head") };
    let effects = show_heads(&mut bed, vec![head.clone()]);
    let effects = answer_range(&mut bed, &effects, &records);
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Misbehaved { .. } | Effect::Refused { .. }))
    );
    // 2 records of other types, 20 at once, and 1 at the rate of 120 an hour.
    assert_eq!(bed.head(&issuer).map(|head| head.seq + 1), Some(23));
    assert!(asked(&effects).is_empty(), "nothing is asked while it waits");
    bed.now = bed.now.plus(Duration::from_secs(30));
    let effects = bed.replica.handle(Input::Tick, bed.now);
    let _ = answer_range(&mut bed, &effects, &records);
    assert_eq!(bed.head(&issuer).map(|head| head.seq + 1), Some(24));
}

#[test]
fn what_a_peer_holds_of_the_own_log_is_known_before_it_counts_as_compared_and_has_no_quota() {
    let mut issuer = Issuer::new(1);
    let mut records = issuer.opening(start());
    let in_backup = records.len();
    for index in 0..60 {
        records.push(issuer.revoke(0, &[index], start()));
    }
    let quotas = Quotas { status_burst: 20, ..Quotas::default() };
    let config = ReplicaConfig { quotas, own: Some(issuer.did()), ..ReplicaConfig::new(NET, 1) };
    let mut bed = Bed { replica: Replica::new(config, vec![]), now: start() };
    for record in &records[..in_backup] {
        bed.replica.handle(Input::Local(record.clone(), None), bed.now);
    }
    bed.replica.handle(Input::Connected(PEER), bed.now);
    let is_compared = |effects: &[Effect]| effects.contains(&Effect::Compared { peer: PEER });
    assert!(bed.replica.showing_more(&issuer.did()).is_empty());
    let head = Floor { issuer: issuer.did(), head: issuer.log.head().expect("a head") };
    let mut effects = show_heads(&mut bed, vec![head]);
    assert!(is_compared(&effects));
    assert_eq!(bed.replica.showing_more(&issuer.did()), [PEER]);
    while !bed.replica.showing_more(&issuer.did()).is_empty() {
        assert!(!asked(&effects).is_empty(), "it is asked until all of it is here");
        effects = answer_range(&mut bed, &effects, &records);
    }
    assert_eq!(bed.head(&issuer), issuer.log.head(), "without waiting for a quota");
    assert!(!bed.replica.is_below_floor(&issuer.did()));

    // Whoever shows more and goes away without giving it isn't asked any more, and doesn't count as compared.
    let more = issuer.revoke(0, &[70], start());
    bed.replica.handle(Input::Connected(PeerId(2)), bed.now);
    bed.replica
        .handle(Input::Received { from: PeerId(2), record: issuer.revoke(0, &[71], start()) }, bed.now);
    assert_eq!(bed.replica.showing_more(&issuer.did()), [PeerId(2)]);
    bed.replica.handle(Input::Disconnected(PeerId(2)), bed.now);
    assert!(bed.replica.showing_more(&issuer.did()).is_empty());
    assert_eq!(more.seq(), bed.head(&issuer).expect("a head").seq + 1);
}

/// A replica of the issuer itself with its log, whose peer showed `head`; and what it does then.
fn own_log_against(records: &[SignedRecord], did: accolade_core::did::Did, head: Head) -> (Bed, Vec<Effect>) {
    let config = ReplicaConfig { own: Some(did.clone()), ..ReplicaConfig::new(NET, 1) };
    let mut bed = Bed { replica: Replica::new(config, vec![]), now: start() };
    for record in records {
        bed.replica.handle(Input::Local(record.clone(), None), bed.now);
    }
    bed.replica.handle(Input::Connected(PEER), bed.now);
    let effects = show_heads(&mut bed, vec![Floor { issuer: did, head }]);
    (bed, effects)
}

#[test]
fn another_record_at_a_place_of_the_own_log_is_asked_for_and_only_its_signature_is_believed() {
    let mut issuer = Issuer::new(1);
    let mut records = issuer.opening(start());
    let mut twin = Issuer::new(1);
    let mut others = twin.opening(start());
    for index in 0..3 {
        records.push(issuer.revoke(0, &[index], start()));
        others.push(twin.revoke(0, &[index + 10], start()));
    }
    let did = issuer.did();
    let last = records.len() - 1;
    let is_refused = |effects: &[Effect], expected: Refusal| {
        effects.iter().any(|effect| matches!(effect, Effect::Refused { why, .. } if *why == expected))
    };
    // At the newest place, and at an older one.
    for place in [last, last - 1] {
        let (mut bed, effects) = own_log_against(&records, did.clone(), others[place].head());
        assert_eq!(bed.replica.showing_more(&did), [PEER]);
        let effects = answer_range(&mut bed, &effects, &others);
        assert!(is_refused(&effects, Refusal::Conflict), "{effects:?}");
        assert_eq!(bed.replica.showing_more(&did), [PEER], "it stays unlike this log");
        assert!(asked(&effects).is_empty(), "and isn't asked again at once");
        assert_eq!(bed.head(&issuer), issuer.log.head());
    }
    // Beyond it, not following.
    let more = twin.revoke(0, &[20], start());
    others.push(more.clone());
    let (mut bed, effects) = own_log_against(&records, did.clone(), more.head());
    let effects = answer_range(&mut bed, &effects, &others);
    assert!(is_refused(&effects, Refusal::Fork), "{effects:?}");
    // A head that is nobody's record: the peer has only what is held here.
    let mut invented = records[last].head();
    invented.id = more.id();
    let (mut bed, effects) = own_log_against(&records, did.clone(), invented);
    let effects = answer_range(&mut bed, &effects, &records);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Refused { .. })), "{effects:?}");
    assert!(asked(&effects).is_empty());
    assert!(bed.replica.showing_more(&did).is_empty(), "its word alone is not believed");
    // One that is merely older is nothing to be asked about.
    let (bed, effects) = own_log_against(&records, did.clone(), records[1].head());
    assert!(asked(&effects).is_empty() && bed.replica.showing_more(&did).is_empty());
}

#[test]
fn a_peer_introduces_only_so_many_strangers() {
    let quotas = Quotas { new_issuers_burst: 10, ..Quotas::default() };
    let mut bed = Bed::with(quotas, vec![]);
    for seed in 1..=30 {
        let mut issuer = Issuer::new(seed);
        let record = issuer.profile(start());
        bed.gossip(&record);
    }
    assert_eq!(bed.replica.issuers().count(), 10);
}

#[test]
fn lists_beyond_the_memory_wait() {
    let quotas = Quotas { max_entries: 200_000, ..Quotas::default() };
    let mut bed = Bed::with(quotas, vec![]);
    let (mut first, mut second) = (Issuer::new(1), Issuer::new(2));
    bed.take(&first.opening(start()));
    let records = second.opening(start());
    bed.take(&records[..1]);
    let effects = bed.gossip(&records[1]);
    assert!(stores_nothing(&effects) && refused(&effects).is_none());
}

#[test]
fn what_a_lost_peer_left_aside_goes_with_it() {
    let mut bed = Bed::new();
    for seed in 1..=100 {
        let mut issuer = Issuer::new(seed);
        bed.gossip(&issuer.opening(start())[2]);
    }
    let before = format!("{:?}", bed.replica);
    assert!(before.len() > 50_000, "records are kept aside");
    bed.replica.handle(Input::Disconnected(PEER), bed.now);
    let after = format!("{:?}", bed.replica);
    assert!(after.len() < 2_000, "{after}");
}
