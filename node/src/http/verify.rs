//! `POST /v1/verify`.

use super::extract::BadgeFile;
use super::problem::Problem;
use super::schemas::ReportView;
use super::verifying::verifying;
use crate::clock;
use crate::node::Node;
use crate::verifier;
use accolade_core::verify::Policy;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// `POST /v1/verify`: any readable bytes, pictures too -> 200 with the full report.
#[utoipa::path(
    post, path = "/v1/verify", summary = "Judge a badge as it is",
    request_body(description = "A badge as JSON of at most 1 MiB, or a picture of at most 10 MiB that holds one; any other bytes get a verdict too", content((Vec<u8> = "application/octet-stream"), (serde_json::Value = "application/vc"), (serde_json::Value = "application/json"), (Vec<u8> = "image/png"), (Vec<u8> = "image/svg+xml"))),
    responses((status = 200, description = "The report, whatever the verdict", body = ReportView))
)]
pub(super) async fn verify(State(node): State<Node>, file: BadgeFile) -> Result<Response, Problem> {
    if file.bytes.is_empty() {
        return Err(Problem::bad_request(
            "body_empty",
            "The request has no body.",
            "Send the badge's file as the request's body: curl --data-binary @badge.json …/v1/verify",
        ));
    }
    let report = verifying(&node, move |sources| {
        verifier::verify_with(sources, &file.bytes, &Policy::default(), clock::now())
    })
    .await?;
    node.metrics().verified(report.verdict);
    let mut answer = json!(report);
    answer["headline"] = json!(report.headline());
    Ok(Json(answer).into_response())
}
