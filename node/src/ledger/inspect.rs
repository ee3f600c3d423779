//! A look at a ledger from the side, which changes nothing: for `doctor`.

use super::{LEDGER_FILE, LedgerError, PAGE_LIMIT_ROWS, RESTORING_FILE, schema};
use accolade_core::time::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use std::fs::{File, TryLockError};
use std::path::Path;

/// What stands in a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Whether a node has it open.
    pub in_use: bool,
    /// The DID that was fixed at the first start; none before it.
    pub did: Option<String>,
    /// Whether it is an older copy of itself: the node signs nothing until it is level with its peers.
    pub must_level: bool,
    /// Whether its log is known to be forked: the node signs nothing any more.
    pub is_forked: bool,
    /// The newest of the times that its own acts left in it.
    pub newest: Option<Timestamp>,
}

impl Inspection {
    /// Reads the whole file and checks its structure, beside a running node too; takes seconds per gigabyte. None where
    /// the folder holds no ledger. A node that starts meanwhile is told that the folder is in use.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`], [`LedgerError::SchemaTooNew`]; I/O errors.
    pub async fn of(folder: &Path) -> Result<Option<Self>, LedgerError> {
        if folder.join(RESTORING_FILE).exists() {
            return Err(LedgerError::RestoreUnfinished { folder: folder.to_owned() });
        }
        let file = folder.join(LEDGER_FILE);
        // A first start that was cut short leaves an empty file.
        if !std::fs::metadata(&file).is_ok_and(|file| file.len() > 0) {
            return Ok(None);
        }
        let lock = Lock::try_take(folder)?;
        let side_file = |name: &str| folder.join(name);
        let (wal, shm) = (side_file("ledger.db-wal"), side_file("ledger.db-shm"));
        let has_wal = std::fs::metadata(&wal).is_ok_and(|wal| wal.len() > 0);
        let had_shm = shm.exists();
        // Without a write-ahead log nothing but the file itself is needed, and nothing is made beside it.
        let is_closed = !lock.in_use && !has_wal;
        let options = SqliteConnectOptions::new().filename(&file).read_only(true).immutable(is_closed);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let found = look(&mut connection, lock.in_use).await;
        let closed = connection.close().await;
        if !lock.in_use && !had_shm && shm.exists() {
            // An index of the log that reading made; the next start makes it anew.
            std::fs::remove_file(&shm)?;
        }
        let found = found?;
        closed?;
        Ok(Some(found))
    }
}

/// The lock of the data folder, held while looking if no node holds it.
struct Lock {
    in_use: bool,
    _file: Option<File>,
}

impl Lock {
    fn try_take(folder: &Path) -> Result<Self, LedgerError> {
        let Ok(file) = File::open(folder.join("ledger.lock")) else {
            return Ok(Self { in_use: false, _file: None });
        };
        match file.try_lock() {
            Ok(()) => Ok(Self { in_use: false, _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Ok(Self { in_use: true, _file: None }),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

async fn look(connection: &mut SqliteConnection, in_use: bool) -> Result<Inspection, LedgerError> {
    let (answer,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(&mut *connection).await?;
    if answer != "ok" {
        return Err(LedgerError::Corrupt { detail: answer });
    }
    let schema = schema::known(connection).await?;
    let did: Option<(String,)> =
        sqlx::query_as("SELECT did FROM identity").fetch_optional(&mut *connection).await?;
    let (newest,): (Option<i64>,) = sqlx::query_as(
        "SELECT max(at) FROM (
            SELECT created_at AS at FROM identity
            UNION ALL SELECT max(created_at) FROM tokens
            UNION ALL SELECT max(created_at) FROM achievements
            UNION ALL SELECT max(issued_at) FROM (SELECT issued_at FROM credentials ORDER BY number DESC LIMIT $1)
        )",
    )
    .bind(i64::from(PAGE_LIMIT_ROWS))
    .fetch_one(&mut *connection)
    .await?;
    let open_levelings = if schema >= schema::LEVELINGS_SINCE {
        let (open,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM levelings WHERE level_at IS NULL")
            .fetch_one(&mut *connection)
            .await?;
        open
    } else {
        0
    };
    let forks = if schema >= schema::FORKS_SINCE {
        let (forks,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM forks").fetch_one(connection).await?;
        forks
    } else {
        0
    };
    Ok(Inspection {
        in_use,
        did: did.map(|(did,)| did),
        must_level: open_levelings > 0,
        is_forked: forks > 0,
        newest: newest.map(Timestamp::from_millis),
    })
}
