//! The verbs that issue badges, and give them out again.

use crate::achievements::{self, Page, next_cursor, read_cursor};
use crate::clock;
use crate::error::{ErrorKind, NodeError};
use crate::ledger::{Credential as Stored, CredentialQuery, LedgerError, NewCredential, Purpose};
use crate::node::{ListInfo, Node};
use accolade_core::credential::draft::{self, Draft, Issuer, Recipient, StatusKind, StatusRef};
use accolade_core::credential::{Credential, Malformed};
use accolade_core::json::{self, Object};
use accolade_core::proof::ProofError;
use accolade_core::status::permuted_index;
use accolade_core::time::Timestamp;
use serde::Serialize;

/// Badges of one 1EdTech list at most: if all of them are revoked, the list still fits into a file that verifiers read.
const MAX_NAMED: u64 = 10_000;
/// Credentials of one page at most.
pub const MAX_PAGE: u32 = 100;

/// A badge to be issued.
#[derive(Clone, Debug)]
pub struct Award {
    /// The id of a published achievement of this node.
    pub achievement: String,
    /// Who receives it.
    pub recipient: To,
    /// The recipient's name in clear text, if it is wanted in the badge.
    pub recipient_name: Option<String>,
    /// Until when the badge holds; for ever without.
    pub valid_until: Option<Timestamp>,
    /// Open Badges `Evidence` objects.
    pub evidence: Vec<Object>,
    /// Open Badges `Result` objects.
    pub results: Vec<Object>,
}

/// Who receives a badge.
#[derive(Clone, Debug)]
pub enum To {
    /// Somebody with a DID.
    Did(String),
    /// Somebody with an e-mail address; the badge holds a salted hash, and nothing keeps the address.
    Email(String),
}

/// A badge that was issued and is durable.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Its id, `urn:uuid:…` unless the caller brought another.
    pub id: String,
    /// The path of its page, `/b/…`, for badges with a UUID.
    pub page_path: Option<String>,
    /// The signed badge, byte for byte.
    pub credential: Vec<u8>,
}

/// A badge in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialView {
    /// Its id.
    pub id: String,
    /// The id of its achievement, if it was issued from one.
    pub achievement: Option<String>,
    /// What its recipient is found by: a DID, or the salted hash of an e-mail address.
    pub recipient: Option<String>,
    /// When it was issued (RFC 3339).
    pub issued: String,
}

/// Issues a badge for an achievement.
///
/// # Errors
/// No such achievement, one that isn't published, a recipient that can't be read, a ledger that can't store it.
pub async fn award(node: &Node, award: Award, now: Timestamp) -> Result<Issued, NodeError> {
    node.publisher().level().allow()?;
    let achievement = achievements::stored(node, &award.achievement).await?;
    if achievement.published_at.is_none() {
        let message = "The achievement is a draft.";
        let hint = "Publish it first: POST /v1/achievements/{id}/publish.";
        return Err(NodeError::new(ErrorKind::Conflict, "achievement_not_published", message, hint));
    }
    let json::Value::Object(object) = json::parse(&achievement.object).map_err(Malformed::from)? else {
        return Err(Malformed::new("not_an_object", "the achievement is not a JSON object").into());
    };
    let (recipient, found_by) = recipient(award.recipient)?;
    let mut badge = Draft {
        id: draft::uuid_urn(clock::random()),
        issuer: Issuer {
            id: node.did().clone(),
            name: node.name().to_owned(),
            url: node.config().website.clone(),
        },
        achievement: object,
        recipient,
        recipient_name: award.recipient_name,
        valid_from: now,
        valid_until: award.valid_until,
        awarded: None,
        evidence: award.evidence,
        results: award.results,
        status: None,
    };
    // Refuse before an index is taken: a junk request must not use the list up.
    draft::draft(badge.clone())?;
    let spot = reserve(node, now).await?;
    badge.status = Some(spot.reference());
    let unsigned = draft::draft(badge)?;
    sign_and_store(node, unsigned, Some(award.achievement), Some(found_by), Some(spot), now).await
}

/// Issues a credential that the caller wrote (VC-API): completes, signs and stores it.
///
/// A credential that brings its own `credentialStatus` keeps it, and can't be revoked here.
///
/// # Errors
/// Another's issuer, a proof that is there already, what breaks the data model, an id that was used, a ledger that
/// can't store it.
pub async fn issue(node: &Node, credential: Object, now: Timestamp) -> Result<Issued, NodeError> {
    node.publisher().level().allow()?;
    let brings_status = credential.contains_key("credentialStatus");
    if brings_status && node.issuing_kind() == StatusKind::OneEdTech {
        let message = "The credential brings a status entry, and this node issues for certification.";
        let hint =
            "Leave `credentialStatus` out: every badge gets the one entry that certification asks for.";
        return Err(NodeError::new(ErrorKind::Conflict, "status_brought", message, hint));
    }
    // Before an index is taken, likewise. What only signing finds, a word that no context defines, does cost one.
    let id = draft::uuid_urn(clock::random());
    draft::complete(credential.clone(), node.did(), id.clone(), None, now)?;
    let spot = if brings_status { None } else { Some(reserve(node, now).await?) };
    let status = spot.as_ref().map(Spot::reference);
    let unsigned = draft::complete(credential, node.did(), id, status, now)?;
    sign_and_store(node, unsigned, None, None, spot, now).await
}

/// A badge that this node issued, byte for byte, by its id or by the UUID of it.
///
/// # Errors
/// There is none.
pub async fn stored(node: &Node, id: &str) -> Result<Stored, NodeError> {
    node.ledger().credential(id).await?.ok_or_else(|| {
        let message = "This node has issued no badge of that id.";
        NodeError::new(
            ErrorKind::NotFound,
            "no_such_credential",
            message,
            "Check the id; it begins with urn:uuid:.",
        )
    })
}

