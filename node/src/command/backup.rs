//! `accolade-node backup` and `accolade-node restore`.

use super::{Settings, failure};
use crate::backup::{self, BackupError, Manifest, Passphrase};
use crate::clock;
use clap::Args;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// What `backup` is told.
#[derive(Args)]
pub(super) struct BackupArguments {
    /// The backup's file; an older backup of the same node is replaced
    file: PathBuf,
    /// Don't make a backup: read this one from front to back and say whether it is good
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    #[command(flatten)]
    settings: Settings,
}

/// What `restore` is told.
#[derive(Args)]
pub(super) struct RestoreArguments {
    /// The backup's file; without one, --alone is declared for a folder that was restored before
    #[arg(required_unless_present = "alone")]
    file: Option<PathBuf>,
    /// Declare that nobody holds anything that this node signed after the backup: it signs without asking its peers.
    /// If that is wrong, revocations are forgotten and its log is forked
    #[arg(long)]
    alone: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Args)]
struct PassphraseArguments {
    /// A file whose first line is the passphrase; without one it is asked for
    #[arg(long, value_name = "FILE", env = "ACCOLADE_BACKUP_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Makes a backup, or checks one.
pub(super) async fn back_up(arguments: BackupArguments) -> ExitCode {
    let config = match arguments.settings.load() {
        Ok(effective) => effective.config,
        Err(code) => return code,
    };
    let done = async {
        if arguments.check {
            let manifest = backup::check(&arguments.file, &arguments.passphrase.known()?).await?;
            Ok(format!("{} is good: {}", arguments.file.display(), described(&manifest)))
        } else {
            let passphrase = arguments.passphrase.new_one()?;
            let manifest = backup::make(&config, &arguments.file, &passphrase, clock::now()).await?;
            Ok(format!(
                "{} is written and was read again: {}",
                arguments.file.display(),
                described(&manifest)
            ))
        }
    };
    said(done.await)
}

/// Restores a backup, or declares that nothing newer was signed.
pub(super) async fn restore(arguments: RestoreArguments) -> ExitCode {
    let config = match arguments.settings.load() {
        Ok(effective) => effective.config,
        Err(code) => return code,
    };
    let done = async {
        let Some(file) = &arguments.file else {
            backup::declare_alone(&config, clock::now()).await?;
            return Ok(format!("The node in {} signs again from its next start on.", config.data.display()));
        };
        let passphrase = arguments.passphrase.known()?;
        let manifest = backup::restore(file, &config, &passphrase, arguments.alone, clock::now()).await?;
        let then = if arguments.alone {
            "Start the node on it; it signs without asking its peers."
        } else {
            "Start the node on it, with its peers configured; it signs once one of them has shown what it holds."
        };
        Ok(format!(
            "Restored into {}: {}\nAll tokens of the backup are withdrawn.\n{then}",
            config.data.display(),
            described(&manifest)
        ))
    };
    said(done.await)
}

fn said(done: Result<String, BackupError>) -> ExitCode {
    match done {
        Ok(sentence) => {
            eprintln!("{sentence}");
            ExitCode::SUCCESS
        }
        Err(error) => failure(&error.to_string()),
    }
}

fn described(manifest: &Manifest) -> String {
    let Manifest { did, made_at, credentials, .. } = manifest;
    format!("{did}, made {made_at}, {credentials} badges.")
}

impl PassphraseArguments {
    /// The passphrase of a backup that there is.
    fn known(&self) -> Result<Passphrase, BackupError> {
        match &self.passphrase_file {
            Some(path) => Passphrase::from_file(path),
            None => asked("Passphrase of the backup: "),
        }
    }

    /// A passphrase for a new backup; one that is typed is asked for twice.
    fn new_one(&self) -> Result<Passphrase, BackupError> {
        match &self.passphrase_file {
            Some(path) => Passphrase::from_file(path)?.for_new(),
            None => {
                let first = asked("Passphrase for the backup (12 characters or more): ")?.for_new()?;
                if first.is(&asked("The same again: ")?) {
                    Ok(first)
                } else {
                    Err(BackupError::PassphrasesDiffer)
                }
            }
        }
    }
}

/// Asks on the terminal, which doesn't show what is typed.
fn asked(prompt: &str) -> Result<Passphrase, BackupError> {
    if !std::io::stdin().is_terminal() {
        return Err(BackupError::PassphraseMissing);
    }
    let typed = rpassword::prompt_password(prompt).map(Zeroizing::new);
    Passphrase::new(typed.map_err(|error| BackupError::PassphraseFile {
        path: Path::new("the terminal").to_owned(),
        detail: error.to_string(),
    })?)
}
