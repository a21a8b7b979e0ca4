//! The program, from its arguments to its exit code.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};
use crate::options::Options;
use crate::shutdown_signal::shutdown_signal;
use crate::startup::{BillingHost, Running};
use crate::{admin, demo, money_text, seed};

/// Exit code after a second stop signal.
const INTERRUPTED: u8 = 130;

/// Runs the program with the arguments and environment of the process.
pub async fn run_program() -> ExitCode {
    let cli = Cli::parse();
    init_logging(cli.command.as_ref());
    let outcome = match cli.command {
        Some(Command::Demo) => run_demo().await,
        Some(Command::Admin(command)) => admin::run(*command).await,
        None => match cli.options() {
            Ok(options) => serve(options).await,
            Err(problem) => Cli::command()
                .error(ErrorKind::ArgumentConflict, problem)
                .exit(),
        },
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            print_error(&*error);
            ExitCode::FAILURE
        }
    }
}

/// Logs to standard error at the level of `RUST_LOG`. The default is `warn`, or `error` in the demo,
/// which causes warnings on purpose.
fn init_logging(command: Option<&Command>) {
    let default_level = match command {
        Some(Command::Demo) => LevelFilter::ERROR,
        Some(Command::Admin(_)) | None => LevelFilter::WARN,
    };
    let filter = EnvFilter::builder()
        .with_default_directive(default_level.into())
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
        stopped = shutdown_signal() => return Ok(stopped.map(|()| ExitCode::SUCCESS)?),
    };
    // A closed standard output does not stop the server.
    let _ = print_startup(&running, token_is_known);
    shutdown_signal().await?;
    let _ = writeln!(io::stdout(), "shutting down after the requests in progress");
    tokio::select! {
        () = running.shutdown() => Ok(ExitCode::SUCCESS),
        _ = shutdown_signal() => Ok(ExitCode::from(INTERRUPTED)),
    }
}

async fn run_demo() -> Result<ExitCode, Box<dyn Error>> {
    tokio::select! {
        done = demo::run() => {
            done?;
            Ok(ExitCode::SUCCESS)
        }
        stopped = shutdown_signal() => {
            stopped?;
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

fn print_error(error: &dyn Error) {
    let mut text = format!("billing-host: {error}");
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    let _ = writeln!(io::stderr(), "{}", money_text::in_text(&text));
}

/// Prints the addresses of this start and example calls.
fn print_startup(running: &Running, token_is_known: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let url = running.url();
    writeln!(out, "listening on {url}")?;
    if let Some(simulator) = running.simulator_url() {
        writeln!(out, "simulator on {simulator}")?;
    }
    if !running.receives_webhooks() {
        writeln!(
            out,
            "no webhooks: set the public URL of this application with --public-url"
        )?;
    }
    let removal = if running.has_temporary_database() {
        ", removed at shutdown"
    } else {
        ""
    };
    match running.database() {
        Some(path) => writeln!(out, "database {}{removal}", path.display())?,
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
        "\nOpen {url} in a browser and sign in with the API key, or run in another terminal:\n"
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
                "\nOpen the payment_url in a browser and pay; no real money moves. Then:\n"
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
    writeln!(out, "\nPress Ctrl-C to stop.")?;
    out.flush()
}
