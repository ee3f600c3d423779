//! Status entries, and what must be refused in one.

use super::super::entry::*;
use super::super::{ListKind, ListNeed, ListPurpose};
use crate::json::{self, Object, Value};

fn entry() -> Object {
    Object::from([
        ("id", "https://a.example/status/3#94567".into()),
        ("type", "BitstringStatusListEntry".into()),
        ("statusPurpose", "revocation".into()),
        ("statusListIndex", "94567".into()),
        ("statusListCredential", "https://a.example/status/3".into()),
    ])
}

fn with(member: &str, value: &str) -> Result<StatusEntry, EntryError> {
    let mut entry = entry();
    match value {
        "" => drop(entry.remove(member)),
        json => entry.insert(member, json::parse(json.as_bytes()).expect(json)),
    }
    StatusEntry::parse(&entry.into())
}

#[test]
fn reads_an_entry() {
    let read = StatusEntry::parse(&entry().into()).expect("well-formed");
    assert_eq!(read.id.as_deref(), Some("https://a.example/status/3#94567"));
    assert_eq!((read.purpose, read.index), (Some(ListPurpose::Revocation), Some(94_567)));
    assert_eq!((read.kind, read.size_bits, read.messages.len()), (ListKind::Bitstring, Some(1), 0));
    let need = ListNeed { url: read.list_url.clone(), kind: ListKind::Bitstring };
    assert_eq!(read.need(), Some(need));
    assert_eq!(read.list_url, "https://a.example/status/3");
    assert!(!read.index_was_number);
    assert_eq!(with("id", "").expect("no id is needed").id, None);
    assert_eq!(with("statusPurpose", "\"suspension\"").map(|e| e.purpose), Ok(Some(ListPurpose::Suspension)));
    assert_eq!(with("statusListIndex", "\"0\"").map(|e| e.index), Ok(Some(0)));
    assert!(with("statusSize", "1").is_ok());
    assert!(with("type", "[\"BitstringStatusListEntry\"]").is_ok());
}

#[test]
fn an_index_as_a_number_is_read_with_a_warning() {
    let read = with("statusListIndex", "7").expect("is read");
    assert_eq!((read.index, read.index_was_number), (Some(7), true));
}

#[test]
fn refuses_other_indexes() {
    for value in [
        "",
        "\"\"",
        "\"-1\"",
        "\"+1\"",
        "\"1e3\"",
        "\"1.0\"",
        "\"0x10\"",
        "\"007\"",
        "\"00\"",
        "\" 7\"",
        "\"7 \"",
        "\"7\\n\"",
        "\"١\"",
        "\"1_000\"",
        "\"18446744073709551616\"",
        "-1",
        "1.5",
        "7.0",
        "1e3",
        "-0.0",
        "true",
        "false",
        "null",
        "[7]",
        "[\"7\"]",
        "{\"@value\":\"7\"}",
    ] {
        assert_eq!(with("statusListIndex", value), Err(EntryError::Index), "{value}");
    }
}

#[test]
fn refuses_other_types() {
    for value in ["", "null", "7", "[]", "{}", "[7]", "[\"BitstringStatusListEntry\",7]"] {
        assert_eq!(with("type", value), Err(EntryError::Type), "{value}");
    }
    for other in ["CredentialStatusList2017", "RevocationList2020Status", "bitstringStatusListEntry", ""] {
        let error = with("type", &format!("\"{other}\"")).expect_err("another type");
        assert_eq!(error, EntryError::UnsupportedType { found: other.to_owned() });
        assert!(error.is_unsupported());
    }
    for value in ["null", "\"text\"", "7", "[]", "true"] {
        let value = json::parse(value.as_bytes()).expect(value);
        assert_eq!(StatusEntry::parse(&value), Err(EntryError::NotAnObject));
    }
}

#[test]
fn refuses_other_purposes() {
    for value in ["", "\"\"", "null", "7", "[\"revocation\"]", "{}"] {
        assert_eq!(with("statusPurpose", value), Err(EntryError::Purpose), "{value}");
    }
    for other in ["other", "Revocation", "revocation ", "revoked"] {
        let error = with("statusPurpose", &format!("\"{other}\"")).expect_err("another purpose");
        assert_eq!(error, EntryError::UnsupportedPurpose { found: other.to_owned() });
        assert!(error.is_unsupported());
    }
}

