//! The allowed dependencies between crates.
//!
//! They are part of the design: the contract stays small enough that every crate can depend on it, and the simulator
//! interprets the gateway's reference independently, so that one misreading cannot be in two places.

use std::collections::BTreeSet;

use crate::cargo::{cargo, read};
use crate::report::{Outcome, Report};

/// A crate, and the crates that it must not depend on, directly or indirectly.
#[derive(Debug)]
struct Rule {
    package: &'static str,
    /// The kinds of dependencies that count, as `cargo tree --edges` names them.
    edges: &'static str,
    forbidden: Forbidden,
    because: &'static str,
}

/// The crates that a crate must not depend on.
#[derive(Debug)]
enum Forbidden {
    /// Crates with one of these names, and crates whose names begin with one of them and a dash.
    Families(&'static [&'static str]),
    /// Any other crate of this workspace.
    OurCrates,
    /// Any other crate of this workspace except these.
    OurCratesBut(&'static [&'static str]),
}

const RULES: &[Rule] = &[
    Rule {
        package: "payment-provider-core",
        edges: "normal,build",
        forbidden: Forbidden::Families(&[
            // Async runtimes.
            "actix",
            "async-global-executor",
            "async-io",
            "async-std",
            "embassy",
            "glommio",
            "mio",
            "monoio",
            "smol",
            "tokio",
            // HTTP clients and servers.
            "axum",
            "curl",
            "h2",
            "hyper",
            "isahc",
            "reqwest",
            "rocket",
            "surf",
            "tonic",
            "tower-http",
            "ureq",
            "warp",
            // Transport security.
            "native-tls",
            "openssl",
            "rustls",
            // Databases.
            "diesel",
            "libsqlite3-sys",
            "postgres",
            "rusqlite",
            "sea-orm",
            "sqlx",
        ]),
        because: "the contract brings no async runtime, no HTTP client or server, and no database",
    },
    Rule {
        package: "payment-provider-core",
        edges: "normal,build",
        forbidden: Forbidden::OurCrates,
        because: "the contract knows neither the providers nor the host",
    },
    Rule {
        package: "payment-provider-http",
        edges: "normal,build",
        forbidden: Forbidden::OurCratesBut(&["payment-provider-core"]),
        because: "the crate that providers share knows only the contract, and no gateway",
    },
    Rule {
        package: "payment-provider-http",
        edges: "normal,build",
        forbidden: Forbidden::Families(&["axum"]),
        because: "a provider sends requests and serves none",
    },
    Rule {
        package: "provider-cashfree",
        edges: "normal,build",
        forbidden: Forbidden::OurCratesBut(&["payment-provider-core", "payment-provider-http"]),
        because: "a provider sees neither the host nor another provider",
    },
    Rule {
        package: "provider-cashfree",
        edges: "normal,build",
        forbidden: Forbidden::Families(&["axum"]),
        because: "a provider sends requests and serves none",
    },
    Rule {
        package: "provider-razorpay",
        edges: "normal,build",
        forbidden: Forbidden::OurCratesBut(&["payment-provider-core", "payment-provider-http"]),
        because: "a provider sees neither the host nor another provider",
    },
    Rule {
        package: "provider-razorpay",
        edges: "normal,build",
        forbidden: Forbidden::Families(&["axum"]),
        because: "a provider sends requests and serves none",
    },
    Rule {
        package: "provider-bank-transfer",
        edges: "normal,build",
        forbidden: Forbidden::Families(&[
            "payment-provider-axum",
            "payment-provider-host",
            "reqwest",
            "tokio",
        ]),
        because: "the smallest provider needs only the contract and sends no request",
    },
    Rule {
        package: "payment-provider-host",
        edges: "normal,build",
        forbidden: Forbidden::Families(&["payment-provider-axum", "provider"]),
        because: "the host names no provider, and works without its HTTP edge",
    },
    Rule {
        package: "payment-provider-axum",
        edges: "normal,build",
        forbidden: Forbidden::Families(&["provider"]),
        because: "the HTTP edge names no provider",
    },
    Rule {
        package: "payment-provider-conformance",
        edges: "normal,build,dev",
        forbidden: Forbidden::OurCratesBut(&["payment-provider-core", "test-support"]),
        because: "the kit tests any provider and knows none",
    },
    Rule {
        package: "cashfree-simulator",
        edges: "normal,build,dev",
        forbidden: Forbidden::OurCratesBut(&["test-support"]),
        because: "the simulator interprets the gateway's reference independently",
    },
    Rule {
        package: "cashfree-simulator",
        edges: "normal,build",
        forbidden: Forbidden::OurCrates,
        because: "the simulator is published, and test-support is not",
    },
    Rule {
        package: "test-support",
        edges: "normal,build,dev",
        forbidden: Forbidden::OurCratesBut(&["payment-provider-core"]),
        because: "all of our crates use it in their tests",
    },
];

/// Checks all rules.
pub(crate) fn run_all(report: &mut Report) {
    report.run("dependency tree", || match violations() {
        Ok(violations) if violations.is_empty() => Outcome::Passed,
        Ok(violations) => {
            for violation in &violations {
                eprintln!("error: {violation}\n");
            }
            Outcome::Failed(format!("{} forbidden dependencies", violations.len()))
        }
        Err(error) => Outcome::Failed(error),
    });
}

