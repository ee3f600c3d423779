//! Status bits: what each is, and which changes the own log has yet to publish.

use super::{Ledger, LedgerError, at_most_bytes, from_stored, lists, to_stored};
use accolade_core::status::StatusPurpose;
use accolade_core::time::Timestamp;
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

const REASON_LIMIT_BYTES: usize = 2000;
/// Changes that one [`Ledger::pending_changes`] gives at most.
const PENDING_LIMIT_ROWS: u32 = 10_000;

/// What [`Ledger::set_status`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetStatus {
    /// The bit has a new value, which waits to be published.
    Changed,
    /// It had that value already; the first reason and time stay.
    Unchanged,
}

/// The status of one index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whether the bit is set.
    pub value: bool,
    /// Whether the own log says so too.
    pub is_published: bool,
    /// Why it was set or cleared.
    pub reason: Option<String>,
    /// When it was last changed; none if never.
    pub changed_at: Option<Timestamp>,
}

/// Whose view of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Every acknowledged change.
    Current,
    /// What the own log published.
    Published,
}

/// Changes that the own log has yet to publish. Taking them changes nothing: they stay until
/// [`Ledger::append_records`] says that they were published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingChanges {
    /// For [`super::Append::changes_through`]; none when nothing is pending.
    pub through: Option<i64>,
    /// Against what was published last, by list. Empty where the changes cancel each other.
    pub lists: Vec<ListChanges>,
    /// Whether as many changes were read as were asked for: there may be more.
    pub is_full: bool,
}

/// What differs in one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChanges {
    /// Number of the list.
    pub list: u32,
    /// Indexes to be set, ascending.
    pub set: Vec<u64>,
    /// Indexes to be cleared, ascending.
    pub clear: Vec<u64>,
}

