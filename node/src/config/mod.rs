//! The node's configuration: one TOML file, the environment, and flags. Unknown keys are errors.
//!
//! **To add a key**, add one entry to [`keys!`] below: its meaning as doc comment, name, type, default and [`Kind`]. The
//! TOML key, the variable `ACCOLADE_<KEY>`, the flag `--<key>`, `config example` and the reference in
//! `docs/operating.md` follow from it (write the last anew with `ACCOLADE_WRITE_DOCS=1 cargo test --workspace --test
//! operating`). What its value must keep to goes into [`Config::faults`], with a line in the tests below.

mod environment;
mod key;
mod load;
mod reference;

pub use environment::OTHER_VARIABLES;
pub use key::{Key, Kind};
pub use load::{Effective, Origin, Sources};
pub use reference::{example, reference};

use crate::http::Network;
use crate::network::Multiaddr;
use crate::public_url::PublicUrl;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Longest tick, in seconds: a status record is due every 6 h anyway.
pub const MAX_TICK_S: u32 = 6 * 3600;
/// How long a node that isn't level waits for those of its peers that don't answer.
const PEERS_GRACE: Duration = Duration::from_secs(60);
/// Longest display name, in bytes.
pub const MAX_NAME_BYTES: usize = 200;

/// Declares the keys once: the struct, its defaults and the table follow.
macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr, $kind:expr;)+) => {
        /// Everything that can be set. `Config::default()` is a node on loopback with its data in `./accolade-data`.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $key: $type,)+
            /// Not to be set from outside: write the owner's token into its file even where there is a terminal.
            #[serde(skip)]
            pub owner_token_to_file: bool,
            /// Not to be set from outside: how long a node that isn't level waits for those of `peers` that don't answer.
            #[serde(skip)]
            pub peers_grace: Duration,
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($key: $default,)+ owner_token_to_file: false, peers_grace: PEERS_GRACE }
            }
        }

        /// The table of all keys, in the order in which they are shown.
        pub const KEYS: &[Key] =
            &[$(Key { name: stringify!($key), kind: $kind, doc: concat!($($doc),+) }),+];
    };
}

keys! {
    /// The folder of the ledger, the replica and the keys.
    data: PathBuf = PathBuf::from("accolade-data"), Kind::Path;
    /// The organization's name, as shown on its badges; 1 to 200 bytes.
    name: String = "Accolade node".to_owned(), Kind::Text;
    /// The organization's website, shown on its badges.
    website: Option<String> = None, Kind::Text;
    /// Where the world reaches this node, such as `https://badges.lake.example`: fixes the DID (did:web) at the first
    /// start, and stands in every badge. Without it the DID is a did:key, for trying out.
    public_url: Option<PublicUrl> = None, Kind::Url;
    /// Where HTTP listens; port 0 takes a free one.
    http: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)), Kind::Address;
    /// The certificate chain (PEM) by which HTTP speaks TLS; needs `tls_key`. Without it: plain HTTP. Both
    /// files are read again at SIGHUP.
    tls_cert: Option<PathBuf> = None, Kind::Path;
    /// The private key (PEM) of `tls_cert`, which not everybody may read.
    tls_key: Option<PathBuf> = None, Kind::Path;
    /// Where metrics are served to Prometheus, at `/metrics`, in plain HTTP. Without it they aren't.
    metrics: Option<SocketAddr> = None, Kind::Address;
    /// Where libp2p listens, on TCP and on QUIC (UDP); port 0 takes a free one.
    p2p: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 4001)), Kind::Address;
    /// Multiaddresses of peers to connect to; a node needs none.
    peers: Vec<String> = Vec::new(), Kind::List;
    /// Name of the peer network, 1 to 32 of a-z, 0-9 and “-”; nodes of different networks don't talk.
    net: String = "accolade".to_owned(), Kind::Text;
    /// Find peers on the local network by multicast DNS.
    mdns: bool = false, Kind::Switch;
    /// Whose records are held: `open` takes every issuer's, within quotas.
    admission: Admission = Admission::Open, Kind::Choice(&["open"]);
    /// Time between status records; a longer tick tells watchers less about when a single badge was revoked. 0 publishes
    /// at once; otherwise 5 to 21600.
    tick_s: u32 = 60, Kind::Number("seconds");
    /// Time between exchanges with a random peer; 1 at least.
    sync_s: u32 = 10, Kind::Number("seconds");
    /// Issue for certification by 1EdTech: the status of each new badge is a `1EdTechRevocationList`, served at
    /// `/revocations/…`, in place of a Bitstring Status List entry. Readers learn less about how old its word is, and
    /// must ask this node.
    certification: bool = false, Kind::Switch;
    /// How often one address may verify on average, twice that in a burst; 0 is no limit. The node's own machine is
    /// never limited.
    verify_per_s_per_address: u32 = 50, Kind::Number("requests a second");
    /// How often one address may read what is public (lists, achievements, images, badges) on average, twice that in a
    /// burst; 0 is no limit.
    read_per_s_per_address: u32 = 100, Kind::Number("requests a second");
    /// What `/credentials/verify` and `/presentations/verify` answer: `strict` is 200 for what can be relied on and 400
    /// for all else. `vcalm` is what the newest draft of the VC-API has: 200 for every document, and dates and revocation
    /// as warnings, so that `verified` is true even for a revoked badge; look at `verdict` then.
    vcapi_profile: VcApiProfile = VcApiProfile::Strict, Kind::Choice(&["strict", "vcalm"]);
    /// Let programs on this machine issue by `POST /credentials/issue` without a token. For conformance runs: `http` must
    /// be a loopback address, `trusted_proxy` empty, and `public_url` not that of another machine.
    open_issuer: bool = false, Kind::Switch;
    /// Proxies in front of this node, as addresses or blocks such as `10.0.0.0/8`: whom they name in X-Forwarded-For is
    /// who counts for limits. Name your proxy, or all its visitors count as one, and those of a proxy on this machine
    /// aren't limited at all.
    trusted_proxy: Vec<String> = Vec::new(), Kind::List;
    /// A file with the key that encrypts the other keys. Without it: `vault.key` in the data folder.
    key_file: Option<PathBuf> = None, Kind::Path;
    /// What is logged to standard error: a level (error, warn, info, debug), and levels of single parts. At debug, logs
    /// name addresses of peers.
    log: String = "info,libp2p=warn,sqlx=warn".to_owned(), Kind::Text;
    /// The form of a line of the log.
    log_format: LogFormat = LogFormat::Text, Kind::Choice(&["text", "json"]);
}

