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
/// global unicast addresses of RFC 4291, are refused as well. Blocks that lead to an address of IPv4 are
/// in [`carrier`].
const IPV6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"), // RFC 4291
    (v6(0x2001, 0xdb8), 32, "documentation"),    // RFC 3849
    (v6(0x2001, 0), 23, "reserved"),             // RFC 2928
    (v6(0x3fff, 0), 20, "documentation"),        // RFC 9637
    (v6(0xfc00, 0), 7, "unique-local"),          // RFC 4193
    (v6(0xfe80, 0), 10, "link-local"),           // RFC 4291
    (v6(0xff00, 0), 8, "multicast"),             // RFC 4291
];

/// Returns the network that begins with these groups.
const fn v6(first: u16, second: u16) -> Ipv6Addr {
    Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0)
}

/// An address of IPv6 that leads to addresses of IPv4.
struct Carrier {
    /// The addresses that it leads to, or passes.
    carried: [Ipv4Addr; 2],
    /// True if public servers are called by such addresses.
    serves: bool,
}

/// Returns the addresses of IPv4 that an address of IPv6 leads to, if it is of a block that is made for
/// that.
///
/// The prefix `64:ff9b:1::/96` alone is read of the block for local translators, `64:ff9b:1::/48`. Where
/// an address of a longer prefix ends is known to the translator alone (RFC 6052).
fn carrier(address: Ipv6Addr) -> Option<Carrier> {
    let of = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    let (carried, serves) = match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => return None, // unspecified, loopback
        // Mapped (RFC 4291), and NAT64 (RFC 6052, RFC 8215).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0 | 1, 0, 0, 0, high, low] => {
            ([of(high, low); 2], true)
        }
        // Compatible (RFC 4291), NAT64 of a longer prefix, and 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => ([of(high, low); 2], false),
        // RFC 4380, Teredo: the server, and the client with all bits flipped.
        [0x2001, 0, high, low, _, _, flipped_high, flipped_low] => {
            ([of(high, low), of(!flipped_high, !flipped_low)], false)
        }
        _ => return None,
    };
    Some(Carrier { carried, serves })
}

/// Returns true for the addresses of this machine: `127.0.0.0/8` (RFC 1122) and `::1` (RFC 4291).
pub(crate) const fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => address.is_loopback(),
    }
}

/// Returns the class of an address that is not public, or `None` for a public one. An address that leads
/// to an address of IPv4 that is not public is of that address's class.
pub(crate) fn inner_class(address: IpAddr) -> Option<&'static str> {
    if is_loopback(address) {
        return Some("loopback");
    }
    match address {
        IpAddr::V4(address) => inner_class_v4(address),
        IpAddr::V6(address) => match carrier(address) {
            Some(carrier) => {
                let mut addresses = carrier.carried.into_iter().map(IpAddr::V4);
                let inner = addresses.find_map(inner_class);
                inner.or((!carrier.serves).then_some("translation"))
            }
            None => inner_class_v6(address),
        },
    }
}

fn inner_class_v4(address: Ipv4Addr) -> Option<&'static str> {
    let within = |network: Ipv4Addr, length: u32| {
        (address.to_bits() ^ network.to_bits()) >> (32 - length) == 0
    };
    let mut blocks = IPV4.iter();
    let found = blocks.find(|(network, length, _)| within(*network, *length));
    found.map(|(_, _, class)| *class)
}

fn inner_class_v6(address: Ipv6Addr) -> Option<&'static str> {
    let within = |network: Ipv6Addr, length: u32| {
        (address.to_bits() ^ network.to_bits()) >> (128 - length) == 0
    };
    let mut blocks = IPV6.iter();
    match blocks.find(|(network, length, _)| within(*network, *length)) {
        Some((_, _, class)) => Some(class),
        None if within(v6(0x2000, 0), 3) => None,
        None => Some("reserved"),
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
            // A translator leads to the public IPv4 address at the end.
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "64:ff9b:1::1.1.1.1",
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
            // An address that leads to an IPv4 address is of the class of that address.
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:10.0.0.1", "private"),
            ("::ffff:0.0.0.0", "unspecified"),
            ("::127.0.0.1", "loopback"),
            ("::10.0.0.1", "private"),
            ("::169.254.169.254", "link-local"),
            ("64:ff9b::7f00:1", "loopback"),
            ("64:ff9b::a00:1", "private"),
            ("64:ff9b::169.254.169.254", "link-local"),
            ("64:ff9b::100.64.0.1", "shared"),
            ("64:ff9b:1::a00:1", "private"),
            ("64:ff9b:1::192.168.0.1", "private"),
            ("2002:7f00:1::", "loopback"),
            ("2002:a00:1:1::1", "private"),
            ("2002:a9fe:a9fe::1", "link-local"),
            // The client of Teredo, with all bits flipped, and the server.
            ("2001:0:101:101:0:0:f5ff:fffe", "private"),
            ("2001:0:101:101:0:0:80ff:fffe", "loopback"),
            ("2001:0:a00:1:0:0:fefe:fefe", "private"),
            // Nothing is served at these, whatever they lead to.
            ("::1.1.1.1", "translation"),
            ("2002:101:101::1", "translation"),
            ("2001:0:101:101:0:0:fefe:fefe", "translation"),
            ("64:ff9b:1:a00:0:100:1.1.1.1", "translation"),
            ("::ffff:0:1.1.1.1", "reserved"),
            ("100::1", "reserved"),
            ("2001:10::1", "reserved"),
            ("2001:db8::1", "documentation"),
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
