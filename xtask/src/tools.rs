//! The tools that commands need, one constant each. The step that needs a tool names its constant.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use test_support::postgres;

use crate::cargo::cargo;
use crate::npm::Package;
use crate::python::Environment;
use crate::tool::{Installer, Tool};

/// The compiler for dependencies written in C: the database and the cryptography beneath TLS.
///
/// Nothing else is needed: `aws-lc-sys` builds without `cmake` on the common platforms.
pub(crate) const C_COMPILER: Tool = Tool {
    name: "cc",
    purpose: "compiles SQLite and the TLS library",
    is_present: || {
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        succeeds(Command::new(compiler).arg("--version"))
    },
    installer: Installer::Apt {
        packages: &["gcc", "libc6-dev"],
    },
};

/// The test runner.
pub(crate) const NEXTEST: Tool = Tool {
    name: "cargo-nextest",
    purpose: "runs the tests",
    is_present: || succeeds(&mut cargo(["nextest", "--version"])),
    installer: Installer::Cargo {
        package: "cargo-nextest",
    },
};

/// The browser and its driver, which must have the same version.
///
/// `CHROMIUM` and `CHROMEDRIVER` name programs to use instead of those on the path.
pub(crate) const CHROMIUM: Tool = Tool {
    name: "chromium",
    purpose: "shows the pages that tests use",
    is_present: || {
        [("CHROMIUM", "chromium"), ("CHROMEDRIVER", "chromedriver")]
            .iter()
            .all(|(variable, name)| {
                let program = std::env::var_os(variable).filter(|program| !program.is_empty());
                let program = program.unwrap_or_else(|| name.into());
                succeeds(Command::new(program).arg("--version"))
            })
    },
    installer: Installer::Apt {
        packages: &["chromium", "chromium-driver"],
    },
};

/// Fonts for the browser, which a minimal machine lacks: people look at the screenshots.
pub(crate) const FONTS: Tool = Tool {
    name: "fonts",
    purpose: "draw the pages in screenshots, including the rupee sign",
    is_present: || {
        let fonts = Command::new("fc-list").arg(":charset=20b9").output();
        fonts.is_ok_and(|fonts| !fonts.stdout.is_empty())
    },
    installer: Installer::Apt {
        packages: &["fontconfig", "fonts-noto-core"],
    },
};

/// The database of a host with several processes. Not needed if `TEST_DATABASE_URL` names a server.
pub(crate) const POSTGRESQL: Tool = Tool {
    name: "postgresql",
    purpose: "is one of the two databases that tests run on",
    is_present: || postgres::is_named() || postgres::is_installed(),
    installer: Installer::Apt {
        packages: &["postgresql"],
    },
};

/// The package manager that fetches axe-core.
pub(crate) const NPM: Tool = Tool {
    name: "npm",
    purpose: "fetches axe-core",
    is_present: || succeeds(Command::new("npm").arg("--version")),
    installer: Installer::Apt { packages: &["npm"] },
};

/// The package with the accessibility rules.
const AXE_CORE_PACKAGE: Package = Package {
    name: "axe-core",
    version: "4.14.1",
};

/// The accessibility rules that the browser tests check.
pub(crate) const AXE_CORE: Tool = Tool {
    name: "axe-core",
    purpose: "checks the accessibility of pages",
    is_present: || AXE_CORE_PACKAGE.is_complete(),
    installer: Installer::Npm {
        package: AXE_CORE_PACKAGE,
    },
};

/// The path of the script with those rules.
pub(crate) fn axe_core_program() -> PathBuf {
    AXE_CORE_PACKAGE.file("axe.min.js")
}

/// The interpreter of the gateways' own SDKs, with the module that makes environments.
pub(crate) const PYTHON: Tool = Tool {
    name: "python3",
    purpose: "runs the gateways' own SDKs",
    is_present: || succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])),
    installer: Installer::Apt {
        packages: &["python3", "python3-venv"],
    },
};

