//! The pinned contexts, compiled once.

use super::context::{Context, Local, Mapping, Origin, TermDef};
use super::error::JsonLdError;
use super::process::Processor;
use crate::json::{self, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock, RwLock};

/// What the words of the data model, in each of its versions, begin with.
const CREDENTIALS_VOCABULARY: &str = "https://www.w3.org/2018/credentials#";

/// Most compiled contexts that are kept; beyond that all are forgotten.
const MAX_COMPILED: usize = 4096;

/// The contexts that documents may name, compiled once and shared. A clone is cheap.
///
/// What is compiled is kept by what was asked for (a pinned URL after another, a scoped context within such
/// a list), up to a limit; nothing is kept of a document.
#[derive(Clone)]
pub struct Contexts(Arc<Inner>);

struct Inner {
    files: FxHashMap<Arc<str>, Arc<Local>>,
    initial: Arc<Context>,
    compiled: RwLock<FxHashMap<Key, Compiled>>,
    /// Every IRI that a term of a pinned context stands for, with the terms.
    words: OnceLock<FxHashMap<Arc<str>, FxHashSet<Arc<str>>>>,
    relaxed: Option<Relaxed>,
}

/// How a context is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Named or written in a document, or included by a context.
    Document,
    /// Scoped to a property.
    Property,
    /// Scoped to a type: doesn't reach into nested objects.
    Type,
}

/// The addresses of a context and of what is applied to it, and how.
pub(super) type Key = (usize, usize, Kind);

/// A compiled context with what it was made of: the key holds their addresses, so they must live on.
pub(super) struct Compiled {
    _parent: Arc<Context>,
    _local: Arc<Local>,
    pub(super) result: Arc<Context>,
}

impl Compiled {
    pub(super) fn new(parent: &Arc<Context>, local: &Arc<Local>, result: &Arc<Context>) -> Self {
        Self { _parent: Arc::clone(parent), _local: Arc::clone(local), result: Arc::clone(result) }
    }
}

type Fetch = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;

/// What only conformance runners have.
struct Relaxed {
    fetch: Box<Fetch>,
}

impl fmt::Debug for Contexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.files.keys()).finish()
    }
}

impl Contexts {
    /// The contexts that come with the program. Compiled on first use, once per process.
    pub fn pinned() -> Self {
        static PINNED: LazyLock<Contexts> = LazyLock::new(|| {
            let files = accolade_schemas::CONTEXTS.iter().filter_map(|pinned| {
                // A pinned file that isn't a context is simply not known; a test holds that there is none.
                let value = read(pinned.url, pinned.bytes).ok()?;
                Some((pinned.url.into(), local(pinned.url, value)))
            });
            Contexts::new(files.collect(), None, None)
        });
        PINNED.clone()
    }

    /// These contexts and one more, which a document may name by `url`; in place of a pinned one if `url` is
    /// already known.
    ///
    /// # Errors
    /// If `bytes` is not JSON with an `@context`, or that context breaks a rule of JSON-LD 1.1.
    pub fn with(&self, url: &str, bytes: &[u8]) -> Result<Self, JsonLdError> {
        let mut files = self.0.files.clone();
        files.insert(url.into(), local(url, read(url, bytes)?));
        let extended = Self::new(files, None, None);
        let named = Local { value: url.into(), base: None, origin: Origin::Pinned };
        extended.processor().run(extended.initial(), &named, Kind::Document)?;
        Ok(extended)
    }

    /// Contexts that are fetched as they are met, against a base IRI: for conformance runners.
    pub(super) fn fetching(
        base: Option<&str>,
        fetch: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self::new(FxHashMap::default(), base, Some(Relaxed { fetch: Box::new(fetch) }))
    }

    fn new(files: FxHashMap<Arc<str>, Arc<Local>>, base: Option<&str>, relaxed: Option<Relaxed>) -> Self {
        Self(Arc::new(Inner {
            files,
            initial: Arc::new(Context::initial(base.map(Arc::from))),
            compiled: RwLock::default(),
            words: OnceLock::new(),
            relaxed,
        }))
    }

