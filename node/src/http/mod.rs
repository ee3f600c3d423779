//! The HTTP API: a handler parses, calls one verb, renders. Knows no SQL and no libp2p.

pub(crate) mod accept;
mod address;
mod batch;
mod extract;
mod forms;
mod headers;
mod identifiers;
mod json_parts;
mod limits;
mod multipart;
mod observe;
mod openapi;
mod pages;
mod patient;
mod places;
mod problem;
mod routes;
mod schemas;
mod serve;
mod tls;
mod tokens;
mod v1;
mod vc_api;
mod vc_problems;
mod vc_verify;
mod verify;
mod verify_options;
mod verify_page;
mod verify_request;
mod verifying;

pub use address::{Network, NoNetwork};
pub use extract::{MAX_BODY_BYTES, MAX_PICTURE_BYTES};
pub use openapi::openapi;
pub use problem::Problem;
pub use routes::router;
pub use serve::{
    DRAIN_TIMEOUT, HANDSHAKE_TIMEOUT, HEADER_TIMEOUT, MAX_CONNECTIONS, MAX_HEAD_BYTES, MAX_HEADERS,
    WRITE_TIMEOUT, serve,
};
pub use tls::{Tls, TlsError};

use crate::clock;
use crate::ledger::Token;
use crate::node::Node;
use crate::token::Scope;
use address::Caller;
use axum::Json;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use schemas::Health;
use std::sync::Arc;

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

/// `GET /health`: whether the node serves.
#[utoipa::path(
    get, path = "/health", summary = "Whether the node serves",
    responses((status = 200, description = "It does", body = Health))
)]
async fn health() -> impl IntoResponse {
    Json(serde_json::json!({"status": "ok"}))
}

/// Lets a request on only if its token has the scope: before anything of its body is read, and again when all of it is
/// there, for a body can be held back until the token was withdrawn or has ended.
/// The handler finds the [`Token`] in the request's extensions, but for a route that is open to the node's own machine.
async fn authorized(
    State((node, scope, is_open)): State<(Node, Scope, bool)>,
    request: Request,
    next: Next,
) -> Response {
    if is_open && is_program_here(&request) {
        return next.run(request).await;
    }
    let token = match allow(&node, request.headers(), scope).await {
        Ok(token) => token,
        Err(problem) => {
            extract::discard(request).await;
            return problem.into_response();
        }
    };
    match with_body(&node, scope, token, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Whether a request comes from a program on the node's own machine: over no proxy, and from no page in a browser,
/// which could be anybody's.
fn is_program_here(request: &Request) -> bool {
    let is_here = request.extensions().get::<Caller>().is_some_and(|caller| caller.is_own_machine);
    let foreign = ["origin", "referer", "sec-fetch-site", "forwarded", "x-forwarded-for", "via"];
    is_here && !foreign.iter().any(|name| request.headers().contains_key(*name))
}

/// The request with all of its body, if its token still holds then.
async fn with_body(
    node: &Node,
    scope: Scope,
    mut token: Token,
    request: Request,
) -> Result<Request, Problem> {
    let (mut parts, mut body) = request.into_parts();
    if !body.is_end_stream() {
        body = Body::from(extract::read_small(&parts, body).await?);
        token = allow(node, &parts.headers, scope).await?;
    }
    parts.extensions.insert(token);
    Ok(Request::from_parts(parts, body))
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
        2 => crate::pages::problem(node.name(), node.base_url(), &problem),
        _ => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_program_on_this_machine_is_let_in_without_a_token() {
        let caller = |is_own_machine| Caller { address: [127, 0, 0, 1].into(), is_own_machine };
        let request = |caller: Option<Caller>, header: Option<&str>| {
            let mut request = Request::new(Body::empty());
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            if let Some(name) = header {
                let name = axum::http::HeaderName::try_from(name).expect("a name");
                request.headers_mut().insert(name, axum::http::HeaderValue::from_static("x"));
            }
            request
        };
        assert!(is_program_here(&request(Some(caller(true)), Some("authorization"))));
        assert!(!is_program_here(&request(Some(caller(false)), None)), "somebody behind a proxy");
        assert!(!is_program_here(&request(None, None)), "nobody knows who");
        for header in ["origin", "referer", "sec-fetch-site", "x-forwarded-for", "forwarded", "via"] {
            assert!(!is_program_here(&request(Some(caller(true)), Some(header))), "{header}");
        }
    }

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
