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
            log.adopt(&record)?;
        }
        Ok(log)
    }

    /// Moves on to a record that was signed elsewhere: by this issuer in an earlier life. On refusal nothing changes.
    ///
    /// # Errors
    /// Another issuer's record, one that doesn't follow the head, one whose hashes don't match the lists.
    pub fn adopt(&mut self, record: &SignedRecord) -> Result<(), LogError> {
        if *record.issuer() != self.issuer {
            return Err(LogError::OtherIssuer { seq: record.seq(), issuer: record.issuer().clone() });
        }
        self.follow(record)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MAX_LIST_ENTRIES;
    use crate::record::body::MAX_TICK_S;
    use crate::status::StatusPurpose;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_780_000_000_000)
    }

    fn key() -> SigningKey {
        SigningKey::from_seed(&[1; 32])
    }

    fn log() -> IssuerLog {
        IssuerLog::open("test", did::key::did_of(&key().verifying_key()), []).expect("an empty log")
    }

    fn list(list: u32, url: &str, entries: u64) -> ListCreate {
        ListCreate { list, url: url.to_owned(), purpose: StatusPurpose::Revocation, entries }
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_log_goes_on_where_its_stored_records_end() {
        let mut log = log();
        let mut stored = vec![log.list_create(list(0, "urn:l:0", 131_072), &key(), now()).expect("list")];
        stored.push(log.status(&[(0, vec![9, 3, 9], vec![])], 60, HOUR, &key(), now()).expect("status"));
        stored.push(log.snapshot(0, &key(), now()).expect("snapshot").0);
        let again = IssuerLog::open("test", log.issuer().clone(), stored.clone()).expect("the same log");
        assert_eq!(again.head(), log.head());
        let held = again.state().and_then(|state| state.list("urn:l:0")).expect("the list");
        assert_eq!((held.version, held.bits.ones().collect::<Vec<_>>()), (1, vec![3, 9]));
        assert_eq!(held.valid_until, now().plus(HOUR));

        let gap = [stored[0].clone(), stored[2].clone()];
        let opened = IssuerLog::open("test", log.issuer().clone(), gap);
        assert_eq!(opened.err(), Some(LogError::Refused(Refusal::Gap)));
        let other = did::key::did_of(&SigningKey::from_seed(&[2; 32]).verifying_key());
        let opened = IssuerLog::open("test", other, stored);
        assert!(matches!(opened, Err(LogError::OtherIssuer { seq: 0, .. })));
    }

    #[test]
    fn a_log_adopts_only_what_it_could_have_said_next() {
        let mut log = log();
        let mut older = log.clone();
        log.list_create(list(0, "urn:l:0", 131_072), &key(), now()).expect("list");
        let mut copy = log.clone();
        let first = log.status(&[(0, vec![3], vec![])], 60, HOUR, &key(), now()).expect("status");
        let second = log.status(&[(0, vec![5], vec![])], 60, HOUR, &key(), now()).expect("status");
        assert_eq!(older.adopt(&first), Err(LogError::Refused(Refusal::Gap)));
        assert_eq!(copy.adopt(&second), Err(LogError::Refused(Refusal::Gap)));
        copy.adopt(&first).expect("the next one");
        assert_eq!(copy.adopt(&first), Err(LogError::Refused(Refusal::Duplicate)));
        copy.adopt(&second).expect("and the one after it");
        assert_eq!(copy.head(), log.head());
        let own = copy.status(&[(0, vec![7], vec![])], 60, HOUR, &key(), now()).expect("it goes on");
        assert_eq!(own.seq(), 3);
        log.status(&[(0, vec![8], vec![])], 60, HOUR, &key(), now()).expect("another life");
        assert_eq!(log.adopt(&own), Err(LogError::Refused(Refusal::Conflict)), "a fork is refused");
        let other = SigningKey::from_seed(&[2; 32]);
        let did = did::key::did_of(&other.verifying_key());
        let mut stranger = IssuerLog::open("test", did, []).expect("an empty log");
        let theirs = stranger.status(&[], 60, HOUR, &other, now()).expect("status");
        assert!(matches!(log.adopt(&theirs), Err(LogError::OtherIssuer { seq: 0, .. })));
    }

    #[test]
    fn what_cannot_be_published_leaves_the_log_as_it_was() {
        let mut log = log();
        log.list_create(list(0, "urn:l:0", 131_072), &key(), now()).expect("list");
        let before = log.head();
        for create in [
            list(0, "urn:l:1", 131_072),
            list(2, "urn:l:1", 131_072),
            list(1, "urn:l:0", 131_072),
            list(1, "", 131_072),
            list(1, "status/1", 131_072),
            list(1, "urn:l:1", 131_064),
            list(1, "urn:l:1", 131_073),
            list(1, "urn:l:1", MAX_LIST_ENTRIES + 8),
            list(1, &format!("urn:{}", "l".repeat(1_100)), 131_072),
        ] {
            assert!(log.list_create(create.clone(), &key(), now()).is_err(), "{create:?}");
        }
        for (set, clear, tick_s, valid_for) in [
            (vec![131_072], vec![], 0, HOUR),
            (vec![], vec![1], MAX_TICK_S + 1, HOUR),
            (vec![1], vec![], 0, Duration::ZERO),
        ] {
            assert!(log.status(&[(0, set, clear)], tick_s, valid_for, &key(), now()).is_err());
        }
        assert!(log.status(&[(1, vec![1], vec![])], 0, HOUR, &key(), now()).is_err(), "no such list");
        let twice = [(0, vec![1], vec![]), (0, vec![2], vec![])];
        assert!(log.status(&twice, 0, HOUR, &key(), now()).is_err(), "a list twice");
        assert!(log.snapshot(1, &key(), now()).is_err());
        let thief = SigningKey::from_seed(&[2; 32]);
        assert_eq!(log.status(&[], 0, HOUR, &thief, now()).err(), Some(LogError::Form(WireError::Key)));
        assert_eq!(log.head(), before);
    }

    #[test]
    fn a_repetition_is_a_heartbeat_and_a_clock_set_back_does_no_harm() {
        let mut log = log();
        log.list_create(list(0, "urn:l:0", 131_072), &key(), now()).expect("list");
        log.status(&[(0, vec![5], vec![])], 0, HOUR, &key(), now()).expect("status");
        let again =
            log.status(&[(0, vec![5], vec![])], 0, HOUR, &key(), now().minus(HOUR)).expect("heartbeat");
        assert!(matches!(again.body(), Body::Status(status) if status.lists.is_empty()));
        assert_eq!(again.iat(), now());
        let long = log.status(&[], 0, 100 * HOUR, &key(), now()).expect("heartbeat");
        assert_eq!(long.valid_until(), Some(now().plus(MAX_STATUS_VALIDITY)));
    }

    #[test]
    fn a_list_counts_from_the_first_word_after_its_creation() {
        let mut log = log();
        log.status(&[], 0, HOUR, &key(), now()).expect("heartbeat");
        log.list_create(list(0, "urn:l:0", 131_072), &key(), now()).expect("list");
        assert!(log.state().and_then(|state| state.list("urn:l:0")).is_none());
        log.status(&[], 0, HOUR, &key(), now()).expect("heartbeat");
        assert!(log.state().and_then(|state| state.list("urn:l:0")).is_some());
    }

    #[test]
    fn one_revocation_costs_few_bytes() {
        let mut log = log();
        log.list_create(list(0, "urn:l:0", 131_072), &key(), now()).expect("list");
        let one = log.status(&[(0, vec![70_000], vec![])], 0, HOUR, &key(), now()).expect("status");
        assert!(one.bytes().len() < 450, "{} bytes", one.bytes().len());
        let many: Vec<u64> = (0..1000).map(|n| n * 131 + n % 7).collect();
        let many = log.status(&[(0, many, vec![])], 0, HOUR, &key(), now()).expect("status");
        assert!(many.bytes().len() < 1_600 && many.fits_gossip(), "{} bytes", many.bytes().len());
    }
}
