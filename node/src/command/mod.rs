//! The command line of `accolade-node`. Each subcommand has a file of its own, with its arguments and `run`.
//!
//! Exit codes: 0 done, 64 a command line that can't be right, 1 any other failure; `doctor` also has 2.

mod backup;
mod config;
mod doctor;
mod logs;
mod memory;
mod notify;
mod serve;
mod settings;
mod token;

pub(crate) use settings::Settings;

use crate::demo::{self, DemoOptions};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

/// Exit code of a command line that can't be right (`EX_USAGE` of sysexits).
pub(crate) const EXIT_USAGE: u8 = 64;

/// Runs a node: it issues badges, publishes their status to its peers, and verifies any badge.
#[derive(Parser)]
#[command(name = "accolade-node", version, args_conflicts_with_subcommands = true, max_term_width = 120)]
pub(crate) struct Arguments {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Write a node's ledger and its key, under a passphrase, into one file; also while the node runs
    Backup(backup::BackupArguments),
    /// Restore a backup into an empty data folder
    Restore(backup::RestoreArguments),
    /// The configuration: check it, or print an example
    #[command(subcommand)]
    Config(config::Command),
    /// Look at everything that keeps a node from working well, and say what to do; changes nothing
    ///
    /// Ends with 0 if all is well, 1 if there are warnings, 2 if there is a problem. Works while the node runs, too.
    Doctor(doctor::Doctor),
    /// Ask the node of this configuration, on this machine, whether it lives; ends with 0 if it does, within 3 s
    Healthcheck {
        #[command(flatten)]
        settings: Settings,
    },
    /// Start three organizations' nodes on this machine and take a badge through its life
    Demo {
        /// Stop after the scenario
        #[arg(long)]
        once: bool,
        /// Print one line of JSON on standard output at the end
        #[arg(long)]
        json: bool,
    },
    /// Make an API token while no node runs on the data folder, such as after the owner's token was lost
    #[command(subcommand)]
    Token(token::Command),
}

/// Reads the command line, does what it says, and gives the exit status.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(stop) => {
            // Nothing sensible is left to do if the terminal is gone.
            let _ = stop.print();
            return if stop.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match arguments.command {
        None => {
            memory::give_back();
            on_threads(serve::run(arguments.settings))
        }
        Some(Command::Backup(given)) => on_threads(backup::back_up(given)),
        Some(Command::Restore(given)) => on_threads(backup::restore(given)),
        Some(Command::Config(command)) => config::run(command),
        Some(Command::Doctor(arguments)) => doctor::run(arguments),
        Some(Command::Healthcheck { settings }) => doctor::healthcheck(settings),
        Some(Command::Demo { once, json }) => {
            logs::start_quiet();
            on_threads(demo::run(DemoOptions { once, json }))
        }
        Some(Command::Token(command)) => {
            logs::start_quiet();
            on_threads(token::run(command))
        }
    }
}

/// Runs `work` on a tokio runtime of its own.
pub(crate) fn on_threads(work: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(work);
            // What still computes has nobody left to answer to.
            runtime.shutdown_background();
            code
        }
        Err(error) => failure(&format!("the program could not start its threads: {error}")),
    }
}

/// Says what went wrong on standard error.
pub(crate) fn failure(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
