//! Hosts in canonical form, so that two spellings of one host are equal.

use std::net::Ipv6Addr;

use url::Host;

/// Returns a host in canonical form: a name in lower case, in ASCII (IDNA) and without the dot of the
/// root, or an address. An address of IPv6 may be in brackets.
///
/// # Errors
/// The text is no host; the reason fits behind the text.
pub(crate) fn canonical(entry: &str) -> Result<Host, &'static str> {
    if let Ok(address) = entry.parse::<Ipv6Addr>() {
        return Ok(Host::Ipv6(address));
    }
    let reason = if entry.is_empty() {
        "which is empty"
    } else if entry.contains("://") {
        "which has a scheme; name the host alone"
    } else if entry.contains('@') {
        "which has a user name; name the host alone"
    } else if entry.contains(['/', '?', '#', '\\']) {
        "which has a path; name the host alone"
    } else if entry.contains('*') {
        "which has a wildcard; name each host"
    } else {
        match Host::parse(entry) {
            Ok(Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(&name);
                if is_name(name) {
                    return Ok(Host::Domain(name.to_owned()));
                }
            }
            Ok(address) => return Ok(address),
            Err(_) => {}
        }
        let has_port = entry.rsplit_once(':').is_some_and(|(_, port)| {
            !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
        });
        if has_port {
            "which has a port; a host is allowed at every port"
        } else {
            "which is not a host"
        }
    };
    Err(reason)
}

/// Returns true for a name of labels of ASCII letters, digits, `-` and `_`.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut labels = name.split('.');
    labels.all(|label| !label.is_empty() && label.bytes().all(plain))
}
