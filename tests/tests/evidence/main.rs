//! Where the evidence for a verdict comes from: what a node asks of hosts on the web, when, how often, and what it makes
//! of hosts that behave as they like.

mod bounds;
mod endorsers;
mod issuer;
mod lists;
mod storm;
mod url;

use accolade_core::json::Value as Json;
use accolade_node::node::{Node, Running};
use accolade_node::resolver::Egress;
use accolade_tests::https::{Authority, Host, Reply};
use accolade_tests::nodes::{blocking, config};
use accolade_tests::process::Client;
use issuer::Issuer;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;

const LIST: &str = "https://lake.example/status/1";
const LAKE: &str = "did:web:lake.example";

async fn start(data: &Path, web: Egress) -> Running {
    Node::start_with(config(data, Vec::new()), web).await.expect("starts")
}

/// A node whose whole web are these names.
async fn with_web(data: &Path, authority: &Authority, names: &[(&str, SocketAddr)]) -> Running {
    start(data, authority.egress(names)).await
}

/// The report of a node over HTTP.
async fn report(node: &Running, badge: &Value) -> Value {
    let (client, badge) = (Client::new(&node.local_url(), None), badge.clone());
    let (status, report) = blocking(move || client.post("/v1/verify", &badge)).await.expect("answers");
    assert_eq!(status, 200, "{report}");
    report
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Its verdict and code.
async fn verdict(node: &Running, badge: &Value) -> (String, String) {
    let report = report(node, badge).await;
    (text(&report["verdict"]).to_owned(), text(&report["code"]).to_owned())
}

/// One check of a report.
fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {report}"))
}

fn outcome(verdict: &str, code: &str) -> (String, String) {
    (verdict.to_owned(), code.to_owned())
}

fn could_not_check(code: &str) -> (String, String) {
    outcome("could_not_check", code)
}
