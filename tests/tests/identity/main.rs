//! Who a node is to the world: `public_url`, the did:web that follows from it, and other nodes that look it up.

mod fetching;
mod first_start;
mod other_nodes;
mod resolution;

use accolade_node::config::Config;
use accolade_node::node::{Node, Running};
use accolade_node::public_url::PublicUrl;
use accolade_node::resolver::Egress;
use accolade_tests::https::{Authority, Host, Reply};
use accolade_tests::nodes::{blocking, client, config};
use accolade_tests::process::Client;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const LAKE: &str = "https://lake.example";
const LAKE_DID: &str = "did:web:lake.example";

/// A node with this `public_url`.
fn with_url(data: &Path, url: &str, peers: Vec<String>) -> Config {
    Config { public_url: Some(PublicUrl::parse(url).expect(url)), ..config(data, peers) }
}

async fn start(config: Config, egress: Egress) -> Running {
    Node::start_with(config, egress).await.expect("starts")
}

/// A web without hosts.
fn no_web() -> Egress {
    Authority::new().egress(&[])
}

/// A proxy that speaks TLS for `name` in front of a node, as an operator sets one up.
fn proxy(authority: &Authority, name: &str, node: &Running) -> Host {
    proxy_of(authority, name, node, |_| true)
}

/// The same for some paths; it has nothing under the others.
fn proxy_of(authority: &Authority, name: &str, node: &Running, passes: fn(&str) -> bool) -> Host {
    let url = node.local_url();
    authority.host(name, move |path| {
        if !passes(path) {
            return Reply::status(404);
        }
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        match agent.get(format!("{url}{path}")).call() {
            Ok(mut answer) => {
                let caching = answer.headers().get("cache-control").and_then(|value| value.to_str().ok());
                let headers = caching.map(|value| format!("Cache-Control: {value}")).into_iter().collect();
                let status = answer.status().as_u16();
                Reply::Whole(status, headers, answer.body_mut().read_to_vec().unwrap_or_default())
            }
            Err(_) => Reply::status(502),
        }
    })
}

/// The answer of a node, its status and JSON.
async fn get(node: &Running, path: &str) -> (u16, Value) {
    let (client, path) = (Client::new(&node.local_url(), None), path.to_owned());
    blocking(move || client.get(&path)).await.expect("answers")
}

/// What a node says on a badge over HTTP, fetching what it lacks: verdict and code.
async fn verdict(node: &Running, badge: &Value) -> (String, String) {
    let (client, badge) = (Client::new(&node.local_url(), None), badge.clone());
    let (status, report) = blocking(move || client.post("/v1/verify", &badge)).await.expect("answers");
    assert_eq!(status, 200, "{report}");
    let text = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("code"))
}

/// Waits until a node says so, looking again whenever its replica changed.
async fn wait_for(node: &Running, badge: &Value, wanted: &str) {
    let mut changes = node.replica().subscribe();
    loop {
        let (verdict, code) = verdict(node, badge).await;
        if verdict == wanted {
            return;
        }
        let changed = tokio::time::timeout(Duration::from_secs(30), changes.recv()).await;
        assert!(changed.is_ok(), "the verdict stays {verdict} ({code}), expected {wanted}");
    }
}

async fn achievement(node: &Running) -> String {
    let owner = client(node);
    blocking(move || owner.new_achievement("Sailing")).await
}
