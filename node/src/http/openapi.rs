//! The description of the API (OpenAPI 3.1), made from the table of routes.

use super::headers::cacheable;
use super::routes::{self, Access, Route};
use super::schemas;
use crate::token::Scope;
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::LazyLock;
use utoipa::OpenApi as _;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, OpenApi, Ref, RefOr, ResponseBuilder};

/// The name of the security scheme, and of its only header.
const TOKEN: &str = "token";
const PROBLEM: &str = "Problem";

/// What doesn't come from the routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Accolade node",
        description = "Issue, verify and revoke Open Badges 3.0. Anyone may verify; issuing and changing need a token. \
                       HEAD is answered wherever GET is, and every address also answers preflights of web pages. \
                       A token's scopes stand in the security requirement of each operation; the scope `owner` allows \
                       everything.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "./", description = "The node that serves this document")),
    tags(
        (name = "verify", description = "Judge badges and presentations"),
        (name = "issue", description = "Make achievements, issue and revoke badges"),
        (name = "tokens", description = "Who may use the node, and for what"),
        (name = "public", description = "What everybody may read"),
        (name = "pages", description = "What people see")
    ),
    components(schemas(
        schemas::ProblemDetails,
        schemas::ReportView,
        schemas::VerifyRequest,
        schemas::BatchLine,
        schemas::VerifyCredentialRequest,
        schemas::VerifyCredentialAnswer,
        schemas::VerifyPresentationRequest,
        schemas::VerifyPresentationAnswer,
        schemas::IssueRequest,
        schemas::IssuedCredential,
        schemas::StatusRequest,
        schemas::StatusAccepted,
        schemas::RevocationList,
        schemas::RevokedCredential,
        schemas::AchievementContent,
        schemas::AchievementPage,
        schemas::AwardRequest,
        schemas::IssuedBadge,
        schemas::CredentialPage,
        schemas::NewTokenRequest,
        schemas::NewTokenAnswer,
        schemas::TokenList,
        schemas::NodeView,
        schemas::Health
    ))
)]
struct Base;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    // What utoipa makes can always be written as JSON.
    let text = document().to_pretty_json().unwrap_or_default();
    format!("{text}\n")
});

/// The description of the API as JSON, as it is served and as it stands in `schemas/openapi.json`.
pub fn openapi() -> &'static str {
    &DOCUMENT
}

/// `GET /openapi.json`: this description.
#[utoipa::path(
    get, path = "/openapi.json", summary = "This description",
    responses((status = 200, description = "An OpenAPI 3.1 document", body = Object), (status = 304, description = "It is as it was"))
)]
pub(super) async fn openapi_json(headers: HeaderMap) -> Response {
    cacheable(&headers, "application/json", "public, max-age=300", openapi().into())
}

fn document() -> OpenApi {
    let mut api = Base::openapi();
    let components = api.components.get_or_insert_with(Components::new);
    let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("ProblemDetails"))));
    let problem = ResponseBuilder::new()
        .description("The request was not carried out; the problem says why and what to do")
        .content("application/problem+json", problem);
    components.responses.insert(PROBLEM.to_owned(), problem.build().into());
    let scheme = SecurityScheme::Http(
        Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(format!(
                "A token of this node; scopes: {}",
                Scope::ALL.map(Scope::as_str).join(", ")
            )))
            .build(),
    );
    components.add_security_scheme(TOKEN, scheme);
    for Route { path, method, access, operation, .. } in routes::all() {
        let operation = completed(operation, access, path.contains('{'));
        api.paths.add_path_operation(path, vec![method], operation);
    }
    api
}

/// The operation with what follows from who may ask, and with the problems that any such request may meet.
fn completed(mut operation: Operation, access: Access, has_variable: bool) -> Operation {
    let by = |scope: Scope| SecurityRequirement::new(TOKEN, [scope.as_str()]);
    operation.security = match access {
        Access::Always | Access::Free | Access::Public | Access::Verifying => Some(Vec::new()),
        Access::PublicOr(scope) => Some(vec![SecurityRequirement::default(), by(scope)]),
        Access::Needs(scope) => Some(vec![by(scope)]),
    };
    // What is always answered has no limit to tell of.
    let mut problems = if access == Access::Always { vec!["default"] } else { vec!["429", "503", "default"] };
    if matches!(access, Access::Needs(_) | Access::PublicOr(_)) {
        problems.extend(["401", "403"]);
    }
    if operation.request_body.is_some() {
        problems.extend(["400", "408", "413", "415"]);
    }
    if has_variable {
        problems.push("404");
    }
    for status in problems {
        let problem = || RefOr::Ref(Ref::from_response_name(PROBLEM));
        operation.responses.responses.entry(status.to_owned()).or_insert_with(problem);
    }
    operation
}
