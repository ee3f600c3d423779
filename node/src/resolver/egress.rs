//! The egress guard: the one way by which a node fetches what others named.
//!
//! A badge may name any address, and whoever wrote it may control what a name resolves to. So: https on port 443 only;
//! the name is looked up here, and only public addresses among the answers are connected to (the connection is made to
//! the checked address, not to the name again); redirects stay on the same host; all of it within five seconds, the
//! body within its limit; no cookie, no proxy from the environment, no connection kept; a few connections to one
//! address, whatever names lead there.

use super::addresses::is_public;
use super::crowd::{Crowd, Held};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::http::{HeaderMap, Response, Uri, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver as NameResolver};
use ureq::unversioned::transport::{Connector as _, NextTimeout, RustlsConnector, TcpConnector};
use ureq::{Agent, Body, config::Config};

/// Longest time of one fetch: look-up, connections, redirects and body together.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Most redirects that are followed, all on the same host.
pub const MAX_REDIRECTS: usize = 3;
/// Largest head of an answer, in bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;
/// How a node names itself to the servers that it asks.
const USER_AGENT: &str = concat!("accolade-node/", env!("CARGO_PKG_VERSION"));

/// The guard; cheap to clone.
#[derive(Clone)]
pub struct Egress {
    agent: Agent,
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The body.
    pub bytes: Vec<u8>,
    /// How long from now its server lets others keep it; none if it didn't say. Zero where it wants to be asked each
    /// time.
    pub max_age: Option<Duration>,
    /// The media type by which it was served, in lower case, without parameters; empty if it had none.
    pub media_type: String,
}

impl Fetched {
    /// Whether it was served as JSON (RFC 6839: also `+json`).
    pub fn is_json(&self) -> bool {
        let media_type = self.media_type.as_str();
        media_type == "application/json"
            || (media_type.starts_with("application/") && media_type.ends_with("+json"))
    }
}

/// Why nothing was fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an URL that is fetched: another scheme or port than https and 443, an IP address, a login.
    #[error("{url} is not fetched: only https on port 443 is, and a host by its name")]
    Url {
        /// The URL.
        url: String,
    },
    /// The host has no address.
    #[error("the host {host} is not known")]
    NoHost {
        /// The host.
        host: String,
    },
    /// The host has only addresses that are not on the public Internet.
    #[error("{host} is not a host on the public Internet")]
    NotPublic {
        /// The host.
        host: String,
    },
    /// The server sent elsewhere, or in circles.
    #[error("the server of {url} redirects to another host or too often")]
    Redirect {
        /// The URL first asked for.
        url: String,
    },
    /// It answered with something else than 200.
    #[error("the server of {url} answered {status}")]
    Status {
        /// The URL.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The body is over its limit.
    #[error("the answer of {url} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The URL.
        url: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// There was no place for the fetch: too many are under way, in all, at this host or at its address.
    #[error("too much is being fetched from {host} or in all")]
    Busy {
        /// The host.
        host: String,
    },
    /// It took too long.
    #[error("{url} didn't arrive within {} seconds", FETCH_TIMEOUT.as_secs())]
    Timeout {
        /// The URL.
        url: String,
    },
    /// No connection, no good certificate, or no HTTP.
    #[error("{url} can't be fetched: {detail}")]
    Failed {
        /// The URL.
        url: String,
        /// What happened.
        detail: String,
    },
}

impl Egress {
    /// The guard of a running node: names by the system's resolver, the root certificates that browsers trust.
    pub fn public() -> Self {
        Self::new(Names::System, is_public, RootCerts::WebPki)
    }

    /// A guard for tests: these names at these addresses and no others, loopback only, and this certificate (DER) as the
    /// only root. Nothing in a configuration leads here.
    #[doc(hidden)]
    pub fn for_tests(names: HashMap<String, SocketAddr>, root_der: &[u8]) -> Self {
        let root = Certificate::from_der(root_der).to_owned();
        let is_loopback = |address: IpAddr| address.is_loopback();
        Self::new(Names::Fixed(names), is_loopback, RootCerts::new_with_certs(&[root]))
    }

