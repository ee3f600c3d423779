//! The create term definition algorithm (JSON-LD 1.1 API, section 4.2).

use super::context::{
    Containers, Context, Expanded, Local, Mapping, Origin, TermDef, TypeMapping, has_scheme, is_iri,
    split_compact,
};
use super::contexts::Kind;
use super::error::JsonLdError;
use super::keyword::{Keyword, looks_like_keyword};
use super::process::{Processor, direction};
use crate::json::{Object, Value};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Defines the terms of one context object, each after those that it builds upon.
pub(super) struct Definer<'a, 'c> {
    pub(super) processor: &'a Processor<'c>,
    pub(super) local: &'a Local,
    pub(super) map: &'a Object,
    /// The context's own `@protected`.
    pub(super) protected: bool,
    /// `false` while a term is being defined.
    pub(super) defined: FxHashMap<&'a str, bool>,
}

/// A definition as written, in the long form.
struct Written<'v> {
    members: Option<&'v Object>,
    id: Option<&'v Value>,
    simple: bool,
}

const MEMBERS: [&str; 11] = [
    "@id",
    "@reverse",
    "@container",
    "@context",
    "@direction",
    "@index",
    "@language",
    "@nest",
    "@prefix",
    "@protected",
    "@type",
];

impl<'a> Definer<'a, '_> {
    /// Defines `term` in `result`, unless that is done.
    pub(super) fn define(&mut self, result: &mut Context, term: &'a str) -> Result<(), JsonLdError> {
        match self.defined.get(term) {
            Some(true) => return Ok(()),
            Some(false) => return Err(JsonLdError::invalid("cyclic IRI mapping", term)),
            None => {}
        }
        if term.is_empty() {
            return Err(JsonLdError::invalid("invalid term definition", "the empty term"));
        }
        let Some(value) = self.map.get(term) else { return Ok(()) };
        self.defined.insert(term, false);
        if term == "@type" {
            check_type_definition(value)?;
        } else if Keyword::parse(term).is_some() {
            return Err(JsonLdError::invalid("keyword redefinition", term));
        } else if looks_like_keyword(term) {
            return Ok(());
        }
        let previous = result.terms.remove(term);
        let Some(mut def) = self.definition(result, term, value)? else { return Ok(()) };
        if let Some(previous) =
            previous.as_ref().filter(|def| def.protected && !self.processor.override_protected)
        {
            if !def.same(previous) {
                return Err(JsonLdError::invalid("protected term redefinition", term));
            }
            def.protected = true;
        }
        if self.local.origin == Origin::Inline {
            self.processor.contexts.check_inline(term, &def, previous.as_deref())?;
        }
        result.terms.insert(term.into(), Arc::new(def));
        self.defined.insert(term, true);
        Ok(())
    }

    fn definition(
        &mut self,
        result: &mut Context,
        term: &'a str,
        value: &'a Value,
    ) -> Result<Option<TermDef>, JsonLdError> {
        let written = match value {
            Value::Null => Written { members: None, id: Some(&Value::Null), simple: false },
            Value::String(_) => Written { members: None, id: Some(value), simple: true },
            Value::Object(members) => {
                Written { members: Some(members), id: members.get("@id"), simple: false }
            }
            _ => return Err(JsonLdError::invalid("invalid term definition", term)),
        };
        let member = |name: &str| written.members.and_then(|members| members.get(name));
        let mut def = TermDef {
            mapping: Mapping::Null,
            prefix: false,
            protected: boolean(member("@protected"), "invalid @protected value")?.unwrap_or(self.protected),
            reverse: false,
            containers: Containers::default(),
            type_mapping: None,
            language: None,
            direction: None,
            index: None,
            nest: None,
            context: None,
        };
        def.type_mapping = self.type_mapping(result, member("@type"))?;
        if let Some(reverse) = member("@reverse") {
            return self.reverse(result, def, reverse, written.members);
        }
        let Some(mapping) = self.mapping(result, term, &written, &mut def.prefix)? else { return Ok(None) };
        def.mapping = mapping;
        if let Some(containers) = member("@container") {
            def.containers = parse_containers(containers)?;
            if def.containers.types {
                match def.type_mapping.get_or_insert(TypeMapping::Id) {
                    TypeMapping::Id | TypeMapping::Vocab => {}
                    _ => return Err(JsonLdError::invalid("invalid type mapping", term)),
                }
            }
        }
        if let Some(index) = member("@index") {
            def.index = Some(self.index(result, index, def.containers)?);
        }
        if let Some(context) = member("@context") {
            def.context = Some(self.scoped(result, context)?);
        }
        if let Some(members) = written.members {
            settings(&mut def, term, members)?;
        }
        let known = |members: &Object| members.iter().all(|(name, _)| MEMBERS.contains(&name));
        if !written.members.is_none_or(known) {
            return Err(JsonLdError::invalid("invalid term definition", term));
        }
        Ok(Some(def))
    }

    fn type_mapping(
        &mut self,
        result: &mut Context,
        value: Option<&'a Value>,
    ) -> Result<Option<TypeMapping>, JsonLdError> {
        let Some(value) = value else { return Ok(None) };
        let invalid = || JsonLdError::invalid("invalid type mapping", value.to_string());
        let text = value.as_str().ok_or_else(invalid)?;
        Ok(Some(match self.expand(result, text)? {
            Expanded::Keyword(Keyword::Id) => TypeMapping::Id,
            Expanded::Keyword(Keyword::Vocab) => TypeMapping::Vocab,
            Expanded::Keyword(Keyword::Json) => TypeMapping::Json,
            Expanded::Keyword(Keyword::None) => TypeMapping::None,
            Expanded::Text(iri) if has_scheme(&iri) => {
                TypeMapping::Iri { text: iri.as_ref().into(), valid: is_iri(&iri) }
            }
            _ => return Err(invalid()),
        }))
    }

    fn reverse(
        &mut self,
        result: &mut Context,
        mut def: TermDef,
        value: &'a Value,
        members: Option<&'a Object>,
    ) -> Result<Option<TermDef>, JsonLdError> {
        let member = |name: &str| members.and_then(|members| members.get(name));
        if member("@id").is_some() || member("@nest").is_some() {
            return Err(JsonLdError::invalid("invalid reverse property", "with @id or @nest"));
        }
        let invalid = || JsonLdError::invalid("invalid IRI mapping", value.to_string());
        let text = value.as_str().ok_or_else(invalid)?;
        if looks_like_keyword(text) && Keyword::parse(text).is_none() {
            return Ok(None);
        }
        def.mapping = match self.expand(result, text)? {
            Expanded::Text(iri) if has_scheme(&iri) || iri.starts_with("_:") => Mapping::iri(&iri),
            _ => return Err(invalid()),
        };
        match member("@container") {
            None | Some(Value::Null) => {}
            Some(Value::String(name)) if name == "@set" => def.containers.set = true,
            Some(Value::String(name)) if name == "@index" => def.containers.index = true,
            Some(_) => return Err(JsonLdError::invalid("invalid reverse property", "its container")),
        }
        def.reverse = true;
        Ok(Some(def))
    }

    /// What the term stands for; `None` if the definition is to be ignored.
    fn mapping(
        &mut self,
        result: &mut Context,
        term: &'a str,
        written: &Written<'a>,
        prefix: &mut bool,
    ) -> Result<Option<Mapping>, JsonLdError> {
        let invalid = || JsonLdError::invalid("invalid IRI mapping", term);
        match written.id {
            Some(Value::Null) => return Ok(Some(Mapping::Null)),
            Some(Value::String(id)) if id != term => {
                return self.explicit(result, term, id, written.simple, prefix);
            }
            Some(Value::String(_)) | None => {}
            Some(_) => return Err(invalid()),
        }
        if let Some((before, suffix)) = split_compact(term) {
            if let Some((known, _)) = self.map.iter().find(|(name, _)| *name == before) {
                self.define(result, known)?;
            }
            return Ok(Some(match result.terms.get(before).map(|def| &def.mapping) {
                Some(Mapping::Iri { text, .. } | Mapping::Blank(text)) => {
                    Mapping::iri(&format!("{text}{suffix}"))
                }
                _ => Mapping::iri(term),
            }));
        }
        if term.contains('/') {
            return match result.expand(term, true, false) {
                Expanded::Text(iri) if has_scheme(&iri) => Ok(Some(Mapping::iri(&iri))),
                _ => Err(invalid()),
            };
        }
        if term == "@type" {
            return Ok(Some(Mapping::Keyword(Keyword::Type)));
        }
        match &result.vocab {
            Some(vocab) => Ok(Some(Mapping::iri(&format!("{vocab}{term}")))),
            None => Err(invalid()),
        }
    }

    /// The mapping by an `@id` that differs from the term.
    fn explicit(
        &mut self,
        result: &mut Context,
        term: &'a str,
        id: &'a str,
        simple: bool,
        prefix: &mut bool,
    ) -> Result<Option<Mapping>, JsonLdError> {
        let invalid = || JsonLdError::invalid("invalid IRI mapping", term);
        if looks_like_keyword(id) && Keyword::parse(id).is_none() {
            return Ok(None);
        }
        let mapping = match self.expand(result, id)? {
            Expanded::Keyword(Keyword::Context) => {
                return Err(JsonLdError::invalid("invalid keyword alias", term));
            }
            Expanded::Keyword(keyword) => Mapping::Keyword(keyword),
            Expanded::Text(iri) if has_scheme(&iri) || iri.starts_with("_:") => Mapping::iri(&iri),
            _ => return Err(invalid()),
        };
        // In bytes: a term may begin or end with a longer character, and a colon is one byte.
        let inside = term.len() > 2 && term.as_bytes()[1..term.len() - 1].contains(&b':');
        if inside || term.contains('/') {
            self.defined.insert(term, true);
            let same = match (self.expand(result, term)?, &mapping) {
                (Expanded::Text(own), Mapping::Iri { text, .. } | Mapping::Blank(text)) => *own == **text,
                _ => false,
            };
            if !same {
                return Err(invalid());
            }
        } else if simple && !term.contains(':') {
            *prefix = match &mapping {
                Mapping::Iri { text, .. } => text.ends_with([':', '/', '?', '#', '[', ']', '@']),
                Mapping::Blank(_) => true,
                _ => false,
            };
        }
        Ok(Some(mapping))
    }

    fn index(
        &mut self,
        result: &mut Context,
        value: &'a Value,
        containers: Containers,
    ) -> Result<Arc<str>, JsonLdError> {
        let invalid = || JsonLdError::invalid("invalid term definition", "its @index");
        let text = value.as_str().filter(|_| containers.index).ok_or_else(invalid)?;
        match self.expand(result, text)? {
            Expanded::Text(iri) if has_scheme(&iri) => Ok(text.into()),
            _ => Err(invalid()),
        }
    }

    /// Keeps a scoped context for later; one that isn't from a pinned file is tried out at once.
    fn scoped(&self, result: &Context, value: &Value) -> Result<Arc<Local>, JsonLdError> {
        let (base, origin) = (self.local.base.clone(), self.local.origin);
        let scoped = Arc::new(Local { value: value.clone(), base, origin });
        if self.processor.contexts.tries_out(origin) {
            let mut processor = self.processor.clone();
            (processor.override_protected, processor.validate_scoped) = (true, false);
            processor.run(&Arc::new(result.clone()), &scoped, Kind::Property).map_err(
                |error| match error {
                    JsonLdError::Invalid { code, detail } => {
                        JsonLdError::invalid("invalid scoped context", format!("{code}: {detail}"))
                    }
                    other => other,
                },
            )?;
        }
        Ok(scoped)
    }

    /// IRI expansion within a context that is being defined.
    fn expand<'t>(&mut self, result: &'t mut Context, text: &'t str) -> Result<Expanded<'t>, JsonLdError> {
        let prefix = split_compact(text).filter(|(_, suffix)| !suffix.starts_with("//"));
        for name in [Some(text), prefix.map(|(prefix, _)| prefix)].into_iter().flatten() {
            let Some((name, _)) = self.map.iter().find(|(term, _)| *term == name) else { continue };
            if self.defined.get(name) != Some(&true) && Keyword::parse(name).is_none() {
                self.define(result, name)?;
            }
        }
        Ok(result.expand(text, true, false))
    }
}

