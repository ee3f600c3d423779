//! What `POST /v1/verify` is asked: a badge as it is, or a JSON object that names one badge or several, with options.

use super::json_parts::{self, Broken, Member};
use super::problem::Problem;
use super::verify_options::Options;
use crate::verifier::Handed;
use accolade_core::json::{self, Value};
use accolade_core::verify::Language;
use std::ops::Range;

/// Most badges of a batch.
pub(super) const MAX_BATCH: usize = 1_000;
/// Longest address of a badge, in bytes.
const MAX_URL_BYTES: usize = 2_048;
/// What makes an object a badge and nothing else.
const CONTEXT: &str = "@context";
/// What an object can ask about.
const SUBJECTS: [&str; 3] = ["badge", "badges", "url"];
const FORMS: &str =
    "Send the badge's file as it is, or one of “badge”, “url” and “badges”, with “options” if you like.";

/// A question, in the request's own bytes.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) bytes: Vec<u8>,
    pub(super) subject: Subject,
    pub(super) options: Options,
}

/// What is to be judged: where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// All bytes, whatever they are.
    File,
    /// One badge, as any JSON value.
    Badge(Range<usize>),
    /// What stands at an address.
    Url(String),
    /// Several, each any JSON value.
    Batch(Vec<Range<usize>>),
}

impl Question {
    /// Reads the request's body. Whatever isn't a question is a badge, or junk to be judged as one. Its answer is in
    /// `language` if the options name no other.
    ///
    /// # Errors
    /// A question that is asked wrongly.
    pub(super) fn read(bytes: Vec<u8>, language: Language) -> Result<Self, Problem> {
        let otherwise = Options::in_language(language);
        if bytes.is_empty() {
            return Err(Problem::bad_request(
                "body_empty",
                "The request has no body.",
                "Send the badge's file as the request's body: curl --data-binary @badge.json …/v1/verify",
            ));
        }
        let (members, end) = json_parts::members(&bytes);
        let Some(members) = asks(&bytes, members) else {
            return Ok(Self { bytes, subject: Subject::File, options: otherwise });
        };
        end.map_err(|broken| not_json(&bytes, broken))?;
        let (subject, options) = parts(&bytes, members)?;
        let options = match options {
            Some(range) => otherwise.read(part(&bytes, range, "/options")?)?,
            None => otherwise,
        };
        Ok(Self { subject, options, bytes })
    }
}

/// Whether a body of which these are the first bytes is a batch, which may be larger than one badge.
pub(super) fn begins_batch(bytes: &[u8]) -> bool {
    let (members, _) = json_parts::members(bytes);
    asks(bytes, members).is_some_and(|members| members.iter().any(|(key, _)| key == "badges"))
}

/// What a part of a request names as a badge: what a text says, what stands at the address of an object `{"url"}`, any
/// other value as it stands.
pub(super) fn handed(part: &[u8]) -> Handed {
    let is_small = part.len() <= MAX_URL_BYTES + 64;
    match part.first() {
        Some(b'"') => {
            if let Ok(Value::String(text)) = json::parse(part) {
                return Handed::Bytes(text.into_bytes());
            }
        }
        Some(b'{') if is_small => {
            if let Ok(Value::Object(object)) = json::parse(part)
                && let (1, Some(Value::String(url))) = (object.len(), object.get("url"))
            {
                return Handed::Url(url.clone());
            }
        }
        _ => {}
    }
    Handed::Bytes(part.to_vec())
}

/// The members by name, if they ask something: the object is no badge, and has one of the words for it.
fn asks(bytes: &[u8], members: Vec<Member>) -> Option<Vec<(String, Range<usize>)>> {
    let named = |Member { key, value }: Member| match json::parse(&bytes[key]) {
        Ok(Value::String(name)) => Some((name, value)),
        _ => None,
    };
    let members: Vec<(String, Range<usize>)> = members.into_iter().filter_map(named).collect();
    let has = |name: &str| members.iter().any(|(key, _)| key == name);
    (!has(CONTEXT) && SUBJECTS.iter().any(|subject| has(subject))).then_some(members)
}