fn violations() -> Result<Vec<String>, String> {
    let ours = read(&mut cargo([
        "tree",
        "--workspace",
        "--depth",
        "0",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]))?;
    let ours = package_names(&ours);

    let mut violations = Vec::new();
    for rule in RULES {
        let tree = read(&mut cargo([
            "tree",
            "-p",
            rule.package,
            "-e",
            rule.edges,
            "--all-features",
            "--target",
            "all",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]))?;
        violations.extend(rule.violations(&package_names(&tree), &ours));
    }
    Ok(violations)
}

impl Rule {
    /// Returns the violations, given the names of the package and all its dependencies, and of the workspace's packages.
    fn violations(&self, tree: &BTreeSet<&str>, ours: &BTreeSet<&str>) -> Vec<String> {
        let Self {
            package,
            edges,
            because,
            ..
        } = self;
        tree.iter()
            .filter(|&name| name != package && self.forbids(name, ours))
            .map(|name| {
                format!(
                    "{package} depends on {name}, but {because}\n  \
                     the path: cargo tree -p {package} -e {edges} --all-features --target all -i {name}"
                )
            })
            .collect()
    }

    fn forbids(&self, name: &str, ours: &BTreeSet<&str>) -> bool {
        match self.forbidden {
            Forbidden::OurCrates => ours.contains(name),
            Forbidden::OurCratesBut(allowed) => ours.contains(name) && !allowed.contains(&name),
            Forbidden::Families(families) => families.iter().any(|family| {
                name.strip_prefix(family)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            }),
        }
    }
}

/// Returns the names in the output of `cargo tree --prefix none --format {p}`.
///
/// Each line is `name v1.2.3`, sometimes followed by `(proc-macro)`, a path, or `(*)` for a repeated package.
fn package_names(tree: &str) -> BTreeSet<&str> {
    tree.lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(' ')?;
            rest.starts_with('v').then_some(name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Forbidden, RULES, Rule, package_names};

    const TREE: &str = "\
payment-provider-core v0.1.0 (/src/crates/payment-provider-core)
async-trait v0.1.92 (proc-macro)
syn v2.0.119
smol_str v0.3.2
tokio-util v0.7.17
tokio v1.54.0
syn v2.0.119 (*)

[dev-dependencies]
provider-cashfree v0.1.0 (/src/crates/provider-cashfree)
";

    fn rule(forbidden: Forbidden) -> Rule {
        Rule {
            package: "payment-provider-core",
            edges: "normal",
            forbidden,
            because: "of the design",
        }
    }

    #[test]
    fn package_names_are_read_without_version_path_and_headings() {
        let names: Vec<_> = package_names(TREE).into_iter().collect();
        let expected = [
            "async-trait",
            "payment-provider-core",
            "provider-cashfree",
            "smol_str",
            "syn",
            "tokio",
            "tokio-util",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_family_is_forbidden_with_all_its_members() {
        let violations = rule(Forbidden::Families(&["smol", "tokio"]))
            .violations(&package_names(TREE), &BTreeSet::new());
        assert_eq!(violations.len(), 2, "{violations:?}");
        assert!(
            violations[0]
                .starts_with("payment-provider-core depends on tokio, but of the design\n")
        );
        assert!(violations[0].ends_with("-i tokio"), "{}", violations[0]);
    }

    #[test]
    fn a_crate_may_be_in_its_own_tree() {
        let ours = BTreeSet::from(["payment-provider-core", "provider-cashfree"]);
        let violations = rule(Forbidden::OurCrates).violations(&package_names(TREE), &ours);
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert!(violations[0].contains("depends on provider-cashfree"));
    }

    #[test]
    fn only_the_listed_crates_of_the_workspace_are_allowed() {
        let ours = BTreeSet::from(["payment-provider-core", "provider-cashfree", "tokio-util"]);
        let violations =
            rule(Forbidden::OurCratesBut(&["tokio-util"])).violations(&package_names(TREE), &ours);
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert!(violations[0].contains("depends on provider-cashfree"));
    }

    #[test]
    fn providers_and_their_shared_crate_must_not_depend_on_the_host() {
        let host = ["payment-provider-host", "payment-provider-axum"];
        let ours = BTreeSet::from(host);
        for package in [
            "payment-provider-http",
            "provider-cashfree",
            "provider-razorpay",
        ] {
            for name in [host[0], host[1], "axum", "axum-core"] {
                let mut rules = RULES.iter().filter(|rule| rule.package == package);
                assert!(
                    rules.any(|rule| rule.forbids(name, &ours)),
                    "{package} {name}"
                );
            }
        }
    }

    #[test]
    fn the_contract_must_not_depend_on_a_runtime_a_client_or_a_database() {
        let names = [
            "tokio",
            "reqwest",
            "hyper-util",
            "axum",
            "sqlx-core",
            "rusqlite",
            "libsqlite3-sys",
            "tower-http",
        ];
        for name in names {
            let forbidden = RULES.iter().any(|rule| {
                rule.package == "payment-provider-core" && rule.forbids(name, &BTreeSet::new())
            });
            assert!(forbidden, "{name}");
        }
    }

    #[test]
    fn the_contract_is_not_of_the_family_of_providers() {
        let host = RULES
            .iter()
            .find(|rule| rule.package == "payment-provider-host")
            .unwrap();
        assert!(host.forbids("provider-cashfree", &BTreeSet::new()));
        assert!(!host.forbids("payment-provider-core", &BTreeSet::new()));
    }
}
