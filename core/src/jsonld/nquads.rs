//! Reads N-Quads, for conformance runners.

use super::dataset::{Dataset, Quad, Span, Term};
use super::error::JsonLdError;
use super::literal::XSD_STRING;

/// The statements of a text, and the labels of its blank nodes by their number.
pub(super) fn parse(text: &str) -> Result<(Dataset, Vec<String>), JsonLdError> {
    let mut reader = Reader { data: Dataset::default(), labels: Vec::new() };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        reader.statement(line).ok_or_else(|| JsonLdError::invalid("invalid N-Quads", line))??;
    }
    Ok((reader.data, reader.labels))
}

struct Reader {
    data: Dataset,
    labels: Vec<String>,
}

impl Reader {
    fn statement(&mut self, line: &str) -> Option<Result<(), JsonLdError>> {
        let (subject, rest) = self.term(line)?;
        let (Term::Text(predicate), rest) = self.term(rest)? else { return None };
        let (object, rest) = self.term(rest)?;
        let (graph, rest) = match rest.starts_with('.') {
            true => (None, rest),
            false => self.term(rest).map(|(graph, rest)| (Some(graph), rest))?,
        };
        let rest = rest.strip_prefix('.')?.trim_start();
        if !rest.is_empty() && !rest.starts_with('#') {
            return None;
        }
        Some(self.data.push(Quad { subject, predicate, object, graph }))
    }

    fn term<'t>(&mut self, text: &'t str) -> Option<(Term, &'t str)> {
        if let Some(rest) = text.strip_prefix("_:") {
            let end = rest.find([' ', '\t', '<'])?;
            let label = &rest[..end];
            let number = match self.labels.iter().position(|known| known == label) {
                Some(number) => number,
                None => {
                    self.labels.push(label.to_owned());
                    self.data.blank();
                    self.labels.len() - 1
                }
            };
            return Some((Term::Blank(u32::try_from(number).ok()?), rest[end..].trim_start()));
        }
        if text.starts_with('<') {
            let (iri, rest) = bracketed(text)?;
            return Some((Term::Text(self.data.iri(&iri)), rest.trim_start()));
        }
        let rest = text.strip_prefix('"')?;
        let end = closing_quote(rest)?;
        let value = unescape(&rest[..end])?;
        let rest = &rest[end + 1..];
        let (span, rest): (Span, &str) = if let Some(rest) = rest.strip_prefix("^^") {
            let (datatype, rest) = bracketed(rest)?;
            match datatype.as_str() {
                XSD_STRING => (self.data.literal(&value, &[]), rest),
                datatype => (self.data.literal(&value, &["^^<", datatype, ">"]), rest),
            }
        } else if let Some(rest) = rest.strip_prefix('@') {
            let end = rest.find([' ', '\t', '.', '<']).unwrap_or(rest.len());
            (self.data.literal(&value, &["@", &rest[..end]]), &rest[end..])
        } else {
            (self.data.literal(&value, &[]), rest)
        };
        Some((Term::Text(span), rest.trim_start()))
    }
}

fn bracketed(text: &str) -> Option<(String, &str)> {
    let (iri, rest) = text.strip_prefix('<')?.split_once('>')?;
    Some((unescape(iri)?, rest))
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let digits = match chars.next()? {
            't' => {
                out.push('\t');
                continue;
            }
            'b' => {
                out.push('\u{8}');
                continue;
            }
            'n' => {
                out.push('\n');
                continue;
            }
            'r' => {
                out.push('\r');
                continue;
            }
            'f' => {
                out.push('\u{c}');
                continue;
            }
            literal @ ('"' | '\'' | '\\') => {
                out.push(literal);
                continue;
            }
            'u' => 4,
            'U' => 8,
            _ => return None,
        };
        let code: String = chars.by_ref().take(digits).collect();
        out.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_term() {
        let text = "# comment\n_:a <a:p> \"x\\n\\u00e9\\\"\"@en <a:g> .\n\n<a:s> <a:p> \"1\"^^<a:t>.\n<a:s> <a:p> _:a .\n";
        let (data, labels) = parse(text).expect("N-Quads");
        let mut out = String::new();
        for quad in &data.quads {
            data.line(&mut out, quad, |out, blank| out.push_str(&format!("_:{blank}")));
        }
        let expected = "_:0 <a:p> \"x\\né\\\"\"@en <a:g> .\n<a:s> <a:p> \"1\"^^<a:t> .\n<a:s> <a:p> _:0 .\n";
        assert_eq!((out.as_str(), labels.as_slice()), (expected, ["a".to_owned()].as_slice()));
    }

    #[test]
    fn refuses_what_is_no_statement() {
        for line in [
            "<a:s> <a:p> .",
            "<a:s> \"p\" <a:o>",
            "<a:s> _:p <a:o> .",
            "<a:s> <a:p> \"o .",
            "<a:s> <a:p> \"\\x\" .",
            "<a:s> <a:p> <a:o> . x",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
