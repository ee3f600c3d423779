//! What is known of one issuer: the result of its log, record by record.

use super::body::{AchievementRecord, Body, ListCreate, ListDelta, Profile, Snapshot, Status};
use super::hashes::{ListLeaf, lists_root, sha256, state_hash};
use super::{Head, MAX_CLOCK_SKEW, RecordId, SignedRecord, encode_snapshot};
use crate::did::Did;
use crate::status::{Bitstring, StatusPurpose, VerifiedList};
use crate::time::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// So many latest ids of a log are kept, to tell a duplicate from a conflict.
const REMEMBERED_IDS: usize = 256;
/// Most entries of all lists of one issuer together (16 MiB of bits).
const MAX_ENTRIES_PER_ISSUER: u64 = 1 << 27;
/// Most different achievements of one issuer.
const MAX_ACHIEVEMENTS: usize = 100_000;

/// What an issuer's log says up to its newest record. Cheap to clone: bits and JSON are shared.
#[derive(Clone, Debug)]
pub struct IssuerState {
    issuer: Did,
    head: Head,
    iat: Timestamp,
    latest_ids: VecDeque<RecordId>,
    profile: Option<Arc<Profile>>,
    achievements: Arc<BTreeMap<String, Arc<AchievementRecord>>>,
    lists: BTreeMap<u32, ListState>,
    numbers: Arc<HashMap<String, u32>>,
    word: Option<Word>,
}

/// The issuer's latest status record: its T0.
#[derive(Clone, Copy, Debug)]
struct Word {
    seq: u64,
    tick_s: u32,
    as_of: Timestamp,
    valid_until: Timestamp,
}

#[derive(Clone, Debug)]
struct ListState {
    create: Arc<ListCreate>,
    created_seq: u64,
    version: u64,
    state_hash: [u8; 32],
    bits: Arc<Bitstring>,
}

/// A status list as an issuer's verified records give it.
#[derive(Clone, Debug)]
pub struct HeldList {
    /// The issuer.
    pub issuer: Did,
    /// The list's number, URL, purpose and size.
    pub list: Arc<ListCreate>,
    /// Its version.
    pub version: u64,
    /// Its bits, shared with the replica.
    pub bits: Arc<Bitstring>,
    /// When the issuer last vouched for it: `iat` of its latest status record.
    pub as_of: Timestamp,
    /// Until when.
    pub valid_until: Timestamp,
}

/// Why a well-formed, rightly signed record of an issuer was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is held already.
    #[error("the record is held already")]
    Duplicate,
    /// It is older than the oldest that is remembered.
    #[error("the record is older than the newest that is held")]
    Old,
    /// Records before it are missing.
    #[error("records before it are missing")]
    Gap,
    /// Another record of the same number is held: the issuer signed both.
    #[error("another record stands at the same place of the issuer's log")]
    Conflict,
    /// It doesn't follow the newest record that is held: the issuer's log is forked.
    #[error("the record does not follow the newest one that is held")]
    Fork,
    /// The log lacks a head that was seen before.
    #[error("the log does not contain the head that was seen before")]
    BelowFloor,
    /// Another epoch than the log's.
    #[error("the record is of another epoch")]
    Epoch,
    /// Its time is before that of the record before it.
    #[error("the record's time is before that of the record before it")]
    TimeBackwards,
    /// Its time is too far ahead: wait.
    #[error("the record's time lies in the future")]
    Future,
    /// A list's state, or the root, isn't what the record says: the issuer's fault.
    #[error("the record's hash of a list does not match its content")]
    BadState,
    /// A change that the list doesn't permit.
    #[error("{0}")]
    BadChange(&'static str),
    /// Over a quota: wait.
    #[error("the issuer is over its quota for now")]
    Quota,
}

impl IssuerState {
    /// Applies the first record of a log.
    ///
    /// # Errors
    /// [`Refusal::Gap`] unless it begins the log; otherwise as [`Self::apply`].
    pub(super) fn begin(record: &SignedRecord, now: Timestamp) -> Result<Self, Refusal> {
        if record.epoch() != 0 {
            return Err(Refusal::Epoch);
        }
        if record.seq() != 0 {
            return Err(Refusal::Gap);
        }
        check_time(record, None, now)?;
        let mut state = Self {
            issuer: record.issuer().clone(),
            head: record.head(),
            iat: record.iat(),
            latest_ids: VecDeque::from([record.id()]),
            profile: None,
            achievements: Arc::default(),
            lists: BTreeMap::new(),
            numbers: Arc::default(),
            word: None,
        };
        state.take(record)?;
        Ok(state)
    }

