//! The verbs that verify. They use what is in this node: pinned contexts and the replica. No socket is opened.

use crate::node::Node;
use accolade_core::json::Value;
use accolade_core::time::Timestamp;
use accolade_core::verify::{
    self, Evidence, Expected, ListMissing, Needs, Policy, PresentationReport, Report,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Checks one badge in any readable form.
pub fn verify(node: &Node, bytes: &[u8], policy: &Policy, now: Timestamp) -> Report {
    verify::check_bytes(bytes, &mut |needs| gather(node, needs), policy, now, node.contexts())
}

/// Checks one badge that is a part of a request.
pub fn verify_value(node: &Node, credential: Value, policy: &Policy, now: Timestamp) -> Report {
    verify::check_value(credential, &mut |needs| gather(node, needs), policy, now, node.contexts())
}

/// Checks a presentation and every badge in it.
pub fn verify_presentation(
    node: &Node,
    presentation: Value,
    expected: Expected<'_>,
    policy: &Policy,
    now: Timestamp,
) -> PresentationReport {
    let mut gather = |needs: &Needs| gather(node, needs);
    verify::check_presentation_value(presentation, expected, &mut gather, policy, now, node.contexts())
}

/// The status lists, from the replica. A list counts only if one of the named issuers declared it, so a badge can't
/// make the node ask anybody anything.
fn gather(node: &Node, needs: &Needs) -> Evidence {
    let mut lists = HashMap::with_capacity(needs.lists.len());
    for url in &needs.lists {
        let held = needs.issuers.iter().find_map(|issuer| node.replica().list(issuer, url));
        let list = match held {
            Some(held) => Ok(Arc::new(held.verified())),
            None if needs.issuers.iter().any(|issuer| node.replica().issuer(issuer).is_some()) => {
                Err(ListMissing::Unknown)
            }
            None => Err(ListMissing::Unavailable),
        };
        lists.insert(url.clone(), list);
    }
    Evidence { lists, ..Evidence::default() }
}
