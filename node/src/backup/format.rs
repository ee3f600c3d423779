//! The file of a backup, from front to back:
//!
//! 1. the copy of the ledger, an SQLite file;
//! 2. the manifest, JSON: what the backup is of, the digest of the copy, and the vault's key under a passphrase;
//! 3. the footer, 56 bytes: SHA-256 of the manifest, its length and the form's number (4 bytes each, big-endian), and
//!    the mark.
//!
//! So every byte stands under a digest, and whoever changes the ledger or the manifest on purpose breaks the seal of the
//! key, which only the passphrase makes again.

use super::{BackupError, passphrase::WrappedKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom, Write};
use std::path::Path;

/// The form that this program writes, and the only one that it reads.
pub(super) const FORMAT: u32 = 1;
const MARK: &[u8; 16] = b"ACCOLADE BACKUP\n";
const FOOTER_BYTES: usize = 32 + 4 + 4 + 16;
/// Largest manifest that is read, in bytes.
const MAX_MANIFEST_BYTES: u32 = 64 * 1024;
const CHUNK_BYTES: usize = 256 * 1024;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// When it was made (RFC 3339).
    pub made_at: String,
    /// The program that made it.
    pub node_version: String,
    /// The node's DID.
    pub did: String,
    /// The last record of its log, `epoch.seq id`; none where nothing was published.
    pub head: Option<String>,
    /// The schema of the ledger.
    pub schema: i64,
    /// Badges in it.
    pub credentials: u64,
    /// Size of the copy of the ledger, in bytes.
    pub ledger_bytes: u64,
    /// SHA-256 of the copy of the ledger, in hexadecimal.
    pub ledger_sha256: String,
    /// The vault's key under the passphrase.
    pub key: WrappedKey,
}

impl Manifest {
    /// What the seal of the key vouches for: all of the manifest but the seal itself.
    pub(super) fn vouched(&self) -> Result<Vec<u8>, BackupError> {
        let mut without = self.clone();
        without.key.sealed.clear();
        without.to_json()
    }

    fn to_json(&self) -> Result<Vec<u8>, BackupError> {
        serde_json::to_vec(self).map_err(|error| BackupError::Failed { detail: error.to_string() })
    }
}

/// Appends manifest and footer to a copy of the ledger.
pub(super) fn finish(copy: &mut File, manifest: &Manifest) -> Result<(), BackupError> {
    let json = manifest.to_json()?;
    let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
    let mut end = json.clone();
    end.extend(Sha256::digest(&json));
    end.extend(length.to_be_bytes());
    end.extend(FORMAT.to_be_bytes());
    end.extend(MARK);
    copy.seek(SeekFrom::End(0))?;
    copy.write_all(&end)?;
    copy.sync_all()?;
    Ok(())
}

/// Reads the manifest, and checks the length and the digest of everything.
///
/// # Errors
/// It is no backup, one of a newer form, or damaged.
pub(super) fn read(path: &Path) -> Result<(File, Manifest), BackupError> {
    let damaged = |what: &'static str| BackupError::Damaged { path: path.to_owned(), what };
    let mut file = File::open(path).map_err(|error| BackupError::io(path, &error))?;
    let size = file.metadata().map_err(|error| BackupError::io(path, &error))?.len();
    let not_one = || BackupError::NotABackup { path: path.to_owned() };
    let footer_at = size.checked_sub(FOOTER_BYTES as u64).ok_or_else(not_one)?;
    let mut footer = [0; FOOTER_BYTES];
    file.seek(SeekFrom::Start(footer_at))?;
    file.read_exact(&mut footer)?;
    if &footer[40..] != MARK {
        return Err(not_one());
    }
    let number = |at: usize| u32::from_be_bytes([footer[at], footer[at + 1], footer[at + 2], footer[at + 3]]);
    let (length, format) = (number(32), number(36));
    if format != FORMAT {
        return Err(BackupError::NewerFormat { path: path.to_owned(), found: format });
    }
    let manifest_at = footer_at
        .checked_sub(u64::from(length))
        .filter(|_| length <= MAX_MANIFEST_BYTES)
        .ok_or_else(|| damaged("its footer"))?;
    let mut json = vec![0; length as usize];
    file.seek(SeekFrom::Start(manifest_at))?;
    file.read_exact(&mut json)?;
    if Sha256::digest(&json)[..] != footer[..32] {
        return Err(damaged("its manifest"));
    }
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| damaged("its manifest"))?;
    if manifest.ledger_bytes != manifest_at {
        return Err(damaged("its length"));
    }
    file.seek(SeekFrom::Start(0))?;
    if transfer(&mut file, &mut std::io::sink(), manifest.ledger_bytes)? != manifest.ledger_sha256 {
        return Err(damaged("its ledger"));
    }
    file.seek(SeekFrom::Start(0))?;
    Ok((file, manifest))
}

/// Copies exactly `bytes` bytes; their SHA-256 in hexadecimal.
pub(super) fn transfer(
    from: &mut impl Read,
    to: &mut impl Write,
    bytes: u64,
) -> Result<String, std::io::Error> {
    let (mut digest, mut left) = (Sha256::new(), bytes);
    let mut chunk = vec![0; CHUNK_BYTES];
    while left > 0 {
        let some = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        from.read_exact(&mut chunk[..some])?;
        digest.update(&chunk[..some]);
        to.write_all(&chunk[..some])?;
        left -= some as u64;
    }
    Ok(crate::images::hex(&digest.finalize()))
}