    fn new(names: Names, permits: fn(IpAddr) -> bool, roots: RootCerts) -> Self {
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(crypto).build();
        let config = Config::builder()
            .https_only(true)
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0) // followed here, on the same host only
            .max_idle_connections(0)
            .max_response_header_size(MAX_HEAD_BYTES)
            .user_agent(USER_AGENT)
            .accept_encoding("identity")
            .timeout_global(Some(FETCH_TIMEOUT))
            .tls_config(tls)
            .build();
        let connector = ().chain(TcpConnector::default()).chain(RustlsConnector::default());
        Self {
            agent: Agent::with_parts(
                config,
                connector,
                CheckedNames { names, permits, crowd: Crowd::default() },
            ),
        }
    }

    /// Fetches a URL by GET; blocks for [`FETCH_TIMEOUT`] at most.
    ///
    /// # Errors
    /// Anything but a 200 within all limits.
    pub fn get(&self, url: &str, accept: &'static str, limit_bytes: u64) -> Result<Fetched, FetchError> {
        let _held = Held::begin();
        let begun = Instant::now();
        let asked = Target::read(url)?;
        let mut target = asked.clone();
        for _ in 0..=MAX_REDIRECTS {
            let left = FETCH_TIMEOUT.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(FetchError::Timeout { url: asked.url });
            }
            let request = self.agent.get(&target.url).header(header::ACCEPT, accept);
            let answer = request.config().timeout_global(Some(left)).build().call();
            let mut answer = answer.map_err(|error| asked.error(error, limit_bytes))?;
            match answer.status().as_u16() {
                200 => return body(&mut answer, &asked, limit_bytes),
                301 | 302 | 303 | 307 | 308 => target = target.redirected(answer.headers(), &asked)?,
                status => return Err(FetchError::Status { url: asked.url, status }),
            }
        }
        Err(FetchError::Redirect { url: asked.url })
    }
}

fn body(answer: &mut Response<Body>, asked: &Target, limit_bytes: u64) -> Result<Fetched, FetchError> {
    let encoded = answer.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if encoded {
        let detail = "its body is compressed, which was not asked for".to_owned();
        return Err(FetchError::Failed { url: asked.url.clone(), detail });
    }
    let (max_age, media_type) = (max_age(answer.headers()), media_type(answer.headers()));
    // One byte more would tell a body that is too large from one that just fits.
    let bytes = answer.body_mut().with_config().limit(limit_bytes + 1).read_to_vec();
    let bytes = bytes.map_err(|error| asked.error(error, limit_bytes))?;
    if bytes.len() as u64 > limit_bytes {
        return Err(FetchError::TooLarge { url: asked.url.clone(), limit_bytes });
    }
    Ok(Fetched { bytes, max_age, media_type })
}

/// The media type in `Content-Type`.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What `Cache-Control` allows (RFC 9111 section 5.2.2), less what `Age` says has passed of it (section 5.1).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let age = headers.get(header::AGE).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    cache_control(headers).map(|allowed| allowed.saturating_sub(Duration::from_secs(age.unwrap_or(0))))
}

fn cache_control(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut found = None;
    for directive in values.flat_map(|value| value.split(',')).map(str::trim) {
        let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            "max-age" => {
                let seconds = argument.trim_matches('"').parse().ok()?;
                found = Some(Duration::from_secs(seconds));
            }
            _ => {}
        }
    }
    found
}

/// A URL that may be fetched.
#[derive(Clone, Debug)]
struct Target {
    url: String,
    host: String,
}

impl Target {
    fn read(url: &str) -> Result<Self, FetchError> {
        let refused = || FetchError::Url { url: url.to_owned() };
        // A path beyond ASCII would be sent as it is, which no server has to understand.
        let uri: Uri = url.parse().ok().filter(|_| url.is_ascii()).ok_or_else(refused)?;
        let authority = uri.authority().ok_or_else(refused)?;
        let host = authority.host().to_ascii_lowercase();
        let standard_port = match authority.port() {
            None => !authority.as_str().ends_with(':'),
            Some(port) => port.as_u16() == 443,
        };
        let named = !host.starts_with('[') && host.parse::<IpAddr>().is_err() && !host.is_empty();
        let plain = !authority.as_str().contains('@');
        if uri.scheme_str() == Some("https") && standard_port && named && plain {
            Ok(Self { url: url.to_owned(), host })
        } else {
            Err(refused())
        }
    }

