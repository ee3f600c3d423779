//! The records and blobs on disk, in sled.
//!
//! sled may panic on what it can't read, so each call into it is guarded and a panic becomes an error. Writes are
//! flushed before the floor that depends on them is committed; everything here can be fetched again.

use accolade_core::record::SignedRecord;
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Memory that sled may use for its pages.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// The form of the keys and values below.
const FORMAT: &[u8] = b"accolade-replica-0";

/// An open store.
pub(super) struct Store {
    db: sled::Db,
    /// SHA-256(issuer) | epoch | seq | id -> record.
    records: sled::Tree,
    /// id -> key of `records`.
    ids: sled::Tree,
    /// SHA-256 -> blob.
    blobs: sled::Tree,
}

/// Why the store can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// sled said so.
    #[error("{0}")]
    Sled(#[from] sled::Error),
    /// sled panicked.
    #[error("the store failed: {0}")]
    Panicked(String),
    /// It isn't ours, or what it held is gone.
    #[error("the folder doesn't hold a replica of this form")]
    Foreign,
    /// A blob doesn't have its hash.
    #[error("a stored blob is damaged")]
    Damaged,
}

impl Store {
    /// Opens the store in `dir`, or makes a new one where `dir` doesn't exist.
    pub(super) fn open(dir: &Path) -> Result<Self, StoreError> {
        let is_new = !dir.exists();
        guard(|| {
            let db = sled::Config::new()
                .path(dir)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(Some(1000))
                .mode(sled::Mode::LowSpace)
                .open()?;
            match db.get("format")? {
                Some(format) if format == FORMAT => {}
                None if is_new => {
                    db.insert("format", FORMAT)?;
                    db.flush()?;
                }
                // sled silently leaves out what it can't read: then the mark is missing too.
                _ => return Err(StoreError::Foreign),
            }
            let (records, ids) = (db.open_tree("records")?, db.open_tree("ids")?);
            let blobs = db.open_tree("blobs")?;
            Ok(Self { db, records, ids, blobs })
        })
    }

    /// All records, those of an issuer in the order of its log.
    pub(super) fn records(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        guard(|| Ok(self.records.iter().values().map(|v| v.map(|v| v.to_vec())).collect::<Result<_, _>>()?))
    }

    /// Puts records and blobs; not durable before [`Self::flush`].
    pub(super) fn put(
        &self,
        records: &[SignedRecord],
        blobs: &[([u8; 32], &[u8])],
    ) -> Result<(), StoreError> {
        guard(|| {
            // A record never stands without the blobs that were stored with it.
            for (hash, bytes) in blobs {
                self.blobs.insert(hash, *bytes)?;
            }
            for record in records {
                let key = key(record);
                self.records.insert(&key[..], record.bytes())?;
                self.ids.insert(record.id().0, &key[..])?;
            }
            Ok(())
        })
    }

    /// The record of an id.
    pub(super) fn record(&self, id: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        guard(|| {
            let Some(key) = self.ids.get(id)? else { return Ok(None) };
            Ok(self.records.get(key)?.map(|bytes| bytes.to_vec()))
        })
    }

    /// Records of one epoch from `from_seq` on, as many as `max_records` and `max_bytes` allow, but at least one.
    pub(super) fn range(
        &self,
        issuer: &str,
        epoch: u32,
        from_seq: u64,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        guard(|| {
            let prefix = prefix(issuer, epoch);
            let from = [&prefix[..], &from_seq.to_be_bytes()].concat();
            let (mut found, mut bytes) = (Vec::new(), 0);
            for entry in self.records.range(from..).take(max_records) {
                let (key, value) = entry?;
                bytes += value.len();
                if !key.starts_with(&prefix) || (bytes > max_bytes && !found.is_empty()) {
                    break;
                }
                found.push(value.to_vec());
            }
            Ok(found)
        })
    }

    /// A blob by its SHA-256.
    pub(super) fn blob(&self, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        guard(|| Ok(self.blobs.get(sha256)?.map(|bytes| bytes.to_vec())))
    }

    /// Shows each blob with its key to `look`, until that fails.
    pub(super) fn each_blob(
        &self,
        mut look: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        guard(|| {
            for entry in &self.blobs {
                let (hash, bytes) = entry?;
                look(&hash, &bytes)?;
            }
            Ok(())
        })
    }

