//! Why a backup was not made, or not restored.

use crate::ledger::LedgerError;
use crate::vault::VaultError;
use std::path::{Path, PathBuf};

/// A backup that was not made, checked or restored. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// The ledger said no.
    #[error("{0}. {hint}", hint = .0.hint())]
    Ledger(#[from] LedgerError),
    /// The vault's key can't be read, or isn't that of the ledger.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No room on the disk.
    #[error("the disk is full: {}. Make room, then run it again", path.display())]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// A file can't be read or written.
    #[error("{} can't be read or written: {detail}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The file is none.
    #[error("{} is not a backup of an Accolade node: give a file that `accolade-node backup` wrote", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
    },
    /// A byte of it was changed, or some are missing.
    #[error("the backup {} is damaged ({what} is not as it was written): use another copy of it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        what: &'static str,
    },
    /// Made by a newer program.
    #[error("the backup {} has form {found}, this program reads form 1: use the program that made it", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its form.
        found: u32,
    },
    /// The key didn't open.
    #[error("the passphrase is not that of this backup: try again, or use the copy that it belongs to")]
    WrongPassphrase,
    /// The passphrase is too short or too long.
    #[error("the passphrase must have at least 12 characters, and at most 1024 bytes")]
    PassphraseLength,
    /// There is no passphrase, and nobody to be asked.
    #[error(
        "there is no terminal to ask for the passphrase: give a file that holds it with --passphrase-file"
    )]
    PassphraseMissing,
    /// What was typed the second time is something else.
    #[error("the two passphrases are not the same: run it again")]
    PassphrasesDiffer,
    /// The file of the passphrase can't be read.
    #[error("the passphrase can't be read from {}: {detail}", path.display())]
    PassphraseFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// Another file stands there.
    #[error("{} is there already and is not an older backup of this node: choose another name", path.display())]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// No node was ever started here.
    #[error("no node was started on the data folder {} yet: there is nothing to back up", folder.display())]
    NoIdentity {
        /// The data folder.
        folder: PathBuf,
    },
    /// A backup goes into an empty folder only.
    #[error("the data folder {} is not empty: restore into a new one, so that nothing is lost", folder.display())]
    FolderNotEmpty {
        /// The data folder.
        folder: PathBuf,
    },
    /// `key_file` holds another key.
    #[error("the key file {} holds another key than the backup: move it away, or name another `key_file`", path.display())]
    OtherKeyFile {
        /// The key file.
        path: PathBuf,
    },
    /// The ledger waits for nothing.
    #[error("the ledger in {} is level already: there is nothing to declare", folder.display())]
    NothingToDeclare {
        /// The data folder.
        folder: PathBuf,
    },
    /// A fault, or a manifest that makes no sense.
    #[error("the backup can't be used: {detail}")]
    Failed {
        /// What happened.
        detail: String,
    },
}

impl BackupError {
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Self::DiskFull { path: path.to_owned() };
        }
        Self::Io { path: path.to_owned(), detail: error.to_string() }
    }
}

impl From<std::io::Error> for BackupError {
    fn from(error: std::io::Error) -> Self {
        Self::io(Path::new("the backup"), &error)
    }
}
