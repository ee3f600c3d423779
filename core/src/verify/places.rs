//! Where in a document a word stands that was refused, as a JSON Pointer (RFC 6901).
//!
//! Who processes JSON-LD knows words, not places. A word that stands in one place only is found again here; one that
//! stands in several isn't guessed at.

use crate::json::{Object, Value};
use crate::jsonld::JsonLdError;

/// The place of what a document was refused for; nothing where it can't be told.
pub(super) fn of(error: &JsonLdError, document: &Object) -> Option<String> {
    let wanted = match error {
        JsonLdError::UndefinedTerm { term } => Wanted { key: Some(term), ..Wanted::default() },
        JsonLdError::DescribedTwice { member } => {
            Wanted { key: Some(member), inner: true, ..Wanted::default() }
        }
        JsonLdError::Keyword { keyword } => Wanted { key: Some(keyword), ..Wanted::default() },
        JsonLdError::Alias { name } => Wanted { key: Some(name), text: Some(name), ..Wanted::default() },
        JsonLdError::UndefinedType { name: text }
        | JsonLdError::RelativeIri { iri: text }
        | JsonLdError::InvalidIri { iri: text }
        | JsonLdError::ShortId { id: text, .. }
        | JsonLdError::UnknownContext { url: text } => Wanted { text: Some(text), ..Wanted::default() },
        JsonLdError::UnsafeContext { .. }
        | JsonLdError::Invalid { code: "protected term redefinition", .. } => {
            Wanted { inline_context: true, ..Wanted::default() }
        }
        _ => return None,
    };
    let mut search = Search { wanted, path: Vec::new(), found: Vec::new() };
    search.object(document);
    match &search.found[..] {
        [place] => Some(place.clone()),
        _ => None,
    }
}

/// What is looked for: a member or a text of this name, or a context that the document brings along.
#[derive(Default)]
struct Wanted<'a> {
    key: Option<&'a str>,
    text: Option<&'a str>,
    inline_context: bool,
    /// Whether the members of the document itself don't count.
    inner: bool,
}

struct Search<'a> {
    wanted: Wanted<'a>,
    path: Vec<String>,
    /// Two at most: then it isn't one.
    found: Vec<String>,
}

impl Search<'_> {
    fn object(&mut self, object: &Object) {
        for (key, value) in object.iter() {
            let is_top = self.path.is_empty();
            self.path.push(key.replace('~', "~0").replace('/', "~1"));
            let is_inline = || value.one_or_many().iter().any(|context| context.as_object().is_some());
            if (self.wanted.key == Some(key) && !(is_top && self.wanted.inner))
                || (self.wanted.inline_context && key == "@context" && is_inline())
            {
                self.hit();
            }
            self.value(value);
            self.path.pop();
        }
    }

    fn value(&mut self, value: &Value) {
        if self.found.len() > 1 {
            return;
        }
        match value {
            Value::Object(object) => self.object(object),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.path.push(at.to_string());
                    self.value(item);
                    self.path.pop();
                }
            }
            Value::String(text) if self.wanted.text == Some(text) => self.hit(),
            _ => {}
        }
    }

    fn hit(&mut self) {
        self.found.push(format!("/{}", self.path.join("/")));
    }
}