/// The members of a definition that stand for themselves.
fn settings(def: &mut TermDef, term: &str, members: &Object) -> Result<(), JsonLdError> {
    if members.get("@type").is_none() {
        def.language = match members.get("@language") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(Value::String(tag)) => Some(Some(tag.to_ascii_lowercase().into())),
            Some(_) => return Err(JsonLdError::invalid("invalid language mapping", term)),
        };
        def.direction = match members.get("@direction") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(value) => Some(Some(direction(value)?)),
        };
    }
    if let Some(nest) = members.get("@nest") {
        let nest = nest.as_str().filter(|nest| *nest == "@nest" || !nest.starts_with('@'));
        let nest = nest.ok_or_else(|| JsonLdError::invalid("invalid @nest value", term))?;
        def.nest = Some(nest.into());
    }
    if let Some(prefix) = members.get("@prefix") {
        if term.contains([':', '/']) {
            return Err(JsonLdError::invalid("invalid term definition", term));
        }
        def.prefix = boolean(Some(prefix), "invalid @prefix value")?.unwrap_or(false);
        if def.prefix && matches!(def.mapping, Mapping::Keyword(_)) {
            return Err(JsonLdError::invalid("invalid term definition", term));
        }
    }
    Ok(())
}

fn boolean(value: Option<&Value>, code: &'static str) -> Result<Option<bool>, JsonLdError> {
    match value {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(other) => Err(JsonLdError::invalid(code, other.to_string())),
    }
}

