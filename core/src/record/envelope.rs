//! The signed envelope of a record.

use super::body::{self, Body};
use super::cbor::{Reader, Writer, canonical, limited};
use super::{Floor, Head, MAX_ISSUER_BYTES, MAX_STATUS_VALIDITY, RecordId, WireError, sha256};
use crate::did::{self, Did};
use crate::keys::SigningKey;
use crate::time::Timestamp;
use sha2::{Digest, Sha256};

/// What is signed begins with this, so that no signature of another purpose can pass for one of a record.
const SIGNING_CONTEXT: &[u8] = b"accolade/record/v0\0";
/// The version of the format that is read and written.
const VERSION: u64 = 0;
/// Longest envelope, in bytes.
const MAX_ENVELOPE_BYTES: usize = 2048;
/// Largest record of any type, in bytes of its wire form.
pub(super) const MAX_RECORD_BYTES: usize = body::MAX_STATUS_BYTES + MAX_ENVELOPE_BYTES + 128;
/// Longest name of a network, in bytes.
const MAX_NET_BYTES: usize = 32;
const MAX_KID_BYTES: usize = 128;

/// The types of records. Other numbers are kept for those that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordType {
    /// 1
    Profile,
    /// 2
    Achievement,
    /// 3
    ListCreate,
    /// 4
    Status,
    /// 5
    Snapshot,
}

impl RecordType {
    fn code(self) -> u64 {
        match self {
            Self::Profile => 1,
            Self::Achievement => 2,
            Self::ListCreate => 3,
            Self::Status => 4,
            Self::Snapshot => 5,
        }
    }

    fn of_code(code: u64) -> Option<Self> {
        [Self::Profile, Self::Achievement, Self::ListCreate, Self::Status, Self::Snapshot]
            .into_iter()
            .find(|kind| kind.code() == code)
    }

    /// The type's name, as in the protocol document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Achievement => "achievement",
            Self::ListCreate => "list-create",
            Self::Status => "status",
            Self::Snapshot => "snapshot",
        }
    }

    /// Largest body, in bytes.
    pub fn max_body_bytes(self) -> usize {
        match self {
            Self::Profile => body::MAX_PROFILE_BYTES,
            Self::Achievement => body::MAX_ACHIEVEMENT_BYTES,
            Self::ListCreate => body::MAX_LIST_CREATE_BYTES,
            Self::Status => body::MAX_STATUS_BYTES,
            Self::Snapshot => body::MAX_SNAPSHOT_BODY_BYTES,
        }
    }
}

/// A record to be signed.
#[derive(Clone, Debug)]
pub struct RecordDraft {
    /// The network's name: 1 to 32 of `a-z`, `0-9` and `-`.
    pub net: String,
    /// Whose log: the did:key of the key that signs.
    pub issuer: Did,
    /// The record that this one follows; `None` begins the log.
    pub prev: Option<Head>,
    /// When it is made.
    pub iat: Timestamp,
    /// Status records only: until when the issuer vouches for it, at most 48 h after `iat`.
    pub valid_until: Option<Timestamp>,
    /// What it says.
    pub body: Body,
}

/// A record that was signed here, or whose signature and form were checked. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SignedRecord(std::sync::Arc<Inner>);

#[derive(Debug)]
struct Inner {
    envelope: Envelope,
    body: Body,
    id: RecordId,
    bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq)]
struct Envelope {
    net: String,
    kind: RecordType,
    issuer: Did,
    kid: String,
    epoch: u32,
    seq: u64,
    prev: Option<[u8; 32]>,
    iat_ms: u64,
    valid_until_ms: Option<u64>,
    body_hash: [u8; 32],
}

impl PartialEq for SignedRecord {
    fn eq(&self, other: &Self) -> bool {
        self.0.bytes == other.0.bytes
    }
}

impl Eq for SignedRecord {}

impl SignedRecord {
    /// Signs a record.
    ///
    /// # Errors
    /// A draft that breaks a rule of the format, or another key than the issuer's.
    pub fn sign(draft: RecordDraft, key: &SigningKey) -> Result<Self, WireError> {
        let body_bytes = draft.body.encode();
        let envelope = Envelope {
            net: draft.net,
            kind: draft.body.record_type(),
            kid: key.verifying_key().to_multikey(),
            issuer: draft.issuer,
            epoch: draft.prev.map_or(0, |head| head.epoch),
            seq: draft.prev.map_or(0, |head| head.seq + 1),
            prev: draft.prev.map(|head| head.id.0),
            iat_ms: millis(draft.iat)?,
            valid_until_ms: draft.valid_until.map(millis).transpose()?,
            body_hash: sha256(&body_bytes),
        };
        let envelope_bytes = envelope.encode();
        let signature = key.sign(&[SIGNING_CONTEXT, &envelope_bytes].concat());
        let mut record = Writer::new();
        record.array(3).bytes(&envelope_bytes).bytes(&signature).bytes(&body_bytes);
        let net = envelope.net.clone();
        // Reading back what was written applies every rule that a peer will apply.
        Self::decode(&record.into_bytes(), &net)
    }

