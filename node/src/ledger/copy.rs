//! Copies of the ledger: one file that holds a moment of it, made while a node writes, and opened again elsewhere.

use super::leveling::{self, LevelingReason};
use super::log::{self, Head};
use super::tokens::{self, NewToken};
use super::{LEDGER_FILE, LedgerError, from_stored, schema};
use accolade_core::time::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};
use std::path::Path;
use std::time::Duration;

/// How long a copy waits for a node that recovers its ledger.
const BUSY_WAIT: Duration = Duration::from_secs(30);

/// What a copy of a ledger holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Copied {
    /// The DID; none if no node was started on it.
    pub did: Option<String>,
    /// The sealed key that signs; none likewise.
    pub signing_key: Option<Vec<u8>>,
    /// The last own record.
    pub head: Option<Head>,
    /// Its schema.
    pub schema: i64,
    /// Badges in it.
    pub credentials: u64,
}

/// Copies the ledger of the data folder `folder` into the file `target`, which must be empty or absent. The copy is
/// consistent, and holds all that was acknowledged before this began, also while a node runs on the folder: it reads
/// one moment of the write-ahead log, and neither waits for the writer nor holds it up. The copy isn't durable yet.
///
/// # Errors
/// [`LedgerError::NoLedger`]; [`LedgerError::SchemaTooNew`]; [`LedgerError::DiskFull`], [`LedgerError::Corrupt`] and
/// I/O errors: then what is in `target` is of no use.
pub async fn copy(folder: &Path, target: &Path) -> Result<(), LedgerError> {
    let file = folder.join(LEDGER_FILE);
    if !file.is_file() {
        return Err(LedgerError::NoLedger { folder: folder.to_owned() });
    }
    let options =
        SqliteConnectOptions::new().filename(&file).create_if_missing(false).busy_timeout(BUSY_WAIT);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    schema::known(&mut connection).await?;
    let target = target
        .to_str()
        .ok_or_else(|| LedgerError::Io { detail: format!("the name {} is not Unicode", target.display()) })?;
    sqlx::query("VACUUM INTO $1").bind(target).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Reads a whole copy, checks its structure, and says what it holds. What follows the copy in the file is ignored.
///
/// # Errors
/// [`LedgerError::Corrupt`] with the first damage found; [`LedgerError::SchemaTooNew`]; I/O errors.
pub async fn check_copy(file: &Path) -> Result<Copied, LedgerError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let (answer,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
    if answer != "ok" {
        return Err(LedgerError::corrupt(answer));
    }
    let schema = schema::known(&mut connection).await?;
    let identity: Option<(String, Vec<u8>)> =
        sqlx::query_as("SELECT did, signing_key FROM identity").fetch_optional(&mut connection).await?;
    let (credentials,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM credentials").fetch_one(&mut connection).await?;
    let head = log::head(&mut connection).await?;
    connection.close().await?;
    let (did, signing_key) = identity.unzip();
    Ok(Copied { did, signing_key, head, schema, credentials: from_stored(credentials)? })
}

/// Makes a copy a ledger again: brings its schema up to date, withdraws all its tokens (which of them were withdrawn
/// since, it can't know) in favour of `owner`, and notes that it was restored and is not level with what
/// was signed since `made_at`. On return that is durable; the file still has to get its name.
///
/// # Errors
/// As [`super::Ledger::open`].
pub async fn mark_restored(
    file: &Path,
    owner: NewToken,
    made_at: Timestamp,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    schema::migrate(&mut connection).await?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
    leveling::begin(&mut connection, LevelingReason::Restored, Some(made_at), now).await?;
    tokens::withdraw_all(&mut connection, now).await?;
    tokens::insert(&mut connection, owner, now).await?;
    sqlx::query("COMMIT").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
