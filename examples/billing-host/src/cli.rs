//! Command line of the program.

use std::env;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use payment_provider_core::Environment;
use secrecy::SecretString;
use url::Url;

use crate::admin::AdminCommand;
use crate::database_argument;
use crate::demo::merchant;
use crate::options::{DatabaseLocation, GatewayTarget, Options, Seed};

const API_KEY: &str = "BILLING_HOST_API_KEY";
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
    /// Runs a complete payment round trip against a simulator in the terminal, then exits.
    Demo,
    #[command(flatten)]
    Admin(Box<AdminCommand>),
}

#[derive(Debug, Args)]
struct Serve {
    /// Address to serve on. Port 0 picks any free port.
    #[arg(long, default_value = "127.0.0.1:3000", value_parser = parse_listen)]
    listen: SocketAddr,
    /// Database: sqlite:PATH or `postgres://USER@HOST/NAME`. Default: a temporary file that is removed at
    /// shutdown.
    #[arg(long, value_parser = database_argument::parse)]
    database: Option<DatabaseLocation>,
    /// Gateway of the seeded connection.
    #[arg(long, value_enum, default_value_t = GatewayName::Simulator)]
    gateway: GatewayName,
    /// Address that the simulator in this process serves on [default: 127.0.0.1:3001].
    #[arg(long, conflicts_with = "simulator_url", value_parser = parse_listen)]
    simulator_listen: Option<SocketAddr>,
    /// URL of a simulator in another process.
    #[arg(long, value_parser = parse_base_url)]
    simulator_url: Option<Url>,
    /// Base URL under which gateways reach this application.
    #[arg(long, value_parser = parse_base_url)]
    public_url: Option<Url>,
    /// Data created at the first start.
    #[arg(long, value_enum, default_value_t = SeedName::Demo)]
    seed: SeedName,
    /// File with the keys that encrypt the secrets of connections. Created if it does not exist
    /// and the database has no secrets yet
    /// [default: the database file with .key appended].
    #[arg(long)]
    key_file: Option<PathBuf>,
    /// Address of a proxy before this application, whose header `X-Forwarded-For` names the client. Can be
    /// given several times.
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Vec<IpAddr>,
    /// Time after which another worker may apply a webhook that a worker has begun to apply and no longer
    /// renews, in seconds: 1 to 300.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    delivery_lease: u64,
    /// Starts although the database has secrets under keys that are not in the key file, so that they can
    /// be entered again.
    #[arg(long)]
    allow_unknown_keys: bool,
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
    /// Returns the options for serving, or the reason why the arguments contradict each other.
    pub(crate) fn options(self) -> Result<Options, &'static str> {
        let serve = self.serve;
        let database = database_argument::or_environment(serve.database)?
            .unwrap_or(DatabaseLocation::Temporary);
        if matches!(database, DatabaseLocation::Postgres(_)) && serve.key_file.is_none() {
            return Err("a PostgreSQL database requires --key-file, the same for every process");
        }
        let for_simulator = serve.simulator_listen.is_some() || serve.simulator_url.is_some();
        if for_simulator && serve.gateway != GatewayName::Simulator {
            return Err("--simulator-listen and --simulator-url require --gateway simulator");
        }
        let gateway = match (serve.gateway, serve.simulator_url) {
            (GatewayName::Simulator, Some(url)) => GatewayTarget::ExternalSimulator(url),
            (GatewayName::Simulator, None) => GatewayTarget::EmbeddedSimulator(
                serve
                    .simulator_listen
                    .unwrap_or_else(|| (Ipv4Addr::LOCALHOST, SIMULATOR_PORT).into()),
            ),
            (GatewayName::Sandbox, _) => live(Environment::Sandbox),
            (GatewayName::Production, _) => live(Environment::Production),
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
            allow_unknown_keys: serve.allow_unknown_keys,
            delivery_lease: Duration::from_secs(serve.delivery_lease),
            api_key: env::var(API_KEY).ok().map(SecretString::from),
            trusted_proxies: serve.trusted_proxy,
        })
    }
}

fn live(environment: Environment) -> GatewayTarget {
    GatewayTarget::Live {
        environment,
        credentials: merchant::credentials(),
    }
}

fn parse_listen(text: &str) -> Result<SocketAddr, &'static str> {
    let address = text.parse();
    address.map_err(|_| "must be an IP address with a port, such as 127.0.0.1:3000")
}

fn parse_base_url(text: &str) -> Result<Url, &'static str> {
    let url = text.parse::<Url>().ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    url.ok_or("must be an http or https URL without user, query and fragment")
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
    fn the_command_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_arguments_everything_is_local_and_temporary() {
        let options = options(&[]).unwrap();
        assert_eq!(options.listen.to_string(), "127.0.0.1:3000");
        assert!(matches!(options.database, DatabaseLocation::Temporary));
        assert!(
            matches!(options.gateway, GatewayTarget::EmbeddedSimulator(at) if at.to_string() == "127.0.0.1:3001")
        );
        assert_eq!(options.seed, Seed::Demo);
        assert_eq!(options.delivery_lease, Duration::from_secs(30));
    }

    #[test]
    fn a_postgres_url_is_accepted_with_a_key_file_and_its_password_is_not_printed() {
        let server = "postgres://billing:hunter2@db.example/billing";
        let options = options(&["--database", server, "--key-file", "encryption.key"]).unwrap();
        assert!(!format!("{options:?}").contains("hunter2"));
        assert!(
            matches!(options.database, DatabaseLocation::Postgres(url) if url.expose_secret() == server)
        );
    }

    #[test]
    fn contradictory_and_malformed_arguments_are_refused() {
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
            &["--delivery-lease", "0"],
            &["--seed", "more"],
            &["--unknown"],
            &["--listen", "127.0.0.1:0", "demo"],
        ] {
            assert!(options(bad).is_err(), "{bad:?}");
        }
    }
}
