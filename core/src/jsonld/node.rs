//! The members of a node.

use super::context::{Context, Expanded, Mapping, TermDef, TypeMapping};
use super::contexts::Kind;
use super::dataset::{Span, Term};
use super::error::JsonLdError;
use super::expand::{At, Expander, Found, Graph, Key, Member, Node, Undefined, has};
use super::keyword::Keyword;
use super::literal;
use crate::json::{Object, Value};
use std::sync::Arc;

/// Which way a property's statements go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Forth,
    Back,
}

impl Expander<'_> {
    /// States what the members of a node say.
    pub(super) fn node(&mut self, node: &Node<'_>, members: &[Member<'_>]) -> Result<(), JsonLdError> {
        for member in members {
            match member.key {
                Key::Keyword(keyword) => self.keyword(node, keyword, member)?,
                _ => self.property(node, member, Way::Forth)?,
            }
        }
        Ok(())
    }

    fn keyword(&mut self, node: &Node<'_>, keyword: Keyword, member: &Member<'_>) -> Result<(), JsonLdError> {
        let (context, value) = (node.inner, member.value);
        match keyword {
            Keyword::Id => Ok(()),
            Keyword::Type => self.types(node, value),
            Keyword::Graph => {
                let start = self.found.len();
                self.value(context, value, At::loose(node.inside))?;
                self.found.truncate(start);
                Ok(())
            }
            Keyword::Included => self.included(node, value),
            Keyword::Index => match value {
                Value::String(_) => self.dropped(|| "an @index".to_owned()),
                _ => Err(JsonLdError::invalid("invalid @index value", value.to_string())),
            },
            Keyword::Reverse => self.reverse(node, value),
            Keyword::Nest => self.nest(node, member),
            other => self.dropped(|| format!("{} in a node", other.text())),
        }
    }

    fn types(&mut self, node: &Node<'_>, value: &Value) -> Result<(), JsonLdError> {
        let predicate = self.rdf_type();
        for kind in value.one_or_many() {
            let Some(name) = kind.as_str() else {
                return Err(JsonLdError::invalid("invalid type value", value.to_string()));
            };
            let kind = self.type_term(node.outer, name)?;
            self.state(node.subject, predicate, kind, node.graph)?;
        }
        Ok(())
    }

    pub(super) fn type_term(&mut self, context: &Context, name: &str) -> Result<Option<Term>, JsonLdError> {
        if let Some(Mapping::Iri { text, valid: true }) = context.terms.get(name).map(|def| &def.mapping) {
            return Ok(Some(Term::Text(self.data.iri(text))));
        }
        if self.undefined == Undefined::Refuse
            && let Expanded::Text(iri) = context.expand(name, true, true)
            && self.contexts.is_pinned_word(&iri)
        {
            return Err(JsonLdError::Alias { name: name.to_owned() });
        }
        self.iri(context, name, true)
    }

    fn included(&mut self, node: &Node<'_>, value: &Value) -> Result<(), JsonLdError> {
        let invalid = || JsonLdError::invalid("invalid @included value", value.to_string());
        let start = self.found.len();
        for item in value.one_or_many() {
            let object = item.as_object().ok_or_else(invalid)?;
            self.object(node.inner, object, At::property(None, node.graph))?;
        }
        let nodes = self.found[start..].iter().all(|found| matches!(found, Found::Node(_)));
        self.found.truncate(start);
        if nodes { Ok(()) } else { Err(invalid()) }
    }

    fn reverse(&mut self, node: &Node<'_>, value: &Value) -> Result<(), JsonLdError> {
        let Value::Object(object) = value else {
            return Err(JsonLdError::invalid("invalid @reverse value", value.to_string()));
        };
        for member in self.members(node.inner, object)? {
            if matches!(member.key, Key::Keyword(_)) {
                return Err(JsonLdError::invalid("invalid reverse property map", member.name));
            }
            self.property(node, &member, Way::Back)?;
        }
        Ok(())
    }

    fn nest(&mut self, node: &Node<'_>, member: &Member<'_>) -> Result<(), JsonLdError> {
        let scoped = node.inner.terms.get(member.name).and_then(|def| def.context.as_ref());
        let context = match scoped {
            Some(scoped) => self.derive(node.inner, scoped, Kind::Property)?,
            None => Arc::clone(node.inner),
        };
        for item in member.value.one_or_many() {
            let invalid = || JsonLdError::invalid("invalid @nest value", item.to_string());
            let members = self.members(&context, item.as_object().ok_or_else(invalid)?)?;
            if has(&members, Keyword::Value) {
                return Err(invalid());
            }
            self.node(&Node { inner: &context, ..*node }, &members)?;
        }
        Ok(())
    }

    fn property(&mut self, node: &Node<'_>, member: &Member<'_>, way: Way) -> Result<(), JsonLdError> {
        let (def, predicate) = match &member.key {
            Key::Term(def) => (Some(*def), self.predicate(&def.mapping, member.name)?),
            Key::Iri(iri) => (None, self.predicate(&Mapping::iri(iri), member.name)?),
            Key::Keyword(_) => return Ok(()),
        };
        let start = self.found.len();
        self.values(node.inner, def, member.value, node.graph)?;
        let back = (way == Way::Back) != def.is_some_and(|def| def.reverse);
        for at in start..self.found.len() {
            match (self.found[at], back) {
                (Found::Node(other), true) => self.state(other, predicate, node.subject, node.graph)?,
                (_, true) => {
                    return Err(JsonLdError::invalid("invalid reverse property value", member.name));
                }
                (Found::Node(object), false) => self.state(node.subject, predicate, object, node.graph)?,
                (Found::Literal(span), false) => {
                    self.state(node.subject, predicate, Some(Term::Text(span)), node.graph)?;
                }
                (Found::List(head), false) => {
                    self.state(node.subject, predicate, Some(head), node.graph)?;
                }
            }
        }
        self.found.truncate(start);
        Ok(())
    }

    fn predicate(&mut self, mapping: &Mapping, name: &str) -> Result<Option<Span>, JsonLdError> {
        match mapping {
            Mapping::Iri { text, valid: true } => Ok(Some(self.data.iri(text))),
            Mapping::Iri { text, .. } if self.undefined == Undefined::Refuse => {
                Err(JsonLdError::InvalidIri { iri: text.as_ref().to_owned() })
            }
            _ => {
                self.dropped(|| format!("the member “{name}” with a blank node for its name"))?;
                Ok(None)
            }
        }
    }

    /// Finds what the values of a property stand for, by the term's containers.
    fn values(
        &mut self,
        context: &Arc<Context>,
        def: Option<&TermDef>,
        value: &Value,
        graph: Graph,
    ) -> Result<(), JsonLdError> {
        let at = At::property(def, graph);
        let Some(def) = def else { return self.value(context, value, at) };
        if def.type_mapping == Some(TypeMapping::Json) {
            let span = literal::json(&mut self.data, value);
            self.found.push(Found::Literal(span));
            return Ok(());
        }
        let containers = def.containers;
        match value {
            Value::Object(map) if containers.language => self.language_map(context, def, map),
            Value::Object(map) if containers.maps() => self.keyed_map(context, def, map, graph),
            Value::Null => self.value(context, value, at),
            Value::Object(object) if containers.list && self.is_list(context, def, object)? => {
                self.object(context, object, at)
            }
            _ if containers.list => self.list(context, value, at),
            _ if containers.graph && !containers.id && !containers.index => {
                for item in value.one_or_many() {
                    let name = Some(self.data.blank());
                    self.within_graph(context, item, at, name)?;
                }
                Ok(())
            }
            _ => self.value(context, value, at),
        }
    }

    /// Whether an object under a list term is itself a list.
    fn is_list(
        &mut self,
        context: &Arc<Context>,
        def: &TermDef,
        object: &Object,
    ) -> Result<bool, JsonLdError> {
        let scoped = match &def.context {
            Some(scoped) => self.derive(context, scoped, Kind::Property)?,
            None => Arc::clone(context),
        };
        Ok(object.iter().any(|(name, _)| scoped.keyword(name) == Some(Keyword::List)))
    }

    /// A value in a graph of its own.
    fn within_graph(
        &mut self,
        context: &Arc<Context>,
        value: &Value,
        at: At<'_>,
        name: Option<Term>,
    ) -> Result<(), JsonLdError> {
        let start = self.found.len();
        self.value(context, value, At { graph: name.map_or(Graph::Dropped, Graph::Named), ..at })?;
        let any = self.found.len() > start;
        if self.found[start..].iter().any(|found| !matches!(found, Found::Node(_))) {
            self.dropped(|| "a text in place of a graph".to_owned())?;
        }
        self.found.truncate(start);
        if any {
            self.found.push(Found::Node(name));
        }
        Ok(())
    }

    fn language_map(&mut self, context: &Context, def: &TermDef, map: &Object) -> Result<(), JsonLdError> {
        let direction = def.direction.unwrap_or(context.direction);
        for (tag, texts) in map.iter() {
            let none = context.expand(tag, true, false) == Expanded::Keyword(Keyword::None);
            let tag = (!none).then_some(tag);
            for text in texts.one_or_many() {
                match text {
                    Value::Null => self.dropped(|| "a null in a language map".to_owned())?,
                    Value::String(text) => self.text(text, tag, direction)?,
                    _ => return Err(JsonLdError::invalid("invalid language map value", text.to_string())),
                }
            }
        }
        Ok(())
    }

    /// A map by index, id or type.
    fn keyed_map(
        &mut self,
        context: &Arc<Context>,
        def: &TermDef,
        map: &Object,
        graph: Graph,
    ) -> Result<(), JsonLdError> {
        let containers = def.containers;
        for (key, values) in map.iter() {
            let mut inner = Arc::clone(context);
            if containers.id || containers.types {
                inner = context.previous.as_ref().map_or(inner, Arc::clone);
            }
            let scoped =
                inner.terms.get(key).filter(|_| containers.types).and_then(|def| def.context.clone());
            if let Some(scoped) = scoped {
                inner = self.derive(&inner, &scoped, Kind::Type)?;
            }
            let none = context.expand(key, true, false) == Expanded::Keyword(Keyword::None);
            for value in values.one_or_many() {
                let start = self.found.len();
                let id = match containers.id && !none {
                    true => Some(self.iri(context, key, false)?),
                    false => None,
                };
                let at = At { def: Some(def), loose: false, graph, from_map: true, id };
                if containers.graph && !is_graph(&inner, value) {
                    let name = id.unwrap_or_else(|| Some(self.data.blank()));
                    self.within_graph(&inner, value, At { id: None, ..at }, name)?;
                } else {
                    self.value(&inner, value, at)?;
                }
                if !none {
                    self.mark(context, def, key, graph, start)?;
                }
            }
        }
        Ok(())
    }

    /// States what a key of a map says of the nodes that were found under it.
    fn mark(
        &mut self,
        context: &Arc<Context>,
        def: &TermDef,
        key: &str,
        graph: Graph,
        start: usize,
    ) -> Result<(), JsonLdError> {
        let (predicate, object) = match (&def.index, def.containers) {
            (Some(index), _) => {
                let own = context.terms.get(&**index).cloned();
                let before = self.found.len();
                self.scalar(context, own.as_deref(), &Value::from(key))?;
                let object = match self.found.pop() {
                    Some(Found::Node(term)) if self.found.len() == before => term,
                    Some(Found::Literal(span)) => Some(Term::Text(span)),
                    _ => None,
                };
                self.found.truncate(before);
                let predicate = match context.expand(index, true, false) {
                    Expanded::Text(iri) => self.predicate(&Mapping::iri(&iri), index)?,
                    _ => None,
                };
                (predicate, object)
            }
            (None, containers) if containers.index => {
                return self.dropped(|| format!("the index “{key}”"));
            }
            (None, containers) if containers.types => (self.rdf_type(), self.type_term(context, key)?),
            _ => return Ok(()),
        };
        for at in start..self.found.len() {
            match self.found[at] {
                Found::Node(subject) => self.state(subject, predicate, object, graph)?,
                _ if def.index.is_some() => {
                    return Err(JsonLdError::invalid("invalid value object", key));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether a value is a graph already: an object of `@graph`, with `@id`, `@index` and `@context` at most.
fn is_graph(context: &Context, value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    let keyword = |name: &str| context.keyword(name);
    object.iter().any(|(name, _)| keyword(name) == Some(Keyword::Graph))
        && object.iter().all(|(name, _)| {
            matches!(keyword(name), Some(Keyword::Graph | Keyword::Id | Keyword::Index | Keyword::Context))
        })
}
