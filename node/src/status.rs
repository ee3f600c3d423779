//! The verbs on status: revoke, suspend, resume, and the lists as any verifier reads them.

use crate::badge_copy::{self, BadgeCopy, Place};
use crate::error::{ErrorKind, NodeError};
use crate::issuer;
use crate::node::{ListInfo, Node};
use accolade_core::credential::draft::StatusKind;
use accolade_core::json::{self, Object};
use accolade_core::record::HeldList;
use accolade_core::status::{self, StatusPurpose};
use accolade_core::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How long a list credential is good for; shorter than the record's 48 h, so that it never outlives it by much.
const LIST_VALID_FOR: Duration = Duration::from_secs(24 * 3600);
/// A signed list credential is given out again for so long while the list doesn't change.
const LIST_SIGNED_EVERY: Duration = Duration::from_secs(300);
const UNKNOWN_ID_HINT: &str = "Check the id. If the badge was issued after the backup that this node was restored from, send the holder's copy: accolade revoke FILE, or `verifiableCredential` in place of the id.";

/// Which badge is meant.
#[derive(Clone, Debug)]
pub enum Badge {
    /// The one of this id in the ledger.
    Id(String),
    /// The one that its holder has; the ledger need not know it.
    Copy(BadgeCopy),
}

/// What is to become of a badge.
#[derive(Clone, Debug)]
pub struct Change {
    /// What the caller means to set; must be the purpose of the badge's list if it is given.
    pub purpose: Option<StatusPurpose>,
    /// True revokes or suspends, false resumes a suspended badge.
    pub value: bool,
    /// Why, for the issuer's own records; 2000 bytes at most.
    pub reason: Option<String>,
}

/// A change that is durable and will be public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusAccepted {
    /// The badge's id.
    pub credential_id: String,
    /// What was set.
    pub purpose: StatusPurpose,
    /// Its value now.
    pub value: bool,
    /// Whether it was another before.
    pub changed: bool,
    /// The time by which peers are told.
    pub public_by: Timestamp,
}

/// A signed list credential, kept until the list changes or it gets old.
#[derive(Clone)]
pub(crate) struct SignedList {
    version: u64,
    as_of: Timestamp,
    signed_at: Timestamp,
    bytes: Arc<Vec<u8>>,
}

/// Sets or clears a badge's status bit. On `Ok` it is durable; peers are told by `public_by`.
///
/// # Errors
/// No such badge, a badge without status, another purpose than its list's, resuming a revoked badge, a ledger that
/// can't store it; what [`BadgeCopy`] refuses of a copy.
pub async fn set(
    node: &Node,
    badge: Badge,
    change: Change,
    now: Timestamp,
) -> Result<StatusAccepted, NodeError> {
    node.publisher().level().allow()?;
    let (credential_id, place) = match badge {
        Badge::Id(id) => {
            let place = place_of(node, &id, change.purpose).await?;
            (id, place)
        }
        Badge::Copy(copy) => (copy.id().to_owned(), copy.place(node, change.purpose).await?),
    };
    let (list, purpose) = (place.list.number, place.list.purpose);
    let done = node.ledger().set_status(list, place.index, change.value, change.reason, now).await?;
    node.publisher().wake();
    let changed = done == crate::ledger::SetStatus::Changed;
    if changed && change.value {
        node.metrics().revoked();
    }
    let public_by = node.publisher().public_by(now);
    Ok(StatusAccepted { credential_id, purpose, value: change.value, changed, public_by })
}

/// Where the status of a badge in the ledger is.
async fn place_of(node: &Node, id: &str, asked: Option<StatusPurpose>) -> Result<Place, NodeError> {
    let credential = issuer::stored(node, id).await.map_err(|error| match error.kind {
        ErrorKind::NotFound => NodeError { hint: UNKNOWN_ID_HINT.into(), ..error },
        _ => error,
    })?;
    let Some((list, index)) = credential.status else {
        return Err(badge_copy::no_status());
    };
    let list = node.list_info(list).await?;
    if asked.is_some_and(|asked| asked != list.purpose) {
        let message = format!("The status of this credential is for {}.", list.purpose.as_str());
        return Err(NodeError::new(
            ErrorKind::Conflict,
            "other_purpose",
            message,
            "Name that `statusPurpose`, or none.",
        ));
    }
    Ok(Place { list, index })
}

/// The signed `BitstringStatusListCredential` of one of this node's lists, as published. `name` is what follows the last
/// slash of its URL: its number, and in a node that was restored a random part after it.
///
/// # Errors
/// There is no such list, or it isn't published yet.
pub async fn list_credential(node: &Node, name: &str, now: Timestamp) -> Result<Arc<Vec<u8>>, NodeError> {
    // A copy that may lack revocations must not look fresh.
    node.publisher().level().allow()?;
    let info = named_list(node, name, StatusKind::Bitstring).await?;
    let list = info.number;
    let held = published(node, &info)?;
    if let Some(signed) = node.signed_list(list)
        && signed.version == held.version
        && signed.as_of == held.as_of
        && now.since(signed.signed_at) < LIST_SIGNED_EVERY
    {
        return Ok(signed.bytes);
    }
    let bytes = Arc::new(sign(node, &held, now)?);
    let (version, as_of) = (held.version, held.as_of);
    node.keep_signed_list(list, SignedList { version, as_of, signed_at: now, bytes: Arc::clone(&bytes) });
    Ok(bytes)
}