const CASHFREE_SDK_5_ENVIRONMENT: Environment = Environment {
    package: "cashfree-pg",
    version: "5.0.6",
};

const CASHFREE_SDK_6_ENVIRONMENT: Environment = Environment {
    package: "cashfree-pg",
    version: "6.0.1",
};

/// Cashfree's own SDK with the models of API version 2023-08-01.
pub(crate) const CASHFREE_SDK_5: Tool = Tool {
    name: "cashfree-pg 5",
    purpose: "reads the simulator's responses",
    is_present: || succeeds(&mut CASHFREE_SDK_5_ENVIRONMENT.check()),
    installer: Installer::Pip {
        environment: CASHFREE_SDK_5_ENVIRONMENT,
    },
};

/// Cashfree's own SDK with the models of API version 2026-01-01.
pub(crate) const CASHFREE_SDK_6: Tool = Tool {
    name: "cashfree-pg 6",
    purpose: "reads the simulator's responses",
    is_present: || succeeds(&mut CASHFREE_SDK_6_ENVIRONMENT.check()),
    installer: Installer::Pip {
        environment: CASHFREE_SDK_6_ENVIRONMENT,
    },
};

/// The interpreters with these SDKs, in this order.
pub(crate) fn cashfree_sdk_pythons() -> [PathBuf; 2] {
    [
        CASHFREE_SDK_5_ENVIRONMENT.python(),
        CASHFREE_SDK_6_ENVIRONMENT.python(),
    ]
}

const RAZORPAY_SDK_ENVIRONMENT: Environment = Environment {
    package: "razorpay",
    version: "2.0.1",
};

/// Razorpay's own SDK.
pub(crate) const RAZORPAY_SDK: Tool = Tool {
    name: "razorpay",
    purpose: "verifies the signatures that tests make",
    is_present: || succeeds(&mut RAZORPAY_SDK_ENVIRONMENT.check()),
    installer: Installer::Pip {
        environment: RAZORPAY_SDK_ENVIRONMENT,
    },
};

/// The interpreter with that SDK.
pub(crate) fn razorpay_sdk_python() -> PathBuf {
    RAZORPAY_SDK_ENVIRONMENT.python()
}

/// The tool that checks licences, sources and advisories of dependencies.
pub(crate) const DENY: Tool = Tool {
    name: "cargo-deny",
    purpose: "checks the licences, sources and advisories of dependencies",
    is_present: || succeeds(&mut cargo(["deny", "--version"])),
    installer: Installer::Cargo {
        package: "cargo-deny",
    },
};

/// The tool that lists the public API of a crate.
///
/// Each version reads the JSON format of nightlies of about its own age.
pub(crate) const PUBLIC_API: Tool = Tool {
    name: "cargo-public-api",
    purpose: "lists the public API of each crate",
    is_present: || succeeds(&mut cargo(["public-api", "--version"])),
    installer: Installer::Cargo {
        package: "cargo-public-api@0.52.0",
    },
};

/// Returns true if the toolchain `nightly` is installed. No command installs it.
pub(crate) fn has_nightly() -> bool {
    succeeds(Command::new("rustup").args(["run", "nightly", "rustdoc", "--version"]))
}

/// The formatter, which a minimal Rust installation lacks.
pub(crate) const RUSTFMT: Tool = Tool {
    name: "rustfmt",
    purpose: "checks the formatting",
    is_present: || succeeds(&mut cargo(["fmt", "--version"])),
    installer: Installer::Rustup {
        component: "rustfmt",
    },
};

/// The linter, which a minimal Rust installation lacks.
pub(crate) const CLIPPY: Tool = Tool {
    name: "clippy",
    purpose: "finds common mistakes",
    is_present: || succeeds(&mut cargo(["clippy", "--version"])),
    installer: Installer::Rustup {
        component: "clippy",
    },
};

/// Returns true if a command can be started and succeeds. Prints nothing.
fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
