//! The options of `POST /v1/verify`. A caller who is not understood would take an answer for what it isn't: what isn't
//! known is refused.

use super::problem::Problem;
use accolade_core::json::{Object, Value};
use accolade_core::verify::{Checks, Language, Policy, Recipient};
use std::time::Duration;

/// What can be asked for.
const KNOWN: [&str; 4] = ["checks", "language", "max_status_age_s", "recipient"];
/// Greatest age that can be allowed a status list, in seconds: a hundred years.
const MAX_AGE_S: i64 = 100 * 365 * 86_400;

/// How to judge.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub(super) policy: Policy,
    /// In which language to answer.
    pub(super) language: Language,
}

impl Options {
    /// Reads the member `options`; null is none. What it doesn't say stays.
    ///
    /// # Errors
    /// What isn't known, or has a value that it can't have; with its place.
    pub(super) fn read(mut self, value: Value) -> Result<Self, Problem> {
        let object = match value {
            Value::Object(object) => object,
            Value::Null => Object::new(),
            _ => {
                return Err(wrong(
                    "",
                    "“options” is not an object.",
                    "Send \"options\":{…}, or leave it out.",
                ));
            }
        };
        for (name, value) in object.iter() {
            if !self.take(name, value)? {
                return Err(unknown(name));
            }
        }
        Ok(self)
    }

