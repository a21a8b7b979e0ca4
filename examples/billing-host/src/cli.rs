//! The command line.

use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use payment_provider_core::Environment;
use secrecy::SecretString;
use url::Url;

use crate::admin::Operation;
use crate::demo::merchant;
use crate::options::{DatabasePlace, Gateway, Options, Seed};

const API_KEY: &str = "BILLING_HOST_API_KEY";
const DATABASE: &str = "BILLING_HOST_DATABASE";
const SIMULATOR_PORT: u16 = 3001;

/// A small billing application that collects payments.
#[derive(Debug, Parser)]
#[command(name = "billing-host", version, after_help = merchant::ENVIRONMENT)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Does a whole round trip in the terminal, against a simulator, and ends.
    Demo,
    #[command(flatten)]
    Operate(Box<Operation>),
}

#[derive(Debug, Args)]
struct Serve {
    /// Address to serve on; port 0 takes any free port.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Database: a file, as sqlite:PATH, or `postgres://USER@HOST/NAME`. Without it a temporary file,
    /// removed at the end.
    #[arg(long, value_parser = database)]
    database: Option<DatabasePlace>,
    /// Which gateway takes the payments.
    #[arg(long, value_enum, default_value_t = GatewayName::Simulator)]
    gateway: GatewayName,
    /// Address of the simulator in this process [default: 127.0.0.1:3001].
    #[arg(long, conflicts_with = "simulator_url")]
    simulator_listen: Option<SocketAddr>,
    /// Address of a simulator in another process.
    #[arg(long, value_parser = web_address)]
    simulator_url: Option<Url>,
    /// Address under which the gateway reaches this application.
    #[arg(long, value_parser = web_address)]
    public_url: Option<Url>,
    /// What is there at the first start.
    #[arg(long, value_enum, default_value_t = SeedName::Demo)]
    seed: SeedName,
    /// Key that seals the secrets of connections; made if there is none [default: beside the
    /// database].
    #[arg(long)]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GatewayName {
    Simulator,
    Sandbox,
    Production,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SeedName {
    Demo,
    None,
}

impl Cli {
    /// The options, or what does not go together.
    pub(crate) fn options(self) -> Result<Options, &'static str> {
        let serve = self.serve;
        let database = place(serve.database)?.unwrap_or(DatabasePlace::Temporary);
        if matches!(database, DatabasePlace::Postgres(_)) && serve.key_file.is_none() {
            return Err("a PostgreSQL database needs --key-file, the same for every process");
        }
        let of_the_simulator = serve.simulator_listen.is_some() || serve.simulator_url.is_some();
        if of_the_simulator && serve.gateway != GatewayName::Simulator {
            return Err("--simulator-listen and --simulator-url need --gateway simulator");
        }
        let gateway = match (serve.gateway, serve.simulator_url) {
            (GatewayName::Simulator, Some(url)) => Gateway::SimulatorAt(url),
            (GatewayName::Simulator, None) => Gateway::OwnSimulator(
                serve
                    .simulator_listen
                    .unwrap_or_else(|| (Ipv4Addr::LOCALHOST, SIMULATOR_PORT).into()),
            ),
            (GatewayName::Sandbox, _) => real(Environment::Sandbox),
            (GatewayName::Production, _) => real(Environment::Production),
        };
        Ok(Options {
            listen: serve.listen,
            database,
            gateway,
            public_url: serve.public_url,
            seed: match serve.seed {
                SeedName::Demo => Seed::Demo,
                SeedName::None => Seed::Nothing,
            },
            key_file: serve.key_file,
            api_key: env::var(API_KEY).ok().map(SecretString::from),
        })
    }
}

fn real(environment: Environment) -> Gateway {
    Gateway::Real {
        environment,
        credentials: merchant::credentials(),
    }
}

/// The database that was named, or else that of the environment.
pub(crate) fn place(named: Option<DatabasePlace>) -> Result<Option<DatabasePlace>, &'static str> {
    if named.is_some() {
        return Ok(named);
    }
    let text = env::var(DATABASE).ok().filter(|text| !text.is_empty());
    text.map(|text| database(&text)).transpose()
}

/// An address of a server is looked at when it is used, since who refuses it here would repeat it,
/// password and all.
pub(crate) fn database(text: &str) -> Result<DatabasePlace, &'static str> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(DatabasePlace::Postgres(SecretString::from(text)));
    }
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() && path != ":memory:" => {
            Ok(DatabasePlace::File(PathBuf::from(path)))
        }
        _ => Err("must be sqlite: and the path of a file, or an address postgres://..."),
    }
}

fn web_address(text: &str) -> Result<Url, &'static str> {
    let address = text.parse::<Url>().ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    address.ok_or("must be an http or https address without user, query and fragment")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use secrecy::ExposeSecret;

    use super::*;

    fn options(arguments: &[&str]) -> Result<Options, String> {
        let arguments = ["billing-host"].iter().chain(arguments);
        let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
        cli.options().map_err(str::to_owned)
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_arguments_everything_is_local_and_temporary() {
        let options = options(&[]).unwrap();
        assert_eq!(options.listen.to_string(), "127.0.0.1:3000");
        assert!(matches!(options.database, DatabasePlace::Temporary));
        assert!(
            matches!(options.gateway, Gateway::OwnSimulator(at) if at.to_string() == "127.0.0.1:3001")
        );
        assert_eq!(options.seed, Seed::Demo);
    }

    #[test]
    fn a_server_is_a_database_and_needs_a_key_of_all_processes() {
        let server = "postgres://billing:hunter2@db.example/billing";
        let options = options(&["--database", server, "--key-file", "seal.key"]).unwrap();
        assert!(!format!("{options:?}").contains("hunter2"));
        assert!(
            matches!(options.database, DatabasePlace::Postgres(url) if url.expose_secret() == server)
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for bad in [
            &["--database", "postgres://x"][..],
            &["--database", "mysql://x", "--key-file", "k"],
            &["--database", "sqlite:"],
            &["--database", "sqlite::memory:"],
            &["--public-url", "ftp://example.com"],
            &["--public-url", "https://user:pass@example.com"],
            &["--public-url", "https://example.com/?a=b"],
            &["--simulator-url", "127.0.0.1:3001"],
            &[
                "--simulator-url",
                "http://a",
                "--simulator-listen",
                "127.0.0.1:1",
            ],
            &["--gateway", "sandbox", "--simulator-listen", "127.0.0.1:1"],
            &["--gateway", "live"],
            &["--listen", "3000"],
            &["--seed", "more"],
            &["--unknown"],
            &["--listen", "127.0.0.1:0", "demo"],
        ] {
            assert!(options(bad).is_err(), "{bad:?}");
        }
    }
}
