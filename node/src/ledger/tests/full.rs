//! A disk without room: nothing is acknowledged, nothing is lost, and it goes on when there is room.

use super::*;

/// Lets the database grow by no more than `pages` from what it has; none takes the bound away.
async fn bound(bed: &Bed, pages: Option<i64>) {
    bed.ledger
        .write(move |connection| {
            Box::pin(async move {
                let (now,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(&mut *connection).await?;
                let most = pages.map_or(1 << 30, |pages| now + pages);
                sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {most}")))
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
        .expect("bounded");
}

fn large(name: &str) -> NewCredential {
    NewCredential { json: vec![b'x'; 20_000], ..credential(name, None) }
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_loses_nothing() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    bed.ledger.put_credential(large("urn:before")).await.expect("stored");
    bound(&bed, Some(40)).await;
    let mut stored = vec!["urn:before".to_owned()];
    let error = loop {
        let name = format!("urn:{}", stored.len());
        match bed.ledger.put_credential(large(&name)).await {
            Ok(()) => stored.push(name),
            Err(error) => break error,
        }
        assert!(stored.len() < 100, "the bound was reached");
    };
    assert_eq!(error, LedgerError::DiskFull);
    assert_eq!((error.code(), error.kind()), ("storage_full", crate::error::ErrorKind::Unavailable));
    assert!(error.outcome_unknown() && error.hint().contains("Make room"), "{}", error.hint());
    let refused = format!("urn:{}", stored.len());
    assert!(bed.ledger.credential(&refused).await.expect("reading goes on").is_none());

    bound(&bed, None).await;
    bed.ledger.put_credential(large(&refused)).await.expect("there is room again");
    bed.ledger.set_status(list, 1, true, None, at(1)).await.expect("and everything goes on");
    stored.push(refused);
    let bed = bed.reopen().await;
    bed.ledger.check().await.expect("sound");
    assert_eq!(bed.ledger.credential_count().await, Ok(stored.len() as u64));
    for name in stored {
        assert!(bed.ledger.credential(&name).await.expect("read").is_some(), "{name}");
    }
}

#[tokio::test]
async fn those_who_share_a_full_commit_are_all_refused_and_can_all_repeat() {
    let bed = Bed::new().await;
    bound(&bed, Some(12)).await;
    let put = |name: &str| bed.ledger.put_credential(large(name));
    let names: Vec<String> = (0..10).map(|number| format!("urn:{number}")).collect();
    let results = futures::future::join_all(names.iter().map(|name| put(name))).await;
    for (name, result) in names.iter().zip(&results) {
        let is_there = bed.ledger.credential(name).await.expect("read").is_some();
        assert_eq!(result.is_ok(), is_there, "{name}: {result:?}");
    }
    assert!(results.contains(&Err(LedgerError::DiskFull)));
    bound(&bed, None).await;
    for name in &names {
        put(name).await.expect("repeated");
    }
    assert_eq!(bed.ledger.credential_count().await, Ok(10));
}

#[tokio::test]
async fn an_index_that_could_not_be_reserved_is_given_once_only() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    let mut given = std::collections::HashSet::new();
    for round in 0..6 {
        bound(&bed, if round % 2 == 0 { Some(0) } else { None }).await;
        for _ in 0..100 {
            // A reservation changes a row in its place, which a full database still takes: either answer will do.
            if let Ok(index) = bed.ledger.reserve_status_index(list).await {
                assert!(given.insert(index), "{index} was given twice");
            }
        }
    }
    assert!(given.len() >= 300, "{}", given.len());
}
