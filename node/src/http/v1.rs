//! This node's own routes.

use super::allow;
use super::extract::{At, Id, JsonObject, NoBody, PageQuery, optional_text, required_object, required_text};
use super::forms::{self, Form};
use super::headers::{IMAGE_POLICY, cacheable};
use super::problem::Problem;
use super::schemas::{
    AchievementContent, AchievementPage, AwardRequest, CredentialPage, IssuedBadge, NodeView, ProblemDetails,
    RevocationList, SignedCredential,
};
use super::vc_api::with_credential;
use crate::achievements::{self, AchievementView};
use crate::clock;
use crate::error::{ErrorKind, NodeError};
use crate::images;
use crate::issuer::{self, Award, To};
use crate::node::Node;
use crate::status;
use crate::token::Scope;
use accolade_core::json::{Object, Value};
use accolade_core::time::Timestamp;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

/// Most evidence or results of one badge.
const MAX_LISTED: usize = 100;
/// How long caches may keep a status list. Revocations must get through, so it is short.
const LIST_CACHING: &str = "public, max-age=30";
/// Caches may keep it, and ask each time whether it is as it was.
const ALWAYS_ASK: &str = "public, no-cache";
/// How long caches may keep what never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// `GET /v1/node`: who this node is and what it holds.
/// How many badges it issued, and where things lie on its disk, is told with a token only.
#[utoipa::path(
    get, path = "/v1/node", summary = "Who this node is and what it holds",
    responses((status = 200, description = "The node at a glance", body = NodeView), (status = 304, description = "It is as it was"))
)]
pub(super) async fn node(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let mut overview = json!(node.overview().await?);
    if headers.contains_key(header::AUTHORIZATION) {
        allow(&node, &headers, Scope::Read).await?;
        return Ok(Json(overview).into_response());
    }
    if let Some(members) = overview.as_object_mut() {
        members.remove("credentials");
        members.remove("replicaSetAside");
    }
    Ok(without_token(&headers, ALWAYS_ASK, overview.to_string()))
}

/// `GET /v1/achievements`: what is published; with a token for achievements the drafts too.
#[utoipa::path(
    get, path = "/v1/achievements", summary = "What is published, newest first; with a token the drafts too",
    params(
        ("limit" = Option<u32>, Query, description = "Most items, 1 to 100; 50 if nothing is said"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before")
    ),
    responses((status = 200, description = "A page of achievements", body = AchievementPage), (status = 304, description = "It is as it was"))
)]
pub(super) async fn achievements(
    State(node): State<Node>,
    query: PageQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let drafts = sees_drafts(&node, &headers).await?;
    let page = achievements::list(&node, query.cursor.as_deref(), query.limit, !drafts).await?;
    let body = json!({"achievements": page.items, "next": page.next});
    if drafts {
        return Ok(Json(body).into_response());
    }
    Ok(without_token(&headers, ALWAYS_ASK, body.to_string()))
}

/// `GET /v1/achievements/{id}`; the id percent-encoded.
#[utoipa::path(
    get, path = "/v1/achievements/{id}", summary = "An achievement; a draft only with a token",
    params(("id" = String, Path, description = "The achievement's id, percent-encoded")),
    responses((status = 200, description = "The achievement", body = AchievementView), (status = 304, description = "It is as it was"))
)]
pub(super) async fn achievement(
    State(node): State<Node>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = achievements::get(&node, &id).await?;
    if !view.published && !sees_drafts(&node, &headers).await? {
        let hint = "Drafts are shown with a token only; GET /v1/achievements lists what is published.";
        return Err(NodeError::new(
            ErrorKind::NotFound,
            "no_such_achievement",
            "There is no such achievement.",
            hint,
        )
        .into());
    }
    let caching = if view.published { "public, max-age=300" } else { "no-store" };
    Ok(without_token(&headers, caching, json!(view).to_string()))
}

/// JSON that caches keep apart from what a token shows.
fn without_token(request: &HeaderMap, caching: &'static str, json: String) -> Response {
    let mut response = cacheable(request, "application/json", caching, json.into_bytes());
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("authorization"));
    response
}

