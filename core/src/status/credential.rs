//! Lists of bits as signed credentials: BitstringStatusListCredential (Bitstring Status List v1.0, sections 2.2 and 3.2) and
//! StatusList2021Credential (StatusList2021, section 4.2).

use super::entry::{excerpt, url};
use super::error::StatusError;
use super::list::{Content, ListSource, VerifiedList, Word};
use super::read::{Fetched, Reading, issuer_of, malformed, types};
use super::{Bitstring, ListKind, ListPurpose, MAX_ENTRIES, StatusPurpose};
use crate::credential::{CREDENTIALS_V1, CREDENTIALS_V2};
use crate::json::{Object, Value};
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// The longest that a published list is good for.
pub const MAX_LIST_VALIDITY: Duration = Duration::from_secs(48 * 3600);
/// How long others may hold a published list before they ask again.
const TTL: Duration = Duration::from_secs(300);

/// The unsigned BitstringStatusListCredential of a list, to be signed with [`crate::proof::sign`]. `url` becomes its
/// id; it is valid from `now` for `valid_for`, [`MAX_LIST_VALIDITY`] at most.
pub fn list_credential(
    url: &str,
    issuer: &str,
    purpose: StatusPurpose,
    bits: &Bitstring,
    now: Timestamp,
    valid_for: Duration,
) -> Object {
    let valid_for = valid_for.min(MAX_LIST_VALIDITY);
    document(url, issuer, purpose, bits, (now, now.plus(valid_for)), TTL.min(valid_for))
}

/// The same of a list as it was at a time that is past: it says that it held `from` that time `until` that one, and so is
/// of no use as the list of today.
pub fn list_credential_of(
    url: &str,
    issuer: &str,
    purpose: StatusPurpose,
    bits: &Bitstring,
    from: Timestamp,
    until: Timestamp,
) -> Object {
    document(url, issuer, purpose, bits, (from, until), TTL)
}

fn document(
    url: &str,
    issuer: &str,
    purpose: StatusPurpose,
    bits: &Bitstring,
    (from, until): (Timestamp, Timestamp),
    ttl: Duration,
) -> Object {
    let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    let subject = Object::from([
        ("id", format!("{url}#list").into()),
        ("type", "BitstringStatusList".into()),
        ("statusPurpose", purpose.as_str().into()),
        ("ttl", Value::Int(ttl_ms)),
        ("encodedList", bits.encode().into()),
    ]);
    Object::from([
        ("@context", vec![CREDENTIALS_V2.into()].into()),
        ("id", url.into()),
        ("type", vec!["VerifiableCredential".into(), "BitstringStatusListCredential".into()].into()),
        ("issuer", issuer.into()),
        ("validFrom", from.to_string().into()),
        ("validUntil", until.to_string().into()),
        ("credentialSubject", subject.into()),
    ])
}

/// Reads and verifies a list credential of either kind.
pub(super) fn read(fetched: &Fetched, reading: &Reading<'_>) -> Result<VerifiedList, StatusError> {
    let document = fetched.object();
    let kind = check_kind(document)?;
    let url = document.get("id").and_then(url).ok_or(malformed("id", "is not a URL"))?;
    let issuer = issuer_of(document)?;
    let (valid_from, valid_until) = dates(document)?;
    let subject = Subject::parse(document, kind)?;
    let created = reading.prove(fetched, &issuer)?;
    let as_of = reading.as_of(created, valid_from, valid_until)?;
    let bits = match kind {
        ListKind::StatusList2021 => Bitstring::decode_2021(subject.encoded, MAX_ENTRIES)?,
        _ => Bitstring::decode(subject.encoded, MAX_ENTRIES)?,
    };
    let source = ListSource::Credential;
    let word = Word { issuer, url, as_of, valid_until, ttl: subject.ttl, source };
    Ok(VerifiedList::new(kind, Content::Bits(subject.purposes, Arc::new(bits)), word))
}

/// The parts of `credentialSubject`.
struct Subject<'a> {
    purposes: Vec<ListPurpose>,
    ttl: Option<Duration>,
    encoded: &'a str,
}

