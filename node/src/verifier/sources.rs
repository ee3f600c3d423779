//! Where the evidence for a judgement comes from, and what it turned out to lack.

use crate::node::Node;
use crate::resolver::{self, Found, ListAnswer};
use accolade_core::did::document::DidDocument;
use accolade_core::status::VerifiedList;
use accolade_core::time::Timestamp;
use accolade_core::verify::{
    self, DocumentMissing, Evidence, ListMissing, Needs, Policy, Report, WantedList,
};
use std::collections::HashMap;
use std::sync::Arc;

/// What was fetched for one badge or presentation.
#[derive(Clone, Default)]
pub(super) struct Fetched {
    pub(super) documents: HashMap<String, Result<Found, DocumentMissing>>,
    pub(super) lists: HashMap<WantedList, ListAnswer>,
}

/// What has to be fetched before there is an answer.
#[derive(Clone, Debug, Default)]
pub struct Lacking {
    /// Documents, by DID or URL.
    pub(super) documents: Vec<String>,
    /// Lists, each with the document of its issuer, where his keys aren't in his name.
    pub(super) lists: Vec<(WantedList, Option<Arc<DidDocument>>)>,
}

impl Lacking {
    fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.lists.is_empty()
    }
}

/// What the node has without asking anybody, and what was fetched for this question.
pub struct Sources<'a> {
    node: &'a Node,
    fetched: Fetched,
    /// Nothing more is asked for: the answer must come from what is there.
    is_last: bool,
}

impl<'a> Sources<'a> {
    /// What the node has, and nothing more.
    pub(super) fn at_hand(node: &'a Node) -> Self {
        Self { node, fetched: Fetched::default(), is_last: true }
    }

    /// What the node has, and what was fetched for this question; `is_last` if nothing more is to be fetched.
    pub(super) fn with(node: &'a Node, fetched: Fetched, is_last: bool) -> Self {
        Self { node, fetched, is_last }
    }