/// Whether the caller sent a token that may see drafts; a token that isn't good for it is an error.
async fn sees_drafts(node: &Node, headers: &HeaderMap) -> Result<bool, Problem> {
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(false);
    }
    allow(node, headers, Scope::Achievement).await.map(|_| true)
}

/// `POST /v1/achievements`: an Open Badges `Achievement` without its id -> 201 with the draft.
#[utoipa::path(
    post, path = "/v1/achievements", summary = "Make a draft",
    request_body = AchievementContent,
    responses((status = 201, description = "The draft, with its id", body = AchievementView))
)]
pub(super) async fn create_achievement(
    State(node): State<Node>,
    JsonObject(content): JsonObject,
) -> Result<Response, Problem> {
    let view = achievements::create(&node, content, clock::now()).await?;
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// `POST /v1/achievements/{id}/publish`; without a body, or with an empty object.
#[utoipa::path(
    post, path = "/v1/achievements/{id}/publish", summary = "Publish a draft; it never changes from then on",
    params(("id" = String, Path, description = "The achievement's id, percent-encoded")),
    responses((status = 200, description = "The published achievement", body = AchievementView))
)]
pub(super) async fn publish_achievement(
    State(node): State<Node>,
    Id(id): Id,
    NoBody: NoBody,
) -> Result<Response, Problem> {
    Ok(Json(achievements::publish(&node, &id, clock::now()).await?).into_response())
}

/// `GET /v1/images/{sha256}`, in hexadecimal.
#[utoipa::path(
    get, path = "/v1/images/{sha256}", summary = "An achievement's image",
    params(("sha256" = String, Path, description = "Its SHA-256 in hexadecimal")),
    responses(
        (status = 200, description = "The image", content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"))),
        (status = 304, description = "It is as it was")
    )
)]
pub(super) async fn image(
    State(node): State<Node>,
    Id(sha256): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let sha256 = images::from_hex(&sha256).ok_or_else(|| {
        NodeError::new(ErrorKind::NotFound, "no_such_image", "There is no image here.", "Check the address.")
    })?;
    let (bytes, media_type) = images::image(&node, &sha256).await?;
    let mut response = cacheable(&headers, media_type, FOREVER, bytes);
    let policy = HeaderValue::from_static(IMAGE_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// `POST /v1/credentials`: issues a badge for an achievement -> 201 `{id, url, verifiableCredential}`.
#[utoipa::path(
    post, path = "/v1/credentials", summary = "Issue a badge for a published achievement",
    request_body = AwardRequest,
    responses(
        (status = 201, description = "The badge, durable", body = IssuedBadge, headers(("location" = String, description = "The badge's page"))),
        (status = 404, description = "No such achievement", body = ProblemDetails, content_type = "application/problem+json")
    )
)]
pub(super) async fn award(
    State(node): State<Node>,
    JsonObject(body): JsonObject,
) -> Result<Response, Problem> {
    let issued = issuer::award(&node, award_of(body)?, clock::now()).await?;
    let url = issued.page_path.map(|path| format!("{}{path}", node.base_url()));
    let mut response = with_credential(&json!({"id": issued.id, "url": url}), &issued.credential);
    if let Some(location) = url.and_then(|url| HeaderValue::try_from(url).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn award_of(mut body: Object) -> Result<Award, Problem> {
    let recipient = required_object(&mut body, "recipient")?;
    let named = |key| optional_text(&recipient, key).map_err(|problem| problem.under("recipient"));
    let recipient = match (named("did")?, named("email")?) {
        (Some(did), None) => To::Did(did.to_owned()),
        (None, Some(address)) => To::Email(address.to_owned()),
        _ => {
            return Err(Problem::bad_request(
                "recipient_unclear",
                "The recipient has not exactly one of “did” and “email”.",
                "Send {\"did\":\"did:key:…\"} or {\"email\":\"name@example.org\"}.",
            )
            .at("/recipient"));
        }
    };
    let valid_until =
        optional_text(&body, "validUntil")?.map(Timestamp::parse).transpose().map_err(|error| {
            Problem::bad_request(
                "bad_time",
                format!("“validUntil”: {error}."),
                "Send a time such as 2030-01-31T00:00:00Z.",
            )
            .at("/validUntil")
        })?;
    Ok(Award {
        achievement: required_text(&body, "achievement")?.to_owned(),
        recipient,
        recipient_name: optional_text(&body, "name")?.map(str::to_owned),
        valid_until,
        evidence: objects(&body, "evidence", Some("Evidence"))?,
        results: objects(&body, "results", None)?,
    })
}

/// The objects of a list; a URL alone may stand for an object of type `of_url` with that id.
fn objects(body: &Object, key: &'static str, of_url: Option<&str>) -> Result<Vec<Object>, Problem> {
    let items = match body.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(value) => value.one_or_many(),
    };
    let wrong = || {
        Problem::bad_request(
            "wrong_type",
            format!("“{key}” is not a list of at most {MAX_LISTED} objects."),
            format!("Send “{key}” as a list of Open Badges objects, or leave it out."),
        )
        .at(format!("/{key}"))
    };
    if items.len() > MAX_LISTED {
        return Err(wrong());
    }
    let object = |item: &Value| match (item, of_url) {
        (Value::Object(object), _) => Ok(object.clone()),
        (Value::String(url), Some(kind)) => Ok(Object::from([
            ("id", Value::from(url.as_str())),
            ("type", Value::Array(vec![Value::from(kind)])),
        ])),
        _ => Err(wrong()),
    };
    items.iter().map(object).collect()
}

/// `GET /v1/credentials`: what was issued, newest first.
#[utoipa::path(
    get, path = "/v1/credentials", summary = "What was issued, newest first",
    params(
        ("limit" = Option<u32>, Query, description = "Most items, 1 to 100; 50 if nothing is said"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before")
    ),
    responses((status = 200, description = "A page of credentials", body = CredentialPage))
)]
pub(super) async fn credentials(State(node): State<Node>, query: PageQuery) -> Result<Response, Problem> {
    let page = issuer::list(&node, query.cursor.as_deref(), query.limit).await?;
    Ok(Json(json!({"credentials": page.items, "next": page.next})).into_response())
}

