//! Requests and answers between two peers. A gossip frame is the bytes of one record.

use super::cbor::{Reader, Writer, canonical, limited};
use super::envelope::MAX_RECORD_BYTES;
use super::{Floor, Head, MAX_ISSUER_BYTES, MAX_SNAPSHOT_BYTES, RecordId, SignedRecord, WireError};
use crate::did::Did;

/// Largest request, in bytes.
pub const MAX_REQUEST_BYTES: usize = 4 * 1024;
/// Largest answer, in bytes.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;
/// Most records in one answer.
pub const MAX_RECORDS: usize = 256;
/// Most bytes of records that one answer should carry; a holder stops before the record that would exceed it.
pub const MAX_RECORDS_BYTES: usize = 512 * 1024;
/// Most ids in one `get`.
pub const MAX_IDS: usize = 64;
/// Most heads on one page.
pub const MAX_HEADS: usize = 1024;
/// Most bytes of a blob in one answer.
pub const MAX_CHUNK_BYTES: usize = 256 * 1024;
/// Most requests that are under way to one peer at once.
pub const MAX_ASKS_PER_PEER: usize = 4;

/// A comparison of what two peers hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The network's name.
    pub net: String,
    /// The sender's clock, in ms since 1970. It never extends a validity.
    pub clock_ms: u64,
    /// SHA-256 over all heads that the sender holds; see [`super::Replica::fingerprint`].
    pub fingerprint: [u8; 32],
}

/// What a peer asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Compare; answered by the other's hello.
    Hello(Hello),
    /// A page of heads, in ascending order of the issuers' DIDs (by bytes).
    Heads {
        /// Those after this DID; `None`: from the start.
        after: Option<Did>,
    },
    /// Records by id; those not held are left out of the answer.
    Get {
        /// At most [`MAX_IDS`].
        ids: Vec<RecordId>,
    },
    /// Consecutive records of one log.
    Range {
        /// Whose log.
        issuer: Did,
        /// Its epoch.
        epoch: u32,
        /// The first that is wanted.
        from_seq: u64,
        /// At most so many, 1 to [`MAX_RECORDS`]; fewer may come.
        max: u32,
    },
    /// A part of a blob.
    Blob {
        /// SHA-256 of the whole.
        sha256: [u8; 32],
        /// Where the part begins, in bytes.
        offset: u64,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// To a hello.
    Hello(Hello),
    /// A page of heads.
    Heads {
        /// At most [`MAX_HEADS`], in ascending order of DIDs, each once.
        heads: Vec<Floor>,
        /// Whether more follow.
        more: bool,
    },
    /// Records as they are held, byte for byte; at most [`MAX_RECORDS`].
    Records(Vec<Vec<u8>>),
    /// A part of a blob.
    Blob {
        /// Size of the whole, in bytes.
        total: u64,
        /// The part: at most [`MAX_CHUNK_BYTES`], not empty.
        bytes: Vec<u8>,
    },
    /// Not held, or no capacity now.
    Unavailable,
}

/// An answer whose records were checked: what the [`super::Replica`] takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To a hello.
    Hello(Hello),
    /// A page of heads.
    Heads {
        /// In ascending order of DIDs.
        heads: Vec<Floor>,
        /// Whether more follow.
        more: bool,
    },
    /// Records, each with a signature that verifies.
    Records(Vec<SignedRecord>),
    /// A part of a blob.
    Blob {
        /// Size of the whole, in bytes.
        total: u64,
        /// The part.
        bytes: Vec<u8>,
    },
    /// Not held, or no capacity now.
    Unavailable,
}

impl Answer {
    /// Reads an answer and checks the signature of every record in it. (The costly part of receiving: a
    /// worker's job.)
    ///
    /// # Errors
    /// A malformed answer, or one that holds a record that isn't to be believed: all of it is refused.
    pub fn decode(bytes: &[u8], net: &str) -> Result<Self, WireError> {
        Ok(match Response::decode(bytes)? {
            Response::Hello(hello) => Self::Hello(hello),
            Response::Heads { heads, more } => Self::Heads { heads, more },
            Response::Records(records) => Self::Records(
                records.iter().map(|bytes| SignedRecord::decode(bytes, net)).collect::<Result<_, _>>()?,
            ),
            Response::Blob { total, bytes } => Self::Blob { total, bytes },
            Response::Unavailable => Self::Unavailable,
        })
    }
}

