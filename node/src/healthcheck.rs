//! Asks the node of this configuration, on this machine, whether it lives.

use crate::config::Config;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::TlsConfig;

/// More than a node answers.
const MAX_ANSWER_BYTES: u64 = 1024;
/// For the whole exchange.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks `/health`; the address that answered. Blocks for three seconds at most.
///
/// # Errors
/// Why there was no good answer, as a part of a sentence.
pub fn ask(config: &Config) -> Result<String, String> {
    if config.http.port() == 0 {
        return Err("`http` has port 0, so nobody knows where it listens".to_owned());
    }
    let scheme = if config.tls_cert.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}/health", reachable(config.http));
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    // The certificate is for the public name and not for this address. What is asked is secret to nobody, and whoever
    // could answer in the node's place owns this machine.
    let tls =
        TlsConfig::builder().disable_verification(true).unversioned_rustls_crypto_provider(crypto).build();
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .tls_config(tls)
        .build()
        .new_agent();
    match agent.get(&url).call() {
        Ok(mut answer) if answer.status().as_u16() == 200 => {
            let body =
                answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec().unwrap_or_default();
            let said: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
            match said.as_ref().and_then(|said| said.get("status")?.as_str()) {
                Some("ok") => Ok(url),
                _ => Err(format!("{url} is answered by another program")),
            }
        }
        Ok(answer) => Err(format!("{url} answers with {}", answer.status().as_u16())),
        Err(error) => Err(format!("{url} doesn't answer: {error}")),
    }
}

/// Where this machine reaches a listener: one of all addresses is reached over loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_of_all_addresses_is_asked_over_loopback() {
        for (listens, asked) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("192.0.2.1:80", "192.0.2.1:80")]
        {
            assert_eq!(reachable(listens.parse().expect("address")).to_string(), asked);
        }
    }

    #[test]
    fn nobody_there_is_an_error_that_names_the_address() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let http = free.expect("a port");
        let error = ask(&Config { http, ..Config::default() }).expect_err("nobody is there");
        assert!(error.contains(&http.to_string()), "{error}");
        let unknown = Config { http: "127.0.0.1:0".parse().expect("address"), ..Config::default() };
        assert!(ask(&unknown).expect_err("port 0").contains("port 0"));
    }

    #[test]
    fn another_program_on_the_port_is_not_the_node() {
        use std::io::{Read as _, Write as _};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
        let http = listener.local_addr().expect("address");
        let other = std::thread::spawn(move || {
            for body in ["hello", "{\"status\":\"ok\"}"] {
                let (mut stream, _) = listener.accept().expect("asked");
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).expect("reads");
                    head.push(byte[0]);
                }
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).expect("writes");
            }
        });
        let config = Config { http, ..Config::default() };
        assert!(ask(&config).expect_err("not a node").contains("another program"));
        assert!(ask(&config).is_ok());
        other.join().expect("ends");
    }
}