/// `GET /v1/credentials/{uuid}`: the signed badge in the form that is asked for, as JSON if nothing is said. Its UUID
/// can't be guessed, so it needs no token.
#[utoipa::path(
    get, path = "/v1/credentials/{uuid}", summary = "A badge, by its unguessable UUID",
    params(("uuid" = String, Path, description = "The badge's UUID")),
    responses(
        (status = 200, description = "The badge as it was signed, byte for byte, as a signed token (JWT), or in a picture; its page to who accepts HTML first", content(
            (SignedCredential = "application/vc"),
            (SignedCredential = "application/ld+json"),
            (SignedCredential = "application/json"),
            (String = "application/vc+jwt"),
            (Vec<u8> = "image/png"),
            (Vec<u8> = "image/svg+xml"))),
        (status = 303, description = "See the badge's page"),
        (status = 304, description = "It is as it was")
    )
)]
pub(super) async fn credential(
    State(node): State<Node>,
    Id(uuid): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bytes = badge_bytes(&node, &uuid).await?;
    let mut response = match forms::file_or_page(&headers) {
        Form::Page => Redirect::to(&format!("../../b/{uuid}")).into_response(),
        form => forms::file(&node, &headers, bytes, form, false).await?,
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// The signed badge of a UUID.
pub(super) async fn badge_bytes(node: &Node, uuid: &str) -> Result<Vec<u8>, Problem> {
    let hyphens = [8, 13, 18, 23];
    let fits =
        |(at, byte): (usize, u8)| if hyphens.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    if uuid.len() != 36 || !uuid.bytes().enumerate().all(fits) {
        return Err(no_such_badge());
    }
    match issuer::by_uuid(node, &uuid.to_ascii_lowercase()).await {
        Ok(found) => Ok(found.json),
        Err(error) if error.kind == ErrorKind::NotFound => Err(no_such_badge()),
        Err(error) => Err(error.into()),
    }
}

fn no_such_badge() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_credential",
        "This node has issued no badge with this address.",
        "The address ends in the badge's UUID; check it for a mistake.",
    )
}

