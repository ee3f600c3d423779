//! Floors: of every issuer the latest head that this node took in. A refilled replica whose chain lacks that
//! head is refused, so a lost replica can't be used to roll an issuer back.

use super::log::Head;
use super::{Ledger, LedgerError, at_most_bytes, digest_from_stored, from_stored, to_stored};
use sqlx::SqliteConnection;

const ISSUER_LIMIT_BYTES: usize = 2048;
const FLOORS_LIMIT: usize = 10_000;

/// The latest head of an issuer that must not be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The issuer's DID, 2048 bytes at most.
    pub issuer: String,
    /// Its head.
    pub head: Head,
}

/// What [`Ledger::commit_floors`] did with each of the floors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorsCommitted {
    /// How many moved forward, or are new.
    pub advanced: usize,
    /// How many were older than the stored one, or the same: the stored one stays.
    pub not_newer: usize,
    /// Issuers whose stored head has the same place and another id: the stored one stays.
    pub contradicted: Vec<String>,
}

impl Ledger {
    /// Moves floors forward (a greater epoch, or a greater sequence number within the epoch); never back. On
    /// return it is durable: only then serve or announce what they stand for. A call may be repeated.
    ///
    /// # Errors
    /// [`LedgerError::TooLarge`] for more than 10,000 floors at once or a longer DID.
    pub async fn commit_floors(&self, floors: Vec<Floor>) -> Result<FloorsCommitted, LedgerError> {
        let (size, limit) = (floors.len(), FLOORS_LIMIT);
        if size > limit {
            return Err(LedgerError::TooLarge { what: "the batch", size, limit, unit: "floors" });
        }
        for floor in &floors {
            at_most_bytes("the issuer's DID", floor.issuer.as_bytes(), ISSUER_LIMIT_BYTES)?;
        }
        self.write(move |connection| {
            Box::pin(async move {
                let mut committed = FloorsCommitted::default();
                for floor in floors {
                    commit(connection, floor, &mut committed).await?;
                }
                Ok(committed)
            })
        })
        .await
    }

    /// All floors, ordered by issuer.
    pub async fn floors(&self) -> Result<Vec<Floor>, LedgerError> {
        let rows: Vec<(String, i64, i64, Vec<u8>)> =
            sqlx::query_as("SELECT issuer, epoch, seq, id FROM floors ORDER BY issuer")
                .fetch_all(self.readers())
                .await?;
        rows.into_iter()
            .map(|(issuer, epoch, seq, id)| {
                let id = digest_from_stored(id)?;
                Ok(Floor { issuer, head: Head { epoch: from_stored(epoch)?, seq: from_stored(seq)?, id } })
            })
            .collect()
    }
}

async fn commit(
    connection: &mut SqliteConnection,
    floor: Floor,
    committed: &mut FloorsCommitted,
) -> Result<(), LedgerError> {
    let (epoch, seq) = (i64::from(floor.head.epoch), to_stored("the sequence number", floor.head.seq)?);
    let moved = sqlx::query(
        "INSERT INTO floors (issuer, epoch, seq, id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (issuer) DO UPDATE
         SET epoch = excluded.epoch, seq = excluded.seq, id = excluded.id
         WHERE (excluded.epoch, excluded.seq) > (floors.epoch, floors.seq)",
    )
    .bind(floor.issuer.as_str())
    .bind(epoch)
    .bind(seq)
    .bind(floor.head.id.to_vec())
    .execute(&mut *connection)
    .await?;
    if moved.rows_affected() == 1 {
        committed.advanced += 1;
        return Ok(());
    }
    let contradicting: Option<(i64,)> =
        sqlx::query_as("SELECT seq FROM floors WHERE issuer = $1 AND epoch = $2 AND seq = $3 AND id <> $4")
            .bind(floor.issuer.as_str())
            .bind(epoch)
            .bind(seq)
            .bind(floor.head.id.to_vec())
            .fetch_optional(connection)
            .await?;
    match contradicting {
        Some(_) => committed.contradicted.push(floor.issuer),
        None => committed.not_newer += 1,
    }
    Ok(())
}
