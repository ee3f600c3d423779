//! Lists that answer for badges.

use super::token::TokenList;
use super::{Bitstring, ListKind, ListPurpose, StatusPurpose};
use crate::time::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// A status list that its issuer vouched for: it exists only if a proof of the issuer was checked, it came
/// from a verified record, or it was fetched from the https address that the issuer's badge names. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VerifiedList(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    issuer: String,
    url: String,
    kind: ListKind,
    content: Content,
    version: Option<u64>,
    as_of: Timestamp,
    valid_until: Option<Timestamp>,
    ttl: Option<Duration>,
    source: ListSource,
}

/// What a list says.
#[derive(Debug)]
pub(super) enum Content {
    /// Bits for each entry, about one or several purposes.
    Bits(Vec<ListPurpose>, Arc<Bitstring>),
    /// Values of an IETF list.
    Values(TokenList),
    /// The revoked badges by their ids.
    Revoked(HashMap<String, Revoked>),
}

/// A badge that a 1EdTech list names as revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// Why, in the issuer's words; 500 characters at most.
    pub reason: Option<String>,
}

/// Where a list came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSource {
    /// A list signed by its issuer.
    Credential,
    /// The issuer's signed records.
    Record,
    /// An unsigned list, from the https address that the issuer signed into the badge.
    Hosted,
}

/// Who vouches for a list, and for how long.
pub(super) struct Word {
    pub(super) issuer: String,
    pub(super) url: String,
    pub(super) as_of: Timestamp,
    pub(super) valid_until: Option<Timestamp>,
    pub(super) ttl: Option<Duration>,
    pub(super) source: ListSource,
}

impl VerifiedList {
    pub(super) fn new(kind: ListKind, content: Content, word: Word) -> Self {
        let Word { issuer, url, as_of, valid_until, ttl, source } = word;
        Self(Arc::new(Inner { issuer, url, kind, content, version: None, as_of, valid_until, ttl, source }))
    }

    /// A list that a verified record of its issuer established.
    pub(crate) fn of_record(
        issuer: &str,
        url: &str,
        purpose: StatusPurpose,
        bits: Arc<Bitstring>,
        version: u64,
        as_of: Timestamp,
        valid_until: Option<Timestamp>,
    ) -> Self {
        Self(Arc::new(Inner {
            issuer: issuer.to_owned(),
            url: url.to_owned(),
            kind: ListKind::Bitstring,
            content: Content::Bits(vec![purpose.into()], bits),
            version: Some(version),
            as_of,
            valid_until,
            ttl: None,
            source: ListSource::Record,
        }))
    }

    /// The DID or URL that vouches for the list.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The list's id, by which entries refer to it.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// What kind of list it is. One from records is a bitstring.
    pub fn kind(&self) -> ListKind {
        self.0.kind
    }

    /// What the values are about; empty where each value says it itself.
    pub fn purposes(&self) -> &[ListPurpose] {
        match &self.0.content {
            Content::Bits(purposes, _) => purposes,
            Content::Values(_) => &[],
            Content::Revoked(_) => &[ListPurpose::Revocation],
        }
    }

    /// Entry `index` of a list of bits with `size_bits` bits for each, or of an IETF list, which knows its size; `None` beyond
    /// the end, and for a list of ids.
    pub fn value(&self, index: u64, size_bits: u32) -> Option<u32> {
        match &self.0.content {
            Content::Bits(_, bits) => bits.value(index, size_bits),
            Content::Values(values) => values.get(index).map(u32::from),
            Content::Revoked(_) => None,
        }
    }

    /// Bit `index` of a list with one bit for each entry; `None` beyond the end, and for a list of ids.
    pub fn get(&self, index: u64) -> Option<bool> {
        self.value(index, 1).map(|value| value != 0)
    }

    /// What a list of ids says of a badge that it names as revoked; `None` where it doesn't, and for the other kinds.
    pub fn revoked(&self, credential_id: &str) -> Option<&Revoked> {
        match &self.0.content {
            Content::Revoked(ids) => ids.get(credential_id),
            Content::Bits(..) | Content::Values(_) => None,
        }
    }

    /// How many entries of one bit there are; of an IETF list how many of its own size, of a list of ids how many ids.
    pub fn len(&self) -> usize {
        match &self.0.content {
            Content::Bits(_, bits) => bits.len(),
            Content::Values(values) => values.len(),
            Content::Revoked(ids) => ids.len(),
        }
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bits, of a list of bits.
    pub fn bits(&self) -> Option<&Arc<Bitstring>> {
        match &self.0.content {
            Content::Bits(_, bits) => Some(bits),
            Content::Values(_) | Content::Revoked(_) => None,
        }
    }

    /// What it holds in memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let texts = self.0.issuer.len() + self.0.url.len();
        texts
            + size_of::<Inner>()
            + match &self.0.content {
                Content::Bits(_, bits) => bits.as_bytes().len(),
                Content::Values(values) => values.memory_bytes(),
                Content::Revoked(ids) => {
                    let of = |(id, revoked): (&String, &Revoked)| {
                        let reason = revoked.reason.as_ref().map_or(0, String::len);
                        id.len() + reason + 2 * size_of::<(String, Revoked)>()
                    };
                    ids.iter().map(of).sum()
                }
            }
    }

    /// The list's version in the issuer's records; others have none.
    pub fn version(&self) -> Option<u64> {
        self.0.version
    }

    /// When the issuer last vouched for the list; of an unsigned one, when its address gave it out. Never later than it was
    /// read.
    pub fn as_of(&self) -> Timestamp {
        self.0.as_of
    }

    /// Until when the issuer lets it be used. It was valid when it was read; whoever keeps it looks again.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.0.valid_until
    }

    /// How long the issuer lets others hold it before they ask again.
    pub fn ttl(&self) -> Option<Duration> {
        self.0.ttl
    }

    /// Where it came from.
    pub fn source(&self) -> ListSource {
        self.0.source
    }
}
