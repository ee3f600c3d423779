//! What is taken out of a request: a body of bounded size, strict JSON, a token.

use super::address::Caller;
use super::limits;
use super::places::{Full, Place, Places};
use super::problem::Problem;
use super::verify_request::begins_batch;
use accolade_core::bake::{self, ImageKind};
use accolade_core::json::{self, Object, Value};
use accolade_core::time::Timestamp;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt;
use std::collections::HashMap;
use std::time::Duration;

/// Largest request body that is read, in bytes.
pub const MAX_BODY_BYTES: usize = json::MAX_BYTES;
/// Largest picture with a badge, and largest batch, that is read, in bytes; at `/v1/verify` only.
pub const MAX_PICTURE_BYTES: usize = bake::MAX_IMAGE_BYTES;
/// Largest form that is read, in bytes: one with the largest picture, and what browsers write around it.
pub(super) const MAX_FORM_BYTES: usize = MAX_PICTURE_BYTES + 64 * 1024;
/// How much of a body that is too large is still taken off the wire, in bytes, so that a client that sends
/// all before it reads gets our answer and not a broken connection. Nothing of it is kept.
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;
/// How long the rest of a refused request's body is waited for.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(1);
/// Items of a page if nothing is said.
const DEFAULT_PAGE: u32 = 50;
/// Longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 256;

/// A request's body, at most [`MAX_BODY_BYTES`].
pub(super) struct BodyBytes(pub(super) Vec<u8>);

/// What is to be judged as a request's body: at most [`MAX_BODY_BYTES`], or a picture or batch of at most
/// [`MAX_PICTURE_BYTES`].
pub(super) struct BadgeFile {
    pub(super) bytes: Vec<u8>,
    /// One of the places for large bodies, to be held until the bytes are done with.
    pub(super) place: Option<Place<'static>>,
}

/// A form with a badge's file in it, as a browser sends it: at most [`MAX_FORM_BYTES`].
pub(super) struct FormBody {
    pub(super) content_type: String,
    pub(super) bytes: Vec<u8>,
    /// One of the places for large bodies, until the form is done with.
    _place: Option<Place<'static>>,
}

/// Most large bodies that are held at once, so that they can't fill the memory.
const MAX_LARGE_BODIES: usize = 16;
/// Most of them for one address, so that a few slow senders can't keep everybody else out.
const MAX_LARGE_BODIES_PER_ADDRESS: usize = 2;
/// The places for bodies of more than [`MAX_BODY_BYTES`].
static LARGE_BODIES: Places = Places::new(MAX_LARGE_BODIES, MAX_LARGE_BODIES_PER_ADDRESS);

/// A request's body as strict JSON (`core::json`), whatever content type was declared.
pub(super) struct JsonBody(pub(super) Value);

/// A request's body as a JSON object.
pub(super) struct JsonObject(pub(super) Object);

/// A request that says all in its address: its body is empty, or an empty JSON object.
pub(super) struct NoBody;

/// The one variable part of the path, percent-decoded.
pub(super) struct Id(pub(super) String);

/// The past time that is asked about, if one is: `?timestamp=…` (Bitstring Status List v1.0, section 3.5).
#[derive(Debug)]
pub(super) struct At(pub(super) Option<Timestamp>);

/// Which page of a list is asked for: `?cursor=…&limit=…`.
#[derive(Debug)]
pub(super) struct PageQuery {
    /// The `next` of the page before.
    pub(super) cursor: Option<String>,
    /// Most items; 50 if nothing is said.
    pub(super) limit: u32,
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Problem::new(
                StatusCode::NOT_FOUND,
                "no_such_address",
                "The address can't be read.",
                "Percent-encode the id in the path as UTF-8.",
            )),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        page_query(parts)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for At {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        at_query(parts)
    }
}

fn at_query(parts: &Parts) -> Result<At, Problem> {
    let wrong = |detail: String| {
        let hint = "Send one ?timestamp=2026-06-30T10:00:00Z; a “+” in it is written as %2B.";
        Problem::bad_request("timestamp_invalid", detail, hint)
    };
    let Query(query) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map_err(|_| wrong("The part of the address after “?” can't be read.".to_owned()))?;
    let mut found = query.iter().filter(|(name, _)| name == "timestamp").map(|(_, text)| text);
    match (found.next(), found.next()) {
        (None, _) => Ok(At(None)),
        (Some(text), None) => Timestamp::parse(text)
            .map(|then| At(Some(then)))
            .map_err(|error| wrong(format!("The timestamp {error}."))),
        (Some(_), Some(_)) => Err(wrong("The address has several timestamps.".to_owned())),
    }
}

