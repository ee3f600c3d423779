//! The node's own log: the records that it signed, from which the replica can be filled again.

use super::{
    Ledger, LedgerError, achievements, at_most_bytes, digest_from_stored, from_stored, lists, status,
    to_stored,
};
use accolade_core::time::Timestamp;
use sqlx::SqliteConnection;

const RECORD_LIMIT_BYTES: usize = 64 * 1024;
const BLOB_LIMIT_BYTES: usize = 2 * 1024 * 1024;
/// Records of one append, and of one page: with their blobs they are held in memory.
const RECORDS_LIMIT: u32 = 64;

/// The last record of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its epoch.
    pub epoch: u32,
    /// Its sequence number within the epoch.
    pub seq: u64,
    /// Its id.
    pub id: [u8; 32],
}

/// A record of the own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRecord {
    /// Its epoch.
    pub epoch: u32,
    /// Its sequence number within the epoch.
    pub seq: u64,
    /// Its id.
    pub id: [u8; 32],
    /// The record as signed, 64 KiB at most.
    pub bytes: Vec<u8>,
    /// The image or snapshot that it names by SHA-256, 2 MiB at most.
    pub blob: Option<Vec<u8>>,
}

/// What [`Ledger::append_records`] stores in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Append {
    /// The id of the record that the first one follows (its `prev`); none for the first record of the log.
    pub after: Option<[u8; 32]>,
    /// The records in order, 64 at most. Each follows the one before it; the caller has seen to their `prev`.
    pub records: Vec<OwnRecord>,
    /// Pending changes up to this number were published by them: `through` of the [`super::PendingChanges`]
    /// that they were made of.
    pub changes_through: Option<i64>,
    /// Lists and the version that they have now.
    pub list_versions: Vec<(u32, u64)>,
    /// Lists that they announce.
    pub lists_announced: Vec<u32>,
    /// Achievements that they publish, by id.
    pub achievements_published: Vec<String>,
}

/// What [`Ledger::append_records`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// The records are stored.
    Stored,
    /// They were stored before, by a call whose answer was lost.
    Already,
}

impl Ledger {
    /// Stores own records and moves the own head to the last of them, together with everything that they
    /// publish: all of it or nothing. Announce a record only after `Ok`.
    ///
    /// After a storage failure call it again with the same records ([`Appended::Already`] if they had been
    /// stored), or read [`Self::own_head`] before signing anything else: a second record at a place that is
    /// taken would be equivocation. The ledger refuses to store one.
    ///
    /// # Errors
    /// [`LedgerError::NotTheNextRecord`] where the first record doesn't follow the stored head (same epoch,
    /// next sequence number, `after` its id; an empty log begins at 0.0), or a later one doesn't follow the
    /// one before it; [`LedgerError::OldVersion`]; [`LedgerError::UnknownList`];
    /// [`LedgerError::UnknownAchievement`]; [`LedgerError::TooLarge`]; [`LedgerError::OutOfRange`] where
    /// there is no record.
    pub async fn append_records(&self, append: Append, now: Timestamp) -> Result<Appended, LedgerError> {
        check_sizes(&append.records)?;
        self.write(move |connection| Box::pin(store(connection, append, now))).await
    }

    /// The last own record; none before the first.
    pub async fn own_head(&self) -> Result<Option<Head>, LedgerError> {
        head(&mut *self.readers().acquire().await?).await
    }

    /// A page of own records in order, with their blobs: those after (epoch, seq), from the first with none.
    /// At most `limit`, and never more than 64.
    pub async fn own_records(
        &self,
        after: Option<(u32, u64)>,
        limit: u32,
    ) -> Result<Vec<OwnRecord>, LedgerError> {
        type Row = (i64, i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>);
        let (epoch, seq) = match after {
            Some((epoch, seq)) => (i64::from(epoch), to_stored("the sequence number", seq)?),
            None => (-1, 0),
        };
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT r.epoch, r.seq, r.id, r.bytes, b.bytes
             FROM own_records r LEFT JOIN blobs b ON b.sha256 = r.blob_sha256
             WHERE (r.epoch, r.seq) > ($1, $2) ORDER BY r.epoch, r.seq LIMIT $3",
        )
        .bind(epoch)
        .bind(seq)
        .bind(limit.min(RECORDS_LIMIT))
        .fetch_all(self.readers())
        .await?;
        rows.into_iter()
            .map(|(epoch, seq, id, bytes, blob)| {
                let id = digest_from_stored(id)?;
                Ok(OwnRecord { epoch: from_stored(epoch)?, seq: from_stored(seq)?, id, bytes, blob })
            })
            .collect()
    }
}

/// An own record without its blob: epoch, sequence number, and the record as signed.
pub type OwnRecordBytes = (u32, u64, Vec<u8>);

impl Ledger {
    /// A page of own records as [`Self::own_records`] gives them, without their blobs.
    pub async fn own_record_bytes(
        &self,
        after: Option<(u32, u64)>,
        limit: u32,
    ) -> Result<Vec<OwnRecordBytes>, LedgerError> {
        let (epoch, seq) = match after {
            Some((epoch, seq)) => (i64::from(epoch), to_stored("the sequence number", seq)?),
            None => (-1, 0),
        };
        let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT epoch, seq, bytes FROM own_records WHERE (epoch, seq) > ($1, $2)
             ORDER BY epoch, seq LIMIT $3",
        )
        .bind(epoch)
        .bind(seq)
        .bind(limit.min(RECORDS_LIMIT))
        .fetch_all(self.readers())
        .await?;
        let record = |(epoch, seq, bytes)| Ok((from_stored(epoch)?, from_stored(seq)?, bytes));
        rows.into_iter().map(record).collect()
    }
}

