//! did:web (the did:web method): a DID that names a host and path, and the URL of its document.
//!
//! One spelling for each: what a URL parser could take for another host or path than a reader does is refused.
//! Whether the host's address may be connected to is for whoever fetches.

use super::{Did, DidError};
use std::fmt::Write;

/// Longest host name, in bytes (RFC 1035).
const MAX_HOST_BYTES: usize = 253;
/// Longest label of a host name, in bytes.
const MAX_LABEL_BYTES: usize = 63;
/// How a DID writes the colon before a port.
const COLON: &str = "%3A";

/// The did:web of an https URL, `https://host[:port][/path]`: the host in lower case, without port 443, without a
/// slash at the end.
///
/// # Errors
/// Another scheme, a user name, query or fragment, an IP address for a host, a path with `.`, `..` or empty
/// segments or with characters that a DID can't hold in one way only.
pub fn did_of_url(url: &str) -> Result<Did, WebDidError> {
    let rest = url.strip_prefix("https://").ok_or(WebDidError::NotHttps)?;
    if rest.contains(['?', '#']) {
        return Err(WebDidError::QueryOrFragment);
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains('@') {
        return Err(WebDidError::UserInfo);
    }
    if authority.starts_with('[') {
        return Err(WebDidError::IpAddress);
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(read_port(port)?)),
        None => (authority, None),
    };
    let mut text = format!("did:web:{}", host.to_ascii_lowercase());
    if let Some(port) = port.filter(|port| *port != 443) {
        // Writing to a String can't fail.
        let _ = write!(text, "{COLON}{port}");
    }
    // One slash at the end says nothing; two are an empty segment.
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    if !path.is_empty() {
        for segment in path.split('/') {
            text.push(':');
            text.push_str(&escaped(segment)?);
        }
    }
    check_host(host)?;
    let did = Did::parse(&text).map_err(|error| match error {
        DidError::TooLong => WebDidError::TooLong,
        _ => WebDidError::Path,
    })?;
    url_of(&did)?;
    Ok(did)
}

/// The URL of the document of a did:web: `https://host[:port]/.well-known/did.json`, or `/path/did.json`.
///
/// # Errors
/// Another method; a host that is an IP address in any spelling, or no host name; a port by anything but `%3A`;
/// a path with empty segments, with `.` or `..`, or with `/`, `\` and the like in percent encoding.
pub fn url_of(did: &Did) -> Result<String, WebDidError> {
    if did.method() != "web" {
        return Err(WebDidError::OtherMethod);
    }
    let mut segments = did.method_specific_id().split(':');
    let authority = segments.next().unwrap_or_default();
    let (host, port) = match authority.split_once(COLON) {
        Some((host, port)) => (host, Some(read_port(port)?)),
        None => (authority, None),
    };
    check_host(host)?;
    let mut url = format!("https://{}", host.to_ascii_lowercase());
    if let Some(port) = port {
        // Writing to a String can't fail.
        let _ = write!(url, ":{port}");
    }
    let mut path = String::new();
    for segment in segments {
        check_segment(segment)?;
        path.push('/');
        path.push_str(segment);
    }
    url.push_str(if path.is_empty() { "/.well-known" } else { &path });
    url.push_str("/did.json");
    Ok(url)
}

/// Why a URL has no did:web, or a did:web no URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebDidError {
    /// A DID of another method.
    #[error("this is not a did:web")]
    OtherMethod,
    /// Not an https URL.
    #[error("only an https URL has a did:web")]
    NotHttps,
    /// A name or password before the host.
    #[error("the URL of a did:web has no user name")]
    UserInfo,
    /// A `?` or `#`.
    #[error("the URL of a did:web has no query and no fragment")]
    QueryOrFragment,
    /// The host is an IP address, in one of its spellings.
    #[error("a did:web names a host; this is an IP address")]
    IpAddress,
    /// The host is no host name: letters, digits, hyphens and dots. Other letters are written as `xn--…`.
    #[error("this is not a host name (letters, digits, hyphens and dots; other letters as “xn--…”)")]
    Host,
    /// Not a number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535 without zeros before it")]
    Port,
    /// A segment of the path is empty, `.` or `..`, or has a character that may not stand there.
    #[error("a part of the path is empty, “.” or “..”, or has a character that a did:web can't hold")]
    Path,
    /// Over the limit.
    #[error("the DID would be longer than {} bytes", super::MAX_DID_BYTES)]
    TooLong,
}

