//! The routes of the page where anybody checks a badge.

use super::extract::FormBody;
use super::headers::cacheable;
use super::multipart::{self, Part};
use super::problem::Problem;
use super::verifying::verifying;
use crate::clock;
use crate::node::Node;
use crate::pages::{self, Reader, VERIFY_SCRIPT, VerdictPage, VerifyPage, Wrong};
use crate::verifier;
use accolade_core::language::Language;
use accolade_core::verify::Policy;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;

/// What this page may do beyond the others: send its own forms, and run its own script.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; \
                           base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// `GET /verify`: a form for a badge.
#[utoipa::path(
    get, path = "/verify", summary = "A form for a badge to be checked",
    params(("lang" = Option<String>, Query, description = "The language of the page: en, de, fr, es or pt; without it the one that the header Accept-Language likes best")),
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), (status = 304, description = "It is as it was"))
)]
pub(super) async fn form(
    State(node): State<Node>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let reader = reader(&node, &uri, &headers);
    let html = pages::render(&VerifyPage::new(reader, None, ""))?;
    let response = cacheable(&headers, "text/html; charset=utf-8", "public, no-cache", html.into_bytes());
    Ok(spoken(response, reader.language))
}

/// `POST /verify`: the answer as a page. Nothing is kept.
#[utoipa::path(
    post, path = "/verify", summary = "What is found of a badge, as a page",
    description = "For people; programs use `/v1/verify`.",
    params(("lang" = Option<String>, Query, description = "The language of the page: en, de, fr, es or pt")),
    request_body(description = "A form with one of the fields `file` (a badge's file, a picture of at most 10 MiB too) and `text` (a badge as text)", content((Vec<u8> = "multipart/form-data"))),
    responses(
        (status = 200, description = "A page with the verdict, whatever it is", body = String, content_type = "text/html"),
        (status = 400, description = "The form again: it had nothing in it that could be checked", body = String, content_type = "text/html"),
        (status = 413, description = "The form again: there was too much in it", body = String, content_type = "text/html")
    )
)]
pub(super) async fn answer(
    State(node): State<Node>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<FormBody, Problem>,
) -> Response {
    let reader = reader(&node, &uri, &headers);
    let response = match answered(&node, reader, body).await {
        Ok(response) => response,
        Err(problem) => pages::problem(node.name(), node.base_url(), &problem),
    };
    spoken(response, reader.language)
}

async fn answered(
    node: &Node,
    reader: Reader<'_>,
    body: Result<FormBody, Problem>,
) -> Result<Response, Problem> {
    let again = |status, wrong: &Wrong| Ok(pages::answer(status, &VerifyPage::new(reader, Some(wrong), "")));
    let body = match body {
        Ok(body) => body,
        Err(problem) if problem.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return again(problem.status(), &Wrong::TooLarge);
        }
        Err(problem) => return Err(problem),
    };
    let given = match given(&body.content_type, &body.bytes) {
        Ok(given) => given,
        Err(wrong) => return again(StatusCode::BAD_REQUEST, &wrong),
    };
    let report = verifying(node, move |sources| {
        let _held = &body; // and its place among the large ones
        verifier::verify_with(sources, &given, &Policy::default(), clock::now())
    })
    .await?;
    node.metrics().verified(report.verdict);
    Ok(pages::answer(StatusCode::OK, &VerdictPage::new(reader, report, None)))
}

/// What stands in the one field that was filled in.
fn given(content_type: &str, form: &[u8]) -> Result<Vec<u8>, Wrong> {
    let parts = multipart::parts(content_type, form).map_err(|_| Wrong::Unread)?;
    let is_given = |part: &&Part<'_>| {
        let is_field = ["file", "text"].contains(&part.name.as_ref());
        is_field && !part.bytes.trim_ascii().is_empty()
    };
    let mut filled = parts.iter().filter(is_given);
    let (Some(part), None) = (filled.next(), filled.next()) else {
        let several = parts.iter().filter(is_given).count() > 1;
        return Err(if several { Wrong::Several } else { Wrong::Nothing });
    };
    match part.name.as_ref() {
        "text" if std::str::from_utf8(part.bytes).is_err() => Err(Wrong::Text),
        "text" => Ok(part.bytes.trim_ascii().to_vec()),
        _ => Ok(part.bytes.to_vec()),
    }
}

/// `GET /verify.js`.
#[utoipa::path(
    get, path = "/verify.js", summary = "Lets a file be dropped on the page for checking",
    responses((status = 200, description = "A script", body = String, content_type = "text/javascript"), (status = 304, description = "It is as it was"))
)]
pub(super) async fn script(headers: HeaderMap) -> Response {
    cacheable(&headers, "text/javascript; charset=utf-8", "public, max-age=300", VERIFY_SCRIPT.into())
}

/// Who reads, in which language: the one of `?lang=`, else the one that the browser likes best.
fn reader<'a>(node: &'a Node, uri: &Uri, headers: &HeaderMap) -> Reader<'a> {
    let chosen = uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("lang="));
    let chosen = chosen.and_then(Language::from_tag);
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Reader {
        node_name: node.name(),
        base_url: node.base_url(),
        language: chosen.unwrap_or_else(|| Language::from_accept(accepted.unwrap_or_default())),
        is_chosen: chosen.is_some(),
    }
}

/// Sets the headers of this page.
fn spoken(mut response: Response, language: Language) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}
