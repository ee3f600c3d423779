//! A ledger that turned out to be an older copy of itself, restored from a backup or put back by other means, and how
//! it comes level again with what its issuer said since.
//!
//! While it isn't level the node signs nothing. All its lists are closed for good, since it can't know which indexes
//! they gave since; lists made later have a random part in their URL, so that none of them is one that it doesn't know.

use super::log::{self, Appended, OwnRecord};
use super::{Ledger, LedgerError, achievements, from_stored, lists, to_stored};
use crate::clock;
use accolade_core::status::StatusPurpose;
use accolade_core::time::Timestamp;
use sqlx::SqliteConnection;

/// The latest time that the ledger turned out to be an older copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leveling {
    /// How that was known.
    pub reason: LevelingReason,
    /// When the backup was made, if it was one.
    pub made_at: Option<Timestamp>,
    /// When it was noted.
    pub begun_at: Timestamp,
    /// Since when it is level again; none while it isn't.
    pub level_at: Option<Timestamp>,
}

/// That two different records of the own log were signed for one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The number of the record that peers hold and that doesn't fit the own log.
    pub seq: u64,
    /// When it was noted.
    pub noted_at: Timestamp,
}

/// How a ledger turned out to be an older copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelingReason {
    /// It was restored from a backup.
    Restored,
    /// Somebody holds newer records of its issuer.
    Behind,
}

impl LevelingReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Behind => "behind",
        }
    }
}

/// On whose word a ledger is level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelBy {
    /// Peers showed their heads, and nothing newer is missing.
    Peers,
    /// The operator says that nobody holds anything newer.
    Operator,
}

/// Own records that were signed after this copy of the ledger was made, and what they say.
#[derive(Clone, Debug, Default)]
pub struct Adopt {
    /// The id of the record that the first one follows; none for the first record of the log.
    pub after: Option<[u8; 32]>,
    /// The records in order, 64 at most. The caller has checked their signatures and hashes.
    pub records: Vec<OwnRecord>,
    /// Lists that they create.
    pub lists: Vec<AdoptedList>,
    /// Changes of status that they publish, in order.
    pub changes: Vec<AdoptedChanges>,
    /// Lists and the version that they have now.
    pub list_versions: Vec<(u32, u64)>,
    /// Achievements that they publish.
    pub achievements: Vec<AdoptedAchievement>,
}

/// A list that an adopted record creates. Its secret order of indexes is lost, so it is closed.
#[derive(Clone, Debug)]
pub struct AdoptedList {
    /// Its number, from 1.
    pub number: u32,
    /// Its URL.
    pub url: String,
    /// What a set bit means.
    pub purpose: StatusPurpose,
    /// Its size.
    pub entries: u64,
}

/// What an adopted record changes in one list.
#[derive(Clone, Debug)]
pub struct AdoptedChanges {
    /// The list's number.
    pub list: u32,
    /// Indexes that it sets.
    pub set: Vec<u64>,
    /// Indexes that it clears.
    pub clear: Vec<u64>,
    /// When it was signed.
    pub at: Timestamp,
}

/// An achievement that an adopted record publishes.
#[derive(Clone, Debug)]
pub struct AdoptedAchievement {
    /// Its id.
    pub id: String,
    /// The achievement as JSON, byte for byte.
    pub object: Vec<u8>,
    /// Its image, where a peer still had it.
    pub image: Option<Vec<u8>>,
    /// When it was signed.
    pub at: Timestamp,
}

impl Ledger {
    /// The latest time that this ledger turned out to be an older copy; none if it never did.
    pub async fn leveling(&self) -> Result<Option<Leveling>, LedgerError> {
        let row: Option<(String, Option<i64>, i64, Option<i64>)> = sqlx::query_as(
            "SELECT reason, made_at, begun_at, level_at FROM levelings ORDER BY number DESC LIMIT 1",
        )
        .fetch_optional(self.readers())
        .await?;
        row.map(|(reason, made_at, begun_at, level_at)| {
            let reason = match reason.as_str() {
                "restored" => LevelingReason::Restored,
                "behind" => LevelingReason::Behind,
                _ => return Err(LedgerError::corrupt("a leveling has an unknown reason")),
            };
            let (made_at, level_at) =
                (made_at.map(Timestamp::from_millis), level_at.map(Timestamp::from_millis));
            Ok(Leveling { reason, made_at, begun_at: Timestamp::from_millis(begun_at), level_at })
        })
        .transpose()
    }

