//! The ledger: what only this node knows and must never lose, on SQLite.
//!
//! Every verb's comment is its contract. Unless it says otherwise:
//! - a writing verb that returned `Ok` is durable: it survives a crash of the process and a loss of power;
//! - a refusal (`Err` whose [`LedgerError::outcome_unknown`] is false) changed nothing;
//! - after a storage failure the change was not acknowledged and may be absent or present; the caller
//!   repeats the same call, or reads first where the verb says so. The ledger itself never repeats;
//! - a caller that goes away while it waits does not take its operation back;
//! - a read sees everything acknowledged before it began.

mod achievements;
mod copy;
mod credentials;
mod error;
#[doc(hidden)]
pub mod faults;
mod floors;
mod identity;
mod inspect;
mod leveling;
mod lists;
mod log;
mod schema;
mod status;
mod tokens;
mod writer;

#[cfg(test)]
mod tests;

pub use accolade_core::status::StatusPurpose as Purpose;
pub use achievements::{Achievement, Image, NewAchievement};
pub use copy::{Copied, check_copy, copy, mark_restored};
pub use credentials::{Credential, CredentialQuery, NewCredential};
pub use error::LedgerError;
pub use floors::{Floor, FloorsCommitted};
pub use identity::{Identity, NewIdentity};
pub use inspect::Inspection;
pub use leveling::{
    Adopt, AdoptedAchievement, AdoptedChanges, AdoptedList, Fork, LevelBy, Leveling, LevelingReason,
};
pub use lists::{NewList, StatusList, kind_of};
pub use log::{Append, Appended, Head, OwnRecord, OwnRecordBytes};
pub use status::{ListChanges, PendingChanges, SetStatus, Status, View};
pub use tokens::{NewToken, TOKEN_LIMIT, Token};

use faults::Faults;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use writer::{Counters, OpFuture, Writer};

/// The ledger's file in the data folder.
pub const LEDGER_FILE: &str = "ledger.db";
/// What is to be the ledger's file, while a backup is being restored.
pub const RESTORING_FILE: &str = "ledger.db.restoring";
/// Connections that read, besides the one that writes.
const READ_CONNECTIONS: u32 = 4;
/// How long a read waits for a free connection.
const READ_WAIT: Duration = Duration::from_secs(10);
/// Rows of one page at most, whatever the caller asks for.
const PAGE_LIMIT_ROWS: u32 = 1000;

/// A handle on the open ledger of one data folder; cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Writer,
    readers: SqlitePool,
    counters: Arc<Counters>,
    blocks: lists::Blocks,
}

/// What the ledger did since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerStats {
    /// Transactions that were committed.
    pub commits: u64,
    /// Operations in them, refused ones included.
    pub operations: u64,
    /// Transactions that failed as a whole.
    pub failed_commits: u64,
}

impl Ledger {
    /// Opens the ledger of the data folder `folder`: files `ledger.db` (readable by the owner only) and
    /// `ledger.lock`. Makes the folder and the files where there are none, brings the schema up to date, and
    /// finishes what a crash interrupted. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] while another process, or another handle of this one, has it open;
    /// [`LedgerError::SchemaTooNew`], [`LedgerError::SchemaDiffers`], [`LedgerError::Corrupt`]; I/O errors.
    /// After an error the files are as they were, except for completed migrations.
    pub async fn open(folder: &Path) -> Result<Self, LedgerError> {
        Self::open_with(folder, Faults::default()).await
    }

    /// [`Self::open`] with failures on demand, for tests.
    #[doc(hidden)]
    pub async fn open_with(folder: &Path, faults: Faults) -> Result<Self, LedgerError> {
        make_private_folder(folder)?;
        let lock = lock(folder)?;
        let file = folder.join(LEDGER_FILE);
        if folder.join(RESTORING_FILE).exists() {
            return Err(LedgerError::RestoreUnfinished { folder: folder.to_owned() });
        }
        private_file(&file)?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(false)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));

        let write = options.clone().pragma("journal_size_limit", "67108864");
        let mut connection = SqliteConnection::connect_with(&write).await?;
        if let Err(error) = schema::migrate(&mut connection).await {
            // Closed before anybody goes on, so that nothing is left beside the file. The first error is the one that tells.
            let _ = connection.close().await;
            return Err(error);
        }
        File::open(folder)?.sync_all()?;

        let readers = SqlitePoolOptions::new()
            .max_connections(READ_CONNECTIONS)
            .acquire_timeout(READ_WAIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options.pragma("query_only", "ON"));
        let counters = Arc::new(Counters::default());
        let writer = Writer::start(connection, readers.clone(), lock, counters.clone(), faults);
        Ok(Self { inner: Arc::new(Inner { writer, readers, counters, blocks: lists::Blocks::default() }) })
    }

    /// Carries out and answers what is queued, then closes the files and gives the data folder free. Later
    /// calls on any handle get [`LedgerError::Closed`]. Closing twice is fine. A ledger that is dropped
    /// instead loses nothing that was acknowledged.
    pub async fn close(&self) {
        self.inner.writer.close().await;
    }

    /// What the ledger did since it was opened.
    pub fn stats(&self) -> LedgerStats {
        let counters = &self.inner.counters;
        LedgerStats {
            commits: counters.commits.load(Ordering::Relaxed),
            operations: counters.operations.load(Ordering::Relaxed),
            failed_commits: counters.failed_commits.load(Ordering::Relaxed),
        }
    }

    /// Reads the whole file and checks its structure; takes seconds per gigabyte.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] with the first damage found.
    pub async fn check(&self) -> Result<(), LedgerError> {
        let (answer,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(self.readers()).await?;
        if answer == "ok" { Ok(()) } else { Err(LedgerError::Corrupt { detail: answer }) }
    }

    async fn write<T, F>(&self, op: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> OpFuture<'c, T> + Send + 'static,
    {
        self.inner.writer.write(op).await
    }

    fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }
}

/// Makes the folder, readable by its owner only, where there is none.
pub(crate) fn make_private_folder(folder: &Path) -> Result<(), LedgerError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| LedgerError::Io {
        detail: format!("the data folder {} can't be made: {error}", folder.display()),
    })
}

/// Takes the lock of the data folder. The system lets go of it when the process ends, however it ends.
fn lock(folder: &Path) -> Result<File, LedgerError> {
    let file = private_file(&folder.join("ledger.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Opens a file for writing, made with mode 0600 where there is none. SQLite gives its side files the same.
fn private_file(path: &Path) -> Result<File, LedgerError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|error| LedgerError::Io { detail: format!("{} can't be opened: {error}", path.display()) })
}

/// Refuses what is longer than its limit.
fn at_most_bytes(what: &'static str, bytes: &[u8], limit: usize) -> Result<(), LedgerError> {
    if bytes.len() <= limit {
        return Ok(());
    }
    Err(LedgerError::TooLarge { what, size: bytes.len(), limit, unit: "bytes" })
}

/// A number as the store holds it.
fn to_stored(what: &'static str, number: u64) -> Result<i64, LedgerError> {
    i64::try_from(number).map_err(|_| LedgerError::OutOfRange { what })
}

/// A number that the store holds; a negative one was never written by this program.
fn from_stored<N: TryFrom<i64>>(number: i64) -> Result<N, LedgerError> {
    N::try_from(number).map_err(|_| LedgerError::corrupt("a stored number is out of range"))
}

/// A digest that the store holds.
fn digest_from_stored(bytes: Vec<u8>) -> Result<[u8; 32], LedgerError> {
    bytes.try_into().map_err(|_| LedgerError::corrupt("a stored digest has the wrong length"))
}
