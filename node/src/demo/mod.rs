//! `accolade-node demo`: three organizations on one machine, and a badge's whole life.

mod http;
mod scenario;

use crate::config::Config;
use crate::node::{Node, Running};
use scenario::Scenario;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// The organizations of the demo; the first issues.
const ORGANIZATIONS: [&str; 3] = ["Hill University", "Lake Institute", "Harbour Works"];

/// How the demo is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct DemoOptions {
    /// Stop after the scenario instead of staying up.
    pub once: bool,
    /// Print one compact JSON line on standard output at the end.
    pub json: bool,
}

/// What came of the scenario; `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Whether every step was as it should be.
    pub ok: bool,
    /// The steps in order; a failed one is the last.
    pub steps: Vec<Step>,
}

/// One step of the scenario.
#[derive(Debug, Serialize)]
pub struct Step {
    /// What it is, in snake_case.
    pub name: &'static str,
    /// Whether it was as it should be.
    pub ok: bool,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// Runs the demo on the current tokio runtime; exits non-zero if a step isn't what it should be.
pub async fn run(options: DemoOptions) -> ExitCode {
    let folder = match new_folder() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("error: no folder for the demo's data: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut demo = Demo { steps: Vec::new(), nodes: Vec::new(), addresses: Vec::new(), folder };
    let played = tokio::select! {
        played = demo.play() => played,
        _ = tokio::signal::ctrl_c() => Err("interrupted".to_owned()),
    };
    let ok = match played {
        Ok(()) => true,
        Err(failure) => {
            eprintln!("FAILED  {failure}");
            false
        }
    };
    if options.json {
        let outcome = Outcome { ok, steps: std::mem::take(&mut demo.steps) };
        // Plain structs of strings and numbers: this can't fail to serialize.
        println!("{}", serde_json::to_string(&outcome).unwrap_or_default());
    }
    if ok && !options.once {
        demo.stay_up().await;
    }
    demo.clean_up().await;
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Demo {
    steps: Vec<Step>,
    nodes: Vec<Option<Running>>,
    /// Where each node listened (HTTP, libp2p), so that it comes back at the same place.
    addresses: Vec<(SocketAddr, SocketAddr)>,
    folder: PathBuf,
}

impl Demo {
    async fn play(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        for (at, name) in ORGANIZATIONS.iter().enumerate() {
            let config = self.config(at, name);
            let node = Node::start(config).await.map_err(|error| format!("{name} didn't start: {error}"))?;
            self.addresses.push((node.http_addr(), node.p2p_addr()));
            self.nodes.push(Some(node));
        }
        let urls = self.urls();
        let who = |at: usize| format!("{} at {} ({})", ORGANIZATIONS[at], urls[at], short(self.did(at)));
        self.told("start", begun, &format!("three nodes are up: {}; {}; {}", who(0), who(1), who(2)));

        let mut scenario = Scenario::new(urls.clone(), ORGANIZATIONS);
        self.step("connect", scenario.connect().await)?;
        self.step("issue", scenario.issue(self.owner_token(0)).await)?;
        self.step("replicate", scenario.replicate().await)?;
        self.stop_first().await?;
        self.step("verify_while_issuer_is_off", scenario.verify_while_issuer_is_off().await)?;
        self.step("refuse_changed_copy", scenario.refuse_changed_copy().await)?;
        self.step("present", scenario.present().await)?;
        self.step("refuse_replay", scenario.refuse_replay().await)?;
        self.start_first_again().await?;
        self.step("connect_again", scenario.connect().await)?;
        self.step("revoke", scenario.revoke(self.owner_token(0)).await)?;
        self.step("revocation_seen_everywhere", scenario.revocation_seen_everywhere().await)
    }

    async fn stop_first(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        let Some(first) = self.nodes[0].take() else { return Err("the first node isn't running".to_owned()) };
        first.stop().await;
        self.told("stop_issuer", begun, &format!("{} is switched off", ORGANIZATIONS[0]));
        Ok(())
    }

    async fn start_first_again(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        let config = self.config(0, ORGANIZATIONS[0]);
        let node = Node::start(config)
            .await
            .map_err(|error| format!("{} didn't come back: {error}", ORGANIZATIONS[0]))?;
        self.nodes[0] = Some(node);
        self.told("start_issuer_again", begun, &format!("{} is back, with what it had", ORGANIZATIONS[0]));
        Ok(())
    }

    fn step(&mut self, name: &'static str, result: scenario::StepResult) -> Result<(), String> {
        match result {
            Ok(done) => {
                self.steps.push(Step { name, ok: true, ms: done.ms });
                eprintln!("ok {:>8.1} ms  {}", done.ms, done.line);
                Ok(())
            }
            Err(failure) => {
                self.steps.push(Step { name, ok: false, ms: failure.ms });
                Err(format!("{name}: {}", failure.line))
            }
        }
    }

    fn told(&mut self, name: &'static str, begun: Instant, line: &str) {
        let ms = begun.elapsed().as_secs_f64() * 1000.0;
        self.steps.push(Step { name, ok: true, ms });
        eprintln!("ok {ms:>8.1} ms  {line}");
    }
}

impl Demo {
    fn config(&self, at: usize, name: &str) -> Config {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let (http, p2p) = self.addresses.get(at).copied().unwrap_or((free, free));
        Config {
            data: self.data_folder(at),
            name: name.to_owned(),
            http,
            p2p,
            net: "demo".to_owned(),
            peers: self.nodes.iter().take(at).flatten().flat_map(|node| node.p2p_multiaddrs()).collect(),
            tick_s: 0,
            owner_token_to_file: true,
            ..Config::default()
        }
    }

    fn data_folder(&self, at: usize) -> PathBuf {
        self.folder.join(format!("node-{}", at + 1))
    }

    fn urls(&self) -> [String; 3] {
        let url =
            |at: usize| self.nodes[at].as_ref().map(|node| node.base_url().to_owned()).unwrap_or_default();
        [url(0), url(1), url(2)]
    }

    fn did(&self, at: usize) -> &str {
        self.nodes[at].as_ref().map_or("", |node| node.did().as_str())
    }

    fn owner_token(&self, at: usize) -> String {
        let path = self.data_folder(at).join("owner-token");
        std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
    }

    async fn stay_up(&self) {
        eprintln!();
        eprintln!("The three nodes stay up until you press Ctrl-C:");
        for (name, url) in ORGANIZATIONS.iter().zip(self.urls()) {
            eprintln!("  {name:<16} {url}/");
        }
        // Without a signal handler there is nothing to wait for, so the demo ends.
        let _ = tokio::signal::ctrl_c().await;
    }

    async fn clean_up(&mut self) {
        for node in self.nodes.iter_mut().filter_map(Option::take) {
            node.stop().await;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("note: {} could not be removed: {error}", self.folder.display());
        }
    }
}

/// A new folder of its own under the system's folder for temporary files.
fn new_folder() -> std::io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("accolade-demo-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    Ok(folder)
}

fn short(did: &str) -> String {
    did.chars().take(20).chain("…".chars()).collect()
}
