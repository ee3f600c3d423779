//! Which addresses a node may be sent to by what others wrote: those of the public Internet, no others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are not public hosts (the IANA special-purpose registry), as address and prefix length; and
/// 168.63.129.16, by which one cloud's machines reach its internal services.
const NOT_PUBLIC_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),     // this network
    ([10, 0, 0, 0], 8),    // private
    ([100, 64, 0, 0], 10), // carrier-grade NAT
    ([127, 0, 0, 0], 8),   // loopback
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),  // link-local, and the metadata services of clouds
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 31, 196, 0], 24), // AS112
    ([192, 52, 193, 0], 24), // AMT
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 3),     // multicast, reserved, broadcast
];

/// Blocks of global IPv6 unicast (2000::/3) that are not public hosts; all outside of it is none: loopback, ULA,
/// link-local, multicast, IPv4-mapped, NAT64.
const NOT_PUBLIC_V6: [([u16; 3], u32); 5] = [
    ([0x2001, 0, 0], 23),         // protocol assignments, Teredo, benchmarks, ORCHID
    ([0x2001, 0x0db8, 0], 32),    // documentation
    ([0x2002, 0, 0], 16),         // 6to4: an IPv4 address in disguise
    ([0x2620, 0x4f, 0x8000], 48), // AS112
    ([0x3fff, 0, 0], 20),         // documentation
];

/// Whether it is the address of a host on the public Internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let bits = u32::from(address);
            let in_block = |(block, length): &([u8; 4], u32)| {
                (bits ^ u32::from(Ipv4Addr::from(*block))) >> (32 - length) == 0
            };
            !NOT_PUBLIC_V4.iter().any(in_block)
        }
        IpAddr::V6(address) => {
            let bits = u128::from(address);
            let in_block = |([a, b, c], length): &([u16; 3], u32)| {
                let block = Ipv6Addr::new(*a, *b, *c, 0, 0, 0, 0, 0);
                (bits ^ u128::from(block)) >> (128 - length) == 0
            };
            bits >> 125 == 0b001 && !NOT_PUBLIC_V6.iter().any(in_block)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().expect(text))
    }

    #[test]
    fn hosts_on_the_internet_are_reached() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::1",
            "2a00:1450:4001::1",
            "2003::1",
            "3ffe::1",
        ] {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn what_is_inside_is_not_reached_in_any_spelling() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.0",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            // IPv6: unspecified, loopback, IPv4-compatible and -mapped, NAT64, discard, Teredo, 6to4, documentation,
            // ULA (a cloud's metadata among them), link-local, site-local, multicast
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:1.1.1.1",
            "::ffff:0:1.1.1.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(text), "{text}");
        }
    }
}
