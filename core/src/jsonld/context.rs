//! An active context: what every word of a document means at one place. Immutable and shared.

use super::keyword::{Keyword, looks_like_keyword};
use crate::json::Value;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// What a word stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mapping {
    /// Nothing, on purpose.
    Null,
    /// A keyword.
    Keyword(Keyword),
    /// An IRI; `valid` if it is one by RFC 3987.
    Iri { text: Arc<str>, valid: bool },
    /// A blank node identifier, with its `_:`.
    Blank(Arc<str>),
}

/// How the values of a term are typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TypeMapping {
    Id,
    Vocab,
    Json,
    None,
    Iri { text: Arc<str>, valid: bool },
}

/// The containers of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Containers {
    pub(super) graph: bool,
    pub(super) id: bool,
    pub(super) index: bool,
    pub(super) language: bool,
    pub(super) list: bool,
    pub(super) set: bool,
    pub(super) types: bool,
}

impl Containers {
    /// Whether a map of keys to values may stand as the value.
    pub(super) fn maps(self) -> bool {
        self.id || self.index || self.language || self.types
    }
}

/// A setting that a term makes, makes empty, or leaves to the context.
pub(super) type Setting<T> = Option<Option<T>>;

/// The base direction of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ltr,
    Rtl,
}

impl Direction {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "ltr" => Some(Self::Ltr),
            "rtl" => Some(Self::Rtl),
            _ => None,
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// Where a context was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// In a pinned file: trusted, memoized.
    Pinned,
    /// In the document: watched, forgotten with it.
    Inline,
}

/// A context as written, with what is needed to process it later.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) value: Value,
    /// The URL of the file that it stands in.
    pub(super) base: Option<Arc<str>>,
    pub(super) origin: Origin,
}

/// What a context says about one term (JSON-LD 1.1 API, section 4.2).
#[derive(Clone, Debug)]
pub(super) struct TermDef {
    pub(super) mapping: Mapping,
    pub(super) prefix: bool,
    pub(super) protected: bool,
    pub(super) reverse: bool,
    pub(super) containers: Containers,
    pub(super) type_mapping: Option<TypeMapping>,
    pub(super) language: Setting<Arc<str>>,
    pub(super) direction: Setting<Direction>,
    pub(super) index: Option<Arc<str>>,
    pub(super) nest: Option<Arc<str>>,
    /// The scoped context.
    pub(super) context: Option<Arc<Local>>,
}

impl TermDef {
    /// Equal in everything but whether it is protected.
    pub(super) fn same(&self, other: &Self) -> bool {
        let contexts = match (&self.context, &other.context) {
            (None, None) => true,
            (Some(one), Some(two)) => one.value == two.value,
            _ => false,
        };
        contexts
            && self.mapping == other.mapping
            && self.prefix == other.prefix
            && self.reverse == other.reverse
            && self.containers == other.containers
            && self.type_mapping == other.type_mapping
            && self.language == other.language
            && self.direction == other.direction
            && self.index == other.index
            && self.nest == other.nest
    }
}

/// An active context (JSON-LD 1.1 API, section 4.1).
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) base: Option<Arc<str>>,
    pub(super) original_base: Option<Arc<str>>,
    pub(super) vocab: Option<Arc<str>>,
    pub(super) language: Option<Arc<str>>,
    pub(super) direction: Option<Direction>,
    pub(super) terms: FxHashMap<Arc<str>, Arc<TermDef>>,
    /// What stands for `@type`, to find types without looking every member up.
    pub(super) type_aliases: Vec<Arc<str>>,
    /// What stands for `@value`, likewise.
    pub(super) value_aliases: Vec<Arc<str>>,
    /// What to go back to in nested objects.
    pub(super) previous: Option<Arc<Context>>,
    /// Whether nothing of it comes from a document.
    pub(super) pinned: bool,
}

/// A text after IRI expansion (JSON-LD 1.1 API, section 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expanded<'t> {
    Null,
    Keyword(Keyword),
    /// Has a scheme, or is a blank node identifier, or could not be made absolute.
    Text(Cow<'t, str>),
}

