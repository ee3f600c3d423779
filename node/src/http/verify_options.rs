//! The options of `POST /v1/verify`, most of which the VC-API's routes take too. A caller who is not understood would take an answer for what it isn't: what isn't
//! known is refused.

use super::problem::Problem;
use super::verifying::blocking;
use crate::resolver::RootAnswer;
use crate::verifier::Asking;
use accolade_core::json::{Object, Value};
use accolade_core::time::Timestamp;
use accolade_core::trust::{Root, Roots, TrustError};
use accolade_core::verify::{Checks, Language, Policy, Recipient};
use std::sync::Arc;
use std::time::Duration;

/// What can be asked for.
const KNOWN: [&str; 7] = ["as_of", "checks", "language", "max_status_age_s", "recipient", "refresh", "trust"];
/// Greatest age that can be allowed a status list, in seconds: a hundred years.
const MAX_AGE_S: i64 = 100 * 365 * 86_400;

/// Most trust roots that one request can name.
const MAX_ROOTS: usize = 8;
/// Most of them that it names by an address: issuers and lists are to be fetched as well.
const MAX_ROOT_URLS: usize = 4;
/// Longest address of one, in bytes.
const MAX_URL_BYTES: usize = 2_048;

/// How to judge.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// Without the trust roots, until [`Self::settled`].
    pub(super) policy: Policy,
    /// Whether a newer version of the badge is to be had.
    pub(super) refresh: bool,
    trust: Vec<Wanted>,
    /// In which language to answer.
    pub(super) language: Language,
}

/// A trust root that the caller names.
#[derive(Clone, Debug)]
enum Wanted {
    Url(String),
    /// Its place among them, and what it says.
    Given(usize, Value),
}

/// A trust root, as far as it was to be had.
enum Found {
    Given(usize, Arc<Root>),
    Fetched(String, RootAnswer),
}

/// A root that was given whole, with its place in the request.
type Given = (usize, Arc<Root>);

/// Reads the roots that were given whole; those at an address stay as they are.
fn read_given(wanted: Vec<Wanted>) -> Result<Vec<Result<String, Given>>, Problem> {
    let mut all = Roots::default();
    let mut read = |wanted| match wanted {
        Wanted::Url(url) => Ok(Ok(url)),
        Wanted::Given(at, value) => {
            let refused = |error| refused_root(at, error);
            let root = Arc::new(Root::of_value(&value).map_err(refused)?);
            all.add_root("", Arc::clone(&root)).map_err(refused)?;
            Ok(Err((at, root)))
        }
    };
    wanted.into_iter().map(&mut read).collect()
}

/// All roots in their order. One that wasn't to be had, or for which there is no room, vouches for nobody.
fn roots(found: Vec<Found>) -> Result<Roots, Problem> {
    let mut roots = Roots::default();
    for (at, root) in found.into_iter().enumerate() {
        match root {
            Found::Given(at, root) => roots.add_root(format!("the request's trust root {}", at + 1), root),
            Found::Fetched(url, answer) => {
                let added = answer
                    .and_then(|root| roots.add_root(url.as_str(), root).map_err(|error| error.to_string()));
                added.or_else(|why| roots.add_missing(url, why))
            }
        }
        .map_err(|error| refused_root(at, error))?;
    }
    Ok(roots)
}

fn refused_root(at: usize, error: TrustError) -> Problem {
    let (why, path) = match error {
        TrustError::Form { what, path } => (what.to_owned(), path),
        error => (error.to_string(), String::new()),
    };
    Problem::bad_request("option_malformed", format!("“trust”: {why}."), TRUST_HINT)
        .at(format!("/options/trust/{at}{path}"))
}

impl Options {
    /// No options, answered in a language.
    pub(super) fn in_language(language: Language) -> Self {
        Self { language, ..Self::default() }
    }

