//! The tokens of those who may use the node.

use super::{Ledger, LedgerError, at_most_bytes, digest_from_stored};
use crate::token::{Scope, Scopes, TokenHash};
use accolade_core::time::Timestamp;
use sqlx::SqliteConnection;

/// Characters would do for a label; bytes are what is counted.
const LABEL_LIMIT_BYTES: usize = 200;
/// Most tokens that weren't withdrawn, those that have ended included.
pub const TOKEN_LIMIT: u32 = 1000;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// A token to be remembered.
pub struct NewToken {
    /// Its hash.
    pub hash: TokenHash,
    /// What it is for, 200 bytes at most.
    pub label: String,
    /// What it allows.
    pub scopes: Scopes,
    /// Until when it holds; until it is withdrawn if nothing is said.
    pub valid_until: Option<Timestamp>,
}

/// A token that is known and wasn't withdrawn. It may have ended.
#[derive(Clone, Debug)]
pub struct Token {
    /// Names it in this ledger, for ever.
    pub number: i64,
    /// What it is for.
    pub label: String,
    /// What it allows.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it holds; until it is withdrawn if nothing is said.
    pub valid_until: Option<Timestamp>,
    /// The beginning of the day (UTC) on which it was last used.
    pub last_used_day: Option<Timestamp>,
}

impl Token {
    /// Whether it doesn't hold any more.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.valid_until.is_some_and(|until| until <= now)
    }
}

/// The tokens that weren't withdrawn; `$more` narrows or orders them.
macro_rules! select_tokens {
    ($more:literal) => {
        concat!(
            "SELECT number, hash, label, scopes, created_at, valid_until, last_used_day FROM tokens
             WHERE withdrawn_at IS NULL ",
            $more
        )
    };
}

type Row = (i64, Vec<u8>, String, String, i64, Option<i64>, Option<i64>);

impl Ledger {
    /// Remembers a token; its number. `maker` is the number of the token by whose right it is made, if there is one.
    /// After a storage failure make a new token rather than show this one.
    ///
    /// # Errors
    /// [`LedgerError::MakerGone`] where the maker was withdrawn or has ended; [`LedgerError::TokenExists`]; [`LedgerError::TooManyTokens`]; [`LedgerError::TooLarge`] for the label.
    pub async fn add_token(
        &self,
        token: NewToken,
        maker: Option<i64>,
        now: Timestamp,
    ) -> Result<i64, LedgerError> {
        self.write(move |connection| {
            Box::pin(async move {
                if let Some(number) = maker {
                    check_maker(connection, number, now).await?;
                }
                let (count,): (i64,) =
                    sqlx::query_as("SELECT COUNT(*) FROM tokens WHERE withdrawn_at IS NULL")
                        .fetch_one(&mut *connection)
                        .await?;
                if count >= i64::from(TOKEN_LIMIT) {
                    return Err(LedgerError::TooManyTokens { limit: TOKEN_LIMIT });
                }
                insert(connection, token, now).await
            })
        })
        .await
    }

    /// The token of this hash; none if it isn't known or was withdrawn. What the lookup's time could tell is about the
    /// hash of a guess, which helps nobody to find a token; the match itself is compared in constant time.
    pub async fn token(&self, hash: TokenHash) -> Result<Option<Token>, LedgerError> {
        let row: Option<Row> = sqlx::query_as(select_tokens!("AND hash = $1"))
            .bind(hash.as_bytes().to_vec())
            .fetch_optional(self.readers())
            .await?;
        let Some((found, token)) = row.map(from_row).transpose()? else { return Ok(None) };
        Ok((found == hash).then_some(token))
    }

    /// All tokens that weren't withdrawn, in the order in which they were made.
    pub async fn tokens(&self) -> Result<Vec<Token>, LedgerError> {
        let rows: Vec<Row> =
            sqlx::query_as(select_tokens!("ORDER BY number")).fetch_all(self.readers()).await?;
        rows.into_iter().map(|row| Ok(from_row(row)?.1)).collect()
    }

