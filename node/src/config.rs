//! The node's configuration: one TOML file, or the same keys as flags. Unknown keys are errors.

use crate::public_url::PublicUrl;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest tick, in seconds: a status record is due every 6 h anyway.
pub const MAX_TICK_S: u32 = 6 * 3600;
/// Longest display name, in bytes.
pub const MAX_NAME_BYTES: usize = 200;

/// Everything that can be set. `Config::default()` is a node on loopback with its data in `./accolade-data`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The folder of the ledger, the replica and the keys. Default `./accolade-data`.
    pub data: PathBuf,
    /// The organization's name, as shown on its badges. Default `Accolade node`.
    pub name: String,
    /// The organization's website, shown on its badges. Default none.
    pub website: Option<String>,
    /// Where the world reaches this node, such as `https://badges.lake.example`: fixes the DID (did:web) at the first
    /// start, and stands in every badge. Default none: the DID is a did:key, for trying out.
    pub public_url: Option<PublicUrl>,
    /// Where HTTP listens. Default `127.0.0.1:8080`; port 0 takes a free one.
    pub http: SocketAddr,
    /// The certificate chain (PEM) by which HTTP speaks TLS; needs `tls_key`. Default none: plain HTTP. Both files are
    /// read again at SIGHUP.
    pub tls_cert: Option<PathBuf>,
    /// The private key (PEM) of `tls_cert`, which not everybody may read. Default none.
    pub tls_key: Option<PathBuf>,
    /// Where metrics are served to Prometheus, at `/metrics`. Default none: they aren't.
    pub metrics: Option<SocketAddr>,
    /// Where libp2p listens, on TCP and on QUIC (UDP). Default `127.0.0.1:4001`; port 0 takes a free one.
    pub p2p: SocketAddr,
    /// Multiaddresses of peers to connect to. Default none: a node needs no peers.
    pub peers: Vec<String>,
    /// Name of the peer network; nodes of different networks don't talk. Default `accolade`.
    pub net: String,
    /// Find peers on the local network by multicast DNS. Default false.
    pub mdns: bool,
    /// Whose records are held. Default and only choice for now: `open`, with quotas.
    pub admission: Admission,
    /// Seconds between status records; a longer tick tells watchers less about when a single badge was revoked.
    /// Default 60. 0 publishes at once; otherwise 5 to 21,600.
    pub tick_s: u32,
    /// Seconds between exchanges with a random peer. Default 10, 1 at least.
    pub sync_s: u32,
    /// How often one address may verify, in requests a second on average, twice that in a burst. Default 50; 0 is
    /// no limit. The node's own machine is never limited.
    pub verify_per_s_per_address: u32,
    /// A file with the key that encrypts the other keys. Default `vault.key` in the data folder.
    pub key_file: Option<PathBuf>,
    /// Not to be set from outside: write the owner's token into its file even where there is a terminal.
    #[serde(skip)]
    pub owner_token_to_file: bool,
}

/// Whose records a node takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Every issuer's, within quotas.
    Open,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("accolade-data"),
            name: "Accolade node".to_owned(),
            website: None,
            public_url: None,
            http: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls_cert: None,
            tls_key: None,
            metrics: None,
            p2p: SocketAddr::from(([127, 0, 0, 1], 4001)),
            peers: Vec::new(),
            net: "accolade".to_owned(),
            mdns: false,
            admission: Admission::Open,
            tick_s: 60,
            sync_s: 10,
            verify_per_s_per_address: 50,
            key_file: None,
            owner_token_to_file: false,
        }
    }
}

impl Config {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// The file can't be read, isn't TOML, has an unknown key, or a value that makes no sense.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let in_file = |message: String| ConfigError { path: Some(path.to_owned()), message };
        let text = std::fs::read_to_string(path).map_err(|error| in_file(error.to_string()))?;
        let config: Self = toml::from_str(&text).map_err(|error| in_file(error.to_string()))?;
        config.check().map_err(|error| in_file(error.message))
    }

    /// The configuration, if its values make sense together.
    ///
    /// # Errors
    /// The first value that doesn't, with the reason.
    pub fn check(self) -> Result<Self, ConfigError> {
        let wrong = |message: &str| Err(ConfigError { path: None, message: message.to_owned() });
        if self.name.trim().is_empty() || self.name.len() > MAX_NAME_BYTES {
            return wrong("`name` must have 1 to 200 bytes");
        }
        if (1..5).contains(&self.tick_s) || self.tick_s > MAX_TICK_S {
            return wrong("`tick_s` must be 0 (at once), or 5 to 21600");
        }
        if self.sync_s == 0 {
            return wrong("`sync_s` must be at least 1");
        }
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => {
                return wrong("`tls_cert` needs `tls_key`, the private key of the certificate");
            }
            (None, Some(_)) => return wrong("`tls_key` needs `tls_cert`, the certificate of the key"),
            _ => {}
        }
        let net_fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.net.is_empty() || self.net.len() > 32 || !self.net.bytes().all(net_fits) {
            return wrong("`net` must have 1 to 32 characters of a-z, 0-9 and “-”");
        }
        if let Some(website) = &self.website
            && !(website.starts_with("https://") || website.starts_with("http://"))
        {
            return wrong("`website` must be an http or https URL");
        }
        Ok(self)
    }

    /// Time between status records.
    pub fn tick(&self) -> Duration {
        Duration::from_secs(u64::from(self.tick_s))
    }
}

/// A configuration that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .path.as_ref().map(|path| format!("{}: ", path.display())).unwrap_or_default())]
pub struct ConfigError {
    /// The file, if the values came from one.
    pub path: Option<PathBuf>,
    /// What is wrong.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("node.toml");
        std::fs::write(&path, text).expect("file");
        Config::read(&path)
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(read(""), Ok(Config::default()));
    }

    #[test]
    fn reads_every_key() {
        let config = read(
            "data = '/var/lib/accolade'\nname = 'Lake Institute'\nwebsite = 'https://lake.example'\n\
             http = '127.0.0.1:0'\np2p = '[::1]:4002'\npeers = ['/ip4/127.0.0.1/tcp/4001']\nnet = 'test-1'\n\
             mdns = true\nadmission = 'open'\ntick_s = 5\nsync_s = 2\nverify_per_s_per_address = 7\nkey_file = '/etc/accolade.key'\n",
        )
        .expect("reads");
        assert_eq!(
            (config.tick(), config.net.as_str(), config.mdns, config.verify_per_s_per_address),
            (Duration::from_secs(5), "test-1", true, 7)
        );
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        for (text, part) in [
            ("htp = '127.0.0.1:1'", "unknown field"),
            ("http = 'localhost'", "socket address"),
            ("http = 8080", "invalid type"),
            ("tick_s = 3", "tick_s"),
            ("tick_s = 21601", "tick_s"),
            ("tick_s = -1", "invalid value"),
            ("sync_s = 0", "sync_s"),
            ("verify_per_s_per_address = -1", "invalid value"),
            ("name = ' '", "name"),
            ("net = 'A B'", "net"),
            ("website = 'javascript:alert(1)'", "website"),
            ("admission = 'everyone'", "unknown variant"),
            ("tls_cert = 'a.pem'", "`tls_cert` needs `tls_key`"),
            ("tls_key = 'a.pem'", "`tls_key` needs `tls_cert`"),
            ("= 1", "TOML"),
        ] {
            let error = read(text).expect_err(text);
            assert!(
                error.to_string().contains("node.toml") && error.message.contains(part),
                "{text}: {error}"
            );
        }
        assert!(Config::read(Path::new("/nonexistent.toml")).is_err());
    }
}
