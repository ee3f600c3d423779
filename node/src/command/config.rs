//! `accolade-node config check` and `config example`.

use super::Settings;
use crate::config;
use clap::Subcommand;
use std::io::Write as _;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the configuration that results from file, environment and flags, with where each value came from
    ///
    /// Ends with 1 if anything is wrong, after all of it was said. Looks at no other file and changes nothing.
    Check {
        #[command(flatten)]
        settings: Settings,
    },
    /// Print a file with every key, its meaning and its default
    Example,
}

pub(super) fn run(command: Command) -> ExitCode {
    let text = match command {
        Command::Check { settings } => match settings.load() {
            Ok(effective) => effective.to_toml(),
            Err(code) => return code,
        },
        Command::Example => config::example(),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever was to read it is gone.
        Err(_) => ExitCode::FAILURE,
    }
}
