//! The HTTP API: a handler parses, calls one verb, renders. Knows no SQL and no libp2p.

pub(crate) mod accept;
mod extract;
mod forms;
mod headers;
mod identifiers;
mod limits;
mod pages;
mod patient;
mod problem;
mod serve;
mod tls;
mod tokens;
mod v1;
mod vc_api;

pub use extract::{MAX_BODY_BYTES, MAX_PICTURE_BYTES};
pub use problem::Problem;
pub use serve::{
    DRAIN_TIMEOUT, HANDSHAKE_TIMEOUT, HEADER_TIMEOUT, MAX_CONNECTIONS, MAX_HEAD_BYTES, MAX_HEADERS,
    WRITE_TIMEOUT, serve,
};
pub use tls::{Tls, TlsError};

use crate::clock;
use crate::ledger::Token;
use crate::node::Node;
use crate::token::Scope;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Json, Router};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Every route of a node.
pub fn router(node: Node) -> Router {
    let prefix = node.config().public_url.as_ref().map(|url| url.path().to_owned());
    let slots = Arc::new(Semaphore::new(limits::MAX_REQUESTS));
    let rate = limits::VerifyRate::new(node.config().verify_per_s_per_address);
    let router = Router::new()
        .merge(api(&node, &rate))
        .merge(pages(&rate))
        .fallback(not_found)
        .layer(DefaultBodyLimit::disable()) // `extract` holds the limit, with an answer of our own
        .layer(middleware::from_fn(limits::plain_bodies))
        .layer(middleware::from_fn_with_state(limits::REQUEST_TIMEOUT, limits::in_time))
        .layer(middleware::from_fn_with_state(slots, limits::bounded))
        .layer(middleware::from_fn(headers::secure))
        .with_state(node);
    match prefix.filter(|prefix| !prefix.is_empty()) {
        None => router,
        // The layer runs before the router behind it looks at the address.
        Some(prefix) => Router::new()
            .fallback_service(router)
            .layer(middleware::from_fn_with_state(Arc::from(prefix), without_prefix)),
    }
}

/// Takes the path of `public_url` off a request's address. A proxy that took it off before is as good.
async fn without_prefix(State(prefix): State<Arc<str>>, mut request: Request, next: Next) -> Response {
    if let Some(uri) = stripped(request.uri(), &prefix) {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

fn stripped(uri: &Uri, prefix: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(prefix)?;
    match rest.as_bytes().first() {
        Some(b'/') => rest.parse().ok(),
        None | Some(b'?') => format!("/{rest}").parse().ok(),
        Some(_) => None,
    }
}

fn rated(route: MethodRouter<Node>, rate: &limits::VerifyRate) -> MethodRouter<Node> {
    route.route_layer(middleware::from_fn_with_state(rate.clone(), limits::rated))
}

fn api(node: &Node, rate: &limits::VerifyRate) -> Router<Node> {
    let needs = |scope| middleware::from_fn_with_state((node.clone(), scope), authorized);
    Router::new()
        .route("/credentials/issue", post(vc_api::issue).route_layer(needs(Scope::Issue)))
        .route("/credentials/status", post(vc_api::set_status).route_layer(needs(Scope::Revoke)))
        .route("/credentials/verify", rated(post(vc_api::verify_credential), rate))
        .route("/presentations/verify", rated(post(vc_api::verify_presentation), rate))
        .route("/v1/verify", rated(post(v1::verify), rate))
        .route(
            "/v1/achievements",
            post(v1::create_achievement).route_layer(needs(Scope::Achievement)).get(v1::achievements),
        )
        .route("/v1/achievements/{id}", get(v1::achievement))
        .route(
            "/v1/achievements/{id}/publish",
            post(v1::publish_achievement).route_layer(needs(Scope::Achievement)),
        )
        .route("/v1/images/{sha256}", get(v1::image))
        .route("/v1/credentials", post(v1::award).get(v1::credentials).route_layer(needs(Scope::Issue)))
        .route("/v1/credentials/{uuid}", get(v1::credential))
        .route(
            "/v1/tokens",
            post(tokens::create_token).get(tokens::list_tokens).route_layer(needs(Scope::Owner)),
        )
        .route("/v1/tokens/{id}", delete(tokens::withdraw_token).route_layer(needs(Scope::Owner)))
        .route("/v1/node", get(v1::node))
        .route("/status/{list}", get(v1::status_list))
        .route("/.well-known/did.json", get(identifiers::well_known))
        .route("/did.json", get(identifiers::under_path))
        .route("/1.0/identifiers/{did}", rated(get(identifiers::resolve), rate))
        .route("/health", get(health))
        .method_not_allowed_fallback(wrong_method) // within the layer, so that it sees preflights
        .layer(middleware::from_fn(headers::open_to_all))
}

fn pages(rate: &limits::VerifyRate) -> Router<Node> {
    Router::new()
        .route("/", get(pages::home))
        .route("/b/{uuid}", rated(get(pages::badge), rate))
        .route("/style.css", get(pages::style))
        .route("/favicon.svg", get(pages::favicon))
        .method_not_allowed_fallback(wrong_method)
}

async fn health() -> impl IntoResponse {
    Json(serde_json::json!({"status": "ok"}))
}

/// Lets a request on only if its token has the scope; before anything of its body is read.
/// The handler finds the [`Token`] in the request's extensions.
async fn authorized(
    State((node, scope)): State<(Node, Scope)>,
    mut request: Request,
    next: Next,
) -> Response {
    match allow(&node, request.headers(), scope).await {
        Ok(token) => {
            request.extensions_mut().insert(token);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn allow(node: &Node, headers: &HeaderMap, scope: Scope) -> Result<Token, Problem> {
    node.authorize(extract::bearer(headers)?, scope, clock::now()).await.map_err(Problem::from)
}

async fn not_found(State(node): State<Node>, headers: HeaderMap) -> Response {
    let problem = Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_address",
        "This node has nothing at this address.",
        "Check the address for a mistake; the start page is at /.",
    );
    problem_for(&node, &headers, problem)
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "This address doesn't take the method of the request.",
        "The header Allow says which methods it takes.",
    )
}

/// A problem as a page for a browser, else as JSON.
fn problem_for(node: &Node, headers: &HeaderMap, problem: Problem) -> Response {
    match accept::preferred(headers, &["application/problem+json", "application/json", "text/html"]) {
        2 => crate::pages::problem(node.name(), &problem),
        _ => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_taken_off_once_and_only_whole() {
        let of = |uri: &str| stripped(&uri.parse().expect(uri), "/inst/badges").map(|uri| uri.to_string());
        for (uri, rest) in [
            ("/inst/badges", Some("/")),
            ("/inst/badges/", Some("/")),
            ("/inst/badges?x=1", Some("/?x=1")),
            ("/inst/badges/v1/node?limit=1", Some("/v1/node?limit=1")),
            ("/inst/badges/inst/badges/did.json", Some("/inst/badges/did.json")),
            ("/inst/badgesx/did.json", None),
            ("/inst", None),
            ("/did.json", None),
            ("/x/inst/badges/did.json", None),
        ] {
            assert_eq!(of(uri).as_deref(), rest, "{uri}");
        }
    }
}