/// The badge of a random UUID (version 4), which can't be guessed. An id of another kind, which a caller of the VC-API
/// may have chosen, opens nothing here.
///
/// # Errors
/// There is none.
pub async fn by_uuid(node: &Node, uuid: &str) -> Result<Stored, NodeError> {
    let is_random = uuid.len() == 36 && uuid.as_bytes()[14] == b'4' && b"89ab".contains(&uuid.as_bytes()[19]);
    if !is_random {
        let message = "There is no badge at this address.";
        return Err(NodeError::new(ErrorKind::NotFound, "no_such_credential", message, "Check the address."));
    }
    stored(node, &format!("urn:uuid:{uuid}")).await
}

/// A badge of this node as a signed token, a `vc+jwt`, which says and is worth what the badge does. Nothing is stored: the
/// same badge gives the same token each time.
///
/// # Errors
/// A node that may not sign now, and a badge that has no such form: one with a member of the name of a claim.
pub fn as_token(node: &Node, badge: &[u8]) -> Result<String, NodeError> {
    node.publisher().level().allow()?;
    let badge = Credential::parse(badge)?;
    let signed_at = badge.proofs().first().and_then(|proof| proof.created()).or(badge.valid_from());
    let mut unsigned = badge.into_object();
    unsigned.remove("proof");
    node.sign_token(unsigned, signed_at.unwrap_or(Timestamp::from_millis(0))).map_err(|error| {
        let message = format!("This badge can't be given as a signed token: {error}");
        NodeError::new(ErrorKind::Invalid, "no_token_form", message, "Take the badge as JSON.")
    })
}

/// A page of badges, newest first; `cursor` is the `next` of the page before.
///
/// # Errors
/// A cursor that isn't one.
pub async fn list(node: &Node, cursor: Option<&str>, limit: u32) -> Result<Page<CredentialView>, NodeError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let query = CredentialQuery { before: read_cursor(cursor)?, limit, ..CredentialQuery::default() };
    let found = node.ledger().credentials(query).await?;
    let next = next_cursor(found.len(), limit, found.last().map(|last| last.number));
    let view = |stored: Stored| CredentialView {
        id: stored.id,
        achievement: stored.achievement,
        recipient: stored.recipient,
        issued: stored.issued_at.to_string(),
    };
    Ok(Page { items: found.into_iter().map(view).collect(), next })
}

/// A place in a status list that was given to one badge and will be given to no other.
struct Spot {
    list: u32,
    url: String,
    purpose: Purpose,
    kind: StatusKind,
    index: u64,
}

impl Spot {
    fn reference(&self) -> StatusRef {
        let Self { kind, index, purpose, .. } = *self;
        StatusRef { kind, list_url: self.url.clone(), index, purpose }
    }
}

/// Takes a place in the current revocation list; a full list is followed by a new one.
async fn reserve(node: &Node, now: Timestamp) -> Result<Spot, NodeError> {
    let mut full = 0;
    loop {
        let list = node.issuing_list(full, now).await?;
        match node.ledger().reserve_status_index(list.number).await {
            // A list of ids must stay small enough to be read, whoever is in it.
            Ok(counter) if list.kind == StatusKind::OneEdTech && counter >= MAX_NAMED => full = list.number,
            Ok(counter) => {
                let seed = list.seed.as_deref();
                let index =
                    seed.and_then(|seed| permuted_index(seed, list.entries, counter)).ok_or_else(|| {
                        let message = "The status list has an impossible size, or is closed.";
                        NodeError::damaged("list_damaged", message)
                    })?;
                let ListInfo { number, purpose, kind, .. } = *list;
                return Ok(Spot { list: number, url: list.url.clone(), purpose, kind, index });
            }
            Err(LedgerError::ListFull { list, .. }) => full = list,
            Err(error) => return Err(error.into()),
        }
    }
}

async fn sign_and_store(
    node: &Node,
    unsigned: Object,
    achievement: Option<String>,
    recipient: Option<String>,
    spot: Option<Spot>,
    now: Timestamp,
) -> Result<Issued, NodeError> {
    let signed = node.sign(unsigned, now).map_err(signing_error)?;
    let id = match signed.get("id").and_then(json::Value::as_str) {
        Some(id) => id.to_owned(),
        None => return Err(Malformed::new("id_missing", "the credential has no id").into()),
    };
    let credential = json::Value::from(signed).to_string().into_bytes();
    // What is handed out must read as a credential again.
    Credential::parse(&credential)?;
    let new = NewCredential {
        id: id.clone(),
        json: credential.clone(),
        achievement,
        recipient,
        status: spot.map(|spot| (spot.list, spot.index)),
        issued_at: now,
    };
    node.ledger().put_credential(new).await?;
    node.metrics().issued();
    let page_path = id.strip_prefix("urn:uuid:").map(|uuid| format!("/b/{uuid}"));
    Ok(Issued { id, page_path, credential })
}

/// The recipient as the badge names them, and what they are found by here.
fn recipient(to: To) -> Result<(Recipient, String), NodeError> {
    match to {
        To::Did(did) => Ok((Recipient::Did(did.clone()), did)),
        To::Email(address) => {
            let salt = clock::random_token();
            let found_by = draft::email_hash(&address, &salt);
            Ok((Recipient::Email { address, salt }, found_by))
        }
    }
}

fn signing_error(error: ProofError) -> NodeError {
    let message = format!("The credential can't be signed: {error}");
    let hint = "Use only terms that the contexts in `@context` define, and contexts that this node knows.";
    NodeError::new(ErrorKind::Invalid, "credential_not_signable", message, hint)
}
