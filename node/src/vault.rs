//! Secrets at rest: XChaCha20-Poly1305 under a key that stands in a file of its own, so that a copy of the
//! ledger alone gives no secret away.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file of the key in the data folder.
pub const VAULT_KEY_FILE: &str = "vault.key";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const KEY_ID_BYTES: usize = 8;
/// First byte of what [`Vault::seal`] returns.
const FORMAT: u8 = 1;

/// Seals and opens secrets. The key is wiped when dropped and has no `Debug`.
pub struct Vault {
    key: Zeroizing<[u8; KEY_BYTES]>,
    path: PathBuf,
}

impl Vault {
    /// Opens the vault of a data folder with the key in its file `vault.key`; at the first start makes the
    /// file with 32 random bytes, mode 0600. On return the key is durable. Of two processes that make it at
    /// the same moment both get the same key.
    ///
    /// # Errors
    /// The file can't be made or read, others may read it, or it isn't a key.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        let path = folder.join(VAULT_KEY_FILE);
        if !fs::exists(&path).map_err(|error| VaultError::io(&path, &error))? {
            let mut key = Zeroizing::new([0u8; KEY_BYTES]);
            fill_random(key.as_mut_slice())?;
            match create_private_file(&path, key.as_slice()) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => created.map_err(|error| VaultError::io(&path, &error))?,
            }
        }
        Self::open_key_file(&path)
    }

    /// Opens the vault with the key in `path`, a file of exactly 32 bytes that must be there already.
    ///
    /// # Errors
    /// The file isn't there or can't be read, others may read it, or it isn't 32 bytes.
    pub fn open_key_file(path: &Path) -> Result<Self, VaultError> {
        let mut file = File::open(path).map_err(|error| VaultError::io(path, &error))?;
        refuse_wide_permissions(path, &file)?;
        // One byte more than a key, to see that there is no more.
        let mut bytes = Zeroizing::new([0u8; KEY_BYTES + 1]);
        let mut length = 0;
        while length < bytes.len() {
            match file.read(&mut bytes[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(VaultError::io(path, &error)),
            }
        }
        if length != KEY_BYTES {
            return Err(VaultError::NotAKey { path: path.to_owned() });
        }
        let mut key = Zeroizing::new([0u8; KEY_BYTES]);
        key.copy_from_slice(&bytes[..KEY_BYTES]);
        Ok(Self { key, path: path.to_owned() })
    }

    /// A vault with a key that isn't in a file of its own; `path` is named in errors.
    pub(crate) fn of_key(key: &[u8; KEY_BYTES], path: &Path) -> Self {
        Self { key: Zeroizing::new(*key), path: path.to_owned() }
    }

    /// The key itself, to be wrapped.
    pub(crate) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.key
    }

    /// Encrypts `secret`. `name` says what it is, such as `signing-key`; it isn't stored, but needed to open.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0u8; NONCE_BYTES];
        fill_random(&mut nonce)?;
        let mut header = [0u8; 1 + KEY_ID_BYTES];
        header[0] = FORMAT;
        header[1..].copy_from_slice(&self.key_id());
        let payload = Payload { msg: secret, aad: &associated(&header, name) };
        let ciphertext = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| VaultError::Damaged { name: name.to_owned() })?;
        Ok([&header[..], &nonce, &ciphertext].concat())
    }

    /// Decrypts what [`Self::seal`] made under the same name.
    ///
    /// # Errors
    /// [`VaultError::WrongKey`] where it was sealed with another key; [`VaultError::Damaged`] where a byte
    /// was changed, or the name is another.
    pub fn unseal(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let damaged = || VaultError::Damaged { name: name.to_owned() };
        let (header, rest) = sealed.split_at_checked(1 + KEY_ID_BYTES).ok_or_else(damaged)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_BYTES).ok_or_else(damaged)?;
        if header[0] != FORMAT || ciphertext.len() < TAG_BYTES {
            return Err(damaged());
        }
        if header[1..] != self.key_id() {
            return Err(VaultError::WrongKey { name: name.to_owned(), path: self.path.clone() });
        }
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| damaged())?;
        let payload = Payload { msg: ciphertext, aad: &associated(header, name) };
        self.cipher().decrypt(&XNonce::from(nonce), payload).map(Zeroizing::new).map_err(|_| damaged())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }

    /// Tells keys apart without telling anything of them.
    fn key_id(&self) -> [u8; KEY_ID_BYTES] {
        let digest = Sha256::new()
            .chain_update(b"accolade vault key id\0")
            .chain_update(self.key.as_slice())
            .finalize();
        let mut id = [0u8; KEY_ID_BYTES];
        id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        id
    }
}

/// The header has a fixed length, so header and name can't run into each other.
fn associated(header: &[u8], name: &str) -> Vec<u8> {
    [header, name.as_bytes()].concat()
}

fn fill_random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|error| VaultError::NoRandomness { detail: error.to_string() })
}

#[cfg(unix)]
fn refuse_wide_permissions(path: &Path, file: &File) -> Result<(), VaultError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata().map_err(|error| VaultError::io(path, &error))?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(VaultError::ReadableByOthers { path: path.to_owned(), mode })
}

#[cfg(not(unix))]
fn refuse_wide_permissions(_: &Path, _: &File) -> Result<(), VaultError> {
    Ok(())
}

/// Makes a file of mode 0600 with this content; whole and durable on return.
///
/// # Errors
/// `AlreadyExists` where there is a file of that name: it stays as it is.
pub(crate) fn create_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = write_beside(path, content)?;
    // Unlike a rename, a link never replaces.
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    linked?;
    sync_folder_of(path)
}

