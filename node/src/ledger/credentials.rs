//! The credentials that were issued, byte for byte as signed.

use super::{Ledger, LedgerError, PAGE_LIMIT_ROWS, at_most_bytes, from_stored, lists, to_stored};
use accolade_core::time::Timestamp;
use sqlx::SqliteConnection;

const JSON_LIMIT_BYTES: usize = 1024 * 1024;
const TEXT_LIMIT_BYTES: usize = 2048;

/// A credential to be stored.
#[derive(Clone)]
pub struct NewCredential {
    /// Its id, 2048 bytes at most.
    pub id: String,
    /// The signed credential, byte for byte; 1 MiB at most.
    pub json: Vec<u8>,
    /// The id of the achievement in this ledger; none for a credential that a caller brought complete.
    pub achievement: Option<String>,
    /// What the recipient is found by, such as a DID; never an address in the clear. 2048 bytes at most.
    pub recipient: Option<String>,
    /// Number of its status list and its index there.
    pub status: Option<(u32, u64)>,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// A credential in the ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Where it stands in the order of issuing; the cursor of [`Ledger::credentials`].
    pub number: i64,
    /// Its id.
    pub id: String,
    /// The signed credential, byte for byte.
    pub json: Vec<u8>,
    /// The id of the achievement in this ledger.
    pub achievement: Option<String>,
    /// What the recipient is found by.
    pub recipient: Option<String>,
    /// Number of its status list and its index there.
    pub status: Option<(u32, u64)>,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// Which credentials [`Ledger::credentials`] gives; the default is the newest.
#[derive(Clone, Default)]
pub struct CredentialQuery {
    /// Only of this achievement.
    pub achievement: Option<String>,
    /// Only of this recipient.
    pub recipient: Option<String>,
    /// Only those issued before the one whose `number` this is: the last of the page before.
    pub before: Option<i64>,
    /// At most so many; never more than 1000.
    pub limit: u32,
}

type Row = (i64, String, Vec<u8>, Option<String>, Option<String>, Option<i64>, Option<i64>, i64);

impl Ledger {
    /// Stores a signed credential. Hand a credential out only after `Ok`. The same bytes under the same id
    /// again are `Ok`, so a call may be repeated; one that isn't repeated after a storage failure may leave a
    /// credential that nobody was given.
    ///
    /// # Errors
    /// [`LedgerError::CredentialExists`] where the id has other bytes; [`LedgerError::IndexTaken`];
    /// [`LedgerError::NoSuchIndex`]; [`LedgerError::UnknownList`]; [`LedgerError::UnknownAchievement`];
    /// [`LedgerError::TooLarge`].
    pub async fn put_credential(&self, new: NewCredential) -> Result<(), LedgerError> {
        at_most_bytes("the credential's id", new.id.as_bytes(), TEXT_LIMIT_BYTES)?;
        at_most_bytes("the credential", &new.json, JSON_LIMIT_BYTES)?;
        at_most_bytes("the recipient", new.recipient.as_deref().unwrap_or("").as_bytes(), TEXT_LIMIT_BYTES)?;
        self.write(move |connection| Box::pin(insert(connection, new))).await
    }

    /// The credential of this id.
    pub async fn credential(&self, id: &str) -> Result<Option<Credential>, LedgerError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT number, id, json, achievement, recipient, list, list_index, issued_at
             FROM credentials WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(self.readers())
        .await?;
        row.map(from_row).transpose()
    }

    /// The id of the credential that has this place in a status list.
    pub async fn credential_at(&self, list: u32, index: u64) -> Result<Option<String>, LedgerError> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT id FROM credentials WHERE list = $1 AND list_index = $2")
                .bind(i64::from(list))
                .bind(to_stored("the index", index)?)
                .fetch_optional(self.readers())
                .await?;
        Ok(row.map(|(id,)| id))
    }

    /// A page of credentials, newest first. New ones don't shift the pages that follow.
    pub async fn credentials(&self, query: CredentialQuery) -> Result<Vec<Credential>, LedgerError> {
        // One text per filter: each is answered from its index.
        let sql = match (&query.achievement, &query.recipient) {
            (None, None) => {
                "SELECT number, id, json, achievement, recipient, list, list_index, issued_at
                 FROM credentials WHERE number < $1 ORDER BY number DESC LIMIT $2"
            }
            (Some(_), None) => {
                "SELECT number, id, json, achievement, recipient, list, list_index, issued_at
                 FROM credentials WHERE number < $1 AND achievement = $3 ORDER BY number DESC LIMIT $2"
            }
            (None, Some(_)) => {
                "SELECT number, id, json, achievement, recipient, list, list_index, issued_at
                 FROM credentials WHERE number < $1 AND recipient = $3 ORDER BY number DESC LIMIT $2"
            }
            (Some(_), Some(_)) => {
                "SELECT number, id, json, achievement, recipient, list, list_index, issued_at
                 FROM credentials WHERE number < $1 AND achievement = $3 AND recipient = $4
                 ORDER BY number DESC LIMIT $2"
            }
        };
        let mut select = sqlx::query_as::<_, Row>(sql)
            .bind(query.before.unwrap_or(i64::MAX))
            .bind(query.limit.min(PAGE_LIMIT_ROWS));
        for filter in [query.achievement, query.recipient].into_iter().flatten() {
            select = select.bind(filter);
        }
        select.fetch_all(self.readers()).await?.into_iter().map(from_row).collect()
    }

    /// How many credentials there are.
    pub async fn credential_count(&self) -> Result<u64, LedgerError> {
        let (count,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM credentials").fetch_one(self.readers()).await?;
        from_stored(count)
    }
}

async fn insert(connection: &mut SqliteConnection, new: NewCredential) -> Result<(), LedgerError> {
    if let Some((list, index)) = new.status {
        let entries = lists::list(connection, list).await?.entries;
        if index >= entries {
            return Err(LedgerError::NoSuchIndex { list, index, entries });
        }
    }
    if let Some(id) = &new.achievement {
        let known: Option<(i64,)> = sqlx::query_as("SELECT number FROM achievements WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        known.ok_or_else(|| LedgerError::UnknownAchievement { id: id.clone() })?;
    }
    let inserted = sqlx::query(
        "INSERT INTO credentials (id, json, achievement, recipient, list, list_index, issued_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(new.id.as_str())
    .bind(new.json.as_slice())
    .bind(new.achievement)
    .bind(new.recipient)
    .bind(new.status.map(|(list, _)| i64::from(list)))
    .bind(new.status.map(|(_, index)| to_stored("the index", index)).transpose()?)
    .bind(new.issued_at.as_millis())
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(());
    }
    let kept: Option<(Vec<u8>,)> = sqlx::query_as("SELECT json FROM credentials WHERE id = $1")
        .bind(new.id.as_str())
        .fetch_optional(connection)
        .await?;
    match (kept, new.status) {
        (Some((json,)), _) if json == new.json => Ok(()),
        (None, Some((list, index))) => Err(LedgerError::IndexTaken { list, index }),
        _ => Err(LedgerError::CredentialExists { id: new.id }),
    }
}

fn from_row(row: Row) -> Result<Credential, LedgerError> {
    let (number, id, json, achievement, recipient, list, index, issued_at) = row;
    let status = match (list, index) {
        (Some(list), Some(index)) => Some((from_stored(list)?, from_stored(index)?)),
        _ => None,
    };
    let issued_at = Timestamp::from_millis(issued_at);
    Ok(Credential { number, id, json, achievement, recipient, status, issued_at })
}
