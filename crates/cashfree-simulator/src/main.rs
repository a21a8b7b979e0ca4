//! Runs the simulator until it is interrupted.

use std::net::SocketAddr;
use std::process::ExitCode;

use cashfree_simulator::{
    ChaosProfile, ConfigError, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, Endpoint, Merchant,
    RetryScale, RunningSimulator, Simulator, SimulatorConfig,
};
use clap::Parser;

/// A local Cashfree payment gateway for tests: no account, no internet, no money.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Address to listen on.
    #[arg(
        long,
        env = "CASHFREE_SIMULATOR_LISTEN",
        default_value = "127.0.0.1:3001",
        value_parser = parse_listen
    )]
    listen: SocketAddr,
    /// Base of the payment page addresses, if it differs from the address listened on.
    #[arg(long, env = "CASHFREE_SIMULATOR_PUBLIC_URL")]
    public_url: Option<String>,
    /// Client id of the merchant.
    #[arg(long, env = "CASHFREE_SIMULATOR_CLIENT_ID", default_value = DEFAULT_CLIENT_ID)]
    client_id: String,
    /// Client secret of the merchant.
    #[arg(long, env = "CASHFREE_SIMULATOR_CLIENT_SECRET", hide_env_values = true, default_value = DEFAULT_CLIENT_SECRET)]
    client_secret: String,
    /// Address that receives webhooks. May be given more than once (in the environment: separated by commas).
    #[arg(long, env = "CASHFREE_SIMULATOR_WEBHOOK_URL", value_delimiter = ',')]
    webhook_url: Vec<String>,
    /// Factor on the waits of 2, 10 and 30 minutes between webhook attempts.
    #[arg(long, env = "CASHFREE_SIMULATOR_RETRY_SCALE", default_value = "1")]
    retry_scale: RetryScale,
    /// Seed of identifiers and of the order of events; the same seed gives the same run.
    #[arg(long, env = "CASHFREE_SIMULATOR_SEED")]
    seed: Option<u64>,
    /// Random faults, as SEED or SEED:PROFILE with the profile calm, mild, rough (the default) or storm.
    #[arg(long, env = "CASHFREE_SIMULATOR_CHAOS", value_name = "SEED[:PROFILE]")]
    chaos: Option<ChaosProfile>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cashfree-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let client_id = options.client_id.clone();
    // Only the well-known secret is printed.
    let secret = if options.client_secret == DEFAULT_CLIENT_SECRET {
        DEFAULT_CLIENT_SECRET
    } else {
        "<secret>"
    };
    let mut config = SimulatorConfig::new()
        .with_merchant(
            Merchant::new(options.client_id, options.client_secret).with_name("Simulated Merchant"),
        )
        .with_retry_scale(options.retry_scale);
    if let Some(public_url) = options.public_url {
        config = config.with_public_url(public_url);
    }
    if let Some(seed) = options.seed {
        config = config.with_seed(seed);
    }
    if let Some(chaos) = options.chaos {
        config = config.with_chaos(chaos);
    }
    for url in options.webhook_url {
        config = config.with_endpoint(Endpoint::new(url));
    }
    let simulator = Simulator::new(config)
        .map_err(|error| format!("{error}; correct {}", option_of(&error)))?;
    let listen = options.listen;
    let running = simulator.start(listen).await.map_err(|error| {
        format!(
            "cannot listen on {listen}: {error}; choose another address with --listen or \
             CASHFREE_SIMULATOR_LISTEN"
        )
    })?;
    welcome(&running, &client_id, secret);
    interrupted().await?;
    println!("finishing requests in progress");
    running.shutdown().await;
    Ok(())
}

fn parse_listen(text: &str) -> Result<SocketAddr, &'static str> {
    let address = text.parse();
    address.map_err(|_| "must be an IP address with a port, such as 127.0.0.1:3001")
}

/// Returns the option that a configuration error is about.
const fn option_of(error: &ConfigError) -> &'static str {
    match error {
        ConfigError::PublicUrl => "--public-url or CASHFREE_SIMULATOR_PUBLIC_URL",
        ConfigError::Endpoint(_) => "--webhook-url or CASHFREE_SIMULATOR_WEBHOOK_URL",
        ConfigError::Chaos(_) => "--chaos or CASHFREE_SIMULATOR_CHAOS",
        ConfigError::Merchant { .. } => "--client-id and --client-secret",
        _ => "the system",
    }
}

/// Waits for Ctrl-C or, on Unix, for SIGTERM.
async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn welcome(running: &RunningSimulator, client_id: &str, secret: &str) {
    let (url, api) = (running.url(), running.api_base_url());
    println!("listening on {url}\n");
    println!("A local Cashfree for client id {client_id}.\n");
    println!("  merchant API   {api}");
    println!("  overview       {url}/ (links, payments and webhooks, with controls)");
    println!("  control API    {url}/_simulator/links, /deliveries, /settings, ...");
    let endpoints = running.simulator().endpoints();
    for endpoint in &endpoints {
        println!(
            "  webhooks to    {} (version {})",
            endpoint.url, endpoint.version
        );
    }
    if endpoints.is_empty() {
        println!("  webhooks to    only the notify_url of links and orders; add --webhook-url");
    }
    if let Some(chaos) = running.simulator().settings().chaos {
        let name = chaos.name().unwrap_or("custom rates");
        println!("  random faults  profile {name}, seed {}", chaos.seed);
    }
    println!(
        "\nTry:\n  curl -s {api}/links -H 'x-client-id: {client_id}' -H 'x-client-secret: {secret}' \\\n    \
         -H 'x-api-version: 2025-01-01' -H 'content-type: application/json' \\\n    \
         -d '{{\"link_id\":\"demo-1\",\"link_amount\":200.12,\"link_currency\":\"INR\",\"link_purpose\":\"Demo\",\
         \"customer_details\":{{\"customer_phone\":\"9000000000\"}}}}'\n  \
         open the link_url of the response in a browser, or\n  \
         curl -s -X POST {url}/_simulator/links/demo-1/pay\n  \
         curl -s {url}/_simulator/deliveries\n\nPress Ctrl-C to stop."
    );
}