/// What is asked about, and where the options stand.
fn parts(
    bytes: &[u8],
    members: Vec<(String, Range<usize>)>,
) -> Result<(Subject, Option<Range<usize>>), Problem> {
    let (mut subject, mut options) = (None, None);
    for (name, range) in members {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let place: &mut Option<(String, Range<usize>)> = match name.as_str() {
            "options" => &mut options,
            name if SUBJECTS.contains(&name) => &mut subject,
            _ => {
                let detail = format!("The request has a member “{name}”, which means nothing here.");
                return Err(Problem::bad_request("unknown_member", detail, FORMS).at(pointer));
            }
        };
        if let Some((before, _)) = place.replace((name.clone(), range)) {
            let detail = if before == name {
                format!("The request has the member “{name}” twice.")
            } else {
                format!("The request asks about two things: “{before}” and “{name}”.")
            };
            return Err(Problem::bad_request("member_twice", detail, FORMS).at(pointer));
        }
    }
    let subject = match subject {
        Some((name, range)) if name == "badges" => Subject::Batch(batch(bytes, range)?),
        Some((name, range)) if name == "url" => match part(bytes, range, "/url")? {
            Value::String(url) if url.len() <= MAX_URL_BYTES => Subject::Url(url),
            _ => {
                let (detail, hint) =
                    ("“url” is not a text of at most 2,048 bytes.", "Send {\"url\":\"https://…\"}.");
                return Err(Problem::bad_request("wrong_type", detail, hint).at("/url"));
            }
        },
        Some((_, range)) => Subject::Badge(range),
        // `asks` has seen one.
        None => Subject::File,
    };
    Ok((subject, options.map(|(_, range)| range)))
}

fn batch(bytes: &[u8], range: Range<usize>) -> Result<Vec<Range<usize>>, Problem> {
    let wrong = |code, detail: String, hint| Err(Problem::bad_request(code, detail, hint).at("/badges"));
    if bytes[range.start] != b'[' {
        let detail = "“badges” is not a list.".to_owned();
        return wrong("wrong_type", detail, "Send {\"badges\":[…]} with a badge for each item.");
    }
    let items = json_parts::items(bytes, range.start, MAX_BATCH).map_err(|broken| not_json(bytes, broken))?;
    match items.len() {
        0 => wrong(
            "batch_empty",
            "“badges” has no items.".to_owned(),
            "Send one badge at least, or don't ask.",
        ),
        count if count > MAX_BATCH => {
            let detail = format!("“badges” has more than {MAX_BATCH} items.");
            wrong("batch_too_long", detail, "Send the badges in several requests.")
        }
        _ => Ok(items),
    }
}

fn part(bytes: &[u8], range: Range<usize>, pointer: &'static str) -> Result<Value, Problem> {
    json::parse(&bytes[range]).map_err(|error| {
        let hint = "Send JSON in UTF-8, without duplicate keys.";
        Problem::bad_request("not_json", format!("“{}”: {error}.", &pointer[1..]), hint).at(pointer)
    })
}

