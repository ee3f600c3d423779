//! The routes of the W3C VC-API that verify.
//!
//! In the profile `strict` the status says whether to rely on the document: 200 or 400. In `vcalm` it says only that the
//! document was looked at, as the newest draft has it (VCALM 0.9, section Error Handling): dates and revocation are
//! warnings there, and `verified` is true all the same. The verdict is the same in both.

use super::accept;
use super::extract::{JsonBody, missing_member, optional_text};
use super::headers::spoken;
use super::limits::Charge;
use super::problem::Problem;
use super::schemas::{
    ProblemDetails, VerifyCredentialAnswer, VerifyCredentialRequest, VerifyPresentationAnswer,
    VerifyPresentationRequest,
};
use super::vc_problems::Judged;
use super::verify_options::Options;
use super::verifying::verifying;
use crate::clock;
use crate::config::VcApiProfile;
use crate::node::Node;
use crate::verifier::{self, Asking};
use accolade_core::json::{Object, Value};
use accolade_core::verify::{Checks, Expected, Language};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

/// Options that the VC-API or VCALM has and that say nothing to this node: problems and the report are always told.
const WITHOUT_EFFECT: [&str; 2] = ["returnProblemDetails", "returnResults"];

/// `POST /credentials/verify`: whether a credential is good, and what is wrong.
#[utoipa::path(
    post, path = "/credentials/verify", summary = "Verify a credential (VC-API)",
    request_body = VerifyCredentialRequest,
    responses(
        (status = 200, description = "It is good; in the profile `vcalm`: it was looked at", body = VerifyCredentialAnswer),
        (status = 400, description = "It is not good, or the request breaks a rule", content(
            (VerifyCredentialAnswer = "application/json"), (ProblemDetails = "application/problem+json")))
    )
)]
pub(super) async fn verify_credential(
    State(node): State<Node>,
    headers: HeaderMap,
    body: Result<JsonBody, Problem>,
) -> Result<Response, Problem> {
    let asked = Asked::read(body, "verifiableCredential", accept::language(&headers));
    let Asked { value, options, unknown, returned, .. } = asked.map_err(Problem::unverified)?;
    let asking = Asking::about_one(&node);
    let options = options.settled(&asking).await.map_err(Problem::unverified)?;
    let (is_document, language, policy) = (is_document(&value), options.language, options.policy);
    let report = verifying(&asking, move |sources| {
        verifier::verify_value(sources, value.clone(), &policy, clock::now())
    })
    .await?;
    node.metrics().verified(report.verdict);
    let report = report.in_language(language);
    let profile = node.config().vcapi_profile;
    let mut judged = Judged::of_credential(&report);
    judged.unknown_options(&unknown);
    let mut answer = judged.answer(profile);
    answer["report"] = json!(report);
    if let Some(credential) = returned {
        answer["credential"] = json!(credential);
    }
    Ok(judged_response(profile, is_document, report.is_good(), language, answer))
}

/// `POST /presentations/verify`: likewise, and whether the presenter is the recipient.
#[utoipa::path(
    post, path = "/presentations/verify", summary = "Verify a presentation, and whether the presenter is the recipient (VC-API)",
    request_body = VerifyPresentationRequest,
    responses(
        (status = 200, description = "It is good; in the profile `vcalm`: it was looked at", body = VerifyPresentationAnswer),
        (status = 400, description = "It is not good, or the request breaks a rule", content(
            (VerifyPresentationAnswer = "application/json"), (ProblemDetails = "application/problem+json")))
    )
)]
pub(super) async fn verify_presentation(
    State(node): State<Node>,
    charge: Option<Extension<Charge>>,
    headers: HeaderMap,
    body: Result<JsonBody, Problem>,
) -> Result<Response, Problem> {
    let asked = Asked::read(body, "verifiablePresentation", accept::language(&headers));
    let asked = asked.map_err(Problem::unverified)?;
    let Asked { value, options, challenge, domain, unknown, returned } = asked;
    let asking = Asking::about_one(&node);
    let options = options.settled(&asking).await.map_err(Problem::unverified)?;
    let (is_document, language, policy) = (is_document(&value), options.language, options.policy);
    let report = verifying(&asking, move |sources| {
        let expected = Expected { challenge: challenge.as_deref(), domain: domain.as_deref() };
        verifier::verify_presentation(sources, value.clone(), expected, &policy, clock::now())
    })
    .await?;
    if let Some(Extension(charge)) = charge {
        charge.more(report.credentials.len().saturating_sub(1));
    }
    node.metrics().verified(report.verdict);
    let report = report.in_language(language);
    let profile = node.config().vcapi_profile;
    let mut judged = Judged::of_presentation(&report);
    judged.unknown_options(&unknown);
    let mut answer = judged.answer(profile);
    answer["recipientProved"] = json!(report.recipient_proved);
    answer["report"] = json!(report);
    if let Some(presentation) = returned {
        answer["verifiablePresentation"] = json!(presentation);
    }
    Ok(judged_response(profile, is_document, report.is_good(), language, answer))
}

