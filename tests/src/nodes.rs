//! Nodes within the test's own process, on loopback with free ports.

use crate::process::Client;
use accolade_core::verify::{Policy, Verdict};
use accolade_node::clock;
use accolade_node::config::Config;
use accolade_node::node::{Node, Running};
use accolade_node::verifier;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest wait for what must happen by itself.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// A recipient.
pub const EARNER: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

/// A node on `data` that publishes at once.
pub fn config(data: &Path, peers: Vec<String>) -> Config {
    Config {
        data: data.to_owned(),
        name: "Test Institute".to_owned(),
        http: ([127, 0, 0, 1], 0).into(),
        p2p: ([127, 0, 0, 1], 0).into(),
        net: "test".to_owned(),
        tick_s: 0,
        owner_token_to_file: true,
        peers,
        ..Config::default()
    }
}

/// The same node at the same addresses, to be started again.
pub fn again(node: &Running) -> Config {
    Config { http: node.http_addr(), p2p: node.p2p_addr(), ..node.config().clone() }
}

/// A client with the owner's token.
///
/// # Panics
/// If the node has written none.
pub fn client(node: &Running) -> Client {
    let token = std::fs::read_to_string(node.config().data.join("owner-token")).expect("owner-token");
    Client::new(&node.local_url(), Some(token.trim().to_owned()))
}

/// Runs what blocks, such as a [`Client`]'s request, beside the runtime.
///
/// # Panics
/// If `work` does.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("the work doesn't panic")
}

/// Issues a badge at `node`.
///
/// # Panics
/// If the node refuses.
pub async fn issue(node: &Running, achievement: &str) -> Value {
    let (client, body) = (client(node), json!({"achievement": achievement, "recipient": {"did": EARNER}}));
    let (status, answer) = blocking(move || client.post("/v1/credentials", &body)).await.expect("answers");
    assert_eq!(status, 201, "{answer}");
    answer["verifiableCredential"].clone()
}

/// Revokes a badge at the node that issued it; on return the 202 was there.
///
/// # Panics
/// If the node refuses.
pub async fn revoke(node: &Running, badge: &Value) {
    let client = client(node);
    let body = json!({"credentialId": badge["id"], "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}});
    let (status, answer) =
        blocking(move || client.post("/credentials/status", &body)).await.expect("answers");
    assert_eq!(status, 202, "{answer}");
}

/// Waits until `node` gives `verdict` on `badge`, looking again whenever its replica changed; how long that took.
///
/// # Panics
/// If it doesn't within [`PATIENCE`].
pub async fn wait_for_verdict(node: &Node, badge: &Value, verdict: Verdict) -> Duration {
    let (begun, text) = (Instant::now(), badge.to_string());
    let mut changes = node.replica().subscribe();
    loop {
        let report = verifier::verify(node, text.as_bytes(), &Policy::default(), clock::now());
        if report.verdict == verdict {
            return begun.elapsed();
        }
        let changed = tokio::time::timeout(PATIENCE, changes.recv()).await;
        assert!(changed.is_ok(), "the verdict stays {:?}, expected {verdict:?}", report.verdict);
    }
}
