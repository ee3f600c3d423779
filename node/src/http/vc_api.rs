//! The routes of the W3C VC-API by which badges are issued and revoked; those that verify are in `vc_verify`.

use super::extract::{JsonObject, optional_text, required_object, required_text};
use super::problem::Problem;
use super::schemas::{IssueRequest, IssuedCredential, ProblemDetails, StatusAccepted, StatusRequest};
use super::verifying::blocking;
use crate::badge_copy::BadgeCopy;
use crate::clock;
use crate::issuer;
use crate::node::Node;
use crate::status::{self, Badge, Change};
use accolade_core::json::{Object, Value};
use accolade_core::status::StatusPurpose;
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
}
