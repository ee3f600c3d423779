//! Expansion straight to quads: the expansion algorithm (JSON-LD 1.1 API, section 5.1) and the deserialization
//! to RDF (section 8) in one pass, without the expanded document in between.

use super::context::{Context, Expanded, Mapping, TermDef};
use super::contexts::{self, Compiled, Contexts, Kind};
use super::dataset::{Dataset, Quad, Span, Term};
use super::error::JsonLdError;
use super::keyword::Keyword;
use super::scope::types_in_order;
use crate::json::{Object, Value};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

pub(super) const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

/// How the words of the credentials data model begin.
const DATA_MODEL: &str = "https://www.w3.org/2018/credentials#";

/// What is done with content that no context defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// It is an error: nothing of a document may stay out of its canonical form.
    Refuse,
    /// It is left out, as JSON-LD 1.1 has it.
    Drop,
}

/// The work on one document.
pub(super) struct Expander<'c> {
    pub(super) contexts: &'c Contexts,
    pub(super) undefined: Undefined,
    /// Whether a base direction is kept, as an `i18n` datatype.
    pub(super) directions: bool,
    pub(super) data: Dataset,
    /// What the values met so far stand for, innermost last.
    pub(super) found: Vec<Found>,
    labels: FxHashMap<String, Term>,
    rdf_type: Option<Span>,
    /// What the document itself is called.
    root: Option<Term>,
    pub(super) compiled: u32,
    pub(super) inline_members: usize,
    /// The contexts that were compiled for this document.
    pub(super) own: FxHashMap<contexts::Key, Compiled>,
}

/// What a value stands for; a term is absent where it had to be dropped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    Node(Option<Term>),
    Literal(Span),
    List(Term),
}

/// The graph that statements go to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Graph {
    Default,
    Named(Term),
    /// Its name had to be dropped, and so has what it holds.
    Dropped,
}

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    /// The definition of the property, if a term names it.
    pub(super) def: Option<&'a TermDef>,
    /// Directly in the document, a graph or `@included`: only nodes belong here.
    pub(super) loose: bool,
    pub(super) graph: Graph,
    /// In a map by id, type or index.
    pub(super) from_map: bool,
    /// The id that a map gives to a node without one.
    pub(super) id: Option<Option<Term>>,
}

impl<'a> At<'a> {
    pub(super) fn loose(graph: Graph) -> Self {
        At { def: None, loose: true, graph, from_map: false, id: None }
    }

    pub(super) fn property(def: Option<&'a TermDef>, graph: Graph) -> Self {
        At { def, loose: false, graph, from_map: false, id: None }
    }
}

/// A member's name, understood.
pub(super) enum Key<'k> {
    Keyword(Keyword),
    Term(&'k TermDef),
    Iri(Cow<'k, str>),
}

/// A member of an object, understood.
pub(super) struct Member<'k> {
    pub(super) key: Key<'k>,
    pub(super) name: &'k str,
    pub(super) value: &'k Value,
}

impl<'c> Expander<'c> {
    pub(super) fn new(contexts: &'c Contexts, undefined: Undefined, directions: bool) -> Self {
        Self {
            contexts,
            undefined,
            directions,
            data: Dataset::with_capacity(16 * 1024, 128),
            found: Vec::with_capacity(32),
            labels: FxHashMap::default(),
            rdf_type: None,
            root: None,
            compiled: 0,
            inline_members: 0,
            own: FxHashMap::default(),
        }
    }

    /// A whole document, but for the top-level members named in `without`.
    pub(super) fn document(
        &mut self,
        context: &Arc<Context>,
        document: &Object,
        without: &[&str],
    ) -> Result<(), JsonLdError> {
        self.map(context, document, At::loose(Graph::Default), Some(without))
    }

    /// An object below the top.
    pub(super) fn object(
        &mut self,
        context: &Arc<Context>,
        object: &Object,
        at: At<'_>,
    ) -> Result<(), JsonLdError> {
        self.map(context, object, at, None)
    }

    fn map(
        &mut self,
        context: &Arc<Context>,
        object: &Object,
        at: At<'_>,
        root: Option<&[&str]>,
    ) -> Result<(), JsonLdError> {
        let outer = self.outer_context(context, object, at)?;
        let mut inner = Cow::Borrowed(&*outer);
        for kind in types_in_order(&outer, object) {
            if let Some(scoped) = outer.terms.get(kind).and_then(|def| def.context.as_ref()) {
                inner = Cow::Owned(self.derive(&inner, scoped, Kind::Type)?);
            }
        }
        let mut members = self.members(&inner, object)?;
        if let Some(without) = root {
            members.retain(|member| !without.contains(&member.name));
        }
        if has(&members, Keyword::Value) {
            return self.value_object(&outer, &members, at);
        }
        self.check_spelling(&inner, &members)?;
        if has(&members, Keyword::List) || has(&members, Keyword::Set) {
            return self.collection(&inner, &members, at);
        }
        if matches!(members[..], [Member { key: Key::Keyword(Keyword::Language), .. }]) {
            return self.dropped(|| "a language without a text".to_owned());
        }
        let subject = match id_of(&inner, &members) {
            Some(id) => self.node_id(&inner, id)?,
            None => match at.id {
                Some(id) => id,
                None => Some(self.data.blank()),
            },
        };
        match root {
            Some(_) => self.root = subject,
            None => self.check_described_once(subject, &members)?,
        }
        let only_graph =
            root.is_some() && matches!(members[..], [Member { key: Key::Keyword(Keyword::Graph), .. }]);
        let inside = match subject {
            _ if only_graph => Graph::Default,
            Some(name) => Graph::Named(name),
            None => Graph::Dropped,
        };
        let node = Node { outer: &outer, inner: &inner, subject, graph: at.graph, inside };
        self.node(&node, &members)?;
        self.found.push(Found::Node(subject));
        Ok(())
    }

