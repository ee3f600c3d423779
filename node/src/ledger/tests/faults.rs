//! What callers see when a commit fails, and what is there afterwards.

use super::super::faults::Fault;
use super::*;
use futures::future::join_all;

async fn put(bed: &Bed, name: &str) -> Result<(), LedgerError> {
    bed.ledger.put_credential(credential(name, None)).await
}

#[tokio::test]
async fn a_failed_commit_acknowledges_nothing_to_nobody() {
    let bed = Bed::new().await;
    bed.faults.then(Some(Fault::FailedAndLost));
    let results = join_all(["urn:1", "urn:2", "urn:3"].map(|name| put(&bed, name))).await;
    for result in results {
        let error = result.expect_err("the commit failed");
        assert!(error.outcome_unknown(), "{error}");
    }
    assert_eq!(bed.ledger.credential_count().await, Ok(0));
    put(&bed, "urn:1").await.expect("the ledger goes on, and the call can be repeated");
    let bed = bed.reopen().await;
    assert_eq!(bed.ledger.credential_count().await, Ok(1));
    assert_eq!(bed.ledger.stats().failed_commits, 0, "counts begin anew");
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_can_be_repeated() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    bed.faults.then(Some(Fault::FailedButPersisted));
    assert!(put(&bed, "urn:1").await.is_err());
    assert_eq!(bed.ledger.credential_count().await, Ok(1), "it is there all the same");
    put(&bed, "urn:1").await.expect("repeated");
    assert_eq!(bed.ledger.credential_count().await, Ok(1));

    bed.faults.then(Some(Fault::FailedButPersisted));
    assert!(bed.ledger.set_status(list, 3, true, None, at(0)).await.is_err());
    assert_eq!(bed.ledger.set_status(list, 3, true, None, at(1)).await, Ok(SetStatus::Unchanged));
    assert_eq!(bed.ledger.pending_changes(10).await.expect("pending").lists[0].set, [3], "it waits once");

    bed.faults.then(Some(Fault::FailedButPersisted));
    assert!(bed.ledger.create_list(new_list(Purpose::Suspension), 0, at(0)).await.is_err());
    let again = bed.ledger.create_list(new_list(Purpose::Suspension), 0, at(0)).await.expect("found");
    assert_eq!(again.number, 2);

    bed.faults.then(Some(Fault::FailedButPersisted));
    assert!(bed.ledger.commit_floors(vec![floor("did:a", 0, 1, 1)]).await.is_err());
    let again = bed.ledger.commit_floors(vec![floor("did:a", 0, 1, 1)]).await.expect("repeated");
    assert_eq!(again.not_newer, 1);
    assert_eq!(bed.ledger.stats().failed_commits, 4);
}

#[tokio::test]
async fn a_reservation_that_failed_gives_nothing_and_repeats_nothing() {
    for fault in [Fault::FailedAndLost, Fault::FailedButPersisted] {
        let bed = Bed::new().await;
        let list = bed.list(Purpose::Revocation).await;
        bed.faults.then(Some(fault));
        assert!(bed.ledger.reserve_status_index(list).await.is_err());
        let first = bed.ledger.reserve_status_index(list).await.expect("a counter");
        // What was reserved without an answer is burned.
        assert_eq!(first, if fault == Fault::FailedAndLost { 0 } else { 64 });
    }
}

#[tokio::test]
async fn the_own_head_tells_what_became_of_an_append() {
    let bed = Bed::new().await;
    bed.faults.then(Some(Fault::FailedButPersisted));
    assert!(bed.ledger.append_records(append(None, record(0, 1)), at(0)).await.is_err());
    assert_eq!(bed.ledger.own_head().await.expect("read").map(|head| head.id), Some(id(1)));
    let again = bed.ledger.append_records(append(None, record(0, 1)), at(0)).await;
    assert_eq!(again, Ok(Appended::Already));
    let other = bed.ledger.append_records(append(None, record(0, 2)), at(0)).await;
    assert!(matches!(other, Err(LedgerError::NotTheNextRecord { .. })), "no second record at one place");

    bed.faults.then(Some(Fault::FailedAndLost));
    assert!(bed.ledger.append_records(append(Some(1), record(1, 3)), at(0)).await.is_err());
    assert_eq!(bed.ledger.own_head().await.expect("read").map(|head| head.id), Some(id(1)));
    assert_eq!(bed.ledger.append_records(append(Some(1), record(1, 3)), at(0)).await, Ok(Appended::Stored));
}

#[tokio::test]
async fn the_first_start_can_be_repeated() {
    for (fault, is_first) in [(Fault::FailedAndLost, true), (Fault::FailedButPersisted, false)] {
        let bed = Bed::new().await;
        let token = || Some(new_token(token_hash(), Scopes::owner()));
        bed.faults.then(Some(fault));
        assert!(bed.ledger.create_identity(identity("did:key:zA"), token(), at(0)).await.is_err());
        let bed = bed.reopen().await;
        assert_eq!(bed.ledger.is_first_start().await, Ok(is_first));
        bed.ledger.create_identity(identity("did:key:zA"), token(), at(0)).await.expect("fixed");
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_passes() {
    let bed = Bed::new().await;
    let pages = |limit: i64| {
        bed.ledger.write(move |connection| {
            Box::pin(async move {
                let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {limit}"));
                sqlx::query(sql).execute(connection).await?;
                Ok(())
            })
        })
    };
    pages(80).await.expect("a small disk");
    let mut stored = 0u64;
    let error = loop {
        let new = NewCredential { json: vec![b'x'; 3800], ..credential(&format!("urn:{stored}"), None) };
        match bed.ledger.put_credential(new).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1000, "the disk never got full");
    };
    assert_eq!(error, LedgerError::DiskFull);
    assert_eq!(error.kind(), crate::error::ErrorKind::Unavailable);
    assert!(stored > 5, "{stored}");
    assert_eq!(bed.ledger.credential_count().await, Ok(stored), "reading goes on, all is there");
    let large = |name: &str| NewCredential { json: vec![b'x'; 9000], ..credential(name, None) };
    assert_eq!(bed.ledger.put_credential(large("urn:large")).await, Err(LedgerError::DiskFull));

    pages(100_000).await.expect("room again");
    bed.ledger.put_credential(large("urn:large")).await.expect("it goes on");
    let bed = bed.reopen().await;
    assert_eq!(bed.ledger.credential_count().await, Ok(stored + 1));
    bed.ledger.check().await.expect("sound");
}
