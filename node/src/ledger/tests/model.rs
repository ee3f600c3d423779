//! Random operations, failures and restarts against a model in a few lines.

use super::super::faults::Fault;
use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// xorshift64*: a sequence of its own for each seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

/// What the ledger should hold.
#[derive(Default)]
struct Model {
    bits: [BTreeSet<u64>; 2],
    published: [BTreeSet<u64>; 2],
    floors: BTreeMap<String, (u32, u64)>,
    badges: BTreeMap<String, u64>,
    counters: BTreeSet<u64>,
    records: u64,
}

#[tokio::test]
async fn it_does_what_the_model_does() {
    for seed in 1..=6 {
        let mut random = Random(seed * 0x9e37_79b9);
        let mut bed = Bed::new().await;
        let lists = [bed.list(Purpose::Revocation).await, bed.list(Purpose::Suspension).await];
        let mut model = Model::default();
        for step in 0..150 {
            step_once(&bed, lists, &mut model, &mut random).await;
            if random.below(25) == 0 {
                bed = bed.reopen().await;
            }
            if step % 30 == 0 {
                compare(&bed, lists, &model).await;
            }
        }
        compare(&bed, lists, &model).await;
    }
}

async fn step_once(bed: &Bed, lists: [u32; 2], model: &mut Model, random: &mut Random) {
    let fault = match random.below(12) {
        0 => Some(Fault::FailedAndLost),
        1 => Some(Fault::FailedButPersisted),
        _ => None,
    };
    match random.below(5) {
        0 => {
            let (which, index) = (random.below(2) as usize, random.below(20));
            let value = random.below(2) == 1;
            bed.faults.then(fault);
            let result = bed.ledger.set_status(lists[which], index, value, None, at(0)).await;
            let is_unrevoke = which == 0 && !value && model.bits[0].contains(&index);
            let is_kept = fault != Some(Fault::FailedAndLost) && !is_unrevoke;
            assert_eq!(result.is_ok(), fault.is_none() && !is_unrevoke);
            if is_kept && value {
                model.bits[which].insert(index);
            } else if is_kept {
                model.bits[which].remove(&index);
            }
        }
        1 => {
            let Ok(counter) = bed.ledger.reserve_status_index(lists[0]).await else { return };
            assert!(model.counters.insert(counter), "counter {counter} twice");
            let name = format!("urn:{counter}");
            bed.faults.then(fault);
            let result = bed.ledger.put_credential(credential(&name, Some((lists[0], counter)))).await;
            assert_eq!(result.is_ok(), fault.is_none());
            if fault != Some(Fault::FailedAndLost) {
                model.badges.insert(name, counter);
            }
        }
        2 => {
            let issuer = format!("did:{}", random.below(4));
            let place = (random.below(3) as u32, random.below(6));
            bed.faults.then(fault);
            let _ = bed.ledger.commit_floors(vec![floor(&issuer, place.0, place.1, 1)]).await;
            if fault != Some(Fault::FailedAndLost) {
                let kept = model.floors.entry(issuer).or_insert(place);
                *kept = (*kept).max(place);
            }
        }
        _ => publish(bed, lists, model, random, fault).await,
    }
}

/// As a publisher does it: take what is pending, append, and repeat after a failure.
async fn publish(bed: &Bed, lists: [u32; 2], model: &mut Model, random: &mut Random, fault: Option<Fault>) {
    let limit = 1 + random.below(8) as u32;
    let pending = bed.ledger.pending_changes(limit).await.expect("pending");
    let Some(through) = pending.through else { return };
    let number = |seq: u64| u8::try_from(seq).expect("few records");
    let after = model.records.checked_sub(1).map(number);
    let mut append = append(after, record(model.records, number(model.records)));
    append.changes_through = Some(through);
    bed.faults.then(fault);
    let first = bed.ledger.append_records(append.clone(), at(0)).await;
    let expected = match fault {
        None => Ok(Appended::Stored),
        Some(Fault::FailedAndLost) => bed.ledger.append_records(append, at(0)).await,
        Some(Fault::FailedButPersisted) => {
            assert_eq!(bed.ledger.append_records(append, at(0)).await, Ok(Appended::Already));
            Ok(Appended::Stored)
        }
    };
    assert_eq!(expected, Ok(Appended::Stored));
    assert_eq!(first.is_ok(), fault.is_none());
    model.records += 1;
    for changes in pending.lists {
        let which = usize::from(changes.list == lists[1]);
        model.published[which].extend(changes.set);
        model.published[which].retain(|index| !changes.clear.contains(index));
    }
}

async fn compare(bed: &Bed, lists: [u32; 2], model: &Model) {
    for (which, list) in lists.into_iter().enumerate() {
        for (view, expected) in [(View::Current, &model.bits), (View::Published, &model.published)] {
            let set = bed.ledger.set_indexes(list, view).await.expect("read");
            assert!(set.iter().eq(&expected[which]), "{view:?} of list {list}: {set:?}");
        }
    }
    // What is pending leads from the published state to the current one.
    let mut reached = model.published.clone();
    for changes in bed.ledger.pending_changes(10_000).await.expect("pending").lists {
        let which = usize::from(changes.list == lists[1]);
        reached[which].extend(changes.set);
        reached[which].retain(|index| !changes.clear.contains(index));
    }
    assert_eq!(reached, model.bits);
    let floors = bed.ledger.floors().await.expect("read");
    let floors: BTreeMap<_, _> =
        floors.into_iter().map(|floor| (floor.issuer, (floor.head.epoch, floor.head.seq))).collect();
    assert_eq!(floors, model.floors);
    for (name, counter) in &model.badges {
        let kept = bed.ledger.credential(name).await.expect("read").expect("a badge");
        assert_eq!(kept.status, Some((lists[0], *counter)));
    }
    assert_eq!(bed.ledger.credential_count().await, Ok(model.badges.len() as u64));
    let head = bed.ledger.own_head().await.expect("read").map(|head| head.seq);
    assert_eq!(head, model.records.checked_sub(1));
}