fn page_query(parts: &Parts) -> Result<PageQuery, Problem> {
    let wrong = |detail: &'static str| {
        Problem::bad_request(
            "bad_query",
            detail,
            "Send ?limit=50&cursor=…, with the `next` of the page before.",
        )
    };
    let Query(mut query) = Query::<HashMap<String, String>>::try_from_uri(&parts.uri)
        .map_err(|_| wrong("The part of the address after “?” can't be read."))?;
    let limit = match query.get("limit").map(|text| text.parse::<u32>()) {
        None => DEFAULT_PAGE,
        Some(Ok(limit)) if limit > 0 => limit,
        Some(_) => return Err(wrong("The “limit” is not a positive number.")),
    };
    Ok(PageQuery { cursor: query.remove("cursor"), limit })
}

impl<S: Send + Sync> FromRequest<S> for BodyBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        read_small(&parts, body).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for BadgeFile {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        read(&parts, body, Large::Badges).await
    }
}

impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let BadgeFile { bytes, place } = read(&parts, body, Large::Form).await?;
        Ok(Self { content_type, bytes, _place: place })
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let BodyBytes(bytes) = BodyBytes::from_request(request, state).await?;
        parse(&bytes).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let JsonBody(value) = JsonBody::from_request(request, state).await?;
        object(value).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let BodyBytes(bytes) = BodyBytes::from_request(request, state).await?;
        no_body(&bytes)
    }
}

fn no_body(bytes: &[u8]) -> Result<NoBody, Problem> {
    if bytes.is_empty() || object(parse(bytes)?)?.is_empty() {
        return Ok(NoBody);
    }
    Err(Problem::bad_request(
        "body_not_empty",
        "This address takes no members in the request's body.",
        "Send the request without a body, or with {}.",
    ))
}

/// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let missing = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "token_missing",
            "This address needs an API token.",
            "Send the header “Authorization: Bearer <token>” with a token of this node.",
        )
        .with_header(header::WWW_AUTHENTICATE, r#"Bearer realm="accolade""#)
    };
    let value = headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(missing)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > MAX_TOKEN_BYTES {
        return Err(missing());
    }
    Ok(token)
}

/// Reads a member that must be a string if it is there.
pub(super) fn optional_text<'a>(object: &'a Object, key: &str) -> Result<Option<&'a str>, Problem> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::bad_request(
            "wrong_type",
            format!("The member “{key}” is not a text."),
            format!("Send “{key}” as a JSON string, or leave it out."),
        )
        .at(format!("/{key}"))),
    }
}

/// Reads a member that must be there and be a string that isn't empty.
pub(super) fn required_text<'a>(object: &'a Object, key: &str) -> Result<&'a str, Problem> {
    optional_text(object, key)?.filter(|text| !text.is_empty()).ok_or_else(|| missing_member(key))
}

/// Takes out a member that must be there and be an object.
pub(super) fn required_object(object: &mut Object, key: &str) -> Result<Object, Problem> {
    match object.remove(key) {
        Some(Value::Object(inner)) => Ok(inner),
        None | Some(Value::Null) => Err(missing_member(key)),
        Some(_) => Err(Problem::bad_request(
            "wrong_type",
            format!("The member “{key}” is not an object."),
            format!("Send “{key}” as a JSON object: {{\"{key}\":{{…}}}}."),
        )
        .at(format!("/{key}"))),
    }
}

/// Lacking at the place where it belongs.
pub(super) fn missing_member(key: &str) -> Problem {
    Problem::bad_request(
        "member_missing",
        format!("The request lacks the member “{key}”."),
        format!("Add “{key}” to the JSON object that you send."),
    )
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    if bytes.is_empty() {
        return Err(Problem::bad_request("body_empty", "The request has no body.", "Send a JSON object."));
    }
    json::parse(bytes).map_err(|error| {
        Problem::bad_request(
            "not_json",
            format!("{}.", sentence(&error.to_string())),
            "Send one JSON document in UTF-8, without duplicate keys, at most 64 levels deep and with at most 4096 members in an object.",
        )
    })
}

