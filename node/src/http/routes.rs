//! Every route of the node: one table, out of which both the router and the description of the API are made.

use super::address::{self, TrustedProxies};
use super::limits::{self, Rate};
use super::observe;
use super::openapi;
use super::places::Places;
use super::{
    authorized, headers, health, identifiers, not_found, pages, tokens, v1, vc_api, vc_verify, verify,
    verify_page, without_prefix, wrong_method,
};
use crate::node::Node;
use crate::token::Scope;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use std::sync::Arc;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::Operation;

/// Who may ask, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody, also while there is no place for a request: whether the node serves.
    Always,
    /// Everybody, without a limit on how often: what costs nothing.
    Free,
    /// Everybody.
    Public,
    /// Everybody; a token with the scope shows more.
    PublicOr(Scope),
    /// Everybody, as often as verifying is allowed.
    Verifying,
    /// Who has a token with the scope.
    Needs(Scope),
}

/// The route that `open_issuer` opens to programs on the node's machine.
const OPEN_TO_ISSUE: &str = "/credentials/issue";

/// A handler, where it stands, and how it is described.
pub(super) struct Route {
    pub(super) path: String,
    pub(super) method: HttpMethod,
    pub(super) access: Access,
    pub(super) operation: Operation,
    /// The names of the description and of the handler, which must be of the same function.
    #[cfg(test)]
    names: [&'static str; 2],
    handler: MethodRouter<Node>,
}

/// The table. A handler's method and path stand in its own description.
pub(super) fn all() -> Vec<Route> {
    use Access::{Always, Free, Needs, Public, PublicOr, Verifying};
    let verifying_routes = vec![
        route::<verify::__path_verify, _, _>(Verifying, verify::verify),
        route::<vc_verify::__path_verify_credential, _, _>(Verifying, vc_verify::verify_credential),
        route::<vc_verify::__path_verify_presentation, _, _>(Verifying, vc_verify::verify_presentation),
    ];
    let issue = vec![
        route::<vc_api::__path_issue, _, _>(Needs(Scope::Issue), vc_api::issue),
        route::<vc_api::__path_set_status, _, _>(Needs(Scope::Revoke), vc_api::set_status),
        route::<v1::__path_create_achievement, _, _>(Needs(Scope::Achievement), v1::create_achievement),
        route::<v1::__path_publish_achievement, _, _>(Needs(Scope::Achievement), v1::publish_achievement),
        route::<v1::__path_award, _, _>(Needs(Scope::Issue), v1::award),
        route::<v1::__path_credentials, _, _>(Needs(Scope::Issue), v1::credentials),
    ];
    let tokens = vec![
        route::<tokens::__path_create_token, _, _>(Needs(Scope::Owner), tokens::create_token),
        route::<tokens::__path_list_tokens, _, _>(Needs(Scope::Owner), tokens::list_tokens),
        route::<tokens::__path_withdraw_token, _, _>(Needs(Scope::Owner), tokens::withdraw_token),
    ];
    let public = vec![
        route::<v1::__path_achievements, _, _>(PublicOr(Scope::Achievement), v1::achievements),
        route::<v1::__path_achievement, _, _>(PublicOr(Scope::Achievement), v1::achievement),
        route::<v1::__path_image, _, _>(Public, v1::image),
        route::<v1::__path_credential, _, _>(Public, v1::credential),
        route::<v1::__path_status_list, _, _>(Public, v1::status_list),
        route::<v1::__path_revocation_list, _, _>(Public, v1::revocation_list),
        route::<v1::__path_node, _, _>(PublicOr(Scope::Read), v1::node),
        route::<identifiers::__path_well_known, _, _>(Public, identifiers::well_known),
        route::<identifiers::__path_under_path, _, _>(Public, identifiers::under_path),
        route::<identifiers::__path_resolve, _, _>(Verifying, identifiers::resolve),
        route::<super::__path_health, _, _>(Always, health),
        route::<openapi::__path_openapi_json, _, _>(Public, openapi::openapi_json),
    ];
    let pages = vec![
        route::<pages::__path_home, _, _>(Public, pages::home),
        route::<pages::__path_badge, _, _>(Verifying, pages::badge),
        route::<verify_page::__path_form, _, _>(Public, verify_page::form),
        route::<verify_page::__path_answer, _, _>(Verifying, verify_page::answer),
        route::<verify_page::__path_script, _, _>(Free, verify_page::script),
        route::<pages::__path_style, _, _>(Free, pages::style),
        route::<pages::__path_favicon, _, _>(Free, pages::favicon),
    ];
    let tagged = |(tag, routes): (&'static str, Vec<Route>)| {
        routes.into_iter().map(move |mut route| {
            route.operation.tags = Some(vec![tag.to_owned()]);
            route
        })
    };
    [("verify", verifying_routes), ("issue", issue), ("tokens", tokens), ("public", public), ("pages", pages)]
        .into_iter()
        .flat_map(tagged)
        .collect()
}

/// A handler with its own description `P`.
fn route<P: utoipa::Path, H: Handler<T, Node>, T: 'static>(access: Access, handler: H) -> Route {
    let (filter, method) = match P::methods().first() {
        Some(HttpMethod::Post) => (MethodFilter::POST, HttpMethod::Post),
        Some(HttpMethod::Delete) => (MethodFilter::DELETE, HttpMethod::Delete),
        Some(HttpMethod::Put) => (MethodFilter::PUT, HttpMethod::Put),
        Some(HttpMethod::Patch) => (MethodFilter::PATCH, HttpMethod::Patch),
        // axum answers HEAD where it answers GET.
        _ => (MethodFilter::GET, HttpMethod::Get),
    };
    Route {
        path: P::path(),
        method,
        access,
        operation: P::operation(),
        handler: on(filter, handler),
        #[cfg(test)]
        names: [std::any::type_name::<P>(), std::any::type_name::<H>()],
    }
}

