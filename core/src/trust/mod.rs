//! Trust roots: whom a caller relies on to say which issuers are known.
//!
//! A root is a file that the caller names, and what it says counts by the caller's word alone. Nothing here is
//! fetched: the bytes come in, and who had them from where is told by the root's name. Lists, registries and what a federation's
//! trust anchor signs are read, see
//! [`Roots::add`].

mod federation;
mod registry;
#[cfg(test)]
mod tests;

use crate::jose;
use crate::json::{self, JsonError, Value};
use crate::time::Timestamp;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

pub use federation::MAX_TOKENS;

/// Most roots that one caller can name.
pub const MAX_ROOTS: usize = 16;
/// Most issuers in one root, and in all that one caller names.
pub const MAX_ENTRIES: usize = 65_536;
/// Most tokens in all roots that one caller names.
pub const MAX_TOKENS_IN_ALL: usize = 2 * MAX_TOKENS;
/// Longest name or address in a root that is kept, in characters.
const MAX_SHOWN_CHARS: usize = 256;

/// The trust roots that a caller named, the most authoritative first. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    roots: Vec<Named>,
}

/// What a root says, read once for all who name it.
#[derive(Clone, Debug, Default)]
pub struct Root {
    /// By the DID or URL of an issuer, in its order.
    entries: Box<[(Box<str>, Entry)]>,
    /// How many signatures it took to read it.
    tokens: usize,
}

#[derive(Clone, Debug)]
struct Named {
    name: String,
    root: Arc<Root>,
    /// Why the root itself was not to be had.
    missing: Option<String>,
}

/// What a root says of one issuer. There may be many, most of which say nothing besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry {
    kind: Kind,
    /// Whether its endorsements count as the root's own.
    endorses: bool,
    about: Option<Box<About>>,
}

/// What else a root says of an issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct About {
    name: Option<Box<str>>,
    location: Option<Box<str>>,
    url: Option<Box<str>>,
    /// From when on the root says it, and until when.
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// By what a root vouches for an issuer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The issuer stands in a plain list.
    #[default]
    List,
    /// The issuer stands in a registry of issuers.
    Registry,
    /// A federation's trust anchor signs a statement of it.
    Federation,
    /// A federation's trust anchor signs a trust mark for it.
    TrustMark,
    /// An endorsement in the badge, by somebody whom the root names.
    Endorsement,
}

/// Why an issuer is trusted: which root says so, by which entry, under what name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrustedBy {
    /// The root's name, as the caller gave it: mostly the URL or the name of its file.
    pub root: String,
    /// By what it vouches.
    pub kind: Kind,
    /// The entry: the issuer's DID or URL, or that of its endorser.
    pub entry: String,
    /// The name that the root gives the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is, as the root says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Its home page, as the root says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Why a file is not a trust root.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Not JSON, or over a limit.
    #[error("the trust root can't be read: {0}")]
    Json(#[from] JsonError),
    /// JSON of another form.
    #[error("{what} (at {path})")]
    Form {
        /// What is wrong, in plain words.
        what: &'static str,
        /// Where, as a JSON Pointer.
        path: String,
    },
    /// It lists other registries instead of issuers.
    #[error("this is a list of registries, not of issuers: name each of them by its own address")]
    ListOfRegistries,
    /// Over [`MAX_ENTRIES`].
    #[error("the trust roots hold more than {MAX_ENTRIES} issuers")]
    TooManyEntries,
    /// A token that isn't what a trust anchor signs; of a federation.
    #[error("the token in place {at}: {why}")]
    Token {
        /// Its place, the trust anchor's own being 0.
        at: usize,
        /// What is wrong, in plain words.
        why: String,
    },
    /// Tokens without the anchor that signs them.
    #[error(
        "a federation begins with its trust anchor: the token in which it describes itself, or its name and keys"
    )]
    NoAnchor,
    /// Over [`MAX_TOKENS`], or over [`MAX_TOKENS_IN_ALL`].
    #[error("a trust root holds more than {MAX_TOKENS} tokens, or all of them more than {MAX_TOKENS_IN_ALL}")]
    TooManyTokens,
    /// Over [`MAX_ROOTS`].
    #[error("more than {MAX_ROOTS} trust roots are named")]
    TooManyRoots,
}

