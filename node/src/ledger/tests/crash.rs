//! The crash: copies of the files, taken while 16 writers are at work, are what a killed process leaves. Every
//! copy must open and hold everything that was acknowledged before the copy began.

use super::*;
use std::collections::HashSet;
use std::fs;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

const WRITERS: u64 = 16;
const COPIES: usize = 12;

#[derive(Clone, Default)]
struct Acknowledged {
    badges: HashSet<(String, u64)>,
    counters: HashSet<u64>,
    set: HashSet<u64>,
}

/// The files as a kill would leave them: the database, which nobody writes to (the test has switched
/// checkpoints off), and then the write-ahead log, which may be cut in the middle of what is being appended.
fn copy(from: &Path, to: &Path) {
    for name in ["ledger.db", "ledger.db-wal"] {
        fs::copy(from.join(name), to.join(name)).expect("copied");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_acknowledged_outlives_a_crash() {
    let bed = Bed::new().await;
    let list = bed.list(Purpose::Revocation).await;
    // A checkpoint would change both files while they are copied.
    bed.ledger
        .write(|connection| {
            Box::pin(async move {
                sqlx::query("PRAGMA wal_autocheckpoint = 0").execute(connection).await?;
                Ok(())
            })
        })
        .await
        .expect("set");
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            tokio::spawn(work(bed.ledger.clone(), list, writer, acknowledged.clone(), stop.clone()))
        })
        .collect();

    let mut copies = Vec::new();
    for round in 1..=COPIES {
        // Wait for progress, not for a duration.
        while acknowledged.lock().expect("lock").badges.len() < round * 40 {
            tokio::task::yield_now().await;
        }
        let before = acknowledged.lock().expect("lock").clone();
        let folder = tempfile::tempdir().expect("folder");
        copy(bed.folder.path(), folder.path());
        copies.push((folder, before));
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("no panic");
    }
    for (folder, before) in copies {
        holds(folder.path(), list, &before).await;
    }
}

async fn work(
    ledger: Ledger,
    list: u32,
    writer: u64,
    acknowledged: Arc<Mutex<Acknowledged>>,
    stop: Arc<AtomicBool>,
) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let id = format!("urn:{writer}:{number}");
        number += 1;
        let index = ledger.reserve_status_index(list).await.expect("a counter");
        acknowledged.lock().expect("lock").counters.insert(index);
        ledger.put_credential(credential(&id, Some((list, index)))).await.expect("stored");
        acknowledged.lock().expect("lock").badges.insert((id, index));
        if number % 4 == 0 {
            ledger.set_status(list, index, true, None, at(0)).await.expect("set");
            acknowledged.lock().expect("lock").set.insert(index);
        }
    }
}

/// The copy opens, is sound, has everything acknowledged, and gives out no counter again.
async fn holds(folder: &Path, list: u32, acknowledged: &Acknowledged) {
    let ledger = Ledger::open(folder).await.expect("a crashed ledger opens");
    ledger.check().await.expect("sound");
    for (id, index) in &acknowledged.badges {
        let kept = ledger.credential(id).await.expect("read");
        assert_eq!(kept.expect("an acknowledged badge").status, Some((list, *index)), "{id}");
    }
    let set: HashSet<u64> =
        ledger.set_indexes(list, View::Current).await.expect("read").into_iter().collect();
    assert!(acknowledged.set.is_subset(&set), "an acknowledged revocation is missing");
    let pending = ledger.pending_changes(10_000).await.expect("pending");
    assert_eq!(pending.lists.first().map_or(0, |changes| changes.set.len()), set.len(), "none goes unsaid");
    for _ in 0..70 {
        let counter = ledger.reserve_status_index(list).await.expect("a counter");
        assert!(!acknowledged.counters.contains(&counter), "counter {counter} was given before the crash");
        let fresh = credential(&format!("urn:fresh:{counter}"), Some((list, counter)));
        ledger.put_credential(fresh).await.expect("a counter that no stored badge has");
    }
    ledger.close().await;
}

#[tokio::test]
async fn a_torn_end_of_the_log_costs_only_what_was_not_acknowledged() {
    let bed = Bed::new().await;
    for number in 0..20 {
        bed.ledger.put_credential(credential(&format!("urn:{number}"), None)).await.expect("stored");
    }
    let wal = fs::read(bed.folder.path().join("ledger.db-wal")).expect("the log");
    for (what, torn) in [
        ("cut", wal[..wal.len() - 100].to_vec()),
        ("noise after the end", [&wal[..], &[0xa5; 5000]].concat()),
        ("cut within the first frames", wal[..4000].to_vec()),
    ] {
        let folder = tempfile::tempdir().expect("folder");
        copy(bed.folder.path(), folder.path());
        fs::write(folder.path().join("ledger.db-wal"), torn).expect("written");
        let ledger = Ledger::open(folder.path()).await.expect(what);
        ledger.check().await.expect("sound");
        let kept = ledger.credential_count().await.expect("read");
        if what == "noise after the end" {
            assert_eq!(kept, 20, "{what}");
        }
        // Whatever is left is a beginning of what was written, without holes.
        for number in 0..20 {
            let found = ledger.credential(&format!("urn:{number}")).await.expect("read").is_some();
            assert_eq!(found, number < kept, "{what}: badge {number} of {kept}");
        }
        ledger.close().await;
    }
}
