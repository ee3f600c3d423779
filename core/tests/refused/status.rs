//! Status: what keeps a badge from being taken for one that is in force.

use crate::parties::{CONTEXTS, EXTENSIONS, LIST, NOW, PLACE, Party, at, badge, object, party, with};
use crate::trial::{Trial, with_list};
use crate::{jose, refused};
use accolade_core::json::{Object, Value};
use accolade_core::status::{self, ListKind, ListNeed, MAX_ENTRIES, MIN_ENTRIES};
use accolade_core::verify::{Documents, ListMissing, Policy};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::Write as _;
use std::sync::Arc;

refused! {
    entry_of_another_type, "a status entry of a type that we don't have", CouldNotCheck, "status_kind_unsupported",
        |t| t.issuer(&[("/credentialStatus", r#"{"id":"https://a.example/status/1","type":"https://a.example/Status"}"#)]);
    entry_of_two_types, "a status entry of two types at once", Malformed, "status_entry_invalid",
        |t| t.issuer(&[("/credentialStatus/type", r#"["BitstringStatusListEntry","1EdTechRevocationList"]"#)]);
    entry_without_purpose, "a status entry without purpose", Malformed, "status_entry_invalid",
        |t| t.issuer(&[("/credentialStatus/statusPurpose", ""), ("/credentialStatus/statusPurpose", "\"\""),
            ("/credentialStatus/statusPurpose", "7"), ("/credentialStatus/statusPurpose", r#"["revocation"]"#)]);
    entry_of_another_purpose, "a status entry of a purpose that nobody defines", CouldNotCheck, "status_kind_unsupported",
        |t| t.issuer(&[("/credentialStatus/statusPurpose", "\"Revocation\""), ("/credentialStatus/statusPurpose", "\"other\"")]);
    entry_id_is_the_list, "a status entry whose id is the list's URL", Malformed, "status_entry_invalid",
        |t| t.issuer(&[("/credentialStatus/id", &format!("\"{LIST}\""))]);
    entry_list_not_a_url, "a status entry whose list is no URL", Malformed, "status_entry_invalid",
        |t| t.issuer(&[("/credentialStatus/statusListCredential", "\"list\""), ("/credentialStatus/statusListCredential", ""),
            ("/credentialStatus/statusListCredential", "7")]);
    index_missing, "a status entry without index", Malformed, "status_entry_invalid",
        |t| indexes(t, &["", "null", "\"\"", "[]", "\"first\""]);
    index_negative, "a negative index", Malformed, "status_entry_invalid", |t| indexes(t, &["\"-1\"", "-1", "\"-4711\""]);
    index_signed, "an index with a sign", Malformed, "status_entry_invalid", |t| indexes(t, &["\"+4711\"", "\"-0\""]);
    index_with_exponent, "an index with exponent or fraction", Malformed, "status_entry_invalid",
        |t| indexes(t, &["\"1e3\"", "1e3", "\"4711.0\"", "4711.0", "4711.5"]);
    index_in_another_spelling, "an index in another spelling", Malformed, "status_entry_invalid",
        |t| indexes(t, &["\"04711\"", "\"0x1267\"", "\" 4711\"", "\"4_711\"", "\"١\"", "\"18446744073709551616\""]);
    index_boolean, "an index that is true or false", Malformed, "status_entry_invalid", |t| indexes(t, &["true", "false"]);
    index_out_of_range, "an index behind the list's end", CouldNotCheck, "status_index_out_of_range",
        |t| indexes(t, &["\"131072\"", "\"18446744073709551615\""]);
    index_as_a_number, "an index as a number: never valid, though the bit is clear", Malformed, "status_index_not_text",
        |t| indexes(t, &["4711", "0"]);
    index_as_a_number_of_a_set_bit, "an index as a number whose bit is set", Revoked, "revoked", |t| {
        t.issuer(&[]);
        listed(t, &party(1).list(LIST, &[PLACE]));
        let badge = party(1).sign_anything(&with(&badge(), "/credentialStatus/statusListIndex", "4711"));
        t.bad("4711", &badge);
        let report = t.judged(Value::Object(badge).to_string().as_bytes());
        assert!(report.warnings.iter().any(|warning| warning.code == "status_index_not_text"), "{report:#?}");
    };
    size_zero, "a `statusSize` of 0", Malformed, "status_entry_invalid", |t| sizes(t, &["0"]);
    size_negative, "a negative `statusSize`", Malformed, "status_entry_invalid", |t| sizes(t, &["-1", "-0.0"]);
    size_fraction, "a `statusSize` with a fraction, or that is no number", Malformed, "status_entry_invalid",
        |t| sizes(t, &["1.5", "0.5", "\"1\"", "null", "true"]);
    size_without_messages, "a `statusSize` above 1 without a message for each value", Malformed, "status_entry_invalid", |t| {
        sizes(t, &["2", "8", "4294967295"]);
        let two_bits = |count: usize| {
            let message = |value| format!(r#"{{"status":"0x{value:x}","message":"m{value}"}}"#);
            let messages: Vec<String> = (0..count).map(message).collect();
            with(&with(&badge(), "/credentialStatus/statusSize", "2"), "/credentialStatus/statusMessage", &format!("[{}]", messages.join(",")))
        };
        listed(t, &with_bits(&[0; MIN_ENTRIES / 4]));
        t.good(&party(1).sign_anything(&two_bits(4)));
        for count in [1, 3, 5] {
            t.bad("messages", &party(1).sign_anything(&two_bits(count)));
        }
    };

    list_unsigned, "a list that nobody signed", CouldNotCheck, "status_list_refused",
        |t| lists(t, "list_not_proved", &[party(1).list(LIST, &[])]);
    list_by_another, "a list that somebody else signed in the issuer's name", CouldNotCheck, "status_list_refused", |t| {
        let list = party(1).list(LIST, &[]);
        let by_thief = party(3).sign_with(&list, party(1).unsigned_proof());
        lists(t, "list_not_proved", &[party(3).sign(&list), by_thief]);
    };
    list_tampered, "a list that was changed", CouldNotCheck, "status_list_refused", |t| {
        let (set, clear) = (party(1).list(LIST, &[PLACE]), party(1).list(LIST, &[]));
        let encoded = clear.get("credentialSubject").and_then(|subject| subject.get("encodedList")).expect("bits");
        lists(t, "list_not_proved", &[with(&party(1).sign(&set), "/credentialSubject/encodedList", &encoded.to_string())]);
    };
    list_of_another_issuer, "a list of another issuer under the badge's URL", CouldNotCheck, "status_list_refused",
        |t| lists(t, "list_of_another", &[party(3).sign(&party(3).list(LIST, &[]))]);
    list_brought_by_another, "a list of another issuer that somebody brings along", CouldNotCheck, "status_list_of_another", |t| {
        t.issuer(&[]);
        let text = Value::Object(party(3).sign(&party(3).list(LIST, &[]))).to_string();
        let had = status::VerifiedList::from_credential(text.as_bytes(), &Documents::new(), at(NOW), &CONTEXTS, at(NOW));
        t.evidence.lists.insert(LIST.to_owned(), Ok(vec![Arc::new(had.expect("a list"))]));
        t.bad("a stranger's", &party(1).sign(&badge()));
    };
    list_of_another_type, "a list of another type", CouldNotCheck, "status_list_refused", |t| {
        let list = |pointer: &str, json: &str| party(1).sign_anything(&with(&party(1).list(LIST, &[]), pointer, json));
        lists(t, "list_type_unsupported", &[list("/type", "[\"VerifiableCredential\"]"),
            list("/credentialSubject/type", "\"https://a.example/List\"")]);
    };
    list_of_another_purpose, "a list of another purpose", CouldNotCheck, "status_list_differs", |t| {
        t.issuer(&[]);
        listed(t, &with(&party(1).list(LIST, &[]), "/credentialSubject/statusPurpose", "\"suspension\""));
        t.bad("suspension", &party(1).sign(&badge()));
    };
    list_with_another_id, "a list with another id than the URL that the badge names", CouldNotCheck, "status_list_refused",
        |t| lists(t, "list_id_other", &[party(1).sign(&party(1).list("https://node.example/status/8", &[]))]);
    list_expired, "a list that has expired", CouldNotCheck, "status_list_refused", |t| {
        let list = |until: &str| party(1).sign_anything(&with(&party(1).list(LIST, &[]), "/validUntil", until));
        lists(t, "list_expired", &[list("\"2026-07-01T11:30:00Z\""), list("\"2026-07-01T11:59:59Z\"")]);
    };
    list_not_yet_valid, "a list of the future", CouldNotCheck, "status_list_refused", |t| {
        let ahead = with(&party(1).list(LIST, &[]), "/validFrom", "\"2026-07-02T00:00:00Z\"");
        lists(t, "list_not_yet_valid", &[party(1).sign_anything(&ahead)]);
    };
    list_undated, "a list that doesn't say when it was made", CouldNotCheck, "status_list_refused", |t| {
        let undated = with(&party(1).list(LIST, &[]), "/validFrom", "");
        let proof = with(&party(1).unsigned_proof(), "/created", "");
        lists(t, "list_undated", &[party(1).sign_with(&undated, proof)]);
    };
    list_stale, "a list that is older than the caller allows", CouldNotCheck, "status_stale", |t| {
        t.issuer(&[]);
        t.policy = Policy { max_status_age: std::time::Duration::from_secs(3_599), ..Policy::default() };
        t.bad("an hour", &party(1).sign(&badge()));
    };
    list_not_to_be_had, "a list that is not to be had", CouldNotCheck, "status_unavailable", |t| {
        t.issuer(&[]);
        for missing in [ListMissing::Unavailable, ListMissing::Unreachable("no answer".to_owned())] {
            t.evidence.lists.insert(LIST.to_owned(), Err(missing));
            t.bad("missing", &party(1).sign(&badge()));
        }
        t.evidence.lists.clear();
        t.bad("not asked for", &party(1).sign(&badge()));
    };
    list_undeclared, "a list that its issuer never declared", CouldNotCheck, "unknown_list", |t| {
        t.issuer(&[]);
        t.evidence.lists.insert(LIST.to_owned(), Err(ListMissing::Unknown));
        t.bad("undeclared", &party(1).sign(&badge()));
    };

    encoded_without_u, "an `encodedList` without `u`", CouldNotCheck, "status_list_refused",
        |t| encoded(t, &[BASE64_URL_SAFE_NO_PAD.encode(gzip(CLEAR)), format!("z{}", bs58::encode(gzip(CLEAR)).into_string()),
            format!("U{}", BASE64_URL_SAFE.encode(gzip(CLEAR))), format!("m{}", BASE64_STANDARD.encode(gzip(CLEAR))), String::new()]);
    encoded_padded, "a padded `encodedList`", CouldNotCheck, "status_list_refused",
        |t| { let one = [CLEAR, &[0]].concat(); let text = format!("u{}", BASE64_URL_SAFE.encode(gzip(&one)));
            let text = if text.ends_with('=') { text } else { format!("{text}=") }; encoded(t, &[text]); };
    encoded_not_gzip, "an `encodedList` that is not gzip", CouldNotCheck, "status_list_refused", |t| {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(CLEAR).and(bare.write_all(CLEAR)).expect("a Vec takes every write");
        let whole = gzip(CLEAR);
        let mut damaged = whole.clone();
        let at = damaged.len() - 6;
        damaged[at] ^= 1;
        let bad = [zlib.finish().expect("zlib"), bare.finish().expect("deflate"), CLEAR.to_vec(), whole[..whole.len() - 9].to_vec(), damaged];
        encoded(t, &bad.map(|bytes| format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))));
    };
    encoded_bomb, "an `encodedList` that unpacks to more than a list may have: 10 MB of zeros, and more", CouldNotCheck,
        "status_list_refused",
        |t| {
            let bombs = [10 << 20, 64 << 20].map(|bytes| gzip(&vec![0; bytes]));
            let mut lying = bombs[1].clone();
            let at = lying.len() - 4;
            lying[at..].copy_from_slice(&16_384u32.to_le_bytes());
            const { assert!(MAX_ENTRIES / 8 < 10 << 20) };
            let all = [bombs[0].clone(), bombs[1].clone(), lying];
            encoded(t, &all.map(|bytes| format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))));
        };
    encoded_concatenated, "an `encodedList` of several gzip members, or with more behind it", CouldNotCheck, "status_list_refused",
        |t| { let bad = [[gzip(CLEAR), gzip(CLEAR)].concat(), [gzip(CLEAR), gzip(&[])].concat(), [gzip(CLEAR), vec![0]].concat()];
            encoded(t, &bad.map(|bytes| format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))); };
    encoded_too_short, "an `encodedList` of fewer than 131,072 entries", CouldNotCheck, "status_list_refused",
        |t| { let bad = [&CLEAR[1..], &CLEAR[..1_000], &[]].map(gzip);
            encoded(t, &bad.map(|bytes| format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))); };
    encoded_too_short_for_its_size, "a list of fewer than 131,072 entries of two bits", CouldNotCheck, "status_list_too_short", |t| {
        let messages = r#"[{"status":"0x0","message":"a"},{"status":"0x1","message":"b"},{"status":"0x2","message":"c"},{"status":"0x3","message":"d"}]"#;
        let badge = with(&with(&badge(), "/credentialStatus/statusSize", "2"), "/credentialStatus/statusMessage", messages);
        let badge = party(1).sign_anything(&badge);
        listed(t, &with_bits(&[0; MIN_ENTRIES / 4]));
        t.good(&badge);
        listed(t, &with_bits(CLEAR));
        t.bad("half as long", &badge);
    };

    revoked, "a badge that its issuer revoked", Revoked, "revoked",
        |t| { t.issuer(&[]); listed(t, &party(1).list(LIST, &[PLACE])); t.bad("revoked", &party(1).sign(&badge())); };
    revoked_by_the_most_significant_bit, "bit 0 is the most significant one of the first byte", Revoked, "revoked", |t| {
        let mut bytes = CLEAR.to_vec();
        bytes[0] = 0b1000_0000;
        listed(t, &with_bits(&bytes));
        let place = |index: &str| party(1).sign_anything(&with(&badge(), "/credentialStatus/statusListIndex", index));
        t.good(&place("\"7\""));
        t.bad("place 0", &place("\"0\""));
    };
    revoked_by_the_second_entry, "a badge that is revoked by the second of two entries", Revoked, "revoked",
        |t| second_entry(t, "revocation");
    suspended_by_the_second_entry, "a badge that is suspended by the second of two entries", Suspended, "suspended",
        |t| second_entry(t, "suspension");
    revoked_by_two_bits, "a value of two bits that is not 0", Revoked, "revoked", |t| {
        let messages = r#"[{"status":"0x0","message":"a"},{"status":"0x1","message":"b"},{"status":"0x2","message":"c"},{"status":"0x3","message":"d"}]"#;
        let badge = with(&with(&badge(), "/credentialStatus/statusSize", "2"), "/credentialStatus/statusMessage", messages);
        let badge = party(1).sign_anything(&badge);
        let mut bytes = vec![0; MIN_ENTRIES / 4];
        listed(t, &with_bits(&bytes));
        t.good(&badge);
        for bits in [0b01, 0b10, 0b11] {
            let first = PLACE as usize * 2;
            bytes[first / 8] = bits << (6 - first % 8);
            listed(t, &with_bits(&bytes));
            t.bad("set", &badge);
        }
    };
    revoked_and_forged, "a fake that points at a revoked place shows nothing", Forged, "controller_not_issuer", |t| {
        t.issuer(&[]);
        listed(t, &party(1).list(LIST, &[PLACE]));
        t.bad("a fake", &party(3).sign(&badge()));
    };
    revoked_by_status_list_2021, "a badge that is revoked by a StatusList2021", Revoked, "revoked", |t| {
        let badge = party(1).sign_anything(&with(&badge_2021(), "/credentialStatus/type", "\"StatusList2021Entry\""));
        had(t, ListKind::StatusList2021, &list_2021(CLEAR)).expect("a list");
        t.good(&badge);
        let mut bytes = CLEAR.to_vec();
        bytes[PLACE as usize / 8] = 0x80 >> (PLACE % 8);
        had(t, ListKind::StatusList2021, &list_2021(&bytes)).expect("a list");
        t.bad("revoked", &badge);
    };
    status_list_2021_not_proved, "a StatusList2021 that somebody else signed", CouldNotCheck, "status_list_refused", |t| {
        let badge = party(1).sign_anything(&badge_2021());
        had(t, ListKind::StatusList2021, &list_2021(CLEAR)).expect("a list");
        t.good(&badge);
        let thief = Value::Object(list_2021(CLEAR)).to_string().replace(party(1).did.as_str(), party(3).did.as_str());
        assert_eq!(had(t, ListKind::StatusList2021, &object(&thief)), Err("list_not_proved"));
        t.bad("a stranger's", &badge);
    };
    revoked_by_one_ed_tech, "a badge whose id stands in a 1EdTechRevocationList", Revoked, "revoked", |t| {
        let badge = party(1).sign_anything(&badge_one_ed_tech());
        let id = badge.get("id").and_then(Value::as_str).expect("an id").to_owned();
        let list = |ids: &[&str]| status::revocation_list(LIST, party(1).did.as_str(), ids.iter().copied());
        had(t, ListKind::OneEdTech, &list(&["urn:uuid:other"])).expect("a list");
        t.good(&badge);
        for list in [list(&[&id]), list(&["urn:uuid:other", &id]), with(&list(&[&id]), "/revokedCredentials/0/revoked", "")] {
            had(t, ListKind::OneEdTech, &list).expect("a list");
            t.bad("revoked", &badge);
        }
    };
    one_ed_tech_of_another, "a 1EdTechRevocationList of somebody else, or that is none", CouldNotCheck, "status_list_refused", |t| {
        let badge = party(1).sign_anything(&badge_one_ed_tech());
        let good = status::revocation_list(LIST, party(1).did.as_str(), std::iter::empty());
        had(t, ListKind::OneEdTech, &good).expect("a list");
        t.good(&badge);
        let other = format!("\"{}\"", party(3).did);
        for (pointer, json) in [("/issuer", other.as_str()), ("/id", "\"https://node.example/status/8\""), ("/revokedCredentials", ""),
            ("/revokedCredentials", "{}"), ("/revokedCredentials", "[{}]"), ("/revokedCredentials", "[7]")] {
            had(t, ListKind::OneEdTech, &with(&good, pointer, json)).expect_err("no list");
            t.bad(pointer, &badge);
        }
    };
    revoked_by_token_list, "a badge that is revoked by an IETF Token Status List, least significant bit first", Revoked, "revoked",
        |t| token_lists(t, &[(1, 0, &[0b0000_0001]), (1, 8, &[0, 1]), (2, 1, &[0b0000_0100]), (8, 2, &[0, 0, 1])]);
    suspended_by_token_list, "a badge that is suspended by an IETF Token Status List", Suspended, "suspended",
        |t| token_lists(t, &[(2, 0, &[0b10]), (4, 1, &[0x20]), (8, 0, &[2])]);
    token_list_value_unknown, "a value of an IETF Token Status List that only its issuer knows", CouldNotCheck, "status_value_unknown",
        |t| token_lists(t, &[(2, 0, &[0b11]), (4, 0, &[0xb]), (8, 0, &[0xff])]);
    token_list_too_short, "a place behind the end of an IETF Token Status List", CouldNotCheck, "status_index_out_of_range",
        |t| token_lists(t, &[(1, 16, &[0, 0]), (8, 2, &[0, 0])]);
    token_list_not_proved, "an IETF Token Status List of somebody else, or that is none", CouldNotCheck, "status_list_refused", |t| {
        let badge = token_badge(0);
        had_text(t, ListKind::Token, &token_list(1, &zlib(&[0]), "statuslist+jwt", 1)).expect("a list");
        t.good_bytes(badge.as_bytes());
        let gzip = gzip(&[0]);
        for bad in [token_list(1, &zlib(&[0]), "statuslist+jwt", 3), token_list(1, &zlib(&[0]), "JWT", 1),
            token_list(3, &zlib(&[0]), "statuslist+jwt", 1), token_list(1, &gzip, "statuslist+jwt", 1),
            token_list(1, &[zlib(&[0]), vec![0]].concat(), "statuslist+jwt", 1), token_list(1, &zlib(&vec![0; 10 << 20]), "statuslist+jwt", 1)] {
            had_text(t, ListKind::Token, &bad).expect_err("no list");
            t.bad_bytes("no list", badge.as_bytes());
        }
    };
    of_another_time, "a badge at a past date, of which the list doesn't speak", CouldNotCheck, "status_other_time", |t| {
        t.issuer(&[]);
        listed(t, &party(1).list(LIST, &[PLACE]));
        t.policy = Policy { as_of: Some(at("2026-06-30T12:00:00Z")), ..Policy::default() };
        t.bad("revoked since", &party(1).sign(&badge()));
    };
}

/// Clear bits of a list as short as may be.
const CLEAR: &[u8] = &[0; MIN_ENTRIES / 8];

fn indexes(t: &mut Trial, values: &[&str]) {
    for json in values {
        t.issuer(&[("/credentialStatus/statusListIndex", json)]);
    }
}

fn sizes(t: &mut Trial, values: &[&str]) {
    let good = with(&badge(), "/credentialStatus/statusSize", "1");
    for json in values {
        t.issuer_of(&good, &[("/credentialStatus/statusSize", json)]);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).expect("a Vec takes every write");
    gzip.finish().expect("a Vec takes every write")
}

/// The issuer's list with these bits, unsigned.
fn with_bits(bytes: &[u8]) -> Object {
    let encoded = format!("\"u{}\"", BASE64_URL_SAFE_NO_PAD.encode(gzip(bytes)));
    with(&party(1).list(LIST, &[]), "/credentialSubject/encodedList", &encoded)
}

fn had(t: &mut Trial, kind: ListKind, list: &Object) -> Result<(), &'static str> {
    had_text(t, kind, &Value::Object(list.clone()).to_string())
}

/// What was fetched from the list's URL, read as a node reads it. Gives the code where it is refused.
fn had_text(t: &mut Trial, kind: ListKind, text: &str) -> Result<(), &'static str> {
    let need = ListNeed { url: LIST.to_owned(), kind };
    let (now, issuer) = (at(NOW), party(1).did);
    let read = status::read(text.as_bytes(), &need, issuer.as_str(), &Documents::new(), now, &CONTEXTS, now);
    let code = read.as_ref().map(drop).map_err(status::StatusError::code);
    let read = read.map(|list| vec![Arc::new(list)]).map_err(|error| ListMissing::Refused(error.to_string()));
    t.evidence.lists.insert(LIST.to_owned(), read);
    code
}

/// The issuer's signed list, as it was fetched.
fn listed(t: &mut Trial, list: &Object) {
    had(t, ListKind::Bitstring, &party(1).sign_anything(list)).expect("a list");
}

/// The badge with each of these lists, refused for this.
fn lists(t: &mut Trial, why: &str, bad: &[Object]) {
    let badge = party(1).sign(&badge());
    listed(t, &party(1).list(LIST, &[]));
    t.good(&badge);
    for list in bad {
        assert_eq!(had(t, ListKind::Bitstring, list), Err(why));
        t.bad(why, &badge);
    }
}

/// The issuer signs a list with each of these texts for bits.
fn encoded(t: &mut Trial, texts: &[String]) {
    let list = |text: &String| {
        let json = format!("\"{text}\"");
        party(1).sign_anything(&with(&party(1).list(LIST, &[]), "/credentialSubject/encodedList", &json))
    };
    lists(t, "list_bits_malformed", &texts.iter().map(list).collect::<Vec<_>>());
}

fn second_entry(t: &mut Trial, purpose: &str) {
    let other = "https://node.example/status/8";
    let first = badge().get("credentialStatus").expect("an entry").to_string();
    let second = with(&object(&first), "/id", &format!("\"{other}#9\""));
    let second =
        with(&with(&second, "/statusPurpose", &format!("\"{purpose}\"")), "/statusListIndex", "\"9\"");
    let second = Value::Object(with(&second, "/statusListCredential", &format!("\"{other}\""))).to_string();
    let badge = party(1).sign(&with(&badge(), "/credentialStatus", &format!("[{first},{second}]")));
    for (set, is_good) in [(&[][..], true), (&[9], false)] {
        let list =
            with(&party(1).list(other, set), "/credentialSubject/statusPurpose", &format!("\"{purpose}\""));
        t.evidence = with_list(t.evidence.clone(), other, &party(1).sign(&list));
        if is_good { t.good(&badge) } else { t.bad("the second", &badge) }
    }
}

/// The badge with a StatusList2021 entry.
fn badge_2021() -> Object {
    let badge = with(&badge(), "/@context/2", "\"https://w3id.org/vc/status-list/2021/v1\"");
    with(&badge, "/credentialStatus/type", "\"StatusList2021Entry\"")
}

/// The issuer's StatusList2021, signed.
fn list_2021(bytes: &[u8]) -> Object {
    let Party { did, .. } = party(1);
    party(1).sign(&object(&format!(
        r#"{{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/vc/status-list/2021/v1",
        "https://w3id.org/security/data-integrity/v2"],"id":"{LIST}","type":["VerifiableCredential","StatusList2021Credential"],
        "issuer":"{did}","issuanceDate":"2026-07-01T11:00:00Z","credentialSubject":{{"id":"{LIST}#list","type":"StatusList2021",
        "statusPurpose":"revocation","encodedList":"{}"}}}}"#,
        BASE64_URL_SAFE_NO_PAD.encode(gzip(bytes))
    )))
}

