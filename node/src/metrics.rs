//! Metrics for Prometheus (OpenMetrics text) on a listener of their own.
//!
//! No label holds personal data, an id or an address, and each has a few values only: route templates, classes of
//! status, verdicts.

use crate::clock;
use crate::node::Node;
use crate::system;
use accolade_core::time::Timestamp;
use accolade_core::verify::Verdict;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// Upper bounds of the histogram of request times, in seconds.
const BUCKETS_S: [f64; 13] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a node counts since its start.
#[derive(Debug)]
pub struct Metrics {
    started: Timestamp,
    requests: Family<[(&'static str, String); 3], Counter>,
    request_times: Family<[(&'static str, String); 1], Histogram>,
    issued: Counter,
    revoked: Counter,
    verified: Family<[(&'static str, &'static str); 1], Counter>,
}

impl Default for Metrics {
    /// Nothing counted yet; the start is now.
    fn default() -> Self {
        Self {
            started: clock::now(),
            requests: Family::default(),
            request_times: Family::new_with_constructor(|| Histogram::new(BUCKETS_S)),
            issued: Counter::default(),
            revoked: Counter::default(),
            verified: Family::default(),
        }
    }
}

impl Metrics {
    /// A request was answered. `route` is its template, never its path.
    pub fn request(&self, method: &str, route: &str, status: StatusCode, took: Duration) {
        let class = format!("{}xx", status.as_u16() / 100);
        let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", class)];
        self.requests.get_or_create(&labels).inc();
        self.request_times.get_or_create(&[("route", route.to_owned())]).observe(took.as_secs_f64());
    }

    /// A badge was issued.
    pub fn issued(&self) {
        self.issued.inc();
    }

    /// A badge was revoked or suspended.
    pub fn revoked(&self) {
        self.revoked.inc();
    }

    /// A badge was verified.
    pub fn verified(&self, verdict: Verdict) {
        self.verified.get_or_create(&[("verdict", verdict.as_str())]).inc();
    }
}

/// The router of the listener of `metrics`.
pub(crate) fn router(node: Node) -> Router {
    Router::new().route("/metrics", get(scrape)).with_state(node)
}

async fn scrape(State(node): State<Node>) -> Response {
    let registry = registry(&node).await;
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What was counted, and how the node is now.
async fn registry(node: &Node) -> Registry {
    let mut all = Registry::default();
    counted(&mut all, node.metrics());
    let stats = node.ledger().stats();
    let mut counter = |name: &str, help: &str, value: u64| all.register(name, help, ConstCounter::new(value));
    counter("accolade_ledger_commits", "Transactions that the ledger committed", stats.commits);
    counter(
        "accolade_ledger_operations",
        "Operations in them; group commit puts several into one",
        stats.operations,
    );
    counter("accolade_ledger_failed_commits", "Transactions that failed as a whole", stats.failed_commits);
    now(&mut all, node).await;
    all.register("accolade_build", "The program", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
    let started_s = node.metrics().started.as_millis() as f64 / 1000.0;
    gauge(&mut all, "process_start_time_seconds", "When the node started, in seconds since 1970", started_s);
    if let Some(bytes) = system::resident_bytes() {
        gauge(
            &mut all,
            "process_resident_memory_bytes",
            "Memory held by the process, in bytes",
            bytes as f64,
        );
    }
    all
}

fn counted(all: &mut Registry, metrics: &Metrics) {
    let Metrics { started: _, requests, request_times, issued, revoked, verified } = metrics;
    all.register(
        "accolade_http_requests",
        "Requests answered, by method, route and class of status",
        requests.clone(),
    );
    let help = "Time from a request's head to the answer's, in seconds";
    all.register("accolade_http_request_duration_seconds", help, request_times.clone());
    all.register("accolade_badges_issued", "Badges issued since the start", issued.clone());
    all.register("accolade_badges_revoked", "Badges revoked or suspended since the start", revoked.clone());
    all.register("accolade_verifications", "Badges verified since the start, by verdict", verified.clone());
}

/// How the node is at this moment.
async fn now(all: &mut Registry, node: &Node) {
    let (now, replica, issuers) = (clock::now(), node.replica().state(), node.replica().issuers());
    let age_s = |as_of: Timestamp| now.since(as_of).as_secs_f64();
    if let Ok(count) = node.ledger().credential_count().await {
        gauge(all, "accolade_badges", "Badges in the ledger", count as f64);
    }
    gauge(all, "accolade_replica_issuers", "Issuers whose records are held", replica.issuers as f64);
    gauge(all, "accolade_replica_records", "Records held of all issuers", replica.records as f64);
    let oldest = issuers.iter().filter_map(|issuer| issuer.as_of()).map(age_s).fold(0.0, f64::max);
    gauge(
        all,
        "accolade_oldest_status_age_seconds",
        "Age of the oldest word of any issuer on its lists",
        oldest,
    );
    if let Some(own) = issuers.iter().find(|issuer| issuer.issuer() == node.log_did()) {
        gauge(
            all,
            "accolade_own_log_seq",
            "Number of the newest record of the own log",
            own.head().seq as f64,
        );
        if let Some(as_of) = own.as_of() {
            let help = "Age of the own word on the own lists; over 6 h nothing gets published";
            gauge(all, "accolade_own_status_age_seconds", help, age_s(as_of));
        }
    }
    if let Some(network) = node.network() {
        gauge(all, "accolade_peers", "Peers connected", network.peers().len() as f64);
        let gossip = network.gossip();
        let outcomes: Family<[(&str, &str); 1], Counter> = Family::default();
        for (outcome, count) in
            [("checked", gossip.checked), ("known", gossip.known), ("dropped", gossip.dropped)]
        {
            outcomes.get_or_create(&[("outcome", outcome)]).inc_by(count);
        }
        all.register(
            "accolade_gossip_records",
            "Records that peers sent unasked, by what became of them",
            outcomes,
        );
    }
    if let Some(bytes) = system::disk_free_bytes(&node.config().data) {
        gauge(all, "accolade_disk_free_bytes", "Room on the disk of the data folder, in bytes", bytes as f64);
    }
}

fn gauge(all: &mut Registry, name: &str, help: &str, value: f64) {
    all.register(name, help, ConstGauge::new(value));
}
