//! Who is behind a DID: this node's own document, and DID resolution (W3C DID Resolution, HTTP(S) binding).

use super::accept;
use super::headers::cacheable;
use super::problem::Problem;
use super::schemas::ProblemDetails;
use crate::node::Node;
use crate::resolver::{self, ResolveError};
use accolade_core::did::Did;
use accolade_core::did::document::DidDocument;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// How long caches may keep a DID document: as long as this node keeps those of others at least.
const DOCUMENT_CACHING: &str = "public, max-age=60";
/// The forms of the node's own document, the first unless another is asked for.
const DOCUMENT_FORMS: [&str; 4] =
    ["application/did+json", "application/did+ld+json", "application/did", "application/json"];

/// `GET /.well-known/did.json`: the document of a did:web without a path.
#[utoipa::path(
    get, path = "/.well-known/did.json", summary = "The document of this node's DID, if that is a did:web without a path",
    responses(
        (status = 200, description = "The DID document", content(
            (Object = "application/did+json"), (Object = "application/did+ld+json"), (Object = "application/did"), (Object = "application/json"))),
        (status = 304, description = "It is as it was"),
        (status = 404, description = "The document stands elsewhere, or nowhere", body = ProblemDetails, content_type = "application/problem+json")
    )
)]
pub(super) async fn well_known(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    own_document(&node, &headers, "/.well-known/did.json")
}

/// `GET /did.json`, under the path of `public_url`: the document of a did:web with a path.
#[utoipa::path(
    get, path = "/did.json", summary = "The document of this node's DID, if that is a did:web with a path",
    responses(
        (status = 200, description = "The DID document", content(
            (Object = "application/did+json"), (Object = "application/did+ld+json"), (Object = "application/did"), (Object = "application/json"))),
        (status = 304, description = "It is as it was"),
        (status = 404, description = "The document stands elsewhere, or nowhere", body = ProblemDetails, content_type = "application/problem+json")
    )
)]
pub(super) async fn under_path(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    own_document(&node, &headers, "/did.json")
}

