//! Backups: the whole ledger and the vault's key in one file, made while the node runs, and restored elsewhere.
//!
//! The replica isn't in it: peers have it. A restored node is an older copy of itself; [`crate::level`] says what it
//! does about that.

mod error;
mod format;
mod passphrase;
mod restore;

#[cfg(test)]
mod tests;

pub use error::BackupError;
pub use format::Manifest;
pub use passphrase::{MAX_PASSPHRASE_BYTES, MIN_PASSPHRASE_CHARS, Passphrase, WrappedKey};
pub use restore::{declare_alone, restore};

use crate::clock;
use crate::config::Config;
use crate::images::hex;
use crate::ledger::{self, Copied};
use crate::vault::{VAULT_KEY_FILE, Vault};
use accolade_core::time::Timestamp;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Makes a backup of the node of `config` in `file`, mode 0600, whether the node runs or not. It holds everything that
/// was acknowledged before this began, was read again after writing, and is durable on return. An older backup of the
/// same node in `file` is replaced, in one step.
///
/// # Errors
/// There is no node, its key can't be read, the disk is full, or something else stands in `file`. Then `file` is as it
/// was.
pub async fn make(
    config: &Config,
    file: &Path,
    passphrase: &Passphrase,
    now: Timestamp,
) -> Result<Manifest, BackupError> {
    let beside = Part::new(file)?;
    ledger::copy(&config.data, &beside.path).await?;
    let copied = ledger::check_copy(&beside.path).await?;
    let no_identity = || BackupError::NoIdentity { folder: config.data.clone() };
    let did = copied.did.clone().ok_or_else(no_identity)?;
    refuse_to_replace(file, &did)?;
    let vault = match &config.key_file {
        Some(path) => Vault::open_key_file(path)?,
        None => Vault::open_key_file(&config.data.join(VAULT_KEY_FILE))?,
    };
    opens(&vault, &copied)?;

    let mut copy = OpenOptions::new()
        .read(true)
        .append(true)
        .open(&beside.path)
        .map_err(|error| BackupError::io(&beside.path, &error))?;
    let ledger_bytes = copy.metadata()?.len();
    let ledger_sha256 = format::transfer(&mut copy, &mut std::io::sink(), ledger_bytes)?;
    let mut manifest = Manifest {
        made_at: now.to_string(),
        node_version: env!("CARGO_PKG_VERSION").to_owned(),
        did,
        head: copied.head.map(|head| format!("{}.{} {}", head.epoch, head.seq, hex(&head.id))),
        schema: copied.schema,
        credentials: copied.credentials,
        ledger_bytes,
        ledger_sha256,
        key: WrappedKey::new(),
    };
    let vouched = manifest.vouched()?;
    manifest.key.seal(vault.expose(), passphrase, &vouched)?;
    format::finish(&mut copy, &manifest).map_err(|error| at(file, error))?;
    drop(copy);

    let read = check(&beside.path, passphrase).await?;
    if read != manifest {
        return Err(BackupError::Damaged { path: file.to_owned(), what: "its manifest" });
    }
    beside.put_in_place(file)?;
    Ok(manifest)
}

/// Reads a backup from the first byte to the last: its digests, its ledger's structure, and that the key opens with
/// this passphrase and is that of the ledger.
///
/// # Errors
/// It is none, of a newer form or a newer program, damaged, or the passphrase is another.
pub async fn check(file: &Path, passphrase: &Passphrase) -> Result<Manifest, BackupError> {
    let (_, manifest, _) = open(file, passphrase).await?;
    Ok(manifest)
}

/// A backup that is whole, with its key.
async fn open(
    path: &Path,
    passphrase: &Passphrase,
) -> Result<(File, Manifest, Zeroizing<[u8; 32]>), BackupError> {
    let (file, manifest) = format::read(path)?;
    let key = manifest.key.open(passphrase, &manifest.vouched()?)?;
    let copied = ledger::check_copy(path).await?;
    if copied.did.as_ref() != Some(&manifest.did) {
        return Err(BackupError::Damaged { path: path.to_owned(), what: "its manifest" });
    }
    opens(&Vault::of_key(&key, path), &copied)?;
    Ok((file, manifest, key))
}

/// Whether this is the key that the ledger's secrets are sealed with.
fn opens(vault: &Vault, copied: &Copied) -> Result<(), BackupError> {
    if let Some(sealed) = &copied.signing_key {
        vault.unseal("signing-key", sealed)?;
    }
    Ok(())
}

/// Replaces nothing but an older backup of the same node.
fn refuse_to_replace(file: &Path, did: &str) -> Result<(), BackupError> {
    if !file.exists() {
        return Ok(());
    }
    match format::read(file) {
        Ok((_, manifest)) if manifest.did == did => Ok(()),
        // Damaged or of a newer form: somebody may still want it.
        _ => Err(BackupError::Taken { path: file.to_owned() }),
    }
}

fn at(file: &Path, error: BackupError) -> BackupError {
    match error {
        BackupError::DiskFull { .. } => BackupError::DiskFull { path: file.to_owned() },
        BackupError::Io { detail, .. } => BackupError::Io { path: file.to_owned(), detail },
        error => error,
    }
}

/// A file of mode 0600 beside the one that it is to become; removed unless it did.
struct Part {
    path: PathBuf,
}

impl Part {
    fn new(file: &Path) -> Result<Self, BackupError> {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}.part", u64::from_be_bytes(clock::random())));
        let path = file.with_file_name(name);
        private_file(&path).map_err(|error| BackupError::io(file, &error))?;
        Ok(Self { path })
    }

    fn put_in_place(self, file: &Path) -> Result<(), BackupError> {
        fs::rename(&self.path, file).map_err(|error| BackupError::io(file, &error))?;
        crate::vault::sync_folder_of(file).map_err(|error| BackupError::io(file, &error))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It has its name by now, or is of no use.
        let _ = fs::remove_file(&self.path);
    }
}

/// An empty file of mode 0600 that wasn't there.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
