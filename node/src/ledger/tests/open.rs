//! Opening: the lock, the schema, and files that are no ledger.

use super::*;
use std::fs;

#[tokio::test]
async fn a_second_opener_is_refused() {
    let bed = Bed::new().await;
    let error = Ledger::open(bed.folder.path()).await.err().expect("it is in use");
    assert_eq!(error, LedgerError::Locked { folder: bed.folder.path().to_owned() });
    assert!(error.to_string().contains("in use by another process"), "{error}");
    bed.ledger.put_credential(credential("urn:1", None)).await.expect("the first one goes on");
    let bed = bed.reopen().await;
    assert_eq!(bed.ledger.credential_count().await, Ok(1));
}

#[tokio::test]
async fn a_closed_ledger_says_so() {
    let bed = Bed::new().await;
    let clone = bed.ledger.clone();
    let write = bed.ledger.put_credential(credential("urn:1", None));
    let (written, ()) = futures::join!(write, clone.close());
    written.expect("what was queued is carried out");
    clone.close().await;
    assert_eq!(clone.put_credential(credential("urn:2", None)).await, Err(LedgerError::Closed));
    assert_eq!(bed.ledger.credential_count().await, Err(LedgerError::Closed));
    assert_eq!(bed.ledger.reserve_status_index(1).await, Err(LedgerError::Closed));
    let bed = bed.reopen().await;
    assert_eq!(bed.ledger.credential_count().await, Ok(1));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let outer = tempfile::tempdir().expect("folder");
    let folder = outer.path().join("a/new/folder");
    let ledger = Ledger::open(&folder).await.expect("made");
    ledger.commit_floors(vec![floor("did:a", 0, 1, 1)]).await.expect("committed");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> =
        fs::read_dir(&folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn it_is_as_durable_as_it_says() {
    let bed = Bed::new().await;
    let pragmas = bed.ledger.write(|connection| {
        Box::pin(async move {
            let mut values = Vec::new();
            for sql in ["PRAGMA synchronous", "PRAGMA foreign_keys"] {
                let (value,): (i64,) = sqlx::query_as(sql).fetch_one(&mut *connection).await?;
                values.push(value);
            }
            let (mode,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(connection).await?;
            Ok((values, mode))
        })
    });
    // 2 is FULL.
    assert_eq!(pragmas.await, Ok((vec![2, 1], "wal".to_owned())));
    let write = sqlx::query("DELETE FROM floors").execute(bed.ledger.readers()).await;
    assert!(write.is_err(), "only the writer writes");
}

#[tokio::test]
async fn a_newer_schema_is_not_touched() {
    let bed = Bed::new().await;
    bed.ledger
        .write(|connection| {
            Box::pin(async move {
                let sql = "INSERT INTO schema_versions (version, sha256) VALUES (99, x'00')";
                sqlx::query(sql).execute(connection).await?;
                Ok(())
            })
        })
        .await
        .expect("written");
    bed.ledger.close().await;
    let error = Ledger::open(bed.folder.path()).await.err().expect("too new");
    assert_eq!(error, LedgerError::SchemaTooNew { found: 99, known: schema::newest() });
    let again = Ledger::open(bed.folder.path()).await.err().expect("still");
    assert_eq!(again, error, "the lock was given back");
}

#[tokio::test]
async fn a_schema_of_another_build_is_refused() {
    let bed = Bed::new().await;
    bed.ledger
        .write(|connection| {
            Box::pin(async move {
                sqlx::query("UPDATE schema_versions SET sha256 = x'00'").execute(connection).await?;
                Ok(())
            })
        })
        .await
        .expect("written");
    bed.ledger.close().await;
    let error = Ledger::open(bed.folder.path()).await.err().expect("another build");
    assert_eq!(error, LedgerError::SchemaDiffers { version: 1 });
}

#[tokio::test]
async fn what_is_no_ledger_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("ledger.db");
    for noise in [b"not a database at all".repeat(500), vec![0xff; 100_000]] {
        fs::write(&path, &noise).expect("written");
        let error = Ledger::open(folder.path()).await.err().expect("noise");
        assert!(matches!(error, LedgerError::Corrupt { .. }), "{error}");
        assert!(error.hint().contains("backup"));
        assert_eq!(fs::read(&path).expect("there"), noise);
    }
}

#[tokio::test]
async fn damage_in_the_middle_is_found() {
    let bed = Bed::new().await;
    for number in 0..200 {
        let new = NewCredential { json: vec![b'x'; 3000], ..credential(&format!("urn:{number}"), None) };
        bed.ledger.put_credential(new).await.expect("stored");
    }
    bed.ledger.check().await.expect("sound");
    bed.ledger.close().await;
    let path = bed.folder.path().join("ledger.db");
    let mut bytes = fs::read(&path).expect("the file");
    let length = bytes.len();
    bytes[8192..length / 2].fill(0xa5);
    fs::write(&path, &bytes).expect("damaged");
    let outcome = match Ledger::open(bed.folder.path()).await {
        Ok(ledger) => ledger.check().await,
        Err(error) => Err(error),
    };
    assert!(matches!(outcome, Err(LedgerError::Corrupt { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let outer = tempfile::tempdir().expect("folder");
    let file = outer.path().join("file");
    fs::write(&file, b"").expect("a file");
    let error = Ledger::open(&file.join("data")).await.err().expect("a file is in the way");
    assert!(matches!(&error, LedgerError::Io { detail } if detail.contains("file/data")), "{error}");
}
