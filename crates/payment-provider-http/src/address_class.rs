//! The classes of addresses, by the registries of special-purpose addresses of IANA
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>, RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are not public: the network, the length of its prefix, and its use. The
/// loopback block is in [`is_loopback`].
const IPV4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::UNSPECIFIED, 8, "unspecified"),    // RFC 791
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),   // RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared"), // RFC 6598
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"), // RFC 3927
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"), // RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved"), // RFC 6890
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"), // RFC 5737
    (Ipv4Addr::new(192, 88, 99, 0), 24, "translation"), // RFC 7526
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"), // RFC 1918
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmark"), // RFC 2544
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"), // RFC 5737
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"), // RFC 5737
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"), // RFC 5771
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"), // RFC 1112
];

/// Blocks of IPv6 that are not public, the narrower ones first. All addresses outside `2000::/3`, the
/// global unicast addresses of RFC 4291, are refused as well.
const IPV6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"), // RFC 4291
    (v6(0, 0, 0xffff), 96, "translation"),       // RFC 4291, an IPv4 address
    (v6(0x64, 0xff9b, 0), 96, "translation"),    // RFC 6052, NAT64
    (v6(0x64, 0xff9b, 1), 48, "translation"),    // RFC 8215, NAT64
    (v6(0x2001, 0xdb8, 0), 32, "documentation"), // RFC 3849
    (v6(0x2001, 0, 0), 23, "reserved"),          // RFC 2928, with Teredo
    (v6(0x2002, 0, 0), 16, "translation"),       // RFC 3056, 6to4
    (v6(0x3fff, 0, 0), 20, "documentation"),     // RFC 9637
    (v6(0xfc00, 0, 0), 7, "unique-local"),       // RFC 4193
    (v6(0xfe80, 0, 0), 10, "link-local"),        // RFC 4291
    (v6(0xff00, 0, 0), 8, "multicast"),          // RFC 4291
];

/// Returns the network that begins with these groups; for the IPv4-mapped one, which begins with
/// zeros, the third group stands in the sixth place.
const fn v6(first: u16, second: u16, third: u16) -> Ipv6Addr {
    if first == 0 {
        Ipv6Addr::new(0, 0, 0, 0, 0, third, 0, 0)
    } else {
        Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0)
    }
}

/// Returns true for the addresses of this machine: `127.0.0.0/8` (RFC 1122) and `::1` (RFC 4291).
pub(crate) const fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => address.is_loopback(),
    }
}

/// Returns the class of an address that is not public, or `None` for a public one.
pub(crate) fn inner_class(address: IpAddr) -> Option<&'static str> {
    if is_loopback(address) {
        return Some("loopback");
    }
    match address {
        IpAddr::V4(address) => {
            let within = |network: Ipv4Addr, length: u32| {
                (address.to_bits() ^ network.to_bits()) >> (32 - length) == 0
            };
            let mut blocks = IPV4.iter();
            let found = blocks.find(|(network, length, _)| within(*network, *length));
            found.map(|(_, _, class)| *class)
        }
        IpAddr::V6(address) => {
            let within = |network: Ipv6Addr, length: u32| {
                (address.to_bits() ^ network.to_bits()) >> (128 - length) == 0
            };
            let mut blocks = IPV6.iter();
            match blocks.find(|(network, length, _)| within(*network, *length)) {
                Some((_, _, class)) => Some(class),
                None if within(v6(0x2000, 0, 0), 3) => None,
                None => Some("reserved"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_gateways_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
            "2400:cb00::1",
            "2001:200::1",
        ] {
            assert_eq!(inner_class(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn inner_addresses_are_recognised_in_every_form() {
        for (address, class) in [
            ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "unspecified"),
            ("10.0.0.0", "private"),
            ("10.255.255.255", "private"),
            ("100.64.0.0", "shared"),
            ("100.127.255.255", "shared"),
            ("127.0.0.1", "loopback"),
            ("127.255.255.255", "loopback"),
            ("169.254.169.254", "link-local"),
            ("172.16.0.0", "private"),
            ("172.31.255.255", "private"),
            ("192.0.0.192", "reserved"),
            ("192.0.2.1", "documentation"),
            ("192.88.99.1", "translation"),
            ("192.168.0.1", "private"),
            ("198.18.0.1", "benchmark"),
            ("198.19.255.255", "benchmark"),
            ("198.51.100.1", "documentation"),
            ("203.0.113.1", "documentation"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.255", "reserved"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("::ffff:127.0.0.1", "translation"),
            ("::ffff:10.0.0.1", "translation"),
            ("::ffff:1.1.1.1", "translation"),
            ("::127.0.0.1", "reserved"),
            ("64:ff9b::7f00:1", "translation"),
            ("64:ff9b::a00:1", "translation"),
            ("64:ff9b:1::a00:1", "translation"),
            ("100::1", "reserved"),
            ("2001::1", "reserved"),
            ("2001:db8::1", "documentation"),
            ("2002:7f00:1::", "translation"),
            ("3fff::1", "documentation"),
            ("5f00::1", "reserved"),
            ("fc00::1", "unique-local"),
            ("fd12:3456::1", "unique-local"),
            ("fe80::1", "link-local"),
            ("febf::1", "link-local"),
            ("fec0::1", "reserved"),
            ("ff02::1", "multicast"),
        ] {
            let found = inner_class(address.parse().unwrap());
            assert_eq!(found, Some(class), "{address}");
        }
    }
}
