//! The node's HTTP API, from the outside: one request, one answer, both limited.

use crate::Globals;
use crate::error::CliError;
use crate::{files, output};
use accolade_core::language::Language;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::{Response, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, RequestBuilder};
use zeroize::Zeroizing;

/// Where a node is looked for if none is named.
const DEFAULT_NODE: &str = "http://127.0.0.1:8080";
/// Where a node that was started in this folder leaves its owner's token.
const DEFAULT_TOKEN_FILE: &str = "accolade-data/owner-token";
/// Largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 8 * 1024 * 1024;
/// Largest file of certificates that is read, in bytes.
const MAX_CA_BYTES: usize = 1024 * 1024;
/// Longest token that is read, in bytes.
const MAX_TOKEN_BYTES: usize = 4096;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the whole exchange, in seconds.
const TIMEOUT_S: u64 = 30;

/// A node, as the command line names it.
pub(crate) struct Client {
    agent: Agent,
    node: String,
    is_loopback: bool,
    token: Option<Zeroizing<String>>,
    language: Option<Language>,
}

/// How this program asks anybody for anything: no redirects, no proxy, limits on the time; the authorities of `--ca-file`,
/// else of `ACCOLADE_CA_FILE`, else the public ones.
///
/// # Errors
/// A file of certificates that can't be read.
pub(crate) fn agent(globals: &Globals) -> Result<Agent, CliError> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(concat!("accolade/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_global(Some(Duration::from_secs(TIMEOUT_S)));
    let ca_file = globals.ca_file.clone().or_else(|| from_env("ACCOLADE_CA_FILE").map(PathBuf::from));
    let config = match ca_file {
        Some(path) => config.tls_config(TlsConfig::builder().root_certs(read_roots(&path)?).build()),
        None => config,
    };
    Ok(config.build().new_agent())
}

fn from_env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Client {
    /// The node of `--node`, else of `ACCOLADE_NODE`, else on this machine; for acts that need no token.
    ///
    /// # Errors
    /// An address that is neither http nor https; a file of certificates that can't be read.
    pub(crate) fn open(globals: &Globals) -> Result<Self, CliError> {
        let named = globals.node.clone().or_else(|| from_env("ACCOLADE_NODE"));
        let (node, is_loopback) = parse_node(named.as_deref().unwrap_or(DEFAULT_NODE))?;
        Ok(Self { agent: agent(globals)?, node, is_loopback, token: None, language: None })
    }

    /// The same, to be answered in a language.
    pub(crate) fn speaking(self, language: Language) -> Self {
        Self { language: Some(language), ..self }
    }

    /// The same with the token of `--token-file`, `ACCOLADE_TOKEN_FILE`, `ACCOLADE_TOKEN`, or the owner's
    /// token of a node that was started in this folder.
    ///
    /// # Errors
    /// As above; no token, or one that can't be read.
    pub(crate) fn open_with_token(globals: &Globals) -> Result<Self, CliError> {
        let client = Self::open_with_token_if_any(globals)?;
        if client.token.is_none() { Err(CliError::NoToken) } else { Ok(client) }
    }

    /// The same where a token isn't needed, but shows more.
    ///
    /// # Errors
    /// As above; a token that can't be read.
    pub(crate) fn open_with_token_if_any(globals: &Globals) -> Result<Self, CliError> {
        let mut client = Self::open(globals)?;
        client.token = find_token(globals.token_file.as_deref(), client.is_loopback)?;
        if !client.is_loopback && client.token.is_some() && client.node.starts_with("http://") {
            output::note("note: the access token travels unencrypted to another machine (http)");
        }
        Ok(client)
    }

    /// Asks for `path`, with the token if there is one.
    pub(crate) fn get(&self, path: &str) -> Result<Value, CliError> {
        let request = self.agent.get(format!("{}{path}", self.node)).header("accept", "application/json");
        self.answer(self.with_token(request).call())
    }

    /// Asks for the bytes at `path` in this media type, with the token if there is one.
    pub(crate) fn get_bytes(&self, path: &str, media_type: &str) -> Result<Vec<u8>, CliError> {
        let request = self.agent.get(format!("{}{path}", self.node)).header("accept", media_type);
        let (status, body) = self.body(self.with_token(request).call())?;
        if (200..300).contains(&status) { Ok(body) } else { self.read(status, &body).and(Ok(body)) }
    }

    /// Posts a JSON body to `path`, with the token if there is one.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, CliError> {
        self.post_bytes(path, "application/json", body.to_string().as_bytes())
    }

    /// Posts bytes to `path`, with the token if there is one.
    pub(crate) fn post_bytes(&self, path: &str, media_type: &str, body: &[u8]) -> Result<Value, CliError> {
        let request = self.agent.post(format!("{}{path}", self.node));
        let mut request = request.header("accept", "application/json").header("content-type", media_type);
        if let Some(language) = self.language {
            request = request.header("accept-language", language.tag());
        }
        self.answer(self.with_token(request).send(body))
    }

    /// Deletes what is at `path`, with the token if there is one.
    pub(crate) fn delete(&self, path: &str) -> Result<(), CliError> {
        let request = self.agent.delete(format!("{}{path}", self.node)).header("accept", "application/json");
        self.answer(self.with_token(request).call()).map(drop)
    }

    /// The node's address.
    pub(crate) fn node(&self) -> &str {
        &self.node
    }

    fn with_token<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.as_str())),
            None => request,
        }
    }

    /// An answer that can't come from a node.
    pub(crate) fn no_answer(&self, message: &str) -> CliError {
        CliError::Answer { node: self.node.clone(), message: message.to_owned() }
    }

    fn answer(&self, result: Result<Response<Body>, ureq::Error>) -> Result<Value, CliError> {
        let (status, body) = self.body(result)?;
        self.read(status, &body)
    }

    fn body(&self, result: Result<Response<Body>, ureq::Error>) -> Result<(u16, Vec<u8>), CliError> {
        let mut response = result.map_err(|error| self.transport_error(error))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        Ok((status, body.map_err(|error| self.transport_error(error))?))
    }

    /// The JSON of a good answer; what a node says of another becomes an error.
    fn read(&self, status: u16, body: &[u8]) -> Result<Value, CliError> {
        if status == 204 {
            return Ok(Value::Null);
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(value) if (200..300).contains(&status) => Ok(value),
            Ok(value) if value.get("title").or(value.get("detail")).is_some_and(Value::is_string) => {
                Err(problem(status, &value))
            }
            _ => Err(CliError::Answer {
                node: self.node.clone(),
                message: format!("HTTP status {status}, {} bytes that are no answer of its API", body.len()),
            }),
        }
    }

    fn transport_error(&self, error: ureq::Error) -> CliError {
        let node = self.node.clone();
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => CliError::Unreachable {
                node,
                reason: format!("no connection within {} s", CONNECT_TIMEOUT.as_secs()),
            },
            ureq::Error::Timeout(_) => CliError::Timeout { node, limit_s: TIMEOUT_S },
            ureq::Error::BodyExceedsLimit(limit) => CliError::TooLarge {
                what: format!("the answer of {node}"),
                limit_bytes: usize::try_from(limit).unwrap_or(usize::MAX),
            },
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                CliError::Unreachable { node, reason: "connection refused".to_owned() }
            }
            ureq::Error::Rustls(error) => CliError::Tls { node, reason: in_words(&error.to_string()) },
            ureq::Error::Tls(reason) => CliError::Tls { node, reason: reason.to_owned() },
            // A handshake that fails comes so.
            ureq::Error::Io(error)
                if error.kind() == std::io::ErrorKind::InvalidData && node.starts_with("https://") =>
            {
                CliError::Tls { node, reason: in_words(&error.to_string()) }
            }
            ureq::Error::Protocol(error) => CliError::Answer { node, message: error.to_string() },
            other => CliError::Unreachable { node, reason: other.to_string() },
        }
    }
}