#[test]
fn refuses_what_is_no_url() {
    for value in ["", "null", "7", "[]", "{}", "\"\"", "\"status/3\"", "\"//a.example/3\"", "\"https://a b\""]
    {
        assert_eq!(with("statusListCredential", value), Err(EntryError::ListUrl), "{value}");
        if !value.is_empty() {
            assert_eq!(with("id", value), Err(EntryError::Id), "{value}");
        }
    }
    let long = format!("\"https://a.example/{}\"", "a".repeat(MAX_URL_BYTES));
    assert_eq!(with("statusListCredential", &long), Err(EntryError::ListUrl));
    assert_eq!(with("id", "\"https://a.example/status/3\""), Err(EntryError::IdIsListUrl));
    assert_eq!(with("id", "[\"https://a.example/1\",\"https://a.example/2\"]"), Err(EntryError::Id));
}

#[test]
fn refuses_other_sizes() {
    for value in ["0", "-1", "0.5", "1.5", "1.0", "\"1\"", "null", "true", "[]", "4294967296"] {
        assert_eq!(with("statusSize", value), Err(EntryError::Size), "{value}");
    }
    for value in ["2", "3", "17", "64", "4294967295"] {
        assert_eq!(with("statusSize", value), Err(EntryError::Messages), "{value}");
    }
    for (size, count) in [(2, 0), (2, 3), (2, 5), (3, 4), (1, 1), (1, 3)] {
        assert_eq!(
            sized(size, &messages(count)),
            Err(EntryError::Messages),
            "{count} messages for {size} bits"
        );
    }
}

/// An entry of so many bits with these messages.
fn sized(size: i64, messages: &str) -> Result<StatusEntry, EntryError> {
    let mut entry = entry();
    entry.insert("statusSize", Value::Int(size));
    entry.insert("statusMessage", json::parse(messages.as_bytes()).expect(messages));
    StatusEntry::parse(&entry.into())
}

