//! Quads, each term already written as N-Quads, in one text.

use super::error::JsonLdError;
use std::cmp::Ordering;
use std::fmt::Write;

/// Most quads of one document.
const MAX_QUADS: usize = 100_000;
/// Most bytes of all terms of one document, as N-Quads.
const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes of all statements of one document, written out: a long term may stand in many of them.
const MAX_LINE_BYTES: usize = 32 * 1024 * 1024;

/// A piece of a dataset's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn bytes(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// A term: an IRI or literal as text, or a blank node by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Term {
    Text(Span),
    Blank(u32),
}

/// A statement, in the default graph or a named one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quad {
    pub(super) subject: Term,
    pub(super) predicate: Span,
    pub(super) object: Term,
    pub(super) graph: Option<Term>,
}

impl Quad {
    /// The terms that may be blank nodes, in the order in which they stand.
    pub(super) fn terms(&self) -> impl Iterator<Item = Term> {
        [Some(self.subject), Some(self.object), self.graph].into_iter().flatten()
    }

    /// The numbers of its blank nodes; one that stands twice is given twice.
    pub(super) fn blanks(&self) -> impl Iterator<Item = u32> {
        self.terms().filter_map(|term| match term {
            Term::Blank(number) => Some(number),
            Term::Text(_) => None,
        })
    }

    pub(super) fn has_blank(&self) -> bool {
        self.blanks().next().is_some()
    }
}

/// Statements under construction.
#[derive(Debug, Default)]
pub(super) struct Dataset {
    text: String,
    pub(super) quads: Vec<Quad>,
    /// How many blank nodes there are.
    pub(super) blanks: u32,
    /// The size of all quads as lines, blank nodes aside.
    line_bytes: usize,
}

impl Dataset {
    pub(super) fn with_capacity(text_bytes: usize, quads: usize) -> Self {
        Self { text: String::with_capacity(text_bytes), quads: Vec::with_capacity(quads), ..Self::default() }
    }

    pub(super) fn blank(&mut self) -> Term {
        self.blanks += 1;
        Term::Blank(self.blanks - 1)
    }

    /// Writes an IRI that is known to be valid.
    pub(super) fn iri(&mut self, iri: &str) -> Span {
        self.text(|text| {
            text.push('<');
            text.push_str(iri);
            text.push('>');
        })
    }

    /// Writes a literal; `suffix` is what follows the quoted text, such as `@en` or `^^<…>`.
    pub(super) fn literal(&mut self, value: &str, suffix: &[&str]) -> Span {
        self.text(|text| {
            text.push('"');
            escape(text, value);
            text.push('"');
            suffix.iter().for_each(|part| text.push_str(part));
        })
    }

    fn text(&mut self, write: impl FnOnce(&mut String)) -> Span {
        let start = self.text.len();
        // Beyond the limit nothing is written; `check_text` makes that an error before anything is made of it.
        if start <= MAX_TEXT_BYTES {
            write(&mut self.text);
        }
        // One term more than the limit is far from using up 32 bits.
        Span { start: start as u32, end: self.text.len() as u32 }
    }

    /// Refuses terms over the limit. Nothing may be made of a dataset before.
    pub(super) fn check_text(&self) -> Result<(), JsonLdError> {
        let limit = MAX_TEXT_BYTES as u64;
        match self.text.len() > MAX_TEXT_BYTES {
            true => Err(JsonLdError::TooMuchWork { limit, unit: "bytes of terms" }),
            false => Ok(()),
        }
    }

    pub(super) fn push(&mut self, quad: Quad) -> Result<(), JsonLdError> {
        if self.quads.len() >= MAX_QUADS {
            return Err(JsonLdError::TooMuchWork { limit: MAX_QUADS as u64, unit: "statements" });
        }
        self.check_text()?;
        let bytes = |term: Term| match term {
            Term::Text(span) => span.bytes(),
            Term::Blank(_) => 0,
        };
        self.line_bytes += quad.terms().map(bytes).sum::<usize>() + quad.predicate.bytes();
        if self.line_bytes > MAX_LINE_BYTES {
            let limit = MAX_LINE_BYTES as u64;
            return Err(JsonLdError::TooMuchWork { limit, unit: "bytes of statements" });
        }
        self.quads.push(quad);
        Ok(())
    }

