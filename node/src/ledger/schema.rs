//! The numbered migrations: embedded, applied at open, recorded with their digest.

use super::error::LedgerError;
use sha2::{Digest as _, Sha256};
use sqlx::SqliteConnection;

/// One step of the schema. A step that was shipped never changes: a change is a new step.
struct Migration {
    version: i64,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("migrations/0001_first.sql") },
    Migration { version: 2, sql: include_str!("migrations/0002_tokens.sql") },
    Migration { version: 3, sql: include_str!("migrations/0003_levelings.sql") },
    Migration { version: 4, sql: include_str!("migrations/0004_forks.sql") },
];

/// The first schema with the table `levelings`.
pub(super) const LEVELINGS_SINCE: i64 = 3;
/// The first schema with the table `forks`.
pub(super) const FORKS_SINCE: i64 = 4;

/// Brings the schema up to date, each step in a transaction of its own that also records it.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), LedgerError> {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS schema_versions (
            version INTEGER NOT NULL PRIMARY KEY, sha256 BLOB NOT NULL
        ) STRICT",
    )
    .execute(&mut *connection)
    .await?;
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, sha256 FROM schema_versions ORDER BY version")
            .fetch_all(&mut *connection)
            .await?;

    let known = newest();
    if let Some((found, _)) = applied.last().filter(|(found, _)| *found > known) {
        return Err(LedgerError::SchemaTooNew { found: *found, known });
    }
    for migration in MIGRATIONS {
        let digest = Sha256::digest(migration.sql).to_vec();
        match applied.iter().find(|(version, _)| *version == migration.version) {
            Some((_, recorded)) if *recorded == digest => {}
            Some(_) => return Err(LedgerError::SchemaDiffers { version: migration.version }),
            None => apply(connection, migration, &digest).await?,
        }
    }
    Ok(())
}

/// The schema of a file that is only read.
///
/// # Errors
/// [`LedgerError::SchemaTooNew`]; [`LedgerError::Corrupt`] where it is no ledger.
pub(super) async fn known(connection: &mut SqliteConnection) -> Result<i64, LedgerError> {
    let (tables,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM sqlite_master WHERE name IN ('schema_versions', 'own_records')")
            .fetch_one(&mut *connection)
            .await?;
    if tables != 2 {
        return Err(LedgerError::corrupt("it has not the tables of a ledger"));
    }
    let (found,): (i64,) =
        sqlx::query_as("SELECT COALESCE(MAX(version), 0) FROM schema_versions").fetch_one(connection).await?;
    let known = newest();
    if found > known {
        return Err(LedgerError::SchemaTooNew { found, known });
    }
    Ok(found)
}

/// The newest schema of this program.
pub(super) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

async fn apply(
    connection: &mut SqliteConnection,
    migration: &Migration,
    digest: &[u8],
) -> Result<(), LedgerError> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    sqlx::raw_sql(migration.sql).execute(&mut *connection).await?;
    sqlx::query("INSERT INTO schema_versions (version, sha256) VALUES ($1, $2)")
        .bind(migration.version)
        .bind(digest)
        .execute(&mut *connection)
        .await?;
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    Ok(())
}