    /// Removes every record of an issuer.
    pub(super) fn forget(&self, issuer: &str) -> Result<(), StoreError> {
        guard(|| {
            for entry in self.records.scan_prefix(Sha256::digest(issuer.as_bytes())) {
                let (key, _) = entry?;
                if let Some(id) = key.get(key.len() - 32..) {
                    self.ids.remove(id)?;
                }
                self.records.remove(key)?;
            }
            Ok(())
        })
    }

    /// Writes everything to the disk.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        guard(|| Ok(self.db.flush().map(|_| ())?))
    }
}

fn guard<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    // After a panic the store is only dropped or tried again: no invariant of ours lies in it.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        Err(StoreError::Panicked(text.chars().take(200).collect()))
    })
}

fn prefix(issuer: &str, epoch: u32) -> Vec<u8> {
    [&Sha256::digest(issuer.as_bytes())[..], &epoch.to_be_bytes()].concat()
}

fn key(record: &SignedRecord) -> Vec<u8> {
    let mut key = prefix(record.issuer().as_str(), record.epoch());
    key.extend(record.seq().to_be_bytes());
    key.extend(&record.id().0);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use accolade_core::did::key::did_of;
    use accolade_core::keys::SigningKey;
    use accolade_core::record::{IssuerLog, Profile};
    use accolade_core::time::Timestamp;

    fn log(seed: u8, length: usize) -> Vec<SignedRecord> {
        let key = SigningKey::from_seed(&[seed; 32]);
        let did = did_of(&key.verifying_key());
        let mut log = IssuerLog::open("test", did.clone(), []).unwrap();
        let name = |n| Profile::new(format!(r#"{{"id":"{did}","name":"{n}"}}"#).into_bytes()).unwrap();
        (0..length).map(|n| log.profile(name(n), &key, Timestamp::from_millis(1000)).unwrap()).collect()
    }

    #[test]
    fn records_come_back_in_the_order_of_their_logs_also_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("replica");
        let (one, two) = (log(1, 300), log(2, 5));
        {
            let store = Store::open(&dir).unwrap();
            store.put(&one[150..], &[]).unwrap();
            store.put(&two, &[([9; 32], b"blob")]).unwrap();
            store.put(&one[..150], &[]).unwrap();
            store.put(&one, &[]).unwrap();
            store.flush().unwrap();
        }
        let store = Store::open(&dir).unwrap();
        assert_eq!(store.records().unwrap().len(), 305, "each once");
        let issuer = one[0].issuer().as_str();
        let range = |from, max, bytes| store.range(issuer, 0, from, max, bytes).unwrap();
        let bytes = |records: &[SignedRecord]| records.iter().map(|r| r.bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(range(0, 1000, usize::MAX), bytes(&one));
        assert_eq!(range(298, 1000, usize::MAX), bytes(&one[298..]));
        assert_eq!(range(7, 3, usize::MAX), bytes(&one[7..10]));
        assert_eq!(range(7, 1000, 1), bytes(&one[7..8]), "one at least");
        assert_eq!(range(300, 1000, usize::MAX), Vec::<Vec<u8>>::new());
        assert_eq!(store.range(issuer, 1, 0, 9, 9999).unwrap(), Vec::<Vec<u8>>::new(), "another epoch");
        assert_eq!(store.record(&two[3].id().0).unwrap().as_deref(), Some(two[3].bytes()));
        assert_eq!(store.record(&[0; 32]).unwrap(), None);
        assert_eq!(store.blob(&[9; 32]).unwrap().as_deref(), Some(&b"blob"[..]));
        assert_eq!(store.blob(&[8; 32]).unwrap(), None);

        store.forget(issuer).unwrap();
        assert_eq!(store.records().unwrap(), bytes(&two));
        assert_eq!(store.record(&one[3].id().0).unwrap(), None);
    }

    #[test]
    fn a_panic_inside_becomes_an_error() {
        let error = guard::<()>(|| panic!("page {} is gone", 7)).unwrap_err();
        assert_eq!(error.to_string(), "the store failed: page 7 is gone");
    }
}