fn badge_one_ed_tech() -> Object {
    let badge = with(&badge(), "/@context/2", &format!("\"{EXTENSIONS}\""));
    with(&badge, "/credentialStatus", &format!(r#"{{"id":"{LIST}","type":"1EdTechRevocationList"}}"#))
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(bytes).expect("a Vec takes every write");
    zlib.finish().expect("a Vec takes every write")
}

/// The badge in a token, with this place in a Token Status List.
fn token_badge(index: u64) -> String {
    let claim = format!(r#"{{"status_list":{{"idx":{index},"uri":"{LIST}"}}}}"#);
    let payload = with(&with(&jose::payload(), "/credentialStatus", ""), "/status", &claim);
    jose::token(&jose::header(), &payload, &party(1).key)
}

/// A Token Status List in the issuer's name, signed by somebody.
fn token_list(bits: u8, zipped: &[u8], typ: &str, signer: u8) -> String {
    let header = with(&object(r#"{"alg":"EdDSA"}"#), "/typ", &format!("\"{typ}\""));
    let header = with(&header, "/kid", &format!("\"{}\"", party(1).method));
    let made = at("2026-07-01T11:00:00Z").as_millis() / 1000;
    let payload = object(&format!(
        r#"{{"sub":"{LIST}","iat":{made},"status_list":{{"bits":{bits},"lst":"{}"}}}}"#,
        BASE64_URL_SAFE_NO_PAD.encode(zipped)
    ));
    jose::token(&header, &payload, &party(signer).key)
}

/// Bits of a value, place and bytes of each list; the same list without anything set is good.
fn token_lists(t: &mut Trial, lists: &[(u8, u64, &[u8])]) {
    for (bits, index, bytes) in lists {
        let clear = vec![0; 100];
        had_text(t, ListKind::Token, &token_list(*bits, &zlib(&clear), "statuslist+jwt", 1)).expect("a list");
        t.good_bytes(token_badge(*index).as_bytes());
        had_text(t, ListKind::Token, &token_list(*bits, &zlib(bytes), "statuslist+jwt", 1)).expect("a list");
        t.bad_bytes(&format!("{bits} bits, place {index}"), token_badge(*index).as_bytes());
    }
}
