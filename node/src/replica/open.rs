//! Opening the store: everything in it is checked again, and a damaged folder is set aside.

use super::store::{Store, StoreError};
use accolade_core::record::{SignedRecord, sha256};
use std::path::{Path, PathBuf};

/// Folders that were set aside and are kept.
const MAX_SET_ASIDE: usize = 3;
/// Below this many records threads cost more than they save.
const RECORDS_PER_THREAD: usize = 256;

/// A store whose content was checked.
pub(super) struct Opened {
    /// The store.
    pub(super) store: Store,
    /// Its records, those of an issuer in the order of its log.
    pub(super) records: Vec<SignedRecord>,
    /// Where a damaged folder was put, and why.
    pub(super) set_aside: Option<(PathBuf, String)>,
}

/// Opens the store in `dir`. A folder that can't be opened or holds anything damaged is renamed to
/// `<dir>.set-aside-<n>`, and an empty store takes its place.
///
/// # Errors
/// The folder can't be renamed, or a new store can't be made.
pub(super) fn open(dir: &Path, net: &str) -> Result<Opened, String> {
    let why = match try_open(dir, net) {
        Ok((store, records)) => return Ok(Opened { store, records, set_aside: None }),
        Err(why) => why,
    };
    let aside = set_aside(dir).map_err(|error| {
        format!("the replica is damaged ({why}) and its folder can't be renamed: {error}")
    })?;
    tracing::warn!(
        folder = %aside.display(), %why,
        "the replica is damaged: its folder was set aside, and it is filled again from peers"
    );
    let (store, records) = try_open(dir, net)?;
    Ok(Opened { store, records, set_aside: Some((aside, why)) })
}

fn try_open(dir: &Path, net: &str) -> Result<(Store, Vec<SignedRecord>), String> {
    if let Some(parent) = dir.parent() {
        std::fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    }
    let store = Store::open(dir).map_err(|error| error.to_string())?;
    let said = |error: StoreError| error.to_string();
    let records = decode_all(&store.records().map_err(said)?, net)?;
    store
        .each_blob(|hash, bytes| if sha256(bytes)[..] == *hash { Ok(()) } else { Err(StoreError::Damaged) })
        .map_err(said)?;
    Ok((store, records))
}

/// Reads and verifies records, on several threads if there are many.
fn decode_all(records: &[Vec<u8>], net: &str) -> Result<Vec<SignedRecord>, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = records.len().div_ceil(cores).max(RECORDS_PER_THREAD);
    let decode = |bytes: &Vec<u8>| {
        SignedRecord::decode(bytes, net).map_err(|error| format!("a stored record is damaged: {error}"))
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = records
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(decode).collect::<Result<Vec<_>, _>>()))
            .collect();
        let mut all = Vec::with_capacity(records.len());
        for thread in threads {
            let checked = thread.join().map_err(|_| "a stored record can't be read".to_owned())?;
            all.extend(checked?);
        }
        Ok(all)
    })
}

/// Renames `dir` to the next free `<dir>.set-aside-<n>`, and removes the eldest ones above the limit.
fn set_aside(dir: &Path) -> std::io::Result<PathBuf> {
    let named = |n: u64| {
        let mut name = dir.file_name().unwrap_or_default().to_owned();
        name.push(format!(".set-aside-{n}"));
        dir.with_file_name(name)
    };
    let prefix = format!("{}.set-aside-", dir.file_name().unwrap_or_default().to_string_lossy());
    let mut numbers: Vec<u64> = std::fs::read_dir(dir.parent().unwrap_or(Path::new(".")))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix(&prefix)?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let aside = named(numbers.last().map_or(1, |n| n + 1));
    std::fs::rename(dir, &aside)?;
    for n in numbers.iter().rev().skip(MAX_SET_ASIDE - 1) {
        // A leftover costs disk only.
        let _ = std::fs::remove_dir_all(named(*n));
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_set_aside_and_three_folders_are_kept() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("replica");
        for n in 1..=5u8 {
            std::fs::create_dir_all(&dir).unwrap();
            for file in ["conf", "db", "noise"] {
                let noise: Vec<u8> = (0..9000u32).map(|i| (i * 31 % 251) as u8 ^ n).collect();
                std::fs::write(dir.join(file), noise).unwrap();
            }
            let opened = open(&dir, "test").unwrap();
            let (aside, why) = opened.set_aside.unwrap();
            assert_eq!(aside, parent.path().join(format!("replica.set-aside-{n}")));
            assert!(!why.is_empty());
            assert!(opened.records.is_empty());
            drop(opened.store);
            std::fs::remove_dir_all(&dir).unwrap();
        }
        let mut left: Vec<_> = std::fs::read_dir(parent.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["replica.set-aside-3", "replica.set-aside-4", "replica.set-aside-5"]);
    }

    #[test]
    fn a_folder_that_was_emptied_or_cut_is_not_taken_for_a_replica() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("replica");
        drop(open(&dir, "test").unwrap());
        assert!(open(&dir, "test").unwrap().set_aside.is_none(), "an undamaged one is opened again");
        std::fs::write(dir.join("db"), b"").unwrap();
        let opened = open(&dir, "test").unwrap();
        assert!(opened.set_aside.is_some());
    }
}
