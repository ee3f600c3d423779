//! Values: scalars, value objects, lists and sets.

use super::context::{Context, Direction, Expanded, TermDef, TypeMapping, is_iri};
use super::contexts::Kind;
use super::dataset::Term;
use super::error::JsonLdError;
use super::expand::{At, Expander, Found, Graph, Key, Member, Undefined, has};
use super::keyword::Keyword;
use super::literal;
use super::process::direction;
use crate::json::Value;
use std::sync::Arc;

const RDF_FIRST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
const RDF_REST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
const RDF_NIL: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";

impl Expander<'_> {
    /// Finds what a value stands for.
    pub(super) fn value(
        &mut self,
        context: &Arc<Context>,
        value: &Value,
        at: At<'_>,
    ) -> Result<(), JsonLdError> {
        match value {
            Value::Object(object) => self.object(context, object, at),
            Value::Array(items) => items.iter().try_for_each(|item| self.value(context, item, at)),
            Value::Null => self.dropped(|| "a null".to_owned()),
            _ if at.loose => self.dropped(|| format!("the value {value} outside of a property")),
            _ => match at.def.and_then(|def| def.context.as_ref()) {
                Some(scoped) => {
                    let scoped = self.derive(context, scoped, Kind::Property)?;
                    self.scalar(&scoped, at.def, value)
                }
                None => self.scalar(context, at.def, value),
            },
        }
    }

    /// Value expansion (JSON-LD 1.1 API, section 5.3).
    pub(super) fn scalar(
        &mut self,
        context: &Context,
        def: Option<&TermDef>,
        value: &Value,
    ) -> Result<(), JsonLdError> {
        let found = match (def.and_then(|def| def.type_mapping.as_ref()), value) {
            (Some(TypeMapping::Id), Value::String(text)) => Found::Node(self.iri(context, text, false)?),
            (Some(TypeMapping::Vocab), Value::String(text)) => Found::Node(self.type_term(context, text)?),
            (Some(TypeMapping::Iri { text, valid: true }), _) => {
                return self.typed(value, Some(text));
            }
            (Some(TypeMapping::Iri { text, .. }), _) => return self.invalid_datatype(text),
            (_, Value::String(text)) => {
                let language = match def.and_then(|def| def.language.as_ref()) {
                    Some(own) => own.clone(),
                    None => context.language.clone(),
                };
                let direction = def.and_then(|def| def.direction).unwrap_or(context.direction);
                return self.text(text, language.as_deref(), direction);
            }
            _ => return self.typed(value, None),
        };
        self.found.push(found);
        Ok(())
    }

    fn typed(&mut self, value: &Value, datatype: Option<&str>) -> Result<(), JsonLdError> {
        let span = literal::typed(&mut self.data, value, datatype);
        self.found.extend(span.map(Found::Literal));
        Ok(())
    }

    fn invalid_datatype(&self, datatype: &str) -> Result<(), JsonLdError> {
        match self.undefined {
            Undefined::Drop => Ok(()),
            Undefined::Refuse => Err(JsonLdError::InvalidIri { iri: datatype.to_owned() }),
        }
    }

    /// A text that may have a language and a base direction.
    pub(super) fn text(
        &mut self,
        text: &str,
        language: Option<&str>,
        direction: Option<Direction>,
    ) -> Result<(), JsonLdError> {
        let language = language.map(str::to_ascii_lowercase);
        if let Some(tag) = language.as_deref().filter(|tag| !literal::is_language(tag)) {
            return self.dropped(|| format!("a text with the malformed language “{tag}”"));
        }
        let direction = direction.filter(|_| self.directions);
        let span = literal::text(&mut self.data, text, language.as_deref(), direction);
        self.found.push(Found::Literal(span));
        Ok(())
    }

    /// An object with `@value`.
    pub(super) fn value_object(
        &mut self,
        context: &Context,
        members: &[Member<'_>],
        at: At<'_>,
    ) -> Result<(), JsonLdError> {
        let (mut value, mut datatype, mut language, mut base_direction) = (&Value::Null, None, None, None);
        for member in members {
            match member.key {
                Key::Keyword(Keyword::Value) => value = member.value,
                Key::Keyword(Keyword::Type) => datatype = Some(member.value),
                Key::Keyword(Keyword::Language) => language = Some(member.value),
                Key::Keyword(Keyword::Direction) => base_direction = Some(direction(member.value)?),
                Key::Keyword(Keyword::Index) if member.value.as_str().is_some() => {}
                Key::Keyword(Keyword::Index) => {
                    return Err(JsonLdError::invalid("invalid @index value", member.value.to_string()));
                }
                _ => return Err(JsonLdError::invalid("invalid value object", member.name)),
            }
        }
        if datatype.is_some() && (language.is_some() || base_direction.is_some()) {
            return Err(JsonLdError::invalid("invalid value object", "a type beside a language"));
        }
        let before = self.found.len();
        match (datatype, language) {
            (Some(datatype), _) => self.typed_object(context, value, datatype)?,
            (None, None) if base_direction.is_none() => self.untyped_object(value)?,
            (None, language) => self.text_object(value, language, base_direction)?,
        }
        if at.loose && self.found.len() > before {
            self.found.truncate(before);
            self.dropped(|| format!("the value {value} outside of a property"))?;
        }
        Ok(())
    }

    fn typed_object(
        &mut self,
        context: &Context,
        value: &Value,
        datatype: &Value,
    ) -> Result<(), JsonLdError> {
        let invalid = || JsonLdError::invalid("invalid typed value", datatype.to_string());
        let name = datatype.as_str().ok_or_else(invalid)?;
        let datatype = match context.expand(name, true, true) {
            Expanded::Keyword(Keyword::Json) => {
                let span = literal::json(&mut self.data, value);
                self.found.push(Found::Literal(span));
                return Ok(());
            }
            Expanded::Text(iri) if is_iri(&iri) => iri,
            _ if self.undefined == Undefined::Refuse => {
                return Err(JsonLdError::UndefinedType { name: name.to_owned() });
            }
            _ => return Err(invalid()),
        };
        check_scalar(value)?;
        match value {
            Value::Null => self.dropped(|| "a null".to_owned()),
            _ => self.typed(value, Some(&datatype)),
        }
    }

    fn untyped_object(&mut self, value: &Value) -> Result<(), JsonLdError> {
        check_scalar(value)?;
        match value {
            Value::Null => self.dropped(|| "a null".to_owned()),
            _ => self.typed(value, None),
        }
    }

    fn text_object(
        &mut self,
        value: &Value,
        language: Option<&Value>,
        base_direction: Option<Direction>,
    ) -> Result<(), JsonLdError> {
        check_scalar(value)?;
        let not_text =
            |value: &Value| JsonLdError::invalid("invalid language-tagged string", value.to_string());
        let language = match language {
            Some(tag) => Some(tag.as_str().ok_or_else(|| not_text(tag))?),
            None => None,
        };
        match value {
            Value::Null => self.dropped(|| "a null".to_owned()),
            Value::String(text) => self.text(text, language, base_direction),
            _ => Err(JsonLdError::invalid("invalid language-tagged value", value.to_string())),
        }
    }

    /// An object with `@list` or `@set`.
    pub(super) fn collection(
        &mut self,
        context: &Arc<Context>,
        members: &[Member<'_>],
        at: At<'_>,
    ) -> Result<(), JsonLdError> {
        let is_list = has(members, Keyword::List);
        let mut items = &Value::Null;
        for member in members {
            match member.key {
                Key::Keyword(Keyword::List) if is_list => items = member.value,
                Key::Keyword(Keyword::Set) if !is_list => items = member.value,
                Key::Keyword(Keyword::Index) if member.value.as_str().is_some() => {}
                _ => return Err(JsonLdError::invalid("invalid set or list object", member.name)),
            }
        }
        match is_list {
            true if at.loose => self.dropped(|| "a list outside of a property".to_owned()),
            true => self.list(context, items, at),
            false => self.value(context, items, at),
        }
    }

    /// A list; lists within it are lists of their own.
    pub(super) fn list(
        &mut self,
        context: &Arc<Context>,
        items: &Value,
        at: At<'_>,
    ) -> Result<(), JsonLdError> {
        let start = self.found.len();
        let at = At { from_map: false, id: None, ..at };
        for item in items.one_or_many() {
            match item {
                Value::Array(_) => self.list(context, item, at)?,
                _ => self.value(context, item, at)?,
            }
        }
        let head = self.chain(start, at.graph)?;
        self.found.truncate(start);
        self.found.push(Found::List(head));
        Ok(())
    }

    /// Links what was found since `start` into an RDF list.
    fn chain(&mut self, start: usize, graph: Graph) -> Result<Term, JsonLdError> {
        let mut rest = Term::Text(self.data.iri(RDF_NIL));
        if start == self.found.len() {
            return Ok(rest);
        }
        let (first, next) = (self.data.iri(RDF_FIRST), self.data.iri(RDF_REST));
        for at in (start..self.found.len()).rev() {
            let cell = self.data.blank();
            let item = match self.found[at] {
                Found::Node(term) => term,
                Found::Literal(span) => Some(Term::Text(span)),
                Found::List(head) => Some(head),
            };
            self.state(Some(cell), Some(first), item, graph)?;
            self.state(Some(cell), Some(next), Some(rest), graph)?;
            rest = cell;
        }
        Ok(rest)
    }
}

fn check_scalar(value: &Value) -> Result<(), JsonLdError> {
    match value {
        Value::Array(_) | Value::Object(_) => {
            Err(JsonLdError::invalid("invalid value object value", value.to_string()))
        }
        _ => Ok(()),
    }
}
