//! Who this node is.

use super::tokens::{self, NewToken};
use super::{Ledger, LedgerError, at_most_bytes};
use accolade_core::time::Timestamp;

const SEALED_KEY_LIMIT_BYTES: usize = 4096;

/// The node's identity as it is given at the first start. The keys are sealed by the vault: the ledger never
/// sees a secret.
pub struct NewIdentity {
    /// The DID. Fixed from then on.
    pub did: String,
    /// The sealed key that signs badges and records.
    pub signing_key: Vec<u8>,
    /// The sealed key of the peer network.
    pub network_key: Vec<u8>,
}

/// The identity in the ledger.
pub struct Identity {
    /// The node's DID.
    pub did: String,
    /// The sealed key that signs badges and records.
    pub signing_key: Vec<u8>,
    /// The sealed key of the peer network.
    pub network_key: Vec<u8>,
    /// When it was fixed.
    pub created_at: Timestamp,
}

impl Ledger {
    /// Whether no identity was fixed yet.
    pub async fn is_first_start(&self) -> Result<bool, LedgerError> {
        Ok(self.identity().await?.is_none())
    }

    /// The identity; none before [`Self::create_identity`].
    pub async fn identity(&self) -> Result<Option<Identity>, LedgerError> {
        let row: Option<(String, Vec<u8>, Vec<u8>, i64)> =
            sqlx::query_as("SELECT did, signing_key, network_key, created_at FROM identity")
                .fetch_optional(self.readers())
                .await?;
        Ok(row.map(|(did, signing_key, network_key, created_at)| Identity {
            did,
            signing_key,
            network_key,
            created_at: Timestamp::from_millis(created_at),
        }))
    }

    /// Fixes the identity, and the owner's token with it, at the very first start. Write the token to where
    /// its owner finds it before this call: a crash in between then only makes the next start a first one.
    ///
    /// After a storage failure call [`Self::identity`]: it tells which of the two happened. The same DID
    /// again is `Ok` and changes nothing, neither keys nor tokens.
    ///
    /// # Errors
    /// [`LedgerError::OtherIdentity`] where another DID is fixed; [`LedgerError::TooLarge`].
    pub async fn create_identity(
        &self,
        identity: NewIdentity,
        owner_token: Option<NewToken>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        at_most_bytes("the sealed signing key", &identity.signing_key, SEALED_KEY_LIMIT_BYTES)?;
        at_most_bytes("the sealed network key", &identity.network_key, SEALED_KEY_LIMIT_BYTES)?;
        self.write(move |connection| {
            Box::pin(async move {
                let kept: Option<(String,)> =
                    sqlx::query_as("SELECT did FROM identity").fetch_optional(&mut *connection).await?;
                match kept {
                    Some((kept,)) if kept == identity.did => return Ok(()),
                    Some((kept,)) => return Err(LedgerError::OtherIdentity { kept, given: identity.did }),
                    None => {}
                }
                sqlx::query(
                    "INSERT INTO identity (one, did, signing_key, network_key, created_at)
                     VALUES (1, $1, $2, $3, $4)",
                )
                .bind(identity.did)
                .bind(identity.signing_key)
                .bind(identity.network_key)
                .bind(now.as_millis())
                .execute(&mut *connection)
                .await?;
                match owner_token {
                    Some(token) => tokens::insert(connection, token, now).await.map(drop),
                    None => Ok(()),
                }
            })
        })
        .await
    }
}
