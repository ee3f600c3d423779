//! The context processing algorithm (JSON-LD 1.1 API, section 5.1).

use super::context::{Context, Direction, Expanded, Local, Mapping, Origin, has_scheme, resolve};
use super::contexts::{Contexts, Kind};
use super::define::Definer;
use super::error::JsonLdError;
use super::keyword::Keyword;
use crate::json::{Object, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Longest chain of contexts that include one another.
const MAX_REMOTE_CONTEXTS: usize = 16;

/// One run of context processing, with what it inherits from the run that started it.
#[derive(Clone)]
pub(super) struct Processor<'c> {
    pub(super) contexts: &'c Contexts,
    /// The contexts that this one was included by.
    pub(super) remote: Vec<Arc<str>>,
    pub(super) override_protected: bool,
    /// Whether scoped contexts are tried out where they are defined.
    pub(super) validate_scoped: bool,
}

impl<'c> Processor<'c> {
    /// Applies a local context to an active one.
    pub(super) fn run(
        &self,
        active: &Arc<Context>,
        local: &Local,
        kind: Kind,
    ) -> Result<Arc<Context>, JsonLdError> {
        let propagate = match local.value.get("@propagate") {
            Some(Value::Bool(propagate)) => *propagate,
            Some(_) => return Err(JsonLdError::invalid("invalid @propagate value", "not true or false")),
            None => kind != Kind::Type,
        };
        let mut result = Arc::clone(active);
        if !propagate && result.previous.is_none() {
            result = Arc::new(Context { previous: Some(Arc::clone(active)), ..(*result).clone() });
        }
        for entry in local.value.one_or_many() {
            result = match entry {
                Value::Null => {
                    self.contexts.refuse_inline(local.origin, "set the other contexts aside")?;
                    self.nullify(&result, propagate)?
                }
                Value::String(url) => self.include(&result, url, local)?,
                Value::Object(map) => {
                    let mut next = (*result).clone();
                    next.pinned &= local.origin == Origin::Pinned;
                    self.apply(&mut next, map, local)?;
                    Arc::new(next)
                }
                _ => return Err(JsonLdError::invalid("invalid local context", "not a URL, object or null")),
            };
        }
        Ok(result)
    }

    fn nullify(&self, active: &Arc<Context>, propagate: bool) -> Result<Arc<Context>, JsonLdError> {
        if !self.override_protected && active.terms.values().any(|def| def.protected) {
            return Err(JsonLdError::invalid("invalid context nullification", "protected terms are defined"));
        }
        let mut fresh = Context::initial(active.original_base.clone());
        fresh.pinned = active.pinned;
        if !propagate {
            fresh.previous = Some(Arc::clone(active));
        }
        Ok(Arc::new(fresh))
    }

    fn include(&self, active: &Arc<Context>, url: &str, local: &Local) -> Result<Arc<Context>, JsonLdError> {
        let url = absolute(url, local);
        if !self.validate_scoped && self.remote.iter().any(|seen| **seen == *url) {
            return Ok(Arc::clone(active));
        }
        if self.remote.iter().any(|seen| **seen == *url) {
            return Err(JsonLdError::invalid("recursive context inclusion", url));
        }
        if self.remote.len() >= MAX_REMOTE_CONTEXTS {
            return Err(JsonLdError::invalid("context overflow", url));
        }
        let loaded = self.contexts.load(&url)?;
        let kind = if self.override_protected { Kind::Property } else { Kind::Document };
        if let Some(known) = self.contexts.recall(active, &loaded, kind) {
            return Ok(known);
        }
        let mut inner = self.clone();
        inner.remote.push(url.into());
        let result = inner.run(active, &loaded, kind)?;
        self.contexts.remember(active, &loaded, kind, &result);
        Ok(result)
    }