    /// Whether only pinned contexts are known, as for every verb.
    pub(super) fn are_pinned(&self) -> bool {
        self.0.relaxed.is_none()
    }

    pub(super) fn initial(&self) -> &Arc<Context> {
        &self.0.initial
    }

    pub(super) fn processor(&self) -> Processor<'_> {
        Processor { contexts: self, remote: Vec::new(), override_protected: false, validate_scoped: true }
    }

    /// The context that a URL names.
    pub(super) fn load(&self, url: &str) -> Result<Arc<Local>, JsonLdError> {
        if let Some(known) = self.0.files.get(url) {
            return Ok(Arc::clone(known));
        }
        let Some(relaxed) = &self.0.relaxed else {
            return Err(JsonLdError::UnknownContext { url: url.to_owned() });
        };
        let bytes =
            (relaxed.fetch)(url).ok_or_else(|| JsonLdError::invalid("loading remote context failed", url))?;
        Ok(local(url, read(url, &bytes)?))
    }

    /// Applies a context to another, from memory where both are pinned.
    pub(super) fn derive(
        &self,
        active: &Arc<Context>,
        local: &Arc<Local>,
        kind: Kind,
    ) -> Result<Arc<Context>, JsonLdError> {
        if let Some(known) = self.recall(active, local, kind) {
            return Ok(known);
        }
        let mut processor = self.processor();
        processor.override_protected = kind == Kind::Property;
        let result = processor.run(active, local, kind)?;
        self.remember(active, local, kind, &result);
        Ok(result)
    }

    /// What [`Contexts::remember`] kept.
    pub(super) fn recall(
        &self,
        active: &Arc<Context>,
        local: &Arc<Local>,
        kind: Kind,
    ) -> Option<Arc<Context>> {
        if !active.pinned {
            return None;
        }
        let compiled = self.0.compiled.read().ok()?;
        compiled.get(&key(active, local, kind)).map(|known| Arc::clone(&known.result))
    }

    /// Keeps a compiled context, if nothing of it comes from a document.
    pub(super) fn remember(
        &self,
        active: &Arc<Context>,
        local: &Arc<Local>,
        kind: Kind,
        result: &Arc<Context>,
    ) {
        if !active.pinned || !result.pinned || local.origin != Origin::Pinned || !self.are_pinned() {
            return;
        }
        let Ok(mut compiled) = self.0.compiled.write() else { return };
        // Documents with odd lists of contexts fill it up; what is needed often comes back at once.
        if compiled.len() >= MAX_COMPILED {
            compiled.clear();
        }
        let value = Compiled::new(active, local, result);
        compiled.entry(key(active, local, kind)).or_insert(value);
    }

    /// Whether scoped contexts are tried out where they are defined. Pinned ones were published and tested.
    pub(super) fn tries_out(&self, origin: Origin) -> bool {
        origin == Origin::Inline || !self.are_pinned()
    }

    fn pinned_names(&self, iri: &str) -> Option<&FxHashSet<Arc<str>>> {
        self.0.words.get_or_init(|| self.words()).get(iri)
    }

    /// Whether an IRI is what a term of a pinned context stands for.
    pub(super) fn is_pinned_word(&self, iri: &str) -> bool {
        self.pinned_names(iri).is_some()
    }

    /// Refuses something in an inline context, outside of conformance runs.
    pub(super) fn refuse_inline(&self, origin: Origin, what: &str) -> Result<(), JsonLdError> {
        if origin == Origin::Pinned || !self.are_pinned() {
            return Ok(());
        }
        Err(JsonLdError::UnsafeContext {
            what: if what.starts_with('@') { format!("set {what}") } else { what.to_owned() },
        })
    }

    /// Refuses a term of an inline context that hides or renames what a reader of the JSON looks for.
    pub(super) fn check_inline(
        &self,
        term: &str,
        def: &TermDef,
        previous: Option<&TermDef>,
    ) -> Result<(), JsonLdError> {
        if !self.are_pinned() {
            return Ok(());
        }
        let refuse = |what: String| Err(JsonLdError::UnsafeContext { what });
        let known = previous.is_some_and(|previous| previous.mapping == def.mapping);
        match &def.mapping {
            Mapping::Null => return refuse(format!("map “{term}” to null")),
            Mapping::Keyword(keyword) if !known => {
                return refuse(format!("make “{term}” another name of {}", keyword.text()));
            }
            Mapping::Iri { text, .. }
                if !known && self.pinned_names(text).is_some_and(|names| !names.contains(term)) =>
            {
                return refuse(format!("make “{term}” another name of {text}, a word of a pinned context"));
            }
            // What the data model has for a document is in its own context. A word of another version's would stand in
            // the signed statements, and no reader of this version would look at it.
            Mapping::Iri { text, .. }
                if !known
                    && text.strip_prefix(CREDENTIALS_VOCABULARY).is_some_and(|word| !word.is_empty()) =>
            {
                return refuse(format!("define “{term}”, a word of another version of the data model"));
            }
            Mapping::Blank(_) => return refuse(format!("map “{term}” to a blank node")),
            _ => {}
        }
        if def.reverse {
            return refuse(format!("define “{term}” as reversed"));
        }
        if def.nest.is_some() {
            return refuse(format!("define “{term}” as nested"));
        }
        Ok(())
    }

    fn words(&self) -> FxHashMap<Arc<str>, FxHashSet<Arc<str>>> {
        let mut words: FxHashMap<Arc<str>, FxHashSet<Arc<str>>> = FxHashMap::default();
        let mut seen = FxHashSet::default();
        let roots = self.0.files.values().map(|file| (Arc::clone(self.initial()), Arc::clone(file)));
        let mut left: Vec<_> = roots.collect();
        while let Some((active, local)) = left.pop() {
            let mut processor = self.processor();
            processor.override_protected = true;
            let Ok(context) = processor.run(&active, &local, Kind::Document) else { continue };
            for (term, def) in &context.terms {
                if let Mapping::Iri { text, .. } = &def.mapping
                    && !def.prefix
                {
                    words.entry(Arc::clone(text)).or_default().insert(Arc::clone(term));
                }
                if let Some(scoped) = &def.context
                    && seen.insert(Arc::as_ptr(scoped) as usize)
                {
                    left.push((Arc::clone(&context), Arc::clone(scoped)));
                }
            }
        }
        words
    }
}

