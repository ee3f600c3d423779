//! 1EdTech Revocation List Status Method 1.0: the ids of the badges that were revoked, as a plain JSON document.
//!
//! Nobody signs it. What binds it to the issuer is that the issuer signed its address into the badge, and that it came from
//! there by https: it is the word of whoever runs that host, at the time when it was fetched.

use super::credential::dates;
use super::entry::url;
use super::error::StatusError;
use super::list::{Content, ListSource, Revoked, VerifiedList, Word};
use super::read::{Fetched, Reading, issuer_of, malformed};
use super::{ListKind, ListNeed};
use crate::json::{Object, Value};
use std::collections::HashMap;

/// What the certification tools of 1EdTech read.
const MEMBER: &str = "revokedCredentials";
/// Most characters of a reason that are kept.
const MAX_REASON_CHARS: usize = 500;

/// The list that names these badges as revoked.
pub fn revocation_list<'a>(url: &str, issuer: &str, ids: impl Iterator<Item = &'a str>) -> Object {
    let item = |id: &str| Object::from([("id", id.into()), ("revoked", Value::Bool(true))]).into();
    let revoked: Vec<Value> = ids.map(item).collect();
    Object::from([("id", url.into()), ("issuer", issuer.into()), (MEMBER, revoked.into())])
}

/// Reads a list that was fetched from `need.url`. One that carries a proof must be proved; then that counts, and not the
/// address.
pub(super) fn read(
    fetched: &Fetched,
    need: &ListNeed,
    issuer: &str,
    reading: &Reading<'_>,
) -> Result<VerifiedList, StatusError> {
    let document = fetched.object();
    let named = document.get("id").and_then(url).ok_or(malformed("id", "is not a URL"))?;
    let url = named.split('#').next().unwrap_or_default().to_owned();
    let named = issuer_of(document)?;
    let (from, until) = dates(document)?;
    let (source, as_of) = match fetched.is_signed() {
        true => (ListSource::Credential, reading.as_of(reading.prove(fetched, issuer)?, from, until)?),
        false if need.url.starts_with("https://") => (ListSource::Hosted, reading.fetched_at),
        false => return Err(StatusError::NotHttps),
    };
    let holder = match document.get("credentialSubject") {
        Some(subject) => subject.as_object().ok_or(malformed("credentialSubject", "is not one object"))?,
        None => document,
    };
    let content = Content::Revoked(revoked(holder)?);
    let word = Word { issuer: named, url, as_of, valid_until: until, ttl: None, source };
    Ok(VerifiedList::new(ListKind::OneEdTech, content, word))
}

/// The revoked ones. `revoked` may be missing, which means that it was; an id that stands there twice is revoked if one of
/// them says so.
fn revoked(document: &Object) -> Result<HashMap<String, Revoked>, StatusError> {
    let items = document.get(MEMBER).and_then(Value::as_array);
    let items = items.ok_or(malformed(MEMBER, "is not a list"))?;
    let mut revoked = HashMap::with_capacity(items.len());
    for item in items {
        let id = item.get("id").and_then(Value::as_str);
        let id = id.ok_or(malformed(MEMBER, "has an item without id"))?;
        let is_revoked = match item.get("revoked") {
            None => true,
            Some(Value::Bool(is)) => *is,
            Some(_) => return Err(malformed(MEMBER, "has an item whose “revoked” is not true or false")),
        };
        if is_revoked {
            let reason = item.get("revocationReason").and_then(Value::as_str);
            let reason = reason.map(|text| text.chars().take(MAX_REASON_CHARS).collect());
            revoked.entry(id.to_owned()).or_insert(Revoked { reason });
        }
    }
    Ok(revoked)
}
