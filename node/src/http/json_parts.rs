//! Where the parts of a JSON text stand, without reading them: so that each badge of a batch is read by itself, once,
//! and junk in one of them spoils no other.

use accolade_core::json::MAX_MEMBERS;
use std::ops::Range;

/// A text that isn't JSON: at which byte that shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) at: usize,
}

/// A member of an object: where its key stands, with its quotes, and where its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
}

/// The members of the object that `bytes` begin with, up to where they break off; and where, if they do. The values
/// are told apart by quotes and brackets alone: whether one of them is JSON is for its reader to say.
pub(super) fn members(bytes: &[u8]) -> (Vec<Member>, Result<(), Broken>) {
    let mut found = Vec::new();
    let end = read_members(bytes, &mut found);
    (found, end)
}

/// The items of the array that begins at `begin`; no more than `most` and one are looked for.
pub(super) fn items(bytes: &[u8], begin: usize, most: usize) -> Result<Vec<Range<usize>>, Broken> {
    let mut found = Vec::new();
    let mut at = after(bytes, begin, b'[')?;
    if byte(bytes, at) == Some(b']') {
        return Ok(found);
    }
    loop {
        let end = value_end(bytes, at)?;
        found.push(at..end);
        if found.len() > most {
            return Ok(found);
        }
        at = spaces(bytes, end);
        match byte(bytes, at) {
            Some(b',') => at = spaces(bytes, at + 1),
            Some(b']') => return Ok(found),
            _ => return Err(Broken { at }),
        }
    }
}