impl Request {
    /// Deterministic CBOR: an array whose first item is the kind.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer::new();
        match self {
            Self::Hello(hello) => hello.write(&mut to),
            Self::Heads { after: None } => {
                to.array(2).uint(2).null();
            }
            Self::Heads { after: Some(did) } => {
                to.array(2).uint(2).text(did.as_str());
            }
            Self::Get { ids } => {
                to.array(2).uint(3).array(ids.len());
                for id in ids {
                    to.bytes(&id.0);
                }
            }
            Self::Range { issuer, epoch, from_seq, max } => {
                to.array(5).uint(4).text(issuer.as_str()).uint(u64::from(*epoch)).uint(*from_seq);
                to.uint(u64::from(*max));
            }
            Self::Blob { sha256, offset } => {
                to.array(3).uint(5).bytes(sha256).uint(*offset);
            }
        }
        to.into_bytes()
    }

    /// Reads a request.
    ///
    /// # Errors
    /// Over [`MAX_REQUEST_BYTES`] or another limit, an unknown kind, or another than the one encoding.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        limited(bytes, MAX_REQUEST_BYTES, "request")?;
        let mut from = Reader::new(bytes, "request");
        let items = from.array(5)?;
        let request = match (from.uint()?, items) {
            (1, 4) => Self::Hello(Hello::read(&mut from)?),
            (2, 2) => Self::Heads { after: from.nullable(read_did)? },
            (3, 2) => {
                let count = from.array(MAX_IDS)?;
                let ids = (0..count).map(|_| from.hash().map(RecordId)).collect::<Result<_, _>>()?;
                Self::Get { ids }
            }
            (4, 5) => {
                let issuer = read_did(&mut from)?;
                let (epoch, from_seq, max) = (from.u32()?, from.uint()?, from.u32()?);
                if max == 0 || max as usize > MAX_RECORDS {
                    return Err(WireError::Rule { rule: "a range asks for 1 to 256 records" });
                }
                Self::Range { issuer, epoch, from_seq, max }
            }
            (5, 3) => {
                let (sha256, offset) = (from.hash()?, from.uint()?);
                if offset >= MAX_SNAPSHOT_BYTES as u64 {
                    return Err(WireError::Rule { rule: "no blob is that long" });
                }
                Self::Blob { sha256, offset }
            }
            (1..=5, _) => return Err(from.malformed()),
            (code, _) => return Err(WireError::UnknownType { what: "request", code }),
        };
        from.end()?;
        canonical(bytes, &request.encode(), "request")?;
        Ok(request)
    }
}

impl Response {
    /// Deterministic CBOR: an array whose first item is the kind.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer::new();
        match self {
            Self::Unavailable => {
                to.array(1).uint(0);
            }
            Self::Hello(hello) => hello.write(&mut to),
            Self::Heads { heads, more } => {
                to.array(3).uint(2).array(heads.len());
                for Floor { issuer, head } in heads {
                    to.array(4).text(issuer.as_str()).uint(u64::from(head.epoch)).uint(head.seq);
                    to.bytes(&head.id.0);
                }
                to.bool(*more);
            }
            Self::Records(records) => {
                to.array(2).uint(3).array(records.len());
                for record in records {
                    to.bytes(record);
                }
            }
            Self::Blob { total, bytes } => {
                to.array(3).uint(5).uint(*total).bytes(bytes);
            }
        }
        to.into_bytes()
    }

    /// Reads an answer. Its records are not checked; see [`Answer::decode`].
    ///
    /// # Errors
    /// Over [`MAX_RESPONSE_BYTES`] or another limit, an unknown kind, or another than the one encoding.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        limited(bytes, MAX_RESPONSE_BYTES, "answer")?;
        let mut from = Reader::new(bytes, "answer");
        let items = from.array(4)?;
        let response = match (from.uint()?, items) {
            (0, 1) => Self::Unavailable,
            (1, 4) => Self::Hello(Hello::read(&mut from)?),
            (2, 3) => {
                let count = from.array(MAX_HEADS)?;
                let heads = (0..count).map(|_| read_floor(&mut from)).collect::<Result<Vec<_>, _>>()?;
                if !heads.is_sorted_by(|a, b| a.issuer < b.issuer) {
                    return Err(WireError::Rule { rule: "heads stand in ascending order, each issuer once" });
                }
                Self::Heads { heads, more: from.bool()? }
            }
            (3, 2) => {
                let count = from.array(MAX_RECORDS)?;
                let mut records = Vec::new();
                for _ in 0..count {
                    let record = from.bytes()?;
                    limited(record, MAX_RECORD_BYTES, "record")?;
                    records.push(record.to_vec());
                }
                Self::Records(records)
            }
            (5, 3) => {
                let (total, bytes) = (from.uint()?, from.bytes()?.to_vec());
                limited(&bytes, MAX_CHUNK_BYTES, "part of a blob")?;
                if bytes.is_empty() || total > MAX_SNAPSHOT_BYTES as u64 || bytes.len() as u64 > total {
                    return Err(WireError::Rule { rule: "a part lies within a blob of at most 2 MiB" });
                }
                Self::Blob { total, bytes }
            }
            (0..=5, _) => return Err(from.malformed()),
            (code, _) => return Err(WireError::UnknownType { what: "answer", code }),
        };
        from.end()?;
        canonical(bytes, &response.encode(), "answer")?;
        Ok(response)
    }
}

impl Hello {
    fn write(&self, to: &mut Writer) {
        to.array(4).uint(1).text(&self.net).uint(self.clock_ms).bytes(&self.fingerprint);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { net: from.text(32)?.to_owned(), clock_ms: from.uint()?, fingerprint: from.hash()? })
    }
}

fn read_did(from: &mut Reader<'_>) -> Result<Did, WireError> {
    Did::parse(from.text(MAX_ISSUER_BYTES)?).map_err(|_| from.malformed())
}

fn read_floor(from: &mut Reader<'_>) -> Result<Floor, WireError> {
    from.exact_array(4)?;
    let issuer = read_did(from)?;
    let head = Head { epoch: from.u32()?, seq: from.uint()?, id: RecordId(from.hash()?) };
    Ok(Floor { issuer, head })
}
