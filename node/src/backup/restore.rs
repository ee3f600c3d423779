//! Restoring a backup into an empty folder, and declaring that nothing newer was signed.

use super::{BackupError, Manifest, Passphrase, format, open, private_file};
use crate::config::Config;
use crate::ledger::{self, LEDGER_FILE, Ledger, LevelBy, RESTORING_FILE};
use crate::start;
use crate::token::{ApiToken, OWNER_TOKEN_FILE};
use crate::vault::{self, VAULT_KEY_FILE, Vault};
use accolade_core::time::Timestamp;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Restores the backup `file` into the data folder of `config`, which must be empty or absent. The node that is started
/// on it lets nobody in but by the fresh owner's token, which is given out as at a first start, since the backup can't
/// know which tokens were withdrawn after it. It signs nothing until it is level with what its peers hold of it, unless `alone` declares that nobody holds
/// anything newer.
///
/// # Errors
/// The backup is none, damaged, of a newer form, or under another passphrase; the folder isn't empty; it can't be
/// written. Then the folder is as it was. A crash halfway leaves a folder on which no node starts.
pub async fn restore(
    file: &Path,
    config: &Config,
    passphrase: &Passphrase,
    alone: bool,
    now: Timestamp,
) -> Result<Manifest, BackupError> {
    let folder = &config.data;
    let (mut backup, manifest, key) = open(file, passphrase).await?;
    let made_at = Timestamp::parse(&manifest.made_at)
        .map_err(|error| BackupError::Failed { detail: format!("“made_at”: {error}") })?;
    let mut made = Made::begin(folder)?;
    let key_file = config.key_file.clone().unwrap_or_else(|| folder.join(VAULT_KEY_FILE));
    let has_key_file = refuse_another_key(&key_file, &key)?;

    let restoring = folder.join(RESTORING_FILE);
    let mut copy = private_file(&restoring).map_err(|error| BackupError::io(&restoring, &error))?;
    made.files.push(restoring.clone());
    let written = format::transfer(&mut backup, &mut copy, manifest.ledger_bytes)
        .map_err(|error| BackupError::io(folder, &error))?;
    if written != manifest.ledger_sha256 {
        return Err(BackupError::Damaged { path: file.to_owned(), what: "its ledger" });
    }
    copy.sync_all().map_err(|error| BackupError::io(&restoring, &error))?;
    drop(copy);
    let token = ApiToken::generate().map_err(|error| BackupError::io(folder, &error))?;
    ledger::mark_restored(&restoring, start::owner_token(&token), made_at, now).await?;
    if !has_key_file {
        vault::create_private_file(&key_file, key.as_slice())
            .map_err(|error| BackupError::io(&key_file, &error))?;
        made.files.push(key_file);
    }
    made.files.push(folder.join(OWNER_TOKEN_FILE));
    start::give_out(&token, config).map_err(|error| BackupError::io(folder, &error))?;
    // From here on it is a data folder.
    fs::rename(&restoring, folder.join(LEDGER_FILE)).map_err(|error| BackupError::io(folder, &error))?;
    made.keep();
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| BackupError::io(folder, &error))?;
    if alone {
        declare_alone(config, now).await?;
    }
    Ok(manifest)
}

/// Declares, on the operator's word, that nobody holds anything that this node signed after its backup was made: it
/// signs again at its next start. If the word is wrong, revocations are forgotten and its log is forked.
///
/// # Errors
/// The node runs, there is no ledger, or it waits for nothing.
pub async fn declare_alone(config: &Config, now: Timestamp) -> Result<(), BackupError> {
    if !config.data.join(LEDGER_FILE).is_file() {
        return Err(ledger::LedgerError::NoLedger { folder: config.data.clone() }.into());
    }
    let ledger = Ledger::open(&config.data).await?;
    let declared = async {
        let waits = ledger.leveling().await?.is_some_and(|leveling| leveling.level_at.is_none());
        if !waits {
            return Err(BackupError::NothingToDeclare { folder: config.data.clone() });
        }
        Ok(ledger.end_leveling(LevelBy::Operator, now).await?)
    };
    let declared = declared.await;
    ledger.close().await;
    declared
}

/// Whether the key's file is there already and holds this key.
fn refuse_another_key(path: &Path, key: &[u8; 32]) -> Result<bool, BackupError> {
    if !path.exists() {
        return Ok(false);
    }
    if Vault::open_key_file(path)?.expose() == key {
        return Ok(true);
    }
    Err(BackupError::OtherKeyFile { path: path.to_owned() })
}

/// What was made so far; removed again unless it is kept.
struct Made {
    folder: Option<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    fn begin(folder: &Path) -> Result<Self, BackupError> {
        let is_new = !folder.exists();
        if !is_new {
            let mut entries = fs::read_dir(folder).map_err(|error| BackupError::io(folder, &error))?;
            if entries.next().is_some() {
                return Err(BackupError::FolderNotEmpty { folder: folder.to_owned() });
            }
        }
        ledger::make_private_folder(folder)?;
        Ok(Self { folder: is_new.then(|| folder.to_owned()), files: Vec::new() })
    }

    fn keep(&mut self) {
        self.files.clear();
        self.folder = None;
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // What can't be removed is named by the next try.
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir(folder);
        }
    }
}
