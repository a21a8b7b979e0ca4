use crate::{Api, Control, Output, Program, Proxy};

/// An invoice with a payment link.
#[derive(Debug)]
pub struct Asked {
    /// The id of the invoice.
    pub invoice: String,
    /// The address of the link.
    pub url: String,
    /// The gateway's id of the link.
    pub link: String,
}

/// A test setup of billing-host and the simulator, each as a separate process, with a proxy between them.
#[derive(Debug)]
pub struct Stage {
    /// The application's API.
    pub api: Api,
    /// The simulator's control API.
    pub control: Control,
    /// The proxy between the two, on the way to the gateway.
    pub proxy: Proxy,
    host: Program,
    simulator: Program,
    directory: tempfile::TempDir,
}

impl Stage {
    /// The client secret of the connection.
    pub const SECRET: &str = "cfsk_ma_test_simulator";

    /// The application's API key.
    pub const KEY: &str = "test-api-key-for-the-stage-only";

    /// Starts both programs, and sets up a connection and a customer.
    pub async fn set_up() -> Self {
        let stage = Self::start(&[], Self::SECRET).await;
        stage.api.set_up(&stage.proxy.url(), Self::SECRET).await;
        stage
    }

    /// Starts both programs without any setup.
    ///
    /// # Panics
    /// Panics if one of them does not start.
    pub async fn start(environment: &[(&str, &str)], secret: &str) -> Self {
        let arguments = ["--listen", "127.0.0.1:0", "--retry-scale", "0.0001"];
        let secret = [("CASHFREE_SIMULATOR_CLIENT_SECRET", secret)];
        let mut simulator = Program::start("cashfree-simulator", &arguments, &secret);
        let url = simulator.line_after("listening on ").await;
        let server = url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let proxy = Proxy::to(server).await;
        let directory = tempfile::tempdir().expect("a directory");
        let (host, api) = start_host(&directory, &proxy, environment).await;
        Self {
            api,
            control: Control::new(url),
            proxy,
            host,
            simulator,
            directory,
        }
    }

    /// Creates an invoice and a link to pay it with.
    pub async fn ask_for(&self, purpose: &str, amount_cents: i64) -> Asked {
        let invoice = self.api.invoice_for(purpose, amount_cents).await;
        let url = self.api.payment_url(&invoice).await;
        let link = self.control.link_of(&url).await;
        Asked { invoice, url, link }
    }

    /// Acts on a link of the gateway (`pay`, `fail`, `pending`, `expire`, ...) and returns the result.
    pub async fn on_link(&self, link: &str, what: &str) -> serde_json::Value {
        let path = format!("links/{link}/{what}");
        self.control.post(&path, &serde_json::json!({})).await
    }

    /// Returns the id of the application's process.
    ///
    /// # Panics
    /// Panics if the application has ended.
    pub fn host_id(&self) -> u32 {
        self.host.id().expect("the application runs")
    }

    /// Kills the application and starts it again on the same database.
    pub async fn restart_host(mut self) -> Self {
        self.host.kill().await;
        self.proxy.hold_answers(false);
        (self.host, self.api) = start_host(&self.directory, &self.proxy, &[]).await;
        self
    }

    /// Ends both programs and returns the application's output, and the directory of its files.
    pub async fn tear_down(self) -> (Output, tempfile::TempDir) {
        let output = self.host.kill().await;
        self.simulator.kill().await;
        (output, self.directory)
    }
}

async fn start_host(
    directory: &tempfile::TempDir,
    proxy: &Proxy,
    environment: &[(&str, &str)],
) -> (Program, Api) {
    let database = format!("sqlite:{}", directory.path().join("billing.db").display());
    let simulator = proxy.url();
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--database",
        &database,
        "--simulator-url",
        &simulator,
        "--seed",
        "none",
    ];
    let environment: Vec<_> = environment
        .iter()
        .copied()
        .chain([("BILLING_HOST_API_KEY", Stage::KEY)])
        .collect();
    let mut host = Program::start("billing-host", &arguments, &environment);
    let url = host.line_after("listening on ").await;
    (host, Api::new(url, Stage::KEY))
}
