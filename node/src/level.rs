//! Whether this node may sign: whether its ledger is level with what its issuer ever said.
//!
//! A ledger that was restored from a backup, or put back by other means, is an older copy of itself. Whoever signs from
//! it gives status indexes twice, forgets revocations, and forks the own log. So the node waits until a configured peer
//! has shown its heads, takes over what it lacks, and only then signs again. Verifying goes on all the while.

use crate::clock;
use crate::error::{ErrorKind, NodeError};
use crate::ledger::{Fork, Leveling, LevelingReason};
use crate::node::Node;
use serde::Serialize;
use std::time::{Duration, Instant};

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
    /// It doesn't any more: its log is forked.
    Forked(Fork),
}

/// The same, as `GET /v1/node` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LevelView {
    /// Whether the node signs.
    pub level: bool,
    /// Whether its log is forked: it signs nothing any more.
    pub forked: bool,
    /// When the backup was made that was restored last (RFC 3339), if one was.
    pub backup_made: Option<String>,
    /// Since when it waits (RFC 3339); none if it doesn't.
    pub waiting_since: Option<String>,
    /// What it waits for or why it signs nothing any more, and what to do; none if it signs.
    pub sentence: Option<String>,
}

impl LevelState {
    pub(crate) fn of(leveling: Option<Leveling>, fork: Option<Fork>) -> Self {
        if let Some(fork) = fork {
            return Self::Forked(fork);
        }
        match leveling.filter(|leveling| leveling.level_at.is_none()) {
            Some(leveling) => Self::Waiting(leveling),
            None => Self::Level,
        }
    }

