//! What Prometheus reads.

use accolade_node::config::Config;
use accolade_node::node::{Node, Running};
use accolade_tests::nodes::{EARNER, blocking, client, config, issue, revoke};
use serde_json::json;

/// A node with metrics that has done everything once, and what it says then.
pub async fn busy() -> (tempfile::TempDir, Running, String) {
    let folder = tempfile::tempdir().expect("folder");
    let metrics = Some(([127, 0, 0, 1], 0).into());
    let node = Node::start(Config { metrics, ..config(&folder.path().join("data"), Vec::new()) }).await;
    let node = node.expect("starts");
    let owner = client(&node);
    let achievement = blocking(move || owner.new_achievement("Counting")).await;
    let badges = [issue(&node, &achievement).await, issue(&node, &achievement).await];
    revoke(&node, &badges[0]).await;
    accolade_tests::nodes::wait_for_verdict(&node, &badges[0], accolade_core::verify::Verdict::Revoked).await;
    let owner = client(&node);
    let badge = badges[1].clone();
    blocking(move || {
        assert_eq!(owner.post("/v1/verify", &badge).expect("answers").0, 200);
        assert_eq!(owner.post("/v1/verify", &json!({"not": "a badge"})).expect("answers").0, 200);
        assert_eq!(owner.get("/b/some%40person.example?q=secret").expect("answers").0, 404);
        assert_eq!(owner.get("/nowhere/at/all").expect("answers").0, 404);
    })
    .await;
    let text = scrape(&node).await;
    (folder, node, text)
}

async fn scrape(node: &Running) -> String {
    let url = format!("http://{}/metrics", node.metrics_addr().expect("metrics are on"));
    blocking(move || {
        let mut answer = ureq::get(&url).call().expect("answers");
        let content_type = answer.headers()["content-type"].to_str().expect("text").to_owned();
        assert!(content_type.starts_with("application/openmetrics-text"), "{content_type}");
        answer.body_mut().read_to_string().expect("text")
    })
    .await
}

/// The value of a sample, by its name with its labels.
fn value(text: &str, sample: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_says_what_was_done() {
    let (_folder, node, text) = busy().await;
    let is = |sample: &str, wanted: f64| assert_eq!(value(&text, sample), Some(wanted), "{sample}\n{text}");
    is("accolade_badges_issued_total", 2.0);
    is("accolade_badges_revoked_total", 1.0);
    is("accolade_badges", 2.0);
    is("accolade_replica_issuers", 1.0);
    is("accolade_peers", 0.0);
    is("accolade_ledger_failed_commits_total", 0.0);
    is(r#"accolade_verifications_total{verdict="valid"}"#, value_at_least(&text, "valid"));
    is(r#"accolade_verifications_total{verdict="malformed"}"#, 1.0);
    is(r#"accolade_http_requests_total{method="POST",route="/v1/verify",status="2xx"}"#, 2.0);
    is(r#"accolade_http_requests_total{method="GET",route="/b/{uuid}",status="4xx"}"#, 1.0);
    is(r#"accolade_http_requests_total{method="GET",route="other",status="4xx"}"#, 1.0);
    is(r#"accolade_http_request_duration_seconds_count{route="/v1/verify"}"#, 2.0);
    is(r#"accolade_gossip_records_total{outcome="dropped"}"#, 0.0);
    is(&format!(r#"accolade_build_info{{version="{}"}}"#, env!("CARGO_PKG_VERSION")), 1.0);
    let more = |sample: &str, least: f64| {
        let found = value(&text, sample);
        assert!(found.is_some_and(|found| found >= least), "{sample} is {found:?}\n{text}");
    };
    more("accolade_own_log_seq", 3.0);
    more("accolade_replica_records", 4.0);
    more("accolade_ledger_commits_total", 4.0);
    more("accolade_disk_free_bytes", 1.0);
    more("process_resident_memory_bytes", 1e6);
    more("process_start_time_seconds", 1.7e9);
    more("accolade_own_status_age_seconds", 0.0);
    assert!(text.ends_with("# EOF\n"));
    for personal in [EARNER, "person", "secret", "nowhere", "urn:uuid", "did:"] {
        assert!(!text.contains(personal), "the metrics hold {personal}");
    }
    node.stop().await;
}

fn value_at_least(text: &str, verdict: &str) -> f64 {
    let found =
        value(text, &format!(r#"accolade_verifications_total{{verdict="{verdict}"}}"#)).unwrap_or(0.0);
    assert!(found >= 1.0, "{text}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_stay_few_whatever_is_asked() {
    let (_folder, node, before) = busy().await;
    let asking = client(&node);
    blocking(move || {
        for n in 0..200 {
            assert_eq!(asking.get(&format!("/made-up/{n}?a={n}")).expect("answers").0, 404);
            assert_eq!(asking.get(&format!("/b/made-up-{n}")).expect("answers").0, 404);
        }
    })
    .await;
    let after = scrape(&node).await;
    assert_eq!(after.lines().count(), before.lines().count(), "{after}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_off_by_default_and_never_on_the_public_listener() {
    let folder = tempfile::tempdir().expect("folder");
    let node = Node::start(config(&folder.path().join("data"), Vec::new())).await.expect("starts");
    assert_eq!(node.metrics_addr(), None);
    let public = client(&node);
    let (status, _) = blocking(move || public.get("/metrics")).await.expect("answers");
    assert_eq!(status, 404);
    node.stop().await;
}