    /// Applies the next record; on refusal nothing changes.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(super) fn apply(&mut self, record: &SignedRecord, now: Timestamp) -> Result<(), Refusal> {
        self.place(record)?;
        check_time(record, Some(self.iat), now)?;
        self.take(record)?;
        self.head = record.head();
        self.iat = record.iat();
        if self.latest_ids.len() == REMEMBERED_IDS {
            self.latest_ids.pop_front();
        }
        self.latest_ids.push_back(record.id());
        Ok(())
    }

    /// Whether a record is the next one, judged by its place in the log alone.
    pub(super) fn place(&self, record: &SignedRecord) -> Result<(), Refusal> {
        if record.epoch() != self.head.epoch {
            return Err(Refusal::Epoch);
        }
        if let Some(why) = self.filled(record.head()) {
            return Err(why);
        }
        match (record.seq() == self.head.seq + 1, record.prev() == Some(self.head.id)) {
            (false, _) => Err(Refusal::Gap),
            (true, false) => Err(Refusal::Fork),
            (true, true) => Ok(()),
        }
    }

    /// Whether a record at that place is held already, or is older than those whose ids are remembered. False for
    /// another record at a place whose record is remembered.
    pub fn is_past(&self, head: Head) -> bool {
        head.epoch == self.head.epoch && matches!(self.filled(head), Some(Refusal::Duplicate | Refusal::Old))
    }

    /// Whether another record is held at that place. False where its id isn't remembered any more.
    pub(super) fn conflicts(&self, head: Head) -> bool {
        head.epoch == self.head.epoch && self.filled(head) == Some(Refusal::Conflict)
    }

    /// What a record at a place up to the newest is, in the same epoch.
    fn filled(&self, head: Head) -> Option<Refusal> {
        let behind = self.head.seq.checked_sub(head.seq)?;
        let at =
            usize::try_from(behind).ok().and_then(|behind| self.latest_ids.len().checked_sub(behind + 1));
        Some(match at.and_then(|at| self.latest_ids.get(at)) {
            Some(id) if *id == head.id => Refusal::Duplicate,
            Some(_) => Refusal::Conflict,
            None => Refusal::Old,
        })
    }

    /// The issuer.
    pub fn issuer(&self) -> &Did {
        &self.issuer
    }

    /// The newest record.
    pub fn head(&self) -> Head {
        self.head
    }

    /// `iat` of the newest record of any type.
    pub fn latest_iat(&self) -> Timestamp {
        self.iat
    }

    /// The latest profile.
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.profile.as_ref()
    }

    /// The achievements by their `id`, the latest of each.
    pub fn achievements(&self) -> &BTreeMap<String, Arc<AchievementRecord>> {
        &self.achievements
    }

    /// `iat` of the latest status record.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.word.map(|word| word.as_of)
    }

    /// Until when the latest status record is valid.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.word.map(|word| word.valid_until)
    }

    /// The issuer's period between status records, in seconds, as of the latest one.
    pub fn tick_s(&self) -> Option<u32> {
        self.word.map(|word| word.tick_s)
    }

    /// Its lists that a status record has vouched for.
    pub fn lists(&self) -> impl Iterator<Item = HeldList> + '_ {
        self.lists.values().filter_map(|list| self.held(list))
    }

    /// The list of that URL, if a status record after its creation vouches for it.
    pub fn list(&self, url: &str) -> Option<HeldList> {
        self.held(self.lists.get(self.numbers.get(url)?)?)
    }

    /// All lists created so far: number, URL, purpose, size.
    pub fn created_lists(&self) -> impl Iterator<Item = &Arc<ListCreate>> {
        self.lists.values().map(|list| &list.create)
    }

    /// The bits and version of a list by number, vouched for or not.
    pub fn bits(&self, list: u32) -> Option<(u64, &Arc<Bitstring>)> {
        self.lists.get(&list).map(|list| (list.version, &list.bits))
    }

    /// The body of a snapshot record of a list as it is now, and its blob.
    pub(super) fn snapshot(&self, list: u32) -> Option<(Snapshot, Vec<u8>)> {
        let held = self.lists.get(&list)?;
        let ones: Vec<u64> = held.bits.ones().collect();
        let blob = encode_snapshot(held.create.entries, &ones);
        let snapshot = Snapshot {
            list,
            version: held.version,
            state_hash: held.state_hash,
            blob: sha256(&blob),
            bytes: blob.len() as u64,
        };
        Some((snapshot, blob))
    }

    /// The body of the status record that makes these changes. What is so already is left out.
    pub(super) fn status(
        &self,
        changes: &[(u32, Vec<u64>, Vec<u64>)],
        tick_s: u32,
    ) -> Result<Status, Refusal> {
        let mut deltas = BTreeMap::new();
        for (number, set, clear) in changes {
            let held = self.lists.get(number).ok_or(Refusal::BadChange(NO_SUCH_LIST))?;
            let differing = |indexes: &[u64], value: bool| {
                let mut differing: Vec<u64> =
                    indexes.iter().copied().filter(|index| held.bits.get(*index) != Some(value)).collect();
                differing.sort_unstable();
                differing.dedup();
                differing
            };
            let (set, clear) = (differing(set, true), differing(clear, false));
            if set.is_empty() && clear.is_empty() {
                continue;
            }
            let (from, to) = (held.version, held.version + 1);
            let mut delta = ListDelta { list: *number, from, to, set, clear, state_hash: [0; 32] };
            delta.state_hash = state_hash(*number, to, held.changed(&delta)?.as_bytes());
            if deltas.insert(*number, delta).is_some() {
                return Err(Refusal::BadChange("a list is named once in a status record"));
            }
        }
        let lists: Vec<ListDelta> = deltas.into_values().collect();
        let root = self.root_after(&lists);
        Ok(Status { tick_s, lists, lists_root: root })
    }

    fn held(&self, list: &ListState) -> Option<HeldList> {
        let word = self.word.filter(|word| word.seq > list.created_seq)?;
        Some(HeldList {
            issuer: self.issuer.clone(),
            list: list.create.clone(),
            version: list.version,
            bits: list.bits.clone(),
            as_of: word.as_of,
            valid_until: word.valid_until,
        })
    }

    /// Takes the body of a record whose place and time are right; all of it or nothing.
    fn take(&mut self, record: &SignedRecord) -> Result<(), Refusal> {
        match record.body() {
            Body::Profile(profile) => self.profile = Some(Arc::new(profile.clone())),
            Body::Achievement(achievement) => {
                let known = self.achievements.contains_key(achievement.id());
                if !known && self.achievements.len() == MAX_ACHIEVEMENTS {
                    return Err(Refusal::BadChange("an issuer has at most 100,000 achievements"));
                }
                Arc::make_mut(&mut self.achievements)
                    .insert(achievement.id().to_owned(), Arc::new(achievement.clone()));
            }
            Body::ListCreate(create) => self.create(create, record.seq())?,
            Body::Status(status) => self.take_status(status, record)?,
            Body::Snapshot(snapshot) => self.check_snapshot(snapshot)?,
        }
        Ok(())
    }

    fn create(&mut self, create: &ListCreate, seq: u64) -> Result<(), Refusal> {
        let entries: u64 = self.lists.values().map(|list| list.create.entries).sum();
        if create.list as usize != self.lists.len() {
            return Err(Refusal::BadChange("a new list has the next number"));
        }
        if self.numbers.contains_key(&create.url) {
            return Err(Refusal::BadChange("an issuer uses a list's URL only once"));
        }
        if entries + create.entries > MAX_ENTRIES_PER_ISSUER {
            return Err(Refusal::BadChange("an issuer has at most 134,217,728 entries in its lists"));
        }
        let bits = Bitstring::from_bytes(vec![0; (create.entries / 8) as usize]);
        let state_hash = state_hash(create.list, 0, bits.as_bytes());
        Arc::make_mut(&mut self.numbers).insert(create.url.clone(), create.list);
        self.lists.insert(
            create.list,
            ListState {
                create: Arc::new(create.clone()),
                created_seq: seq,
                version: 0,
                state_hash,
                bits: Arc::new(bits),
            },
        );
        Ok(())
    }

    fn take_status(&mut self, status: &Status, record: &SignedRecord) -> Result<(), Refusal> {
        let mut changed = Vec::with_capacity(status.lists.len());
        for delta in &status.lists {
            let list = self.lists.get(&delta.list).ok_or(Refusal::BadChange(NO_SUCH_LIST))?;
            if delta.from != list.version {
                return Err(Refusal::BadChange("a delta begins at the version that the list has"));
            }
            let bits = list.changed(delta)?;
            if state_hash(delta.list, delta.to, bits.as_bytes()) != delta.state_hash {
                return Err(Refusal::BadState);
            }
            changed.push(bits);
        }
        if self.root_after(&status.lists) != status.lists_root {
            return Err(Refusal::BadState);
        }
        for (delta, bits) in status.lists.iter().zip(changed) {
            if let Some(list) = self.lists.get_mut(&delta.list) {
                (list.version, list.state_hash, list.bits) = (delta.to, delta.state_hash, Arc::new(bits));
            }
        }
        self.word = Some(Word {
            seq: record.seq(),
            tick_s: status.tick_s,
            as_of: record.iat(),
            // A status record always has one: checked on decoding.
            valid_until: record.valid_until().unwrap_or(record.iat()),
        });
        Ok(())
    }

    /// The root over all lists once these deltas are applied, by the hashes that they name.
    fn root_after(&self, deltas: &[ListDelta]) -> [u8; 32] {
        let leaves: Vec<ListLeaf> = self
            .lists
            .iter()
            .map(|(number, list)| match deltas.binary_search_by_key(number, |delta| delta.list) {
                Ok(at) => {
                    let delta = &deltas[at];
                    ListLeaf { list: *number, version: delta.to, state_hash: delta.state_hash }
                }
                Err(_) => ListLeaf { list: *number, version: list.version, state_hash: list.state_hash },
            })
            .collect();
        lists_root(&leaves)
    }

    /// A snapshot must say what the log says: the blob is the one that this node can write itself.
    fn check_snapshot(&self, snapshot: &Snapshot) -> Result<(), Refusal> {
        match self.snapshot(snapshot.list) {
            None => Err(Refusal::BadChange(NO_SUCH_LIST)),
            Some((ours, _)) if ours == *snapshot => Ok(()),
            Some(_) => Err(Refusal::BadState),
        }
    }
}