fn messages(count: usize) -> String {
    let one = |value| format!(r#"{{"status":"0x{value:x}","message":"says {value}"}}"#);
    format!("[{}]", (0..count).map(one).collect::<Vec<_>>().join(","))
}

#[test]
fn a_size_above_one_has_a_message_for_each_value() {
    let read = sized(2, &messages(4)).expect("well-formed");
    assert_eq!(
        (read.size_bits, read.messages.join(", ")),
        (Some(2), "says 0, says 1, says 2, says 3".into())
    );
    assert_eq!(sized(5, &messages(32)).expect("well-formed").messages[0x1f], "says 31");
    assert_eq!(sized(1, &messages(2)).expect("one bit may have them").messages.len(), 2);
    let in_any_order = r#"[{"status":"0x1","message":"set"},{"status":"0x0","message":"clear"}]"#;
    assert_eq!(sized(1, in_any_order).expect("well-formed").messages, ["clear", "set"]);
    for (wrong, why) in [
        (r#"[{"status":"0x0","message":"a"},{"status":"0x0","message":"b"}]"#, "twice the same"),
        (r#"[{"status":"0x0","message":"a"},{"status":"0x2","message":"b"}]"#, "beyond the size"),
        (r#"[{"status":"0","message":"a"},{"status":"1","message":"b"}]"#, "not hexadecimal"),
        (r#"[{"status":"0x","message":"a"},{"status":"0x1","message":"b"}]"#, "no digits"),
        (r#"[{"status":"0x0","message":"a"},{"status":"0x+1","message":"b"}]"#, "a sign"),
        (r#"[{"status":0,"message":"a"},{"status":1,"message":"b"}]"#, "numbers"),
        (r#"[{"status":"0x0"},{"status":"0x1"}]"#, "no text"),
        (r#"[{"status":"0x0","message":7},{"status":"0x1","message":7}]"#, "text that is none"),
        (r#"["a","b"]"#, "no objects"),
        (r#"{"status":"0x0","message":"a"}"#, "no list"),
    ] {
        assert_eq!(sized(1, wrong), Err(EntryError::Messages), "{why}");
    }
}

#[test]
fn a_message_needs_its_text_and_a_newer_badge_no_list() {
    assert_eq!(with("statusPurpose", "\"message\""), Err(EntryError::Messages));
    let refresh = with("statusPurpose", "\"refresh\"").expect("is read");
    assert_eq!((refresh.purpose, refresh.need()), (Some(ListPurpose::Refresh), None));
}

#[test]
fn an_entry_of_two_kinds_is_refused() {
    for types in [
        r#"["BitstringStatusListEntry","StatusList2021Entry"]"#,
        r#"["1EdTechRevocationList","BitstringStatusListEntry"]"#,
        r#"["StatusList2021Entry","StatusList2021Entry"]"#,
    ] {
        assert_eq!(with("type", types), Err(EntryError::SeveralTypes), "{types}");
    }
    assert!(with("type", r#"["BitstringStatusListEntry","https://a.example/Other"]"#).is_ok());
}

#[test]
fn reads_a_status_list_2021_entry() {
    let read = with("type", "\"StatusList2021Entry\"").expect("well-formed");
    assert_eq!((read.kind, read.index, read.size_bits), (ListKind::StatusList2021, Some(94_567), Some(1)));
    assert_eq!(read.need().map(|need| need.kind), Some(ListKind::StatusList2021));
    let mut entry = entry();
    entry.insert("type", "StatusList2021Entry");
    for (member, error) in [
        ("statusListIndex", EntryError::Index),
        ("statusListCredential", EntryError::ListUrl),
        ("statusPurpose", EntryError::Purpose),
    ] {
        let mut without = entry.clone();
        without.remove(member);
        assert_eq!(StatusEntry::parse(&without.into()), Err(error), "{member}");
    }
}

#[test]
fn reads_a_1edtech_entry() {
    let entry = |id: &str| {
        let text = format!(r#"{{"type":"1EdTechRevocationList"{id}}}"#);
        StatusEntry::parse(&json::parse(text.as_bytes()).expect("JSON"))
    };
    let read = entry(r#","id":"https://a.example/revocations/3""#).expect("well-formed");
    assert_eq!(
        (&*read.list_url, read.kind, read.index),
        ("https://a.example/revocations/3", ListKind::OneEdTech, None)
    );
    assert_eq!(read.purpose, Some(ListPurpose::Revocation));
    let ours = entry(r#","id":"https://a.example/revocations/3#94567""#).expect("well-formed");
    assert_eq!((&*ours.list_url, ours.index), ("https://a.example/revocations/3", Some(94_567)));
    for fragment in ["", "x", "-1", "01", "1e3", "18446744073709551616"] {
        let read =
            entry(&format!(r#","id":"https://a.example/revocations/3#{fragment}""#)).expect("well-formed");
        assert_eq!((&*read.list_url, read.index), ("https://a.example/revocations/3", None), "{fragment}");
    }
    for id in
        ["", r#","id":"revocations/3""#, r#","id":7"#, r#","id":["https://a.example/1"]"#, r#","id":null"#]
    {
        assert_eq!(entry(id), Err(EntryError::Id), "{id}");
    }
}

#[test]
fn reads_the_claim_of_a_token() {
    let claim = |text: &str| StatusEntry::of_claim(&json::parse(text.as_bytes()).expect(text));
    let read = claim(r#"{"status_list":{"idx":5,"uri":"https://a.example/tokens/1"}}"#).expect("well-formed");
    assert_eq!(
        (&*read.list_url, read.kind, read.index),
        ("https://a.example/tokens/1", ListKind::Token, Some(5))
    );
    assert_eq!((read.purpose, read.size_bits), (None, None));
    for (text, error) in [
        (r#"{"status_list":{"idx":-1,"uri":"https://a.example/1"}}"#, EntryError::Index),
        (r#"{"status_list":{"idx":1.5,"uri":"https://a.example/1"}}"#, EntryError::Index),
        (r#"{"status_list":{"idx":"5","uri":"https://a.example/1"}}"#, EntryError::Index),
        (r#"{"status_list":{"uri":"https://a.example/1"}}"#, EntryError::Index),
        (r#"{"status_list":{"idx":5}}"#, EntryError::ListUrl),
        (r#"{"status_list":{"idx":5,"uri":"tokens/1"}}"#, EntryError::ListUrl),
        (r#"{"status_list":{"idx":5,"uri":["https://a.example/1"]}}"#, EntryError::ListUrl),
        (r#"{"status_list":[]}"#, EntryError::NotAnObject),
        (r#"{"status_assertion":{}}"#, EntryError::UnsupportedType { found: "status_assertion".into() }),
        (r#"{}"#, EntryError::UnsupportedType { found: String::new() }),
        (r#""revoked""#, EntryError::NotAnObject),
    ] {
        assert_eq!(claim(text), Err(error), "{text}");
    }
}