impl TrustError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "trust_root_not_json",
            Self::Form { .. } => "trust_root_form_unknown",
            Self::ListOfRegistries => "trust_root_lists_registries",
            Self::TooManyEntries => "trust_root_too_large",
            Self::Token { .. } => "trust_root_token",
            Self::NoAnchor => "trust_root_without_anchor",
            Self::TooManyTokens => "trust_root_too_large",
            Self::TooManyRoots => "trust_roots_too_many",
        }
    }
}

impl Roots {
    /// A single root.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustError> {
        let mut roots = Self::default();
        roots.add("the trust root that was given", bytes)?;
        Ok(roots)
    }

    /// Adds a root by its bytes, of at most [`json::MAX_BYTES`]:
    ///
    /// - a list `["did:…", "https://…"]`: these are trusted, and so is whom they endorse;
    /// - `{"issuers": […], "endorsers": […]}`: the first are trusted, the second and whom they endorse; an item is a
    ///   DID or URL, or an object `{"id", "name", "location", "url"}`;
    /// - a registry of the Digital Credentials Consortium: `{"registry": {"did:…": {"name", "location", "url"}}}`, in
    ///   its older form `entries`. It holds at most [`json::MAX_MEMBERS`] issuers;
    /// - a federation of OpenID Federation 1.0: `{"trust_anchor": …, "statements"?: […], "trust_marks"?: […]}`, where the
    ///   anchor is its entity configuration (a token), or `{"iss", "jwks"}`; or these tokens as plain text, a line for
    ///   each, the configuration first. At most [`MAX_TOKENS`].
    ///
    /// # Errors
    /// What is none of these, isn't signed by the anchor, or is over a limit.
    pub fn add(&mut self, name: impl Into<String>, bytes: &[u8]) -> Result<(), TrustError> {
        self.push(name.into(), Arc::new(Root::parse_within(bytes, self.tokens_left())?), None)
    }

    /// The same for a JSON value, as an API is given it.
    ///
    /// # Errors
    /// What is not a trust root, or over a limit.
    pub fn add_value(&mut self, name: impl Into<String>, value: &Value) -> Result<(), TrustError> {
        self.push(name.into(), Arc::new(Root::of_value_within(value, self.tokens_left())?), None)
    }

    /// Adds a root that was read before.
    ///
    /// # Errors
    /// All of them together are over a limit.
    pub fn add_root(&mut self, name: impl Into<String>, root: Arc<Root>) -> Result<(), TrustError> {
        self.push(name.into(), root, None)
    }

    /// Adds a root that was not to be had, and why. It vouches for nobody, and the report says that it is missing.
    ///
    /// # Errors
    /// More than [`MAX_ROOTS`].
    pub fn add_missing(&mut self, name: impl Into<String>, why: impl Into<String>) -> Result<(), TrustError> {
        self.push(name.into(), Arc::default(), Some(why.into()))
    }

    /// Whether no root was named.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// How many roots were named.
    pub fn len(&self) -> usize {
        self.roots.len()
    }

    /// The first root that vouches for an issuer at the time `now`.
    pub fn vouch(&self, issuer: &str, now: Timestamp) -> Option<TrustedBy> {
        self.entries(issuer, now).next().map(|(root, entry)| root.trusted_by(issuer, entry, entry.kind))
    }

    /// The first root by whose word the endorsements of `endorser` count at the time `now`.
    pub fn vouch_by_endorser(&self, endorser: &str, now: Timestamp) -> Option<TrustedBy> {
        let mut found = self.entries(endorser, now).filter(|(_, entry)| entry.endorses);
        found.next().map(|(root, entry)| root.trusted_by(endorser, entry, Kind::Endorsement))
    }

    /// The names of the roots, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(|root| root.name.as_str())
    }

    /// The roots that were not to be had: name, and why.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.roots.iter().filter_map(|root| Some((root.name.as_str(), root.missing.as_deref()?)))
    }

    fn push(&mut self, name: String, root: Arc<Root>, missing: Option<String>) -> Result<(), TrustError> {
        if self.roots.len() >= MAX_ROOTS {
            return Err(TrustError::TooManyRoots);
        }
        let entries: usize = self.roots.iter().map(|named| named.root.len()).sum();
        if entries + root.len() > MAX_ENTRIES {
            return Err(TrustError::TooManyEntries);
        }
        if root.tokens > self.tokens_left() {
            return Err(TrustError::TooManyTokens);
        }
        self.roots.push(Named { name: shown(&name).into(), root, missing });
        Ok(())
    }

    fn tokens_left(&self) -> usize {
        MAX_TOKENS_IN_ALL - self.roots.iter().map(|named| named.root.tokens).sum::<usize>()
    }

    fn entries(&self, id: &str, now: Timestamp) -> impl Iterator<Item = (&Named, &Entry)> {
        let found = self.roots.iter().filter_map(move |named| Some((named, named.root.get(id)?)));
        found.filter(move |(_, entry)| {
            entry.about.as_ref().is_none_or(|about| {
                about.from.is_none_or(|from| from <= now) && about.until.is_none_or(|until| now < until)
            })
        })
    }
}

