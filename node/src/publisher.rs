//! Makes this issuer's records, one after the other: first durable in the ledger, then in the replica, then told.
//!
//! Only one task at a time makes a record. What was signed and maybe stored is never signed again in another form:
//! after a failure of a store the log is read back from the ledger and handed to the replica before anything else is
//! signed. An issuer whose ledger is an older copy of itself signs nothing until it is level again: see [`crate::level`].

use crate::clock;
use crate::error::{ErrorKind, NodeError};
use crate::ledger::{
    Adopt, AdoptedAchievement, AdoptedChanges, AdoptedList, Append, Ledger, LedgerError, LevelBy,
    LevelingReason, OwnRecord, PendingChanges,
};
use crate::level::LevelState;
use crate::replica::{ReplicaError, ReplicaHandle};
use accolade_core::did::Did;
use accolade_core::keys::SigningKey;
use accolade_core::record::{self, IssuerLog, LogError, Refusal, SignedRecord, WireError};
use accolade_core::time::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify, watch};

/// How long a status record is good for: the most that the protocol allows.
const STATUS_VALID_FOR: Duration = record::MAX_STATUS_VALIDITY;
/// A status record is renewed at least this often, changes or not.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(6 * 3600);
/// It is looked whether a heartbeat is due at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Changes in one status record at most; more go into the next one.
const CHANGES_PER_RECORD: u32 = 4000;
/// A list gets a snapshot once this many records changed it since the last one,
const SNAPSHOT_AFTER_RECORDS: u32 = 256;
/// and so much time went by.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(24 * 3600);
/// Wait after a failure of the ledger before the next try.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long peers are waited for who may have the image of an adopted achievement.
const IMAGE_PATIENCE: Duration = Duration::from_secs(5);
/// Records read back at once.
const PAGE: u32 = 64;

/// The one maker of this issuer's records.
pub struct Publisher {
    key: Arc<SigningKey>,
    issuer: Did,
    net: String,
    tick: Duration,
    ledger: Ledger,
    replica: ReplicaHandle,
    state: Mutex<State>,
    dirty: Notify,
    level: watch::Sender<LevelState>,
}

struct State {
    log: IssuerLog,
    /// Set while records are on their way: the ledger may hold more than `log`, and the replica less than the ledger.
    /// What ends halfway leaves it set.
    is_behind: bool,
    /// Of each list: records that changed it since its last snapshot, and when that was.
    since_snapshot: HashMap<u32, (u32, Timestamp)>,
}

/// What goes into the ledger together with the records.
#[derive(Default)]
pub struct Effects {
    /// Pending changes up to this number are published by them.
    pub changes_through: Option<i64>,
    /// Lists that they announce.
    pub lists_announced: Vec<u32>,
    /// Achievements that they publish.
    pub achievements_published: Vec<String>,
}

/// A record with the blob that it names.
pub type Made = (SignedRecord, Option<Vec<u8>>);

impl Publisher {
    /// Reads the own log back and hands all of it to the replica, which knows most of it already.
    ///
    /// # Errors
    /// The ledger can't be read, or holds records that don't follow one another.
    pub async fn open(
        key: Arc<SigningKey>,
        issuer: Did,
        net: String,
        tick: Duration,
        ledger: Ledger,
        replica: ReplicaHandle,
    ) -> Result<Self, NodeError> {
        let (log, made) = read_back(&ledger, &issuer, &net).await?;
        let mut since_snapshot = HashMap::new();
        count_since_snapshot(&mut since_snapshot, &made);
        let told = replica.publish(made).await;
        // Of a forked log the replica may hold the other branch.
        if replica.own_shown().forked_at.is_none() {
            told.map_err(replica_error)?;
        }
        let level = watch::Sender::new(LevelState::of(ledger.leveling().await?, ledger.fork().await?));
        let state = Mutex::new(State { log, is_behind: false, since_snapshot });
        let publisher = Self { key, issuer, net, tick, ledger, replica, state, dirty: Notify::new(), level };
        publisher.notice_if_behind(clock::now()).await?;
        Ok(publisher)
    }

    /// Whose log it is: the did:key of the key that signs it.
    pub fn issuer(&self) -> &Did {
        &self.issuer
    }

    /// Whether anything is signed now.
    pub fn level(&self) -> LevelState {
        self.level.borrow().clone()
    }

