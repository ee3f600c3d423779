//! Achievements: drafts that may change, and published ones that never do; and the content-addressed blobs.

use super::{Ledger, LedgerError, PAGE_LIMIT_ROWS, at_most_bytes, digest_from_stored};
use accolade_core::time::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::SqliteConnection;

const OBJECT_LIMIT_BYTES: usize = 32 * 1024;
const IMAGE_LIMIT_BYTES: usize = 512 * 1024;
const ID_LIMIT_BYTES: usize = 2048;

/// An achievement to be stored.
pub struct NewAchievement {
    /// Its id, 2048 bytes at most.
    pub id: String,
    /// The achievement as JSON, byte for byte; 32 KiB at most.
    pub object: Vec<u8>,
    /// The image, if it has one; 512 KiB at most.
    pub image: Option<Image>,
}

/// Bytes that are known by their SHA-256, which the ledger computes itself.
pub struct Image {
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

/// An achievement in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Achievement {
    /// Where it stands in the order of making; the cursor of [`Ledger::achievements`].
    pub number: i64,
    /// Its id.
    pub id: String,
    /// The achievement as JSON, as it was given.
    pub object: Vec<u8>,
    /// SHA-256 of the image; see [`Ledger::blob`].
    pub image_sha256: Option<[u8; 32]>,
    /// When it was first stored.
    pub created_at: Timestamp,
    /// When it was published; none for a draft.
    pub published_at: Option<Timestamp>,
}

type Row = (i64, String, Vec<u8>, Option<Vec<u8>>, i64, Option<i64>);

impl Ledger {
    /// Stores a draft, or changes it. Content that is there already is `Ok`, also for a published one, so a
    /// call may be repeated.
    ///
    /// # Errors
    /// [`LedgerError::AchievementPublished`] where it would change a published one;
    /// [`LedgerError::TooLarge`].
    pub async fn put_achievement(&self, new: NewAchievement, now: Timestamp) -> Result<(), LedgerError> {
        at_most_bytes("the achievement's id", new.id.as_bytes(), ID_LIMIT_BYTES)?;
        at_most_bytes("the achievement", &new.object, OBJECT_LIMIT_BYTES)?;
        if let Some(image) = &new.image {
            at_most_bytes("the image", &image.bytes, IMAGE_LIMIT_BYTES)?;
        }
        self.write(move |connection| {
            Box::pin(async move {
                let kept: Option<Row> = sqlx::query_as(
                    "SELECT number, id, object, image_sha256, created_at, published_at
                     FROM achievements WHERE id = $1",
                )
                .bind(new.id.clone())
                .fetch_optional(&mut *connection)
                .await?;
                if let Some(kept) = kept.map(from_row).transpose()?.filter(|kept| kept.published_at.is_some())
                {
                    let image = new.image.map(|image| <[u8; 32]>::from(Sha256::digest(&image.bytes)));
                    let is_same = kept.object == new.object && kept.image_sha256 == image;
                    return if is_same {
                        Ok(())
                    } else {
                        Err(LedgerError::AchievementPublished { id: new.id })
                    };
                }
                let image_sha256 = match new.image {
                    Some(image) => Some(put_blob(connection, image.bytes).await?),
                    None => None,
                };
                sqlx::query(
                    "INSERT INTO achievements (id, object, image_sha256, created_at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (id) DO UPDATE
                     SET object = excluded.object, image_sha256 = excluded.image_sha256",
                )
                .bind(new.id)
                .bind(new.object)
                .bind(image_sha256)
                .bind(now.as_millis())
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The achievement of this id.
    pub async fn achievement(&self, id: &str) -> Result<Option<Achievement>, LedgerError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT number, id, object, image_sha256, created_at, published_at FROM achievements WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(self.readers())
        .await?;
        row.map(from_row).transpose()
    }

    /// A page of achievements, newest first: those made before the one whose `number` is `before`, all with
    /// none. At most `limit`, and never more than 1000. `published_only` leaves the drafts out.
    pub async fn achievements(
        &self,
        before: Option<i64>,
        limit: u32,
        published_only: bool,
    ) -> Result<Vec<Achievement>, LedgerError> {
        let query = if published_only {
            "SELECT number, id, object, image_sha256, created_at, published_at FROM achievements
             WHERE number < $1 AND published_at IS NOT NULL ORDER BY number DESC LIMIT $2"
        } else {
            "SELECT number, id, object, image_sha256, created_at, published_at FROM achievements
             WHERE number < $1 ORDER BY number DESC LIMIT $2"
        };
        let rows: Vec<Row> = sqlx::query_as(query)
            .bind(before.unwrap_or(i64::MAX))
            .bind(limit.min(PAGE_LIMIT_ROWS))
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Marks an achievement as published; from then on it can't be changed. Again is `Ok` and keeps the
    /// first time. [`Ledger::append_records`] does the same together with the record that publishes it.
    ///
    /// # Errors
    /// [`LedgerError::UnknownAchievement`].
    pub async fn mark_published(&self, id: &str, now: Timestamp) -> Result<(), LedgerError> {
        let id = id.to_owned();
        self.write(move |connection| Box::pin(publish(connection, id, now))).await
    }

    /// The bytes whose SHA-256 this is: an image, or a blob of the own log.
    pub async fn blob(&self, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, LedgerError> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT bytes FROM blobs WHERE sha256 = $1")
            .bind(sha256.to_vec())
            .fetch_optional(self.readers())
            .await?;
        Ok(row.map(|(bytes,)| bytes))
    }
}

pub(super) async fn publish(
    connection: &mut SqliteConnection,
    id: String,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let updated =
        sqlx::query("UPDATE achievements SET published_at = COALESCE(published_at, $1) WHERE id = $2")
            .bind(now.as_millis())
            .bind(id.as_str())
            .execute(connection)
            .await?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(LedgerError::UnknownAchievement { id }) }
}

/// Stores a blob under its digest, which it returns.
pub(super) async fn put_blob(
    connection: &mut SqliteConnection,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, LedgerError> {
    let sha256 = Sha256::digest(&bytes).to_vec();
    sqlx::query("INSERT INTO blobs (sha256, bytes) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING")
        .bind(sha256.clone())
        .bind(bytes)
        .execute(connection)
        .await?;
    Ok(sha256)
}

fn from_row(row: Row) -> Result<Achievement, LedgerError> {
    let (number, id, object, image_sha256, created_at, published_at) = row;
    Ok(Achievement {
        number,
        id,
        object,
        image_sha256: image_sha256.map(digest_from_stored).transpose()?,
        created_at: Timestamp::from_millis(created_at),
        published_at: published_at.map(Timestamp::from_millis),
    })
}
