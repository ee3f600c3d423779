//! Whose request it is: the address at the other end of the connection, or the one that a trusted proxy names.

use super::serve::Peer;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

/// Most entries of X-Forwarded-For that are looked at, from the last.
const MAX_HOPS: usize = 32;

/// One address, or a block such as `10.0.0.0/8` or `2001:db8::/32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// A text that is no [`Network`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is neither an address such as 127.0.0.1 nor a block such as 10.0.0.0/8")]
pub struct NoNetwork {
    /// The text, 64 characters at most.
    pub text: String,
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let wrong = || NoNetwork { text: text.chars().take(64).collect() };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().map_err(|_| wrong())?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            None => widest,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().map_err(|_| wrong())?
            }
            Some(_) => return Err(wrong()),
        };
        // An IPv4 block that is written as IPv6 would never match: addresses are compared in their short form.
        if prefix_bits > widest || address.to_canonical() != address {
            return Err(wrong());
        }
        Ok(Self { address, prefix_bits })
    }
}

impl Network {
    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, other, widest) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let differing = own ^ other;
        // A shift by all 128 bits isn't one.
        differing.checked_shr(widest - u32::from(self.prefix_bits)).unwrap_or(0) == 0
    }
}

/// Who sends a request; found in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    /// The address that counts for limits.
    pub(super) address: IpAddr,
    /// Whether it is a program on the node's own machine, not a visitor behind a proxy there.
    pub(super) is_own_machine: bool,
}

/// The proxies whose X-Forwarded-For is believed.
#[derive(Clone, Debug, Default)]
pub(super) struct TrustedProxies(Arc<[Network]>);

impl TrustedProxies {
    /// Of the configuration's texts; what can't be read is left out, and was refused before.
    pub(super) fn new(networks: &[String]) -> Self {
        Self(networks.iter().filter_map(|text| text.parse().ok()).collect())
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The nearest address that isn't a trusted proxy's. Each proxy appends whom it was asked by, so what stands before
    /// the first untrusted one is only said. Where a proxy's word can't be read, the proxy itself counts. Who came
    /// over a trusted proxy is only taken for a program of the own machine if all that is said is of this machine.
    fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Caller {
        let peer = peer.to_canonical();
        let mut caller = Caller { address: peer, is_own_machine: peer.is_loopback() };
        if !self.trust(peer) {
            return caller;
        }
        let lines: Vec<&[u8]> =
            headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes).collect();
        let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')).map(read_hop);
        for hop in hops.by_ref().take(MAX_HOPS) {
            caller.is_own_machine &= hop.is_some_and(|named| named.is_loopback());
            let Some(named) = hop else { break };
            caller.address = named;
            if !self.trust(named) {
                break;
            }
        }
        caller.is_own_machine &= hops.all(|hop| hop.is_some_and(|named| named.is_loopback()));
        caller
    }
}

/// An address, which some proxies write with a port.
fn read_hop(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes.trim_ascii()).ok()?;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|hop| hop.ip()));
    address.map(|address| address.to_canonical())
}

