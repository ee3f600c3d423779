//! `POST /v1/verify`.

use super::accept;
use super::address::Caller;
use super::batch::{self, Batch};
use super::extract::BadgeFile;
use super::headers::spoken;
use super::limits::Charge;
use super::problem::Problem;
use super::schemas::{BatchLine, ReportView, VerifyRequest};
use super::verify_request::{Question, Subject, handed};
use super::verifying::blocking;
use crate::node::Node;
use crate::verifier::{self, Asking, Handed, Wish};
use accolade_core::verify::{Language, Report};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Up to this many bytes a body is looked through where requests are served.
const MAX_READ_AT_ONCE_BYTES: usize = 64 * 1024;

/// `POST /v1/verify`: any readable bytes, pictures too -> 200 with the full report; several badges -> 200 with a line
/// for each.
#[utoipa::path(
    post, path = "/v1/verify", summary = "Judge a badge as it is, or up to 1,000 of them",
    request_body(description = "A badge as JSON of at most 1 MiB, or a picture of at most 10 MiB that holds one; any other bytes get a verdict too. An object without `@context` that has a member `badge`, `url` or `badges` is a question with options; up to 1,000 badges of 1 MiB and 10 MiB in all", content((Vec<u8> = "application/octet-stream"), (serde_json::Value = "application/vc"), (VerifyRequest = "application/json"), (Vec<u8> = "image/png"), (Vec<u8> = "image/svg+xml"))),
    responses(
        (status = 200, description = "The report, whatever the verdict; for `badges` a line for each, in their order, as soon as it is known", content((ReportView = "application/json"), (BatchLine = "application/x-ndjson")))
    )
)]
pub(super) async fn verify(
    State(node): State<Node>,
    charge: Option<Extension<Charge>>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
    BadgeFile { bytes, place }: BadgeFile,
) -> Result<Response, Problem> {
    let language = accept::language(&headers);
    let Question { bytes, subject, options } = match bytes.len() {
        ..=MAX_READ_AT_ONCE_BYTES => Question::read(bytes, language)?,
        _ => blocking(move || Question::read(bytes, language)).await??,
    };
    let handed = match subject {
        Subject::Batch(parts) => {
            let held = batch::place(caller.map(|Extension(caller)| caller))?;
            if let Some(Extension(charge)) = charge {
                charge.more(parts.len().saturating_sub(1));
            }
            let asking = Asking::about_many(&node);
            let options = options.settled(&asking).await?;
            return Ok(batch::answer(Batch::new(asking, bytes, parts, options), (held, place)));
        }
        Subject::Badge(range) => handed(&bytes[range]),
        Subject::Url(url) => Handed::Url(url),
        Subject::File => Handed::Bytes(bytes),
    };
    let asking = Asking::about_one(&node);
    let options = options.settled(&asking).await?;
    let language = options.language;
    let wish = Wish { policy: options.policy, refresh: options.refresh };
    let report = verifier::check(&asking, handed, &wish).await?;
    drop(place);
    let json = HeaderValue::from_static("application/json");
    let answer = Answer::of(&node, None, report, language);
    Ok(spoken(language, ([(header::CONTENT_TYPE, json)], answer).into_response()))
}

/// A report as it is answered.
#[derive(Serialize)]
pub(super) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    #[serde(flatten)]
    report: Report,
    headline: &'static str,
}

impl Answer {
    /// The answer as JSON on one line, counted in the metrics. `index` is the badge's place in its batch.
    pub(super) fn of(node: &Node, index: Option<usize>, report: Report, language: Language) -> Vec<u8> {
        node.metrics().verified(report.verdict);
        let headline = report.verdict.headline(language);
        let answer = Self { index, report: report.in_language(language), headline };
        // Texts, numbers and words: all of them can be written.
        serde_json::to_vec(&answer).unwrap_or_default()
    }
}
