//! Where the world reaches this node, and the did:web that follows from it.

use accolade_core::did::Did;
use accolade_core::did::web::{self, WebDidError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest `public_url`, in bytes; the did:web made from it stays far under the limit of a DID.
pub const MAX_PUBLIC_URL_BYTES: usize = 200;
/// What a path can't begin with, because the node's own addresses do: `/v1/verify` could not be told from the node's
/// own `/verify` under the path `/v1`.
pub(crate) const RESERVED_SEGMENTS: [&str; 15] = [
    ".well-known",
    "1.0",
    "b",
    "credentials",
    "did.json",
    "favicon.svg",
    "health",
    "openapi.json",
    "presentations",
    "revocations",
    "status",
    "style.css",
    "v1",
    "verify",
    "verify.js",
];

/// `https://host[:port][/path]`, in its one form: lower case, no port 443, no slash at the end.
///
/// It becomes the node's DID (the did:web method, section “Web DIDs”), so nothing that a DID can't say is taken: no
/// query, fragment, login or escape, no `http`, no IP address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl {
    text: String,
    did: Did,
    path_at: usize,
}

impl PublicUrl {
    /// Reads it.
    ///
    /// # Errors
    /// What isn't such a URL, with what to do about it.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        use PublicUrlError as Wrong;
        if text.len() > MAX_PUBLIC_URL_BYTES {
            return Err(Wrong::TooLong { bytes: text.len() });
        }
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => return Err(Wrong::PlainHttp),
            _ => return Err(Wrong::NotHttps),
        };
        if rest.contains(['?', '#', '@']) {
            return Err(Wrong::Extra);
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // Stricter than a did:web need be: what has two spellings, as URL and in the DID, isn't taken.
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        if let Some(wrong) = segments.iter().find(|segment| !is_segment(segment)) {
            return Err(Wrong::Path { segment: (*wrong).to_owned() });
        }
        if let Some(taken) = segments.first().filter(|first| RESERVED_SEGMENTS.contains(first)) {
            return Err(Wrong::Reserved { segment: (*taken).to_owned() });
        }

        let did = web::did_of_url(&format!("https://{rest}")).map_err(|error| Wrong::of(error, authority))?;
        let host = did.method_specific_id().split(':').next().unwrap_or_default().replace("%3A", ":");
        let mut text = format!("https://{host}");
        let path_at = text.len();
        segments.iter().for_each(|segment| text.extend(["/", *segment]));
        Ok(Self { text, did, path_at })
    }

    /// The URL, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its path, empty or beginning with a slash.
    pub fn path(&self) -> &str {
        &self.text[self.path_at..]
    }

    /// The did:web that it stands for.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Whether it leads to the machine that it is looked up on (RFC 6761, section 6.3).
    pub fn is_of_this_machine(&self) -> bool {
        let host = self.text[..self.path_at].trim_start_matches("https://");
        let host = host.split(':').next().unwrap_or_default();
        host == "localhost" || host.ends_with(".localhost")
    }

    /// Whether it names the port by which every node fetches, 443.
    pub fn has_standard_port(&self) -> bool {
        !self.did.as_str().contains("%3A")
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl From<PublicUrl> for String {
    fn from(url: PublicUrl) -> Self {
        url.text
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = PublicUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Why a text can't be the `public_url`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// No `https://` in front.
    #[error("`public_url` must begin with https://, such as https://badges.lake.example")]
    NotHttps,
    /// did:web is https only.
    #[error(
        "`public_url` must be https, because a did:web is fetched by https only: put a proxy that speaks TLS in front, \
         or set `tls_cert` and `tls_key`"
    )]
    PlainHttp,
    /// A query, a fragment or a login.
    #[error("`public_url` must be https://host[:port][/path] and nothing more: no login, no “?”, no “#”")]
    Extra,
    /// An IP address.
    #[error(
        "`public_url` must name a host, not an IP address: a did:web needs a name that a certificate can hold"
    )]
    IpAddress,
    /// No host name.
    #[error(
        "`public_url`: “{host}” is not a host name of a-z, 0-9, “-” and “.”; write an international name in its xn-- form"
    )]
    Host {
        /// What stands there.
        host: String,
    },
    /// No port.
    #[error("`public_url`: “{port}” is not a port from 1 to 65535")]
    Port {
        /// What stands there.
        port: String,
    },
    /// A part of the path that a DID can't say.
    #[error(
        "`public_url`: “{segment}” can't be a part of the path; use a-z, A-Z, 0-9, “-”, “_” and “.” only"
    )]
    Path {
        /// What stands there.
        segment: String,
    },
    /// A path that begins like the node's own addresses.
    #[error(
        "`public_url`: the path can't begin with “/{segment}”, because addresses of the node itself do; choose another"
    )]
    Reserved {
        /// The first part of the path.
        segment: String,
    },
    /// Over the limit.
    #[error("`public_url` has {bytes} bytes, the limit is {MAX_PUBLIC_URL_BYTES}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
}

