//! Status lists, and the allocator of their indexes.
//!
//! The allocator hands out counters 0, 1, 2, …; the caller turns a counter into an index with the list's seed
//! (`core::status::permuted_index`). Counters are reserved on disk in blocks, and handed out from memory: a
//! badge then costs one commit, not two. Blocks grow from 64 to 1024 while the node runs, so that many issuers
//! at once seldom wait for one. A stop or a crash burns the rest of a block. Memory never runs ahead of the
//! disk, so no counter is given twice; the unique index on (list, index) of credentials is the second guard.

use super::{Ledger, LedgerError, at_most_bytes, from_stored, to_stored};
use accolade_core::status::StatusPurpose;
use accolade_core::time::Timestamp;
use sqlx::SqliteConnection;
use std::collections::HashMap;
use std::ops::Range;
use tokio::sync::Mutex;

/// Counters of the first block of a list since the start; each later one is twice as large.
const BLOCK_MIN_COUNTERS: u64 = 64;
/// Counters of a block at most: what a crash can burn.
const BLOCK_MAX_COUNTERS: u64 = 1024;
/// Entries of a list: the least that Bitstring Status List 1.0 (section 5.1) asks for hides a badge among.
const ENTRIES_MIN: u64 = 131_072;
/// The largest list whose snapshot always fits a blob of the network (`core::record::MAX_LIST_ENTRIES`).
const ENTRIES_MAX: u64 = 1 << 23;
const URL_LIMIT_BYTES: usize = 2048;
const SEED_LIMIT_BYTES: usize = 4096;

/// The block of each list that was issued from.
pub(super) type Blocks = Mutex<HashMap<u32, Block>>;

/// Counters that are reserved on disk.
#[derive(Default)]
pub(super) struct Block {
    /// Those not yet handed out.
    left: Range<u64>,
    /// How many were asked for.
    counters: u64,
}

/// A list to be made.
pub struct NewList {
    /// The list's URL is this and its number: `https://example.org/status/` gives `…/status/1`; after a restore it
    /// has a random part too, `…/status/2-5f0c9a1b`. Its last part is the kind of list.
    pub url_prefix: String,
    /// What a set bit means.
    pub purpose: StatusPurpose,
    /// Its size: a power of two from 131,072 to 8,388,608.
    pub entries: u64,
    /// The seed of its order of indexes, as the caller keeps it (sealed); 4096 bytes at most.
    pub seed: Vec<u8>,
}

/// A list in the ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusList {
    /// Its number, from 1.
    pub number: u32,
    /// Its URL.
    pub url: String,
    /// What a set bit means.
    pub purpose: StatusPurpose,
    /// Its size.
    pub entries: u64,
    /// The seed as it was given.
    pub seed: Vec<u8>,
    /// Counters that were given out or burned.
    pub reserved: u64,
    /// The version that the own log last published; 0 before the first.
    pub version: u64,
    /// Whether a record of the own log announced it.
    pub announced: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it gives no index any more: it was there when the ledger turned out to be an older copy of itself,
    /// which doesn't know what it gave since.
    pub closed: bool,
}

type Row = (i64, String, String, i64, Vec<u8>, i64, i64, i64, i64, i64);