fn own_document(node: &Node, headers: &HeaderMap, asked: &str) -> Result<Response, Problem> {
    let path = node.config().public_url.as_ref().map(|url| url.path());
    let place = match path {
        None => {
            let detail = "This node's DID is a did:key, which has no document at an address.";
            let hint = "GET /1.0/identifiers/{did} makes it from the DID.";
            return Err(Problem::new(StatusCode::NOT_FOUND, "no_did_web", detail, hint));
        }
        Some("") => "/.well-known/did.json",
        Some(_) => "/did.json",
    };
    if asked != place {
        let detail = "This node's DID has its document at another address.";
        let hint = format!("GET {}{place}", node.base_url());
        return Err(Problem::new(StatusCode::NOT_FOUND, "no_such_address", detail, hint));
    }
    let media_type = DOCUMENT_FORMS[accept::preferred(headers, &DOCUMENT_FORMS)];
    let mut response = cacheable(headers, media_type, DOCUMENT_CACHING, bytes_of(node.document()));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

fn bytes_of(document: &DidDocument) -> Vec<u8> {
    document.json().as_bytes().to_vec()
}

/// `GET /1.0/identifiers/{did}`: the document of any DID that this node can resolve, in the form that Accept names.
#[utoipa::path(
    get, path = "/1.0/identifiers/{did}", summary = "Resolve any DID that this node can (W3C DID Resolution)",
    params(("did" = String, Path, description = "The DID, as it is or percent-encoded as a whole")),
    responses(
        (status = 200, description = "The resolution result, or the document alone", content(
            (Object = "application/did-resolution"), (Object = "application/did+json"), (Object = "application/did+ld+json"), (Object = "application/did"), (Object = "application/json"))),
        (status = 304, description = "It is as it was")
    )
)]
pub(super) async fn resolve(State(node): State<Node>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(form) = Form::wanted(&headers) else {
        let detail =
            "None of the forms that the request accepts is one of a DID document or resolution result.";
        return not_acceptable(detail);
    };
    let did = did_of_path(uri.path().rsplit('/').next().unwrap_or_default());
    let found = match Did::parse(&did) {
        Ok(_) => resolver::resolve(&node, &did).await,
        Err(error) => Err(ResolveError::Invalid { reason: error.to_string() }),
    };
    let mut response = match found {
        Ok(document) => success(&headers, form, &document),
        Err(error) => failure(form, &error),
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// The DID in a path. Clients send it as it is, or percent-encoded as a whole; its own escapes (the `%3A` before the
/// port of a did:web) belong to it, so a DID that stands there as it is must not be decoded.
fn did_of_path(raw: &str) -> String {
    if raw.starts_with("did:") && !raw.contains("%25") {
        return raw.to_owned();
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = || {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
        };
        match escaped().filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the caller wants to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The resolution result, errors as problem objects (the newer form).
    Result,
    /// The resolution result, errors as words (the form of DID Core 1.0, section 7.1).
    OlderResult,
    /// The document alone, under this media type; errors as problems of this node.
    Document(&'static str),
}

impl Form {
    const RESULT: &str = "application/did-resolution";
    const OLDER_RESULT: &str = "application/ld+json;profile=\"https://w3id.org/did-resolution\"";
    const PROFILE: &str = "https://w3id.org/did-resolution";

    /// The one that Accept likes best, the result if it says nothing; `None` if it allows none.
    fn wanted(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        if ranges.iter().all(|range| range.is_empty()) {
            return Some(Self::Result);
        }
        let mut best: Option<(Self, f32)> = None;
        for range in ranges {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let parameters: Vec<&str> = parts.collect();
            let quality = parameters.iter().find_map(|part| part.strip_prefix("q="));
            let quality = quality.and_then(|quality| quality.parse().ok()).unwrap_or(1.0_f32);
            let profiled = parameters.iter().any(|part| part.contains(Self::PROFILE));
            let form = match name.as_str() {
                Self::RESULT | "*/*" | "application/*" => Self::Result,
                "application/ld+json" if profiled => Self::OlderResult,
                "application/ld+json" => Self::Document("application/ld+json"),
                _ => match DOCUMENT_FORMS.iter().find(|form| **form == name) {
                    Some(form) => Self::Document(form),
                    None => continue,
                },
            };
            if quality > best.map_or(0.0, |(_, quality)| quality) {
                best = Some((form, quality));
            }
        }
        best.map(|(form, _)| form)
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Result => Self::RESULT,
            Self::OlderResult => Self::OLDER_RESULT,
            Self::Document(media_type) => media_type,
        }
    }
}

fn success(headers: &HeaderMap, form: Form, document: &DidDocument) -> Response {
    let document = bytes_of(document);
    let bytes = match form {
        Form::Document(_) => document,
        Form::Result | Form::OlderResult => {
            let content_type = if form == Form::Result { Form::RESULT } else { "application/did+ld+json" };
            let mut bytes = format!(
                r#"{{"@context":"https://w3id.org/did-resolution/v1","didResolutionMetadata":{{"contentType":"{content_type}"}},"didDocumentMetadata":{{}},"didDocument":"#
            )
            .into_bytes();
            // As it was published, to the last digit.
            bytes.extend_from_slice(&document);
            bytes.push(b'}');
            bytes
        }
    };
    cacheable(headers, form.media_type(), DOCUMENT_CACHING, bytes)
}

/// How an error is named: by its word, by its URL, by its status.
fn names_of(error: &ResolveError) -> (&'static str, &'static str, StatusCode) {
    match error {
        ResolveError::Invalid { .. } => ("invalidDid", "INVALID_DID", StatusCode::BAD_REQUEST),
        ResolveError::UnsupportedMethod { .. } => {
            ("methodNotSupported", "METHOD_NOT_SUPPORTED", StatusCode::NOT_IMPLEMENTED)
        }
        ResolveError::NotFound { .. } => ("notFound", "NOT_FOUND", StatusCode::NOT_FOUND),
        ResolveError::Deactivated => ("deactivated", "DEACTIVATED", StatusCode::GONE),
        ResolveError::Refused { .. } => {
            ("invalidDidDocument", "INVALID_DID_DOCUMENT", StatusCode::INTERNAL_SERVER_ERROR)
        }
        ResolveError::Unreachable { .. } | ResolveError::TimedOut { .. } => {
            ("internalError", "INTERNAL_ERROR", StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn failure(form: Form, error: &ResolveError) -> Response {
    let (word, name, status) = names_of(error);
    let detail = sentence(&error.to_string());
    let hint = match error {
        ResolveError::Invalid { .. } => {
            "A DID looks like did:web:badges.lake.example; this address takes no path, query or fragment of it."
        }
        ResolveError::UnsupportedMethod { .. } => "This node resolves did:key, did:jwk and did:web.",
        ResolveError::NotFound { .. } => "Check the DID for a mistake, or ask its owner.",
        ResolveError::Deactivated => "Ask its owner under which DID he goes on.",
        ResolveError::Refused { .. } => "Its owner has to mend the document.",
        ResolveError::Unreachable { .. } | ResolveError::TimedOut { .. } => "Try again in a minute.",
    };
    let problem = Problem::new(status, word, detail.clone(), hint);
    if let Form::Document(_) = form {
        return problem.into_response();
    }
    let object = json!({
        "type": format!("https://www.w3.org/ns/did#{name}"),
        "title": problem.title(),
        "detail": detail,
        "hint": hint,
    });
    let mut metadata = json!({"contentType": form.media_type()});
    let mut of_document = json!({});
    if matches!(error, ResolveError::Deactivated) {
        // Not an error of the resolution: the DID was resolved, and is no longer in use.
        of_document["deactivated"] = Value::Bool(true);
    } else if form == Form::Result {
        metadata["error"] = object;
    } else {
        metadata["error"] = word.into();
        metadata["problemDetails"] = object;
    }
    let body = json!({
        "@context": "https://w3id.org/did-resolution/v1",
        "didResolutionMetadata": metadata,
        "didDocumentMetadata": of_document,
        "didDocument": null,
    });
    let media_type = HeaderValue::from_static(form.media_type());
    (status, [(header::CONTENT_TYPE, media_type)], Body::from(body.to_string())).into_response()
}

fn not_acceptable(detail: &'static str) -> Response {
    let hint = "Accept application/did-resolution, application/did+json, application/did+ld+json or application/json.";
    Problem::new(StatusCode::NOT_ACCEPTABLE, "representationNotSupported", detail, hint).into_response()
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let rest = characters.as_str().trim_end_matches('.');
    format!("{first}{rest}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_is_read_from_a_path_as_it_is_or_encoded() {
        for (raw, did) in [
            ("did:key:z6Mk", "did:key:z6Mk"),
            ("did%3Akey%3Az6Mk", "did:key:z6Mk"),
            ("did:web:a.example%3A8443", "did:web:a.example%3A8443"),
            ("did%3Aweb%3Aa.example%253A8443", "did:web:a.example%3A8443"),
            ("did:web:a.example%253A8443", "did:web:a.example%3A8443"),
            ("did%3Akey%3Az6Mk%23key", "did:key:z6Mk#key"),
            ("not-a-did", "not-a-did"),
            ("%", "%"),
            ("%+1%zz%4", "%+1%zz%4"),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(did_of_path(raw), did, "{raw}");
        }
    }

    #[test]
    fn the_form_follows_accept() {
        let of = |accept: &str| {
            let value = HeaderValue::from_str(accept).expect("header");
            Form::wanted(&HeaderMap::from_iter([(header::ACCEPT, value)]))
        };
        assert_eq!(Form::wanted(&HeaderMap::new()), Some(Form::Result));
        for (accept, form) in [
            ("", Some(Form::Result)),
            ("*/*", Some(Form::Result)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Form::Result)),
            ("application/did-resolution", Some(Form::Result)),
            ("application/ld+json;profile=\"https://w3id.org/did-resolution\"", Some(Form::OlderResult)),
            ("application/ld+json; profile=https://w3id.org/did-resolution; q=0.5", Some(Form::OlderResult)),
            ("application/ld+json", Some(Form::Document("application/ld+json"))),
            ("application/did+json", Some(Form::Document("application/did+json"))),
            ("Application/DID+LD+JSON", Some(Form::Document("application/did+ld+json"))),
            ("application/did", Some(Form::Document("application/did"))),
            ("application/json, */*;q=0.1", Some(Form::Document("application/json"))),
            ("application/json;q=0.2, application/did-resolution;q=0.3", Some(Form::Result)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/x-unheard-of", None),
        ] {
            assert_eq!(of(accept), form, "{accept}");
        }
    }

    #[test]
    fn every_error_has_its_status_word_and_url() {
        let reason = || "the reason".to_owned();
        for (error, status, word) in [
            (ResolveError::Invalid { reason: reason() }, 400, "invalidDid"),
            (ResolveError::UnsupportedMethod { method: "ion".to_owned() }, 501, "methodNotSupported"),
            (ResolveError::NotFound { reason: reason() }, 404, "notFound"),
            (ResolveError::Refused { reason: reason() }, 500, "invalidDidDocument"),
            (ResolveError::Unreachable { reason: reason() }, 500, "internalError"),
        ] {
            let body = |form| {
                let response = failure(form, &error);
                assert_eq!(response.status().as_u16(), status);
                let bytes = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 10_000));
                serde_json::from_slice::<Value>(&bytes.expect("a body")).expect("JSON")
            };
            let newer = body(Form::Result);
            let url = newer["didResolutionMetadata"]["error"]["type"].as_str().expect("a URL").to_owned();
            assert!(url.starts_with("https://www.w3.org/ns/did#"), "{url}");
            assert_eq!((&newer["didDocument"], &newer["didDocumentMetadata"]), (&Value::Null, &json!({})));
            let older = body(Form::OlderResult);
            assert_eq!(older["didResolutionMetadata"]["error"], word);
            assert_eq!(older["didResolutionMetadata"]["problemDetails"]["type"], url);
            let own = body(Form::Document("application/json"));
            assert_eq!((own["code"].as_str(), own["status"].as_u64()), (Some(word), Some(status.into())));
        }
        let gone = failure(Form::Result, &ResolveError::Deactivated);
        assert_eq!(gone.status(), StatusCode::GONE);
    }
}
