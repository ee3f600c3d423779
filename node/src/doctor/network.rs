//! Ports, peers, and what the world sees.

use super::Finding;
use crate::config::Config;
use crate::healthcheck;
use crate::resolver::Egress;
use accolade_core::did::web;
use futures::future::join_all;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

/// Longest wait for a peer to take a connection.
const PEER_TIMEOUT: Duration = Duration::from_secs(3);
/// Largest DID document that is read, in bytes.
const MAX_DOCUMENT_BYTES: u64 = 256 * 1024;

/// The ports: free, or held by the node of this data folder.
pub(super) async fn ports(config: &Config, in_use: bool) -> Vec<Finding> {
    if in_use {
        return vec![served(config).await];
    }
    let mut findings = vec![port("http", config.http, true, false), port("p2p", config.p2p, true, true)];
    findings.extend(config.metrics.map(|address| port("metrics", address, true, false)));
    findings
}

async fn served(config: &Config) -> Finding {
    let config = config.clone();
    match tokio::task::spawn_blocking(move || healthcheck::ask(&config)).await {
        Ok(Ok(url)) => Finding::ok("ports", format!("The node answers at {url}.")),
        Ok(Err(error)) => {
            let hint =
                "Give doctor the configuration that the node was started with; else see the node's log.";
            Finding::problem("ports", format!("The node runs, but {error}."), hint)
        }
        Err(_) => Finding::warning("ports", "The node could not be asked.", "Run doctor again."),
    }
}

fn port(key: &'static str, address: SocketAddr, tcp: bool, udp: bool) -> Finding {
    let tried = (|| {
        if tcp {
            TcpListener::bind(address)?;
        }
        if udp {
            UdpSocket::bind(address)?;
        }
        std::io::Result::Ok(())
    })();
    let Err(error) = tried else {
        return Finding::ok("ports", format!("`{key}` can listen on {address}."));
    };
    let hint = match error.kind() {
        ErrorKind::AddrInUse => "Stop the program that uses the port, or choose another.".to_owned(),
        ErrorKind::AddrNotAvailable => {
            format!("This machine doesn't have that address; 0.0.0.0:{} takes all it has.", address.port())
        }
        ErrorKind::PermissionDenied => "Ports below 1024 need a permission: choose a higher one.".to_owned(),
        _ => "Choose another address.".to_owned(),
    };
    Finding::problem("ports", format!("`{key}` can't listen on {address}: {error}."), hint)
}

/// Whether each peer takes a TCP connection. More than that needs a running node.
pub(super) async fn peers(peers: &[String]) -> Vec<Finding> {
    if peers.is_empty() {
        return vec![Finding::ok("peers", "None are configured; a node needs none.")];
    }
    join_all(peers.iter().map(|peer| one_peer(peer))).await
}

async fn one_peer(peer: &str) -> Finding {
    let Some((host, port)) = tcp_address(peer) else {
        return Finding::ok("peers", format!("{peer} is not reached by TCP; it was not tried."));
    };
    let connecting = tokio::net::TcpStream::connect((host.as_str(), port));
    let error = match tokio::time::timeout(PEER_TIMEOUT, connecting).await {
        Ok(Ok(_)) => return Finding::ok("peers", format!("{peer} takes connections.")),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", PEER_TIMEOUT.as_secs()),
    };
    let hint = "Ask its operator whether it runs and whether a firewall lets TCP through; the node goes on without it.";
    Finding::warning("peers", format!("{peer} can't be reached: {error}."), hint)
}

/// Host and port of a multiaddress with TCP.
fn tcp_address(peer: &str) -> Option<(String, u16)> {
    let mut parts = peer.strip_prefix('/')?.split('/');
    let (kind, host, transport, port) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_host = matches!(kind, "ip4" | "ip6" | "dns" | "dns4" | "dns6");
    (is_host && transport == "tcp").then(|| Some((host.to_owned(), port.parse().ok()?)))?
}

/// The node's DID document, fetched as others do it.
pub(super) async fn online(config: &Config) -> Finding {
    let Some(public_url) = &config.public_url else {
        return Finding::ok("online", "`public_url` is not set: there is nothing to fetch.");
    };
    let did = public_url.did().clone();
    let url = match web::url_of(&did) {
        Ok(url) => url,
        Err(error) => {
            return Finding::problem("online", format!("{error}."), "Correct `public_url`.");
        }
    };
    let fetched = {
        let url = url.clone();
        tokio::task::spawn_blocking(move || {
            Egress::public().get(&url, "application/did+json, application/json", MAX_DOCUMENT_BYTES)
        })
        .await
    };
    let hint = "Let your proxy pass this address to the node, with a certificate that browsers trust.";
    match fetched {
        Ok(Ok(fetched)) => {
            let document: serde_json::Value = serde_json::from_slice(&fetched.bytes).unwrap_or_default();
            if document["id"] == did.as_str() {
                return Finding::ok("online", format!("{url} answers with the document of {did}."));
            }
            Finding::problem("online", format!("{url} answers, but not with the document of {did}."), hint)
        }
        Ok(Err(error)) => Finding::problem("online", format!("{error}."), hint),
        Err(_) => Finding::warning("online", "The address could not be asked.", "Run doctor again."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn addresses_with_tcp_are_read_and_others_passed_over() {
        let read = |text: &str| tcp_address(text).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(read("/ip4/192.0.2.1/tcp/4001").as_deref(), Some("192.0.2.1 4001"));
        assert_eq!(read("/ip6/::1/tcp/4001/p2p/12D3").as_deref(), Some("::1 4001"));
        assert_eq!(read("/dns4/hill.example/tcp/1").as_deref(), Some("hill.example 1"));
        for other in ["", "/", "/ip4/192.0.2.1/udp/4001/quic-v1", "/ip4/192.0.2.1/tcp/70000", "/unix/a/tcp/1"]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn a_port_in_use_and_an_address_of_another_machine_are_problems() {
        let held = TcpListener::bind("127.0.0.1:0").expect("a port");
        let taken = port("http", held.local_addr().expect("address"), true, false);
        assert!(taken.level == Level::Problem && taken.message.contains("`http`"), "{taken:?}");
        assert!(taken.hint.is_some_and(|hint| hint.contains("Stop the program")));
        let foreign = port("p2p", "192.0.2.1:4001".parse().expect("address"), true, true);
        assert!(foreign.level == Level::Problem, "{foreign:?}");
        assert_eq!(port("http", "127.0.0.1:0".parse().expect("address"), true, false).level, Level::Ok);
    }

    #[tokio::test]
    async fn a_peer_that_is_away_is_a_warning() {
        let here = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = |address: SocketAddr| format!("/ip4/127.0.0.1/tcp/{}", address.port());
        let there = at(here.local_addr().expect("address"));
        let gone = {
            let gone = TcpListener::bind("127.0.0.1:0").expect("a port");
            at(gone.local_addr().expect("address"))
        };
        let found = peers(&[there, gone, "/ip4/127.0.0.1/udp/1/quic-v1".to_owned()]).await;
        let levels: Vec<Level> = found.iter().map(|finding| finding.level).collect();
        assert_eq!(levels, [Level::Ok, Level::Warning, Level::Ok], "{found:?}");
        assert_eq!(peers(&[]).await[0].level, Level::Ok);
    }
}