fn object(value: Value) -> Result<Object, Problem> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(Problem::bad_request(
            "not_an_object",
            format!("The request's body is {}, not a JSON object.", kind(&other)),
            "Send a JSON object: {…}.",
        )),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The text with its first letter in upper case.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Takes the body of a request that is refused off the wire, so that its connection goes on. One that is too large, or
/// hasn't been sent yet or within [`DISCARD_TIMEOUT`], is left there, and the connection ends.
pub(super) async fn discard(request: Request) {
    let (parts, body) = request.into_parts();
    if !parts.headers.contains_key(header::EXPECT) {
        // Whatever it is, nobody reads it.
        let _ = tokio::time::timeout(DISCARD_TIMEOUT, read_small(&parts, body)).await;
    }
}

/// Reads a body of at most [`MAX_BODY_BYTES`].
pub(super) async fn read_small(parts: &Parts, body: Body) -> Result<Vec<u8>, Problem> {
    read(parts, body, Large::None).await.map(|file| file.bytes)
}

/// What may be larger than [`MAX_BODY_BYTES`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Large {
    /// Nothing.
    None,
    /// What begins like a picture or a batch, up to [`MAX_PICTURE_BYTES`].
    Badges,
    /// Anything, up to [`MAX_FORM_BYTES`].
    Form,
}

/// Reads a body of at most [`MAX_BODY_BYTES`], or more where that is allowed. Who sends too much holds neither memory nor a
/// place while the rest is taken off the wire.
async fn read(parts: &Parts, body: Body, large: Large) -> Result<BadgeFile, Problem> {
    let mut limit_bytes = match large {
        Large::None => MAX_BODY_BYTES,
        Large::Badges => MAX_PICTURE_BYTES,
        Large::Form => MAX_FORM_BYTES,
    };
    let declared = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut discarded = 0usize;
    let mut too_large = declared.is_some_and(|length| length > limit_bytes as u64);
    let mut place = None;
    // A client that waits for “100 Continue” hasn't sent anything yet: it gets the answer at once.
    if too_large && parts.headers.contains_key(header::EXPECT) {
        return Err(too_large_problem(limit_bytes));
    }
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::bad_request(
                "body_incomplete",
                "The request's body ended before it was complete.",
                "Send it again.",
            )
        })?;
        if !too_large {
            bytes.extend_from_slice(&chunk);
        }
        if bytes.len() > MAX_BODY_BYTES && place.is_none() {
            let begins_large = || ImageKind::of(&bytes).is_some() || begins_batch(&bytes);
            if !(large == Large::Form || large == Large::Badges && begins_large()) {
                limit_bytes = MAX_BODY_BYTES;
            } else {
                let of = parts.extensions.get::<Caller>().and_then(|caller| limits::counted(*caller));
                place = Some(LARGE_BODIES.take(of).map_err(no_place)?);
                // Not a byte more than was declared, where growing by doubling would take up to twice as much.
                let declared = declared.and_then(|length| usize::try_from(length).ok());
                bytes.reserve_exact(declared.unwrap_or(0).min(limit_bytes).saturating_sub(bytes.len()));
            }
        }
        too_large |= bytes.len() > limit_bytes;
        if !too_large {
            continue;
        }
        bytes = Vec::new();
        place = None;
        discarded += chunk.len();
        if discarded > MAX_DISCARDED_BYTES {
            break;
        }
    }
    if too_large { Err(too_large_problem(limit_bytes)) } else { Ok(BadgeFile { bytes, place }) }
}

fn too_large_problem(limit_bytes: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("The request's body has more than {limit_bytes} bytes."),
        if limit_bytes == MAX_BODY_BYTES {
            "Send at most 1 MiB; one badge is usually under 10 kB."
        } else {
            "Send a picture or a batch of at most 10 MiB, anything else of at most 1 MiB."
        },
    )
}

