//! The routes of the pages.

use super::extract::Id;
use super::forms::{self, Form};
use super::headers::cacheable;
use super::problem::Problem;
use super::problem_for;
use super::schemas::SignedCredential;
use super::v1::badge_bytes;
use super::verifying::blocking;
use crate::achievements;
use crate::clock;
use crate::node::Node;
use crate::pages::{self, AchievementCard, BadgePage, FAVICON, HomePage, STYLE};
use crate::verifier;
use accolade_core::json::{self, Object, Value};
use accolade_core::verify::{Policy, Report};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Achievements that the start page shows.
const SHOWN_ACHIEVEMENTS: u32 = 24;

/// `GET /`: what this node is.
#[utoipa::path(
    get, path = "/", summary = "What this node is",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), (status = 304, description = "It is as it was"))
)]
pub(super) async fn home(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let page = achievements::list(&node, None, SHOWN_ACHIEVEMENTS, true).await?;
    let cards = page
        .items
        .iter()
        .filter_map(|item| Some(AchievementCard::new(item.achievement.as_object()?, node.base_url())));
    let home = HomePage {
        node_name: node.name().to_owned(),
        base_url: node.base_url().to_owned(),
        root: pages::root_of(node.base_url()).to_owned(),
        did: node.did().as_str().to_owned(),
        peers: node.network().map_or(0, |network| network.peers().len()),
        issuers: node.replica().issuers().len(),
        version: env!("CARGO_PKG_VERSION"),
        achievements: cards.collect(),
        more: page.next.is_some(),
    };
    let html = pages::render(&home)?;
    Ok(cacheable(&headers, "text/html; charset=utf-8", "public, no-cache", html.into_bytes()))
}

/// `GET /b/{uuid}`: a badge's own page, checked as it is asked for; another form to who asks for one, and a file to
/// be kept under `.json`, `.jwt`, `.png` and `.svg`.
#[utoipa::path(
    get, path = "/b/{uuid}", summary = "A badge's own page, checked as it is asked for",
    description = "The badge as JSON, as a JWT or in a picture to who accepts that before HTML, and at `/b/{uuid}.json`, `.jwt`, `.png` and `.svg`.",
    params(("uuid" = String, Path, description = "The badge's UUID")),
    responses(
        (status = 200, description = "The page, or the badge", content(
            (String = "text/html"),
            (SignedCredential = "application/vc"),
            (SignedCredential = "application/ld+json"),
            (SignedCredential = "application/json"),
            (String = "application/vc+jwt"),
            (Vec<u8> = "image/png"),
            (Vec<u8> = "image/svg+xml"))),
        (status = 304, description = "It is as it was")
    )
)]
pub(super) async fn badge(State(node): State<Node>, Id(id): Id, headers: HeaderMap) -> Response {
    let (uuid, named) = forms::of_name(&id);
    let form = named.unwrap_or_else(|| forms::page_or_file(&headers));
    let answer = match badge_bytes(&node, uuid).await {
        Ok(bytes) if form == Form::Page => page(&node, uuid, bytes).await,
        Ok(bytes) => forms::file(&node, &headers, bytes, form, named.is_some()).await,
        Err(problem) => Err(problem),
    };
    let mut response = match answer {
        Ok(response) => response,
        Err(problem) if form == Form::Page => problem_for_page(&node, &headers, problem),
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

async fn page(node: &Node, uuid: &str, bytes: Vec<u8>) -> Result<Response, Problem> {
    let verifying = node.clone();
    let (report, credential): (Report, Object) = blocking(move || {
        let report = verifier::verify(&verifying, &bytes, &Policy::default(), clock::now());
        let credential = match json::parse(&bytes) {
            Ok(Value::Object(object)) => object,
            _ => Object::new(),
        };
        (report, credential)
    })
    .await?;
    node.metrics().verified(report.verdict);
    let page = BadgePage::new(node.name(), node.base_url(), uuid, &credential, &report);
    Ok(pages::answer(StatusCode::OK, &page))
}

/// Who asked for a page and named nothing else gets a page.
fn problem_for_page(node: &Node, headers: &HeaderMap, problem: Problem) -> Response {
    if headers.contains_key(header::ACCEPT) {
        return problem_for(node, headers, problem);
    }
    pages::problem(node.name(), node.base_url(), &problem)
}

/// `GET /style.css`.
#[utoipa::path(
    get, path = "/style.css", summary = "What the pages look like",
    responses((status = 200, description = "A style sheet", body = String, content_type = "text/css"), (status = 304, description = "It is as it was"))
)]
pub(super) async fn style(headers: HeaderMap) -> Response {
    cacheable(&headers, "text/css; charset=utf-8", "public, max-age=300", STYLE.into())
}

/// `GET /favicon.svg`.
#[utoipa::path(
    get, path = "/favicon.svg", summary = "The icon of the pages",
    responses((status = 200, description = "An SVG image", body = String, content_type = "image/svg+xml"), (status = 304, description = "It is as it was"))
)]
pub(super) async fn favicon(headers: HeaderMap) -> Response {
    cacheable(&headers, "image/svg+xml", "public, max-age=86400", FAVICON.into())
}