impl Ledger {
    /// The list to issue from when every list up to number `after` is full (0: there is none yet): the newest
    /// list of this purpose and kind with a number above `after`, or else a new one. So callers that find a list full
    /// at the same moment get one new list, and a call may be repeated.
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`] for an impossible size; [`LedgerError::ListUrlTaken`];
    /// [`LedgerError::TooLarge`].
    pub async fn create_list(
        &self,
        new: NewList,
        after: u32,
        now: Timestamp,
    ) -> Result<StatusList, LedgerError> {
        if !new.entries.is_power_of_two() || !(ENTRIES_MIN..=ENTRIES_MAX).contains(&new.entries) {
            return Err(LedgerError::OutOfRange { what: "the number of entries" });
        }
        at_most_bytes("the list's URL", new.url_prefix.as_bytes(), URL_LIMIT_BYTES)?;
        at_most_bytes("the list's seed", &new.seed, SEED_LIMIT_BYTES)?;
        self.write(move |connection| {
            Box::pin(async move {
                let lists = all_lists(connection).await?;
                let is_it = |list: &&StatusList| {
                    let same_kind = kind_of(&list.url) == kind_of(&new.url_prefix);
                    list.purpose == new.purpose && same_kind && list.number > after && !list.closed
                };
                if let Some(list) = lists.iter().rev().find(is_it) {
                    return Ok(list.clone());
                }
                let number = lists.last().map_or(0, |list| list.number) + 1;
                let url = match super::leveling::tag(connection).await? {
                    Some(tag) => format!("{}{number}-{tag}", new.url_prefix),
                    None => format!("{}{number}", new.url_prefix),
                };
                let inserted = sqlx::query(
                    "INSERT INTO status_lists (number, url, purpose, entries, seed, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (url) DO NOTHING",
                )
                .bind(i64::from(number))
                .bind(url.clone())
                .bind(new.purpose.as_str())
                .bind(to_stored("the number of entries", new.entries)?)
                .bind(new.seed)
                .bind(now.as_millis())
                .execute(&mut *connection)
                .await?;
                if inserted.rows_affected() == 0 {
                    return Err(LedgerError::ListUrlTaken { url });
                }
                list(connection, number).await
            })
        })
        .await
    }

    /// All lists in the order of their numbers.
    pub async fn lists(&self) -> Result<Vec<StatusList>, LedgerError> {
        all_lists(&mut *self.readers().acquire().await?).await
    }

    /// One counter of the list that nobody has. On return it is durable that it was given: a crash may burn
    /// it, nobody gets it again. An error gave nothing.
    ///
    /// # Errors
    /// [`LedgerError::ListFull`] for good: make the next list. [`LedgerError::UnknownList`].
    pub async fn reserve_status_index(&self, list: u32) -> Result<u64, LedgerError> {
        // Held while a block is reserved, so that callers who wait share the block.
        let mut blocks = self.inner.blocks.lock().await;
        let block = blocks.entry(list).or_default();
        if block.left.is_empty() {
            let counters = (block.counters * 2).clamp(BLOCK_MIN_COUNTERS, BLOCK_MAX_COUNTERS);
            *block = Block { left: self.reserve_status_range(list, counters).await?, counters };
        }
        block.left.next().ok_or(LedgerError::Internal { detail: "an empty block was reserved".into() })
    }

    /// Up to `count` counters of the list in one commit, for issuing in bulk: at least one, fewer than asked
    /// for at the end of the list. The contract is that of [`Self::reserve_status_index`].
    ///
    /// # Errors
    /// As there; [`LedgerError::OutOfRange`] where `count` is 0.
    pub async fn reserve_status_range(&self, list: u32, count: u64) -> Result<Range<u64>, LedgerError> {
        if count == 0 {
            return Err(LedgerError::OutOfRange { what: "the number of indexes" });
        }
        self.write(move |connection| {
            Box::pin(async move {
                let kept = self::list(connection, list).await?;
                let end = kept.reserved.saturating_add(count).min(kept.entries);
                if end == kept.reserved || kept.closed {
                    return Err(LedgerError::ListFull { list, entries: kept.entries });
                }
                sqlx::query("UPDATE status_lists SET reserved = $1 WHERE number = $2")
                    .bind(to_stored("the counter", end)?)
                    .bind(i64::from(list))
                    .execute(connection)
                    .await?;
                Ok(kept.reserved..end)
            })
        })
        .await
    }
}

/// The part of a list's address before its name, by which the kinds of list are told apart: `status`, `revocations`.
pub fn kind_of(url: &str) -> &str {
    url.rsplit('/').nth(1).unwrap_or_default()
}

/// The list of this number.
pub(super) async fn list(connection: &mut SqliteConnection, number: u32) -> Result<StatusList, LedgerError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT number, url, purpose, entries, seed, reserved, version, announced, created_at, closed
         FROM status_lists WHERE number = $1",
    )
    .bind(i64::from(number))
    .fetch_optional(connection)
    .await?;
    from_row(row.ok_or(LedgerError::UnknownList { list: number })?)
}

async fn all_lists(connection: &mut SqliteConnection) -> Result<Vec<StatusList>, LedgerError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT number, url, purpose, entries, seed, reserved, version, announced, created_at, closed
         FROM status_lists ORDER BY number",
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(from_row).collect()
}

fn from_row(row: Row) -> Result<StatusList, LedgerError> {
    let (number, url, purpose, entries, seed, reserved, version, announced, created_at, closed) = row;
    Ok(StatusList {
        number: from_stored(number)?,
        url,
        purpose: StatusPurpose::parse(&purpose)
            .ok_or_else(|| LedgerError::corrupt("a status list has an unknown purpose"))?,
        entries: from_stored(entries)?,
        seed,
        reserved: from_stored(reserved)?,
        version: from_stored(version)?,
        announced: announced == 1,
        created_at: Timestamp::from_millis(created_at),
        closed: closed == 1,
    })
}
