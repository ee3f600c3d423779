//! A node of the same build as a process of its own, with an achievement to issue.

use crate::process::{Client, NodeProcess, percent_encoded};
use crate::{badges, nodes};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;

/// What the node's metrics call the transactions of its ledger.
const COMMITS: &str = "accolade_ledger_commits_total";

/// A running node.
pub(super) struct Served {
    node: NodeProcess,
    metrics: SocketAddr,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The owner's token.
    pub(super) token: String,
    achievement: Value,
}

impl Served {
    /// Starts the program `accolade-node` that was built beside this one, with its data in `folder`.
    ///
    /// # Errors
    /// It wasn't built, or refuses the achievement.
    pub(super) fn start(folder: &Path, more: &[&str]) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let program = own.with_file_name("accolade-node");
        if !program.exists() {
            let build = "build it first: cargo build --release --workspace --bins";
            return Err(format!("{} isn't there; {build}", program.display()));
        }
        Self::start_program(&program, folder, more)
    }

    /// Starts that program, with its data in `folder`.
    ///
    /// # Errors
    /// It refuses the achievement.
    pub(super) fn start_program(program: &Path, folder: &Path, more: &[&str]) -> Result<Self, String> {
        let metrics = free_address()?;
        let at = metrics.to_string();
        let flags = [more, &["--metrics", at.as_str()]].concat();
        let node = NodeProcess::start(&program.to_string_lossy(), &folder.join("node"), &flags);
        let address = node.url.trim_start_matches("http://").parse();
        let address = address.map_err(|error| format!("{}: {error}", node.url))?;
        let token = node.owner_token();
        let mut achievement = badges::badge_like_peer(7)["credentialSubject"]["achievement"].take();
        for made_by_the_node in ["id", "creator"] {
            achievement.as_object_mut().ok_or("no achievement")?.remove(made_by_the_node);
        }
        let client = Client::new(&node.url, Some(token.clone()));
        let (status, made) = client.post("/v1/achievements", &achievement)?;
        if status != 201 {
            return Err(format!("the achievement is refused: {made}"));
        }
        let path = format!("/v1/achievements/{}/publish", percent_encoded(made["id"].as_str().unwrap_or("")));
        match client.post(&path, &json!({}))? {
            (200, achievement) => Ok(Self { node, metrics, address, token, achievement }),
            (_, refusal) => Err(format!("the achievement isn't published: {refusal}")),
        }
    }

    /// The process's id.
    pub(super) fn pid(&self) -> u32 {
        self.node.pid()
    }

    /// Transactions that the node's ledger has committed since it started, by the node's own metrics.
    ///
    /// # Errors
    /// The metrics can't be read, or don't hold it.
    pub(super) fn commits(&self) -> Result<u64, String> {
        let answer = ureq::get(format!("http://{}/metrics", self.metrics)).call();
        let text = answer.and_then(|mut answer| answer.body_mut().read_to_string());
        let text = text.map_err(|error| format!("the node's metrics: {error}"))?;
        let commits = text.lines().find_map(|line| line.strip_prefix(COMMITS)?.trim().parse().ok());
        commits.ok_or_else(|| format!("the node's metrics hold no {COMMITS}"))
    }

    /// Bodies of requests that issue badges of usual size.
    pub(super) fn awards(&self, count: usize) -> Vec<Vec<u8>> {
        let result = &self.achievement["achievement"]["resultDescription"][0]["id"];
        let evidence = badges::badge_like_peer(7)["evidence"].take();
        let award = |at: usize| {
            let award = json!({
                "achievement": self.achievement["id"],
                "recipient": {"did": nodes::EARNER},
                "name": format!("Earner {at}"),
                "validUntil": "2036-06-30T10:00:00Z",
                "evidence": evidence,
                "results": [{"type": ["Result"], "resultDescription": result, "value": "A"}],
            });
            award.to_string().into_bytes()
        };
        (0..count).map(award).collect()
    }
}

/// An address on loopback that nobody listens at.
fn free_address() -> Result<SocketAddr, String> {
    let found = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    found.map_err(|error| error.to_string())
}
