//! The verbs that verify.
//!
//! A badge is judged by what is in this node: pinned contexts, the replica, what was fetched before. What it lacks is
//! asked for between two judgements ([`Asking`]), so that nobody waits for a network while he holds a place among those
//! that compute: first the issuer's document, and only for a badge whose proof then passed its lists, its endorsers'
//! documents and theirs. Nothing is asked about a badge of an issuer whose records the node holds, but the issuer's own
//! document.

mod asking;
mod sources;
mod url;

pub use asking::{Asking, MAX_FETCHES_PER_BADGE, MAX_FETCHES_PER_BATCH};
pub use sources::{Lacking, Sources};
pub use url::{Handed, Wish, check};

use crate::node::Node;
use accolade_core::json::Value;
use accolade_core::time::Timestamp;
use accolade_core::verify::{
    Candidate, Evidence, Expected, Policy, PresentationReport, Report, check_presentation_value,
};

/// Checks one badge in any readable form by what is at hand. No socket is opened.
pub fn verify(node: &Node, bytes: &[u8], policy: &Policy, now: Timestamp) -> Report {
    let badge = Candidate::of_bytes(bytes);
    let evidence = Sources::at_hand(node).evidence(&badge.needs(), policy, now);
    badge.check(&evidence, policy, now, node.contexts())
}

/// Checks one badge in any readable form.
///
/// # Errors
/// What has to be had first.
pub fn verify_with(
    sources: &mut Sources<'_>,
    bytes: &[u8],
    policy: &Policy,
    now: Timestamp,
) -> Result<Report, Lacking> {
    judge(sources, &Candidate::of_bytes(bytes), policy, now)
}

/// Checks one badge that is a part of a request.
///
/// # Errors
/// What has to be had first.
pub fn verify_value(
    sources: &mut Sources<'_>,
    credential: Value,
    policy: &Policy,
    now: Timestamp,
) -> Result<Report, Lacking> {
    judge(sources, &Candidate::of_value(credential), policy, now)
}

fn judge(
    sources: &Sources<'_>,
    badge: &Candidate,
    policy: &Policy,
    now: Timestamp,
) -> Result<Report, Lacking> {
    let needs = badge.needs();
    sources.proving(&needs)?;
    let evidence = sources.evidence(&needs, policy, now);
    let report = badge.check(&evidence, policy, now, sources.node().contexts());
    sources.enough([&report], &evidence, now)?;
    Ok(report)
}

/// Checks a presentation and every badge in it.
///
/// # Errors
/// What has to be had first.
pub fn verify_presentation(
    sources: &mut Sources<'_>,
    presentation: Value,
    expected: Expected<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<PresentationReport, Lacking> {
    let contexts = sources.node().contexts();
    let (mut evidence, mut lacking) = (Evidence::default(), None);
    let mut gather = |needs: &_| {
        lacking = sources.proving(needs).err();
        evidence = sources.evidence(needs, policy, now);
        evidence.clone()
    };
    let report = check_presentation_value(presentation, expected, &mut gather, policy, now, contexts);
    match lacking {
        Some(lacking) => Err(lacking),
        None => sources.enough(&report.credentials, &evidence, now).map(|()| report),
    }
}