fn not_json(bytes: &[u8], broken: Broken) -> Problem {
    let (line, column) = json_parts::line_and_column(bytes, broken.at);
    let detail = format!("The request's body is not JSON: it breaks at line {line}, column {column}.");
    Problem::bad_request("not_json", detail, "Send one JSON object in UTF-8, whole.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Question, Problem> {
        Question::read(text.as_bytes().to_vec(), Language::En)
    }

    fn problem(text: &str) -> (String, Option<String>) {
        let problem = read(text).expect_err(text);
        assert!(problem.status() == 400 && !problem.hint().is_empty(), "{text}: {problem:?}");
        let code = problem.to_json()["code"].as_str().expect("a code").to_owned();
        (code, problem.pointer().map(str::to_owned))
    }

    fn subject(text: &str) -> Vec<&str> {
        match read(text).expect(text).subject {
            Subject::File => vec![text],
            Subject::Badge(range) => vec![&text[range]],
            Subject::Url(_) => panic!("an address: {text}"),
            Subject::Batch(ranges) => ranges.into_iter().map(|range| &text[range]).collect(),
        }
    }

    #[test]
    fn what_asks_nothing_is_judged_as_it_is() {
        for file in [
            "junk",
            "5",
            "null",
            "[]",
            "\"eyJhbGciOiJFZERTQSJ9..x\"",
            "{}",
            "{",
            "{\"a\":1,\"a\":2}",
            "{\"options\":{}}",
            "{\"verifiableCredential\":{}}",
            "\u{89}PNG",
            "{\"@context\":[],\"badges\":[]}",
            "{\"badge\":{},\"@context\":[]}",
            "{\"badges\":[],\"@conte\\u0078t\":[]",
            "[{\"badge\":{}}]",
        ] {
            assert_eq!(read(file).expect(file).subject, Subject::File, "{file}");
        }
        assert_eq!(problem("").0, "body_empty");
    }

    #[test]
    fn a_badge_or_several_are_found_where_they_stand() {
        assert_eq!(subject(r#"{"badge":{"a":[1]}}"#), [r#"{"a":[1]}"#]);
        assert_eq!(subject(r#" { "b\u0061dge" : "eyJ" , "options" : { } } "#), ["\"eyJ\""]);
        assert_eq!(
            subject(r#"{"options":{},"badges":[{"a":1}, "x", 5,null,{"a" 1},[} ]}"#),
            [r#"{"a":1}"#, "\"x\"", "5", "null", r#"{"a" 1}"#, "[}"]
        );
        let url = read(r#"{"url":"https://a.example/b.json","options":null}"#).expect("reads").subject;
        assert_eq!(url, Subject::Url("https://a.example/b.json".to_owned()));
        let most = format!(r#"{{"badges":[{}]}}"#, vec!["{}"; MAX_BATCH].join(","));
        assert_eq!(subject(&most).len(), MAX_BATCH);
    }

    #[test]
    fn a_question_that_is_asked_wrongly_is_refused_where_it_is_wrong() {
        let many = format!(r#"{{"badges":[{}]}}"#, vec!["{}"; MAX_BATCH + 1].join(","));
        for (text, code, pointer) in [
            (r#"{"badges":{}}"#, "wrong_type", Some("/badges")),
            (r#"{"badges":null}"#, "wrong_type", Some("/badges")),
            (r#"{"badges":"x"}"#, "wrong_type", Some("/badges")),
            (r#"{"badges":[]}"#, "batch_empty", Some("/badges")),
            (many.as_str(), "batch_too_long", Some("/badges")),
            (r#"{"badge":{},"badges":[{}]}"#, "member_twice", Some("/badges")),
            (r#"{"url":5}"#, "wrong_type", Some("/url")),
            (r#"{"url":null}"#, "wrong_type", Some("/url")),
            (r#"{"url":"https://a.example","badge":{}}"#, "member_twice", Some("/badge")),
            (r#"{"url":"https://a.example","x":{}}"#, "unknown_member", Some("/x")),
            (r#"{"badge":{},"badge":{}}"#, "member_twice", Some("/badge")),
            (r#"{"badge":{},"options":{},"options":{}}"#, "member_twice", Some("/options")),
            (r#"{"badge":{},"o/~":{}}"#, "unknown_member", Some("/o~1~0")),
            (r#"{"badge":{},"options":{"a":1,"a":2}}"#, "not_json", Some("/options")),
            (r#"{"badge":{},"options":[}}"#, "not_json", Some("/options")),
            (r#"{"badge":{}"#, "not_json", None),
            (r#"{"badge":{}} x"#, "not_json", None),
            (r#"{"badges":[{} {}]}"#, "not_json", None),
            (r#"{"badges":[{},]}"#, "not_json", None),
            (r#"{"badges":[{}"#, "not_json", None),
        ] {
            assert_eq!(problem(text), (code.to_owned(), pointer.map(str::to_owned)), "{text:.60}");
        }
        assert!(read("{\"badges\":\n[{},\n ,]}").expect_err("broken").detail().contains("line 3, column 2"));
    }

    #[test]
    fn a_batch_is_known_by_its_beginning() {
        for (begins, text) in [
            (true, r#"{"badges":[{"@context":"#),
            (true, r#"{"options":{"checks":["proof"]},"badges":[{"#),
            (false, r#"{"options":{"checks":["#),
            (false, r#"{"badge":{"badges":["#),
            (false, r#"{"@context":[],"badges":["#),
            (false, r#"["badges"#),
            (false, "\u{89}PNG"),
            (false, ""),
        ] {
            assert_eq!(begins_batch(text.as_bytes()), begins, "{text}");
        }
    }

    #[test]
    fn a_text_is_what_it_says_and_an_address_what_stands_there() {
        let bytes = |part: &str| match handed(part.as_bytes()) {
            Handed::Bytes(bytes) => String::from_utf8(bytes).expect("text"),
            Handed::Url(url) => panic!("an address: {url}"),
        };
        assert_eq!(bytes(r#""{\"a\":1}""#), r#"{"a":1}"#);
        assert_eq!(bytes(r#""\ud800""#), r#""\ud800""#, "no text: judged as it stands");
        let long = format!(r#"{{"url":"https://a.example/{}"}}"#, "x".repeat(3_000));
        for same in
            ["5", r#"{"a":1}"#, r#"{"url":5}"#, r#"{"url":"x","url":"y"}"#, r#"{"url":"x","a":1}"#, &long]
        {
            assert_eq!(bytes(same), same);
        }
        assert!(
            matches!(handed(br#"{ "url" : "https://a.example/b" }"#), Handed::Url(url) if url == "https://a.example/b")
        );
    }
}