fn read_port(text: &str) -> Result<u16, WebDidError> {
    let fits =
        (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if fits { text.parse().map_err(|_| WebDidError::Port) } else { Err(WebDidError::Port) }
}

/// A host name whose last label is no number: URL parsers read `2130706433`, `0x7f.1` and `127.1` as addresses.
fn check_host(host: &str) -> Result<(), WebDidError> {
    let is_label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > MAX_HOST_BYTES || !host.split('.').all(is_label) {
        return Err(WebDidError::Host);
    }
    let last = host.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_hex = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    if is_hex || last.bytes().all(|b| b.is_ascii_digit()) { Err(WebDidError::IpAddress) } else { Ok(()) }
}

/// A segment of a path as a DID writes it.
fn escaped(segment: &str) -> Result<String, WebDidError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'~' | b'%');
    if !segment.bytes().all(fits) {
        return Err(WebDidError::Path);
    }
    Ok(segment.replace('~', "%7E"))
}

/// Every escape in a segment must be needed, in capitals, and stand for nothing that a URL parser acts upon.
fn check_segment(segment: &str) -> Result<(), WebDidError> {
    if matches!(segment, "" | "." | "..") {
        return Err(WebDidError::Path);
    }
    let mut rest = segment;
    while let Some(at) = rest.find('%') {
        let digits = rest.get(at + 1..at + 3).ok_or(WebDidError::Path)?;
        let byte = u8::from_str_radix(digits, 16).map_err(|_| WebDidError::Path)?;
        let is_unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_syntax =
            byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b'?' | b'#' | b'%' | b':' | b'@');
        if is_unreserved || is_syntax || digits.bytes().any(|b| b.is_ascii_lowercase()) {
            return Err(WebDidError::Path);
        }
        rest = &rest[at + 3..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(did: &str) -> Result<String, WebDidError> {
        url_of(&Did::parse(did).expect(did))
    }

    #[test]
    fn a_did_has_one_url_and_a_url_one_did() {
        for (did, base, document) in [
            ("did:web:a.example", "https://a.example", "https://a.example/.well-known/did.json"),
            (
                "did:web:a.example%3A8443",
                "https://a.example:8443",
                "https://a.example:8443/.well-known/did.json",
            ),
            (
                "did:web:a.example:user:alice",
                "https://a.example/user/alice",
                "https://a.example/user/alice/did.json",
            ),
            ("did:web:localhost%3A1:a", "https://localhost:1/a", "https://localhost:1/a/did.json"),
            (
                "did:web:xn--mnchen-3ya.example",
                "https://xn--mnchen-3ya.example",
                "https://xn--mnchen-3ya.example/.well-known/did.json",
            ),
            ("did:web:1.0x7g.0xa.7e", "https://1.0x7g.0xa.7e", "https://1.0x7g.0xa.7e/.well-known/did.json"),
            (
                "did:web:a.example:%C3%BC%20x",
                "https://a.example/%C3%BC%20x",
                "https://a.example/%C3%BC%20x/did.json",
            ),
            ("did:web:a.example:%7Ealice", "https://a.example/~alice", "https://a.example/%7Ealice/did.json"),
        ] {
            assert_eq!(url(did).as_deref(), Ok(document), "{did}");
            assert_eq!(did_of_url(base).map(|did| did.to_string()).as_deref(), Ok(did), "{base}");
        }
        for base in
            ["https://A.Example", "https://a.example/", "https://a.example:443", "https://a.example:443/"]
        {
            assert_eq!(
                did_of_url(base).map(|did| did.to_string()).as_deref(),
                Ok("did:web:a.example"),
                "{base}"
            );
        }
        assert_eq!(url("did:web:A.EXAMPLE").as_deref(), Ok("https://a.example/.well-known/did.json"));
    }

    #[test]
    fn ip_addresses_are_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "0X7F.1",
            "127.1",
            "0x7f000001",
            "017700000001",
            "1.2.3.4.5",
            "a.0x",
            "a.0",
            "169.254.169.254",
            "0",
            "a.example.0x7f",
        ] {
            assert_eq!(url(&format!("did:web:{host}")), Err(WebDidError::IpAddress), "{host}");
            assert_eq!(url(&format!("did:web:{host}%3A8080:a")), Err(WebDidError::IpAddress), "{host}");
            assert_eq!(did_of_url(&format!("https://{host}/a")), Err(WebDidError::IpAddress), "{host}");
        }
        for url in ["https://[::1]", "https://[::1]:8443/a", "https://[fe80::1%25eth0]/"] {
            assert_eq!(did_of_url(url), Err(WebDidError::IpAddress), "{url}");
        }
        // In percent encoding, and with another colon.
        for did in [
            "did:web:127%2E0%2E0%2E1",
            "did:web:127%2e0%2e0%2e1",
            "did:web:%31%32%37.0.0.1",
            "did:web:127.0.0.1%3a8080",
            "did:web:%5B%3A%3A1%5D",
            "did:web:%5b::1%5d",
            "did:web:169%2E254%2E169%2E254",
            "did:web:127.0.0.1.",
            "did:web:%EF%BC%9127.0.0.1",
            "did:web:127.0.0.1%00.example",
        ] {
            assert!(url(did).is_err(), "{did}");
        }
        assert_eq!(did_of_url("https://127\u{3002}0\u{3002}0\u{3002}1"), Err(WebDidError::Host));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let long = format!("{}.example", "a".repeat(64));
        let longer = format!("{}example", "a.".repeat(124));
        for host in [
            "",
            ".",
            "a..b",
            ".a",
            "a.",
            "-a.example",
            "a-.example",
            "a_b.example",
            "a%2Eb",
            "a%2eexample",
            "a%40b",
            "a%23b",
            "a%2Fb",
            "a%5Cb",
            "a%3Fb",
            "a%00b",
            "a%20b",
            "%61.example",
            "a.example%3a8080",
            "user%40a.example",
            "a.example%23x",
            "a.example%3F",
            &long,
            &longer,
        ] {
            // An empty or dotted end is no DID in the first place.
            if let Ok(did) = Did::parse(&format!("did:web:{host}")) {
                assert_eq!(url_of(&did), Err(WebDidError::Host), "{host}");
            }
        }
        for port in ["", "0", "00", "080", "65536", "99999", "100000", "8a", "-1", "80%3A80"] {
            if let Ok(did) = Did::parse(&format!("did:web:a.example%3A{port}:x")) {
                assert_eq!(url_of(&did), Err(WebDidError::Port), "{port}");
            }
            assert!(did_of_url(&format!("https://a.example:{port}")).is_err(), "{port}");
        }
        assert_eq!(url("did:key:z6Mk"), Err(WebDidError::OtherMethod));
        assert_eq!(url("did:webvh:a.example"), Err(WebDidError::OtherMethod));
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for path in [
            "..",
            ".",
            "a:..",
            "..:a",
            "a:.:b",
            "%2E%2E",
            "%2e%2e",
            ".%2E",
            "%2E",
            "a::b",
            ":a",
            "a%2Fb",
            "a%2fb",
            "a%5Cb",
            "%2F..%2Fadmin",
            "a%3Fb",
            "a%23b",
            "a%00",
            "a%0A",
            "a%7F",
            "%252E%252E",
            "a%3Ab",
            "a%40b",
            "%61",
            "%c3%bc",
            "%2D",
        ] {
            let did = Did::parse(&format!("did:web:a.example:{path}")).expect(path);
            assert_eq!(url_of(&did), Err(WebDidError::Path), "{path}");
        }
        for (url, error) in [
            ("https://a.example/..", WebDidError::Path),
            ("https://a.example/a/../b", WebDidError::Path),
            ("https://a.example/%2e%2e/b", WebDidError::Path),
            ("https://a.example/a//b", WebDidError::Path),
            ("https://a.example//", WebDidError::Path),
            ("https://a.example/a b", WebDidError::Path),
            ("https://a.example/ü", WebDidError::Path),
            ("https://a.example/a%", WebDidError::Path),
            ("https://a.example/a:b", WebDidError::Path),
            ("https://a.example/a\\b", WebDidError::Path),
            ("https://a.example\\@b.example/", WebDidError::UserInfo),
            ("https://a.example\\b", WebDidError::Host),
            ("https://a.example?x", WebDidError::QueryOrFragment),
            ("https://a.example/#x", WebDidError::QueryOrFragment),
            ("https://user@a.example", WebDidError::UserInfo),
            ("https://user:secret@a.example", WebDidError::UserInfo),
            ("https://", WebDidError::Host),
            ("https:///a", WebDidError::Host),
            ("https:/a.example", WebDidError::NotHttps),
            ("http://a.example", WebDidError::NotHttps),
            ("HTTPS://a.example", WebDidError::NotHttps),
            ("a.example", WebDidError::NotHttps),
            ("https://münchen.example", WebDidError::Host),
            (" https://a.example", WebDidError::NotHttps),
            ("https://a.example ", WebDidError::Host),
            ("https://a.example\n", WebDidError::Host),
            ("https://a.example:1:2", WebDidError::Port),
        ] {
            assert_eq!(did_of_url(url), Err(error), "{url}");
        }
        assert_eq!(did_of_url(&format!("https://a.example/{}", "a".repeat(2048))), Err(WebDidError::TooLong));
    }
}