impl<'a> Subject<'a> {
    fn parse(document: &'a Object, kind: ListKind) -> Result<Self, StatusError> {
        let one = match document.get("credentialSubject").map(Value::one_or_many) {
            Some([one]) => one.as_object(),
            _ => None,
        };
        let subject = one.ok_or(malformed("credentialSubject", "is not one object"))?;
        let expected = match kind {
            ListKind::StatusList2021 => "StatusList2021",
            _ => "BitstringStatusList",
        };
        match types(subject).as_deref() {
            Some([name]) if *name == expected => {}
            Some([other]) => return Err(StatusError::UnsupportedType { found: excerpt(other) }),
            _ => return Err(malformed("credentialSubject", "has no type, or several")),
        }
        let ttl = match subject.get("ttl") {
            None => None,
            Some(Value::Int(ms)) if *ms >= 0 => Some(Duration::from_millis(ms.unsigned_abs())),
            Some(_) => return Err(malformed("ttl", "is not a whole number of milliseconds")),
        };
        let encoded = subject.get("encodedList").and_then(Value::as_str);
        let encoded = encoded.ok_or(malformed("encodedList", "is not text"))?;
        Ok(Self { purposes: purposes(subject)?, ttl, encoded })
    }
}

/// One purpose or several (Bitstring Status List v1.0, section 2.2).
fn purposes(subject: &Object) -> Result<Vec<ListPurpose>, StatusError> {
    let texts = subject.get("statusPurpose").map(Value::one_or_many).unwrap_or_default();
    let texts: Option<Vec<&str>> = texts.iter().map(Value::as_str).collect();
    let texts = texts.filter(|texts| !texts.is_empty());
    let texts = texts.ok_or(malformed("statusPurpose", "is not a text, or several"))?;
    let parse = |text: &&str| {
        ListPurpose::parse(text).ok_or_else(|| StatusError::UnsupportedPurpose { found: excerpt(text) })
    };
    texts.iter().map(parse).collect()
}

/// Which kind of list it is.
fn check_kind(document: &Object) -> Result<ListKind, StatusError> {
    let first = document.get("@context").and_then(Value::as_array).and_then(|contexts| contexts.first());
    if !matches!(first.and_then(Value::as_str), Some(CREDENTIALS_V2 | CREDENTIALS_V1)) {
        return Err(malformed("@context", "does not begin with the context of credentials"));
    }
    let types = types(document).ok_or(malformed("type", "is not a list of texts"))?;
    if !types.contains(&"VerifiableCredential") {
        return Err(malformed("type", "does not name VerifiableCredential"));
    }
    let has = |name| types.contains(&name);
    match (has("BitstringStatusListCredential"), has("StatusList2021Credential")) {
        (true, false) => Ok(ListKind::Bitstring),
        (false, true) => Ok(ListKind::StatusList2021),
        (true, true) => Err(malformed("type", "names two kinds of list")),
        (false, false) => {
            let other = types.iter().find(|name| **name != "VerifiableCredential");
            Err(StatusError::UnsupportedType { found: excerpt(other.unwrap_or(&"VerifiableCredential")) })
        }
    }
}

/// From when and until when a list holds. By whichever version of the data model it says so: the later beginning, the
/// earlier end.
pub(super) fn dates(document: &Object) -> Result<(Option<Timestamp>, Option<Timestamp>), StatusError> {
    let from = time(document, "validFrom")?.max(time(document, "issuanceDate")?);
    let ends = [time(document, "validUntil")?, time(document, "expirationDate")?];
    let until = ends.into_iter().flatten().min();
    match (from, until) {
        (Some(from), Some(until)) if until < from => {
            Err(malformed("validUntil", "lies before the beginning"))
        }
        dates => Ok(dates),
    }
}

fn time(document: &Object, name: &'static str) -> Result<Option<Timestamp>, StatusError> {
    let problem = malformed(name, "is not a date and time with a time zone");
    match document.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(|text| Timestamp::parse(text).ok()).map(Some).ok_or(problem),
    }
}