/// Refuses no records, too many of them, and what is too large.
pub(super) fn check_sizes(records: &[OwnRecord]) -> Result<(), LedgerError> {
    if records.is_empty() {
        return Err(LedgerError::OutOfRange { what: "the number of records" });
    }
    let (size, limit) = (records.len(), RECORDS_LIMIT as usize);
    if size > limit {
        return Err(LedgerError::TooLarge { what: "the append", size, limit, unit: "records" });
    }
    for record in records {
        at_most_bytes("the record", &record.bytes, RECORD_LIMIT_BYTES)?;
        at_most_bytes("the blob", record.blob.as_deref().unwrap_or_default(), BLOB_LIMIT_BYTES)?;
    }
    Ok(())
}

/// Stores records that follow the own head, whose id is `after`.
pub(super) async fn follow(
    connection: &mut SqliteConnection,
    after: Option<[u8; 32]>,
    records: Vec<OwnRecord>,
) -> Result<Appended, LedgerError> {
    let mut head = head(connection).await?;
    if is_stored(connection, &records).await? {
        return Ok(Appended::Already);
    }
    if let Some(first) = records.first().filter(|_| head.map(|head| head.id) != after) {
        return Err(not_next(head, first));
    }
    for record in records {
        let is_next = match head {
            Some(head) => record.epoch == head.epoch && Some(record.seq) == head.seq.checked_add(1),
            None => (record.epoch, record.seq) == (0, 0),
        };
        if !is_next {
            return Err(not_next(head, &record));
        }
        head = Some(Head { epoch: record.epoch, seq: record.seq, id: record.id });
        insert(connection, record).await?;
    }
    Ok(Appended::Stored)
}

async fn store(
    connection: &mut SqliteConnection,
    append: Append,
    now: Timestamp,
) -> Result<Appended, LedgerError> {
    if follow(connection, append.after, append.records).await? == Appended::Already {
        return Ok(Appended::Already);
    }
    if let Some(through) = append.changes_through {
        status::mark_published(connection, through).await?;
    }
    for (list, version) in append.list_versions {
        move_version(connection, list, version).await?;
    }
    for list in append.lists_announced {
        let updated = sqlx::query("UPDATE status_lists SET announced = 1 WHERE number = $1")
            .bind(i64::from(list))
            .execute(&mut *connection)
            .await?;
        if updated.rows_affected() == 0 {
            return Err(LedgerError::UnknownList { list });
        }
    }
    for id in append.achievements_published {
        achievements::publish(connection, id, now).await?;
    }
    Ok(Appended::Stored)
}

/// Whether exactly these records are stored, at their places.
async fn is_stored(connection: &mut SqliteConnection, records: &[OwnRecord]) -> Result<bool, LedgerError> {
    for record in records {
        let kept: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT bytes FROM own_records WHERE epoch = $1 AND seq = $2 AND id = $3")
                .bind(i64::from(record.epoch))
                .bind(to_stored("the sequence number", record.seq)?)
                .bind(record.id.to_vec())
                .fetch_optional(&mut *connection)
                .await?;
        if kept.is_none_or(|(bytes,)| bytes != record.bytes) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn insert(connection: &mut SqliteConnection, record: OwnRecord) -> Result<(), LedgerError> {
    let blob_sha256 = match record.blob {
        Some(blob) => Some(achievements::put_blob(connection, blob).await?),
        None => None,
    };
    sqlx::query("INSERT INTO own_records (epoch, seq, id, bytes, blob_sha256) VALUES ($1, $2, $3, $4, $5)")
        .bind(i64::from(record.epoch))
        .bind(to_stored("the sequence number", record.seq)?)
        .bind(record.id.to_vec())
        .bind(record.bytes)
        .bind(blob_sha256)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn move_version(
    connection: &mut SqliteConnection,
    list: u32,
    version: u64,
) -> Result<(), LedgerError> {
    let stored = lists::list(connection, list).await?.version;
    if version < stored {
        return Err(LedgerError::OldVersion { list, stored, given: version });
    }
    sqlx::query("UPDATE status_lists SET version = $1 WHERE number = $2")
        .bind(to_stored("the version", version)?)
        .bind(i64::from(list))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn head(connection: &mut SqliteConnection) -> Result<Option<Head>, LedgerError> {
    let row: Option<(i64, i64, Vec<u8>)> =
        sqlx::query_as("SELECT epoch, seq, id FROM own_records ORDER BY epoch DESC, seq DESC LIMIT 1")
            .fetch_optional(connection)
            .await?;
    row.map(|(epoch, seq, id)| {
        Ok(Head { epoch: from_stored(epoch)?, seq: from_stored(seq)?, id: digest_from_stored(id)? })
    })
    .transpose()
}

fn not_next(head: Option<Head>, record: &OwnRecord) -> LedgerError {
    LedgerError::NotTheNextRecord {
        head: head.map(|head| (head.epoch, head.seq)),
        epoch: record.epoch,
        seq: record.seq,
    }
}
