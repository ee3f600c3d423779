//! Values to RDF literals (JSON-LD 1.1 API, sections 5.3 and 8.2).

use super::context::Direction;
use super::dataset::{Dataset, Span};
use crate::json::{Value, jcs};

pub(super) const XSD_BOOLEAN: &str = "http://www.w3.org/2001/XMLSchema#boolean";
pub(super) const XSD_DOUBLE: &str = "http://www.w3.org/2001/XMLSchema#double";
pub(super) const XSD_INTEGER: &str = "http://www.w3.org/2001/XMLSchema#integer";
pub(super) const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";
const RDF_JSON: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";

/// From here on even a whole number is written with an exponent.
const LARGE: f64 = 1e21;

/// Writes a literal with a datatype, or the one that the value itself has.
pub(super) fn typed(data: &mut Dataset, value: &Value, datatype: Option<&str>) -> Option<Span> {
    let mut number = String::new();
    let (text, default) = match value {
        Value::String(text) => (text.as_str(), XSD_STRING),
        Value::Bool(true) => ("true", XSD_BOOLEAN),
        Value::Bool(false) => ("false", XSD_BOOLEAN),
        Value::Int(value) if datatype == Some(XSD_DOUBLE) => {
            double(&mut number, *value as f64);
            (number.as_str(), XSD_DOUBLE)
        }
        Value::Int(value) => {
            number = value.to_string();
            (number.as_str(), XSD_INTEGER)
        }
        Value::Float(value)
            if datatype == Some(XSD_DOUBLE) || value.fract() != 0.0 || value.abs() >= LARGE =>
        {
            double(&mut number, *value);
            (number.as_str(), XSD_DOUBLE)
        }
        Value::Float(value) => {
            // Adding zero turns -0 into 0.
            number = format!("{:.0}", value + 0.0);
            (number.as_str(), XSD_INTEGER)
        }
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(match datatype.unwrap_or(default) {
        XSD_STRING => data.literal(text, &[]),
        datatype => data.literal(text, &["^^<", datatype, ">"]),
    })
}

/// Writes any JSON as a literal of type `rdf:JSON`.
pub(super) fn json(data: &mut Dataset, value: &Value) -> Span {
    data.literal(&jcs::canonical(value), &["^^<", RDF_JSON, ">"])
}

/// Writes a text with a language, a base direction (as an `i18n` datatype), both or none.
pub(super) fn text(
    data: &mut Dataset,
    text: &str,
    language: Option<&str>,
    direction: Option<Direction>,
) -> Span {
    match (language, direction) {
        (None, None) => data.literal(text, &[]),
        (Some(tag), None) => data.literal(text, &["@", tag]),
        (tag, Some(direction)) => {
            let parts =
                ["^^<https://www.w3.org/ns/i18n#", tag.unwrap_or_default(), "_", direction.text(), ">"];
            data.literal(text, &parts)
        }
    }
}

/// The canonical form of `xsd:double`: 15 digits after the point at most, no padding.
fn double(out: &mut String, value: f64) {
    let text = format!("{value:.15e}");
    // `{:e}` always writes a point, for 15 digits are asked for, and an exponent.
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    out.push_str(whole);
    out.push('.');
    out.push_str(if fraction.is_empty() { "0" } else { fraction });
    out.push('E');
    out.push_str(exponent);
}

/// Whether a language tag is well-formed enough for RDF (BCP 47 without the registry).
pub(super) fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().is_some_and(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    first
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: Value, datatype: Option<&str>) -> String {
        let mut data = Dataset::default();
        let span = typed(&mut data, &value, datatype).expect("a literal");
        data.resolve(span).replace("http://www.w3.org/2001/XMLSchema#", "xsd:")
    }

    #[test]
    fn numbers_follow_their_value_unless_a_double_is_asked_for() {
        let float = Some("http://www.w3.org/2001/XMLSchema#float");
        assert_eq!(written(Value::Float(6.0), float), "\"6\"^^<xsd:float>");
        assert_eq!(written(Value::Int(6), float), "\"6\"^^<xsd:float>");
        assert_eq!(written(Value::Float(3.5), float), "\"3.5E0\"^^<xsd:float>");
        assert_eq!(written(Value::Int(6), Some(XSD_DOUBLE)), "\"6.0E0\"^^<xsd:double>");
        assert_eq!(written(Value::Float(-0.0), None), "\"0\"^^<xsd:integer>");
        assert_eq!(written(Value::Int(-7), None), "\"-7\"^^<xsd:integer>");
        assert_eq!(written(Value::Float(0.1), None), "\"1.0E-1\"^^<xsd:double>");
        assert_eq!(written(Value::Float(1e21), None), "\"1.0E21\"^^<xsd:double>");
        assert_eq!(written(Value::Float(-1234.5678), None), "\"-1.2345678E3\"^^<xsd:double>");
        assert_eq!(written(Value::Bool(true), None), "\"true\"^^<xsd:boolean>");
        assert_eq!(written("6".into(), None), "\"6\"");
        assert_eq!(written("6".into(), Some(XSD_STRING)), "\"6\"");
        assert_eq!(typed(&mut Dataset::default(), &Value::Null, None), None);
    }

    #[test]
    fn language_tags() {
        for tag in ["en", "de-at", "zh-hant-tw", "x-klingon", "en-1990"] {
            assert!(is_language(tag), "{tag}");
        }
        for tag in ["", "-", "en-", "-en", "a b", "1en", "en_gb", "ü", "abcdefghi"] {
            assert!(!is_language(tag), "{tag}");
        }
    }
}
