//! The routes of the W3C VC-API.

use super::extract::{JsonBody, JsonObject, missing_member, optional_text, required_object, required_text};
use super::problem::{Problem, problem_type};
use super::schemas::{
    IssueRequest, IssuedCredential, ProblemDetails, StatusAccepted, StatusRequest, VerifyCredentialAnswer,
    VerifyCredentialRequest, VerifyPresentationAnswer, VerifyPresentationRequest,
};
use super::verifying::{blocking, verifying};
use crate::badge_copy::BadgeCopy;
use crate::clock;
use crate::issuer;
use crate::node::Node;
use crate::status::{self, Badge, Change};
use crate::verifier;
use accolade_core::json::{Object, Value};
use accolade_core::status::StatusPurpose;
use accolade_core::verify::{self, Checks, Expected, Policy, Verdict};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// `POST /credentials/issue`: `{credential, options?}` -> 201 `{verifiableCredential}`.
#[utoipa::path(
    post, path = "/credentials/issue", summary = "Complete and sign a credential (VC-API)",
    request_body = IssueRequest,
    responses((status = 201, description = "The credential, durable", body = IssuedCredential))
)]
pub(super) async fn issue(
    State(node): State<Node>,
    JsonObject(mut body): JsonObject,
) -> Result<Response, Problem> {
    let credential = required_object(&mut body, "credential")?;
    let issued = issuer::issue(&node, credential, clock::now()).await?;
    Ok(with_credential(&json!({}), &issued.credential))
}

/// 201 with these members and the signed credential, byte for byte, as `verifiableCredential`.
pub(super) fn with_credential(members: &serde_json::Value, credential: &[u8]) -> Response {
    let mut bytes = members.to_string().into_bytes();
    bytes.pop(); // the closing brace
    if bytes.len() > 1 {
        bytes.push(b',');
    }
    bytes.extend_from_slice(b"\"verifiableCredential\":");
    bytes.extend_from_slice(credential);
    bytes.push(b'}');
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (StatusCode::CREATED, [content_type], Body::from(bytes)).into_response()
}

