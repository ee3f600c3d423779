//! JSON Canonicalization Scheme (RFC 8785).

use super::{Object, Value};
use std::fmt::Write;

/// The canonical text of a JSON value: no space, members in the order of their UTF-16 units, numbers as ECMAScript
/// writes them.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

/// The same for an object.
pub fn canonical_object(object: &Object) -> String {
    let mut out = String::new();
    write_object(&mut out, object);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::Float(value) => number(out, *value),
        Value::String(text) => string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(object) => write_object(out, object),
    }
}

fn write_object(out: &mut String, object: &Object) {
    let mut members: Vec<(&str, &Value)> = object.iter().collect();
    members.sort_by(|(one, _), (two, _)| one.encode_utf16().cmp(two.encode_utf16()));
    out.push('{');
    for (at, (key, value)) in members.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        string(out, key);
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' => {
                // Writing to a String can't fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A number as ECMAScript writes it: the shortest digits that read back alike.
fn number(out: &mut String, value: f64) {
    if value == 0.0 {
        return out.push('0');
    }
    let shortest = format!("{:e}", value.abs());
    // `{:e}` always writes an exponent.
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let count = digits.len() as i32;
    if value < 0.0 {
        out.push('-');
    }
    let zeros = |count: i32| "0".repeat(count.max(0) as usize);
    if count <= point && point <= 21 {
        out.push_str(&digits);
        out.push_str(&zeros(point - count));
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(point as usize);
        out.push_str(whole);
        out.push('.');
        out.push_str(fraction);
    } else if -6 < point && point <= 0 {
        out.push_str("0.");
        out.push_str(&zeros(-point));
        out.push_str(&digits);
    } else {
        let (first, rest) = digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        let sign = if point > 0 { '+' } else { '-' };
        let _ = write!(out, "e{sign}{}", (point - 1).abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn numbers_are_written_as_ecmascript_does() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (100.0, "100"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1.25e22, "1.25e+22"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-9, "1.5e-9"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (333_333_333.333_333_3, "333333333.3333333"),
            (0.1 + 0.2, "0.30000000000000004"),
        ] {
            let mut out = String::new();
            number(&mut out, value);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn what_is_written_alike_is_alike() {
        for (one, other) in [
            ("6", "6.0"),
            ("6", "0.6e1"),
            ("-0", "0"),
            ("4.50", "4.5"),
            ("2e-3", "0.002"),
            ("\"\\u20ac\\u000F\\u000aA'\\u0042\\u0022\\u005c\\/\"", "\"€\\u000f\\nA'B\\\"\\\\/\""),
            ("{ \"b\" : [ ] , \"a\" : { } }", "{\"a\":{},\"b\":[]}"),
        ] {
            let canonical = |text: &str| canonical(&json::parse(text.as_bytes()).expect(text));
            assert_eq!(canonical(one), canonical(other), "{one}");
        }
        for (one, other) in
            [("[1,2]", "[2,1]"), ("\"é\"", "\"e\u{301}\""), ("1", "\"1\""), ("{}", "[]"), ("0", "null")]
        {
            let canonical = |text: &str| canonical(&json::parse(text.as_bytes()).expect(text));
            assert_ne!(canonical(one), canonical(other), "{one}");
        }
    }

    #[test]
    fn members_are_ordered_by_utf16_and_text_is_barely_escaped() {
        let text =
            "{\"\u{e000}\":1,\"😀\":2,\"b\":[true,null,\"\u{7f}\\u001f\\n/\"],\"a\":{\"z\":1.0,\"\":-2}}";
        let value = json::parse(text.as_bytes()).expect("JSON");
        let expected =
            "{\"a\":{\"\":-2,\"z\":1},\"b\":[true,null,\"\u{7f}\\u001f\\n/\"],\"😀\":2,\"\u{e000}\":1}";
        assert_eq!(canonical(&value), expected);
    }
}
