//! A ledger that turned out to be an older copy, and what it takes over.

use super::*;

/// A ledger with list 1 announced, one bit set and published, and one record.
async fn bed_with_log() -> (Bed, u32) {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    let announce = Append { lists_announced: vec![list], ..append(None, record(0, 1)) };
    bed.ledger.append_records(announce, at(0)).await.expect("stored");
    (bed, list)
}

fn adopted(after: u8, records: Vec<OwnRecord>) -> Adopt {
    Adopt { after: Some(id(after)), records, ..Adopt::default() }
}

fn changes(list: u32, set: &[u64], clear: &[u64]) -> AdoptedChanges {
    AdoptedChanges { list, set: set.to_vec(), clear: clear.to_vec(), at: at(50) }
}

#[tokio::test]
async fn an_older_copy_gives_no_index_of_the_lists_that_it_has() {
    let (bed, list) = bed_with_log().await;
    assert_eq!(bed.ledger.leveling().await, Ok(None));
    bed.ledger.reserve_status_index(list).await.expect("a block is in memory");
    bed.ledger.begin_leveling(LevelingReason::Behind, at(5)).await.expect("noted");
    bed.ledger.begin_leveling(LevelingReason::Behind, at(6)).await.expect("again");
    let noted = bed.ledger.leveling().await.expect("read").expect("there");
    assert_eq!((noted.reason, noted.begun_at, noted.level_at), (LevelingReason::Behind, at(5), None));
    let full = Err(LedgerError::ListFull { list, entries: 131_072 });
    assert_eq!(bed.ledger.reserve_status_index(list).await, full, "nothing comes out of memory either");

    let bed = bed.reopen().await;
    assert_eq!(bed.ledger.reserve_status_index(list).await, full);
    bed.ledger.end_leveling(LevelBy::Peers, at(9)).await.expect("level");
    assert_eq!(bed.ledger.leveling().await.expect("read").expect("there").level_at, Some(at(9)));
    assert_eq!(bed.ledger.reserve_status_index(list).await, full, "closed for good");
    let next = bed.ledger.create_list(new_list(Purpose::Revocation), 0, at(10)).await.expect("a new one");
    assert_eq!(next.number, list + 1);
    let tag = next.url.strip_prefix("https://issuer.example/status/2-").expect("a tag");
    assert!(tag.len() == 8 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()), "{tag}");
    bed.ledger.reserve_status_index(next.number).await.expect("the new list gives indexes");
}

#[tokio::test]
async fn a_list_that_was_never_announced_does_not_stand_in_the_way() {
    let (bed, _) = bed_with_log().await;
    let unannounced = bed.list(Purpose::Suspension).await;
    bed.ledger.begin_leveling(LevelingReason::Behind, at(5)).await.expect("noted");
    bed.ledger.end_leveling(LevelBy::Operator, at(6)).await.expect("level");
    assert_eq!(bed.ledger.lists().await.expect("lists").len(), 1);
    let next = bed.ledger.create_list(new_list(Purpose::Revocation), 0, at(7)).await.expect("a new one");
    assert_eq!(next.number, unannounced, "the number that the own log expects next");
}

#[tokio::test]
async fn a_list_that_nobody_was_told_of_gives_way_to_an_adopted_one_of_its_number() {
    let (bed, announced) = bed_with_log().await;
    let unannounced = bed.list(Purpose::Suspension).await;
    bed.ledger.begin_leveling(LevelingReason::Behind, at(5)).await.expect("noted");
    let adopt = |number| Adopt {
        lists: vec![AdoptedList {
            number,
            url: "https://issuer.example/status/2-0a0b0c0d".into(),
            purpose: Purpose::Suspension,
            entries: 131_072,
        }],
        ..adopted(1, vec![record(1, 2)])
    };
    let taken = bed.ledger.adopt_records(adopt(announced)).await;
    assert!(matches!(taken, Err(LedgerError::ListUrlTaken { .. })), "an announced list stays: {taken:?}");
    assert_eq!(bed.ledger.adopt_records(adopt(unannounced)).await, Ok(Appended::Stored));
    let lists = bed.ledger.lists().await.expect("lists");
    assert_eq!(lists.len(), 2);
    assert_eq!(lists[1].url, "https://issuer.example/status/2-0a0b0c0d");
    assert!(lists[1].announced && lists[1].closed);
}