    /// Takes one option; whether it is known.
    ///
    /// # Errors
    /// A value that it can't have; with its place.
    pub(super) fn take(&mut self, name: &str, value: &Value) -> Result<bool, Problem> {
        match name {
            "checks" => self.policy.checks = checks(value)?,
            "language" => self.language = language(value)?,
            "max_status_age_s" => self.policy.max_status_age = max_age(value)?,
            "recipient" => self.policy.recipient = Some(recipient(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn checks(value: &Value) -> Result<Checks, Problem> {
    let names = value.as_array().map(|names| names.iter().map(Value::as_str).collect::<Vec<_>>());
    match names.as_deref() {
        Some([Some("proof")]) => Ok(Checks::ProofOnly),
        _ => Err(wrong(
            "checks",
            "“checks” is not [\"proof\"].",
            "Send \"checks\":[\"proof\"] to leave dates and revocation out; leave it away to check everything.",
        )),
    }
}

fn language(value: &Value) -> Result<Language, Problem> {
    let known = |tag: &&str| Language::ALL.iter().any(|language| language.tag() == *tag);
    value.as_str().filter(known).and_then(Language::from_tag).ok_or_else(|| {
        let known = Language::ALL.map(Language::tag).join(", ");
        let detail = format!("“language” is none of {known}.");
        let hint = "Name one of these, or leave it away: then the header Accept-Language counts.";
        Problem::bad_request("option_malformed", detail, hint).at("/options/language")
    })
}

fn max_age(value: &Value) -> Result<Duration, Problem> {
    match value {
        Value::Int(seconds @ 0..=MAX_AGE_S) => Ok(Duration::from_secs(seconds.unsigned_abs())),
        _ => Err(wrong(
            "max_status_age_s",
            "“max_status_age_s” is not a whole number of seconds, 0 or more.",
            "Send the greatest age of a status list that you accept, such as 86400 for a day.",
        )),
    }
}

fn recipient(value: &Value) -> Result<Recipient, Problem> {
    let hint =
        "Name one: {\"email\":\"ada@example.org\"}, {\"id\":\"did:…\"}, or an identityType of Open Badges.";
    let members: Vec<(&str, &Value)> =
        value.as_object().map(|object| object.iter().collect()).unwrap_or_default();
    let [(kind, Value::String(name))] = members[..] else {
        let detail = "“recipient” is not an object with one member, a text.";
        return Err(wrong("recipient", detail, hint));
    };
    Recipient::of(if kind == "did" { "id" } else { kind }, name).map_err(|error| {
        let detail = format!("“recipient” names nobody: {error}.");
        Problem::bad_request("option_malformed", detail, hint).at("/options/recipient")
    })
}

fn unknown(name: &str) -> Problem {
    let hint = format!("The options are: {}.", KNOWN.join(", "));
    let pointer = name.replace('~', "~0").replace('/', "~1");
    Problem::bad_request("unknown_option", format!("There is no option “{name}”."), hint)
        .at(format!("/options/{pointer}"))
}

fn wrong(option: &str, detail: &'static str, hint: &'static str) -> Problem {
    let pointer = if option.is_empty() { "/options".to_owned() } else { format!("/options/{option}") };
    Problem::bad_request("option_malformed", detail, hint).at(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Options, Problem> {
        Options::default().read(accolade_core::json::parse(text.as_bytes()).expect("reads"))
    }

    #[test]
    fn options_say_how_to_judge() {
        for none in ["null", "{}"] {
            let policy = read(none).expect(none).policy;
            assert!(policy.checks == Checks::All && policy.max_status_age == Duration::from_secs(48 * 3600));
        }
        let all = read(r#"{"checks":["proof"],"max_status_age_s":60}"#).expect("reads").policy;
        assert!(all.checks == Checks::ProofOnly && all.max_status_age == Duration::from_secs(60));
        let none_old = read(r#"{"max_status_age_s":0}"#).expect("reads").policy;
        assert_eq!(none_old.max_status_age, Duration::ZERO);
        let of = |text: &str| read(text).expect(text).policy.recipient;
        let ada = Recipient::Email("ada@example.org".to_owned());
        assert_eq!(of(r#"{"recipient":{"email":"ada@example.org"}}"#), Some(ada));
        let did = Recipient::Id("did:example:ada".to_owned());
        assert_eq!(of(r#"{"recipient":{"id":"did:example:ada"}}"#), Some(did.clone()));
        assert_eq!(of(r#"{"recipient":{"did":"did:example:ada"}}"#), Some(did));
        assert!(matches!(of(r#"{"recipient":{"studentId":"5"}}"#), Some(Recipient::Identifier { .. })));
        let french = Options { language: Language::Fr, ..Options::default() };
        let of =
            |text: &str| french.clone().read(accolade_core::json::parse(text.as_bytes()).expect("reads"));
        assert_eq!(of("{}").expect("reads").language, Language::Fr, "as the header says");
        assert_eq!(of(r#"{"language":"de"}"#).expect("reads").language, Language::De);
    }

    #[test]
    fn an_option_that_is_not_understood_is_refused_where_it_stands() {
        for (text, pointer) in [
            ("5", "/options"),
            ("[]", "/options"),
            ("\"checks\"", "/options"),
            (r#"{"checks":"proof"}"#, "/options/checks"),
            (r#"{"checks":[]}"#, "/options/checks"),
            (r#"{"checks":["proof","status"]}"#, "/options/checks"),
            (r#"{"checks":["proof",5]}"#, "/options/checks"),
            (r#"{"checks":null}"#, "/options/checks"),
            (r#"{"max_status_age_s":-1}"#, "/options/max_status_age_s"),
            (r#"{"max_status_age_s":1.5}"#, "/options/max_status_age_s"),
            (r#"{"max_status_age_s":"60"}"#, "/options/max_status_age_s"),
            (r#"{"max_status_age_s":9007199254740991}"#, "/options/max_status_age_s"),
            (r#"{"recipient":"ada@example.org"}"#, "/options/recipient"),
            (r#"{"recipient":{}}"#, "/options/recipient"),
            (r#"{"recipient":{"email":"ada"}}"#, "/options/recipient"),
            (r#"{"recipient":{"email":5}}"#, "/options/recipient"),
            (r#"{"recipient":{"id":"ada"}}"#, "/options/recipient"),
            (r#"{"recipient":{"email":"a@b.example","id":"did:x:y"}}"#, "/options/recipient"),
            (r#"{"language":"xx"}"#, "/options/language"),
            (r#"{"language":"de-AT"}"#, "/options/language"),
            (r#"{"language":["de"]}"#, "/options/language"),
            (r#"{"max_status_age":60}"#, "/options/max_status_age"),
            (r#"{"Checks":["proof"]}"#, "/options/Checks"),
            (r#"{"a/b":1}"#, "/options/a~1b"),
        ] {
            let problem = read(text).expect_err(text);
            assert_eq!((problem.status().as_u16(), problem.pointer()), (400, Some(pointer)), "{text}");
            assert!(!problem.hint().is_empty());
        }
        let hint = read(r#"{"recipent":{}}"#).expect_err("unknown").hint().to_owned();
        assert!(KNOWN.iter().all(|name| hint.contains(name)), "{hint}");
    }
}