    pub(super) fn resolve(&self, span: Span) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// Room for all quads as lines, with the labels of blank nodes and what stands between terms.
    pub(super) fn line_bytes(&self) -> usize {
        self.line_bytes + 32 * self.quads.len()
    }

    /// An order in which only equal statements are equal. It depends on the numbers of blank nodes.
    pub(super) fn compare(&self, one: &Quad, two: &Quad) -> Ordering {
        let key = |quad: &Quad| [Some(quad.subject), Some(quad.object), quad.graph].map(blank_of);
        let texts = |quad: &Quad| {
            let terms = [Some(quad.subject), Some(Term::Text(quad.predicate)), Some(quad.object), quad.graph];
            terms.map(|term| text_of(term).map(|span| self.resolve(span)))
        };
        key(one).cmp(&key(two)).then_with(|| texts(one).cmp(&texts(two)))
    }

    /// Writes one line; `name` writes the label of a blank node.
    pub(super) fn line(&self, out: &mut String, quad: &Quad, mut name: impl FnMut(&mut String, u32)) {
        let mut term = |out: &mut String, term: Term| match term {
            Term::Text(span) => out.push_str(self.resolve(span)),
            Term::Blank(number) => name(out, number),
        };
        term(out, quad.subject);
        out.push(' ');
        out.push_str(self.resolve(quad.predicate));
        out.push(' ');
        term(out, quad.object);
        if let Some(graph) = quad.graph {
            out.push(' ');
            term(out, graph);
        }
        out.push_str(" .\n");
    }
}

fn blank_of(term: Option<Term>) -> Option<u32> {
    match term {
        Some(Term::Blank(number)) => Some(number),
        _ => None,
    }
}

fn text_of(term: Option<Term>) -> Option<Span> {
    match term {
        Some(Term::Text(span)) => Some(span),
        _ => None,
    }
}

/// Escapes a literal as canonical N-Quads does (RDFC-1.0, section 5).
fn escape(out: &mut String, value: &str) {
    let special = |c: char| matches!(c, '\0'..='\u{1f}' | '"' | '\\' | '\u{7f}' | '\u{fffe}' | '\u{ffff}');
    if !value.bytes().any(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\' | 0x7f | 0xef)) {
        return out.push_str(value);
    }
    let mut rest = value;
    while let Some(at) = rest.find(special) {
        out.push_str(&rest[..at]);
        let mut chars = rest[at..].chars();
        match chars.next() {
            Some('\u{8}') => out.push_str("\\b"),
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\u{c}') => out.push_str("\\f"),
            Some('\r') => out.push_str("\\r"),
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some(other) => {
                // Writing to a String can't fail.
                let _ = write!(out, "\\u{:04X}", u32::from(other));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_escaped_as_rdfc_asks() {
        let escaped = |value: &str| {
            let mut out = String::new();
            escape(&mut out, value);
            out
        };
        assert_eq!(escaped("plain ü 😀"), "plain ü 😀");
        assert_eq!(escaped("\u{8}\t\n\u{c}\r\"\\"), r#"\b\t\n\f\r\"\\"#);
        assert_eq!(escaped("\0\u{b}\u{1f}\u{7f}é"), r"\u0000\u000B\u001F\u007Fé");
        assert_eq!(escaped("a\u{fffe}b\u{ffff}"), r"a\uFFFEb\uFFFF");
        assert_eq!(escaped("\u{fffd}\u{80}"), "\u{fffd}\u{80}");
    }

    #[test]
    fn there_is_a_limit_on_statements() {
        let mut data = Dataset::default();
        let (subject, predicate) = (data.blank(), data.iri("a:b"));
        let quad = Quad { subject, predicate, object: subject, graph: None };
        for _ in 0..MAX_QUADS {
            data.push(quad).expect("under the limit");
        }
        assert_eq!(data.push(quad).expect_err("limit").code(), "too_much_work");
    }
}