#[tokio::test]
async fn what_was_published_after_the_copy_is_taken_over() {
    let (bed, list) = bed_with_log().await;
    bed.ledger.set_status(list, 3, true, Some("cheated".into()), at(1)).await.expect("set");
    bed.ledger.put_achievement(achievement("urn:draft", "{}"), at(1)).await.expect("a draft");
    let bed = bed.reopen().await;
    bed.ledger.begin_leveling(LevelingReason::Behind, at(5)).await.expect("noted");
    let adopt = Adopt {
        lists: vec![AdoptedList {
            number: 2,
            url: "https://issuer.example/status/2".into(),
            purpose: Purpose::Suspension,
            entries: 131_072,
        }],
        changes: vec![changes(list, &[3, 9], &[]), changes(2, &[4, 5], &[]), changes(2, &[], &[4])],
        list_versions: vec![(list, 1), (2, 2)],
        achievements: ["urn:draft", "urn:new"]
            .map(|id| AdoptedAchievement { id: id.into(), object: b"{}".to_vec(), image: None, at: at(50) })
            .to_vec(),
        ..adopted(1, vec![record(1, 2), record(2, 3)])
    };
    assert_eq!(bed.ledger.adopt_records(adopt.clone()).await, Ok(Appended::Stored));
    assert_eq!(bed.ledger.adopt_records(adopt).await, Ok(Appended::Already));

    let bed = bed.reopen().await;
    let head = bed.ledger.own_head().await.expect("read").expect("there");
    assert_eq!((head.seq, head.id), (2, id(3)));
    let kept = bed.ledger.status_of(list, 3).await.expect("read");
    assert_eq!((kept.value, kept.is_published, kept.reason.as_deref()), (true, true, Some("cheated")));
    assert_eq!(kept.changed_at, Some(at(1)), "who changed it when is still known");
    let new = bed.ledger.status_of(list, 9).await.expect("read");
    assert_eq!((new.value, new.is_published, new.changed_at), (true, true, Some(at(50))));
    let resumed = bed.ledger.status_of(2, 4).await.expect("read");
    assert_eq!((resumed.value, resumed.is_published), (false, true));
    assert!(bed.ledger.status_of(2, 5).await.expect("read").value);
    let pending = bed.ledger.pending_changes(100).await.expect("read");
    assert!(pending.lists.is_empty(), "what peers know is not published again");
    let lists = bed.ledger.lists().await.expect("lists");
    assert_eq!((lists.len(), lists[1].closed, lists[1].announced, lists[1].version), (2, true, true, 2));
    for id in ["urn:draft", "urn:new"] {
        let published = bed.ledger.achievement(id).await.expect("read").expect("there").published_at;
        assert_eq!(published, Some(at(50)), "{id}");
    }
    assert_eq!(
        bed.ledger.set_status(list, 9, false, None, at(60)).await,
        Err(LedgerError::CannotUnrevoke { list, index: 9 })
    );
}

#[tokio::test]
async fn what_a_newer_record_changed_is_not_changed_back_by_what_waited_here() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Suspension).await;
    let announce = Append { lists_announced: vec![list], ..append(None, record(0, 1)) };
    bed.ledger.append_records(announce, at(0)).await.expect("stored");
    bed.ledger.set_status(list, 7, true, None, at(1)).await.expect("it waits to be published");
    bed.ledger.begin_leveling(LevelingReason::Behind, at(5)).await.expect("noted");
    let adopt = Adopt {
        changes: vec![changes(list, &[7], &[]), changes(list, &[], &[7])],
        list_versions: vec![(list, 2)],
        ..adopted(1, vec![record(1, 2)])
    };
    bed.ledger.adopt_records(adopt).await.expect("stored");
    assert!(!bed.ledger.status_of(list, 7).await.expect("read").value);
    assert_eq!(bed.ledger.pending_changes(10).await.expect("read"), PendingChanges::default());
}

#[tokio::test]
async fn what_does_not_fit_is_refused_as_a_whole() {
    let (bed, list) = bed_with_log().await;
    let before = bed.ledger.own_head().await.expect("read");
    let misfits = [
        adopted(9, vec![record(1, 2)]),
        adopted(1, vec![record(2, 2)]),
        adopted(1, vec![record(1, 2), record(3, 3)]),
        adopted(1, Vec::new()),
        Adopt { changes: vec![changes(8, &[1], &[])], ..adopted(1, vec![record(1, 2)]) },
        Adopt { list_versions: vec![(8, 1)], ..adopted(1, vec![record(1, 2)]) },
        Adopt {
            lists: vec![AdoptedList {
                number: list,
                url: "https://issuer.example/another".into(),
                purpose: Purpose::Revocation,
                entries: 131_072,
            }],
            ..adopted(1, vec![record(1, 2)])
        },
    ];
    for misfit in misfits {
        let error = bed.ledger.adopt_records(misfit.clone()).await.expect_err("a misfit");
        assert!(!error.outcome_unknown(), "{error}");
        assert_eq!(bed.ledger.own_head().await.expect("read"), before, "{misfit:?}");
    }
}

#[tokio::test]
async fn a_failed_commit_takes_nothing_over() {
    let (bed, list) = bed_with_log().await;
    let adopt = Adopt { changes: vec![changes(list, &[1], &[])], ..adopted(1, vec![record(1, 2)]) };
    bed.faults.then(Some(super::super::faults::Fault::FailedAndLost));
    assert!(bed.ledger.adopt_records(adopt.clone()).await.is_err());
    assert!(!bed.ledger.status_of(list, 1).await.expect("read").value);
    assert_eq!(bed.ledger.adopt_records(adopt).await, Ok(Appended::Stored));
}
