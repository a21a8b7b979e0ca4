//! Python packages that tests use, each in its own environment. They are not part of this workspace.

use std::path::PathBuf;
use std::process::Command;

use crate::target::tools;

/// The versions of the packages that these packages depend on.
const CONSTRAINTS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/python/constraints.txt"
);

/// A program that succeeds if the package in its first argument is installed in the version in its second.
const IS_INSTALLED: &str =
    "import importlib.metadata as m, sys; sys.exit(m.version(sys.argv[1]) != sys.argv[2])";

/// An environment with one package in an exact version and the packages that it depends on.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
}

impl Environment {
    /// Returns the commands that create the environment, also over the remains of an earlier attempt. No code of the
    /// packages runs.
    pub(crate) fn install_commands(&self) -> Vec<Vec<String>> {
        let folder = self.folder().to_string_lossy().into_owned();
        let python = self.python().to_string_lossy().into_owned();
        let what = format!("{}=={}", self.package, self.version);
        let make = ["python3", "-m", "venv", "--clear", &folder].map(str::to_owned);
        let fill = [
            &python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary=:all:",
            "--constraint",
            CONSTRAINTS,
            &what,
        ]
        .map(str::to_owned);
        vec![make.into(), fill.into()]
    }

    /// Returns a command that succeeds if the environment is complete: pip installs the package after its dependencies.
    pub(crate) fn check(&self) -> Command {
        let mut command = Command::new(self.python());
        command.args(["-c", IS_INSTALLED, self.package, self.version]);
        command
    }

    /// The interpreter of the environment.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder().join("bin/python")
    }

    fn folder(&self) -> PathBuf {
        tools().join(format!("{}-{}", self.package, self.version))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{CONSTRAINTS, Environment};

    const ENVIRONMENT: Environment = Environment {
        package: "cashfree-pg",
        version: "1.2.3",
    };

    #[test]
    fn a_version_has_its_own_environment() {
        let python = ENVIRONMENT.python();
        let below = "tools/cashfree-pg-1.2.3/bin/python";
        assert!(python.ends_with(below), "{}", python.display());
        assert!(ENVIRONMENT.check().status().is_err());
    }

    #[test]
    fn versions_are_exact() {
        let commands = ENVIRONMENT.install_commands();
        let line = commands[1].join(" ");
        assert!(line.ends_with(" cashfree-pg==1.2.3"), "{line}");
        let constraints = fs::read_to_string(CONSTRAINTS).unwrap();
        let mut pins = constraints.lines().filter(|line| !line.starts_with('#'));
        assert!(pins.all(|pin| pin.contains("==")), "{constraints}");
    }
}