    /// Makes records with `make` and publishes them. On `Ok` they are durable and in the replica.
    ///
    /// # Errors
    /// A record that can't be made; a ledger that didn't store it, in which case nothing was told to anybody.
    ///
    /// A caller that goes away doesn't stop it halfway: it goes on in a task of its own, and the next waits for it.
    pub async fn publish(
        self: &Arc<Self>,
        effects: Effects,
        now: Timestamp,
        make: impl FnOnce(&mut IssuerLog, &SigningKey) -> Result<Vec<Made>, LogError> + Send + 'static,
    ) -> Result<(), NodeError> {
        let publisher = Arc::clone(self);
        let work = tokio::spawn(async move {
            let mut state = publisher.state.lock().await;
            publisher.publish_locked(&mut state, effects, now, make).await
        });
        work.await.unwrap_or_else(|_| {
            let hint = "Start the node again; it goes on from what is durable.";
            Err(NodeError::new(ErrorKind::Unavailable, "stopping", "The node is stopping.", hint))
        })
    }

    /// A status record without changes: the issuer's word that its lists are as they are.
    ///
    /// # Errors
    /// As [`IssuerLog::status`].
    pub fn word(
        &self,
        log: &mut IssuerLog,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<SignedRecord, LogError> {
        log.status(&[], self.tick_s(), STATUS_VALID_FOR, key, now)
    }

    /// Wakes the publisher: there are changes to be published.
    pub fn wake(&self) {
        self.dirty.notify_one();
    }

    /// The time by which a change that is made now will be public.
    pub fn public_by(&self, now: Timestamp) -> Timestamp {
        now.plus(self.tick)
    }

    /// Publishes changes at the tick, and a heartbeat when nothing changes; never returns.
    ///
    /// All that changed within a tick is published at its end, so that a record doesn't tell when a single bit was set.
    pub async fn run(self: Arc<Self>) {
        loop {
            match self.publish_pending(clock::now()).await {
                Ok(Pending::More) => continue,
                Ok(Pending::Done) => {}
                Ok(Pending::None) => {
                    let heartbeat = self.until_heartbeat(clock::now()).await;
                    // Either way there is something to look after: a change, or the heartbeat. A machine that slept has a
                    // timer that did too, so it is looked after a minute at the latest.
                    let _ = tokio::time::timeout(heartbeat.min(LOOK_EVERY), self.dirty.notified()).await;
                }
                Err(error) => {
                    tracing::error!(code = error.code, "the status was not published: {error}");
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
            tokio::time::sleep(self.until_end_of_tick(clock::now())).await;
        }
    }

    fn tick_s(&self) -> u32 {
        u32::try_from(self.tick.as_secs()).unwrap_or(u32::MAX)
    }

    fn until_end_of_tick(&self, now: Timestamp) -> Duration {
        let tick_ms = i64::try_from(self.tick.as_millis()).unwrap_or(i64::MAX);
        if tick_ms == 0 {
            return Duration::ZERO;
        }
        let left_ms = tick_ms - now.as_millis().rem_euclid(tick_ms);
        Duration::from_millis(u64::try_from(left_ms).unwrap_or(0))
    }

    /// Publishes what is pending, and a heartbeat if one is due.
    async fn publish_pending(&self, now: Timestamp) -> Result<Pending, NodeError> {
        let mut state = self.state.lock().await;
        if self.level() != LevelState::Level {
            return Ok(Pending::None);
        }
        if state.is_behind {
            self.catch_up(&mut state).await?;
        }
        let pending = self.ledger.pending_changes(CHANGES_PER_RECORD).await?;
        let heartbeat_due = is_heartbeat_due(&state.log, now);
        if pending.through.is_none() && !heartbeat_due {
            return Ok(Pending::None);
        }
        let done = if pending.is_full { Pending::More } else { Pending::Done };
        let effects = Effects { changes_through: pending.through, ..Effects::default() };
        let snapshots = state.snapshots_due(&pending, now);
        let tick_s = self.tick_s();
        self.publish_locked(&mut state, effects, now, |log, key| {
            let changes: Vec<_> =
                pending.lists.into_iter().map(|list| (in_log(list.list), list.set, list.clear)).collect();
            let mut made = vec![(log.status(&changes, tick_s, STATUS_VALID_FOR, key, now)?, None)];
            for list in snapshots {
                let (record, blob) = log.snapshot(in_log(list), key, now)?;
                made.push((record, Some(blob)));
            }
            Ok(made)
        })
        .await?;
        Ok(done)
    }

    async fn publish_locked(
        &self,
        state: &mut State,
        effects: Effects,
        now: Timestamp,
        make: impl FnOnce(&mut IssuerLog, &SigningKey) -> Result<Vec<Made>, LogError>,
    ) -> Result<(), NodeError> {
        self.level().allow()?;
        if state.is_behind {
            self.catch_up(state).await?;
        }
        self.note_if_behind(state, now).await?;
        self.level().allow()?;
        let mut next = state.log.clone();
        let made = make(&mut next, &self.key).map_err(log_error)?;
        if made.is_empty() {
            return Ok(());
        }
        let append = Append {
            after: state.log.head().map(|head| head.id.0),
            records: made.iter().map(own_record).collect(),
            changes_through: effects.changes_through,
            list_versions: changed_versions(&made),
            lists_announced: effects.lists_announced,
            achievements_published: effects.achievements_published,
        };
        // Should this end before its last line, the publisher's own task is awake and catches up.
        state.is_behind = true;
        self.wake();
        if let Err(error) = self.ledger.append_records(append, now).await {
            state.is_behind =
                error.outcome_unknown() || matches!(error, LedgerError::NotTheNextRecord { .. });
            return Err(error.into());
        }
        count_since_snapshot(&mut state.since_snapshot, &made);
        self.replica.publish(made).await.map_err(replica_error)?;
        state.log = next;
        state.is_behind = false;
        Ok(())
    }

    /// If somebody holds newer records of this issuer than its ledger, the ledger is an older copy: that is noted
    /// durably, its lists are closed, and nothing is signed any more.
    pub(crate) async fn notice_if_behind(&self, now: Timestamp) -> Result<(), NodeError> {
        let state = self.state.lock().await;
        if state.is_behind { Ok(()) } else { self.note_if_behind(&state, now).await }
    }

    /// A second record at a place that is taken would be equivocation.
    async fn note_if_behind(&self, state: &State, now: Timestamp) -> Result<(), NodeError> {
        let shown = self.replica.own_shown();
        if let Some(seq) = shown.forked_at.or_else(|| self.is_replica_elsewhere(&state.log)) {
            return self.note_fork(seq, now).await;
        }
        let is_behind = self.is_replica_ahead(&state.log) || shown.is_below_floor;
        if !is_behind || self.level() != LevelState::Level {
            return Ok(());
        }
        self.ledger.begin_leveling(LevelingReason::Behind, now).await?;
        self.level.send_replace(LevelState::of(self.ledger.leveling().await?, None));
        Ok(())
    }

    /// Another record than an own one was signed with this issuer's key, or one that doesn't follow them: from here on
    /// whatever is signed would make it worse.
    async fn note_fork(&self, seq: u64, now: Timestamp) -> Result<(), NodeError> {
        if matches!(self.level(), LevelState::Forked(_)) {
            return Ok(());
        }
        self.ledger.note_fork(seq, now).await?;
        let fork = self.ledger.fork().await?;
        self.level.send_replace(LevelState::of(None, fork));
        tracing::error!(seq, "this issuer's log is forked: nothing is signed any more");
        Ok(())
    }

    fn is_replica_ahead(&self, log: &IssuerLog) -> bool {
        let place = |head: record::Head| (head.epoch, head.seq);
        self.replica
            .issuer(self.issuer.as_str())
            .is_some_and(|held| Some(place(held.head())) > log.head().map(place))
    }

    /// The newest place of the log, if the replica holds another record there.
    fn is_replica_elsewhere(&self, log: &IssuerLog) -> Option<u64> {
        let (held, own) = (self.replica.issuer(self.issuer.as_str())?.head(), log.head()?);
        let is_other = (held.epoch, held.seq) == (own.epoch, own.seq) && held.id != own.id;
        is_other.then_some(own.seq)
    }

    /// Takes over what the replica holds of this issuer beyond its ledger: signed by it before the ledger was put back.
    pub(crate) async fn adopt_newer(&self) -> Result<(), NodeError> {
        let mut state = self.state.lock().await;
        if state.is_behind {
            self.catch_up(&mut state).await?;
        }
        if !matches!(self.level(), LevelState::Waiting(_)) {
            return Ok(());
        }
        while self.is_replica_ahead(&state.log) {
            let (epoch, from) = state.log.head().map_or((0, 0), |head| (head.epoch, head.seq + 1));
            let records = self.replica.range(self.issuer.clone(), epoch, from).await.unwrap_or_default();
            if records.is_empty() {
                return Err(replica_error(ReplicaError::Stopped));
            }
            let mut next = state.log.clone();
            let mut adopt = Adopt { after: state.log.head().map(|head| head.id.0), ..Adopt::default() };
            let mut made = Vec::new();
            for bytes in records.iter().take(PAGE as usize) {
                // Its signature is checked here again, and its hashes of the lists in the next line.
                let record =
                    SignedRecord::decode(bytes, &self.net).map_err(|error| damaged(epoch, from, &error))?;
                if let Err(error) = next.adopt(&record) {
                    return match error {
                        LogError::Refused(Refusal::Fork | Refusal::Conflict) => {
                            self.note_fork(record.seq(), clock::now()).await
                        }
                        error => Err(log_error(error)),
                    };
                }
                let blob = self.adopt_body(&record, &next, &mut adopt).await;
                made.push((record, blob));
            }
            adopt.records = made.iter().map(own_record).collect();
            adopt.list_versions = changed_versions(&made);
            tracing::info!(
                records = made.len(),
                from_seq = from,
                "own records that peers hold are taken over"
            );
            self.ledger.adopt_records(adopt).await?;
            count_since_snapshot(&mut state.since_snapshot, &made);
            state.log = next;
        }
        Ok(())
    }

    /// What an adopted record says, for the ledger; and its blob, if it has one that can be had.
    async fn adopt_body(&self, record: &SignedRecord, log: &IssuerLog, adopt: &mut Adopt) -> Option<Vec<u8>> {
        match record.body() {
            record::Body::Profile(_) => None,
            record::Body::Achievement(achievement) => {
                let image = match achievement.image() {
                    Some(image) => self.replica.fetch_blob(image.sha256, image.bytes, IMAGE_PATIENCE).await,
                    None => None,
                };
                adopt.achievements.push(AdoptedAchievement {
                    id: achievement.id().to_owned(),
                    object: achievement.json().to_vec(),
                    image: image.clone(),
                    at: record.iat(),
                });
                image
            }
            record::Body::ListCreate(create) => {
                adopt.lists.push(AdoptedList {
                    number: in_ledger(create.list),
                    url: create.url.clone(),
                    purpose: create.purpose,
                    entries: create.entries,
                });
                None
            }
            record::Body::Status(status) => {
                adopt.changes.extend(status.lists.iter().map(|delta| AdoptedChanges {
                    list: in_ledger(delta.list),
                    set: delta.set.clone(),
                    clear: delta.clear.clone(),
                    at: record.iat(),
                }));
                None
            }
            record::Body::Snapshot(snapshot) => {
                let state = log.state()?;
                let create = state.created_lists().find(|create| create.list == snapshot.list)?;
                let ones: Vec<u64> = state.bits(snapshot.list)?.1.ones().collect();
                Some(record::encode_snapshot(create.entries, &ones))
            }
        }
    }

    /// Peers have shown what they hold: if all of it is in the ledger, the node signs again. Whether it does.
    pub(crate) async fn end_leveling(&self, now: Timestamp) -> Result<bool, NodeError> {
        let state = self.state.lock().await;
        self.note_if_behind(&state, now).await?;
        let is_waiting = matches!(self.level(), LevelState::Waiting(_));
        if !is_waiting || state.is_behind || self.is_replica_ahead(&state.log) {
            return Ok(false);
        }
        self.ledger.end_leveling(LevelBy::Peers, now).await?;
        self.level.send_replace(LevelState::of(self.ledger.leveling().await?, None));
        Ok(true)
    }

    /// Takes over what the ledger stored, and hands it to the replica, which leaves out what it has.
    async fn catch_up(&self, state: &mut State) -> Result<(), NodeError> {
        let (log, made) = read_back(&self.ledger, &self.issuer, &self.net).await?;
        state.since_snapshot.clear();
        count_since_snapshot(&mut state.since_snapshot, &made);
        let told = self.replica.publish(made).await;
        match self.replica.own_shown().forked_at {
            Some(seq) => self.note_fork(seq, clock::now()).await?,
            None => told.map_err(replica_error)?,
        }
        state.log = log;
        state.is_behind = false;
        Ok(())
    }

    async fn until_heartbeat(&self, now: Timestamp) -> Duration {
        let state = self.state.lock().await;
        let last = state.log.state().and_then(|state| state.as_of());
        last.map_or(HEARTBEAT_EVERY, |last| last.plus(HEARTBEAT_EVERY).since(now)).max(RETRY_AFTER)
    }
}

enum Pending {
    /// A record was filled and published; there may be more for the same tick.
    More,
    /// Everything was published.
    Done,
    /// There was nothing.
    None,
}

impl State {
    /// Lists that this status record changes and that are to get a snapshot with it.
    fn snapshots_due(&self, pending: &PendingChanges, now: Timestamp) -> Vec<u32> {
        let is_due = |list: &u32| {
            let (records, since) = self.since_snapshot.get(list).copied().unwrap_or((0, now));
            records >= SNAPSHOT_AFTER_RECORDS && now.since(since) >= SNAPSHOT_EVERY
        };
        pending.lists.iter().map(|changes| changes.list).filter(is_due).collect()
    }
}

fn is_heartbeat_due(log: &IssuerLog, now: Timestamp) -> bool {
    // Without a list there is nothing to vouch for.
    let Some(state) = log.state().filter(|state| state.created_lists().next().is_some()) else {
        return false;
    };
    state.as_of().is_none_or(|as_of| now.since(as_of) >= HEARTBEAT_EVERY)
}

fn own_record((record, blob): &Made) -> OwnRecord {
    OwnRecord {
        epoch: record.epoch(),
        seq: record.seq(),
        id: record.id().0,
        bytes: record.bytes().to_vec(),
        blob: blob.clone(),
    }
}

/// The versions that the lists have after these records.
fn changed_versions(made: &[Made]) -> Vec<(u32, u64)> {
    let mut versions = HashMap::new();
    for (record, _) in made {
        if let record::Body::Status(status) = record.body() {
            versions.extend(status.lists.iter().map(|delta| (in_ledger(delta.list), delta.to)));
        }
    }
    versions.into_iter().collect()
}

fn count_since_snapshot(counts: &mut HashMap<u32, (u32, Timestamp)>, made: &[Made]) {
    for (record, _) in made {
        match record.body() {
            record::Body::Status(status) => {
                for delta in &status.lists {
                    counts.entry(in_ledger(delta.list)).or_insert((0, record.iat())).0 += 1;
                }
            }
            record::Body::Snapshot(snapshot) => {
                counts.insert(in_ledger(snapshot.list), (0, record.iat()));
            }
            record::Body::ListCreate(create) => {
                counts.insert(in_ledger(create.list), (0, record.iat()));
            }
            record::Body::Profile(_) | record::Body::Achievement(_) => {}
        }
    }
}

/// The log numbers its lists from 0, the ledger from 1 (a list's URL ends with that number).
pub(crate) fn in_log(list: u32) -> u32 {
    list.saturating_sub(1)
}

fn in_ledger(list: u32) -> u32 {
    list.saturating_add(1)
}

/// The own log as the ledger holds it.
async fn read_back(ledger: &Ledger, issuer: &Did, net: &str) -> Result<(IssuerLog, Vec<Made>), NodeError> {
    let mut made: Vec<Made> = Vec::new();
    let mut after = None;
    loop {
        let page = ledger.own_records(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.epoch, last.seq));
        for own in page {
            let record =
                SignedRecord::decode(&own.bytes, net).map_err(|error| damaged(own.epoch, own.seq, &error))?;
            made.push((record, own.blob));
        }
    }
    let log = IssuerLog::open(net, issuer.clone(), made.iter().map(|(record, _)| record.clone()))
        .map_err(log_error)?;
    Ok((log, made))
}

fn damaged(epoch: u32, seq: u64, error: &WireError) -> NodeError {
    let message = format!("record {epoch}.{seq} of the own log can't be read: {error}");
    NodeError::new(ErrorKind::Internal, "own_log_damaged", message, OWN_LOG_HINT)
}

const OWN_LOG_HINT: &str = "If `net` was changed, set it back: it is fixed by the first record. Otherwise restore the ledger from a backup.";

fn log_error(error: LogError) -> NodeError {
    let kind = ErrorKind::Invalid;
    NodeError::new(
        kind,
        "record_refused",
        error.to_string(),
        "Make it smaller or correct what the message names.",
    )
}

fn replica_error(error: ReplicaError) -> NodeError {
    let hint =
        "What the ledger has stored is told to peers as soon as the replica works; see the node's log.";
    NodeError::new(ErrorKind::Unavailable, "replica", error.to_string(), hint)
}
