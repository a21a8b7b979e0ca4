//! The properties of this machine that decide how a missing tool can be installed.

use std::fs;
use std::process::Command;

/// A machine, as far as an installer needs to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine {
    /// True on Debian and on distributions derived from it, which have apt.
    pub(crate) is_debian: bool,
    /// True if this process may install system packages.
    pub(crate) is_root: bool,
}

impl Machine {
    /// Inspects this machine. A property that cannot be determined is false.
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

/// Returns true if an [os-release] file names Debian in `ID` or `ID_LIKE`.
///
/// [os-release]: https://www.freedesktop.org/software/systemd/man/latest/os-release.html
fn is_debian(os_release: &str) -> bool {
    ["ID", "ID_LIKE"]
        .iter()
        .filter_map(|key| field(os_release, key))
        .any(|ids| ids.split_whitespace().any(|id| id == "debian"))
}

/// Returns the value of a field without its quotes.
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
    fn debian_is_recognized_by_its_id() {
        assert!(is_debian(
            "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nVERSION_ID=\"13\"\nID=debian\n"
        ));
    }

    #[test]
    fn a_derived_distribution_is_recognized_by_id_like() {
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
