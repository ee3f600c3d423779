//! The routes of tokens, for their owner.

use super::extract::{Id, JsonObject, required_text};
use super::problem::Problem;
use super::schemas::{NewTokenAnswer, NewTokenRequest, ProblemDetails, TokenList};
use crate::clock;
use crate::ledger::Token;
use crate::node::Node;
use crate::token::{Scope, Scopes};
use crate::tokens::{self, TokenRequest};
use accolade_core::json::{Object, Value};
use accolade_core::time::Timestamp;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

/// `POST /v1/tokens`: `{label, scopes, validUntil?}` -> 201 with the token, this once.
#[utoipa::path(
    post, path = "/v1/tokens", summary = "Make a token; it is shown this once",
    request_body = NewTokenRequest,
    responses((status = 201, description = "The token", body = NewTokenAnswer), (status = 409, description = "There are as many tokens as there may be", body = ProblemDetails, content_type = "application/problem+json"))
)]
pub(super) async fn create_token(
    State(node): State<Node>,
    Extension(maker): Extension<Token>,
    JsonObject(body): JsonObject,
) -> Result<Response, Problem> {
    let made = tokens::create(node.ledger(), request_of(&body)?, Some(&maker), clock::now()).await?;
    let mut answer = json!(made.view);
    answer["token"] = json!(made.token.expose());
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// `GET /v1/tokens`: what is known of each token that wasn't withdrawn; not the token itself, which nobody can know.
#[utoipa::path(
    get, path = "/v1/tokens", summary = "The tokens that weren't withdrawn, without the tokens themselves",
    responses((status = 200, description = "The tokens in the order in which they were made", body = TokenList))
)]
pub(super) async fn list_tokens(State(node): State<Node>) -> Result<Response, Problem> {
    let tokens = tokens::list(node.ledger()).await?;
    Ok(Json(json!({"tokens": tokens})).into_response())
}

/// `DELETE /v1/tokens/{id}`: withdraws a token for ever.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}", summary = "Withdraw a token for ever, at once",
    params(("id" = String, Path, description = "The token's id")),
    responses((status = 204, description = "It is of no use any more"), (status = 409, description = "The last owner's token without an end", body = ProblemDetails, content_type = "application/problem+json"))
)]
pub(super) async fn withdraw_token(State(node): State<Node>, Id(id): Id) -> Result<Response, Problem> {
    tokens::withdraw(node.ledger(), &id, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Nothing is overlooked here: a member with a typing error could give more than was wanted.
fn request_of(body: &Object) -> Result<TokenRequest, Problem> {
    if let Some((name, _)) = body.iter().find(|(name, _)| !["label", "scopes", "validUntil"].contains(name)) {
        return Err(Problem::bad_request(
            "unknown_member",
            format!("The request has the member “{name}”, which a token doesn't take."),
            "Send {\"label\":…,\"scopes\":[…],\"validUntil\"?:…} and nothing else.",
        ));
    }
    let valid_until = match body.get("validUntil") {
        None => None,
        Some(Value::String(text)) => Some(Timestamp::parse(text).map_err(|error| bad_time(&error))?),
        Some(_) => return Err(bad_time(&"it is not a text")),
    };
    Ok(TokenRequest { label: required_text(body, "label")?.to_owned(), scopes: scopes(body)?, valid_until })
}

fn scopes(body: &Object) -> Result<Scopes, Problem> {
    let wrong = |detail: String| {
        Problem::bad_request(
            "unknown_scope",
            detail,
            "Send “scopes” as a list of at least one of owner, issue, revoke, achievement and read.",
        )
    };
    let Some(Value::Array(names)) = body.get("scopes") else {
        return Err(wrong("“scopes” is not a list.".to_owned()));
    };
    if names.len() > Scope::ALL.len() {
        return Err(wrong("“scopes” names more scopes than there are.".to_owned()));
    }
    let mut scopes = Vec::with_capacity(names.len());
    for name in names {
        let name = name.as_str().unwrap_or_default();
        scopes.push(Scope::parse(name).map_err(|error| wrong(format!("{error}.")))?);
    }
    Scopes::of(&scopes).ok_or_else(|| wrong("“scopes” is empty.".to_owned()))
}

fn bad_time(error: &dyn std::fmt::Display) -> Problem {
    Problem::bad_request(
        "bad_time",
        format!("“validUntil”: {error}."),
        "Send a time such as 2030-01-31T00:00:00Z, or leave it out.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Result<TokenRequest, Problem> {
        let value = accolade_core::json::parse(text.as_bytes()).expect("reads");
        request_of(value.as_object().expect("an object"))
    }

    #[test]
    fn a_token_is_asked_for_in_one_way() {
        let read = request(
            r#"{"label":"LMS","scopes":["revoke","issue","issue"],"validUntil":"2030-01-31T00:00:00Z"}"#,
        )
        .expect("reads");
        assert_eq!((read.label.as_str(), read.scopes.to_string().as_str()), ("LMS", "issue revoke"));
        assert!(read.valid_until.is_some());
        for (refused, code) in [
            ("{}", "member_missing"),
            (r#"{"label":"","scopes":["issue"]}"#, "member_missing"),
            (r#"{"label":5,"scopes":["issue"]}"#, "wrong_type"),
            (r#"{"label":"x"}"#, "unknown_scope"),
            (r#"{"label":"x","scopes":[]}"#, "unknown_scope"),
            (r#"{"label":"x","scopes":"issue"}"#, "unknown_scope"),
            (r#"{"label":"x","scopes":["Issue"]}"#, "unknown_scope"),
            (r#"{"label":"x","scopes":["issue revoke"]}"#, "unknown_scope"),
            (r#"{"label":"x","scopes":["admin"]}"#, "unknown_scope"),
            (r#"{"label":"x","scopes":[null]}"#, "unknown_scope"),
            (r#"{"label":"x","scopes":["read","read","read","read","read","read"]}"#, "unknown_scope"),
            (r#"{"label":"x","scopes":["issue"],"validuntil":"2030-01-31T00:00:00Z"}"#, "unknown_member"),
            (r#"{"label":"x","scopes":["issue"],"validUntil":"tomorrow"}"#, "bad_time"),
            (r#"{"label":"x","scopes":["issue"],"validUntil":null}"#, "bad_time"),
            (r#"{"label":"x","scopes":["issue"],"validUntil":1900000000}"#, "bad_time"),
        ] {
            let problem = request(refused).expect_err(refused);
            assert_eq!(problem.to_json()["code"], code, "{refused}");
        }
    }
}