/// Puts a file of mode 0600 with this content in the place of an older one; durable on return. A crash
/// leaves the old one or the new one, never a part.
pub(crate) fn replace_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = write_beside(path, content)?;
    fs::rename(&beside, path)?;
    sync_folder_of(path)
}

/// A durable file of mode 0600 with a name of its own beside `path`.
fn write_beside(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let mut random = [0u8; 8];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.new", u64::from_be_bytes(random)));
    let beside = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // The first error is the one that tells.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    Ok(beside)
}

pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Why a secret can't be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key file can't be made or read.
    #[error("the vault key {} can't be read or made: {detail}", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// Others than the owner may read the key file.
    #[error("the vault key {} can be read by others (mode {mode:04o}): run `chmod 600` on it", path.display())]
    ReadableByOthers {
        /// The key file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The key file doesn't hold exactly 32 bytes.
    #[error("{} is not a vault key (it must hold exactly 32 bytes): restore it from a backup", path.display())]
    NotAKey {
        /// The key file.
        path: PathBuf,
    },
    /// Sealed with another key.
    #[error(
        "the secret “{name}” was sealed with another key than {}: put the right key file back",
        path.display()
    )]
    WrongKey {
        /// What the secret is.
        name: String,
        /// The key file in use.
        path: PathBuf,
    },
    /// Changed after it was sealed, or sealed under another name.
    #[error("the sealed secret “{name}” is damaged: restore the data folder from a backup")]
    Damaged {
        /// What the secret is.
        name: String,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness: {detail}")]
    NoRandomness {
        /// What the system said.
        detail: String,
    },
}

impl VaultError {
    fn io(path: &Path, error: &io::Error) -> Self {
        Self::Io { path: path.to_owned(), detail: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("folder")
    }

    fn write_key(path: &Path, bytes: &[u8]) {
        replace_private_file(path, bytes).expect("key file");
    }

    #[test]
    fn a_secret_comes_back_also_after_a_restart() {
        let folder = folder();
        let vault = Vault::open(folder.path()).expect("made");
        let sealed = vault.seal("signing-key", b"the secret").expect("sealed");
        let again = Vault::open(folder.path()).expect("opened");
        assert_eq!(again.unseal("signing-key", &sealed).expect("opened").as_slice(), b"the secret");
        assert!(!sealed.windows(10).any(|window| window == b"the secret"));
        assert_ne!(vault.seal("signing-key", b"the secret").expect("again"), sealed, "a nonce of its own");
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let folder = folder();
        let vault = Vault::open(folder.path()).expect("made");
        let sealed = vault.seal("signing-key", b"secret").expect("sealed");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(vault.unseal("signing-key", &changed).is_err(), "byte {at} was changed");
            assert!(vault.unseal("signing-key", &sealed[..at]).is_err(), "cut at {at}");
        }
        assert!(matches!(vault.unseal("network-key", &sealed), Err(VaultError::Damaged { .. })));
        assert!(vault.unseal("signing-key", &[&sealed[..], b"x"].concat()).is_err());
    }

    #[test]
    fn another_key_is_told_from_damage() {
        let (one, two) = (folder(), folder());
        let sealed = Vault::open(one.path()).expect("made").seal("signing-key", b"secret").expect("sealed");
        let other = Vault::open(two.path()).expect("made");
        let error = other.unseal("signing-key", &sealed).expect_err("another key");
        assert!(matches!(&error, VaultError::WrongKey { name, .. } if name == "signing-key"));
        assert!(error.to_string().contains("put the right key file back"), "{error}");
    }

    #[test]
    fn a_key_file_holds_32_bytes() {
        let folder = folder();
        let path = folder.path().join("own.key");
        assert!(matches!(Vault::open_key_file(&path), Err(VaultError::Io { .. })), "it is never made");
        for length in [0, 1, 31, 33, 64, 10_000] {
            write_key(&path, &vec![7; length]);
            assert!(matches!(Vault::open_key_file(&path), Err(VaultError::NotAKey { .. })), "{length} bytes");
        }
        write_key(&path, &[7; 32]);
        let sealed = Vault::open_key_file(&path).expect("a key").seal("x", b"secret").expect("sealed");
        assert!(Vault::open_key_file(&path).expect("a key").unseal("x", &sealed).is_ok());
        assert!(!folder.path().join(VAULT_KEY_FILE).exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder();
        Vault::open(folder.path()).expect("made");
        let path = folder.path().join(VAULT_KEY_FILE);
        assert_eq!(fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o600);
        for (mode, is_good) in [(0o644, false), (0o640, false), (0o604, false), (0o660, false), (0o400, true)]
        {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
            match Vault::open(folder.path()) {
                Ok(_) => assert!(is_good, "mode {mode:o}"),
                Err(error) => {
                    assert!(!is_good, "mode {mode:o}");
                    assert!(error.to_string().contains("chmod 600"), "{error}");
                }
            }
        }
    }

    #[test]
    fn a_key_is_never_replaced() {
        let folder = folder();
        let path = folder.path().join(VAULT_KEY_FILE);
        write_key(&path, &[7; 32]);
        let error = create_private_file(&path, &[8; 32]).expect_err("there is one");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("key"), [7; 32]);
        assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn many_that_start_at_once_get_one_key() {
        let folder = folder();
        let ids: Vec<[u8; KEY_ID_BYTES]> = std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Vault::open(folder.path()).expect("a key").key_id())).collect();
            starts.into_iter().map(|start| start.join().expect("no panic")).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]));
    }
}
