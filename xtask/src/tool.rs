//! A program that steps need, and where it comes from.

use crate::npm::Package;
use crate::python::Environment;

/// A program that a step needs.
#[derive(Debug)]
pub(crate) struct Tool {
    /// What users call it.
    pub(crate) name: &'static str,
    /// What it is needed for.
    pub(crate) purpose: &'static str,
    /// Whether the machine has it.
    pub(crate) is_present: fn() -> bool,
    /// Where to get it.
    pub(crate) installer: Installer,
}

/// Where a tool comes from.
#[derive(Debug)]
pub(crate) enum Installer {
    /// Debian packages.
    Apt { packages: &'static [&'static str] },
    /// A program on crates.io.
    Cargo { package: &'static str },
    /// A package of npm.
    Npm { package: Package },
    /// A package of Python.
    Pip { environment: Environment },
    /// A component of the Rust toolchain.
    Rustup { component: &'static str },
}
