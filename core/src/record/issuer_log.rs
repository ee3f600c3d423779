//! The issuer's own side of its log.

use super::body::{AchievementRecord, Body, ListCreate, Profile};
use super::envelope::RecordDraft;
use super::lists::{IssuerState, Refusal};
use super::{Head, MAX_STATUS_VALIDITY, SignedRecord, WireError};
use crate::did::{self, Did};
use crate::keys::SigningKey;
use crate::time::Timestamp;
use std::time::Duration;

/// An issuer's own log: knows its head and its lists, and makes the next record.
///
/// Each method signs one record and moves on to it. To be safe against a store that fails: clone the log
/// (cheap), make records with the clone, store them durably, and only then put the clone in its place.
#[derive(Clone, Debug)]
pub struct IssuerLog {
    net: String,
    issuer: Did,
    state: Option<IssuerState>,
}

/// Why no record was made. The log is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// It would break a rule of the format.
    #[error("the record can't be made: {0}")]
    Form(#[from] WireError),
    /// It doesn't follow from the log.
    #[error("the record can't be made: {0}")]
    Refused(#[from] Refusal),
    /// A stored record is of another issuer.
    #[error("the stored record {seq} belongs to {issuer}")]
    OtherIssuer {
        /// Its number.
        seq: u64,
        /// Its issuer.
        issuer: Did,
    },
}

impl IssuerLog {
    /// The log of `key`'s did:key in the network `net`, with the records stored so far, from the first.
    ///
    /// # Errors
    /// Records that aren't this issuer's, are not in order, or don't follow one another.
    pub fn open(
        net: &str,
        issuer: Did,
        stored: impl IntoIterator<Item = SignedRecord>,
    ) -> Result<Self, LogError> {
        let mut log = Self { net: net.to_owned(), issuer, state: None };
        for record in stored {
            if *record.issuer() != log.issuer {
                return Err(LogError::OtherIssuer { seq: record.seq(), issuer: record.issuer().clone() });
            }
            log.follow(&record)?;
        }
        Ok(log)
    }

    /// The newest record; `None` before the first.
    pub fn head(&self) -> Option<Head> {
        self.state.as_ref().map(IssuerState::head)
    }

    /// Whose log it is.
    pub fn issuer(&self) -> &Did {
        &self.issuer
    }

    /// What the log says so far; `None` before the first record.
    pub fn state(&self) -> Option<&IssuerState> {
        self.state.as_ref()
    }

    /// Publishes the profile.
    ///
    /// # Errors
    /// A profile whose `id` isn't the issuer, or over the limit.
    pub fn profile(
        &mut self,
        profile: Profile,
        key: &SigningKey,
        iat: Timestamp,
    ) -> Result<SignedRecord, LogError> {
        self.append(Body::Profile(profile), None, key, iat)
    }

    /// Publishes an achievement.
    ///
    /// # Errors
    /// An achievement over the limit.
    pub fn achievement(
        &mut self,
        achievement: AchievementRecord,
        key: &SigningKey,
        iat: Timestamp,
    ) -> Result<SignedRecord, LogError> {
        self.append(Body::Achievement(achievement), None, key, iat)
    }

    /// Creates a status list. Peers answer for it once a status record follows.
    ///
    /// # Errors
    /// Another number than the next, a URL that was used, a size out of range.
    pub fn list_create(
        &mut self,
        create: ListCreate,
        key: &SigningKey,
        iat: Timestamp,
    ) -> Result<SignedRecord, LogError> {
        self.append(Body::ListCreate(create), None, key, iat)
    }

    /// Publishes changes (list number, indexes to set, indexes to clear), or with none a heartbeat. What is
    /// so already is left out, so a repetition after a crash does no harm.
    ///
    /// # Errors
    /// An unknown list, an index outside of it, a clear on a revocation list, a validity over 48 h, or so many
    /// changes that the record would be over its limit (publish them in several).
    pub fn status(
        &mut self,
        changes: &[(u32, Vec<u64>, Vec<u64>)],
        tick_s: u32,
        valid_for: Duration,
        key: &SigningKey,
        iat: Timestamp,
    ) -> Result<SignedRecord, LogError> {
        let body = match &self.state {
            Some(state) => state.status(changes, tick_s)?,
            None if changes.is_empty() => {
                super::Status { tick_s, lists: Vec::new(), lists_root: super::empty_root() }
            }
            None => return Err(Refusal::BadChange("the issuer has no such list").into()),
        };
        let valid_for = valid_for.min(MAX_STATUS_VALIDITY);
        self.append(Body::Status(body), Some(valid_for), key, iat)
    }

    /// Publishes the hash of a list's whole state; the blob goes to the store beside the record.
    ///
    /// # Errors
    /// An unknown list.
    pub fn snapshot(
        &mut self,
        list: u32,
        key: &SigningKey,
        iat: Timestamp,
    ) -> Result<(SignedRecord, Vec<u8>), LogError> {
        let made = self.state.as_ref().and_then(|state| state.snapshot(list));
        let (body, blob) = made.ok_or(Refusal::BadChange("the issuer has no such list"))?;
        Ok((self.append(Body::Snapshot(body), None, key, iat)?, blob))
    }

    fn append(
        &mut self,
        body: Body,
        valid_for: Option<Duration>,
        key: &SigningKey,
        iat: Timestamp,
    ) -> Result<SignedRecord, LogError> {
        // A clock that was set back must not stop the log: time in a log never goes back.
        let iat = self.state.as_ref().map_or(iat, |state| state.latest_iat().max(iat));
        if did::key::did_of(&key.verifying_key()) != self.issuer {
            return Err(WireError::Key.into());
        }
        let draft = RecordDraft {
            net: self.net.clone(),
            issuer: self.issuer.clone(),
            prev: self.head(),
            iat,
            valid_until: valid_for.map(|valid_for| iat.plus(valid_for)),
            body,
        };
        let record = SignedRecord::sign(draft, key)?;
        self.follow(&record)?;
        Ok(record)
    }

    fn follow(&mut self, record: &SignedRecord) -> Result<(), LogError> {
        match &mut self.state {
            Some(state) => state.apply(record, record.iat())?,
            None => self.state = Some(IssuerState::begin(record, record.iat())?),
        }
        Ok(())
    }
}
