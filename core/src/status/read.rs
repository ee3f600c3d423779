//! From what was fetched to a list that answers.

use super::entry::{excerpt, url};
use super::error::StatusError;
use super::list::VerifiedList;
use super::{ListKind, ListNeed, credential, revoked, token};
use crate::credential::Credential;
use crate::jose::{self, Token};
use crate::json::{self, Object, Value};
use crate::jsonld::Contexts;
use crate::time::Timestamp;
use crate::verify::{Documents, Proving};
use std::time::Duration;

/// How far the issuer's clock may be ahead of ours. A list that is signed for later would look fresh until then.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(300);

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
        ListKind::OneEdTech => revoked::read(&Fetched::parse(bytes)?, need, issuer, &reading)?,
        ListKind::Bitstring | ListKind::StatusList2021 => {
            credential::read(&Fetched::parse(bytes)?, &reading)?
        }
        ListKind::Token => token::read(bytes, issuer, &reading)?,
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
        credential::read(&Fetched::parse(bytes)?, &reading)
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
    /// When the issuer's own signature was made, where it says so.
    pub(super) fn prove(&self, fetched: &Fetched, issuer: &str) -> Result<Option<Timestamp>, StatusError> {
        let proved = match fetched {
            Fetched::Json(document) => self.by(issuer).document(document),
            Fetched::Token(credential) => self.by(issuer).credential(credential),
        };
        proved.map_err(not_proved)
    }

    /// That the issuer signed a token which holds no credential.
    pub(super) fn prove_token(&self, token: &Token, issuer: &str) -> Result<(), StatusError> {
        self.by(issuer).token(token).map_err(not_proved)
    }

    fn by<'a>(&'a self, signer: &'a str) -> Proving<'a> {
        let (now, at) = (self.had_at(), self.now);
        Proving { signer, documents: self.documents, now, at, contexts: self.contexts }
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
        if let Some(from) = created.filter(|created| *created > self.had_at().plus(MAX_CLOCK_SKEW)) {
            return Err(StatusError::NotYetValid { from });
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

/// A list as it was fetched: JSON, or a credential in a token.
pub(super) enum Fetched {
    Json(Object),
    Token(Box<Credential>),
}

impl Fetched {
    fn parse(bytes: &[u8]) -> Result<Self, StatusError> {
        if let Some(text) = text_of_token(bytes) {
            let credential = Credential::from_token(text);
            return credential.map(|credential| Self::Token(Box::new(credential))).map_err(StatusError::from);
        }
        match json::parse(bytes)? {
            Value::Object(object) => Ok(Self::Json(object)),
            _ => Err(StatusError::NotAnObject),
        }
    }

    pub(super) fn object(&self) -> &Object {
        match self {
            Self::Json(object) => object,
            Self::Token(credential) => credential.object(),
        }
    }

    /// Whether it is signed, rightly or not.
    pub(super) fn is_signed(&self) -> bool {
        matches!(self, Self::Token(_)) || self.object().contains_key("proof")
    }
}

/// The token that bytes are meant to be.
pub(super) fn text_of_token(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?.trim_ascii();
    jose::looks_like_token(text).then_some(text)
}

fn not_proved((code, detail): (&'static str, String)) -> StatusError {
    StatusError::NotProved { code, detail }
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