/// Every route of a node, with its limits.
pub fn router(node: Node) -> Router {
    let config = node.config();
    let verifying = Rate::of_requests("verify", config.verify_per_s_per_address);
    let reading = Rate::of_requests("read", config.read_per_s_per_address);
    let proxies = TrustedProxies::new(&config.trusted_proxy);
    let prefix = config.public_url.as_ref().map(|url| url.path().to_owned());
    let (mut router, mut always) = (Router::new(), Router::new());
    for Route { path, access, handler, .. } in all() {
        let handler = match access {
            Access::Always => {
                always = always.route(&path, handler);
                continue;
            }
            Access::Free => handler,
            Access::Public | Access::PublicOr(_) => {
                handler.route_layer(from_fn_with_state(reading.clone(), limits::rated))
            }
            Access::Verifying => handler.route_layer(from_fn_with_state(verifying.clone(), limits::rated)),
            Access::Needs(scope) => {
                let is_open = config.open_issuer && path == OPEN_TO_ISSUE;
                handler.route_layer(from_fn_with_state((node.clone(), scope, is_open), authorized))
            }
        };
        router = router.route(&path, handler);
    }
    let places = Places::new(limits::MAX_REQUESTS, limits::MAX_REQUESTS_PER_ADDRESS);
    let always = always
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(limits::plain_bodies))
        .layer(from_fn_with_state(limits::REQUEST_TIMEOUT, limits::in_time));
    let router = router
        .method_not_allowed_fallback(wrong_method)
        .fallback(not_found)
        .layer(DefaultBodyLimit::disable()) // `extract` holds the limit, with an answer of our own
        .layer(middleware::from_fn(limits::plain_bodies))
        .layer(from_fn_with_state(Rate::of_failures(), limits::slow_guessing))
        .layer(from_fn_with_state(limits::REQUEST_TIMEOUT, limits::in_time))
        .layer(from_fn_with_state(Arc::new(places), limits::bounded))
        .merge(always)
        .layer(from_fn_with_state(proxies, address::identify))
        .layer(middleware::from_fn(headers::open_to_all)) // outside the limits, so that pages can read their problems
        .layer(middleware::from_fn(headers::secure))
        .layer(from_fn_with_state(node.clone(), observe::observe))
        .with_state(node);
    match prefix.filter(|prefix| !prefix.is_empty()) {
        None => router,
        // The layer runs before the router behind it looks at the address.
        Some(prefix) => Router::new()
            .fallback_service(router)
            .layer(from_fn_with_state(Arc::from(prefix), without_prefix)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_public_url_begins_like_a_route() {
        use crate::public_url::RESERVED_SEGMENTS;
        let paths: Vec<String> = all().into_iter().map(|route| route.path).collect();
        let first = |path: &String| path.split('/').nth(1).unwrap_or_default().to_owned();
        let mut segments: Vec<String> = paths.iter().map(first).filter(|first| !first.is_empty()).collect();
        segments.sort();
        segments.dedup();
        assert_eq!(segments, RESERVED_SEGMENTS);
    }

    #[test]
    fn each_handler_stands_with_its_own_description() {
        for route in all() {
            let [description, handler] = route.names;
            assert_eq!(description.replace("__path_", ""), handler, "{}", route.path);
        }
    }
}