/// `POST /credentials/status`: `{credentialId or verifiableCredential, credentialStatus?, status?, reason?}` -> 202 with
/// the time by which it is public.
#[utoipa::path(
    post, path = "/credentials/status", summary = "Revoke, suspend or resume a badge (VC-API)",
    request_body = StatusRequest,
    responses(
        (status = 202, description = "The status is durable, and public by the time named", body = StatusAccepted),
        (status = 404, description = "No badge of that id; one that was issued after the backup that the node was restored from is named by its holder's copy", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "What is revoked stays revoked; or a copy that isn't this node's to revoke", body = ProblemDetails, content_type = "application/problem+json")
    )
)]
pub(super) async fn set_status(
    State(node): State<Node>,
    JsonObject(mut body): JsonObject,
) -> Result<Response, Problem> {
    let (named, change) = status_request(&mut body)?;
    let badge = match named {
        Named::Id(id) => Badge::Id(id),
        Named::Copy(copy) => {
            let node = node.clone();
            Badge::Copy(blocking(move || BadgeCopy::read(&node, copy, clock::now())).await??)
        }
    };
    let accepted = status::set(&node, badge, change, clock::now()).await?;
    let body = json!({
        "credentialId": accepted.credential_id,
        "statusPurpose": accepted.purpose.as_str(),
        "status": accepted.value,
        "changed": accepted.changed,
        "publicBy": accepted.public_by.to_string(),
    });
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

/// By what a request names the badge.
#[derive(Debug)]
enum Named {
    Id(String),
    Copy(Value),
}

fn status_request(body: &mut Object) -> Result<(Named, Change), Problem> {
    let copy = body.remove("verifiableCredential").filter(|copy| *copy != Value::Null);
    let named = match (copy, optional_text(body, "credentialId")?) {
        (None, _) => Named::Id(required_text(body, "credentialId")?.to_owned()),
        (Some(copy), None) => Named::Copy(copy),
        (Some(_), Some(_)) => {
            return Err(wrong_status("The request names a badge twice: by its id and by a copy."));
        }
    };
    let entries = body.get("credentialStatus").map(Value::one_or_many).unwrap_or_default();
    let entry = match entries {
        [] => None,
        [Value::Object(entry)] => Some(entry),
        [_] => return Err(wrong_status("“credentialStatus” is not an object.")),
        _ => {
            return Err(wrong_status(
                "“credentialStatus” has several entries; a badge of this node has one.",
            ));
        }
    };
    let mut purpose = None;
    if let Some(entry) = entry {
        let kinds = ["BitstringStatusListEntry", "1EdTechRevocationList"];
        if optional_text(entry, "type")?.is_some_and(|kind| !kinds.contains(&kind)) {
            return Err(wrong_status("The type of “credentialStatus” is not one of this node's lists."));
        }
        purpose = match optional_text(entry, "statusPurpose")? {
            None => None,
            Some("revocation") => Some(StatusPurpose::Revocation),
            Some("suspension") => Some(StatusPurpose::Suspension),
            Some(_) => return Err(wrong_status("The “statusPurpose” is neither revocation nor suspension.")),
        };
    }
    let value = match body.get("status").or_else(|| entry?.get("status")) {
        None | Some(Value::Bool(true)) => true,
        Some(Value::Bool(false)) => false,
        Some(Value::String(text)) if text == "1" => true,
        Some(Value::String(text)) if text == "0" => false,
        Some(_) => return Err(wrong_status("“status” is neither true nor false.")),
    };
    let reason = optional_text(body, "reason")?.map(str::to_owned);
    Ok((named, Change { purpose, value, reason }))
}

fn wrong_status(detail: &'static str) -> Problem {
    Problem::bad_request(
        "status_malformed",
        detail,
        "Send {\"credentialId\":…,\"credentialStatus\":{\"type\":\"BitstringStatusListEntry\",\
         \"statusPurpose\":\"revocation\"},\"status\":true}.",
    )
}

/// `POST /credentials/verify`: 200 with `verified: true`, or 400 with `verified: false` and what is wrong.
#[utoipa::path(
    post, path = "/credentials/verify", summary = "Verify a credential (VC-API)",
    request_body = VerifyCredentialRequest,
    responses(
        (status = 200, description = "It is good", body = VerifyCredentialAnswer),
        (status = 400, description = "It is not good, or the request breaks a rule", content(
            (VerifyCredentialAnswer = "application/json"), (ProblemDetails = "application/problem+json")))
    )
)]
pub(super) async fn verify_credential(
    State(node): State<Node>,
    body: Result<JsonBody, Problem>,
) -> Result<Response, Problem> {
    let JsonBody(body) = body.map_err(Problem::unverified)?;
    let (value, policy, _) = question(body, "verifiableCredential").map_err(Problem::unverified)?;
    let report = verifying(&node, move |sources| {
        verifier::verify_value(sources, value.clone(), &policy, clock::now())
    })
    .await?;
    node.metrics().verified(report.verdict);
    let answer = json!({
        "verified": report.is_good(),
        "verdict": report.verdict,
        "problemDetails": problem_details(&report.problems(), report.verdict),
        "warnings": warnings(report.verdict, &report.warnings),
        "report": report,
    });
    Ok(judged(report.is_good(), answer))
}

