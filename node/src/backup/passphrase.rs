//! The vault's key under a passphrase: Argon2id, then XChaCha20-Poly1305.

use super::BackupError;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use std::io::Read as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Shortest passphrase, in characters.
pub const MIN_PASSPHRASE_CHARS: usize = 12;
/// Longest passphrase, in bytes.
pub const MAX_PASSPHRASE_BYTES: usize = 1024;
/// What one guess costs: memory in KiB, and passes over it.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// What a backup may ask for at most, so that a hostile one can't use the machine up.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

/// A passphrase; wiped when dropped, and without `Debug`.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A passphrase for reading a backup.
    ///
    /// # Errors
    /// It is longer than 1024 bytes.
    pub fn new(text: Zeroizing<String>) -> Result<Self, BackupError> {
        if text.len() > MAX_PASSPHRASE_BYTES {
            return Err(BackupError::PassphraseLength);
        }
        Ok(Self(text))
    }

    /// The first line of a file.
    ///
    /// # Errors
    /// The file can't be read, or isn't UTF-8; otherwise as [`Self::new`].
    pub fn from_file(path: &Path) -> Result<Self, BackupError> {
        let read = |detail: String| BackupError::PassphraseFile { path: path.to_owned(), detail };
        let file = std::fs::File::open(path).map_err(|error| read(error.to_string()))?;
        let mut text = Zeroizing::new(String::with_capacity(MAX_PASSPHRASE_BYTES * 4));
        file.take(MAX_PASSPHRASE_BYTES as u64 * 4)
            .read_to_string(&mut text)
            .map_err(|error| read(error.to_string()))?;
        Self::new(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
    }

    /// Whether it is the same.
    pub fn is(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }

    /// The same, if it is long enough for a new backup.
    ///
    /// # Errors
    /// It has fewer than 12 characters.
    pub fn for_new(self) -> Result<Self, BackupError> {
        if self.0.chars().count() < MIN_PASSPHRASE_CHARS {
            Err(BackupError::PassphraseLength)
        } else {
            Ok(self)
        }
    }
}

/// A key under a passphrase, with all that is needed besides the passphrase to open it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrappedKey {
    /// How the passphrase becomes a key: `argon2id`.
    pub kdf: String,
    /// Memory of Argon2, in KiB.
    pub memory_kib: u32,
    /// Passes of Argon2.
    pub passes: u32,
    /// Lanes of Argon2.
    pub lanes: u32,
    /// Salt of Argon2, 16 bytes in base64.
    pub salt: String,
    /// How the key is sealed: `xchacha20poly1305`.
    pub cipher: String,
    /// Its nonce, 24 bytes in base64.
    pub nonce: String,
    /// The sealed key, in base64.
    pub sealed: String,
}

impl WrappedKey {
    /// Everything but the seal, with salt and nonce of its own.
    pub(super) fn new() -> Self {
        Self {
            kdf: "argon2id".to_owned(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: STANDARD.encode(crate::clock::random::<16>()),
            cipher: "xchacha20poly1305".to_owned(),
            nonce: STANDARD.encode(crate::clock::random::<24>()),
            sealed: String::new(),
        }
    }

    /// Seals `key`; the seal holds only together with `vouched`.
    pub(super) fn seal(
        &mut self,
        key: &[u8; 32],
        passphrase: &Passphrase,
        vouched: &[u8],
    ) -> Result<(), BackupError> {
        let (cipher, nonce) = self.cipher(passphrase)?;
        let sealed = cipher.encrypt(&nonce, Payload { msg: key, aad: vouched });
        self.sealed = STANDARD.encode(sealed.map_err(|_| failed("the key can't be sealed"))?);
        Ok(())
    }

    /// Opens the seal.
    ///
    /// # Errors
    /// [`BackupError::WrongPassphrase`], also where what it vouches for was changed.
    pub(super) fn open(
        &self,
        passphrase: &Passphrase,
        vouched: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, BackupError> {
        let (cipher, nonce) = self.cipher(passphrase)?;
        let sealed = STANDARD.decode(&self.sealed).map_err(|_| failed("the sealed key is not base64"))?;
        let opened = cipher.decrypt(&nonce, Payload { msg: &sealed, aad: vouched });
        let opened = Zeroizing::new(opened.map_err(|_| BackupError::WrongPassphrase)?);
        <[u8; 32]>::try_from(opened.as_slice())
            .map(Zeroizing::new)
            .map_err(|_| failed("the sealed key has the wrong length"))
    }

    fn cipher(&self, passphrase: &Passphrase) -> Result<(XChaCha20Poly1305, XNonce), BackupError> {
        let is_known = self.kdf == "argon2id" && self.cipher == "xchacha20poly1305";
        let is_bounded =
            self.memory_kib <= MAX_MEMORY_KIB && self.passes <= MAX_PASSES && self.lanes <= MAX_LANES;
        if !is_known || !is_bounded {
            return Err(failed("its key is sealed in a way that this program doesn't know"));
        }
        let salt = STANDARD.decode(&self.salt).map_err(|_| failed("the salt is not base64"))?;
        let nonce = STANDARD.decode(&self.nonce).ok().and_then(|nonce| <[u8; 24]>::try_from(nonce).ok());
        let nonce = nonce.ok_or_else(|| failed("the nonce is not one"))?;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|error| BackupError::Failed { detail: error.to_string() })?;
        let mut derived = Zeroizing::new([0u8; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.0.as_bytes(), &salt, derived.as_mut_slice())
            .map_err(|error| BackupError::Failed { detail: error.to_string() })?;
        Ok((XChaCha20Poly1305::new((&*derived).into()), XNonce::from(nonce)))
    }
}

fn failed(detail: &str) -> BackupError {
    BackupError::Failed { detail: detail.to_owned() }
}