    /// Refuses keywords that a pinned context has names for: who reads the JSON looks for those.
    fn check_spelling(&self, context: &Context, members: &[Member<'_>]) -> Result<(), JsonLdError> {
        if !self.contexts.are_pinned() {
            return Ok(());
        }
        let aliased = |name: &str, keyword| context.keyword(name) == Some(keyword);
        let hidden = members.iter().find_map(|member| match member.key {
            Key::Keyword(Keyword::Id) if member.name == "@id" && aliased("id", Keyword::Id) => Some("@id"),
            Key::Keyword(Keyword::Type) if member.name == "@type" && aliased("type", Keyword::Type) => {
                Some("@type")
            }
            Key::Keyword(Keyword::Set) => Some("@set"),
            _ => None,
        });
        hidden.map_or(Ok(()), |keyword| Err(JsonLdError::Keyword { keyword }))
    }

    /// Refuses what the data model has credentials say of themselves where it stands at another mention of
    /// the document. Statements about one node merge, wherever they stand, so a signature couldn't tell.
    fn check_described_once(&self, subject: Option<Term>, members: &[Member<'_>]) -> Result<(), JsonLdError> {
        if !self.contexts.are_pinned() || !self.is_root(subject) {
            return Ok(());
        }
        let of_data_model = |member: &&Member<'_>| match &member.key {
            Key::Term(def) => {
                matches!(&def.mapping, Mapping::Iri { text, .. } if text.starts_with(DATA_MODEL))
            }
            Key::Iri(iri) => iri.starts_with(DATA_MODEL),
            Key::Keyword(_) => false,
        };
        match members.iter().find(of_data_model) {
            Some(member) => Err(JsonLdError::DescribedTwice { member: member.name.to_owned() }),
            None => Ok(()),
        }
    }

    fn is_root(&self, subject: Option<Term>) -> bool {
        match (self.root, subject) {
            (Some(Term::Blank(root)), Some(Term::Blank(other))) => root == other,
            (Some(Term::Text(root)), Some(Term::Text(other))) => {
                self.data.resolve(root) == self.data.resolve(other)
            }
            _ => false,
        }
    }

    /// The members of an object, understood in a context; those that mean nothing are left out.
    pub(super) fn members<'k>(
        &mut self,
        context: &'k Context,
        object: &'k Object,
    ) -> Result<Vec<Member<'k>>, JsonLdError> {
        let mut members = Vec::with_capacity(object.len());
        let mut seen: u32 = 0;
        for (name, value) in object.iter() {
            if name == "@context" {
                continue;
            }
            let Some(key) = self.key(context, name)? else { continue };
            if let Key::Keyword(keyword) = key {
                let bit = 1u32 << keyword as u32;
                let repeatable = match keyword {
                    Keyword::Included | Keyword::Nest => true,
                    Keyword::Type => self.undefined == Undefined::Drop,
                    _ => false,
                };
                if seen & bit != 0 && !repeatable {
                    return Err(JsonLdError::invalid("colliding keywords", name));
                }
                seen |= bit;
            }
            members.push(Member { key, name, value });
        }
        Ok(members)
    }

    fn key<'k>(&self, context: &'k Context, name: &'k str) -> Result<Option<Key<'k>>, JsonLdError> {
        let key = match context.terms.get(name).map(|def| (def, &def.mapping)) {
            Some((_, Mapping::Keyword(keyword))) => Some(Key::Keyword(*keyword)),
            Some((def, Mapping::Iri { text, .. })) if text.contains(':') => Some(Key::Term(def)),
            Some((def, Mapping::Blank(_))) => Some(Key::Term(def)),
            Some(_) => None,
            None => match context.expand(name, true, false) {
                Expanded::Keyword(keyword) => Some(Key::Keyword(keyword)),
                Expanded::Text(iri) if iri.contains(':') => Some(Key::Iri(iri)),
                _ => None,
            },
        };
        if self.undefined == Undefined::Refuse {
            match &key {
                None => return Err(JsonLdError::UndefinedTerm { term: name.to_owned() }),
                Some(Key::Keyword(keyword)) => allowed(*keyword, name)?,
                Some(Key::Iri(iri)) if self.contexts.is_pinned_word(iri) => {
                    return Err(JsonLdError::Alias { name: name.to_owned() });
                }
                _ => {}
            }
        }
        Ok(key)
    }

    /// The term of a node's identifier, or `None` where it had to be dropped.
    pub(super) fn node_id(&mut self, context: &Context, id: &Value) -> Result<Option<Term>, JsonLdError> {
        let Some(text) = id.as_str() else {
            return Err(JsonLdError::invalid("invalid @id value", id.to_string()));
        };
        self.iri(context, text, false)
    }

    /// The term of an IRI or blank node identifier of the document.
    pub(super) fn iri(
        &mut self,
        context: &Context,
        text: &str,
        vocab: bool,
    ) -> Result<Option<Term>, JsonLdError> {
        let expanded = context.expand(text, vocab, true);
        if let Expanded::Text(iri) = &expanded {
            if iri.starts_with("_:") {
                return Ok(Some(self.labelled(iri)));
            }
            if super::context::is_iri(iri) {
                if !vocab && **iri != *text && self.contexts.are_pinned() {
                    return Err(JsonLdError::ShortId { id: text.to_owned(), iri: iri.to_string() });
                }
                return Ok(Some(Term::Text(self.data.iri(iri))));
            }
        }
        if self.undefined == Undefined::Drop {
            return Ok(None);
        }
        Err(match expanded {
            Expanded::Text(iri) if super::context::has_scheme(&iri) => {
                JsonLdError::InvalidIri { iri: text.to_owned() }
            }
            _ if vocab => JsonLdError::UndefinedType { name: text.to_owned() },
            _ => JsonLdError::RelativeIri { iri: text.to_owned() },
        })
    }

    /// The blank node with a label of the document.
    fn labelled(&mut self, label: &str) -> Term {
        if let Some(known) = self.labels.get(label) {
            return *known;
        }
        let fresh = self.data.blank();
        self.labels.insert(label.to_owned(), fresh);
        fresh
    }

    /// States something, if all of it is there.
    pub(super) fn state(
        &mut self,
        subject: Option<Term>,
        predicate: Option<Span>,
        object: Option<Term>,
        graph: Graph,
    ) -> Result<(), JsonLdError> {
        let (Some(subject), Some(predicate), Some(object)) = (subject, predicate, object) else {
            return Ok(());
        };
        let graph = match graph {
            Graph::Default => None,
            Graph::Named(name) => Some(name),
            Graph::Dropped => return Ok(()),
        };
        self.data.push(Quad { subject, predicate, object, graph })
    }

    pub(super) fn rdf_type(&mut self) -> Option<Span> {
        if self.rdf_type.is_none() {
            self.rdf_type = Some(self.data.iri(RDF_TYPE));
        }
        self.rdf_type
    }

    /// Content that doesn't reach the graph: an error, unless such content is dropped.
    pub(super) fn dropped(&self, what: impl FnOnce() -> String) -> Result<(), JsonLdError> {
        match self.undefined {
            Undefined::Drop => Ok(()),
            Undefined::Refuse => Err(JsonLdError::Dropped { what: what() }),
        }
    }
}

