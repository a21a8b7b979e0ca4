//! The commands for developers of this workspace; `cargo xtask help` lists them.
//!
//! A command is a list of steps. Each step is run, timed and recorded in a [`Report`]. The later steps run even if one
//! fails, so that one run shows all failures.

mod api;
mod bench;
mod cargo;
mod command_line;
mod deny;
mod english;
mod histories;
mod install;
mod links;
mod lint;
mod machine;
mod modules;
mod npm;
mod packages;
mod python;
mod report;
mod syntax;
mod target;
mod test;
mod tool;
mod tools;
mod tree;
mod workspace;

use std::process::ExitCode;

use command_line::Command;
use report::Report;

fn main() -> ExitCode {
    let command = match Command::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error}\n\n{}", command_line::HELP);
            return ExitCode::from(2);
        }
    };

    let mut report = Report::default();
    match command {
        Command::Help => {
            println!("{}", command_line::HELP);
            return ExitCode::SUCCESS;
        }
        Command::Lint => lint::run_all(&mut report),
        Command::Tree => tree::run_all(&mut report),
        Command::Modules => modules::run_all(&mut report),
        Command::English => english::run_verbose(&mut report),
        Command::Test { runner_args } => return test::run_all(report, &runner_args),
        Command::Histories => histories::run_all(&mut report),
        Command::Bench(bench) => bench.run(&mut report),
        Command::Packages => packages::run_all(&mut report),
        Command::Links { fix: false } => links::check(&mut report),
        Command::Links { fix: true } => links::fix(&mut report),
        Command::Api { refresh: false } => api::check(&mut report),
        Command::Api { refresh: true } => api::refresh(&mut report),
        Command::Ci { runner_args } => {
            lint::run_all(&mut report);
            api::check(&mut report);
            histories::run_all(&mut report);
            return test::run_all(report, &runner_args);
        }
    }
    report.print_steps();
    report.exit_code()
}