/// `@type` may only be made a set, and protected.
fn check_type_definition(value: &Value) -> Result<(), JsonLdError> {
    let fits = value.as_object().filter(|members| !members.is_empty()).is_some_and(|members| {
        members.iter().all(|(name, value)| match name {
            "@container" => value.as_str() == Some("@set"),
            "@protected" => true,
            _ => false,
        })
    });
    if fits { Ok(()) } else { Err(JsonLdError::invalid("keyword redefinition", "@type")) }
}

fn parse_containers(value: &Value) -> Result<Containers, JsonLdError> {
    let invalid = || JsonLdError::invalid("invalid container mapping", value.to_string());
    let mut found = Containers::default();
    for name in value.one_or_many() {
        match name.as_str().ok_or_else(invalid)? {
            "@graph" => found.graph = true,
            "@id" => found.id = true,
            "@index" => found.index = true,
            "@language" => found.language = true,
            "@list" => found.list = true,
            "@set" => found.set = true,
            "@type" => found.types = true,
            _ => return Err(invalid()),
        }
    }
    let Containers { graph, id, index, language, list, set, types } = found;
    let maps = usize::from(id) + usize::from(index) + usize::from(language) + usize::from(types);
    let fits = match (list, graph) {
        (true, _) => !graph && !set && maps == 0,
        (false, true) => maps <= 1 && !language && !types,
        (false, false) => maps <= 1,
    };
    if fits { Ok(found) } else { Err(invalid()) }
}
