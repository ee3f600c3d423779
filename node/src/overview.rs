//! What a node shows of itself: to operators, to `accolade node status`, and on its front page.

use crate::error::NodeError;
use crate::level::LevelView;
use crate::network::PeerView;
use crate::node::Node;
use serde::Serialize;

/// A node at a glance.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The node's DID, as issuer.
    pub did: String,
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
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuerView {
    /// Its DID.
    pub did: String,
    /// The name that it gives itself.
    pub name: Option<String>,
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
                epoch: issuer.head().epoch,
                seq: issuer.head().seq,
                as_of: issuer.as_of().map(|as_of| as_of.to_string()),
                lists: issuer.created_lists().count(),
                achievements: issuer.achievements().len(),
            })
            .collect();
        Ok(Overview {
            did: self.did().to_string(),
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