/// A node under way.
pub(super) struct Node<'n> {
    /// The context for its types.
    pub(super) outer: &'n Arc<Context>,
    /// The context for everything else.
    pub(super) inner: &'n Arc<Context>,
    pub(super) subject: Option<Term>,
    /// The graph that it stands in.
    pub(super) graph: Graph,
    /// The graph that its `@graph` fills.
    pub(super) inside: Graph,
}

/// Refuses keywords that lead away from what a reader of the JSON sees. Aliases come from pinned contexts.
fn allowed(keyword: Keyword, name: &str) -> Result<(), JsonLdError> {
    match keyword {
        Keyword::Id | Keyword::Type | Keyword::Value | Keyword::Language | Keyword::Direction => Ok(()),
        Keyword::List | Keyword::Set => Ok(()),
        Keyword::Index => Err(JsonLdError::Dropped { what: "an @index".to_owned() }),
        Keyword::Reverse | Keyword::Included | Keyword::Graph | Keyword::Nest if !name.starts_with('@') => {
            Ok(())
        }
        _ => Err(JsonLdError::Keyword { keyword: keyword.text() }),
    }
}

pub(super) fn has(members: &[Member<'_>], wanted: Keyword) -> bool {
    members.iter().any(|member| matches!(member.key, Key::Keyword(keyword) if keyword == wanted))
}

/// The `@id` among the members of a node, or nested in them.
fn id_of<'k>(context: &Context, members: &[Member<'k>]) -> Option<&'k Value> {
    members.iter().find_map(|member| match member.key {
        Key::Keyword(Keyword::Id) => Some(member.value),
        Key::Keyword(Keyword::Nest) => nested_id(context, member.value),
        _ => None,
    })
}

fn nested_id<'v>(context: &Context, nested: &'v Value) -> Option<&'v Value> {
    let objects = nested.one_or_many().iter().filter_map(Value::as_object);
    objects.flat_map(Object::iter).find_map(|(name, value)| match context.keyword(name) {
        Some(Keyword::Id) => Some(value),
        Some(Keyword::Nest) => nested_id(context, value),
        _ => None,
    })
}