    /// Whether the own log is known to be forked.
    pub async fn fork(&self) -> Result<Option<Fork>, LedgerError> {
        let row: Option<(i64, i64)> =
            sqlx::query_as("SELECT seq, noted_at FROM forks").fetch_optional(self.readers()).await?;
        row.map(|(seq, noted_at)| {
            Ok(Fork { seq: from_stored(seq)?, noted_at: Timestamp::from_millis(noted_at) })
        })
        .transpose()
    }

    /// Notes for good that the own log is forked at record `seq`. Where that is noted already, nothing changes.
    pub async fn note_fork(&self, seq: u64, now: Timestamp) -> Result<(), LedgerError> {
        let seq = to_stored("the sequence number", seq)?;
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO forks (number, seq, noted_at) VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
                )
                .bind(seq)
                .bind(now.as_millis())
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Notes that this ledger is an older copy of itself, and closes all its lists for good. Again before
    /// [`Self::end_leveling`] is `Ok` and changes nothing.
    pub async fn begin_leveling(&self, reason: LevelingReason, now: Timestamp) -> Result<(), LedgerError> {
        // Held until it is noted, so that nothing is handed out of memory meanwhile or after.
        let mut blocks = self.inner.blocks.lock().await;
        blocks.clear();
        self.write(move |connection| Box::pin(begin(connection, reason, None, now))).await
    }

    /// Notes that this ledger is level again. Lists that no record ever announced, from which nothing was issued, are
    /// taken out: the next list has the number that the own log expects. Without an open leveling it changes nothing.
    pub async fn end_leveling(&self, by: LevelBy, now: Timestamp) -> Result<(), LedgerError> {
        self.write(move |connection| Box::pin(end(connection, by, now))).await
    }

    /// Takes over own records that were signed after this copy was made, with everything that they say: all of it or
    /// nothing. What is pending here for an index that they change is dropped: they are newer. Again is
    /// [`Appended::Already`].
    ///
    /// # Errors
    /// [`LedgerError::NotTheNextRecord`]; [`LedgerError::ListUrlTaken`] where a list stands in the way of an adopted
    /// one; [`LedgerError::UnknownList`]; [`LedgerError::OldVersion`]; [`LedgerError::TooLarge`].
    pub async fn adopt_records(&self, adopt: Adopt) -> Result<Appended, LedgerError> {
        log::check_sizes(&adopt.records)?;
        self.write(move |connection| Box::pin(store(connection, adopt))).await
    }
}