/// What the node says went wrong, as it says it (RFC 9457: title, detail; hint is our own member).
fn problem(status: u16, value: &Value) -> CliError {
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let message = text("detail").or(text("title")).map(str::to_owned);
    let message = message.unwrap_or_else(|| format!("the node refused with HTTP status {status}"));
    let owned = |name: &str| text(name).map(str::to_owned);
    CliError::Problem { message, hint: owned("hint"), code: owned("code") }
}

/// Checks a node's address; gives it without a slash at the end, and whether it is this machine.
fn parse_node(url: &str) -> Result<(String, bool), CliError> {
    let wrong = || CliError::Usage {
        message: format!("“{url}” is not the address of a node"),
        hint: Some("an address looks like http://127.0.0.1:8080"),
    };
    let node = url.trim_end_matches('/');
    let uri: Uri = node.parse().map_err(|_| wrong())?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err(wrong()),
    }
    let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if has_user || uri.query().is_some() || node.contains('#') {
        return Err(wrong());
    }
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    Ok((node.to_owned(), is_loopback))
}

/// What is wrong with a certificate, in plain words where it is one of the usual faults.
fn in_words(fault: &str) -> String {
    for (name, words) in [
        ("UnknownIssuer", "its certificate was signed by nobody whom this program trusts"),
        ("CaUsedAsEndEntity", "its certificate is that of an authority (CA:TRUE), which is not for a server"),
        ("NotValidForName", "its certificate is for another name"),
        ("not valid for name", "its certificate is for another name"),
        ("Expired", "its certificate has expired"),
        ("expired", "its certificate has expired"),
        ("NotValidYet", "its certificate doesn't hold yet; check the clock of this machine"),
        ("InvalidContentType", "it doesn't speak TLS there"),
    ] {
        if fault.contains(name) {
            return words.to_owned();
        }
    }
    fault.to_owned()
}

