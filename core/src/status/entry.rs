//! The status entry that a badge carries: Bitstring Status List v1.0, section 2.1, and its relatives.

use super::{ListKind, ListNeed, ListPurpose};
use crate::json::{Object, Value};
use oxiri::Iri;

/// Most bits of one entry in a list. One message for each value must fit into a badge.
pub const MAX_STATUS_BITS: u32 = 16;
/// Longest URL of a list, in bytes.
pub(super) const MAX_URL_BYTES: usize = 2048;
/// Longest message for a value, in bytes.
const MAX_MESSAGE_BYTES: usize = 2048;

/// A well-formed status entry of a kind that we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusEntry {
    /// The entry's own id, where it has one. That of a 1EdTech entry is the URL of its list.
    pub id: Option<String>,
    /// The kind of list.
    pub kind: ListKind,
    /// Where the list is, and by which id it goes.
    pub list_url: String,
    /// What the values are about; `None` where each value says it itself: IETF lists.
    pub purpose: Option<ListPurpose>,
    /// The position in the list. Whether the list is that long is known only with the list. A 1EdTech list names badges by
    /// their ids; the position beside it, if there is one, is that in the issuer's records.
    pub index: Option<u64>,
    /// Bits of one entry; `None` where the list says it: IETF lists. At most [`MAX_STATUS_BITS`].
    pub size_bits: Option<u32>,
    /// What each value means, by value; empty where nothing is said.
    pub messages: Vec<String>,
    /// The index was written as a JSON number instead of a string. A set bit counts, but the badge is never
    /// `valid`: readers disagree on such an entry.
    pub index_was_number: bool,
}

impl StatusEntry {
    /// Reads one entry of `credentialStatus`.
    ///
    /// # Errors
    /// What breaks the rules of its kind, and what is allowed there but not supported here: see
    /// [`EntryError::is_unsupported`].
    pub fn parse(value: &Value) -> Result<Self, EntryError> {
        let entry = value.as_object().ok_or(EntryError::NotAnObject)?;
        match kind_of(entry)? {
            ListKind::OneEdTech => Self::one_ed_tech(entry),
            kind => Self::by_index(entry, kind),
        }
    }

    /// Reads the claim `status` of a token, if it names a Token Status List (draft-ietf-oauth-status-list, section 6.2).
    ///
    /// # Errors
    /// What isn't `{"status_list": {"idx", "uri"}}`; other mechanisms are [`EntryError::UnsupportedType`].
    pub fn of_claim(claim: &Value) -> Result<Self, EntryError> {
        let status = claim.as_object().ok_or(EntryError::NotAnObject)?;
        let Some(reference) = status.get("status_list") else {
            let found = status.iter().next().map_or_else(String::new, |(name, _)| excerpt(name));
            return Err(EntryError::UnsupportedType { found });
        };
        let reference = reference.as_object().ok_or(EntryError::NotAnObject)?;
        let index = match reference.get("idx") {
            Some(Value::Int(index)) => u64::try_from(*index).map_err(|_| EntryError::Index)?,
            _ => return Err(EntryError::Index),
        };
        Ok(Self {
            id: None,
            kind: ListKind::Token,
            list_url: reference.get("uri").and_then(url).ok_or(EntryError::ListUrl)?,
            purpose: None,
            index: Some(index),
            size_bits: None,
            messages: Vec::new(),
            index_was_number: false,
        })
    }

    /// What such a claim names besides a Token Status List: other mechanisms, which are not read.
    pub(crate) fn unread_in_claim(claim: &Value) -> impl Iterator<Item = EntryError> {
        let others = claim.as_object().into_iter().flat_map(Object::iter);
        let others = others.filter(|(name, _)| *name != "status_list");
        others.map(|(name, _)| EntryError::UnsupportedType { found: excerpt(name) })
    }

    /// The list that answers for the entry; `None` where none is asked: what is about a newer badge says nothing of this
    /// one.
    pub fn need(&self) -> Option<ListNeed> {
        let asked = self.purpose != Some(ListPurpose::Refresh);
        asked.then(|| ListNeed { url: self.list_url.clone(), kind: self.kind })
    }

    /// Bitstring Status List v1.0, section 2.1, and StatusList2021, section 4.1.
    fn by_index(entry: &Object, kind: ListKind) -> Result<Self, EntryError> {
        let id = entry.get("id").map(|id| url(id).ok_or(EntryError::Id)).transpose()?;
        let (index, index_was_number) = parse_index(entry.get("statusListIndex"))?;
        let list_url = entry.get("statusListCredential").and_then(url).ok_or(EntryError::ListUrl)?;
        if id.as_deref() == Some(&list_url) {
            return Err(EntryError::IdIsListUrl);
        }
        let (size_bits, messages) = match kind {
            ListKind::Bitstring => parse_size(entry)?,
            _ => (1, Vec::new()),
        };
        let purpose = match entry.get("statusPurpose") {
            Some(Value::String(text)) if !text.is_empty() => ListPurpose::parse(text)
                .ok_or_else(|| EntryError::UnsupportedPurpose { found: excerpt(text) })?,
            _ => return Err(EntryError::Purpose),
        };
        if purpose == ListPurpose::Message && messages.is_empty() {
            return Err(EntryError::Messages);
        }
        let (purpose, index, size_bits) = (Some(purpose), Some(index), Some(size_bits));
        Ok(Self { id, kind, list_url, purpose, index, size_bits, messages, index_was_number })
    }