    /// Withdraws a token for ever: from the return on nobody is let in by it. After a storage failure call it again.
    ///
    /// # Errors
    /// [`LedgerError::UnknownToken`], also where it was withdrawn before; [`LedgerError::LastOwner`] for the last
    /// owner's token without an end.
    pub async fn withdraw_token(&self, number: i64, now: Timestamp) -> Result<(), LedgerError> {
        self.write(move |connection| Box::pin(withdraw(connection, number, now))).await
    }

    /// Notes that a token was used today. Once a day and token it is a write; nothing is lost without it.
    pub async fn note_token_used(&self, number: i64, now: Timestamp) -> Result<(), LedgerError> {
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE tokens SET last_used_day = $1
                     WHERE number = $2 AND (last_used_day IS NULL OR last_used_day < $1)",
                )
                .bind(day_of(now))
                .bind(number)
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

/// Withdraws every token for ever.
pub(super) async fn withdraw_all(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query("UPDATE tokens SET withdrawn_at = $1 WHERE withdrawn_at IS NULL")
        .bind(now.as_millis())
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds a token to the transaction.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    token: NewToken,
    now: Timestamp,
) -> Result<i64, LedgerError> {
    at_most_bytes("the token's label", token.label.as_bytes(), LABEL_LIMIT_BYTES)?;
    let inserted = sqlx::query(
        "INSERT INTO tokens (hash, label, scopes, created_at, valid_until) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (hash) DO NOTHING",
    )
    .bind(token.hash.as_bytes().to_vec())
    .bind(token.label)
    .bind(token.scopes.to_string())
    .bind(now.as_millis())
    .bind(token.valid_until.map(|until| until.as_millis()))
    .execute(connection)
    .await?;
    if inserted.rows_affected() == 1 {
        Ok(inserted.last_insert_rowid())
    } else {
        Err(LedgerError::TokenExists)
    }
}

/// In the transaction of what the maker makes: a withdrawal comes either before it or after it.
async fn check_maker(
    connection: &mut SqliteConnection,
    number: i64,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let row: Option<Row> =
        sqlx::query_as(select_tokens!("AND number = $1")).bind(number).fetch_optional(connection).await?;
    match row.map(from_row).transpose()? {
        Some((_, maker)) if !maker.has_ended(now) => Ok(()),
        _ => Err(LedgerError::MakerGone { number }),
    }
}

async fn withdraw(connection: &mut SqliteConnection, number: i64, now: Timestamp) -> Result<(), LedgerError> {
    let rows: Vec<Row> = sqlx::query_as(select_tokens!("")).fetch_all(&mut *connection).await?;
    let mut is_known = false;
    let mut is_lasting_owner = false;
    let mut lasting_owners = 0;
    for row in rows {
        let (_, token) = from_row(row)?;
        let lasts = token.scopes.allow(Scope::Owner) && token.valid_until.is_none();
        lasting_owners += u32::from(lasts);
        if token.number == number {
            (is_known, is_lasting_owner) = (true, lasts);
        }
    }
    if !is_known {
        return Err(LedgerError::UnknownToken { number });
    }
    if is_lasting_owner && lasting_owners == 1 {
        return Err(LedgerError::LastOwner);
    }
    sqlx::query("UPDATE tokens SET withdrawn_at = $1 WHERE number = $2")
        .bind(now.as_millis())
        .bind(number)
        .execute(connection)
        .await?;
    Ok(())
}

fn from_row(row: Row) -> Result<(TokenHash, Token), LedgerError> {
    let (number, hash, label, scopes, created_at, valid_until, last_used_day) = row;
    let hash = TokenHash::from_bytes(digest_from_stored(hash)?);
    let token = Token {
        number,
        label,
        scopes: Scopes::parse(&scopes).map_err(|error| LedgerError::corrupt(error.to_string()))?,
        created_at: Timestamp::from_millis(created_at),
        valid_until: valid_until.map(Timestamp::from_millis),
        last_used_day: last_used_day.map(|day| Timestamp::from_millis(day.saturating_mul(DAY_MS))),
    };
    Ok((hash, token))
}

fn day_of(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(DAY_MS)
}