    /// Reads a record of the network `net`: form, limits, and signature by the issuer's key.
    ///
    /// # Errors
    /// Whatever a peer must not be believed; see [`WireError`].
    pub fn decode(bytes: &[u8], net: &str) -> Result<Self, WireError> {
        let parts = Parts::read(bytes, net)?;
        let id = parts.id();
        let Parts { envelope, envelope_bytes, signature, body_bytes } = parts;
        let key = did::key::resolve_ed25519(&envelope.issuer).map_err(|_| WireError::Issuer)?;
        if envelope.kid != key.to_multikey() {
            return Err(WireError::Key);
        }
        if sha256(body_bytes) != envelope.body_hash {
            return Err(WireError::BodyHash);
        }
        key.verify(&[SIGNING_CONTEXT, envelope_bytes].concat(), signature)
            .map_err(|_| WireError::Signature)?;
        let body = Body::decode(envelope.kind, body_bytes)?;
        if matches!(&body, Body::Profile(profile) if profile.id() != envelope.issuer.as_str()) {
            return Err(WireError::Rule { rule: "a profile's id is the issuer's DID" });
        }
        let inner = Inner { envelope, body, id, bytes: bytes.to_vec() };
        Ok(Self(std::sync::Arc::new(inner)))
    }

    /// Reads which place of which log a record of the network `net` claims, without checking its signature. Good
    /// only for leaving out what is held already.
    ///
    /// # Errors
    /// A form that no signature can make good; see [`WireError`].
    pub fn peek(bytes: &[u8], net: &str) -> Result<Floor, WireError> {
        let parts = Parts::read(bytes, net)?;
        if sha256(parts.body_bytes) != parts.envelope.body_hash {
            return Err(WireError::BodyHash);
        }
        let head = Head { epoch: parts.envelope.epoch, seq: parts.envelope.seq, id: parts.id() };
        Ok(Floor { issuer: parts.envelope.issuer, head })
    }

    /// Its identity.
    pub fn id(&self) -> RecordId {
        self.0.id
    }

    /// Whose log it belongs to.
    pub fn issuer(&self) -> &Did {
        &self.0.envelope.issuer
    }

    /// The network's name.
    pub fn net(&self) -> &str {
        &self.0.envelope.net
    }

    /// The log's epoch.
    pub fn epoch(&self) -> u32 {
        self.0.envelope.epoch
    }

    /// Its number within the epoch, from 0.
    pub fn seq(&self) -> u64 {
        self.0.envelope.seq
    }

    /// The record before it; `None` begins the log.
    pub fn prev(&self) -> Option<RecordId> {
        self.0.envelope.prev.map(RecordId)
    }

    /// Epoch, seq and id in one.
    pub fn head(&self) -> Head {
        Head { epoch: self.epoch(), seq: self.seq(), id: self.id() }
    }

    /// When the issuer says that it made it.
    pub fn iat(&self) -> Timestamp {
        timestamp(self.0.envelope.iat_ms)
    }

    /// Until when the issuer vouches for it (status records).
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.0.envelope.valid_until_ms.map(timestamp)
    }

    /// Its type.
    pub fn record_type(&self) -> RecordType {
        self.0.envelope.kind
    }

    /// What it says.
    pub fn body(&self) -> &Body {
        &self.0.body
    }

    /// The wire form, as received or signed: store and forward these bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Whether it may be gossiped; else peers pull it.
    pub fn fits_gossip(&self) -> bool {
        self.0.bytes.len() <= super::MAX_GOSSIP_BYTES
    }
}