/// What is a document, good or bad; everything else can't be looked at at all.
fn is_document(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::String(_))
}

fn judged_response(
    profile: VcApiProfile,
    is_document: bool,
    is_good: bool,
    language: Language,
    answer: serde_json::Value,
) -> Response {
    let is_fine = match profile {
        VcApiProfile::Strict => is_good,
        VcApiProfile::Vcalm => is_document,
    };
    let status = if is_fine { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    spoken(language, (status, Json(answer)).into_response())
}

/// What is to be judged, and how.
#[derive(Debug)]
struct Asked {
    value: Value,
    options: Options,
    /// What the presenter was asked to sign: `challenge`, or `nonce` of a JWT.
    challenge: Option<String>,
    /// For whom it was signed: `domain`, or `audience` of a JWT.
    domain: Option<String>,
    /// Options that nobody here knows.
    unknown: Vec<String>,
    /// What was judged, if the answer shall hold it.
    returned: Option<Value>,
}

impl Asked {
    fn read(
        body: Result<JsonBody, Problem>,
        member: &'static str,
        language: Language,
    ) -> Result<Self, Problem> {
        let JsonBody(body) = body?;
        let Value::Object(mut body) = body else {
            return Err(Problem::bad_request(
                "not_an_object",
                "The request's body is not a JSON object.",
                format!("Send {{\"{member}\":{{…}}}}."),
            ));
        };
        let value = body.remove(member).ok_or_else(|| missing_member(member))?;
        let options = match body.remove("options") {
            None | Some(Value::Null) => Object::new(),
            Some(Value::Object(options)) => options,
            Some(_) => {
                return Err(Problem::bad_request(
                    "options_malformed",
                    "“options” is not an object.",
                    "Send \"options\":{\"checks\":[\"proof\"]}, or leave it out.",
                )
                .at("/options"));
            }
        };
        let mut asked = Self {
            value,
            options: Options::in_language(language),
            challenge: either(&options, "challenge", "nonce")?,
            domain: either(&options, "domain", "audience")?,
            unknown: Vec::new(),
            returned: None,
        };
        for (name, value) in options.iter() {
            asked.option(name, value)?;
        }
        Ok(asked)
    }

    fn option(&mut self, name: &str, value: &Value) -> Result<(), Problem> {
        match name {
            "challenge" | "nonce" | "domain" | "audience" => {}
            "checks" => self.options.policy.checks = checks(value)?,
            "returnCredential" | "returnPresentation" => match value {
                Value::Bool(true) => self.returned = Some(self.value.clone()),
                Value::Bool(false) => {}
                _ => return Err(wrong(name, "is neither true nor false", "Send true, or leave it out.")),
            },
            // A newer credential would be another one than was asked about.
            "refresh" => self.unknown.push(name.to_owned()),
            name if WITHOUT_EFFECT.contains(&name) => {}
            name if self.options.take(name, value)? => {}
            name => self.unknown.push(name.to_owned()),
        }
        Ok(())
    }
}

/// The text of an option that has a name for Data Integrity and another for JWTs.
fn either(options: &Object, name: &str, other: &str) -> Result<Option<String>, Problem> {
    let text = |name| optional_text(options, name).map_err(|problem| problem.under("options"));
    match (text(name)?, text(other)?) {
        (Some(one), Some(two)) if one != two => {
            let what = format!("and “{other}” say different things");
            Err(wrong(name, &what, "Send one of them, or both alike."))
        }
        (one, two) => Ok(one.or(two).map(str::to_owned)),
    }
}

/// Only `["proof"]` asks for less than everything.
fn checks(value: &Value) -> Result<Checks, Problem> {
    let hint = "Send \"options\":{\"checks\":[\"proof\"]}, or leave it out.";
    let Value::Array(names) = value else { return Err(wrong("checks", "is not a list", hint)) };
    let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
    match names.as_deref() {
        None => Err(wrong("checks", "holds something that is not a text", hint)),
        Some(["proof"]) => Ok(Checks::ProofOnly),
        Some(_) => Ok(Checks::All),
    }
}

fn wrong(option: &str, what: &str, hint: &'static str) -> Problem {
    Problem::bad_request("options_malformed", format!("“options.{option}” {what}."), hint)
        .at(format!("/options/{option}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        accolade_core::json::parse(text.as_bytes()).expect("reads")
    }

    fn question(text: &str) -> Result<Asked, Problem> {
        Asked::read(Ok(JsonBody(value(text))), "verifiableCredential", Language::En)
    }

    fn with_options(options: &str) -> Result<Asked, Problem> {
        question(&format!(r#"{{"verifiableCredential":5,"options":{options}}}"#))
    }

    #[test]
    fn options_may_be_missing_and_only_proof_asks_for_less() {
        let checks = |options| with_options(options).expect(options).options.policy.checks;
        let without = question(r#"{"verifiableCredential":5}"#).expect("reads");
        assert_eq!(without.options.policy.checks, Checks::All);
        assert_eq!(checks("null"), Checks::All);
        assert_eq!(checks("{}"), Checks::All);
        assert_eq!(checks(r#"{"checks":["proof"]}"#), Checks::ProofOnly);
        assert_eq!(checks(r#"{"checks":["proof","credentialStatus"]}"#), Checks::All);
        assert_eq!(checks(r#"{"checks":[]}"#), Checks::All);
    }

    #[test]
    fn the_options_of_v1_verify_are_options_here_too() {
        let asked = with_options(r#"{"language":"de","max_status_age_s":60}"#).expect("reads");
        assert_eq!(asked.options.language, Language::De);
        assert_eq!(asked.options.policy.max_status_age.as_secs(), 60);
        assert!(asked.unknown.is_empty());
    }

    #[test]
    fn an_option_that_nobody_knows_is_named_and_one_of_wrong_form_is_refused() {
        let asked = with_options(r#"{"expansionMap":1,"returnResults":true,"recipent":{},"refresh":true}"#)
            .expect("reads");
        assert_eq!(asked.unknown, ["expansionMap", "recipent", "refresh"]);
        for (refused, pointer) in [
            ("5", "/options"),
            ("[]", "/options"),
            (r#"{"checks":"proof"}"#, "/options/checks"),
            (r#"{"checks":null}"#, "/options/checks"),
            (r#"{"recipient":null}"#, "/options/recipient"),
            (r#"{"trust":null}"#, "/options/trust"),
            (r#"{"as_of":null}"#, "/options/as_of"),
            (r#"{"language":null}"#, "/options/language"),
            (r#"{"returnCredential":null}"#, "/options/returnCredential"),
            (r#"{"checks":[1]}"#, "/options/checks"),
            (r#"{"challenge":5}"#, "/options/challenge"),
            (r#"{"nonce":{}}"#, "/options/nonce"),
            (r#"{"challenge":"a","nonce":"b"}"#, "/options/challenge"),
            (r#"{"domain":"a","audience":"b"}"#, "/options/domain"),
            (r#"{"returnCredential":"yes"}"#, "/options/returnCredential"),
            (r#"{"language":"xx"}"#, "/options/language"),
            (r#"{"max_status_age_s":-1}"#, "/options/max_status_age_s"),
        ] {
            let problem = with_options(refused).expect_err(refused);
            assert_eq!((problem.status(), problem.pointer()), (StatusCode::BAD_REQUEST, Some(pointer)));
            assert!(!problem.hint().is_empty(), "{refused}");
        }
    }

    #[test]
    fn challenge_and_domain_go_by_the_names_of_jwts_too() {
        for options in [
            r#"{"challenge":"c","domain":"d"}"#,
            r#"{"nonce":"c","audience":"d"}"#,
            r#"{"challenge":"c","nonce":"c","domain":"d","audience":null}"#,
        ] {
            let asked = with_options(options).expect(options);
            assert_eq!((asked.challenge.as_deref(), asked.domain.as_deref()), (Some("c"), Some("d")));
        }
    }

    #[test]
    fn what_is_to_be_judged_must_be_there_but_may_be_junk() {
        for junk in ["null", "5", "\"text\"", "[]", "{}"] {
            let asked = question(&format!(r#"{{"verifiableCredential":{junk}}}"#)).expect(junk);
            assert_eq!((asked.value, asked.returned), (value(junk), None));
        }
        for refused in ["5", "\"text\"", "null", "[]", "true", "{}", r#"{"credential":{}}"#] {
            assert!(question(refused).is_err(), "{refused}");
        }
        let asked = with_options(r#"{"returnCredential":true}"#).expect("reads");
        assert_eq!(asked.returned, Some(Value::Int(5)));
    }
}
