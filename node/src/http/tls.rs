//! TLS: a certificate and its key out of PEM files, read again when they were renewed.

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ServerConfig;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

/// Largest PEM file that is read, in bytes.
const MAX_PEM_BYTES: usize = 1024 * 1024;

/// What HTTP speaks TLS with: TLS 1.2 and 1.3, HTTP/1.1 by ALPN, no client certificates.
pub struct Tls {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the certificate chain and the private key (PKCS #8, PKCS #1 or SEC 1) of two PEM files.
    ///
    /// # Errors
    /// A file that can't be read or isn't PEM, no certificate or no key in it, a key of another certificate, a key
    /// file that everybody may read.
    pub fn open(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let current = RwLock::new(Arc::new(read(cert, key)?));
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), current })
    }

    /// Reads both files again, for the connections to come.
    ///
    /// # Errors
    /// As [`Self::open`]; then the certificate in use stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let new = Arc::new(read(&self.cert, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// What takes the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current))
    }
}

/// A certificate or key that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that can't be read.
    #[error("the file {} of `{name}` can't be read: {error}", path.display())]
    Read {
        /// The key of the configuration.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file over the limit.
    #[error("the file {} of `{name}` has more than {limit_bytes} bytes, so it is no PEM file of a certificate or key", path.display())]
    TooLarge {
        /// The key of the configuration.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// The greatest size.
        limit_bytes: usize,
    },
    /// A file that isn't PEM, or holds nothing of what is looked for.
    #[error("the file {} of `{name}` holds no {what} in PEM (“-----BEGIN {label}-----”)", path.display())]
    Nothing {
        /// The key of the configuration.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// How it begins.
        label: &'static str,
    },
    /// PEM whose inside is damaged.
    #[error("the file {} of `{name}` is damaged: {detail}; make it again", path.display())]
    Damaged {
        /// The key of the configuration.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        detail: String,
    },
    /// A private key that everybody on the machine may read.
    #[error("everybody on this machine may read the private key {} (mode {mode:03o}): run `chmod o-rwx {}`", path.display(), path.display())]
    OthersMayRead {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The key belongs to another certificate.
    #[error("the key {} doesn't fit the first certificate in {}: give the key that the certificate was made for", key.display(), cert.display())]
    OtherKey {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A certificate or key of a kind that isn't known.
    #[error("the certificate {} or its key can't be used: {detail}", cert.display())]
    Unusable {
        /// The certificate's file.
        cert: PathBuf,
        /// What the TLS library said.
        detail: String,
    },
}

fn read(cert: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let chain = certificates(cert)?;
    let secret = private_key(key)?;
    let unusable =
        |error: rustls::Error| TlsError::Unusable { cert: cert.to_owned(), detail: error.to_string() };
    // Named, since another library in the program brings another provider.
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(unusable)?;
    let made = builder.with_no_client_auth().with_single_cert(chain, secret);
    let mut config = made.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::OtherKey { cert: cert.to_owned(), key: key.to_owned() }
        }
        other => unusable(other),
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let name = "tls_cert";
    let bytes = read_file(name, path, &open(name, path)?)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) | Err(pem::Error::NoItemsFound) => {
            let (what, label) = ("certificate", "CERTIFICATE");
            Err(TlsError::Nothing { name, path: path.to_owned(), what, label })
        }
        Err(error) => Err(TlsError::Damaged { name, path: path.to_owned(), detail: error.to_string() }),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let name = "tls_key";
    let file = open(name, path)?;
    refuse_wide_permissions(path, &file)?;
    let bytes = Zeroizing::new(read_file(name, path, &file)?);
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            let (what, label) = ("private key without a passphrase", "PRIVATE KEY");
            TlsError::Nothing { name, path: path.to_owned(), what, label }
        }
        error => TlsError::Damaged { name, path: path.to_owned(), detail: error.to_string() },
    })
}

fn open(name: &'static str, path: &Path) -> Result<File, TlsError> {
    File::open(path).map_err(|error| TlsError::Read { name, path: path.to_owned(), error })
}

fn read_file(name: &'static str, path: &Path, file: &File) -> Result<Vec<u8>, TlsError> {
    let mut bytes = Vec::new();
    file.take(MAX_PEM_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| TlsError::Read {
        name,
        path: path.to_owned(),
        error,
    })?;
    if bytes.len() > MAX_PEM_BYTES {
        return Err(TlsError::TooLarge { name, path: path.to_owned(), limit_bytes: MAX_PEM_BYTES });
    }
    Ok(bytes)
}

/// A group may read it: that is how one renewal serves several programs.
#[cfg(unix)]
fn refuse_wide_permissions(path: &Path, file: &File) -> Result<(), TlsError> {
    use std::os::unix::fs::PermissionsExt as _;
    let read = |error| TlsError::Read { name: "tls_key", path: path.to_owned(), error };
    let mode = file.metadata().map_err(read).map(|metadata: fs::Metadata| metadata.permissions().mode())?;
    if mode & 0o007 == 0 {
        return Ok(());
    }
    Err(TlsError::OthersMayRead { path: path.to_owned(), mode: mode & 0o777 })
}

#[cfg(not(unix))]
fn refuse_wide_permissions(_: &Path, _: &File) -> Result<(), TlsError> {
    Ok(())
}