impl Root {
    /// Reads a root, as [`Roots::add`] does.
    ///
    /// # Errors
    /// As there.
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustError> {
        Self::parse_within(bytes, MAX_TOKENS)
    }

    /// The same for a JSON value, as [`Roots::add_value`] does.
    ///
    /// # Errors
    /// As there.
    pub fn of_value(value: &Value) -> Result<Self, TrustError> {
        Self::of_value_within(value, MAX_TOKENS)
    }

    /// How many issuers it names.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it names nobody.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it takes of memory, in bytes, within some.
    pub fn memory_bytes(&self) -> usize {
        let bytes = |(id, entry): &(Box<str>, Entry)| {
            let about = entry.about.as_ref().map_or(0, |about| {
                let texts = [&about.name, &about.location, &about.url];
                size_of::<About>() + texts.into_iter().flatten().map(|text| text.len()).sum::<usize>()
            });
            id.len() + about
        };
        size_of_val(&*self.entries) + self.entries.iter().map(bytes).sum::<usize>()
    }

    fn parse_within(bytes: &[u8], tokens_left: usize) -> Result<Self, TrustError> {
        if bytes.trim_ascii_start().starts_with(b"eyJ") && bytes.len() <= json::MAX_BYTES {
            let text = std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
            let (entries, tokens) = federation::read_text(text, tokens_left)?;
            return Ok(Self::of_entries(entries, tokens));
        }
        Self::of_value_within(&json::parse(bytes)?, tokens_left)
    }

    fn of_value_within(value: &Value, tokens_left: usize) -> Result<Self, TrustError> {
        let (entries, tokens) = match value {
            Value::Object(object) if object.contains_key("trust_anchor") => {
                federation::read_object(object, tokens_left)?
            }
            Value::String(text) if jose::looks_like_token(text) => federation::read_text(text, tokens_left)?,
            value => (registry::read(value)?, 0),
        };
        Ok(Self::of_entries(entries, tokens))
    }

    fn of_entries(entries: HashMap<String, Entry>, tokens: usize) -> Self {
        let mut entries: Box<[_]> =
            entries.into_iter().map(|(id, entry)| (id.into_boxed_str(), entry)).collect();
        entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Self { entries, tokens }
    }

    fn get(&self, id: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|(own, _)| (**own).cmp(id)).ok()?;
        Some(&self.entries[at].1)
    }
}

impl Named {
    fn trusted_by(&self, id: &str, entry: &Entry, kind: Kind) -> TrustedBy {
        let about = entry.about.as_deref();
        let text = |of: fn(&About) -> &Option<Box<str>>| {
            about.and_then(|about| of(about).as_deref()).map(str::to_owned)
        };
        TrustedBy {
            root: self.name.clone(),
            kind,
            entry: id.to_owned(),
            name: text(|about| &about.name),
            location: text(|about| &about.location),
            url: text(|about| &about.url),
        }
    }
}

impl Entry {
    fn new(kind: Kind, about: About) -> Self {
        let about = (about != About::default()).then(|| Box::new(about));
        Self { kind, endorses: false, about }
    }

    fn until(&self) -> Option<Timestamp> {
        self.about.as_ref()?.until
    }
}

/// The beginning of a text, as long as one is shown.
fn shown(text: &str) -> Box<str> {
    text.chars().take(MAX_SHOWN_CHARS).collect::<String>().into_boxed_str()
}