    pub(super) fn node(&self) -> &'a Node {
        self.node
    }

    /// Whether the documents are there without which no proof can be judged.
    pub(super) fn proving(&self, needs: &Needs) -> Result<(), Lacking> {
        let lacks = |id: &&String| !self.is_last && self.document(id).is_none();
        let documents: Vec<String> = needs.proving.iter().filter(lacks).cloned().collect();
        match documents.is_empty() {
            true => Ok(()),
            false => Err(Lacking { documents, lists: Vec::new() }),
        }
    }

    /// All that is there of what is needed.
    pub(super) fn evidence(&self, needs: &Needs, policy: &Policy, now: Timestamp) -> Evidence {
        let mut evidence = Evidence::default();
        for id in &needs.controllers {
            let Some(found) = self.document(id) else { continue };
            if let Some(at) = found.as_ref().ok().and_then(|found| found.fetched_at) {
                evidence.fetched_at.insert(id.clone(), at);
            }
            evidence.documents.insert(id.clone(), found.map(|found| found.document));
        }
        for need in &needs.lists {
            let answers = needs.issuers.iter().filter_map(|issuer| {
                let document = evidence.documents.get(issuer).and_then(|found| found.as_deref().ok());
                self.lists(document, &WantedList::new(issuer, need, policy.past(now)), now)
            });
            if let Some(found) = together(answers.collect()) {
                evidence.lists.insert(need.url.clone(), found);
            }
        }
        evidence
    }

    /// Whether the reports could be better if more were fetched. Only what is proved is asked for, and nothing but the
    /// issuer's own document of a badge whose issuer's records are held.
    pub(super) fn enough<'r>(
        &self,
        reports: impl IntoIterator<Item = &'r Report>,
        evidence: &Evidence,
        now: Timestamp,
    ) -> Result<(), Lacking> {
        let document = |issuer: &str| evidence.documents.get(issuer)?.as_ref().ok();
        let mut lacking = Lacking::default();
        let reports = reports.into_iter().filter(|report| !self.is_last && !report.wanted.is_empty());
        for report in reports {
            let Some(issuer) = &report.issuer else { continue };
            if self.holds(issuer, document(issuer).map(Arc::as_ref), now) {
                continue;
            }
            let documents = report.wanted.controllers.iter();
            for id in documents.filter(|id| !evidence.documents.contains_key(*id)) {
                if !lacking.documents.contains(id) {
                    lacking.documents.push(id.clone());
                }
            }
            for wanted in &report.wanted.lists {
                let document = document(&wanted.issuer);
                // By what the judgement had before it: a list that came in the meantime is there for the next.
                let was_known = match evidence.lists.get(&wanted.url) {
                    None => false,
                    Some(Ok(lists)) => lists.iter().any(|list| list.issuer() == wanted.issuer),
                    Some(Err(_)) => true,
                };
                let is_known = self.fetched.lists.contains_key(wanted)
                    || self.holds(&wanted.issuer, document.map(Arc::as_ref), now)
                    || was_known && self.lists(document.map(Arc::as_ref), wanted, now).is_some();
                if !is_known && !lacking.lists.iter().any(|(other, _)| other == wanted) {
                    lacking.lists.push((wanted.clone(), document.cloned()));
                }
            }
        }
        if lacking.is_empty() { Ok(()) } else { Err(lacking) }
    }

    fn document(&self, id: &str) -> Option<Result<Found, DocumentMissing>> {
        let at_hand = || Some(resolver::at_hand(self.node, id)?.map_err(DocumentMissing::from));
        self.fetched.documents.get(id).cloned().or_else(at_hand)
    }

    /// Whether the records of an issuer are held. What is said there is all that he says: nothing is fetched then.
    fn holds(&self, issuer: &str, document: Option<&DidDocument>, now: Timestamp) -> bool {
        let replica = self.node.replica();
        verify::logs_of(issuer, document, now).iter().any(|log| replica.issuer(log).is_some())
    }

    /// What is known of the lists of an issuer under a URL. If his records are held, those that his logs declared, and no
    /// others, so that a badge can't make the node ask anybody anything; else what was fetched. `None` where it would
    /// have to be fetched.
    fn lists(
        &self,
        document: Option<&DidDocument>,
        wanted: &WantedList,
        now: Timestamp,
    ) -> Option<Result<Vec<Arc<VerifiedList>>, ListMissing>> {
        let replica = self.node.replica();
        let mut logs = verify::logs_of(&wanted.issuer, document, now);
        logs.retain(|log| replica.issuer(log).is_some());
        if !logs.is_empty() {
            let held = logs.iter().filter_map(|log| replica.list(log, &wanted.url));
            let lists: Vec<_> = held.map(|held| Arc::new(held.verified())).collect();
            return Some(if lists.is_empty() { Err(ListMissing::Unknown) } else { Ok(lists) });
        }
        let at_hand = || resolver::list_at_hand(self.node, wanted, now);
        let answer = self.fetched.lists.get(wanted).cloned().or_else(at_hand)?;
        Some(answer.map(|list| vec![list]))
    }
}

/// The answers of several issuers on one URL as one. One that is past its time makes the others count no more than it:
/// what is set in any of them counts, what is not set doesn't.
fn together(
    answers: Vec<Result<Vec<Arc<VerifiedList>>, ListMissing>>,
) -> Option<Result<Vec<Arc<VerifiedList>>, ListMissing>> {
    let (mut found, mut overdue, mut error) = (Vec::new(), None, None);
    let is_any = !answers.is_empty();
    for answer in answers {
        match answer {
            Ok(lists) => found.extend(lists),
            Err(ListMissing::Overdue { lists, why }) => {
                found.extend(lists);
                overdue = Some(why);
            }
            Err(other) => error = error.or(Some(other)),
        }
    }
    match (overdue, error) {
        _ if !is_any => None,
        (Some(why), _) => Some(Err(ListMissing::Overdue { lists: found, why })),
        (None, Some(error)) if found.is_empty() => Some(Err(error)),
        (None, _) => Some(Ok(found)),
    }
}