/// Puts the [`Caller`] into a request that came over a connection.
pub(super) async fn identify(
    State(proxies): State<TrustedProxies>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() {
        let caller = proxies.caller(peer.ip(), request.headers());
        request.extensions_mut().insert(caller);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn caller<L: AsRef<[u8]>>(trusted: &[&str], peer: &str, forwarded: &[L]) -> Caller {
        let networks: Vec<String> = trusted.iter().map(|text| (*text).to_owned()).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line.as_ref()).expect("a line"));
        }
        TrustedProxies::new(&networks).caller(address(peer), &headers)
    }

    #[test]
    fn a_network_is_an_address_or_a_block() {
        let contains =
            |network: &str, one: &str| network.parse::<Network>().expect(network).contains(address(one));
        assert!(contains("127.0.0.1", "127.0.0.1") && !contains("127.0.0.1", "127.0.0.2"));
        assert!(contains("10.0.0.0/8", "10.255.0.1") && !contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("0.0.0.0/0", "203.0.113.9") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1") && !contains("2001:db8::/32", "2001:db9::1"));
        assert!(contains("::/0", "2001:db8::1") && !contains("::/0", "127.0.0.1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.0.0.1"), "an IPv4 address in IPv6 clothes");
        for refused in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "::/129",
            "10/8",
            "::ffff:10.0.0.0/104",
        ] {
            assert!(refused.parse::<Network>().is_err(), "{refused}");
        }
    }

    #[test]
    fn nobody_is_believed_unless_the_configuration_says_so() {
        let visitor = caller(&[], "203.0.113.5", &["127.0.0.1"]);
        assert_eq!(visitor, Caller { address: address("203.0.113.5"), is_own_machine: false });
        let own = caller(&[], "127.0.0.1", &["203.0.113.5"]);
        assert_eq!(own, Caller { address: address("127.0.0.1"), is_own_machine: true });
        let other_proxy = caller(&["10.0.0.1"], "10.0.0.2", &["203.0.113.5"]);
        assert_eq!(other_proxy.address, address("10.0.0.2"));
    }

    #[test]
    fn behind_trusted_proxies_the_nearest_other_address_counts() {
        let behind = |forwarded: &[&str]| caller(&["127.0.0.1", "10.0.0.0/8"], "127.0.0.1", forwarded);
        let visitor = Caller { address: address("203.0.113.5"), is_own_machine: false };
        assert_eq!(behind(&["203.0.113.5"]), visitor);
        assert_eq!(behind(&["203.0.113.5:4711"]), visitor);
        assert_eq!(behind(&["127.0.0.1, 203.0.113.5"]), visitor, "what a visitor says of himself");
        assert_eq!(behind(&["198.51.100.1, 203.0.113.5, 10.1.2.3"]), visitor, "over two proxies");
        assert_eq!(behind(&["198.51.100.1", "203.0.113.5", "10.1.2.3"]), visitor, "on several lines");
        assert_eq!(behind(&["[2001:db8::1]:443"]).address, address("2001:db8::1"));
        assert_eq!(behind(&["::ffff:203.0.113.5"]), visitor);
        assert!(behind(&[]).is_own_machine && behind(&["127.0.0.1"]).is_own_machine);
        let far = caller(&["10.0.0.1"], "10.0.0.1", &["127.0.0.1"]);
        assert!(!far.is_own_machine, "the loopback of another machine");
    }

    #[test]
    fn a_visitor_whose_address_cannot_be_read_is_limited_all_the_same() {
        let behind = |forwarded: &[&[u8]]| caller(&["127.0.0.1", "10.0.0.0/8"], "127.0.0.1", forwarded);
        let proxy = Caller { address: address("127.0.0.1"), is_own_machine: false };
        for hop in
            ["unknown", "unix:", "", " ", "_hidden", "nonsense", "127.0.0.1:x", "fe80::1%eth0", "\u{fc}"]
        {
            assert_eq!(behind(&[hop.as_bytes()]), proxy, "{hop:?}");
            assert_eq!(behind(&[b"203.0.113.5", hop.as_bytes()]), proxy, "{hop:?}");
            assert_eq!(behind(&[format!("127.0.0.1, {hop}").as_bytes()]), proxy, "{hop:?}");
            let said = format!("{hop}, 203.0.113.5");
            assert_eq!(behind(&[said.as_bytes()]).address, address("203.0.113.5"), "{hop:?}");
        }
        assert_eq!(behind(&[b"\xff"]), proxy);
        let visitor = Caller { address: address("203.0.113.5"), is_own_machine: false };
        assert_eq!(behind(&[b"\xff, 203.0.113.5"]), visitor, "the visitor's own word spoils nothing");
        assert_eq!(behind(&[b"\xff", b"203.0.113.5"]), visitor);
        let second = Caller { address: address("10.1.2.3"), is_own_machine: false };
        assert_eq!(behind(&[b"203.0.113.5, \xff, 10.1.2.3"]), second, "the proxy that said it");
    }

    #[test]
    fn only_who_names_nobody_but_this_machine_is_of_this_machine() {
        let own = |forwarded: &[&str]| caller(&["127.0.0.1"], "127.0.0.1", forwarded).is_own_machine;
        assert!(own(&[]) && own(&["127.0.0.1"]) && own(&["::1, 127.0.0.1", "127.0.0.1:80"]));
        for forwarded in
            ["203.0.113.5", "203.0.113.5, 127.0.0.2", "203.0.113.5, 127.0.0.1", "unknown, 127.0.0.2"]
        {
            assert!(!own(&[forwarded]), "{forwarded}");
        }
        let many = vec!["127.0.0.1"; MAX_HOPS];
        assert!(own(&many));
        assert!(!own(&[&["203.0.113.5"], &many[..]].concat()), "beyond what is looked at");
    }
}
