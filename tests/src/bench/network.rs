//! `bench network [N]`: three nodes on loopback at tick 0; the time from the issuer's 202 to the verdict
//! `revoked` at both other nodes, over N revocations (200), one after the other, and the bytes of the records that
//! tell of them.

use super::{number, quantile, report, rounded};
use crate::nodes;
use crate::process::Client;
use accolade_core::json::Value;
use accolade_core::verify::{Policy, Verdict};
use accolade_node::clock;
use accolade_node::node::{Node, Running};
use accolade_node::verifier;
use serde_json::json;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const REVOCATIONS: usize = 200;
const EARNER: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
/// Longest wait for a single revocation.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the measurement and prints one JSON line; fails if a revocation doesn't arrive.
pub fn run(arguments: &[String]) -> ExitCode {
    report(number(arguments, 0, REVOCATIONS).and_then(|count| {
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        let (mut ms, record_bytes) = runtime.block_on(measure(count))?;
        ms.sort_by(f64::total_cmp);
        let at = |share| rounded(quantile(&ms, share), 2);
        Ok(json!({
            "name": "network",
            "nodes": 3,
            "revocations": count,
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "max_ms": at(1.0),
            "record_bytes_per_revocation": (record_bytes as f64 / count as f64).round(),
        }))
    }))
}

/// One time a revocation, in milliseconds: until the slower of the two others says `revoked`; and the bytes that the
/// issuer's log grew by.
async fn measure(count: usize) -> Result<(Vec<f64>, usize), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut nodes: Vec<Running> = Vec::new();
    for at in 0..3 {
        let peers = nodes.iter().flat_map(|node| node.p2p_multiaddrs()).collect();
        let config = nodes::config(&folder.path().join(format!("node-{at}")), peers);
        nodes.push(Node::start(config).await.map_err(|error| error.to_string())?);
    }
    let client = nodes::client(&nodes[0]);
    let badges = blocking(&client, move |client| issue(client, count)).await?;
    for badge in &badges {
        for node in &nodes[1..] {
            wait_for(node, badge, Verdict::Valid, Instant::now()).await?;
        }
    }

    let before = log_bytes(&nodes[0]).await?;
    let mut times_ms = Vec::with_capacity(count);
    for badge in &badges {
        let id = badge.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let accepted = blocking(&client, move |client| revoke(client, &id)).await?;
        let (second, third) = tokio::join!(
            wait_for(&nodes[1], badge, Verdict::Revoked, accepted),
            wait_for(&nodes[2], badge, Verdict::Revoked, accepted)
        );
        times_ms.push(second?.max(third?));
    }
    let record_bytes = log_bytes(&nodes[0]).await? - before;
    for node in nodes {
        node.stop().await;
    }
    Ok((times_ms, record_bytes))
}

/// Bytes of all records in a node's own log.
async fn log_bytes(node: &Node) -> Result<usize, String> {
    let (mut bytes, mut after) = (0, None);
    loop {
        let page = node.ledger().own_records(after, 64).await.map_err(|error| error.to_string())?;
        let Some(last) = page.last() else { return Ok(bytes) };
        after = Some((last.epoch, last.seq));
        bytes += page.iter().map(|record| record.bytes.len()).sum::<usize>();
    }
}

/// Milliseconds from `since` until `node` gives `verdict` on `badge`; looks again whenever its replica changed.
async fn wait_for(node: &Node, badge: &Value, verdict: Verdict, since: Instant) -> Result<f64, String> {
    let text = badge.to_string();
    let mut changes = node.replica().subscribe();
    loop {
        let report = verifier::verify(node, text.as_bytes(), &Policy::default(), clock::now());
        if report.verdict == verdict {
            return Ok(since.elapsed().as_secs_f64() * 1000.0);
        }
        if tokio::time::timeout(PATIENCE, changes.recv()).await.is_err() {
            return Err(format!("after {PATIENCE:?} the verdict is {:?}, not {verdict:?}", report.verdict));
        }
    }
}

async fn blocking<T: Send + 'static>(
    client: &Client,
    work: impl FnOnce(&Client) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let client = client.clone();
    tokio::task::spawn_blocking(move || work(&client)).await.map_err(|error| error.to_string())?
}

fn issue(client: &Client, count: usize) -> Result<Vec<Value>, String> {
    let achievement = client.new_achievement("Measured");
    let body = json!({"achievement": achievement, "recipient": {"did": EARNER}});
    (0..count)
        .map(|_| match client.post("/v1/credentials", &body)? {
            (201, answer) => Ok(Value::from(answer["verifiableCredential"].clone())),
            (status, answer) => Err(format!("issuing answered {status}: {answer}")),
        })
        .collect()
}

/// The moment of the 202.
fn revoke(client: &Client, id: &str) -> Result<Instant, String> {
    let body = json!({"credentialId": id, "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}});
    match client.post("/credentials/status", &body)? {
        (202, _) => Ok(Instant::now()),
        (status, answer) => Err(format!("revoking answered {status}: {answer}")),
    }
}
