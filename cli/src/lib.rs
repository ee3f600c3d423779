//! `accolade`: the command for issuers, verifiers, earners and operators.
//!
//! Offline commands (`key`, `verify`, `present`, `bake`, `extract`) run on core alone; the rest speak to a node over HTTP.
//! Exit codes: 0 done (or valid), 64 a command line that can't be right, 1 any other failure; `verify` also
//! has 2 for what could not be checked.

mod achievement;
mod bake;
mod client;
mod credential;
mod did;
mod error;
mod files;
mod issue;
mod key;
mod node;
mod output;
mod present;
mod report;
mod revoke;
mod shell;
mod token;
mod verify;
mod web;

use accolade_core::time::Timestamp;
use clap::{CommandFactory as _, Parser, Subcommand};
use error::CliError;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// The program: reads the command line, does one thing, and says how it went.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Exit code of a command line that can't be right (`EX_USAGE` of sysexits).
const EXIT_USAGE: u8 = 64;
/// The exit code where something could not be checked.
const EXIT_NOT_CHECKED: u8 = 2;

/// Issue, verify and revoke Open Badges.
#[derive(Parser)]
#[command(name = "accolade", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(clap::Args)]
struct Globals {
    /// The node to speak to [env: ACCOLADE_NODE] [default: http://127.0.0.1:8080]
    #[arg(long, global = true, value_name = "URL")]
    node: Option<String>,
    /// File that holds the access token [env: ACCOLADE_TOKEN_FILE, or the token itself in ACCOLADE_TOKEN]
    /// [default: accolade-data/owner-token, if it is there and the node is on this machine]
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Certificates (PEM) of the authorities to trust at https, instead of the public ones [env: ACCOLADE_CA_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Keys of an earner
    #[command(subcommand)]
    Key(key::Command),
    /// What badges stand for: create, publish, list
    #[command(subcommand)]
    Achievement(achievement::Command),
    /// Award a badge
    #[command(
        after_help = "Example: accolade issue --achievement ID --to did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK --out badge.json\n         accolade issue --achievement ID --email ada@example.org --valid-until 2028-12-31T00:00:00Z\n         accolade issue --achievement ID --email ada@example.org --out badge.jwt --format jwt"
    )]
    Issue(issue::Args),
    /// Check badges: offline on files, or by a node
    ///
    /// Ends with 0 if all are valid, 2 if something could not be checked or the issuer is unknown, 1 for everything else.
    #[command(
        after_help = "Example: accolade verify badge.json --list list.json\n         accolade verify badge.png --recipient ada@example.org --trust registry.json --language de\n         accolade verify badge.json --node http://127.0.0.1:8080"
    )]
    Verify(verify::Args),
    /// Show a badge to somebody as its subject: makes a signed presentation
    #[command(
        after_help = "Example: accolade present badge.json --key earner.key --challenge 4711 --domain lake.example"
    )]
    Present(present::Args),
    /// Put a signed badge into a picture (PNG or SVG)
    #[command(after_help = "Example: accolade bake badge.json picture.png --out badge.png")]
    Bake(bake::BakeArgs),
    /// Take the badge out of a picture, without checking it
    #[command(after_help = "Example: accolade extract badge.png --out badge.json")]
    Extract(bake::ExtractArgs),
    /// Take a badge back, or suspend it
    #[command(after_help = "Example: accolade revoke badge.json --reason \"Awarded by mistake\"")]
    Revoke(revoke::Args),
    /// Who may use the node, and for what: create, list, revoke tokens
    #[command(subcommand)]
    Token(token::Command),
    /// The node itself
    #[command(subcommand)]
    Node(node::Command),
    /// The badges that the node has issued
    #[command(subcommand)]
    Credential(credential::Command),
    /// Who is behind a DID
    #[command(subcommand)]
    Did(did::Command),
    /// Print the script by which a shell completes command lines
    #[command(
        after_help = "Example: accolade completions bash > ~/.local/share/bash-completion/completions/accolade"
    )]
    Completions(shell::Completions),
    /// Print the manual, or write its pages into a folder
    #[command(after_help = "Example: accolade man --out ~/.local/share/man/man1")]
    Man(shell::Manual),
}

/// The whole command line, as it is described to shells and in the manual.
pub fn command() -> clap::Command {
    Cli::command()
}

fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(stop) => {
            // Nothing sensible is left to do if the terminal is gone.
            let _ = stop.print();
            return if stop.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match dispatch(&cli) {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(cli: &Cli) -> Result<ExitCode, CliError> {
    let globals = &cli.globals;
    match &cli.command {
        Command::Key(command) => key::run(command, globals),
        Command::Achievement(command) => achievement::run(command, globals),
        Command::Issue(args) => issue::run(args, globals),
        Command::Verify(args) => return verify::run(args, globals),
        Command::Present(args) => present::run(args, globals),
        Command::Bake(args) => bake::bake(args, globals),
        Command::Extract(args) => bake::extract(args, globals),
        Command::Revoke(args) => revoke::run(args, globals),
        Command::Token(command) => token::run(command, globals),
        Command::Node(command) => node::run(command, globals),
        Command::Credential(command) => credential::run(command, globals),
        Command::Did(command) => did::run(command, globals),
        Command::Completions(args) => shell::completions(args, globals),
        Command::Man(args) => shell::manual(args, globals),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The time on this machine's clock.
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
