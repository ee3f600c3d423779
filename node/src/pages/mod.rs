//! The pages that people see, rendered on the server. They work without scripts and load nothing of others; one has a
//! script of its own, so that a file can be dropped on it.

mod badge;
mod home;
mod medal;
mod speech;
mod text;
mod verify;

pub(crate) use badge::BadgePage;
pub(crate) use home::{AchievementCard, HomePage};
pub(crate) use medal::{framed, medal};
pub(crate) use text::line_of;
pub(crate) use verify::{Given, Reader, VerdictPage, VerifyPage, Wrong};

use crate::error::{ErrorKind, NodeError};
use crate::http::Problem;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// The style sheet of every page.
pub(crate) const STYLE: &str = include_str!("../../templates/style.css");
/// The script of the page `/verify`.
pub(crate) const VERIFY_SCRIPT: &str = include_str!("../../templates/verify.js");
/// The icon of every page.
pub(crate) const FAVICON: &str = include_str!("../../templates/favicon.svg");

/// A problem, for people.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    root: &'a str,
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

/// The path of a node's URL, which stands before every link within its pages: empty, or with a slash in front.
pub(crate) fn root_of(base_url: &str) -> &str {
    let host_at = base_url.find("://").map_or(0, |at| at + 3);
    base_url[host_at..].find('/').map_or("", |at| base_url[host_at + at..].trim_end_matches('/'))
}

/// A problem as a page.
pub(crate) fn problem(node_name: &str, base_url: &str, problem: &Problem) -> Response {
    let page = ProblemPage {
        root: root_of(base_url),
        node_name,
        status: problem.status().as_u16(),
        title: problem.title(),
        detail: problem.detail(),
        hint: problem.hint(),
    };
    answer(problem.status(), &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_with_the_path_of_the_nodes_url() {
        for (url, root) in [
            ("http://127.0.0.1:8080", ""),
            ("https://lake.example", ""),
            ("https://lake.example/", ""),
            ("https://lake.example:8443/inst/badges", "/inst/badges"),
        ] {
            assert_eq!(root_of(url), root, "{url}");
        }
    }
}
