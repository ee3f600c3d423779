//! The routes of the page where anybody checks a badge.

use super::accept;
use super::extract::FormBody;
use super::headers::{cacheable, spoken};
use super::multipart;
use super::problem::Problem;
use crate::node::Node;
use crate::pages::{self, Given, Reader, VERIFY_SCRIPT, VerdictPage, VerifyPage, Wrong};
use crate::verifier::{self, Asking, Handed, Wish};
use accolade_core::language::Language;
use accolade_core::verify::{Policy, Recipient};
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
    let html = pages::render(&VerifyPage::new(reader, None, Given::default()))?;
    let response = cacheable(&headers, "text/html; charset=utf-8", "public, no-cache", html.into_bytes());
    Ok(page(response, reader.language))
}

/// `POST /verify`: the answer as a page. Nothing is kept.
#[utoipa::path(
    post, path = "/verify", summary = "What is found of a badge, as a page",
    description = "For people; programs use `/v1/verify`.",
    params(("lang" = Option<String>, Query, description = "The language of the page: en, de, fr, es or pt")),
    request_body(description = "A form with one of the fields `file` (a badge's file, a picture of at most 10 MiB too), `text` (a badge as text) and `url` (the https address of one), and `email` if it is asked whether the badge is that recipient's", content((Vec<u8> = "multipart/form-data"))),
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
    page(response, reader.language)
}

async fn answered(
    node: &Node,
    reader: Reader<'_>,
    body: Result<FormBody, Problem>,
) -> Result<Response, Problem> {
    let body = match body {
        Ok(body) => body,
        Err(problem) if problem.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let page = VerifyPage::new(reader, Some(&Wrong::TooLarge), Given::default());
            return Ok(pages::answer(problem.status(), &page));
        }
        Err(problem) => return Err(problem),
    };
    let (handed, policy) = match question(&body.content_type, &body.bytes) {
        Ok(question) => question,
        Err((wrong, given)) => {
            return Ok(pages::answer(StatusCode::BAD_REQUEST, &VerifyPage::new(reader, Some(&wrong), given)));
        }
    };
    let address = match &handed {
        Handed::Url(url) => Some(url.clone()),
        Handed::Bytes(_) => None,
    };
    let wish = Wish { policy, refresh: false };
    let report = verifier::check(&Asking::about_one(node), handed, &wish).await?;
    drop(body); // and its place among the large ones
    node.metrics().verified(report.verdict);
    Ok(pages::answer(StatusCode::OK, &VerdictPage::new(reader, report, address.as_deref())))
}

/// What stands in the one field that was filled in, and what is asked about it; else what is wrong, and what was given.
fn question(content_type: &str, form: &[u8]) -> Result<(Handed, Policy), (Wrong, Given)> {
    let parts = multipart::parts(content_type, form).map_err(|_| (Wrong::Unread, Given::default()))?;
    let field = |name: &str| {
        let part = parts.iter().find(|part| part.name == name)?;
        Some(part.bytes).filter(|bytes| !bytes.trim_ascii().is_empty())
    };
    let text = |name: &str| field(name).map(|bytes| std::str::from_utf8(bytes).map(str::trim)).transpose();
    let (Ok(badge_text), Ok(url), Ok(email)) = (text("text"), text("url"), text("email")) else {
        return Err((Wrong::Text, Given::default()));
    };
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let given = Given { text: owned(badge_text), url: owned(url), email: owned(email) };
    let handed = match (field("file"), badge_text, url) {
        (Some(file), None, None) => Handed::Bytes(file.to_vec()),
        (None, Some(text), None) => Handed::Bytes(text.as_bytes().to_vec()),
        (None, None, Some(url)) if url.starts_with("https://") => Handed::Url(url.to_owned()),
        (None, None, Some(_)) => return Err((Wrong::Url, given)),
        (None, None, None) => return Err((Wrong::Nothing, given)),
        _ => return Err((Wrong::Several, given)),
    };
    match email.map(|email| Recipient::of("email", email)).transpose() {
        Ok(recipient) => Ok((handed, Policy { recipient, ..Policy::default() })),
        Err(_) => Err((Wrong::Email, given)),
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
    Reader {
        node_name: node.name(),
        base_url: node.base_url(),
        language: chosen.unwrap_or_else(|| accept::language(headers)),
        is_chosen: chosen.is_some(),
    }
}

/// Sets the headers of this page.
fn page(response: Response, language: Language) -> Response {
    let mut response = spoken(language, response);
    let policy = HeaderValue::from_static(PAGE_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
