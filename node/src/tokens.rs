//! The verbs about tokens: make, list, withdraw. Who holds the data folder may do the same while no node runs on it.

use crate::error::{ErrorKind, NodeError};
use crate::ledger::{Ledger, NewToken, Token};
use crate::token::{ApiToken, Scopes};
use accolade_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Longest label, in bytes.
const MAX_LABEL_BYTES: usize = 200;

/// A token to be made.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// What it is for: 1 to 200 bytes, no control characters.
    pub label: String,
    /// What it allows.
    pub scopes: Scopes,
    /// Until when it holds; until it is withdrawn if nothing is said.
    pub valid_until: Option<Timestamp>,
}

/// A token that was made: the only time that it is seen.
pub struct MadeToken {
    /// The token itself.
    pub token: ApiToken,
    /// What is told of it later.
    pub view: TokenView,
}

/// What is told of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// Names it on this node; never given to another token.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// What it allows: `owner`, `issue`, `revoke`, `achievement`, `read`.
    pub scopes: Vec<&'static str>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// Until when it holds; null if until it is withdrawn.
    #[schema(format = DateTime)]
    pub valid_until: Option<String>,
    /// The day (UTC) on which it was last used; null if never.
    #[schema(format = Date)]
    pub last_used: Option<String>,
}

/// Makes a token. `maker` is the token of who asks, if it is asked over HTTP: what it makes can't outlive it.
///
/// # Errors
/// A label or an end that makes no sense; too many tokens; a maker that was withdrawn or has ended.
pub async fn create(
    ledger: &Ledger,
    request: TokenRequest,
    maker: Option<&Token>,
    now: Timestamp,
) -> Result<MadeToken, NodeError> {
    let TokenRequest { label, scopes, valid_until } = request;
    check_label(&label)?;
    check_end(valid_until, maker, now)?;
    let token = ApiToken::generate().map_err(|error| {
        let message = format!("The system gives no random numbers: {error}.");
        NodeError::new(ErrorKind::Internal, "no_randomness", message, "Ask again.")
    })?;
    let new = NewToken { hash: token.hash(), label: label.clone(), scopes: scopes.clone(), valid_until };
    let number = ledger.add_token(new, maker.map(|maker| maker.number), now).await?;
    let made = Token { number, label, scopes, created_at: now, valid_until, last_used_day: None };
    Ok(MadeToken { token, view: view(&made) })
}

/// All tokens that weren't withdrawn, in the order in which they were made.
///
/// # Errors
/// The ledger can't be read.
pub async fn list(ledger: &Ledger) -> Result<Vec<TokenView>, NodeError> {
    Ok(ledger.tokens().await?.iter().map(view).collect())
}

/// Withdraws a token for ever; nobody is let in by it from the return on.
///
/// # Errors
/// No such token; the last owner's token without an end.
pub async fn withdraw(ledger: &Ledger, id: &str, now: Timestamp) -> Result<(), NodeError> {
    // Only the one way in which ids are written.
    let number = id.parse::<i64>().ok().filter(|number| number.to_string() == id);
    let Some(number) = number else {
        let hint = "GET /v1/tokens lists the tokens and their ids.";
        return Err(NodeError::new(
            ErrorKind::NotFound,
            "unknown_token_id",
            "There is no token with this id.",
            hint,
        ));
    };
    Ok(ledger.withdraw_token(number, now).await?)
}

fn check_label(label: &str) -> Result<(), NodeError> {
    if !label.trim().is_empty() && label.len() <= MAX_LABEL_BYTES && !label.chars().any(char::is_control) {
        return Ok(());
    }
    let message = format!("The label doesn't have 1 to {MAX_LABEL_BYTES} bytes without control characters.");
    let hint = "Say what the token is for, such as “course platform”.";
    Err(NodeError::new(ErrorKind::Invalid, "bad_label", message, hint))
}

fn check_end(end: Option<Timestamp>, maker: Option<&Token>, now: Timestamp) -> Result<(), NodeError> {
    if end.is_some_and(|end| end <= now) {
        let hint = "Send a time to come, or leave “validUntil” out.";
        return Err(NodeError::new(
            ErrorKind::Invalid,
            "ended_already",
            "“validUntil” is in the past.",
            hint,
        ));
    }
    let Some(latest) = maker.and_then(|maker| maker.valid_until) else { return Ok(()) };
    if end.is_some_and(|end| end <= latest) {
        return Ok(());
    }
    let message = format!("A token can't outlive the one that makes it, which ends at {latest}.");
    let hint = "Send a “validUntil” before that, or use a token that lasts longer.";
    Err(NodeError::new(ErrorKind::Forbidden, "outlives_its_maker", message, hint))
}

fn view(token: &Token) -> TokenView {
    TokenView {
        id: token.number.to_string(),
        label: token.label.clone(),
        scopes: token.scopes.names(),
        created: token.created_at.to_string(),
        valid_until: token.valid_until.map(|until| until.to_string()),
        last_used: token.last_used_day.map(|day| day.to_string().chars().take(10).collect()),
    }
}