/// Whose records a node takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Every issuer's, within quotas.
    Open,
}

/// The form of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// What the VC-API's verifying routes answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VcApiProfile {
    /// 200 for what can be relied on, 400 for all else.
    Strict,
    /// As in VCALM: 200 for every document that can be looked at; dates and status are warnings.
    Vcalm,
}

impl Config {
    /// The configuration, if its values make sense together.
    ///
    /// # Errors
    /// The first value that doesn't, with the reason.
    pub fn check(self) -> Result<Self, ConfigError> {
        match self.faults().into_iter().next() {
            Some(fault) => Err(fault),
            None => Ok(self),
        }
    }

    /// Every value that makes no sense, with the reason.
    pub fn faults(&self) -> Vec<ConfigError> {
        let mut faults = Vec::new();
        let mut must = |holds: bool, key: &'static str, rule: &str| {
            if !holds {
                faults.push(ConfigError { key: Some(key), origin: None, message: format!("`{key}` {rule}") });
            }
        };
        let has_name = !self.name.trim().is_empty() && self.name.len() <= MAX_NAME_BYTES;
        must(has_name, "name", "must have 1 to 200 bytes");
        let tick_fits = self.tick_s == 0 || (5..=MAX_TICK_S).contains(&self.tick_s);
        must(tick_fits, "tick_s", "must be 0 (at once), or 5 to 21600");
        must(self.sync_s > 0, "sync_s", "must be at least 1");
        let net_fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let net_fits = (1..=32).contains(&self.net.len()) && self.net.bytes().all(net_fits);
        must(net_fits, "net", "must have 1 to 32 characters of a-z, 0-9 and “-”");
        let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        must(self.website.as_ref().is_none_or(is_web), "website", "must be an http or https URL");
        must(
            self.tls_cert.is_none() || self.tls_key.is_some(),
            "tls_cert",
            "needs `tls_key`, the private key of the certificate",
        );
        must(
            self.tls_key.is_none() || self.tls_cert.is_some(),
            "tls_key",
            "needs `tls_cert`, the certificate of the key",
        );
        let shared = self.metrics.is_some_and(|metrics| metrics.port() != 0 && metrics == self.http);
        must(!shared, "metrics", "must not be the address of `http`");
        let is_public = self.public_url.as_ref().is_some_and(|url| !url.is_of_this_machine());
        let is_alone = self.http.ip().is_loopback() && self.trusted_proxy.is_empty() && !is_public;
        must(
            !self.open_issuer || is_alone,
            "open_issuer",
            "needs `http` at a loopback address such as 127.0.0.1:8080, no `trusted_proxy`, and no `public_url` of another machine: anyone who reaches the node could issue in its name",
        );
        let log_reads = tracing_subscriber::EnvFilter::builder().parse(&self.log).is_ok();
        must(log_reads, "log", "must be a level such as info, or levels of parts such as info,libp2p=debug");
        for proxy in &self.trusted_proxy {
            let rule = format!(
                "holds “{proxy}”, which is neither an address such as 127.0.0.1 nor a block such as 10.0.0.0/8"
            );
            must(proxy.parse::<Network>().is_ok(), "trusted_proxy", &rule);
        }
        for peer in &self.peers {
            let rule = format!("holds “{peer}”, which is not a multiaddress such as /ip4/192.0.2.1/tcp/4001");
            must(peer.parse::<Multiaddr>().is_ok(), "peers", &rule);
        }
        faults
    }

    /// Time between status records.
    pub fn tick(&self) -> Duration {
        Duration::from_secs(u64::from(self.tick_s))
    }
}

/// A value that can't be used, or a source that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default())]
pub struct ConfigError {
    /// The key, if it is about one.
    pub key: Option<&'static str>,
    /// Where the value came from, if that is known.
    pub origin: Option<Origin>,
    /// What is wrong and what would be right.
    pub message: String,
}

/// All that is wrong with a configuration; at least one error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nerror: "))]
pub struct ConfigErrors(pub Vec<ConfigError>);

#[cfg(test)]
mod tests;