    /// Whether the node signs.
    ///
    /// # Errors
    /// 503 `not_level`: it waits; 503 `forked`: it never will.
    pub fn allow(&self) -> Result<(), NodeError> {
        match self {
            Self::Level => Ok(()),
            Self::Waiting(leveling) => {
                let message = format!("{} Nothing is signed until that is here too.", because(leveling));
                let hint =
                    "Ask again when a peer of this node has answered; GET /v1/node says what it waits for.";
                Err(NodeError::new(ErrorKind::Unavailable, "not_level", message, hint))
            }
            Self::Forked(fork) => {
                Err(NodeError::new(ErrorKind::Unavailable, "forked", forked(fork), FORKED_HINT))
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
            LevelState::Level | LevelState::Forked(_) => None,
            LevelState::Waiting(leveling) => Some(leveling),
        };
        Ok(LevelView {
            level: state == LevelState::Level,
            forked: matches!(state, LevelState::Forked(_)),
            backup_made: last.and_then(|last| last.made_at).map(|at| at.to_string()),
            waiting_since: waiting.map(|waiting| waiting.begun_at.to_string()),
            sentence: self.says(&state),
        })
    }

    /// Why nothing is signed, and what to do.
    fn says(&self, state: &LevelState) -> Option<String> {
        match state {
            LevelState::Level => None,
            LevelState::Waiting(leveling) => Some(self.waits_for(leveling)),
            LevelState::Forked(fork) => Some(format!("{} {FORKED_HINT}", forked(fork))),
        }
    }

    fn waits_for(&self, leveling: &Leveling) -> String {
        let peers = self.network().map(|network| network.configured_peers()).unwrap_or_default();
        let what = match (self.config().peers.len(), peers.len()) {
            (0, _) => "No peer is configured that could tell: name some in `peers`, or, if none holds anything of this issuer, stop the node and run `accolade-node restore --alone`.".to_owned(),
            (configured, 0) => format!(
                "None of the {configured} configured peers is reached yet. If they are gone for good, stop the node and run `accolade-node restore --alone`."
            ),
            (_, reached) => match self.network().map_or(0, |network| network.unreached_peers()) {
                0 => format!("{reached} configured peers are reached and asked."),
                _ => format!(
                    "{reached} configured peers are reached and asked; the others are waited for {} s at most.",
                    self.config().peers_grace.as_secs()
                ),
            },
        };
        format!("{} Nothing is signed until that is here too. {what}", because(leveling))
    }
}

/// Keeps the node level: notices that its ledger is an older copy, takes over what was signed since, and says when it is
/// level. Never returns.
pub(crate) async fn run(node: Node) {
    let mut changes = node.replica().subscribe();
    let mut told: Option<String> = None;
    let mut course =
        Course { owes_profile: node.publisher().level() != LevelState::Level, waiting_since: None };
    loop {
        if let Err(error) = look(&node, &mut course).await {
            tracing::error!(code = error.code, "the node can't come level: {error}");
            tokio::time::sleep(RETRY_AFTER).await;
        }
        let state = node.publisher().level();
        let sentence = node.says(&state);
        if let Some(sentence) = sentence.as_ref().filter(|sentence| told.as_ref() != Some(*sentence)) {
            tracing::warn!("{sentence}");
        }
        told = sentence;
        let patience = match state {
            LevelState::Level if course.owes_profile => Duration::ZERO,
            LevelState::Level | LevelState::Forked(_) => LOOK_WHILE_LEVEL,
            LevelState::Waiting(_) => LOOK_WHILE_WAITING,
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

/// What a look leaves to the next one.
struct Course {
    /// The lists were not read, or the profile not published, since the node came level.
    owes_profile: bool,
    /// Since when it waits in this process.
    waiting_since: Option<Instant>,
}

async fn look(node: &Node, course: &mut Course) -> Result<(), NodeError> {
    let publisher = node.publisher();
    publisher.notice_if_behind(clock::now()).await?;
    if !matches!(publisher.level(), LevelState::Waiting(_)) {
        course.waiting_since = None;
        return settle(node, course).await;
    }
    let waiting_since = *course.waiting_since.get_or_insert_with(Instant::now);
    course.owes_profile = true;
    publisher.adopt_newer().await?;
    // In this order: what a peer showed is known to the replica before the peer counts as compared.
    let peers = node.network().map(|network| network.configured_peers()).unwrap_or_default();
    let shown = node.replica().own_shown();
    let have_all_answered = !peers.is_empty() && peers.iter().all(|(_, is_compared)| *is_compared);
    let is_more_shown = peers.iter().any(|(peer, _)| shown.showing_more.contains(peer));
    if !have_all_answered || is_more_shown || shown.is_below_floor {
        return Ok(());
    }
    let unreached = node.network().map_or(0, |network| network.unreached_peers());
    if unreached > 0 && waiting_since.elapsed() < node.config().peers_grace {
        return Ok(());
    }
    if publisher.end_leveling(clock::now()).await? {
        tracing::info!("the ledger is level with what peers hold of this issuer: the node signs again");
        course.waiting_since = None;
        return settle(node, course).await;
    }
    Ok(())
}

/// Does what waited until the node was level; what fails stays owed.
async fn settle(node: &Node, course: &mut Course) -> Result<(), NodeError> {
    if !course.owes_profile || node.publisher().level() != LevelState::Level {
        return Ok(());
    }
    node.read_lists().await?;
    node.publish_profile(clock::now()).await?;
    node.publisher().wake();
    course.owes_profile = false;
    Ok(())
}

/// What to do about a forked log.
pub(crate) const FORKED_HINT: &str = "Stop every other node that has this key. Then restore a backup from before that into an empty folder: it comes level with what peers hold. What only this ledger has signed since is not taken by them: issue it anew.";

fn forked(fork: &Fork) -> String {
    let Fork { seq, noted_at } = fork;
    format!(
        "This issuer's log is forked: its key signed another record {seq} than the one that this node has, as was noticed at {noted_at}. Nothing is signed any more."
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_fails_once_the_node_is_level_stays_owed() {
        let folder = tempfile::tempdir().expect("folder");
        let config = Config {
            data: folder.path().join("data"),
            http: ([127, 0, 0, 1], 0).into(),
            p2p: ([127, 0, 0, 1], 0).into(),
            owner_token_to_file: true,
            ..Config::default()
        };
        let node = Node::start(config).await.expect("starts");
        let mut course = Course { owes_profile: true, waiting_since: None };
        settle(&node, &mut course).await.expect("it can be published");
        assert!(!course.owes_profile);

        course.owes_profile = true;
        node.ledger().close().await;
        settle(&node, &mut course).await.expect_err("the ledger is gone");
        assert!(course.owes_profile, "it is tried again");
        node.stop().await;
    }
}
