//! The machine this runs on, as far as it decides how a missing tool can be installed.

use std::fs;
use std::process::Command;

/// What an installer needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Debian, or a distribution that calls itself like it, so that there is apt.
    pub(crate) is_debian: bool,
    /// Whether this process may install system packages.
    pub(crate) is_root: bool,
}

impl Machine {
    /// Looks at the machine. What cannot be found out counts as absent.
    pub(crate) fn this() -> Self {
        let os_release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let user = Command::new("id")
            .arg("-u")
            .output()
            .map(|output| output.stdout)
            .unwrap_or_default();
        Self {
            is_debian: is_debian(&os_release),
            is_root: user.trim_ascii() == b"0",
        }
    }
}

/// Whether an [os-release] file names Debian as the distribution (`ID`) or as a relative of it (`ID_LIKE`).
///
/// [os-release]: https://www.freedesktop.org/software/systemd/man/latest/os-release.html
fn is_debian(os_release: &str) -> bool {
    ["ID", "ID_LIKE"]
        .iter()
        .filter_map(|key| field(os_release, key))
        .any(|ids| ids.split_whitespace().any(|id| id == "debian"))
}

/// The value of a field, without its quotes.
fn field<'a>(os_release: &'a str, key: &str) -> Option<&'a str> {
    os_release.lines().find_map(|line| {
        let value = line.trim().strip_prefix(key)?.strip_prefix('=')?;
        Some(value.trim_matches(['"', '\'']))
    })
}

#[cfg(test)]
mod tests {
    use super::is_debian;

    #[test]
    fn debian_is_known_by_its_id() {
        assert!(is_debian(
            "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nVERSION_ID=\"13\"\nID=debian\n"
        ));
    }

    #[test]
    fn a_relative_is_known_by_what_it_is_like() {
        assert!(is_debian("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(is_debian("ID='ubuntu'\nID_LIKE=debian\n"));
    }

    #[test]
    fn another_distribution_is_not_debian() {
        assert!(!is_debian(
            "ID=fedora\nNAME=\"not debian\"\nVARIANT_ID=debian\n"
        ));
        assert!(!is_debian("ID=debianish\n"));
        assert!(!is_debian(""));
    }
}