    /// Where a redirect leads: an absolute URL or an absolute path on the same host.
    fn redirected(&self, headers: &HeaderMap, asked: &Self) -> Result<Self, FetchError> {
        let refused = || FetchError::Redirect { url: asked.url.clone() };
        let location =
            headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
        let location = match location.strip_prefix('/') {
            Some(path) if !path.starts_with('/') => format!("https://{}/{path}", self.host),
            _ => location.to_owned(),
        };
        Self::read(&location).ok().filter(|target| target.host == asked.host).ok_or_else(refused)
    }

    fn error(&self, error: ureq::Error, limit_bytes: u64) -> FetchError {
        let (url, host) = (self.url.clone(), self.host.clone());
        match error {
            ureq::Error::HostNotFound => FetchError::NoHost { host },
            ureq::Error::Timeout(_) => FetchError::Timeout { url },
            ureq::Error::BodyExceedsLimit(_) => FetchError::TooLarge { url, limit_bytes },
            ureq::Error::Other(other) if other.is::<NoPublicAddress>() => FetchError::NotPublic { host },
            ureq::Error::Other(other) if other.is::<Crowded>() => FetchError::Busy { host },
            other => FetchError::Failed { url, detail: other.to_string() },
        }
    }
}

/// Looks names up and lets only permitted addresses through; the connector gets these and nothing else.
#[derive(Debug)]
struct CheckedNames {
    names: Names,
    permits: fn(IpAddr) -> bool,
    crowd: Crowd,
}

#[derive(Debug)]
enum Names {
    System,
    Fixed(HashMap<String, SocketAddr>),
}

/// A name that leads nowhere but inside.
#[derive(Debug, thiserror::Error)]
#[error("the host has no public address")]
struct NoPublicAddress;

/// A name that leads where too many fetches are under way already.
#[derive(Debug, thiserror::Error)]
#[error("too many fetches from this address are under way")]
struct Crowded;

impl NameResolver for CheckedNames {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found: Vec<SocketAddr> = match &self.names {
            Names::System => {
                let found = DefaultResolver::default().resolve(uri, config, timeout);
                found.map_err(unknown_host)?.iter().copied().collect()
            }
            Names::Fixed(names) => uri.host().and_then(|host| names.get(host)).copied().into_iter().collect(),
        };
        if found.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        let public: Vec<SocketAddr> =
            found.into_iter().filter(|address| (self.permits)(address.ip())).collect();
        if public.is_empty() {
            return Err(ureq::Error::Other(Box::new(NoPublicAddress)));
        }
        let mut permitted = self.empty();
        let free = public.into_iter().filter(|address| self.crowd.join(address.ip()));
        free.take(MAX_ADDRESSES).for_each(|address| permitted.push(address));
        if permitted.is_empty() { Err(ureq::Error::Other(Box::new(Crowded))) } else { Ok(permitted) }
    }
}

