//! The verbs that verify. They use what is in this node: pinned contexts and the replica. No socket is opened.

use crate::node::Node;
use accolade_core::json::Value;
use accolade_core::status::VerifiedList;
use accolade_core::time::Timestamp;
use accolade_core::verify::{
    self, Evidence, Expected, ListMissing, Needs, Policy, PresentationReport, Report,
};
use std::sync::Arc;

/// Checks one badge in any readable form.
pub fn verify(node: &Node, bytes: &[u8], policy: &Policy, now: Timestamp) -> Report {
    verify::check_bytes(bytes, &mut |needs| gather(node, needs, now), policy, now, node.contexts())
}

/// Checks one badge that is a part of a request.
pub fn verify_value(node: &Node, credential: Value, policy: &Policy, now: Timestamp) -> Report {
    verify::check_value(credential, &mut |needs| gather(node, needs, now), policy, now, node.contexts())
}

/// Checks a presentation and every badge in it.
pub fn verify_presentation(
    node: &Node,
    presentation: Value,
    expected: Expected<'_>,
    policy: &Policy,
    now: Timestamp,
) -> PresentationReport {
    let mut gather = |needs: &Needs| gather(node, needs, now);
    verify::check_presentation_value(presentation, expected, &mut gather, policy, now, node.contexts())
}

/// The issuers' documents, and the status lists from the replica.
fn gather(node: &Node, needs: &Needs, now: Timestamp) -> Evidence {
    let mut evidence = Evidence::default();
    let logs = logs(needs, &evidence, now);
    evidence.lists = needs.lists.iter().map(|url| (url.clone(), list(node, &logs, url))).collect();
    evidence
}

/// The logs whose lists may count for one of the named issuers, by what their documents say.
fn logs(needs: &Needs, evidence: &Evidence, now: Timestamp) -> Vec<String> {
    let document = |issuer: &str| evidence.documents.get(issuer)?.as_deref().ok();
    needs.issuers.iter().flat_map(|issuer| verify::logs_of(issuer, document(issuer), now)).collect()
}

/// A list from the replica. It counts only if one of these logs declared it, so a badge can't make the node ask
/// anybody anything.
fn list(node: &Node, logs: &[String], url: &str) -> Result<Arc<VerifiedList>, ListMissing> {
    if let Some(held) = logs.iter().find_map(|log| node.replica().list(log, url)) {
        return Ok(Arc::new(held.verified()));
    }
    let one_is_held = logs.iter().any(|log| node.replica().issuer(log).is_some());
    Err(if one_is_held { ListMissing::Unknown } else { ListMissing::Unavailable })
}
