//! Whether this node may sign: whether its ledger is level with what its issuer ever said.
//!
//! A ledger that was restored from a backup, or put back by other means, is an older copy of itself. Whoever signs from
//! it gives status indexes twice, forgets revocations, and forks the own log. So the node waits until a configured peer
//! has shown its heads, takes over what it lacks, and only then signs again. Verifying goes on all the while.

use crate::clock;
use crate::error::{ErrorKind, NodeError};
use crate::ledger::{Leveling, LevelingReason};
use crate::node::Node;
use serde::Serialize;
use std::time::Duration;

/// How often a node that waits looks whether it is level, besides when its replica changes.
const LOOK_WHILE_WAITING: Duration = Duration::from_millis(200);
/// How often a level node looks whether it still is, besides when its replica changes.
const LOOK_WHILE_LEVEL: Duration = Duration::from_secs(60);
/// Wait after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Whether the node signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LevelState {
    /// It does.
    Level,
    /// It doesn't, until it is level with what peers hold of it.
    Waiting(Leveling),
}

/// The same, as `GET /v1/node` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LevelView {
    /// Whether the node signs.
    pub level: bool,
    /// When the backup was made that was restored last (RFC 3339), if one was.
    pub backup_made: Option<String>,
    /// Since when it waits (RFC 3339); none if it doesn't.
    pub waiting_since: Option<String>,
    /// What it waits for, and what to do; none if it doesn't.
    pub sentence: Option<String>,
}

impl LevelState {
    pub(crate) fn of(leveling: Option<Leveling>) -> Self {
        match leveling.filter(|leveling| leveling.level_at.is_none()) {
            Some(leveling) => Self::Waiting(leveling),
            None => Self::Level,
        }
    }

    /// Whether the node signs.
    ///
    /// # Errors
    /// 503 `not_level`: it waits.
    pub fn allow(&self) -> Result<(), NodeError> {
        match self {
            Self::Level => Ok(()),
            Self::Waiting(leveling) => {
                let message = format!("{} Nothing is signed until that is here too.", because(leveling));
                let hint =
                    "Ask again when a peer of this node has answered; GET /v1/node says what it waits for.";
                Err(NodeError::new(ErrorKind::Unavailable, "not_level", message, hint))
            }
        }
    }
}

impl Node {
    /// Whether the node signs, and what it waits for if it doesn't.
    ///
    /// # Errors
    /// The ledger can't be read.
    pub async fn level(&self) -> Result<LevelView, NodeError> {
        let last = self.ledger().leveling().await?;
        let state = self.publisher().level();
        let waiting = match &state {
            LevelState::Level => None,
            LevelState::Waiting(leveling) => Some(leveling),
        };
        Ok(LevelView {
            level: waiting.is_none(),
            backup_made: last.and_then(|last| last.made_at).map(|at| at.to_string()),
            waiting_since: waiting.map(|waiting| waiting.begun_at.to_string()),
            sentence: waiting.map(|waiting| self.waits_for(waiting)),
        })
    }

    fn waits_for(&self, leveling: &Leveling) -> String {
        let peers = self.network().map(|network| network.configured_peers()).unwrap_or_default();
        let what = match (self.config().peers.len(), peers.len()) {
            (0, _) => "No peer is configured that could tell: name some in `peers`, or, if none holds anything of this issuer, stop the node and run `accolade-node restore --alone`.".to_owned(),
            (configured, 0) => format!(
                "None of the {configured} configured peers is reached yet. If they are gone for good, stop the node and run `accolade-node restore --alone`."
            ),
            (_, reached) => format!("{reached} configured peers are reached and asked."),
        };
        format!("{} Nothing is signed until that is here too. {what}", because(leveling))
    }
}

/// Keeps the node level: notices that its ledger is an older copy, takes over what was signed since, and says when it is
/// level. Never returns.
pub(crate) async fn run(node: Node) {
    let mut changes = node.replica().subscribe();
    let mut told = None;
    loop {
        if let Err(error) = look(&node).await {
            tracing::error!(code = error.code, "the node can't come level: {error}");
            tokio::time::sleep(RETRY_AFTER).await;
        }
        let patience = match node.publisher().level() {
            LevelState::Level => {
                told = None;
                LOOK_WHILE_LEVEL
            }
            LevelState::Waiting(leveling) => {
                let sentence = node.waits_for(&leveling);
                if told.as_ref() != Some(&sentence) {
                    tracing::warn!("{sentence}");
                    told = Some(sentence);
                }
                LOOK_WHILE_WAITING
            }
        };
        let own = node.publisher().issuer().clone();
        let changed = async {
            // What was missed may have been of the own log.
            while changes.recv().await.is_ok_and(|changed| changed.issuer != own) {}
        };
        // Either way it is looked again.
        let _ = tokio::time::timeout(patience, changed).await;
    }
}

async fn look(node: &Node) -> Result<(), NodeError> {
    let publisher = node.publisher();
    publisher.notice_if_behind(clock::now()).await?;
    if publisher.level() == LevelState::Level {
        return Ok(());
    }
    publisher.adopt_newer().await?;
    // In this order: what a peer showed is known to the replica before the peer counts as compared.
    let peers = node.network().map(|network| network.configured_peers()).unwrap_or_default();
    let shown = node.replica().own_shown();
    let have_all_answered = !peers.is_empty() && peers.iter().all(|(_, is_compared)| *is_compared);
    let is_more_shown = peers.iter().any(|(peer, _)| shown.showing_more.contains(peer));
    if !have_all_answered || is_more_shown || shown.is_below_floor {
        return Ok(());
    }
    if publisher.end_leveling(clock::now()).await? {
        tracing::info!("the ledger is level with what peers hold of this issuer: the node signs again");
        node.read_lists().await?;
        node.publish_profile(clock::now()).await?;
        publisher.wake();
    }
    Ok(())
}

fn because(leveling: &Leveling) -> String {
    match (leveling.reason, leveling.made_at) {
        (LevelingReason::Restored, Some(made_at)) => format!(
            "This node was restored from a backup of {made_at}, and peers may hold what it signed after that."
        ),
        _ => "Peers hold newer records of this issuer than its ledger has: the ledger is an old copy."
            .to_owned(),
    }
}
