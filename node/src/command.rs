//! The command line of `accolade-node`.

use crate::config::{Config, ConfigError};
use crate::demo::{self, DemoOptions};
use crate::node::Node;
use clap::{Args, Parser, Subcommand};
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs a node: it issues badges, publishes their status to its peers, and verifies any badge.
#[derive(Parser)]
#[command(name = "accolade-node", version)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What can be set by flag; a flag wins over the file.
#[derive(Args)]
struct Settings {
    /// A TOML file with the configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of the ledger, the replica and the keys [default: accolade-data]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// The organization's name, as shown on its badges
    #[arg(long)]
    name: Option<String>,
    /// Where HTTP listens [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// The certificate chain (PEM) by which HTTP speaks TLS; read again at SIGHUP
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The private key (PEM) of the certificate
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Where libp2p listens, on TCP and QUIC [default: 127.0.0.1:4001]
    #[arg(long, value_name = "ADDRESS")]
    p2p: Option<SocketAddr>,
    /// A peer to connect to; may be given several times
    #[arg(long = "peer", value_name = "MULTIADDRESS")]
    peers: Vec<String>,
    /// Name of the peer network [default: accolade]
    #[arg(long)]
    net: Option<String>,
    /// Seconds between status records; 0 publishes at once [default: 60]
    #[arg(long, value_name = "SECONDS")]
    tick_s: Option<u32>,
}

#[derive(Subcommand)]
enum Command {
    /// Start three organizations' nodes on this machine and take a badge through its life
    Demo {
        /// Stop after the scenario
        #[arg(long)]
        once: bool,
        /// Print one line of JSON on standard output at the end
        #[arg(long)]
        json: bool,
    },
}

/// Reads the command line, does what it says, and gives the exit status.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the program could not start its threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = match arguments.command {
        Some(Command::Demo { once, json }) => {
            tell_log("error");
            runtime.block_on(demo::run(DemoOptions { once, json }))
        }
        None => {
            tell_log("info,libp2p=warn,sqlx=warn");
            runtime.block_on(serve(arguments.settings))
        }
    };
    // What still computes has nobody left to answer to.
    runtime.shutdown_background();
    code
}

async fn serve(settings: Settings) -> ExitCode {
    let started = match settings.into_config() {
        Ok(config) => Node::start(config).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let node = match started {
        Ok(node) => node,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut signals = match Signals::listen(node.config().tls_cert.is_some()) {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("error: the program can't listen to signals: {error}");
            node.stop().await;
            return ExitCode::FAILURE;
        }
    };
    eprintln!("{} is up: {}/", node.name(), node.base_url());
    eprintln!("  DID    {}", node.did());
    for address in node.p2p_multiaddrs() {
        eprintln!("  peers  {address}");
    }
    while signals.next().await == Signal::Reload {
        match node.reload_tls() {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => tracing::error!("the certificate in use stays: {error}"),
        }
    }
    eprintln!("stopping; a second signal stops at once");
    let stop = async {
        node.stop().await;
        ExitCode::SUCCESS
    };
    let told_again = async {
        while signals.next().await == Signal::Reload {}
        eprintln!("stopped at once; requests under way were cut off");
        ExitCode::FAILURE
    };
    tokio::select! {
        code = stop => code,
        code = told_again => code,
    }
}

impl Settings {
    fn into_config(self) -> Result<Config, ConfigError> {
        let mut config = match &self.config {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        config.data = self.data.unwrap_or(config.data);
        config.name = self.name.unwrap_or(config.name);
        config.http = self.http.unwrap_or(config.http);
        config.tls_cert = self.tls_cert.or(config.tls_cert);
        config.tls_key = self.tls_key.or(config.tls_key);
        config.p2p = self.p2p.unwrap_or(config.p2p);
        config.net = self.net.unwrap_or(config.net);
        config.tick_s = self.tick_s.unwrap_or(config.tick_s);
        config.peers.extend(self.peers);
        config.check()
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

impl Signals {
    /// Without anything to reload, SIGHUP keeps its meaning: the terminal was closed.
    fn listen(reloads: bool) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if reloads { Some(signal(SignalKind::hangup())?) } else { None };
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

/// Logs go to standard error; `RUST_LOG` says what, else `default`.
fn tell_log(default: &str) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    // A second subscriber can't be set; the first one stays.
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = logs.with_ansi(std::io::stderr().is_terminal()).try_init();
}