impl Ledger {
    /// Sets (`value`) or clears a bit. On `Ok` it is durable and waits to be published. Setting what is set
    /// is `Ok` and changes nothing, so a call may be repeated. `reason`: 2000 bytes at most.
    ///
    /// # Errors
    /// [`LedgerError::CannotUnrevoke`] for a clear of a set bit on a revocation list;
    /// [`LedgerError::NoSuchIndex`]; [`LedgerError::UnknownList`]; [`LedgerError::TooLarge`].
    pub async fn set_status(
        &self,
        list: u32,
        index: u64,
        value: bool,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<SetStatus, LedgerError> {
        at_most_bytes("the reason", reason.as_deref().unwrap_or("").as_bytes(), REASON_LIMIT_BYTES)?;
        self.write(move |connection| {
            Box::pin(async move {
                let kept = lists::list(connection, list).await?;
                if index >= kept.entries {
                    return Err(LedgerError::NoSuchIndex { list, index, entries: kept.entries });
                }
                let stored_index = to_stored("the index", index)?;
                let is_set: Option<(i64,)> =
                    sqlx::query_as("SELECT value FROM statuses WHERE list = $1 AND list_index = $2")
                        .bind(i64::from(list))
                        .bind(stored_index)
                        .fetch_optional(&mut *connection)
                        .await?;
                let is_set = is_set == Some((1,));
                if is_set == value {
                    return Ok(SetStatus::Unchanged);
                }
                if is_set && kept.purpose == StatusPurpose::Revocation {
                    return Err(LedgerError::CannotUnrevoke { list, index });
                }
                change(connection, list, stored_index, value, reason, now).await?;
                Ok(SetStatus::Changed)
            })
        })
        .await
    }

    /// The status of one index; a bit that was never set is clear.
    pub async fn status_of(&self, list: u32, index: u64) -> Result<Status, LedgerError> {
        let row: Option<(i64, i64, Option<String>, i64)> = sqlx::query_as(
            "SELECT value, published, reason, changed_at FROM statuses WHERE list = $1 AND list_index = $2",
        )
        .bind(i64::from(list))
        .bind(to_stored("the index", index)?)
        .fetch_optional(self.readers())
        .await?;
        Ok(match row {
            Some((value, published, reason, changed_at)) => Status {
                value: value == 1,
                is_published: value == published,
                reason,
                changed_at: Some(Timestamp::from_millis(changed_at)),
            },
            None => Status { value: false, is_published: true, reason: None, changed_at: None },
        })
    }

    /// The set indexes of a list, ascending.
    ///
    /// # Errors
    /// [`LedgerError::UnknownList`].
    pub async fn set_indexes(&self, list: u32, view: View) -> Result<Vec<u64>, LedgerError> {
        let mut connection = self.readers().acquire().await?;
        lists::list(&mut connection, list).await?;
        let sql = match view {
            View::Current => {
                "SELECT list_index FROM statuses WHERE list = $1 AND value = 1 ORDER BY list_index"
            }
            View::Published => {
                "SELECT list_index FROM statuses WHERE list = $1 AND published = 1 ORDER BY list_index"
            }
        };
        let rows: Vec<(i64,)> = sqlx::query_as(sql).bind(i64::from(list)).fetch_all(&mut *connection).await?;
        rows.into_iter().map(|(index,)| from_stored(index)).collect()
    }

    /// The ids of the credentials whose bits the own log published as set, and how many such bits there are whose
    /// credentials this ledger doesn't know: those of a ledger that was restored.
    ///
    /// # Errors
    /// [`LedgerError::UnknownList`].
    pub async fn revoked_ids(&self, list: u32) -> Result<(Vec<String>, u64), LedgerError> {
        let mut connection = self.readers().acquire().await?;
        lists::list(&mut connection, list).await?;
        let rows: Vec<(Option<String>,)> = sqlx::query_as(
            "SELECT c.id FROM statuses s
             LEFT JOIN credentials c ON c.list = s.list AND c.list_index = s.list_index
             WHERE s.list = $1 AND s.published = 1 ORDER BY s.list_index",
        )
        .bind(i64::from(list))
        .fetch_all(&mut *connection)
        .await?;
        let all = rows.len();
        let ids: Vec<String> = rows.into_iter().filter_map(|(id,)| id).collect();
        let unknown = (all - ids.len()) as u64;
        Ok((ids, unknown))
    }

    /// The oldest changes that wait to be published, at most `limit` and never more than 10,000, put
    /// together as what they change against what was published.
    pub async fn pending_changes(&self, limit: u32) -> Result<PendingChanges, LedgerError> {
        let rows: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT c.number, c.list, c.list_index, c.value, s.published
             FROM status_changes c JOIN statuses s ON s.list = c.list AND s.list_index = c.list_index
             WHERE c.pending = 1 ORDER BY c.number LIMIT $1",
        )
        .bind(limit.min(PENDING_LIMIT_ROWS))
        .fetch_all(self.readers())
        .await?;

        let through = rows.last().map(|row| row.0);
        let is_full = rows.len() >= limit as usize;
        // The last change of an index decides.
        let last: BTreeMap<(i64, i64), (i64, i64)> = rows
            .into_iter()
            .map(|(_, list, index, value, published)| ((list, index), (value, published)))
            .collect();
        let mut lists: Vec<ListChanges> = Vec::new();
        for ((list, index), (value, published)) in last {
            if value == published {
                continue;
            }
            let (list, index) = (from_stored(list)?, from_stored(index)?);
            if lists.last().is_none_or(|changes| changes.list != list) {
                lists.push(ListChanges { list, set: Vec::new(), clear: Vec::new() });
            }
            if let Some(changes) = lists.last_mut() {
                if value == 1 { changes.set.push(index) } else { changes.clear.push(index) }
            }
        }
        Ok(PendingChanges { through, lists, is_full })
    }
}

async fn change(
    connection: &mut SqliteConnection,
    list: u32,
    index: i64,
    value: bool,
    reason: Option<String>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO statuses (list, list_index, value, reason, changed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (list, list_index) DO UPDATE
         SET value = excluded.value, reason = excluded.reason, changed_at = excluded.changed_at",
    )
    .bind(i64::from(list))
    .bind(index)
    .bind(i64::from(value))
    .bind(reason.clone())
    .bind(now.as_millis())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO status_changes (list, list_index, value, reason, changed_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(i64::from(list))
    .bind(index)
    .bind(i64::from(value))
    .bind(reason)
    .bind(now.as_millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks every pending change up to number `through` as published.
pub(super) async fn mark_published(
    connection: &mut SqliteConnection,
    through: i64,
) -> Result<(), LedgerError> {
    sqlx::query(
        "UPDATE statuses SET published = (
             SELECT c.value FROM status_changes c
             WHERE c.pending = 1 AND c.number <= $1
               AND c.list = statuses.list AND c.list_index = statuses.list_index
             ORDER BY c.number DESC LIMIT 1)
         WHERE (list, list_index) IN (
             SELECT list, list_index FROM status_changes WHERE pending = 1 AND number <= $1)",
    )
    .bind(through)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE status_changes SET pending = 0 WHERE pending = 1 AND number <= $1")
        .bind(through)
        .execute(connection)
        .await?;
    Ok(())
}
