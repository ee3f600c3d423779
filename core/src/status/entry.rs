//! The status entry that a badge carries (section 2.1).

use super::StatusPurpose;
use crate::json::{Object, Value};
use oxiri::Iri;

/// Longest URL of a list, in bytes.
const MAX_URL_BYTES: usize = 2048;

/// A well-formed `BitstringStatusListEntry` of one bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusEntry {
    /// The entry's own id, where it has one. Never the URL of the list.
    pub id: Option<String>,
    /// What the bit says.
    pub purpose: StatusPurpose,
    /// The position of the bit. Whether the list is that long is known only with the list.
    pub index: u64,
    /// Where the list is, and by which id it goes.
    pub list_url: String,
    /// The index was written as a JSON number instead of a string. A set bit counts, but the badge is never
    /// `valid`: readers disagree on such an entry.
    pub index_was_number: bool,
}

impl StatusEntry {
    /// Reads one entry.
    ///
    /// # Errors
    /// What breaks section 2.1, and what is allowed there but not supported here: see [`EntryError::is_unsupported`].
    pub fn parse(value: &Value) -> Result<Self, EntryError> {
        let entry = value.as_object().ok_or(EntryError::NotAnObject)?;
        parse_type(entry)?;
        let id = entry.get("id").map(|id| url(id).ok_or(EntryError::Id)).transpose()?;
        let (index, index_was_number) = parse_index(entry.get("statusListIndex"))?;
        let list_url = entry.get("statusListCredential").and_then(url).ok_or(EntryError::ListUrl)?;
        if id.as_deref() == Some(&list_url) {
            return Err(EntryError::IdIsListUrl);
        }
        check_size(entry)?;
        let purpose = match entry.get("statusPurpose") {
            Some(Value::String(text)) if !text.is_empty() => StatusPurpose::parse(text)
                .ok_or_else(|| EntryError::UnsupportedPurpose { found: excerpt(text) })?,
            _ => return Err(EntryError::Purpose),
        };
        Ok(Self { id, purpose, index, list_url, index_was_number })
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
    /// A purpose other than revocation and suspension.
    #[error("the status purpose “{found}” is not supported")]
    UnsupportedPurpose {
        /// The purpose, 64 characters at most.
        found: String,
    },
    /// Missing, or not a whole number from 0 in plain decimal digits.
    #[error("statusListIndex must be a whole number from 0, in decimal digits without sign or leading zero")]
    Index,
    /// Missing, or not an absolute URL.
    #[error("statusListCredential is not a URL")]
    ListUrl,
    /// The entry goes by the id of the list.
    #[error("the status entry has the list's own URL as its id")]
    IdIsListUrl,
    /// `statusSize` is not a whole number from 1.
    #[error("statusSize must be a whole number from 1")]
    Size,
    /// More than one bit, without a message for each value.
    #[error("a statusSize above 1 needs a statusMessage for each value")]
    Messages,
    /// More than one bit.
    #[error("status lists with more than one bit for each badge are not supported")]
    UnsupportedSize,
}

impl EntryError {
    /// Whether the entry may be in order, and only we don't support its kind.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::UnsupportedType { .. } | Self::UnsupportedPurpose { .. } | Self::UnsupportedSize)
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

fn parse_type(entry: &Object) -> Result<(), EntryError> {
    let types = entry.get("type").map(Value::one_or_many).unwrap_or_default();
    let types: Option<Vec<&str>> = types.iter().map(Value::as_str).collect();
    match types.as_deref() {
        None | Some([]) => Err(EntryError::Type),
        Some(types) if types.contains(&"BitstringStatusListEntry") => Ok(()),
        Some([first, ..]) => Err(EntryError::UnsupportedType { found: excerpt(first) }),
    }
}

fn parse_index(value: Option<&Value>) -> Result<(u64, bool), EntryError> {
    match value {
        Some(Value::String(text)) => {
            let plain =
                text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
            let index = plain.then(|| text.parse().ok()).flatten();
            index.map(|index| (index, false)).ok_or(EntryError::Index)
        }
        Some(Value::Int(number)) => {
            u64::try_from(*number).map(|index| (index, true)).map_err(|_| EntryError::Index)
        }
        _ => Err(EntryError::Index),
    }
}

fn check_size(entry: &Object) -> Result<(), EntryError> {
    let size = match entry.get("statusSize") {
        None => 1,
        Some(Value::Int(size)) => u32::try_from(*size).map_err(|_| EntryError::Size)?,
        Some(_) => return Err(EntryError::Size),
    };
    match size {
        0 => Err(EntryError::Size),
        1 => Ok(()),
        size => {
            let messages = entry.get("statusMessage").and_then(Value::as_array).map_or(0, <[_]>::len);
            let fits = 1usize.checked_shl(size).is_some_and(|values| values == messages);
            Err(if fits { EntryError::UnsupportedSize } else { EntryError::Messages })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn entry() -> Object {
        Object::from([
            ("id", "https://a.example/status/3#94567".into()),
            ("type", "BitstringStatusListEntry".into()),
            ("statusPurpose", "revocation".into()),
            ("statusListIndex", "94567".into()),
            ("statusListCredential", "https://a.example/status/3".into()),
        ])
    }

    fn with(member: &str, value: &str) -> Result<StatusEntry, EntryError> {
        let mut entry = entry();
        match value {
            "" => drop(entry.remove(member)),
            json => entry.insert(member, json::parse(json.as_bytes()).expect(json)),
        }
        StatusEntry::parse(&entry.into())
    }

    #[test]
    fn reads_an_entry() {
        let read = StatusEntry::parse(&entry().into()).expect("well-formed");
        assert_eq!(read.id.as_deref(), Some("https://a.example/status/3#94567"));
        assert_eq!((read.purpose, read.index), (StatusPurpose::Revocation, 94_567));
        assert_eq!(read.list_url, "https://a.example/status/3");
        assert!(!read.index_was_number);
        assert_eq!(with("id", "").expect("no id is needed").id, None);
        assert_eq!(with("statusPurpose", "\"suspension\"").map(|e| e.purpose), Ok(StatusPurpose::Suspension));
        assert_eq!(with("statusListIndex", "\"0\"").map(|e| e.index), Ok(0));
        assert!(with("statusSize", "1").is_ok());
        assert!(with("type", "[\"BitstringStatusListEntry\"]").is_ok());
    }

    #[test]
    fn an_index_as_a_number_is_read_with_a_warning() {
        let read = with("statusListIndex", "7").expect("is read");
        assert_eq!((read.index, read.index_was_number), (7, true));
    }

    #[test]
    fn refuses_other_indexes() {
        for value in [
            "",
            "\"\"",
            "\"-1\"",
            "\"+1\"",
            "\"1e3\"",
            "\"1.0\"",
            "\"0x10\"",
            "\"007\"",
            "\"00\"",
            "\" 7\"",
            "\"7 \"",
            "\"7\\n\"",
            "\"١\"",
            "\"1_000\"",
            "\"18446744073709551616\"",
            "-1",
            "1.5",
            "7.0",
            "1e3",
            "-0.0",
            "true",
            "false",
            "null",
            "[7]",
            "[\"7\"]",
            "{\"@value\":\"7\"}",
        ] {
            assert_eq!(with("statusListIndex", value), Err(EntryError::Index), "{value}");
        }
    }

    #[test]
    fn refuses_other_types() {
        for value in ["", "null", "7", "[]", "{}", "[7]", "[\"BitstringStatusListEntry\",7]"] {
            assert_eq!(with("type", value), Err(EntryError::Type), "{value}");
        }
        for other in ["StatusList2021Entry", "1EdTechRevocationList", "bitstringStatusListEntry", ""] {
            let error = with("type", &format!("\"{other}\"")).expect_err("another type");
            assert_eq!(error, EntryError::UnsupportedType { found: other.to_owned() });
            assert!(error.is_unsupported());
        }
        for value in ["null", "\"text\"", "7", "[]", "true"] {
            let value = json::parse(value.as_bytes()).expect(value);
            assert_eq!(StatusEntry::parse(&value), Err(EntryError::NotAnObject));
        }
    }

    #[test]
    fn refuses_other_purposes() {
        for value in ["", "\"\"", "null", "7", "[\"revocation\"]", "{}"] {
            assert_eq!(with("statusPurpose", value), Err(EntryError::Purpose), "{value}");
        }
        for other in ["refresh", "message", "Revocation", "revocation ", "revoked"] {
            let error = with("statusPurpose", &format!("\"{other}\"")).expect_err("another purpose");
            assert_eq!(error, EntryError::UnsupportedPurpose { found: other.to_owned() });
            assert!(error.is_unsupported());
        }
    }

    #[test]
    fn refuses_what_is_no_url() {
        for value in
            ["", "null", "7", "[]", "{}", "\"\"", "\"status/3\"", "\"//a.example/3\"", "\"https://a b\""]
        {
            assert_eq!(with("statusListCredential", value), Err(EntryError::ListUrl), "{value}");
            if !value.is_empty() {
                assert_eq!(with("id", value), Err(EntryError::Id), "{value}");
            }
        }
        let long = format!("\"https://a.example/{}\"", "a".repeat(MAX_URL_BYTES));
        assert_eq!(with("statusListCredential", &long), Err(EntryError::ListUrl));
        assert_eq!(with("id", "\"https://a.example/status/3\""), Err(EntryError::IdIsListUrl));
        assert_eq!(with("id", "[\"https://a.example/1\",\"https://a.example/2\"]"), Err(EntryError::Id));
    }

    #[test]
    fn refuses_other_sizes() {
        for value in ["0", "-1", "0.5", "1.5", "1.0", "\"1\"", "null", "true", "[]", "4294967296"] {
            assert_eq!(with("statusSize", value), Err(EntryError::Size), "{value}");
        }
        for value in ["2", "3", "64", "4294967295"] {
            assert_eq!(with("statusSize", value), Err(EntryError::Messages), "{value}");
        }
        let mut entry = entry();
        entry.insert("statusSize", Value::Int(2));
        let messages = |count: i64| -> Value { (0..count).map(Value::Int).collect::<Vec<_>>().into() };
        for (count, error) in
            [(3, EntryError::Messages), (4, EntryError::UnsupportedSize), (5, EntryError::Messages)]
        {
            entry.insert("statusMessage", messages(count));
            assert_eq!(StatusEntry::parse(&entry.clone().into()), Err(error), "{count} messages");
        }
    }
}