/// The system tells a name that doesn't exist as an I/O error without a kind of its own.
fn unknown_host(error: ureq::Error) -> ureq::Error {
    match error {
        ureq::Error::Io(_) => ureq::Error::HostNotFound,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The real rules on names that resolve as an attacker likes.
    fn strict(names: &[(&str, &str)]) -> Egress {
        let names =
            names.iter().map(|(host, at)| ((*host).to_owned(), at.parse().expect("address"))).collect();
        Egress::new(Names::Fixed(names), is_public, RootCerts::WebPki)
    }

    fn get(egress: &Egress, url: &str) -> FetchError {
        egress.get(url, "*/*", 1000).expect_err(url)
    }

    #[test]
    fn only_https_on_its_port_by_name_is_asked_for() {
        let egress = strict(&[]);
        for url in [
            "http://a.example/did.json",
            "ftp://a.example/",
            "file:///etc/passwd",
            "https://a.example:8443/",
            "https://a.example:80/",
            "https://a.example:/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://user@a.example/",
            "https://user:secret@a.example/",
            "https:///did.json",
            "//a.example/",
            "/did.json",
            "a.example",
            "",
            "https://a.example/ü",
        ] {
            assert_eq!(get(&egress, url), FetchError::Url { url: url.to_owned() });
        }
        assert_eq!(
            get(&egress, "https://a.example:443/"),
            FetchError::NoHost { host: "a.example".to_owned() }
        );
    }

    #[test]
    fn a_name_that_leads_inside_is_not_connected_to() {
        // Something does listen there, and would notice.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
        listener.set_nonblocking(true).expect("set");
        let inside = listener.local_addr().expect("address").to_string();
        let egress = strict(&[
            ("a.example", &inside),
            ("meta.example", "169.254.169.254:443"),
            ("home.example", "192.168.1.1:443"),
            ("six.example", "[::1]:443"),
            ("mapped.example", "[::ffff:127.0.0.1]:443"),
            ("2130706433", &inside),
            ("0x7f.1", &inside),
        ]);
        for host in [
            "a.example",
            "meta.example",
            "home.example",
            "six.example",
            "mapped.example",
            "2130706433",
            "0x7f.1",
        ] {
            let error = get(&egress, &format!("https://{host}/did.json"));
            assert_eq!(error, FetchError::NotPublic { host: host.to_owned() });
        }
        assert_eq!(
            listener.accept().map(|_| ()).expect_err("nobody came").kind(),
            std::io::ErrorKind::WouldBlock
        );
    }

    #[test]
    fn a_redirect_stays_on_its_host() {
        let asked = Target::read("https://a.example/.well-known/did.json").expect("reads");
        let to = |location: &'static str| {
            let headers = HeaderMap::from_iter([(header::LOCATION, location.parse().expect("header"))]);
            asked.redirected(&headers, &asked).map(|target| target.url)
        };
        for (location, url) in [
            ("/did.json", "https://a.example/did.json"),
            ("https://a.example/x", "https://a.example/x"),
            ("https://A.example:443/x", "https://A.example:443/x"),
        ] {
            assert_eq!(to(location).as_deref(), Ok(url));
        }
        for location in [
            "https://b.example/x",
            "http://a.example/x",
            "//b.example/x",
            "//a.example/x",
            "https://a.example:8443/x",
            "https://a.example@b.example/",
            "https://a.example.b.example/",
            "did.json",
            "",
            "?x",
            "https://127.0.0.1/",
        ] {
            assert!(matches!(to(location), Err(FetchError::Redirect { .. })), "{location}");
        }
        assert!(asked.redirected(&HeaderMap::new(), &asked).is_err(), "a redirect to nowhere");
    }

    #[test]
    fn what_is_served_as_json() {
        let of = |text: &'static str| {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, text.parse().expect("header"))]);
            let media_type = media_type(&headers);
            Fetched { bytes: Vec::new(), max_age: None, media_type }.is_json()
        };
        for text in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/did+ld+json",
            "application/cid+json",
        ] {
            assert!(of(text), "{text}");
        }
        for text in [
            "",
            "text/plain",
            "text/html",
            "application/octet-stream",
            "text/json",
            "image/svg+xml",
            "application/jsonx",
            "text/x+json",
        ] {
            assert!(!of(text), "{text}");
        }
        assert_eq!(media_type(&HeaderMap::new()), "");
    }

    #[test]
    fn cache_control_is_read() {
        let of = |text: &'static str| {
            max_age(&HeaderMap::from_iter([(header::CACHE_CONTROL, text.parse().expect("header"))]))
        };
        assert_eq!(max_age(&HeaderMap::new()), None);
        for (text, seconds) in [
            ("max-age=300", Some(300)),
            ("public, Max-Age=\"60\"", Some(60)),
            ("no-store", Some(0)),
            ("max-age=300, no-cache", Some(0)),
            ("public", None),
            ("max-age=soon", None),
            ("max-age=-1", None),
            ("s-maxage=5", None),
            ("max-age=99999999999999999999999", None),
        ] {
            assert_eq!(of(text), seconds.map(Duration::from_secs), "{text}");
        }
        // What a cache on the way has held it for is over already.
        for (age, left) in [("0", 300), ("200", 100), ("300", 0), ("99999", 0), ("soon", 300), ("-5", 300)] {
            let headers = HeaderMap::from_iter([
                (header::CACHE_CONTROL, "max-age=300".parse().expect("header")),
                (header::AGE, age.parse().expect("header")),
            ]);
            assert_eq!(max_age(&headers), Some(Duration::from_secs(left)), "{age}");
        }
    }
}
