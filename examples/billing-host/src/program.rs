//! What the program does, from its arguments to its exit code.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};
use crate::options::Options;
use crate::shutdown_signal::asked_to_stop;
use crate::startup::{BillingHost, Running};
use crate::{admin, demo, seed};

/// Exit code of a program that was told to stop twice.
const INTERRUPTED: u8 = 130;

/// Runs the program with the arguments and the environment of the process.
pub async fn run_program() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.command.as_ref());
    let done = match cli.command {
        Some(Command::Demo) => run_demo().await,
        Some(Command::Operate(operation)) => admin::run(*operation).await,
        None => match cli.options() {
            Ok(options) => serve(options).await,
            Err(problem) => Cli::command()
                .error(ErrorKind::ArgumentConflict, problem)
                .exit(),
        },
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            complain(&*error);
            ExitCode::FAILURE
        }
    }
}

/// By `RUST_LOG`; without it warnings, of which the demo causes some on purpose.
fn log_to_stderr(command: Option<&Command>) {
    let unless_said = match command {
        Some(Command::Demo) => LevelFilter::ERROR,
        Some(Command::Operate(_)) | None => LevelFilter::WARN,
    };
    let filter = EnvFilter::builder()
        .with_default_directive(unless_said.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

async fn serve(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let token_is_known = options.api_key.is_some();
    let running = tokio::select! {
        started = BillingHost::start(options) => started?,
        stopped = asked_to_stop() => return Ok(stopped.map(|()| ExitCode::SUCCESS)?),
    };
    // Whoever started this may not listen; that is no reason to stop serving.
    let _ = welcome(&running, token_is_known);
    asked_to_stop().await?;
    let _ = writeln!(io::stdout(), "finishing what is under way");
    tokio::select! {
        () = running.shutdown() => Ok(ExitCode::SUCCESS),
        _ = asked_to_stop() => Ok(ExitCode::from(INTERRUPTED)),
    }
}

async fn run_demo() -> Result<ExitCode, Box<dyn Error>> {
    tokio::select! {
        done = demo::run() => {
            done?;
            Ok(ExitCode::SUCCESS)
        }
        stopped = asked_to_stop() => {
            stopped?;
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

fn complain(error: &dyn Error) {
    let mut text = format!("billing-host: {error}");
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    let _ = writeln!(io::stderr(), "{text}");
}

/// Where everything is, and lines to try it with.
fn welcome(running: &Running, token_is_known: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let url = running.url();
    writeln!(out, "listening on {url}")?;
    if let Some(simulator) = running.simulator_url() {
        writeln!(out, "simulator on {simulator}")?;
    }
    if !running.webhooks_arrive() {
        writeln!(
            out,
            "no webhooks: name the address of this application with --public-url"
        )?;
    }
    let until = if running.has_temporary_database() {
        ", removed at the end"
    } else {
        ""
    };
    match running.database() {
        Some(path) => writeln!(out, "database {}{until}", path.display())?,
        None => writeln!(out, "database PostgreSQL")?,
    }
    let token = if token_is_known {
        writeln!(out, "api key from BILLING_HOST_API_KEY")?;
        "$BILLING_HOST_API_KEY"
    } else {
        writeln!(out, "api key {}", running.api_key())?;
        running.api_key()
    };

    writeln!(
        out,
        "\nOpen {url} in a browser and sign in with the api key, or try in another terminal:\n"
    )?;
    let call = |method: &str, path: &str| {
        format!("curl -s {method} -H \"authorization: Bearer {token}\" '{url}/api/v1{path}'")
    };
    let get = |path: &str| call("", path).replace("-s  ", "-s ");
    let post = |path: &str| call("-X POST", path);
    let organization = seed::ORGANIZATION;
    if let Some(code) = &running.seeded().connection {
        let path = format!("/connections/{code}/check?organization_id={organization}");
        writeln!(out, "  {}", post(&path))?;
    }
    writeln!(out, "  {}", get("/connections"))?;
    writeln!(out, "  {}", get("/invoices"))?;
    if let Some(invoice) = &running.seeded().invoice {
        writeln!(
            out,
            "  {}",
            post(&format!("/invoices/{invoice}/payment_url"))
        )?;
        if running.simulator_url().is_some() {
            writeln!(
                out,
                "\nOpen the payment_url in a browser and pay; no money moves. Then:\n"
            )?;
        }
        writeln!(out, "  {}", get(&format!("/invoices/{invoice}")))?;
        writeln!(
            out,
            "  {} -H 'content-type: application/json' -d '{{\"organization_id\":\"{organization}\",\
             \"external_customer_id\":\"{}\",\"amount_cents\":9900,\"currency\":\"INR\",\
             \"purpose\":\"One more\"}}'",
            post("/invoices"),
            seed::CUSTOMER
        )?;
        writeln!(out, "  {}", post(&format!("/invoices/{invoice}/void")))?;
    }
    writeln!(out, "\nCtrl-C ends it.")?;
    out.flush()
}