pub(super) fn key(active: &Arc<Context>, local: &Arc<Local>, kind: Kind) -> Key {
    (Arc::as_ptr(active) as usize, Arc::as_ptr(local) as usize, kind)
}

fn local(url: &str, value: Value) -> Arc<Local> {
    Arc::new(Local { value, base: Some(url.into()), origin: Origin::Pinned })
}

/// The `@context` of a file.
fn read(url: &str, bytes: &[u8]) -> Result<Value, JsonLdError> {
    let invalid = |detail: String| JsonLdError::invalid("invalid remote context", format!("{url}: {detail}"));
    let file = json::parse(bytes).map_err(|error| invalid(error.to_string()))?;
    match file {
        Value::Object(mut members) => {
            members.remove("@context").ok_or_else(|| invalid("it has no @context".to_owned()))
        }
        _ => Err(invalid("it is not an object".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiled_contexts_are_bounded_and_never_stay_full() {
        let contexts = Contexts::pinned().with("https://a.example/c", br#"{"@context":{"a":"urn:a"}}"#);
        let contexts = contexts.expect("a context");
        let file = contexts.load("https://a.example/c").expect("known");
        let kept = || contexts.0.compiled.read().map(|compiled| compiled.len()).expect("no panic");
        let mut active = Arc::clone(contexts.initial());
        for _ in 0..MAX_COMPILED + 100 {
            active = contexts.derive(&active, &file, Kind::Document).expect("compiles");
            assert!(kept() <= MAX_COMPILED);
        }
        let next = contexts.derive(&active, &file, Kind::Document).expect("compiles");
        assert!(Arc::ptr_eq(&next, &contexts.derive(&active, &file, Kind::Document).expect("compiles")));
    }
}
