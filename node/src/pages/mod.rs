//! The pages that people see, rendered on the server. They work without scripts and load nothing of others.

mod badge;
mod home;
mod medal;
mod text;

pub(crate) use badge::BadgePage;
pub(crate) use home::{AchievementCard, HomePage};
pub(crate) use medal::{framed, medal};
pub(crate) use text::line_of;

use crate::error::{ErrorKind, NodeError};
use crate::http::Problem;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// The style sheet of every page.
pub(crate) const STYLE: &str = include_str!("../../templates/style.css");
/// The icon of every page.
pub(crate) const FAVICON: &str = include_str!("../../templates/favicon.svg");

/// A problem, for people.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    node_name: &'a str,
    status: u16,
    title: &'a str,
    detail: &'a str,
    hint: &'a str,
}

/// A page as HTML.
///
/// # Errors
/// It can't be made.
pub(crate) fn render(page: &impl Template) -> Result<String, Problem> {
    page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        Problem::from(NodeError::new(
            ErrorKind::Internal,
            "page_failed",
            "The page could not be made.",
            "Ask for it again; if it stays so, tell the operator of this node.",
        ))
    })
}

/// A page as an answer.
pub(crate) fn answer(status: StatusCode, page: &impl Template) -> Response {
    match render(page) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// A problem as a page.
pub(crate) fn problem(node_name: &str, problem: &Problem) -> Response {
    let page = ProblemPage {
        node_name,
        status: problem.status().as_u16(),
        title: problem.title(),
        detail: problem.detail(),
        hint: problem.hint(),
    };
    answer(problem.status(), &page)
}