    /// 1EdTech Revocation List Status Method 1.0: the id is the URL of the list. A node of ours puts the position in its
    /// records behind it as a fragment, which no fetch sends.
    fn one_ed_tech(entry: &Object) -> Result<Self, EntryError> {
        let id = entry.get("id").and_then(url).ok_or(EntryError::Id)?;
        let (list_url, fragment) = match id.split_once('#') {
            Some((list, fragment)) => (list.to_owned(), Some(fragment)),
            None => (id.clone(), None),
        };
        Ok(Self {
            id: Some(id.clone()),
            kind: ListKind::OneEdTech,
            list_url,
            purpose: Some(ListPurpose::Revocation),
            index: fragment.and_then(plain_number),
            size_bits: Some(1),
            messages: Vec::new(),
            index_was_number: false,
        })
    }
}

/// Why a status entry was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Not an object.
    #[error("the status entry is not an object")]
    NotAnObject,
    /// No `type`, or one that isn't text.
    #[error("the status entry has no type")]
    Type,
    /// Several of the kinds that are read: each reader could take another.
    #[error("the status entry is of several kinds at once")]
    SeveralTypes,
    /// A kind of status that we don't read.
    #[error("status entries of type “{found}” are not supported")]
    UnsupportedType {
        /// The first type, 64 characters at most.
        found: String,
    },
    /// An `id` that isn't one URL.
    #[error("the id of the status entry is not a URL")]
    Id,
    /// Missing or not text.
    #[error("the status entry does not state its purpose (statusPurpose)")]
    Purpose,
    /// A purpose that the specification doesn't know.
    #[error("the status purpose “{found}” is not supported")]
    UnsupportedPurpose {
        /// The purpose, 64 characters at most.
        found: String,
    },
    /// Missing, or not a whole number from 0 in plain decimal digits.
    #[error(
        "the index of a status entry must be a whole number from 0, in decimal digits without sign or leading zero"
    )]
    Index,
    /// Missing, or not an absolute URL.
    #[error("the status entry names no list by its URL")]
    ListUrl,
    /// The entry goes by the id of the list.
    #[error("the status entry has the list's own URL as its id")]
    IdIsListUrl,
    /// `statusSize` is not a whole number from 1.
    #[error("statusSize must be a whole number from 1")]
    Size,
    /// Not one message for each value.
    #[error("statusMessage must have one message for each value, each with its “status” in hexadecimal")]
    Messages,
}

impl EntryError {
    /// Whether the entry may be in order, and only we don't support its kind.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::UnsupportedType { .. } | Self::UnsupportedPurpose { .. })
    }
}

/// The absolute URL in `value`, if it is one.
pub(super) fn url(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| text.len() <= MAX_URL_BYTES)?;
    Iri::parse(text).ok().map(|_| text.to_owned())
}

/// The beginning of a text, for a message.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}

fn kind_of(entry: &Object) -> Result<ListKind, EntryError> {
    let types = entry.get("type").map(Value::one_or_many).unwrap_or_default();
    let types: Option<Vec<&str>> = types.iter().map(Value::as_str).collect();
    let types = types.filter(|types| !types.is_empty()).ok_or(EntryError::Type)?;
    let mut kinds = types.iter().filter_map(|name| match *name {
        "BitstringStatusListEntry" => Some(ListKind::Bitstring),
        "StatusList2021Entry" => Some(ListKind::StatusList2021),
        "1EdTechRevocationList" => Some(ListKind::OneEdTech),
        _ => None,
    });
    match (kinds.next(), kinds.next()) {
        (Some(kind), None) => Ok(kind),
        (Some(_), Some(_)) => Err(EntryError::SeveralTypes),
        (None, _) => Err(EntryError::UnsupportedType { found: excerpt(types[0]) }),
    }
}

fn parse_index(value: Option<&Value>) -> Result<(u64, bool), EntryError> {
    match value {
        Some(Value::String(text)) => plain_number(text).map(|index| (index, false)).ok_or(EntryError::Index),
        Some(Value::Int(number)) => {
            u64::try_from(*number).map(|index| (index, true)).map_err(|_| EntryError::Index)
        }
        _ => Err(EntryError::Index),
    }
}

/// A whole number in its one spelling.
fn plain_number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// `statusSize`, and the text of `statusMessage` for each value: all of them, or none where one bit needs none.
fn parse_size(entry: &Object) -> Result<(u32, Vec<String>), EntryError> {
    let size = match entry.get("statusSize") {
        None => 1,
        Some(Value::Int(size)) => u32::try_from(*size).map_err(|_| EntryError::Size)?,
        Some(_) => return Err(EntryError::Size),
    };
    if size == 0 {
        return Err(EntryError::Size);
    }
    let found = match entry.get("statusMessage") {
        None if size == 1 => return Ok((1, Vec::new())),
        Some(Value::Array(messages)) if size <= MAX_STATUS_BITS && messages.len() == 1 << size => messages,
        _ => return Err(EntryError::Messages),
    };
    let mut texts: Vec<Option<String>> = vec![None; found.len()];
    for message in found {
        let (value, text) = parse_message(message).ok_or(EntryError::Messages)?;
        let place = texts.get_mut(value).filter(|place| place.is_none()).ok_or(EntryError::Messages)?;
        *place = Some(text.to_owned());
    }
    Ok((size, texts.into_iter().flatten().collect()))
}

/// `{"status": "0x1", "message": "…"}`.
fn parse_message(message: &Value) -> Option<(usize, &str)> {
    let digits = message.get("status")?.as_str()?.strip_prefix("0x")?;
    let plain =
        !digits.is_empty() && digits.len() <= 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = plain.then(|| usize::from_str_radix(digits, 16).ok()).flatten()?;
    let text = message.get("message")?.as_str().filter(|text| text.len() <= MAX_MESSAGE_BYTES)?;
    Some((value, text))
}
