//! Records: what an issuer publishes to the peer network, and what a node holds of every issuer.
//!
//! One append-only log per issuer. A [`SignedRecord`] exists only if it was signed here or its signature was
//! checked; [`IssuerLog`] makes the next record of one's own log; [`Replica`] is the state machine that takes
//! events and returns effects. The wire form, byte for byte, is in `docs/protocol.md`.

pub mod body;
mod cbor;
mod envelope;
mod error;
mod hashes;
mod issuer_log;
mod lists;
pub mod replica;
mod rice;
pub mod wire;

pub use body::{AchievementRecord, Body, Image, ListCreate, ListDelta, Profile, Snapshot, Status};
pub use envelope::{RecordDraft, RecordType, SignedRecord};
pub use error::WireError;
pub use hashes::{ListLeaf, empty_root, lists_root, sha256, state_hash};
pub use issuer_log::{IssuerLog, LogError};
pub use lists::{HeldList, IssuerState, Refusal};
pub use replica::{
    Effect, Failure, Input, PeerId, Quotas, Replica, ReplicaConfig, Verdict as GossipVerdict, What,
};
pub use rice::{decode_snapshot, encode_snapshot};

use crate::did::Did;
use std::fmt;
use std::time::Duration;

/// Largest record that is gossiped, in bytes of its whole wire form; larger ones are pulled.
pub const MAX_GOSSIP_BYTES: usize = 4096;
/// Largest blob of a snapshot, in bytes.
pub const MAX_SNAPSHOT_BYTES: usize = 2 * 1024 * 1024;
/// Largest image of an achievement, in bytes.
pub const MAX_IMAGE_BYTES: usize = 512 * 1024;
/// Longest name of an issuer, in bytes. It is the did:key of an Ed25519 key.
pub(crate) const MAX_ISSUER_BYTES: usize = 512;
/// Largest status list, in entries: its snapshot always fits [`MAX_SNAPSHOT_BYTES`].
pub const MAX_LIST_ENTRIES: u64 = 1 << 23;
/// Most lists of one issuer.
pub const MAX_LISTS: usize = 1024;
/// Longest time from `iat` to `valid_until` of a status record.
pub const MAX_STATUS_VALIDITY: Duration = Duration::from_secs(48 * 3600);
/// How far a record's `iat` may lie ahead of the reader's clock; beyond, the record is parked.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(120);

/// Identity of a record: SHA-256 over its envelope bytes followed by its 64 signature bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub [u8; 32]);

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}

/// 64 lowercase hex digits.
impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The newest record of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Head {
    /// The epoch; a log begins in epoch 0.
    pub epoch: u32,
    /// The record's number within the epoch, from 0.
    pub seq: u64,
    /// The record.
    pub id: RecordId,
}

/// A head that was once seen of an issuer and must never be fallen behind. The ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Floor {
    /// Whose log.
    pub issuer: Did,
    /// Its newest record seen so far.
    pub head: Head,
}
