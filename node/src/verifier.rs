//! The verbs that verify.
//!
//! They use what is in this node: pinned contexts, the replica, the documents of issuers that were fetched before. What
//! they lack is fetched between two runs of them, by `http::verifying`, so that nobody waits for a network while he
//! holds a place among those that compute.

use crate::node::Node;
use crate::resolver::{self, Documents};
use accolade_core::json::Value;
use accolade_core::status::VerifiedList;
use accolade_core::time::Timestamp;
use accolade_core::verify::{
    self, DocumentMissing, Evidence, Expected, ListMissing, Needs, Policy, PresentationReport, Report,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Checks one badge in any readable form by what is at hand. No socket is opened.
pub fn verify(node: &Node, bytes: &[u8], policy: &Policy, now: Timestamp) -> Report {
    verify_with(&mut Sources::at_hand(node), bytes, policy, now)
}

/// Checks one badge in any readable form.
pub fn verify_with(sources: &mut Sources<'_>, bytes: &[u8], policy: &Policy, now: Timestamp) -> Report {
    let contexts = sources.node.contexts();
    verify::check_bytes(bytes, &mut |needs| sources.gather(needs, now), policy, now, contexts)
}

/// Checks one badge that is a part of a request.
pub fn verify_value(sources: &mut Sources<'_>, credential: Value, policy: &Policy, now: Timestamp) -> Report {
    let contexts = sources.node.contexts();
    verify::check_value(credential, &mut |needs| sources.gather(needs, now), policy, now, contexts)
}

/// Checks a presentation and every badge in it.
pub fn verify_presentation(
    sources: &mut Sources<'_>,
    presentation: Value,
    expected: Expected<'_>,
    policy: &Policy,
    now: Timestamp,
) -> PresentationReport {
    let contexts = sources.node.contexts();
    let mut gather = |needs: &Needs| sources.gather(needs, now);
    verify::check_presentation_value(presentation, expected, &mut gather, policy, now, contexts)
}

/// Where the evidence for one question comes from, and which documents it turned out to lack.
pub struct Sources<'a> {
    node: &'a Node,
    fetched: Documents,
    lacking: Vec<String>,
}

impl<'a> Sources<'a> {
    /// What the node has without asking anybody.
    pub fn at_hand(node: &'a Node) -> Self {
        Self::with(node, Documents::new())
    }

    /// The same, and what was fetched for this question.
    pub fn with(node: &'a Node, fetched: Documents) -> Self {
        Self { node, fetched, lacking: Vec::new() }
    }

    /// The DIDs and URLs whose documents would have to be fetched.
    pub fn into_lacking(self) -> Vec<String> {
        self.lacking
    }

    fn gather(&mut self, needs: &Needs, now: Timestamp) -> Evidence {
        let mut documents = HashMap::with_capacity(needs.controllers.len());
        for id in &needs.controllers {
            let at_hand = || {
                let answer = resolver::at_hand(self.node, id)?;
                Some(answer.map_err(DocumentMissing::from))
            };
            match self.fetched.get(id).cloned().or_else(at_hand) {
                Some(found) => drop(documents.insert(id.clone(), found)),
                None => self.lacking.push(id.clone()),
            }
        }
        let mut lists = HashMap::with_capacity(needs.lists.len());
        let logs = logs_of(&needs.issuers, &documents, now);
        for need in &needs.lists {
            lists.insert(need.url.clone(), self.lists(&logs, &need.url));
        }
        Evidence { documents, lists, ..Evidence::default() }
    }

    /// The status lists under a URL, from the replica: those that logs of the named issuers declared, so a badge
    /// can't make the node ask anybody anything.
    fn lists(&self, logs: &[String], url: &str) -> Result<Vec<Arc<VerifiedList>>, ListMissing> {
        let replica = self.node.replica();
        let held = logs.iter().filter_map(|log| replica.list(log, url));
        let lists: Vec<_> = held.map(|held| Arc::new(held.verified())).collect();
        match lists.is_empty() {
            false => Ok(lists),
            true if logs.iter().any(|log| replica.issuer(log).is_some()) => Err(ListMissing::Unknown),
            true => Err(ListMissing::Unavailable),
        }
    }
}

/// The logs that speak for these issuers: those of the keys by which they may assert something.
fn logs_of(issuers: &[String], documents: &Documents, now: Timestamp) -> Vec<String> {
    let document = |issuer: &String| documents.get(issuer)?.as_ref().ok().map(Arc::as_ref);
    issuers.iter().flat_map(|issuer| verify::logs_of(issuer, document(issuer), now)).collect()
}