/// A record of proper form, of which nothing is proved yet.
struct Parts<'a> {
    envelope: Envelope,
    envelope_bytes: &'a [u8],
    signature: &'a [u8],
    body_bytes: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8], net: &str) -> Result<Self, WireError> {
        limited(bytes, MAX_RECORD_BYTES, "record")?;
        let mut from = Reader::new(bytes, "record");
        from.exact_array(3)?;
        let (envelope_bytes, signature, body_bytes) = (from.bytes()?, from.bytes()?, from.bytes()?);
        from.end()?;
        let mut again = Writer::new();
        again.array(3).bytes(envelope_bytes).bytes(signature).bytes(body_bytes);
        canonical(bytes, &again.into_bytes(), "record")?;
        let envelope = Envelope::decode(envelope_bytes, net)?;
        limited(body_bytes, envelope.kind.max_body_bytes(), envelope.kind.name())?;
        Ok(Self { envelope, envelope_bytes, signature, body_bytes })
    }

    fn id(&self) -> RecordId {
        let id = Sha256::new().chain_update(self.envelope_bytes).chain_update(self.signature).finalize();
        RecordId(id.into())
    }
}

impl Envelope {
    fn encode(&self) -> Vec<u8> {
        let mut to = Writer::new();
        to.map(12).uint(0).uint(VERSION).uint(1).text(&self.net).uint(2).uint(self.kind.code());
        to.uint(3).text(self.issuer.as_str()).uint(4).uint(0).uint(5).text(&self.kid);
        to.uint(6).uint(u64::from(self.epoch)).uint(7).uint(self.seq).uint(8);
        match &self.prev {
            None => to.null(),
            Some(prev) => to.bytes(prev),
        };
        to.uint(9).uint(self.iat_ms).uint(10);
        match self.valid_until_ms {
            None => to.null(),
            Some(ms) => to.uint(ms),
        };
        to.uint(11).bytes(&self.body_hash);
        to.into_bytes()
    }

    fn decode(bytes: &[u8], net: &str) -> Result<Self, WireError> {
        limited(bytes, MAX_ENVELOPE_BYTES, "envelope")?;
        let mut from = Reader::new(bytes, "envelope");
        from.exact_map(12)?;
        match from.key(0)?.uint()? {
            VERSION => {}
            v => return Err(WireError::Version { v }),
        }
        let theirs = from.key(1)?.text(MAX_NET_BYTES)?;
        if theirs != net {
            return Err(WireError::OtherNet { net: theirs.to_owned() });
        }
        let code = from.key(2)?.uint()?;
        let kind = RecordType::of_code(code).ok_or(WireError::UnknownType { what: "record", code })?;
        let issuer = Did::parse(from.key(3)?.text(MAX_ISSUER_BYTES)?).map_err(|_| WireError::Issuer)?;
        if from.key(4)?.uint()? != 0 {
            return Err(WireError::Rule { rule: "a did:key has no version but 0" });
        }
        let envelope = Self {
            net: theirs.to_owned(),
            kind,
            issuer,
            kid: from.key(5)?.text(MAX_KID_BYTES)?.to_owned(),
            epoch: from.key(6)?.u32()?,
            seq: from.key(7)?.uint()?,
            prev: from.key(8)?.nullable(Reader::hash)?,
            iat_ms: from.key(9)?.uint()?,
            valid_until_ms: from.key(10)?.nullable(Reader::uint)?,
            body_hash: from.key(11)?.hash()?,
        };
        from.end()?;
        canonical(bytes, &envelope.encode(), "envelope")?;
        envelope.check()?;
        Ok(envelope)
    }

    fn check(&self) -> Result<(), WireError> {
        if self.net.is_empty()
            || !self.net.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Err(WireError::Rule { rule: "a network's name is made of a-z, 0-9 and -" });
        }
        if self.prev.is_none() != (self.epoch == 0 && self.seq == 0) {
            return Err(WireError::Rule { rule: "every record but the first names the one before it" });
        }
        // The number after the last would overflow.
        if self.seq == u64::MAX || self.iat_ms > MAX_TIME_MS {
            return Err(WireError::Rule { rule: "a number or time is out of range" });
        }
        let longest_ms = MAX_STATUS_VALIDITY.as_millis() as u64;
        match (self.kind, self.valid_until_ms) {
            (RecordType::Status, Some(until)) if until > self.iat_ms && until - self.iat_ms <= longest_ms => {
                Ok(())
            }
            (RecordType::Status, _) => {
                Err(WireError::Rule { rule: "a status record is valid until at most 48 hours after it" })
            }
            (_, None) => Ok(()),
            _ => Err(WireError::Rule { rule: "only a status record has an end of validity" }),
        }
    }
}

/// The end of the year 9999.
const MAX_TIME_MS: u64 = 253_402_300_799_999;

fn millis(at: Timestamp) -> Result<u64, WireError> {
    u64::try_from(at.as_millis()).map_err(|_| WireError::Rule { rule: "a number or time is out of range" })
}

fn timestamp(ms: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
}