fn no_place(full: Full) -> Problem {
    let (status, code, detail) = match full {
        Full::All => (
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "The node has too many large pictures and batches under way.",
        ),
        Full::OfAddress => (
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_large_bodies",
            "This address has too many large pictures or batches under way.",
        ),
    };
    let hint = "Try again in a second, or send less: accolade extract takes a badge out of its picture.";
    Problem::new(status, code, detail, hint).with_header(header::RETRY_AFTER, "1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn problem_of(bytes: &[u8]) -> Problem {
        parse(bytes).and_then(object).expect_err("refused")
    }

    #[test]
    fn a_body_that_is_not_json_is_refused_with_line_and_column() {
        for bytes in [
            &b"{\n  \"a\": }"[..],
            b"{\n\"a\":1,\n\"a\":2}",
            b"{\"a\":\n\"\\ud800\"}",
            b"{\"a\":\n12345678901234567890}",
            b"{}\n{}",
            b"\n<html>",
        ] {
            let problem = problem_of(bytes);
            assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
            assert!(
                problem.detail().contains("line ") && problem.detail().contains("column "),
                "{problem:?}"
            );
        }
        let deep = [b"[".repeat(100), b"]".repeat(100)].concat();
        assert!(problem_of(&deep).detail().contains("64 levels"));
        assert!(problem_of(b"\xff\xfe").detail().contains("UTF-8"));
    }

    #[test]
    fn a_body_of_another_kind_is_named() {
        for (bytes, said) in [
            (&b"\"badge\""[..], "a string"),
            (b"4.5", "a number"),
            (b"[]", "an array"),
            (b"null", "null"),
            (b"true", "a boolean"),
            (b"", "no body"),
        ] {
            let problem = problem_of(bytes);
            assert!(problem.detail().contains(said), "{problem:?}");
            assert!(!problem.hint().is_empty());
        }
    }

    #[test]
    fn where_nothing_is_to_be_said_only_nothing_is_taken() {
        assert!(no_body(b"").is_ok() && no_body(b" {} ").is_ok());
        for refused in [&b"{"[..], b"null", b"[]", b"{\"a\":1}", b" "] {
            assert!(no_body(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn members_of_the_wrong_type_are_named() {
        let value = json::parse(br#"{"a":1,"b":"","c":null,"d":"x"}"#).expect("reads");
        let mut object = object(value).expect("an object");
        assert!(required_text(&object, "a").expect_err("number").detail().contains("“a”"));
        assert!(required_text(&object, "b").expect_err("empty").detail().contains("“b”"));
        assert!(required_text(&object, "c").is_err() && required_text(&object, "none").is_err());
        assert_eq!(required_text(&object, "d").expect("text"), "x");
        assert_eq!(optional_text(&object, "c").expect("absent"), None);
        assert!(required_object(&mut object, "d").is_err() && required_object(&mut object, "none").is_err());
    }

    #[test]
    fn a_page_is_asked_for_with_a_positive_limit() {
        let of = |uri: &str| {
            let (parts, ()) = axum::http::Request::get(uri).body(()).expect("request").into_parts();
            page_query(&parts)
        };
        let plain = of("/v1/credentials").expect("reads");
        assert_eq!((plain.cursor, plain.limit), (None, DEFAULT_PAGE));
        let full = of("/x?limit=7&cursor=42&other=1").expect("reads");
        assert_eq!((full.cursor.as_deref(), full.limit), (Some("42"), 7));
        for refused in ["/x?limit=0", "/x?limit=-1", "/x?limit=many", "/x?limit=", "/x?limit=99999999999"] {
            assert_eq!(of(refused).expect_err(refused).status(), StatusCode::BAD_REQUEST);
        }
    }

    #[test]
    fn only_a_bearer_token_is_taken() {
        let with = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(text).expect("header"));
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(with("Bearer abc").expect("token"), "abc");
        assert_eq!(with("bearer  abc ").expect("token"), "abc");
        for refused in ["abc", "Basic abc", "Bearer", "Bearer ", &format!("Bearer {}", "a".repeat(257))] {
            let problem = with(refused).expect_err(refused);
            assert_eq!(problem.status(), StatusCode::UNAUTHORIZED);
            assert!(!format!("{problem:?}").contains("abc"), "the token is quoted");
        }
        assert!(bearer(&HeaderMap::new()).is_err());
    }
}