    fn apply(&self, result: &mut Context, map: &Object, local: &Local) -> Result<(), JsonLdError> {
        match map.get("@version") {
            None | Some(Value::Float(1.1)) => {}
            Some(other) => return Err(JsonLdError::invalid("invalid @version value", other.to_string())),
        }
        for setting in ["@base", "@vocab", "@import", "@propagate"] {
            if map.contains_key(setting) {
                self.contexts.refuse_inline(local.origin, setting)?;
            }
        }
        let imported = match map.get("@import") {
            None => None,
            Some(Value::String(url)) => Some(self.import(map, &absolute(url, local))?),
            Some(_) => return Err(JsonLdError::invalid("invalid @import value", "not a string")),
        };
        let map = imported.as_ref().unwrap_or(map);
        if let Some(base) = map.get("@base").filter(|_| self.remote.is_empty()) {
            set_base(result, base)?;
        }
        if let Some(vocab) = map.get("@vocab") {
            set_vocab(result, vocab)?;
        }
        match map.get("@language") {
            None => {}
            Some(Value::Null) => result.language = None,
            Some(Value::String(tag)) => result.language = Some(tag.to_ascii_lowercase().into()),
            Some(_) => return Err(JsonLdError::invalid("invalid default language", "not a string or null")),
        }
        match map.get("@direction") {
            None => {}
            Some(Value::Null) => result.direction = None,
            Some(value) => result.direction = Some(direction(value)?),
        }
        if !matches!(map.get("@propagate"), None | Some(Value::Bool(_))) {
            return Err(JsonLdError::invalid("invalid @propagate value", "not true or false"));
        }
        let protected = match map.get("@protected") {
            None => false,
            Some(Value::Bool(protected)) => *protected,
            Some(_) => return Err(JsonLdError::invalid("invalid @protected value", "not true or false")),
        };
        let mut definer = Definer { processor: self, local, map, protected, defined: Default::default() };
        for (term, _) in map.iter() {
            if !SETTINGS.contains(&term) {
                definer.define(result, term)?;
            }
        }
        result.type_aliases = aliases_of(Keyword::Type, result);
        result.value_aliases = aliases_of(Keyword::Value, result);
        Ok(())
    }

    fn import(&self, map: &Object, url: &str) -> Result<Object, JsonLdError> {
        let loaded = self.contexts.load(url)?;
        let Some(base) = loaded.value.as_object() else {
            return Err(JsonLdError::invalid("invalid remote context", url));
        };
        if base.contains_key("@import") {
            return Err(JsonLdError::invalid("invalid context entry", "an imported context imports another"));
        }
        let mut merged = base.clone();
        for (key, value) in map.iter().filter(|(key, _)| *key != "@import") {
            merged.insert(key, value.clone());
        }
        Ok(merged)
    }
}

/// The members of a context that are not terms.
const SETTINGS: [&str; 8] =
    ["@base", "@direction", "@import", "@language", "@propagate", "@protected", "@version", "@vocab"];

fn aliases_of(keyword: Keyword, context: &Context) -> Vec<Arc<str>> {
    let wanted = Mapping::Keyword(keyword);
    context.terms.iter().filter(|(_, def)| def.mapping == wanted).map(|(term, _)| Arc::clone(term)).collect()
}

fn absolute<'u>(url: &'u str, local: &Local) -> Cow<'u, str> {
    match local.base.as_deref().and_then(|base| resolve(base, url)) {
        Some(resolved) => Cow::Owned(resolved),
        None => Cow::Borrowed(url),
    }
}

fn set_base(result: &mut Context, value: &Value) -> Result<(), JsonLdError> {
    result.base = match value {
        Value::Null => None,
        Value::String(iri) if has_scheme(iri) => Some(iri.as_str().into()),
        Value::String(iri) => match result.base.as_deref().and_then(|base| resolve(base, iri)) {
            Some(resolved) => Some(resolved.into()),
            None => return Err(JsonLdError::invalid("invalid base IRI", iri)),
        },
        _ => return Err(JsonLdError::invalid("invalid base IRI", "not a string or null")),
    };
    Ok(())
}

fn set_vocab(result: &mut Context, value: &Value) -> Result<(), JsonLdError> {
    result.vocab = match value {
        Value::Null => None,
        Value::String(text) => {
            let expanded = match result.expand(text, true, true) {
                Expanded::Text(expanded) => expanded.into_owned(),
                _ => return Err(JsonLdError::invalid("invalid vocab mapping", text)),
            };
            if !text.is_empty() && !has_scheme(&expanded) && !expanded.starts_with("_:") {
                return Err(JsonLdError::invalid("invalid vocab mapping", text));
            }
            Some(expanded.into())
        }
        _ => return Err(JsonLdError::invalid("invalid vocab mapping", "not a string or null")),
    };
    Ok(())
}

/// A base direction as a context or a value writes it.
pub(super) fn direction(value: &Value) -> Result<Direction, JsonLdError> {
    value
        .as_str()
        .and_then(Direction::parse)
        .ok_or_else(|| JsonLdError::invalid("invalid base direction", "neither ltr nor rtl"))
}