    /// The same with the trust roots, which are fetched where they are named by an address. One that isn't to be had
    /// vouches for nobody, and the report says so.
    ///
    /// # Errors
    /// One that was given whole is none, or they are over a limit; with its place.
    pub(super) async fn settled(mut self, asking: &Asking) -> Result<Self, Problem> {
        if self.trust.is_empty() {
            return Ok(self);
        }
        let wanted = std::mem::take(&mut self.trust);
        // A registry may be large, and a federation have many signatures. What is wrong here has nothing fetched.
        let read = blocking(move || read_given(wanted)).await??;
        let fetched = read.into_iter().map(|root| async move {
            match root {
                Ok(url) => {
                    let answer = asking.trust_root(&url).await;
                    Found::Fetched(url, answer)
                }
                Err((at, root)) => Found::Given(at, root),
            }
        });
        self.policy.trust = Some(Arc::new(roots(futures::future::join_all(fetched).await)?));
        Ok(self)
    }

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
            "as_of" => self.policy.as_of = Some(time(value)?),
            "checks" => self.policy.checks = checks(value)?,
            "language" => self.language = language(value)?,
            "max_status_age_s" => self.policy.max_status_age = max_age(value)?,
            "recipient" => self.policy.recipient = Some(recipient(value)?),
            "refresh" => self.refresh = switch("refresh", value)?,
            "trust" => self.trust = trust(value)?,
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

fn time(value: &Value) -> Result<Timestamp, Problem> {
    let hint = "Send a time such as 2026-01-31T00:00:00Z; leave it away to judge for now.";
    let text = value.as_str().ok_or_else(|| wrong("as_of", "“as_of” is not a text.", hint))?;
    Timestamp::parse(text).map_err(|error| {
        Problem::bad_request("option_malformed", format!("“as_of”: {error}."), hint).at("/options/as_of")
    })
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

fn switch(name: &str, value: &Value) -> Result<bool, Problem> {
    match value {
        Value::Bool(value) => Ok(*value),
        _ => {
            let hint = format!("Send \"{name}\":true, or leave it out.");
            let problem = Problem::bad_request(
                "option_malformed",
                format!("“{name}” is neither true nor false."),
                hint,
            );
            Err(problem.at(format!("/options/{name}")))
        }
    }
}

const TRUST_HINT: &str =
    "Send a list of up to 8: https addresses of registries or federations (4 at most), or these themselves.";

/// The roots, each address once. What those say that were given whole is read in [`Options::settled`].
fn trust(value: &Value) -> Result<Vec<Wanted>, Problem> {
    let items = value.as_array().filter(|items| (1..=MAX_ROOTS).contains(&items.len()));
    let none = || wrong("trust", "“trust” is not a list of 1 to 8 trust roots.", TRUST_HINT);
    let mut roots: Vec<Wanted> = Vec::new();
    let mut urls: Vec<&str> = Vec::new();
    for (at, item) in items.ok_or_else(none)?.iter().enumerate() {
        match item {
            Value::String(url) if urls.contains(&url.as_str()) => {}
            Value::String(url) if url.starts_with("https://") && url.len() <= MAX_URL_BYTES => {
                urls.push(url);
                roots.push(Wanted::Url(url.clone()));
            }
            // A federation's token, which is no address in any case.
            Value::String(text) if text.starts_with("eyJ") => roots.push(Wanted::Given(at, item.clone())),
            Value::Object(_) | Value::Array(_) => roots.push(Wanted::Given(at, item.clone())),
            _ => {
                let detail = "“trust”: an item is neither an https address nor a registry.";
                return Err(Problem::bad_request("option_malformed", detail, TRUST_HINT)
                    .at(format!("/options/trust/{at}")));
            }
        }
    }
    match urls.len() {
        ..=MAX_ROOT_URLS => Ok(roots),
        _ => Err(wrong("trust", "“trust” names more than 4 addresses.", TRUST_HINT)),
    }
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
        let then = read(r#"{"as_of":"2026-01-31T00:00:00Z"}"#).expect("reads").policy.as_of;
        assert_eq!(then.map(|then| then.to_string()).as_deref(), Some("2026-01-31T00:00:00Z"));
        let of = |text: &str| read(text).expect(text).policy.recipient;
        let ada = Recipient::Email("ada@example.org".to_owned());
        assert_eq!(of(r#"{"recipient":{"email":"ada@example.org"}}"#), Some(ada));
        let did = Recipient::Id("did:example:ada".to_owned());
        assert_eq!(of(r#"{"recipient":{"id":"did:example:ada"}}"#), Some(did.clone()));
        assert_eq!(of(r#"{"recipient":{"did":"did:example:ada"}}"#), Some(did));
        assert!(matches!(of(r#"{"recipient":{"studentId":"5"}}"#), Some(Recipient::Identifier { .. })));
        let trust = read(
            r#"{"trust":["https://a.example/r.json",["did:example:a"],{"issuers":["did:example:b"]}],"refresh":true}"#,
        );
        let trust = trust.expect("reads");
        assert!(trust.refresh && trust.trust.len() == 3 && trust.policy.trust.is_none());
        assert!(!read("{}").expect("reads").refresh);
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
            (r#"{"as_of":1767225600}"#, "/options/as_of"),
            (r#"{"as_of":"yesterday"}"#, "/options/as_of"),
            (r#"{"as_of":"2026-01-01"}"#, "/options/as_of"),
            (r#"{"as_of":null}"#, "/options/as_of"),
            (r#"{"refresh":1}"#, "/options/refresh"),
            (r#"{"refresh":"yes"}"#, "/options/refresh"),
            (r#"{"trust":"https://a.example"}"#, "/options/trust"),
            (r#"{"trust":[]}"#, "/options/trust"),
            (r#"{"trust":{}}"#, "/options/trust"),
            (r#"{"trust":[1,2,3,4,5,6,7,8,9]}"#, "/options/trust"),
            (r#"{"trust":["https://a.example","http://a.example"]}"#, "/options/trust/1"),
            (r#"{"trust":["did:web:a.example"]}"#, "/options/trust/0"),
            (
                r#"{"trust":["https://a.a","https://a.b","https://a.c","https://a.d","https://a.e"]}"#,
                "/options/trust",
            ),
            (r#"{"trust":null}"#, "/options/trust"),
            (r#"{"trust":[5]}"#, "/options/trust/0"),
            (r#"{"trust":[null]}"#, "/options/trust/0"),
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

    fn given(trust: &str) -> Result<Vec<Result<String, Given>>, Problem> {
        read_given(read(&format!(r#"{{"trust":{trust}}}"#)).expect(trust).trust)
    }

    #[test]
    fn what_a_given_root_says_is_read_once_and_refused_where_it_is_wrong() {
        let three =
            given(r#"["https://a.a",["did:web:a.example"],"https://a.a",{"issuers":[]},"https://a.b"]"#);
        let three = three.expect("reads");
        let shown: Vec<_> =
            three.iter().map(|root| root.as_ref().map_err(|(at, root)| (*at, root.len()))).collect();
        let (a, b) = ("https://a.a".to_owned(), "https://a.b".to_owned());
        assert_eq!(shown, [Ok(&a), Err((1, 1)), Err((3, 0)), Ok(&b)], "an address counts once");
        let many = format!("[{}]", vec![r#""did:a:b""#; 65_537].join(","));
        for (trust, pointer) in [
            (r#"["eyJ"]"#, "/options/trust/0"),
            (r#"["https://a.a",["did:web:a.example"],{"issuers":5}]"#, "/options/trust/2/issuers"),
            (r#"["https://a.a","https://a.a",["x"]]"#, "/options/trust/2/0"),
            (&format!("[{many}]"), "/options/trust/0"),
        ] {
            let problem = given(trust).expect_err(pointer);
            assert_eq!((problem.status().as_u16(), problem.pointer()), (400, Some(pointer)), "{trust:.80}");
        }
    }

    #[test]
    fn all_roots_of_a_request_have_one_limit() {
        let list = |of: &str| {
            let ids: Vec<String> = (0..33_000).map(|at| format!("\"did:{of}:{at}\"")).collect();
            format!("[{}]", ids.join(","))
        };
        let problem = given(&format!("[[],{},{}]", list("a"), list("b"))).expect_err("too many");
        assert_eq!(problem.pointer(), Some("/options/trust/2"));
        let large = |of: &str| Arc::new(Root::parse(list(of).as_bytes()).expect("reads"));
        let url = |name: &str, answer| Found::Fetched(format!("https://{name}.example"), answer);
        let found =
            vec![url("a", Ok(large("a"))), url("b", Ok(large("b"))), url("c", Err("away".to_owned()))];
        let Ok(roots) = roots(found) else { panic!("what has no room is missing") };
        let missing: Vec<_> = roots.missing().collect();
        assert_eq!((roots.len(), missing[1]), (3, ("https://c.example", "away")));
        assert!(missing[0].0 == "https://b.example" && missing[0].1.contains("65536"), "{missing:?}");
        let now = Timestamp::parse("2026-07-01T00:00:00Z").expect("a time");
        assert!(roots.vouch("did:a:32999", now).is_some() && roots.vouch("did:b:5", now).is_none());
    }
}
