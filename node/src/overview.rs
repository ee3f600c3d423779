//! What a node shows of itself: to operators, to `accolade node status`, and on its front page.

use crate::error::NodeError;
use crate::level::LevelView;
use crate::network::PeerView;
use crate::node::Node;
use accolade_core::did::Did;
use accolade_core::json;
use serde::Serialize;

/// A node at a glance.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The node's DID, as issuer.
    pub did: String,
    /// The did:key under which its log of records stands; the same as `did` without `public_url`.
    pub log_did: String,
    /// The organization's name.
    pub name: String,
    /// The program's version.
    pub version: &'static str,
    /// Where it is reached over HTTP.
    pub http: String,
    /// The peer network that it takes part in.
    pub net: String,
    /// Its id in that network.
    pub peer_id: Option<String>,
    /// Where peers reach it.
    pub listen: Vec<String>,
    /// The peers that it is connected with.
    pub peers: Vec<PeerView>,
    /// The issuers whose records it holds, itself among them.
    pub issuers: Vec<IssuerView>,
    /// Records held of all issuers.
    pub records: u64,
    /// Where a damaged replica was put at this start, if it was damaged.
    pub replica_set_aside: Option<String>,
    /// Whether it signs, or waits until it is level with what peers hold of it.
    pub level: LevelView,
    /// What the operator should know.
    pub warning: Option<String>,
    /// Badges that it has issued.
    pub credentials: u64,
}

/// What is held of an issuer.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuerView {
    /// The did:key of its log.
    pub did: String,
    /// The name that it gives itself.
    pub name: Option<String>,
    /// The DID under which it says that it issues, if that is another; only that DID's document proves it.
    pub issues_as: Option<String>,
    /// Place of its newest record.
    pub epoch: u32,
    /// Place of its newest record within the epoch.
    pub seq: u64,
    /// When it last vouched for its lists (RFC 3339).
    pub as_of: Option<String>,
    /// Its status lists.
    pub lists: usize,
    /// Its published achievements.
    pub achievements: usize,
}

impl Node {
    /// The node at a glance.
    ///
    /// # Errors
    /// The ledger can't be read.
    pub async fn overview(&self) -> Result<Overview, NodeError> {
        let network = self.network();
        let level = self.level().await?;
        let replica = self.replica().state();
        let issuers = self.replica().issuers();
        let issuers = issuers
            .iter()
            .map(|issuer| IssuerView {
                did: issuer.issuer().to_string(),
                name: issuer.profile().map(|profile| profile.name().to_owned()),
                issues_as: issuer.profile().and_then(|profile| said_did(profile.json())),
                epoch: issuer.head().epoch,
                seq: issuer.head().seq,
                as_of: issuer.as_of().map(|as_of| as_of.to_string()),
                lists: issuer.created_lists().count(),
                achievements: issuer.achievements().len(),
            })
            .collect();
        Ok(Overview {
            did: self.did().to_string(),
            log_did: self.log_did().to_string(),
            name: self.name().to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            http: self.base_url().to_owned(),
            net: self.config().net.clone(),
            peer_id: network.as_ref().map(|network| network.peer_id().to_owned()),
            listen: network
                .as_ref()
                .map(|network| network.listen_addrs())
                .unwrap_or_default()
                .iter()
                .map(ToString::to_string)
                .collect(),
            peers: network.map(|network| network.peers()).unwrap_or_default(),
            issuers,
            records: replica.records,
            replica_set_aside: replica.set_aside.map(|path| path.display().to_string()),
            warning: replica.warning.or_else(|| level.sentence.clone()),
            level,
            credentials: self.ledger().credential_count().await?,
        })
    }
}

/// The DID in the `otherIdentifier` of a profile, as [`Node::publish_profile`] writes it.
fn said_did(profile: &[u8]) -> Option<String> {
    let profile = json::parse(profile).ok()?;
    let identifiers = profile.get("otherIdentifier")?.one_or_many();
    let is_did =
        |entry: &&json::Value| entry.get("identifierType").and_then(json::Value::as_str) == Some("ext:did");
    let did = identifiers.iter().find(is_did)?.get("identifier")?.as_str()?;
    Did::parse(did).ok().map(|did| did.to_string())
}
