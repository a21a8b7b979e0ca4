//! A program that steps need, and its source.

use crate::npm::Package;
use crate::python::Environment;

/// A program that a step needs.
#[derive(Debug)]
pub(crate) struct Tool {
    /// The name that users know.
    pub(crate) name: &'static str,
    /// The purpose, as the second half of a sentence that begins with the name.
    pub(crate) purpose: &'static str,
    /// Returns true if the machine has the program.
    pub(crate) is_present: fn() -> bool,
    /// The source of the program.
    pub(crate) installer: Installer,
}

/// The source of a tool.
#[derive(Debug)]
pub(crate) enum Installer {
    /// Debian packages.
    Apt { packages: &'static [&'static str] },
    /// A program on crates.io.
    Cargo { package: &'static str },
    /// A package of npm.
    Npm { package: Package },
    /// A Python package.
    Pip { environment: Environment },
    /// A component of the Rust toolchain.
    Rustup { component: &'static str },
}