/// `POST /presentations/verify`: likewise, and whether the presenter is the recipient.
#[utoipa::path(
    post, path = "/presentations/verify", summary = "Verify a presentation, and whether the presenter is the recipient (VC-API)",
    request_body = VerifyPresentationRequest,
    responses(
        (status = 200, description = "It is good", body = VerifyPresentationAnswer),
        (status = 400, description = "It is not good, or the request breaks a rule", content(
            (VerifyPresentationAnswer = "application/json"), (ProblemDetails = "application/problem+json")))
    )
)]
pub(super) async fn verify_presentation(
    State(node): State<Node>,
    body: Result<JsonBody, Problem>,
) -> Result<Response, Problem> {
    let JsonBody(body) = body.map_err(Problem::unverified)?;
    let (value, policy, options) = question(body, "verifiablePresentation").map_err(Problem::unverified)?;
    let text = |key| optional_text(&options, key).map(|text| text.map(str::to_owned));
    let challenge = text("challenge").map_err(Problem::unverified)?;
    let domain = text("domain").map_err(Problem::unverified)?;
    let report = verifying(&node, move |sources| {
        let expected = Expected { challenge: challenge.as_deref(), domain: domain.as_deref() };
        verifier::verify_presentation(sources, value.clone(), expected, &policy, clock::now())
    })
    .await?;
    node.metrics().verified(report.verdict);
    let answer = json!({
        "verified": report.is_good(),
        "verdict": report.verdict,
        "recipientProved": report.recipient_proved,
        "problemDetails": problem_details(&report.problems(), report.verdict),
        "warnings": warnings(report.verdict, &report.warnings),
        "report": report,
    });
    Ok(judged(report.is_good(), answer))
}

/// What is to be judged, how, and the other options.
fn question(body: Value, member: &'static str) -> Result<(Value, Policy, Object), Problem> {
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
        Some(_) => return Err(wrong_options("“options” is not an object.")),
    };
    let checks = match options.get("checks") {
        None | Some(Value::Null) => Checks::All,
        Some(Value::Array(names)) => checks(names)?,
        Some(_) => return Err(wrong_options("“options.checks” is not a list.")),
    };
    Ok((value, Policy { checks, ..Policy::default() }, options))
}

/// Only `["proof"]` asks for less than everything.
fn checks(names: &[Value]) -> Result<Checks, Problem> {
    let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
    match names.as_deref() {
        None => Err(wrong_options("“options.checks” holds something that is not a text.")),
        Some(["proof"]) => Ok(Checks::ProofOnly),
        Some(_) => Ok(Checks::All),
    }
}

fn wrong_options(detail: &'static str) -> Problem {
    Problem::bad_request(
        "options_malformed",
        detail,
        "Send \"options\":{\"checks\":[\"proof\"]}, or leave it out.",
    )
}

