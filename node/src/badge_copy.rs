//! The holder's copy of a badge that this node issued, as a stand-in for a row that its ledger has lost.
//!
//! A ledger that was restored lacks what was issued after its backup. The badge itself says where its status is, under
//! the node's own signature.

use crate::error::{ErrorKind, NodeError};
use crate::node::{ListInfo, Node};
use accolade_core::credential::Credential;
use accolade_core::json::Value;
use accolade_core::status::{StatusEntry, StatusPurpose};
use accolade_core::time::Timestamp;
use accolade_core::verify::{self, Checks, Evidence, Policy, Report};
use std::collections::HashMap;
use std::sync::Arc;

/// A badge with a right proof by this node; its dates and status were not looked at.
#[derive(Clone, Debug)]
pub struct BadgeCopy {
    id: String,
    entries: Vec<StatusEntry>,
}

/// Where the status of a badge is.
pub(crate) struct Place {
    pub(crate) list: Arc<ListInfo>,
    pub(crate) index: u64,
}

impl BadgeCopy {
    /// Reads a copy and checks that this node signed it as it is. Computes: not for a thread that serves.
    ///
    /// # Errors
    /// What is no badge or has no id; a badge of another issuer; one that was changed.
    pub fn read(node: &Node, copy: Value, now: Timestamp) -> Result<Self, NodeError> {
        let credential = Credential::from_value(copy)?;
        if credential.issuer_id() != node.did().as_str() {
            let message = format!("The badge was issued by {}, not by this node.", credential.issuer_id());
            return Err(conflict("other_issuer", message, "Only its issuer can revoke a badge."));
        }
        // The node's own document is all that is needed, and nobody else's could count.
        let own = (node.did().as_str().to_owned(), Ok(Arc::clone(node.document())));
        let evidence = Evidence { documents: HashMap::from([own]), ..Evidence::default() };
        let policy = Policy { checks: Checks::ProofOnly, ..Policy::default() };
        let report = verify::check(&credential, &evidence, &policy, now, node.contexts());
        if !report.is_good() {
            return Err(not_genuine(&report));
        }
        let Some(id) = credential.id() else {
            let message = "The badge has no id.";
            return Err(conflict("id_missing", message, "This node signs no badge without one."));
        };
        Ok(Self { id: id.to_owned(), entries: credential.status().to_vec() })
    }

    /// The badge's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The badge's place in one of this node's lists, for `purpose` if it is given.
    ///
    /// A badge that was issued with a status entry of the caller's own making may point at any place, so a place that
    /// this ledger knows to be another's, or to be nobody's yet, is refused.
    ///
    /// # Errors
    /// A badge without status, or with several entries that could be meant; a list that isn't this node's, or has
    /// another purpose or size; a place that isn't this badge's.
    pub(crate) async fn place(
        &self,
        node: &Node,
        purpose: Option<StatusPurpose>,
    ) -> Result<Place, NodeError> {
        let entry = self.entry(purpose)?;
        let Some(list) = node.list_at(&entry.list_url).await? else {
            let message = format!("The badge's status list {} is not one of this node's.", entry.list_url);
            let hint = "Revoke it where the list is kept.";
            return Err(conflict("list_not_own", message, hint));
        };
        if entry.purpose != Some(list.purpose.into()) {
            let message = format!("The badge's status list is for {}.", list.purpose.as_str());
            return Err(conflict("other_purpose", message, "The badge's status entry contradicts its list."));
        }
        let Some(index) = entry.index.filter(|index| *index < list.entries) else {
            let message = format!("The badge's status list has {} entries only.", list.entries);
            return Err(conflict("no_such_index", message, "The badge's status entry names none of them."));
        };
        let place = Place { index, list };
        self.is_its_own(node, &place).await?;
        Ok(place)
    }

    fn entry(&self, purpose: Option<StatusPurpose>) -> Result<&StatusEntry, NodeError> {
        if self.entries.is_empty() {
            return Err(no_status());
        }
        let mut asked = self
            .entries
            .iter()
            .filter(|entry| purpose.is_none_or(|asked| entry.purpose == Some(asked.into())));
        match (asked.next(), asked.next()) {
            (Some(entry), None) => Ok(entry),
            (None, _) => {
                let message = "The badge has no status entry for that purpose.";
                Err(conflict("other_purpose", message, "Name another `statusPurpose`, or none."))
            }
            (Some(_), Some(_)) => {
                let message = "The badge has several status entries that could be meant.";
                Err(conflict("status_several", message, "Name the `statusPurpose` of one of them."))
            }
        }
    }

    async fn is_its_own(&self, node: &Node, place: &Place) -> Result<(), NodeError> {
        match node.ledger().credential_at(place.list.number, place.index).await? {
            Some(id) if id == self.id => return Ok(()),
            Some(_) => {
                let message = "The badge's place in the status list was given to another badge.";
                return Err(conflict(
                    "place_of_another",
                    message,
                    "Its status entry was not made by this node.",
                ));
            }
            None => {}
        }
        let kept = node.ledger().credential(&self.id).await?;
        if kept.is_some_and(|kept| kept.status.is_none()) {
            return Err(no_status());
        }
        // Of an open list this ledger knows every badge.
        if place.list.seed.is_some() {
            let message = "The badge's place in the status list was not given to any badge yet.";
            return Err(conflict("place_not_given", message, "Its status entry was not made by this node."));
        }
        Ok(())
    }
}

/// The refusal of a badge that can't be revoked here.
pub(crate) fn no_status() -> NodeError {
    let message = "This credential was issued without a status entry of this node.";
    conflict("no_status", message, "It can't be revoked here; issue with one.")
}

fn not_genuine(report: &Report) -> NodeError {
    let why = report.problems().into_iter().next().map_or("", |problem| problem.sentence);
    let message = format!("The copy is not a badge as this node signed it. {why}");
    let hint = "Send the badge's file as its holder has it, unchanged.";
    NodeError::new(ErrorKind::Invalid, "copy_not_genuine", message.trim_end().to_owned(), hint)
}

fn conflict(
    code: &'static str,
    message: impl Into<std::borrow::Cow<'static, str>>,
    hint: &'static str,
) -> NodeError {
    NodeError::new(ErrorKind::Conflict, code, message, hint)
}