impl ListState {
    /// The bits after a delta.
    fn changed(&self, delta: &ListDelta) -> Result<Bitstring, Refusal> {
        if !delta.clear.is_empty() && self.create.purpose == StatusPurpose::Revocation {
            return Err(Refusal::BadChange("a revocation can't be taken back"));
        }
        let mut bits = Bitstring::clone(&self.bits);
        for (indexes, value) in [(&delta.set, true), (&delta.clear, false)] {
            for index in indexes {
                match bits.set(*index, value) {
                    Ok(before) if before != value => {}
                    Ok(_) => return Err(Refusal::BadChange("a delta changes each of its bits")),
                    Err(_) => return Err(Refusal::BadChange("an index lies outside of its list")),
                }
            }
        }
        Ok(bits)
    }
}

const NO_SUCH_LIST: &str = "the issuer has no such list";

impl HeldList {
    /// The list as evidence for a verification.
    pub fn verified(&self) -> VerifiedList {
        VerifiedList::of_record(
            self.issuer.as_str(),
            &self.list.url,
            self.list.purpose,
            self.bits.clone(),
            self.version,
            self.as_of,
            Some(self.valid_until),
        )
    }
}

fn check_time(record: &SignedRecord, before: Option<Timestamp>, now: Timestamp) -> Result<(), Refusal> {
    if before.is_some_and(|before| record.iat() < before) {
        return Err(Refusal::TimeBackwards);
    }
    if record.iat() > now.plus(MAX_CLOCK_SKEW) {
        return Err(Refusal::Future);
    }
    Ok(())
}