/// Line and column of a byte, both from 1.
pub(super) fn line_and_column(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at.min(bytes.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    (line, before.len() - begin + 1)
}

fn read_members(bytes: &[u8], found: &mut Vec<Member>) -> Result<(), Broken> {
    let mut at = after(bytes, 0, b'{')?;
    if byte(bytes, at) == Some(b'}') {
        return ended(bytes, at + 1);
    }
    loop {
        let key_end = string_end(bytes, at)?;
        let key = at..key_end;
        let begin = after(bytes, key_end, b':')?;
        // An open end: the value is what there is of it.
        if found.len() == MAX_MEMBERS {
            return Err(Broken { at: begin });
        }
        found.push(Member { key, value: begin..bytes.len() });
        let end = value_end(bytes, begin)?;
        if let Some(last) = found.last_mut() {
            last.value.end = end;
        }
        at = spaces(bytes, end);
        match byte(bytes, at) {
            Some(b',') => at = spaces(bytes, at + 1),
            Some(b'}') => return ended(bytes, at + 1),
            _ => return Err(Broken { at }),
        }
    }
}

fn byte(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// The first byte from `at` on that isn't white space.
fn spaces(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let skipped = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    at + skipped
}

/// What follows after `wanted`.
fn after(bytes: &[u8], at: usize, wanted: u8) -> Result<usize, Broken> {
    let at = spaces(bytes, at);
    if byte(bytes, at) == Some(wanted) { Ok(spaces(bytes, at + 1)) } else { Err(Broken { at }) }
}

fn ended(bytes: &[u8], at: usize) -> Result<(), Broken> {
    let at = spaces(bytes, at);
    if at == bytes.len() { Ok(()) } else { Err(Broken { at }) }
}

fn string_end(bytes: &[u8], begin: usize) -> Result<usize, Broken> {
    if byte(bytes, begin) != Some(b'"') {
        return Err(Broken { at: begin });
    }
    let mut at = begin + 1;
    loop {
        match byte(bytes, at) {
            None => return Err(Broken { at }),
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

fn value_end(bytes: &[u8], begin: usize) -> Result<usize, Broken> {
    match byte(bytes, begin) {
        Some(b'"') => string_end(bytes, begin),
        Some(b'{' | b'[') => nested_end(bytes, begin),
        _ => {
            let rest = bytes.get(begin..).unwrap_or_default();
            let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
            match rest.iter().position(ends) {
                Some(0) | None => Err(Broken { at: begin }),
                Some(length) => Ok(begin + length),
            }
        }
    }
}

/// The end of an object or array: as many brackets closed as opened, of whichever kind.
fn nested_end(bytes: &[u8], begin: usize) -> Result<usize, Broken> {
    let (mut at, mut depth) = (begin, 0_usize);
    loop {
        match byte(bytes, at) {
            None => return Err(Broken { at }),
            Some(b'"') => {
                at = string_end(bytes, at)?;
                continue;
            }
            Some(b'{' | b'[') => depth += 1,
            Some(b'}' | b']') => depth -= 1,
            Some(_) => {}
        }
        at += 1;
        if depth == 0 {
            return Ok(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(&str, &str)> {
        let (found, end) = members(text.as_bytes());
        assert_eq!(end, Ok(()), "{text}");
        found.into_iter().map(|member| (&text[member.key], &text[member.value])).collect()
    }

    fn listed(text: &str) -> Result<Vec<&str>, Broken> {
        Ok(items(text.as_bytes(), 0, 10)?.into_iter().map(|range| &text[range]).collect())
    }

    #[test]
    fn the_members_of_an_object_are_found_as_they_stand() {
        assert_eq!(parts(" {} "), []);
        assert_eq!(parts(r#"{"a":1}"#), [("\"a\"", "1")]);
        assert_eq!(
            parts("{ \"a\" :\t{\"b\":[1,{}]} ,\n\"c\\\"}\": \"}\\\\\" , \"d\":null }"),
            [("\"a\"", "{\"b\":[1,{}]}"), ("\"c\\\"}\"", "\"}\\\\\""), ("\"d\"", "null")]
        );
        assert_eq!(parts(r#"{"a":1,"a":2}"#).len(), 2, "which of two counts is for the reader to refuse");
        let many = format!("{{{}}}", vec![r#""a":1"#; MAX_MEMBERS + 1].join(","));
        let (found, end) = members(many.as_bytes());
        assert!(found.len() == MAX_MEMBERS && end.is_err());
    }

    #[test]
    fn where_an_object_breaks_off_the_members_before_are_known() {
        for (text, known) in [
            ("", 0),
            ("[]", 0),
            ("{", 0),
            (r#"{"a"#, 0),
            (r#"{"a""#, 0),
            (r#"{"a":"#, 1),
            (r#"{"a":1"#, 1),
            (r#"{"a":[1,2"#, 1),
            (r#"{"a":"\"#, 1),
            (r#"{"a":1,}"#, 1),
            (r#"{"a":1 "b":2}"#, 1),
            (r#"{"a":1}x"#, 1),
            (r#"{"a":1,b:2}"#, 1),
            (r#"{"a":,"b":2}"#, 1),
        ] {
            let (found, end) = members(text.as_bytes());
            assert!(end.is_err() && found.len() == known, "{text}: {found:?}");
        }
    }

    #[test]
    fn items_are_told_apart_whatever_is_in_them() {
        assert_eq!(listed("[]"), Ok(vec![]));
        assert_eq!(
            listed(r#"[ {"a":"],["} , "x\"," ,5,tru,[}, {]  ]"#),
            Ok(vec![r#"{"a":"],["}"#, r#""x\",""#, "5", "tru", "[}", "{]"])
        );
        for broken in ["[", "[,]", "[1,]", "[1 2]", "[1", "[\"a]", "[[]", "5", "{}"] {
            assert!(listed(broken).is_err(), "{broken}");
        }
        let deep = format!("[{}]", "[".repeat(100_000) + &"]".repeat(100_000));
        assert_eq!(listed(&deep).map(|found| found.len()), Ok(1), "no recursion");
        let many = format!("[{}]", vec!["1"; 1_000].join(","));
        assert_eq!(
            listed(&many).map(|found| found.len()),
            Ok(11),
            "no more than what shows that it is too many"
        );
    }

    #[test]
    fn a_place_is_told_as_line_and_column() {
        let text = b"{\n  \"a\": x\n}";
        assert_eq!(line_and_column(text, 0), (1, 1));
        assert_eq!(line_and_column(text, 9), (2, 8));
        assert_eq!(line_and_column(text, 1_000), (3, 2));
    }

    #[test]
    fn any_bytes_are_survived() {
        let seeds: [&[u8]; 4] =
            [b"{\"badges\":[{\"a\":[1,\"x\"]},5]}", b"{\"\\", b"[[{{\"", b"{\"a\":\xff\xfe,}"];
        for seed in seeds {
            for at in 0..seed.len() {
                for byte in [0, b'"', b'\\', b'{', b'}', b'[', b']', b',', b':', b' ', 0xff] {
                    let mut bytes = seed.to_vec();
                    bytes[at] = byte;
                    for member in members(&bytes).0 {
                        assert!(member.key.end <= bytes.len() && member.value.end <= bytes.len());
                        // Whatever it answers, it ends and stays within.
                        let _ = items(&bytes, member.value.start, 100).map(|all| {
                            assert!(all.iter().all(|item| item.start < item.end && item.end <= bytes.len()));
                        });
                    }
                }
            }
        }
    }
}
