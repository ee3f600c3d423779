//! Headers of every answer, and of the public ones: what a browser may do, who may read, how long it may keep.

use accolade_core::verify::Language;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What pages may load: their own style sheet and images, nothing of others, no script.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                           form-action 'none'; frame-ancestors 'none'";
/// What an issuer's image may do if it is opened by itself (SVG can carry scripts).
pub(super) const IMAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// Headers that a web page of another origin may read.
const EXPOSED: &str = "etag, location, ratelimit, ratelimit-policy, retry-after";

/// Sets the headers that every answer has; what a handler set itself stays.
pub(super) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Lets web pages of any origin read the answer, and answers their preflight. For public routes: nothing here
/// depends on cookies.
pub(super) async fn open_to_all(request: Request, next: Next) -> Response {
    let mut response = if is_preflight(&request) {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("accept, content-type, if-none-match"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
        response
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    response
}

/// Says in which language an answer speaks, and that the request's headers decided that.
pub(super) fn spoken(language: Language, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// An answer that caches may keep: with a strong ETag over its bytes, or 304 if the caller has these bytes.
///
/// `caching` is the Cache-Control value.
pub(super) fn cacheable(
    request: &HeaderMap,
    content_type: &'static str,
    caching: &'static str,
    bytes: Vec<u8>,
) -> Response {
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(&bytes)[..16]));
    let mut response = if names(request, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(bytes));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// Whether `If-None-Match` names this ETag (RFC 9110 section 13.1.2).
fn names(request: &HeaderMap, etag: &str) -> bool {
    request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|list| {
        list.split(',').map(str::trim).any(|item| item == "*" || item.trim_start_matches("W/") == etag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etag_of(response: &Response) -> String {
        response.headers()[header::ETAG].to_str().expect("text").to_owned()
    }

    #[test]
    fn who_has_the_bytes_is_not_sent_them_again() {
        let answer = |condition: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(text) = condition {
                headers.insert(header::IF_NONE_MATCH, HeaderValue::from_str(text).expect("header"));
            }
            cacheable(&headers, "application/vc", "public, max-age=60", b"list".to_vec())
        };
        let first = answer(None);
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CACHE_CONTROL], "public, max-age=60");
        let etag = etag_of(&first);
        for same in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let response = answer(Some(&same));
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{same}");
            assert_eq!(etag_of(&response), etag);
        }
        for other in ["\"x\"", "x", &etag[1..], ""] {
            assert_eq!(answer(Some(other)).status(), StatusCode::OK, "{other}");
        }
    }

    #[test]
    fn other_bytes_have_another_etag() {
        let of =
            |bytes: &[u8]| etag_of(&cacheable(&HeaderMap::new(), "text/plain", "no-cache", bytes.to_vec()));
        assert_ne!(of(b"a"), of(b"b"));
    }
}