impl Context {
    /// The context of a document before any of its own.
    pub(super) fn initial(base: Option<Arc<str>>) -> Self {
        Self {
            base: base.clone(),
            original_base: base,
            vocab: None,
            language: None,
            direction: None,
            terms: FxHashMap::default(),
            type_aliases: Vec::new(),
            value_aliases: Vec::new(),
            previous: None,
            pinned: true,
        }
    }

    /// The keyword that a member's name stands for.
    pub(super) fn keyword(&self, key: &str) -> Option<Keyword> {
        if key.starts_with('@') {
            return Keyword::parse(key);
        }
        match self.terms.get(key).map(|def| &def.mapping) {
            Some(Mapping::Keyword(keyword)) => Some(*keyword),
            _ => None,
        }
    }

    /// Whether a member's name stands for `@type`.
    pub(super) fn is_type(&self, key: &str) -> bool {
        key == "@type" || self.type_aliases.iter().any(|alias| **alias == *key)
    }

    /// Whether a member's name stands for `@value`.
    pub(super) fn is_value(&self, key: &str) -> bool {
        key == "@value" || self.value_aliases.iter().any(|alias| **alias == *key)
    }

    /// IRI expansion of a text of the document.
    pub(super) fn expand<'t>(&'t self, text: &'t str, vocab: bool, relative: bool) -> Expanded<'t> {
        if text.starts_with('@') {
            if let Some(keyword) = Keyword::parse(text) {
                return Expanded::Keyword(keyword);
            }
            if looks_like_keyword(text) {
                return Expanded::Null;
            }
        }
        if let Some(def) = self.terms.get(text) {
            match &def.mapping {
                Mapping::Keyword(keyword) => return Expanded::Keyword(*keyword),
                Mapping::Null if vocab => return Expanded::Null,
                Mapping::Iri { text, .. } | Mapping::Blank(text) if vocab => {
                    return Expanded::Text(Cow::Borrowed(text));
                }
                _ => {}
            }
        }
        if let Some((prefix, suffix)) = split_compact(text) {
            if prefix == "_" || suffix.starts_with("//") {
                return Expanded::Text(Cow::Borrowed(text));
            }
            if let Some(def) = self.terms.get(prefix).filter(|def| def.prefix)
                && let Mapping::Iri { text: iri, .. } | Mapping::Blank(iri) = &def.mapping
            {
                return Expanded::Text(Cow::Owned(format!("{iri}{suffix}")));
            }
            if has_scheme(text) {
                return Expanded::Text(Cow::Borrowed(text));
            }
        }
        if vocab && let Some(mapping) = &self.vocab {
            return Expanded::Text(Cow::Owned(format!("{mapping}{text}")));
        }
        if relative && let Some(resolved) = self.base.as_deref().and_then(|base| resolve(base, text)) {
            return Expanded::Text(Cow::Owned(resolved));
        }
        Expanded::Text(Cow::Borrowed(text))
    }
}

/// Splits a compact IRI at its first colon that is not the first character.
pub(super) fn split_compact(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().skip(1).position(|byte| byte == b':')? + 1;
    Some((&text[..at], &text[at + 1..]))
}

/// Whether a text begins with the scheme of an IRI.
pub(super) fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Whether a text is an absolute IRI by RFC 3987.
pub(super) fn is_iri(text: &str) -> bool {
    oxiri::Iri::parse(text).is_ok()
}

/// Resolves a reference against a base IRI.
pub(super) fn resolve(base: &str, reference: &str) -> Option<String> {
    let reference = oxiri::IriRef::parse(reference).ok()?;
    Some(oxiri::Iri::parse(base).ok()?.resolve(&reference).ok()?.into_inner())
}

impl Mapping {
    /// The mapping to an expanded text with a scheme.
    pub(super) fn iri(text: &str) -> Self {
        if text.starts_with("_:") {
            return Self::Blank(text.into());
        }
        Self::Iri { text: text.into(), valid: is_iri(text) }
    }
}
