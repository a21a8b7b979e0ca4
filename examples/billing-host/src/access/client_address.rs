//! The address of the client, behind proxies if there are any.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::source::Source;
use crate::state::App;

/// Header to which each proxy appends the address of its client.
const FORWARDED_FOR: &str = "x-forwarded-for";

impl FromRequestParts<App> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
        let client = client(peer, &parts.headers, &app.trusted_proxies);
        Ok(Self::of(client))
    }
}

/// Returns the client before the trusted proxies. What other clients write into the header is ignored.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let listed = headers.get_all(FORWARDED_FOR).iter();
    let listed: Vec<_> = listed
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|text| str::from_utf8(text).ok()?.trim().parse().ok())
        .collect();
    let mut client = peer.to_canonical();
    for before in listed.into_iter().rev() {
        let (true, Some(before)) = (trusted.contains(&client), before) else {
            break;
        };
        client = IpAddr::to_canonical(&before);
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_say_who_their_client_is() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = [address("127.0.0.1"), address("10.0.0.1")];
        for (peer, header, client_is) in [
            ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
            ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
            ("127.0.0.1", "198.51.100.1, 10.0.0.1", "198.51.100.1"),
            ("127.0.0.1", "unknown", "127.0.0.1"),
            ("127.0.0.1", "", "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(FORWARDED_FOR, header.parse().unwrap());
            let found = client(address(peer), &headers, &proxies);
            assert_eq!(found, address(client_is), "{peer}, {header}");
        }
    }
}