impl PublicUrlError {
    /// What the rules of did:web say, in the words of this key.
    fn of(error: WebDidError, authority: &str) -> Self {
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        match error {
            WebDidError::IpAddress => Self::IpAddress,
            WebDidError::Port => Self::Port { port: port.to_owned() },
            WebDidError::NotHttps => Self::NotHttps,
            WebDidError::UserInfo | WebDidError::QueryOrFragment => Self::Extra,
            // The path was looked at before, and the length.
            WebDidError::Host | WebDidError::Path | WebDidError::TooLong | WebDidError::OtherMethod => {
                Self::Host { host: host.to_owned() }
            }
        }
    }
}

fn is_segment(segment: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_and_its_did_are_two_spellings_of_one_thing() {
        for (text, url, path, did) in [
            ("https://a.example", "https://a.example", "", "did:web:a.example"),
            ("https://a.example/", "https://a.example", "", "did:web:a.example"),
            ("HTTPS://Badges.A.Example:443/", "https://badges.a.example", "", "did:web:badges.a.example"),
            ("https://a.example:8443", "https://a.example:8443", "", "did:web:a.example%3A8443"),
            (
                "https://a.example/Inst/v1.0/",
                "https://a.example/Inst/v1.0",
                "/Inst/v1.0",
                "did:web:a.example:Inst:v1.0",
            ),
            ("https://a.example:1/x_y", "https://a.example:1/x_y", "/x_y", "did:web:a.example%3A1:x_y"),
            (
                "https://xn--hfen-5qa.example",
                "https://xn--hfen-5qa.example",
                "",
                "did:web:xn--hfen-5qa.example",
            ),
            ("https://localhost", "https://localhost", "", "did:web:localhost"),
        ] {
            let read = PublicUrl::parse(text).expect(text);
            assert_eq!((read.as_str(), read.path(), read.did().as_str()), (url, path, did), "{text}");
            assert_eq!(PublicUrl::parse(url).as_ref(), Ok(&read), "its own form is read the same");
        }
        assert!(PublicUrl::parse("https://a.example/x").expect("reads").has_standard_port());
        assert!(!PublicUrl::parse("https://a.example:8443").expect("reads").has_standard_port());
    }

    #[test]
    fn a_path_does_not_begin_like_the_nodes_own_addresses() {
        for segment in RESERVED_SEGMENTS {
            let error = PublicUrl::parse(&format!("https://a.example/{segment}/x")).expect_err(segment);
            assert_eq!(error, PublicUrlError::Reserved { segment: segment.to_owned() });
            assert!(PublicUrl::parse(&format!("https://a.example/x/{segment}")).is_ok(), "{segment}");
        }
    }

    #[test]
    fn refuses_what_a_did_cannot_say() {
        use PublicUrlError as Wrong;
        let error = |text: &str| PublicUrl::parse(text).expect_err(text);
        for text in
            ["", "a.example", "ftp://a.example", "//a.example", "javascript:alert(1)", " https://a.example"]
        {
            assert_eq!(error(text), Wrong::NotHttps, "{text}");
        }
        for text in ["http://a.example", "HTTP://localhost:8080"] {
            assert_eq!(error(text), Wrong::PlainHttp, "{text}");
            assert!(error(text).to_string().contains("`tls_cert`"));
        }
        for text in
            ["https://a.example?x", "https://a.example/#f", "https://u:p@a.example", "https://u@a.example"]
        {
            assert_eq!(error(text), Wrong::Extra, "{text}");
        }
        for text in [
            "https://127.0.0.1",
            "https://127.1",
            "https://0x7f000001",
            "https://2130706433",
            "https://[::1]",
            "https://[::1]:8443",
            "https://a.0x1",
            "https://192.0.2.1:8443/x",
        ] {
            assert_eq!(error(text), Wrong::IpAddress, "{text}");
        }
        for text in [
            "https://",
            "https:///x",
            "https://a..example",
            "https://.a.example",
            "https://a.example.",
            "https://-a.example",
            "https://a_b.example",
            "https://häfen.example",
            "https://a b.example",
            "https://a%2eexample",
            "https://a.example\\x",
            &format!("https://{}.example", "a".repeat(64)),
        ] {
            assert!(
                matches!(error(text), Wrong::Host { .. } | Wrong::IpAddress),
                "{text}: {:?}",
                error(text)
            );
        }
        for text in [
            "https://a.example:",
            "https://a.example:0",
            "https://a.example:65536",
            "https://a.example:+1",
            "https://a.example:8443:1",
        ] {
            assert!(matches!(error(text), Wrong::Port { .. }), "{text}");
        }
        for text in [
            "https://a.example//x",
            "https://a.example/./x",
            "https://a.example/..",
            "https://a.example/%2e%2e",
            "https://a.example/a b",
            "https://a.example/ü",
            "https://a.example/a:b",
        ] {
            assert!(matches!(error(text), Wrong::Path { .. }), "{text}");
        }
        assert!(matches!(error(&format!("https://a.example/{}", "a".repeat(200))), Wrong::TooLong { .. }));
    }
}
