//! Which context applies to an object: scoped to its property, written in it, scoped to its types.

use super::context::{Context, Local, Origin};
use super::contexts::{self, Compiled, Kind};
use super::error::JsonLdError;
use super::expand::{At, Expander};
use super::keyword::Keyword;
use crate::json::{Object, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Most contexts that are compiled for one document.
const MAX_COMPILED_PER_DOCUMENT: u32 = 1_000;
/// Most members of all inline contexts of one document.
const MAX_INLINE_MEMBERS: usize = 1_000;

impl Expander<'_> {
    /// The context of an object before its types are looked at.
    ///
    /// Mostly it is there already. It is borrowed then: to count its owners costs more than to look it up,
    /// the more so when several threads count at once.
    pub(super) fn outer_context<'x>(
        &mut self,
        context: &'x Arc<Context>,
        object: &Object,
        at: At<'_>,
    ) -> Result<Cow<'x, Arc<Context>>, JsonLdError> {
        let mut outer = match &context.previous {
            Some(previous) if !at.from_map && !keeps_context(context, object) => Cow::Borrowed(previous),
            _ => Cow::Borrowed(context),
        };
        if let Some(scoped) = at.def.and_then(|def| def.context.as_ref()) {
            outer = Cow::Owned(self.derive(&outer, scoped, Kind::Property)?);
        }
        if let Some(inline) = object.get("@context") {
            outer = Cow::Owned(self.enter(&outer, inline)?);
        }
        Ok(outer)
    }

    /// Applies an `@context` of the document.
    fn enter(&mut self, context: &Arc<Context>, inline: &Value) -> Result<Arc<Context>, JsonLdError> {
        let mut result = Arc::clone(context);
        for entry in inline.one_or_many() {
            result = match entry {
                Value::String(url) if self.contexts.are_pinned() => {
                    let file = self.contexts.load(url)?;
                    self.derive(&result, &file, Kind::Document)?
                }
                other => {
                    self.inline_members += count_members(other);
                    if self.inline_members > MAX_INLINE_MEMBERS {
                        let limit = MAX_INLINE_MEMBERS as u64;
                        return Err(JsonLdError::TooMuchWork { limit, unit: "members of inline contexts" });
                    }
                    let base = context.original_base.clone();
                    let local = Arc::new(Local { value: other.clone(), base, origin: Origin::Inline });
                    self.derive(&result, &local, Kind::Document)?
                }
            };
        }
        Ok(result)
    }

    /// Applies a context, from memory where that was done before.
    pub(super) fn derive(
        &mut self,
        context: &Arc<Context>,
        local: &Arc<Local>,
        kind: Kind,
    ) -> Result<Arc<Context>, JsonLdError> {
        if let Some(known) = self.contexts.recall(context, local, kind) {
            return Ok(known);
        }
        let key = contexts::key(context, local, kind);
        if let Some(known) = self.own.get(&key) {
            return Ok(Arc::clone(&known.result));
        }
        self.compiled += 1;
        if self.compiled > MAX_COMPILED_PER_DOCUMENT {
            let limit = MAX_COMPILED_PER_DOCUMENT.into();
            return Err(JsonLdError::TooMuchWork { limit, unit: "contexts" });
        }
        let result = self.contexts.derive(context, local, kind)?;
        self.own.insert(key, Compiled::new(context, local, &result));
        Ok(result)
    }
}

/// Whether an object stays in a context that doesn't propagate: a value, or a mere reference.
fn keeps_context(context: &Context, object: &Object) -> bool {
    (object.len() == 1 && object.iter().all(|(name, _)| context.keyword(name) == Some(Keyword::Id)))
        || object.iter().any(|(name, _)| context.is_value(name))
}

/// The types of an object in the order in which their scoped contexts apply.
pub(super) fn types_in_order<'o>(context: &Context, object: &'o Object) -> impl Iterator<Item = &'o str> {
    let mut lists: Vec<(&str, &Value)> = object.iter().filter(|(name, _)| context.is_type(name)).collect();
    lists.sort_unstable_by_key(|(name, _)| *name);
    lists.into_iter().flat_map(|(_, value)| {
        let mut types: Vec<&str> = value.one_or_many().iter().filter_map(Value::as_str).collect();
        types.sort_unstable();
        types
    })
}

fn count_members(value: &Value) -> usize {
    match value {
        // An item may be the URL of a whole context.
        Value::Array(items) => items.len() + items.iter().map(count_members).sum::<usize>(),
        Value::Object(object) => {
            object.len() + object.iter().map(|(_, value)| count_members(value)).sum::<usize>()
        }
        _ => 0,
    }
}