fn judged(good: bool, answer: serde_json::Value) -> Response {
    let status = if good { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    (status, Json(answer)).into_response()
}

fn warnings(verdict: Verdict, warnings: &[verify::Warning]) -> serde_json::Value {
    let mut list = json!(warnings);
    if let (Verdict::ValidIssuerUnknown, Some(list)) = (verdict, list.as_array_mut()) {
        list.push(json!({"code": "valid_issuer_unknown", "sentence": "None of your trust roots endorses the issuer."}));
    }
    list
}

/// RFC 9457 problems; where a specification names the problem, by its name. Empty for what is good.
fn problem_details(problems: &[verify::Problem], verdict: Verdict) -> serde_json::Value {
    if verdict.is_good() {
        return json!([]);
    }
    let details = problems.iter().map(|problem| {
        let mut details = json!({
            "type": known_type(problem.code, verdict).map_or_else(|| problem_type(problem.code), str::to_owned),
            "title": problem.sentence,
            "detail": problem.detail.as_deref().unwrap_or(problem.sentence),
            "code": problem.code,
        });
        for (member, text) in [("hint", problem.hint), ("pointer", problem.pointer.as_deref())] {
            if let Some(text) = text {
                details[member] = json!(text);
            }
        }
        details
    });
    details.collect()
}

/// The problem types of VCDM 2.0 (section 7.1), Data Integrity 1.0 (section 4.7), Controlled Identifiers 1.0
/// (section 3.5) and Bitstring Status List 1.0 (section 3.5); `None` where none of them names it.
fn known_type(code: &str, verdict: Verdict) -> Option<&'static str> {
    Some(match code {
        "revoked" | "suspended" | "expired" | "not_yet_valid" => return None,
        "not_json" | "not_an_object" => "https://www.w3.org/TR/vc-data-model#PARSING_ERROR",
        "challenge_mismatch" => "https://w3id.org/security#INVALID_CHALLENGE_ERROR",
        "domain_mismatch" => "https://w3id.org/security#INVALID_DOMAIN_ERROR",
        "key_not_in_issuer_document"
        | "controller_not_issuer"
        | "controller_not_holder"
        | "did_key_invalid"
        | "key_type_unsupported" => "https://w3id.org/security#INVALID_VERIFICATION_METHOD",
        "too_much_work" => "https://w3id.org/security#PROOF_TRANSFORMATION_ERROR",
        "extra_proof_failed" => "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR",
        _ if code.starts_with("proof_") || code.starts_with("previous_proof_") => {
            "https://w3id.org/security#PROOF_VERIFICATION_ERROR"
        }
        "status_unavailable" | "unknown_list" => {
            "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"
        }
        "status_list_refused"
        | "status_list_of_another"
        | "status_list_differs"
        | "status_index_not_text" => {
            "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR"
        }
        "status_index_out_of_range" | "validity_reversed" => {
            "https://www.w3.org/TR/vc-data-model#RANGE_ERROR"
        }
        // A rule of the data model or of Open Badges; the problem's code says which.
        _ if verdict == Verdict::Malformed => "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        accolade_core::json::parse(text.as_bytes()).expect("reads")
    }

    fn request(text: &str) -> Result<Change, Problem> {
        named(text).map(|(_, change)| change)
    }

    fn named(text: &str) -> Result<(Named, Change), Problem> {
        status_request(&mut value(text).as_object().expect("an object").clone())
    }

    #[test]
    fn options_may_be_missing_and_only_proof_asks_for_less() {
        let of = |options: &str| {
            question(value(&format!(r#"{{"verifiableCredential":5{options}}}"#)), "verifiableCredential")
        };
        let checks = |options| of(options).expect("reads").1.checks;
        assert_eq!(checks(""), Checks::All);
        assert_eq!(checks(r#","options":null"#), Checks::All);
        assert_eq!(checks(r#","options":{}"#), Checks::All);
        assert_eq!(checks(r#","options":{"checks":["proof"]}"#), Checks::ProofOnly);
        assert_eq!(checks(r#","options":{"checks":["proof","credentialStatus"]}"#), Checks::All);
        assert_eq!(checks(r#","options":{"checks":[]}"#), Checks::All);
        for refused in [r#","options":5"#, r#","options":{"checks":"proof"}"#, r#","options":{"checks":[1]}"#]
        {
            assert_eq!(of(refused).expect_err(refused).status(), StatusCode::BAD_REQUEST);
        }
    }

    #[test]
    fn what_is_to_be_judged_must_be_there_but_may_be_junk() {
        for junk in ["null", "5", "\"text\"", "[]", "{}"] {
            let body = value(&format!(r#"{{"verifiableCredential":{junk}}}"#));
            assert!(question(body, "verifiableCredential").is_ok(), "the engine judges {junk}");
        }
        for refused in ["5", "\"text\"", "null", "[]", "true", "{}", r#"{"credential":{}}"#] {
            assert!(question(value(refused), "verifiableCredential").is_err(), "{refused}");
        }
    }

    #[test]
    fn a_status_request_is_read_in_its_forms() {
        let plain = request(r#"{"credentialId":"urn:uuid:1"}"#).expect("reads");
        assert!(plain.value && plain.purpose.is_none() && plain.reason.is_none());
        let full = request(
            r#"{"credentialId":"urn:uuid:1","credentialStatus":[{"type":"BitstringStatusListEntry",
                "statusPurpose":"suspension"}],"status":false,"reason":"cleared"}"#,
        )
        .expect("reads");
        assert!(!full.value && full.purpose == Some(StatusPurpose::Suspension));
        assert_eq!(full.reason.as_deref(), Some("cleared"));
        let in_entry = request(r#"{"credentialId":"x","credentialStatus":{"status":"0"}}"#).expect("reads");
        assert!(!in_entry.value);
    }

    #[test]
    fn a_badge_is_named_by_its_id_or_by_a_copy() {
        let of = |text: &str| named(text).expect(text).0;
        assert!(
            matches!(of(r#"{"credentialId":"x","verifiableCredential":null}"#), Named::Id(id) if id == "x")
        );
        for junk in ["{}", "5", "\"text\"", "[]"] {
            let body = format!(r#"{{"verifiableCredential":{junk},"credentialId":null,"reason":"r"}}"#);
            assert!(matches!(of(&body), Named::Copy(copy) if copy == value(junk)), "the verb judges {junk}");
        }
        let both = named(r#"{"credentialId":"x","verifiableCredential":{}}"#).expect_err("both");
        assert!(both.detail().contains("twice"), "{both:?}");
        for neither in ["{}", r#"{"credentialId":null,"verifiableCredential":null}"#] {
            assert!(named(neither).expect_err("neither").detail().contains("lacks the member"));
        }
    }

    #[test]
    fn a_status_request_that_could_mean_something_else_is_refused() {
        for refused in [
            "{}",
            r#"{"credentialId":5}"#,
            r#"{"credentialId":""}"#,
            r#"{"credentialId":"x","credentialStatus":"revoked"}"#,
            r#"{"credentialId":"x","credentialStatus":[{},{}]}"#,
            r#"{"credentialId":"x","credentialStatus":{"type":"StatusList2021Entry"}}"#,
            r#"{"credentialId":"x","credentialStatus":{"statusPurpose":"message"}}"#,
            r#"{"credentialId":"x","credentialStatus":{"statusPurpose":1}}"#,
            r#"{"credentialId":"x","status":1}"#,
            r#"{"credentialId":"x","status":"false"}"#,
            r#"{"credentialId":"x","reason":{}}"#,
        ] {
            let problem = request(refused).expect_err(refused);
            assert!(!problem.hint().is_empty());
        }
    }

    #[test]
    fn the_signed_bytes_are_handed_out_unchanged() {
        for (members, whole) in [
            (json!({}), r#"{"verifiableCredential":{"a":1.0}}"#),
            (json!({"id":"x"}), r#"{"id":"x","verifiableCredential":{"a":1.0}}"#),
        ] {
            let response = with_credential(&members, br#"{"a":1.0}"#);
            let bytes = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 1_000));
            assert_eq!(bytes.expect("a body"), whole.as_bytes());
        }
    }

    #[test]
    fn problems_have_the_names_that_the_specifications_give() {
        for (code, verdict, name) in [
            ("proof_signature_wrong", Verdict::Forged, "PROOF_VERIFICATION_ERROR"),
            ("challenge_mismatch", Verdict::Malformed, "INVALID_CHALLENGE_ERROR"),
            ("not_json", Verdict::Malformed, "PARSING_ERROR"),
            ("issuer_missing", Verdict::Malformed, "MALFORMED_VALUE_ERROR"),
            ("validity_reversed", Verdict::Malformed, "RANGE_ERROR"),
            ("status_unavailable", Verdict::CouldNotCheck, "STATUS_RETRIEVAL_ERROR"),
            ("status_list_refused", Verdict::CouldNotCheck, "STATUS_VERIFICATION_ERROR"),
            ("controller_not_issuer", Verdict::Forged, "INVALID_VERIFICATION_METHOD"),
        ] {
            let kind = known_type(code, verdict).unwrap_or_else(|| panic!("{code} has no name"));
            assert_eq!(kind.split_once('#').map(|(_, name)| name), Some(name), "{code}");
        }
        assert_eq!(known_type("revoked", Verdict::Revoked), None);
        assert_eq!(known_type("unknown_context", Verdict::Unsupported), None);
        let problem = verify::Problem { code: "revoked", sentence: "Revoked.", ..Default::default() };
        let details = problem_details(std::slice::from_ref(&problem), Verdict::Revoked);
        assert_eq!(details[0]["type"], "urn:accolade:problem:revoked");
        assert_eq!(details[0]["detail"], "Revoked.");
        assert_eq!(problem_details(&[problem], Verdict::Valid), json!([]));
    }
}
