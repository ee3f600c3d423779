//! `accolade-node` without a subcommand: runs the node until it is told to stop.

use super::notify::notify;
use super::{Settings, failure, logs};
use crate::config::LogFormat;
use crate::node::{Node, Running};
use std::io::IsTerminal as _;
use std::process::ExitCode;

pub(super) async fn run(settings: Settings) -> ExitCode {
    let config = match settings.load() {
        Ok(effective) => effective.config,
        Err(code) => return code,
    };
    logs::start(&config);
    let unheard = |error| failure(&format!("the program can't listen to signals: {error}"));
    // Before the start: a service manager may tell to reload at any time, and must not end the node by that.
    let hangup = match hangup(config.tls_cert.is_some()) {
        Ok(hangup) => hangup,
        Err(error) => return unheard(error),
    };
    let node = match Node::start(config).await {
        Ok(node) => node,
        Err(error) => return failure(&error.to_string()),
    };
    let mut signals = match Signals::listen(hangup) {
        Ok(signals) => signals,
        Err(error) => {
            node.stop().await;
            return unheard(error);
        }
    };
    greet(&node);
    notify("READY=1");
    while signals.next().await == Signal::Reload {
        match node.reload_tls() {
            Ok(true) => tracing::info!("the certificate was read again"),
            Ok(false) => tracing::info!("told to reload: without `tls_cert` there is nothing to read again"),
            Err(error) => tracing::error!("the certificate in use stays: {error}"),
        }
    }
    stop(node, signals).await
}

async fn stop(node: Running, mut signals: Signals) -> ExitCode {
    notify("STOPPING=1");
    tracing::info!("stopping; a second signal stops at once");
    let stop = async {
        node.stop().await;
        ExitCode::SUCCESS
    };
    let told_again = async {
        while signals.next().await == Signal::Reload {}
        tracing::warn!("stopped at once; requests under way were cut off");
        ExitCode::FAILURE
    };
    tokio::select! {
        code = stop => code,
        code = told_again => code,
    }
}

fn greet(node: &Running) {
    let peers = node.p2p_multiaddrs();
    let public_url = node.config().public_url.as_ref();
    if public_url.is_some_and(|url| !url.has_standard_port()) {
        tracing::warn!("`public_url` names a port; other nodes fetch DID documents from port 443 only");
    }
    if node.config().open_issuer {
        tracing::warn!("`open_issuer` is on: every program on this machine may issue in this node's name");
    }
    if node.config().log_format == LogFormat::Json {
        tracing::info!(url = node.base_url(), did = %node.did(), ?peers, "the node is up");
        return;
    }
    eprintln!("{} is up: {}/", node.name(), node.local_url());
    if let Some(url) = public_url {
        eprintln!("  URL    {url}/");
    }
    eprintln!("  DID    {}", node.did());
    for address in peers {
        eprintln!("  peers  {address}");
    }
}

#[derive(PartialEq)]
enum Signal {
    /// Ctrl-C, or the signal by which service managers and containers end a program.
    End,
    /// SIGHUP: certificates were renewed.
    Reload,
}

struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

/// Listens to SIGHUP where it means “reload”. Only at a terminal, with nothing to reload, it keeps its elder meaning: the
/// terminal was closed, end.
fn hangup(reloads: bool) -> std::io::Result<Option<tokio::signal::unix::Signal>> {
    use tokio::signal::unix::{SignalKind, signal};
    let is_service = std::env::var_os("NOTIFY_SOCKET").is_some() || !std::io::stderr().is_terminal();
    if reloads || is_service { signal(SignalKind::hangup()).map(Some) } else { Ok(None) }
}

impl Signals {
    fn listen(hangup: Option<tokio::signal::unix::Signal>) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hangup })
    }

    async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::End,
            () = hangup => Signal::Reload,
        }
    }
}
