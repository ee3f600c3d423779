//! Errors as RFC 9457 problems: for a program a code, for a person what happened and what to do.

use crate::error::{ErrorKind, NodeError};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Most characters of a detail: what a caller sent may be quoted in it.
const MAX_DETAIL_CHARS: usize = 600;

/// One problem (RFC 9457), the answer to a request that wasn't carried out.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: Cow<'static, str>,
    hint: Cow<'static, str>,
    /// Where in the request's body, as a JSON Pointer (RFC 6901), if it is about one place there.
    pointer: Option<Box<str>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// On the verifying routes of the VC-API: also says `verified: false` and lists itself.
    unverified: bool,
}

impl Problem {
    /// A problem from the HTTP status, a stable code in snake_case, what happened, and what to do.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (code, detail, hint) = (code.into(), clip(detail.into()), hint.into());
        Self { status, code, detail, hint, pointer: None, headers: Vec::new(), unverified: false }
    }

    /// 400: the request breaks a rule.
    pub fn bad_request(
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail, hint)
    }

    /// The same problem with one more header in its answer.
    pub fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// The same problem, found at this place of the request's body (a JSON Pointer).
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into().into());
        self
    }

    /// The same problem as an answer of a verifying route of the VC-API.
    pub fn unverified(mut self) -> Self {
        self.unverified = true;
        self
    }

    /// Its HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What happened, one sentence.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What to do, one sentence; may be empty.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// The same problem, where the place that it names stands under the member `key`.
    pub fn under(mut self, key: &str) -> Self {
        self.pointer = self.pointer.map(|pointer| format!("/{key}{pointer}").into());
        self
    }

    /// Where in the request's body, as a JSON Pointer, if it is about one place there.
    pub fn pointer(&self) -> Option<&str> {
        self.pointer.as_deref()
    }

    /// A few words for the kind of problem; the same for every problem of one status.
    pub fn title(&self) -> &'static str {
        match self.status.as_u16() {
            400 => "The request breaks a rule",
            401 => "A token is needed",
            403 => "The token doesn't allow this",
            404 => "There is nothing here",
            405 => "This address takes another method",
            406 => "It can't be given in the form that was asked for",
            408 => "The request took too long",
            409 => "It contradicts what is there",
            410 => "It is gone",
            413 => "The request is too large",
            415 => "The request is in a form that isn't read",
            429 => "Too many requests",
            501 => "This node can't do that",
            503 => "The node can't do it now",
            _ => "The node failed",
        }
    }

    /// The members of RFC 9457, with `hint`, `code` and, where there is one, `pointer` as extensions.
    pub fn to_json(&self) -> Value {
        let mut own = json!({
            "type": problem_type(&self.code),
            "title": self.title(),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "hint": self.hint,
            "code": self.code,
        });
        if let Some(pointer) = &self.pointer {
            own["pointer"] = json!(pointer);
        }
        if !self.unverified {
            return own;
        }
        let mut whole = own.clone();
        whole["verified"] = json!(false);
        whole["problemDetails"] = json!([own]);
        whole
    }
}

/// The URI that names a problem of this node's own kind.
pub(super) fn problem_type(code: &str) -> String {
    format!("urn:accolade:problem:{code}")
}

fn clip(text: Cow<'static, str>) -> Cow<'static, str> {
    match text.char_indices().nth(MAX_DETAIL_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => text,
    }
}

impl From<NodeError> for Problem {
    fn from(error: NodeError) -> Self {
        // The node's own faults, which hold nothing of whom a badge is for.
        if matches!(error.kind, ErrorKind::Internal | ErrorKind::Unavailable) {
            tracing::error!(code = error.code, "a request failed: {}", error.message);
        }
        let status = match error.kind {
            ErrorKind::Invalid => StatusCode::BAD_REQUEST,
            ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let problem = Self::new(status, error.code, error.message, error.hint);
        match error.kind {
            ErrorKind::Unauthenticated => problem
                .with_header(header::WWW_AUTHENTICATE, r#"Bearer realm="accolade", error="invalid_token""#),
            ErrorKind::Forbidden => problem.with_header(
                header::WWW_AUTHENTICATE,
                r#"Bearer realm="accolade", error="insufficient_scope""#,
            ),
            ErrorKind::TooMany | ErrorKind::Unavailable => problem.with_header(header::RETRY_AFTER, "1"),
            _ => problem,
        }
    }
}

/// The code of the problem that an answer is; found in the answer's extensions.
#[derive(Clone)]
pub(super) struct ProblemCode(pub(super) Cow<'static, str>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json().to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response.extensions_mut().insert(ProblemCode(self.code));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_its_status_and_title() {
        for (kind, status) in [
            (ErrorKind::Invalid, 400),
            (ErrorKind::Unauthenticated, 401),
            (ErrorKind::Forbidden, 403),
            (ErrorKind::NotFound, 404),
            (ErrorKind::Conflict, 409),
            (ErrorKind::TooLarge, 413),
            (ErrorKind::TooMany, 429),
            (ErrorKind::Unavailable, 503),
            (ErrorKind::Internal, 500),
        ] {
            let problem = Problem::from(NodeError::new(kind, "a_code", "It happened.", "Do this."));
            let json = problem.to_json();
            assert_eq!(json["status"], status);
            assert_eq!(json["type"], "urn:accolade:problem:a_code");
            assert_eq!((&json["detail"], &json["hint"]), (&json!("It happened."), &json!("Do this.")));
            assert!(json["title"].as_str().is_some_and(|title| !title.is_empty()));
            assert!(json.get("verified").is_none());
        }
    }

    #[test]
    fn says_how_to_authenticate_and_when_to_come_back() {
        let header_of = |kind, name| {
            let response = Problem::from(NodeError::new(kind, "c", "m", "h")).into_response();
            response.headers().get(name).map(|value| value.to_str().expect("text").to_owned())
        };
        let challenge = header_of(ErrorKind::Unauthenticated, header::WWW_AUTHENTICATE).expect("challenge");
        assert!(challenge.starts_with("Bearer realm="));
        let scope = header_of(ErrorKind::Forbidden, header::WWW_AUTHENTICATE).expect("challenge");
        assert!(scope.contains("insufficient_scope"));
        assert_eq!(header_of(ErrorKind::TooMany, header::RETRY_AFTER).as_deref(), Some("1"));
        assert_eq!(header_of(ErrorKind::Invalid, header::RETRY_AFTER), None);
    }

    #[test]
    fn a_verifying_route_also_answers_in_the_form_of_the_vc_api() {
        let json = Problem::bad_request("c", "d", "h").unverified().to_json();
        assert_eq!(json["verified"], false);
        assert_eq!(json["problemDetails"][0]["code"], "c");
    }

    #[test]
    fn what_is_about_one_place_says_where() {
        let problem = Problem::bad_request("c", "d", "h").at("/options/as_of");
        assert_eq!(
            (problem.to_json()["pointer"].as_str(), problem.pointer()),
            (Some("/options/as_of"), Some("/options/as_of"))
        );
        assert!(Problem::bad_request("c", "d", "h").under("options").to_json().get("pointer").is_none());
        assert_eq!(
            Problem::bad_request("c", "d", "h").at("/a").under("options").pointer(),
            Some("/options/a")
        );
    }

    #[test]
    fn what_a_caller_sent_is_quoted_only_in_part() {
        let problem = Problem::bad_request("c", "ü".repeat(100_000), "h");
        assert_eq!(problem.detail().chars().count(), MAX_DETAIL_CHARS + 1);
    }
}
