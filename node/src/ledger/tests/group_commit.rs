//! Many writes, few commits; and what they cost.

use super::*;
use futures::future::join_all;
use std::collections::HashSet;
use std::time::Instant;

#[tokio::test]
async fn waiting_writes_share_a_commit() {
    let bed = Bed::new().await;
    let before = bed.ledger.stats();
    let writes = (0..500).map(|number| bed.ledger.put_credential(credential(&format!("urn:{number}"), None)));
    for result in join_all(writes).await {
        result.expect("stored");
    }
    let after = bed.ledger.stats();
    assert_eq!(after.operations - before.operations, 500);
    let commits = after.commits - before.commits;
    assert!(commits <= 20, "500 waiting writes took {commits} commits");
    assert_eq!(bed.ledger.credential_count().await, Ok(500));
}

#[tokio::test]
async fn a_refused_operation_takes_nobody_with_it() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    // All of one index: one of them may have it.
    let writes = (0..50).map(|number| {
        let index = if number % 2 == 0 { 7 } else { 1000 + number };
        bed.ledger.put_credential(credential(&format!("urn:{number}"), Some((list, index))))
    });
    let results = join_all(writes).await;
    let refused = results.iter().filter(|result| **result == Err(LedgerError::IndexTaken { list, index: 7 }));
    assert_eq!(refused.count(), 24);
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 26);
    assert_eq!(bed.ledger.credential_count().await, Ok(26));
}

#[tokio::test]
async fn an_operation_that_was_half_done_leaves_nothing() {
    let bed = Bed::new().await;
    // Floors are written one by one: the second can't be stored, the first is undone.
    let good = bed.ledger.put_credential(credential("urn:good", None));
    let half = bed.ledger.commit_floors(vec![floor("did:a", 0, 1, 1), floor("did:b", 0, u64::MAX, 1)]);
    let (good, half) = futures::join!(good, half);
    good.expect("stored");
    assert_eq!(half, Err(LedgerError::OutOfRange { what: "the sequence number" }));
    assert_eq!(bed.ledger.floors().await, Ok(vec![]));
    assert_eq!(bed.ledger.credential_count().await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_counter_is_given_twice() {
    let mut bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    let mut seen = HashSet::new();
    for round in 0..4 {
        let callers: Vec<_> = (0..32)
            .map(|_| {
                let ledger = bed.ledger.clone();
                tokio::spawn(async move {
                    let mut counters = Vec::new();
                    for _ in 0..20 {
                        counters.push(ledger.reserve_status_index(list).await.expect("a counter"));
                    }
                    counters.extend(ledger.reserve_status_range(list, 3).await.expect("a range"));
                    counters
                })
            })
            .collect();
        for caller in callers {
            for counter in caller.await.expect("no panic") {
                assert!(seen.insert(counter), "counter {counter} was given twice");
            }
        }
        bed = bed.reopen().await;
        assert!(seen.len() == (round + 1) * 32 * 23);
    }
}

#[tokio::test]
async fn issuing_a_badge_costs_about_one_operation() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    let before = bed.ledger.stats();
    for number in 0..192 {
        let index = bed.ledger.reserve_status_index(list).await.expect("a counter");
        bed.ledger
            .put_credential(credential(&format!("urn:{number}"), Some((list, index))))
            .await
            .expect("stored");
    }
    assert_eq!(bed.ledger.stats().operations - before.operations, 192 + 2);
}

#[tokio::test]
async fn a_caller_that_goes_away_is_no_trouble() {
    let bed = Bed::new().await;
    for number in 0..20 {
        let write = bed.ledger.put_credential(credential(&format!("urn:{number}"), None));
        // Polled once, so that it is queued; then dropped.
        let _ = futures::poll!(std::pin::pin!(write));
    }
    bed.ledger.put_credential(credential("urn:last", None)).await.expect("stored");
    assert_eq!(bed.ledger.credential_count().await, Ok(21));
}

/// Figures: `cargo test -p accolade-node --release how_fast -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn how_fast() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    for (writers, each) in [(1u64, 2000u64), (8, 1000), (64, 500), (256, 100)] {
        let (before, start) = (bed.ledger.stats(), Instant::now());
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let ledger = bed.ledger.clone();
                tokio::spawn(async move {
                    for number in 0..each {
                        let index = ledger.reserve_status_index(list).await.expect("a counter");
                        let id = format!("urn:{writers}:{writer}:{number}");
                        let json = vec![b'x'; 3800];
                        let new = NewCredential { json, ..credential(&id, Some((list, index))) };
                        ledger.put_credential(new).await.expect("stored");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
        let (after, seconds) = (bed.ledger.stats(), start.elapsed().as_secs_f64());
        println!(
            r#"{{"name":"ledger_issue","writers":{writers},"per_s":{:.0},"commits_per_s":{:.0},"badges_per_commit":{:.1}}}"#,
            (writers * each) as f64 / seconds,
            (after.commits - before.commits) as f64 / seconds,
            (writers * each) as f64 / (after.commits - before.commits) as f64,
        );
    }
}
