//! What the command line names by an address on the web: one request, no redirects, with limits.

use crate::Globals;
use crate::client::agent;
use crate::error::CliError;
use ureq::http::Uri;

/// Whether an argument is an address rather than the name of a file.
pub(crate) fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Fetches `url`, of at most `limit_bytes`. By https; by http from this machine only.
///
/// # Errors
/// Another address; nothing there, or more than the limit.
pub(crate) fn fetch(url: &str, limit_bytes: usize, globals: &Globals) -> Result<Vec<u8>, CliError> {
    check(url)?;
    let failed = |reason: String| CliError::NotFetched { url: url.to_owned(), reason };
    let answer = agent(globals)?.get(url).header("accept", "*/*").call();
    let mut response = answer.map_err(|error| failed(error.to_string()))?;
    let status = response.status();
    if status.is_redirection() {
        let to = response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
        return Err(failed(format!("it sends on to {to}; give that address if you trust it")));
    }
    if !status.is_success() {
        return Err(failed(format!("HTTP status {}", status.as_u16())));
    }
    let limit = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    match response.body_mut().with_config().limit(limit).read_to_vec() {
        Ok(bytes) => Ok(bytes),
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            Err(CliError::TooLarge { what: format!("what is at {url}"), limit_bytes })
        }
        Err(error) => Err(failed(error.to_string())),
    }
}

fn check(url: &str) -> Result<(), CliError> {
    let wrong = |message: &str| CliError::Usage {
        message: format!("{url}: {message}"),
        hint: Some("an address looks like https://example.org/badge.json"),
    };
    let uri: Uri = url.parse().map_err(|_| wrong("this is not an address"))?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong("an address with a name or password in it is not asked"));
    }
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_here => Ok(()),
        _ => Err(wrong("only https is asked, so that nobody on the way can change the answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_are_asked() {
        for good in
            ["https://a.example/b.json", "http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:8/x"]
        {
            assert!(is_address(good) && check(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example/b.json",
            "http://127.0.0.1.example/x",
            "https://user:pass@a.example/",
            "https://",
            "https://a b/",
            "http://10.0.0.1/",
        ] {
            assert!(is_address(bad) && check(bad).is_err(), "{bad}");
        }
        for file in ["badge.json", "-", "./https://x", "ftp://a.example/x", "HTTPS"] {
            assert!(!is_address(file), "{file}");
        }
    }
}
