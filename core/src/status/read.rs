//! From what was fetched to a list that answers.

use super::entry::{excerpt, url};
use super::error::StatusError;
use super::list::VerifiedList;
use super::{ListKind, ListNeed, credential, revoked};
use crate::json::{self, Object, Value};
use crate::jsonld::Contexts;
use crate::time::Timestamp;
use crate::verify::{self, Documents};

/// Makes a list that answers for badges of `issuer` of the at most [`json::MAX_BYTES`] that were fetched from `need.url` at
/// `fetched_at`. Its proof is judged by the same rules as a badge's: `documents` are those of the issuer. `now` is the time
/// for which a badge is judged; it may be past.
///
/// # Errors
/// What isn't a list of that kind, address and issuer, is not proved by the issuer, breaks its format, or is over at `now`.
pub fn read(
    bytes: &[u8],
    need: &ListNeed,
    issuer: &str,
    documents: &Documents,
    fetched_at: Timestamp,
    contexts: &Contexts,
    now: Timestamp,
) -> Result<VerifiedList, StatusError> {
    let reading = Reading { documents, fetched_at, contexts, now };
    let list = match need.kind {
        ListKind::OneEdTech => revoked::read(&object(bytes)?, need, issuer, &reading)?,
        ListKind::Bitstring | ListKind::StatusList2021 => credential::read(&object(bytes)?, &reading)?,
        ListKind::Token => return Err(StatusError::UnsupportedType { found: "statuslist+jwt".to_owned() }),
    };
    if list.issuer() != issuer {
        return Err(StatusError::OtherIssuer { found: excerpt(list.issuer()) });
    }
    if list.url() != need.url {
        return Err(StatusError::OtherList { found: excerpt(list.url()) });
    }
    if list.kind() != need.kind {
        let found = if need.kind == ListKind::Bitstring { "StatusList2021" } else { "BitstringStatusList" };
        return Err(StatusError::UnsupportedType { found: found.to_owned() });
    }
    Ok(list)
}

impl VerifiedList {
    /// Reads a signed list of bits that somebody brought along at `had_at`: whose and which it is, it says itself. Unsigned
    /// lists count from their own addresses only.
    ///
    /// # Errors
    /// As [`read`].
    pub fn from_credential(
        bytes: &[u8],
        documents: &Documents,
        had_at: Timestamp,
        contexts: &Contexts,
        now: Timestamp,
    ) -> Result<Self, StatusError> {
        let reading = Reading { documents, fetched_at: had_at, contexts, now };
        credential::read(&object(bytes)?, &reading)
    }
}

/// By what a list is judged.
pub(super) struct Reading<'a> {
    documents: &'a Documents,
    pub(super) fetched_at: Timestamp,
    contexts: &'a Contexts,
    now: Timestamp,
}

impl Reading<'_> {
    /// When the issuer's own proof was made, where it says so.
    pub(super) fn prove(&self, document: &Object, issuer: &str) -> Result<Option<Timestamp>, StatusError> {
        let proved =
            verify::proved_by(document, issuer, self.documents, self.had_at(), self.now, self.contexts);
        proved.map_err(|(code, detail)| StatusError::NotProved { code, detail })
    }

    /// When the issuer last stood by a list with these dates. Both are the issuer's word, the later one counts; nobody's word
    /// is later than when it was had.
    ///
    /// A list that was signed after the time in question speaks of that time only if it says so, by dates that were over
    /// when it was signed.
    pub(super) fn as_of(
        &self,
        created: Option<Timestamp>,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Timestamp, StatusError> {
        if let Some(from) = from.filter(|from| *from > self.had_at()) {
            return Err(StatusError::NotYetValid { from });
        }
        if let Some(until) = until.filter(|until| *until < self.now) {
            return Err(StatusError::Expired { until });
        }
        let as_of = created.max(from).ok_or(StatusError::Undated)?.min(self.had_at());
        let speaks_of_the_past = until.is_some_and(|until| until <= as_of);
        match from {
            Some(from) if as_of > self.now && from <= self.now && speaks_of_the_past => Ok(self.now),
            _ => Ok(as_of),
        }
    }

    fn had_at(&self) -> Timestamp {
        self.fetched_at.max(self.now)
    }
}

fn object(bytes: &[u8]) -> Result<Object, StatusError> {
    match json::parse(bytes)? {
        Value::Object(object) => Ok(object),
        _ => Err(StatusError::NotAnObject),
    }
}

pub(super) fn issuer_of(document: &Object) -> Result<String, StatusError> {
    let issuer = match document.get("issuer") {
        Some(Value::Object(issuer)) => issuer.get("id"),
        other => other,
    };
    issuer.and_then(url).ok_or(malformed("issuer", "is not a URL"))
}

pub(super) fn types(object: &Object) -> Option<Vec<&str>> {
    object.get("type")?.one_or_many().iter().map(Value::as_str).collect()
}

pub(super) fn malformed(member: &'static str, problem: &'static str) -> StatusError {
    StatusError::Member { member, problem }
}