/// The certificate authorities in a PEM file: only these are trusted then.
fn read_roots(path: &Path) -> Result<RootCerts, CliError> {
    let bytes = files::read(path, MAX_CA_BYTES)?;
    let wrong = |message: String| CliError::Content {
        path: files::shown(path),
        message,
        hint: "give a PEM file with the certificate of the authority that signed the node's",
    };
    let mut roots = Vec::new();
    for item in parse_pem(&bytes) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(error.to_string()))? {
            roots.push(certificate);
        }
    }
    if roots.is_empty() {
        return Err(wrong("this holds no certificate".to_owned()));
    }
    Ok(RootCerts::from(roots))
}

/// The token of the command line, else of the environment. That of a node that was started in this folder is
/// taken only for this machine: it is nobody else's business.
fn find_token(file: Option<&Path>, is_loopback: bool) -> Result<Option<Zeroizing<String>>, CliError> {
    let from_env = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = file {
        return read_token(path).map(Some);
    }
    if let Some(path) = from_env("ACCOLADE_TOKEN_FILE") {
        return read_token(&PathBuf::from(path)).map(Some);
    }
    if let Some(token) = from_env("ACCOLADE_TOKEN") {
        let token = token.into_string().unwrap_or_default();
        return check_token(token, "ACCOLADE_TOKEN").map(Some);
    }
    let beside = Path::new(DEFAULT_TOKEN_FILE);
    if is_loopback && beside.is_file() { read_token(beside).map(Some) } else { Ok(None) }
}

fn read_token(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let text = String::from_utf8(files::read(path, MAX_TOKEN_BYTES)?).unwrap_or_default();
    check_token(text, &files::shown(path))
}

fn check_token(text: String, path: &str) -> Result<Zeroizing<String>, CliError> {
    let text = Zeroizing::new(text);
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(CliError::Content {
            path: path.to_owned(),
            message: "this holds no access token".to_owned(),
            hint: "a token is one word of letters, digits and signs, alone in its file",
        });
    }
    Ok(Zeroizing::new(token.to_owned()))
}

/// `text` as one segment of a path: all but letters, digits and `-._~` percent-encoded (RFC 3986, section 2.3).
pub(crate) fn path_segment(text: &str) -> String {
    let encode = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_path_segment() {
        assert_eq!(path_segment("a-1.b_c~"), "a-1.b_c~");
        assert_eq!(path_segment("did:key:z6/../x?y#z ü"), "did%3Akey%3Az6%2F..%2Fx%3Fy%23z%20%C3%BC");
    }

    #[test]
    fn a_node_is_an_http_address() {
        for (url, node, is_loopback) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("http://localhost:8080/", "http://localhost:8080", true),
            ("http://[::1]:9", "http://[::1]:9", true),
            ("http://badges.example/node/", "http://badges.example/node", false),
            ("https://badges.example/", "https://badges.example", false),
        ] {
            assert_eq!(parse_node(url).expect(url), (node.to_owned(), is_loopback));
        }
        for url in [
            "",
            "127.0.0.1:8080",
            "localhost",
            "ftp://a.example",
            "http://",
            "http:///a",
            "http://user:secret@a.example",
            "http://a.example?x=1",
            "http://a.example#x",
            "http://a b",
            "did:key:z6Mk",
        ] {
            assert!(matches!(parse_node(url), Err(CliError::Usage { .. })), "{url} was accepted");
        }
    }

    #[test]
    fn the_usual_faults_of_certificates_are_told_in_words() {
        for (fault, part) in [
            ("invalid peer certificate: UnknownIssuer", "signed by nobody"),
            ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", "CA:TRUE"),
            ("invalid peer certificate: certificate expired: verification time …", "has expired"),
            ("invalid peer certificate: certificate not valid for name \"a\"", "another name"),
            ("received corrupt message of type InvalidContentType", "doesn't speak TLS"),
            ("something new", "something new"),
        ] {
            assert!(in_words(fault).contains(part), "{fault}");
        }
    }

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(check_token("acc_1234-x\n".to_owned(), "t").expect("a token").as_str(), "acc_1234-x");
        for text in ["", " \n", "two words", "a\nb: c", "tökén", "a\u{1b}b"] {
            assert!(check_token(text.to_owned(), "t").is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_problem_keeps_the_words_of_the_node() {
        let value = serde_json::json!({"title": "Not published", "detail": "The achievement a1 is a draft.",
            "hint": "Publish it first."});
        let error = problem(409, &value);
        assert_eq!(error.to_string(), "The achievement a1 is a draft.");
        assert_eq!(error.hint().as_deref(), Some("Publish it first."));
        assert_eq!(problem(500, &serde_json::json!({})).to_string(), "the node refused with HTTP status 500");
    }
}