/// The list as it was at a past time, as this node says today. It is of no use as the list of today: it says of itself that
/// it is over.
///
/// # Errors
/// There is no such list; a time that lies ahead, or of which nothing was said.
pub async fn past_list_credential(
    node: &Node,
    name: &str,
    then: Timestamp,
    now: Timestamp,
) -> Result<Vec<u8>, NodeError> {
    node.publisher().level().allow()?;
    let info = named_list(node, name, StatusKind::Bitstring).await?;
    if then > now {
        let message = format!("{then} lies ahead.");
        let hint = "Ask for a time that is past; without `timestamp` the list of now is given.";
        return Err(NodeError::new(ErrorKind::Invalid, "timestamp_ahead", message, hint));
    }
    let past = node.history().at(node.ledger(), &node.config().net, info.number, then).await?;
    let issuer = node.did().as_str();
    let unsigned = status::list_credential_of(&info.url, issuer, info.purpose, &past.bits, past.from, then);
    sign_list(node, unsigned, now)
}

/// The ids of the revoked badges of one of this node's lists, as a 1EdTech revocation list. Nobody signs it: it is this
/// node's word because it comes from its address.
///
/// # Errors
/// There is no such list, or not all that is revoked in it can be named.
pub async fn revocation_list(node: &Node, name: &str, now: Timestamp) -> Result<Vec<u8>, NodeError> {
    node.publisher().level().allow()?;
    let info = named_list(node, name, StatusKind::OneEdTech).await?;
    let held = published(node, &info)?;
    if held.valid_until <= now {
        return Err(stale());
    }
    let (ids, unknown) = node.ledger().revoked_ids(info.number).await?;
    if unknown > 0 {
        let message = format!(
            "{unknown} revoked badges of this list are not known by their ids, so it can't be given out."
        );
        let hint = "This node was restored from a backup; ask another node of its network about the badge.";
        return Err(NodeError::new(ErrorKind::Unavailable, "list_incomplete", message, hint));
    }
    let list = status::revocation_list(&info.url, node.did().as_str(), ids.iter().map(String::as_str));
    Ok(json::Value::from(list).to_string().into_bytes())
}

async fn named_list(node: &Node, name: &str, kind: StatusKind) -> Result<Arc<ListInfo>, NodeError> {
    let number = name.split('-').next().and_then(|number| number.parse::<u32>().ok());
    if let Some(number) = number {
        let info = node.list_info(number).await?;
        if info.kind == kind && info.url.rsplit('/').next() == Some(name) {
            return Ok(info);
        }
    }
    let hint = "The URL of a list stands in a badge's credentialStatus.";
    Err(NodeError::new(ErrorKind::NotFound, "no_such_list", "This node has no such status list.", hint))
}

fn published(node: &Node, info: &ListInfo) -> Result<HeldList, NodeError> {
    node.replica().list(node.log_did().as_str(), &info.url).ok_or_else(|| {
        let message = "The list is not published yet.";
        NodeError::new(ErrorKind::Unavailable, "list_not_published", message, "Try again in a moment.")
    })
}

fn stale() -> NodeError {
    let message = "The list was not renewed in time, so it can't be vouched for.";
    let hint = "Tell the operator of this node; its log says why nothing is published.";
    NodeError::new(ErrorKind::Unavailable, "list_stale", message, hint)
}

/// Good no longer than the word that it repeats: a node that can't publish doesn't make an old list look fresh.
fn sign(node: &Node, held: &HeldList, now: Timestamp) -> Result<Vec<u8>, NodeError> {
    let valid_for = LIST_VALID_FOR.min(held.valid_until.since(now));
    if valid_for.is_zero() {
        return Err(stale());
    }
    let unsigned = status::list_credential(
        &held.list.url,
        node.did().as_str(),
        held.list.purpose,
        &held.bits,
        now,
        valid_for,
    );
    sign_list(node, unsigned, now)
}

fn sign_list(node: &Node, unsigned: Object, now: Timestamp) -> Result<Vec<u8>, NodeError> {
    let signed = node.sign(unsigned, now).map_err(|error| {
        let message = format!("The list could not be signed: {error}");
        NodeError::new(
            ErrorKind::Internal,
            "signing_failed",
            message,
            "This is a fault of the node; see its log.",
        )
    })?;
    Ok(json::Value::from(signed).to_string().into_bytes())
}
