//! Installs missing tools, or prints the command that does.

use std::process::Command;
use std::time::Duration;

use crate::cargo::{cargo, run_within};
use crate::machine::Machine;
use crate::report::Outcome;
use crate::tool::{Installer, Tool};
use crate::tools::{NPM, PYTHON};

/// The limit of one installation, including the compilation of the tool.
const LIMIT: Duration = Duration::from_mins(15);

/// Settings that shorten compilation: tools run for seconds, but take minutes to compile.
const LIGHT_PROFILE: [&str; 6] = [
    "--config",
    "profile.release.opt-level=1",
    "--config",
    "profile.release.lto='off'",
    "--config",
    "profile.release.codegen-units=16",
];

/// Recommended packages, such as a desktop's services for a browser, are left out: no test needs them.
const APT_INSTALL: [&str; 5] = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"];

/// The way to install a missing tool on a given machine.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// These commands, one after the other, install the tool.
    Run(Vec<Vec<String>>),
    /// The user has to install the tool as this text says.
    Manual(String),
}

impl Installer {
    /// The tool that the installer itself needs, which is installed first if it is missing.
    fn needs(&self) -> Option<&'static Tool> {
        match self {
            Self::Npm { .. } => Some(&NPM),
            Self::Pip { .. } => Some(&PYTHON),
            Self::Apt { .. } | Self::Cargo { .. } | Self::Rustup { .. } => None,
        }
    }

    fn plan(&self, machine: Machine) -> Plan {
        match self {
            Self::Apt { packages } => {
                let update = words(["apt-get", "update", "-qq"]);
                let install = words(APT_INSTALL.iter().chain(*packages).copied());
                match machine {
                    Machine {
                        is_debian: true,
                        is_root: true,
                    } => Plan::Run(vec![update, install]),
                    Machine {
                        is_debian: true,
                        is_root: false,
                    } => Plan::Manual(format!(
                        "run: sudo sh -c '{} && {}'",
                        update.join(" "),
                        install.join(" ")
                    )),
                    Machine {
                        is_debian: false, ..
                    } => Plan::Manual(format!(
                        "install what Debian calls {} with the package manager of this system",
                        packages.join(" and ")
                    )),
                }
            }
            Self::Cargo { package } => Plan::Run(vec![words(
                ["cargo", "install", package, "--locked"]
                    .into_iter()
                    .chain(LIGHT_PROFILE),
            )]),
            Self::Npm { package } => Plan::Run(vec![package.install_command()]),
            Self::Pip { environment } => Plan::Run(environment.install_commands()),
            Self::Rustup { component } => {
                Plan::Run(vec![words(["rustup", "component", "add", component])])
            }
        }
    }
}

/// Ensures that all these tools are present. Installs missing ones, and prints each command that does.
///
/// # Errors
///
/// The names of the tools that are still missing. The way to install each has been printed by then.
pub(crate) fn ensure(tools: &[&Tool]) -> Result<(), String> {
    let machine = Machine::this();
    let missing: Vec<&str> = tools
        .iter()
        .filter(|tool| !(tool.is_present)() && !install(tool, machine))
        .map(|tool| tool.name)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("missing: {}", missing.join(", ")))
    }
}

/// Installs a tool. Returns true if it can be used afterwards.
fn install(tool: &Tool, machine: Machine) -> bool {
    let Tool { name, purpose, .. } = tool;
    let needed = tool.installer.needs();
    if needed.is_some_and(|needed| !(needed.is_present)() && !install(needed, machine)) {
        return false;
    }
    match tool.installer.plan(machine) {
        Plan::Manual(how) => {
            eprintln!("needs {name} ({purpose}); {how}");
            false
        }
        Plan::Run(commands) => {
            let line = commands
                .iter()
                .map(|words| words.join(" "))
                .collect::<Vec<_>>()
                .join(" && ");
            eprintln!("needs {name} ({purpose}); installing: {line}");
            for words in commands {
                let outcome = run_within(LIMIT, &mut command(&words));
                if outcome != Outcome::Passed {
                    eprintln!("could not install {name}: {outcome}\nrun: {line}");
                    return false;
                }
            }
            let present = (tool.is_present)();
            if !present {
                eprintln!(
                    "installed {name}, but it cannot be started; check that its folder is on the path"
                );
            }
            present
        }
    }
}

fn command(words: &[String]) -> Command {
    let mut words = words.iter().map(String::as_str);
    match words.next() {
        Some("cargo") => cargo(words),
        program => {
            let mut command = Command::new(program.unwrap_or_default());
            command.args(words).env("DEBIAN_FRONTEND", "noninteractive");
            command
        }
    }
}

fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use crate::machine::Machine;
    use crate::tool::Installer;

    const APT: Installer = Installer::Apt {
        packages: &["gcc", "libc6-dev"],
    };

    #[test]
    fn root_on_debian_installs_packages() {
        let Plan::Run(commands) = APT.plan(Machine {
            is_debian: true,
            is_root: true,
        }) else {
            panic!("should install");
        };
        assert_eq!(
            commands.last().unwrap().join(" "),
            "apt-get install -y -qq --no-install-recommends gcc libc6-dev"
        );
    }

    #[test]
    fn a_user_on_debian_gets_one_command() {
        let plan = APT.plan(Machine {
            is_debian: true,
            is_root: false,
        });
        let command = "run: sudo sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev'";
        assert_eq!(plan, Plan::Manual(command.into()));
    }

    #[test]
    fn apt_is_not_called_elsewhere() {
        assert!(matches!(
            APT.plan(Machine {
                is_debian: false,
                is_root: true
            }),
            Plan::Manual(_)
        ));
    }

    #[test]
    fn programs_on_crates_io_need_no_special_rights() {
        let plan = Installer::Cargo {
            package: "cargo-nextest",
        }
        .plan(Machine {
            is_debian: false,
            is_root: false,
        });
        let Plan::Run(commands) = plan else {
            panic!("should install")
        };
        assert!(
            commands[0]
                .join(" ")
                .starts_with("cargo install cargo-nextest --locked"),
            "{commands:?}"
        );
    }
}