/// `GET /status/{list}`: the signed status list.
#[utoipa::path(
    get, path = "/status/{list}", summary = "A status list of this node",
    params(
        ("list" = String, Path, description = "The list's number; in a node that was restored with a random part after it"),
        ("timestamp" = Option<String>, Query, description = "The list as it was public at this time, in RFC 3339")
    ),
    responses(
        (status = 200, description = "A signed BitstringStatusListCredential", body = SignedCredential, content_type = "application/vc"),
        (status = 304, description = "It is as it was")
    )
)]
pub(super) async fn status_list(
    State(node): State<Node>,
    Id(list): Id,
    At(then): At,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = clock::now();
    let bytes = match then {
        None => status::list_credential(&node, &list, now).await?.to_vec(),
        Some(then) => status::past_list_credential(&node, &list, then, now).await?,
    };
    Ok(cacheable(&headers, "application/vc", LIST_CACHING, bytes))
}

/// `GET /revocations/{list}`: the revoked badges by their ids.
#[utoipa::path(
    get, path = "/revocations/{list}", summary = "A 1EdTech revocation list of this node",
    params(("list" = String, Path, description = "The list's number; in a node that was restored with a random part after it")),
    responses(
        (status = 200, description = "The ids of the revoked badges", body = RevocationList, content_type = "application/json"),
        (status = 304, description = "It is as it was")
    )
)]
pub(super) async fn revocation_list(
    State(node): State<Node>,
    Id(list): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bytes = status::revocation_list(&node, &list, clock::now()).await?;
    Ok(cacheable(&headers, "application/json", LIST_CACHING, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn award(text: &str) -> Result<Award, Problem> {
        let value = accolade_core::json::parse(text.as_bytes()).expect("reads");
        award_of(value.as_object().expect("an object").clone())
    }

    #[test]
    fn an_award_is_read() {
        let award = award(
            r#"{"achievement":"a","recipient":{"email":"ada@example.org"},"name":"Ada","validUntil":"2030-01-31T00:00:00Z",
                "evidence":["https://a.example/e",{"id":"https://b.example"}],"results":[{"value":"5"}]}"#,
        )
        .expect("reads");
        assert!(matches!(&award.recipient, To::Email(address) if address == "ada@example.org"));
        assert_eq!(award.evidence.len(), 2);
        assert_eq!(award.evidence[0].get("id").and_then(Value::as_str), Some("https://a.example/e"));
        assert_eq!(award.results.len(), 1);
        assert_eq!(award.valid_until.map(|at| at.to_string()).as_deref(), Some("2030-01-31T00:00:00Z"));
    }

    #[test]
    fn an_award_that_is_unclear_is_refused() {
        for refused in [
            "{}",
            r#"{"achievement":"a"}"#,
            r#"{"recipient":{"did":"did:key:z"}}"#,
            r#"{"achievement":"a","recipient":"ada@example.org"}"#,
            r#"{"achievement":"a","recipient":{}}"#,
            r#"{"achievement":"a","recipient":{"did":"d","email":"e"}}"#,
            r#"{"achievement":"a","recipient":{"did":5}}"#,
            r#"{"achievement":5,"recipient":{"did":"d"}}"#,
            r#"{"achievement":"a","recipient":{"did":"d"},"validUntil":"tomorrow"}"#,
            r#"{"achievement":"a","recipient":{"did":"d"},"validUntil":1}"#,
            r#"{"achievement":"a","recipient":{"did":"d"},"evidence":[5]}"#,
            r#"{"achievement":"a","recipient":{"did":"d"},"results":["https://a.example"]}"#,
            r#"{"achievement":"a","recipient":{"did":"d"},"name":[]}"#,
        ] {
            let problem = award(refused).expect_err(refused);
            assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
            assert!(!problem.hint().is_empty());
        }
        let many = format!(
            r#"{{"achievement":"a","recipient":{{"did":"d"}},"evidence":[{}]}}"#,
            vec!["{}"; MAX_LISTED + 1].join(",")
        );
        assert!(award(&many).is_err());
    }
}