/// The random part of the URLs of new lists; none in a ledger that was never an older copy.
pub(super) async fn tag(connection: &mut SqliteConnection) -> Result<Option<String>, LedgerError> {
    let row: Option<(String,)> = sqlx::query_as("SELECT tag FROM levelings ORDER BY number DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|(tag,)| tag))
}

pub(super) async fn begin(
    connection: &mut SqliteConnection,
    reason: LevelingReason,
    made_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let open: Option<(i64,)> = sqlx::query_as("SELECT number FROM levelings WHERE level_at IS NULL")
        .fetch_optional(&mut *connection)
        .await?;
    if open.is_some() && reason == LevelingReason::Behind {
        return Ok(());
    }
    sqlx::query("INSERT INTO levelings (reason, made_at, begun_at, tag) VALUES ($1, $2, $3, $4)")
        .bind(reason.as_str())
        .bind(made_at.map(Timestamp::as_millis))
        .bind(now.as_millis())
        .bind(format!("{:08x}", u32::from_be_bytes(clock::random())))
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE status_lists SET closed = 1").execute(connection).await?;
    Ok(())
}

async fn end(connection: &mut SqliteConnection, by: LevelBy, now: Timestamp) -> Result<(), LedgerError> {
    let by = match by {
        LevelBy::Peers => "peers",
        LevelBy::Operator => "operator",
    };
    let ended = sqlx::query("UPDATE levelings SET level_at = $1, level_by = $2 WHERE level_at IS NULL")
        .bind(now.as_millis())
        .bind(by)
        .execute(&mut *connection)
        .await?;
    if ended.rows_affected() > 0 {
        sqlx::query(
            "DELETE FROM status_lists WHERE closed = 1 AND announced = 0
             AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.list = status_lists.number)
             AND NOT EXISTS (SELECT 1 FROM status_changes s WHERE s.list = status_lists.number)",
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}

async fn store(connection: &mut SqliteConnection, adopt: Adopt) -> Result<Appended, LedgerError> {
    if log::follow(connection, adopt.after, adopt.records).await? == Appended::Already {
        return Ok(Appended::Already);
    }
    for list in adopt.lists {
        adopt_list(connection, list).await?;
    }
    for changes in adopt.changes {
        for (indexes, value) in [(&changes.set, 1), (&changes.clear, 0)] {
            for index in indexes {
                let index = to_stored("the index", *index)?;
                adopt_change(connection, changes.list, index, value, changes.at).await?;
            }
        }
    }
    for (list, version) in adopt.list_versions {
        log::move_version(connection, list, version).await?;
    }
    for achievement in adopt.achievements {
        adopt_achievement(connection, achievement).await?;
    }
    Ok(Appended::Stored)
}

async fn adopt_list(connection: &mut SqliteConnection, list: AdoptedList) -> Result<(), LedgerError> {
    // The backup may have been made after the list was, and before it was announced.
    let announced = sqlx::query("UPDATE status_lists SET announced = 1 WHERE number = $1 AND url = $2")
        .bind(i64::from(list.number))
        .bind(list.url.as_str())
        .execute(&mut *connection)
        .await?;
    if announced.rows_affected() == 1 {
        return Ok(());
    }
    // One that nobody was told of has taken its number, under another URL.
    sqlx::query(
        "DELETE FROM status_lists WHERE number = $1 AND announced = 0
         AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.list = status_lists.number)
         AND NOT EXISTS (SELECT 1 FROM status_changes s WHERE s.list = status_lists.number)",
    )
    .bind(i64::from(list.number))
    .execute(&mut *connection)
    .await?;
    let entries = to_stored("the number of entries", list.entries)?;
    let inserted = sqlx::query(
        "INSERT INTO status_lists (number, url, purpose, entries, seed, reserved, announced, created_at, closed)
         VALUES ($1, $2, $3, $4, x'', $4, 1, $5, 1) ON CONFLICT DO NOTHING",
    )
    .bind(i64::from(list.number))
    .bind(list.url.as_str())
    .bind(list.purpose.as_str())
    .bind(entries)
    .bind(clock::now().as_millis())
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 0 {
        return Err(LedgerError::ListUrlTaken { url: list.url });
    }
    Ok(())
}

async fn adopt_change(
    connection: &mut SqliteConnection,
    list: u32,
    index: i64,
    value: i64,
    at: Timestamp,
) -> Result<(), LedgerError> {
    lists::list(connection, list).await?;
    sqlx::query("UPDATE status_changes SET pending = 0 WHERE pending = 1 AND list = $1 AND list_index = $2")
        .bind(i64::from(list))
        .bind(index)
        .execute(&mut *connection)
        .await?;
    let kept: Option<(i64,)> =
        sqlx::query_as("SELECT value FROM statuses WHERE list = $1 AND list_index = $2")
            .bind(i64::from(list))
            .bind(index)
            .fetch_optional(&mut *connection)
            .await?;
    if kept == Some((value,)) {
        // It was changed before the backup, and published after it: who changed it and why is known here.
        sqlx::query("UPDATE statuses SET published = $1 WHERE list = $2 AND list_index = $3")
            .bind(value)
            .bind(i64::from(list))
            .bind(index)
            .execute(connection)
            .await?;
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO statuses (list, list_index, value, published, changed_at) VALUES ($1, $2, $3, $3, $4)
         ON CONFLICT (list, list_index) DO UPDATE SET value = excluded.value, published = excluded.published,
         reason = NULL, changed_at = excluded.changed_at",
    )
    .bind(i64::from(list))
    .bind(index)
    .bind(value)
    .bind(at.as_millis())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO status_changes (list, list_index, value, changed_at, pending) VALUES ($1, $2, $3, $4, 0)",
    )
    .bind(i64::from(list))
    .bind(index)
    .bind(value)
    .bind(at.as_millis())
    .execute(connection)
    .await?;
    Ok(())
}

async fn adopt_achievement(
    connection: &mut SqliteConnection,
    achievement: AdoptedAchievement,
) -> Result<(), LedgerError> {
    let image = match achievement.image {
        Some(bytes) => Some(achievements::put_blob(connection, bytes).await?),
        None => None,
    };
    sqlx::query(
        "INSERT INTO achievements (id, object, image_sha256, created_at, published_at)
         VALUES ($1, $2, $3, $4, $4) ON CONFLICT (id) DO UPDATE
         SET published_at = COALESCE(achievements.published_at, excluded.published_at)",
    )
    .bind(achievement.id)
    .bind(achievement.object)
    .bind(image)
    .bind(achievement.at.as_millis())
    .execute(connection)
    .await?;
    Ok(())
}
