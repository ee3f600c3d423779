//! Counts and logs what was answered, without saying by whom or for whom.

use crate::node::Node;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

/// Counts each request in the metrics and, at level debug, logs a line with its method, the template of its route, its
/// status and time. Neither names an address, a path, a query or anything of a badge.
pub(super) async fn observe(State(node): State<Node>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let (took, status) = (begun.elapsed(), response.status());
    // What doesn't match could be anything, so it has one name.
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    node.metrics().request(method, route, status, took);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(target: "accolade_node::access", method, route, status = status.as_u16(), ms, "answered");
    response
}

/// The methods that routes take; what a client invents has one name.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
