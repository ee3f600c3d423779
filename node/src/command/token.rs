//! `accolade-node token`: makes a token by the data folder alone. Who holds the folder owns the node.

use super::{Settings, failure};
use crate::clock;
use crate::ledger::{Ledger, LedgerError};
use crate::token::{Scope, Scopes, UnknownScope};
use crate::tokens::{self, TokenRequest};
use accolade_core::time::Timestamp;
use clap::{Args, Subcommand};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a token and print it, this once
    Create(Create),
}

#[derive(Args)]
pub(super) struct Create {
    /// What it is for, such as “course platform”
    #[arg(long, value_name = "TEXT")]
    label: String,
    /// What it allows: owner, issue, revoke, achievement, read; may be given again
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scope)]
    scopes: Vec<Scope>,
    /// Until when it holds, such as 2027-01-31T00:00:00Z; else until it is withdrawn
    #[arg(long, value_name = "TIME", value_parser = time)]
    valid_until: Option<Timestamp>,
    #[command(flatten)]
    settings: Settings,
}

/// Does what the command says on the data folder of the configuration.
pub(super) async fn run(command: Command) -> ExitCode {
    let Command::Create(create) = command;
    let config = match create.settings.load() {
        Ok(effective) => effective.config,
        Err(code) => return code,
    };
    let Some(scopes) = Scopes::of(&create.scopes) else { return failure("no scope was given") };
    let request = TokenRequest { label: create.label, scopes, valid_until: create.valid_until };
    match make(&config.data, request, clock::now()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failure(&message),
    }
}

/// One sentence on what is in the way and what to do, if the token isn't made.
async fn make(data: &Path, request: TokenRequest, now: Timestamp) -> Result<(), String> {
    let ledger = open(data).await?;
    let made = tokens::create(&ledger, request, None, now).await;
    ledger.close().await;
    let made = made.map_err(|error| format!("{error} {}", error.hint))?;
    eprintln!("made token {}, shown only this once:", made.view.id);
    writeln!(std::io::stdout(), "{}", made.token.expose())
        .map_err(|error| format!("token {} was made and can't be shown: {error}", made.view.id))
}

async fn open(data: &Path) -> Result<Ledger, String> {
    // Opening would make a folder.
    if !data.join("ledger.db").is_file() {
        return Err(format!(
            "{} is no data folder of a node: name it with --data or --config",
            data.display()
        ));
    }
    let ledger = Ledger::open(data).await.map_err(|error| match error {
        LedgerError::Locked { .. } => format!(
            "a node runs on {}: ask it with `accolade token create` and the owner's token, or stop it first",
            data.display()
        ),
        error => format!("{error}. {}", error.hint()),
    })?;
    let started = ledger.is_first_start().await.map(|first| !first);
    match started {
        Ok(true) => Ok(ledger),
        Ok(false) => {
            ledger.close().await;
            Err("no node has started on this data folder yet: its first start makes the owner's token"
                .to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn scope(name: &str) -> Result<Scope, UnknownScope> {
    Scope::parse(name)
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}
