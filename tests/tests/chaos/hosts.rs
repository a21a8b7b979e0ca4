//! The processes of the application and its database, and their crashes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cross_crate_tests::{Database, Program, Stage};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use test_support::postgres::Server;
use tokio::sync::watch;

use crate::front::Backends;

/// The settings with which each process is started.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) database: Database,
    /// The server of the database, if there is one to crash.
    pub(crate) server: Option<Arc<Server>>,
    /// The key file, shared by all: each process can decrypt the secrets that another encrypted.
    pub(crate) key_file: PathBuf,
    pub(crate) simulator: String,
    /// The address at which the gateway reaches the running processes.
    pub(crate) public_url: String,
}

/// A crash at some point of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blow {
    /// A process is killed, and started again.
    Kill,
    /// The database crashes while all processes use it, and is started again.
    Crash,
}

#[derive(Debug)]
pub(crate) struct Hosts {
    launch: Launch,
    backends: Arc<Backends>,
    running: Vec<(Program, SocketAddr)>,
    pub(crate) kills: usize,
    pub(crate) restarts: usize,
    pub(crate) crashes: usize,
}

impl Hosts {
    pub(crate) async fn start(launch: Launch, processes: usize, backends: Arc<Backends>) -> Self {
        let mut hosts = Self {
            launch,
            backends,
            running: Vec::new(),
            kills: 0,
            restarts: 0,
            crashes: 0,
        };
        for _ in 0..processes {
            let started = hosts.start_one().await;
            hosts.running.push(started);
        }
        hosts
    }

    fn spawn(&self) -> Program {
        let Launch {
            database,
            key_file,
            simulator,
            public_url,
            ..
        } = &self.launch;
        let (database, key_file) = (database.argument(), key_file.display().to_string());
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--database",
            &database,
            "--key-file",
            &key_file,
            "--simulator-url",
            simulator,
            "--public-url",
            public_url,
            "--seed",
            "none",
        ];
        // Each rejected and repeated call is logged as a warning, and there are many of them.
        let environment = [("BILLING_HOST_API_KEY", Stage::KEY), ("RUST_LOG", "error")];
        Program::start("billing-host", &arguments, &environment)
    }

    async fn start_one(&self) -> (Program, SocketAddr) {
        let mut program = self.spawn();
        let url = program.line_after("listening on ").await;
        let address = url.trim_start_matches("http://").parse();
        let address = address.expect("an address and a port");
        self.backends.add(address);
        (program, address)
    }

    /// Kills a process whenever the work has reached one of these points, and starts it again on the same database.
    /// Occasionally it is killed a second time while it starts.
    pub(crate) async fn strike_along(
        mut self,
        points: Vec<(u64, Blow)>,
        mut progress: watch::Receiver<u64>,
        seed: u64,
    ) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut points = points.into_iter().peekable();
        while let Some((point, blow)) = points.next() {
            // The work has ended early, with a failure: there is nothing left to disturb.
            if progress.wait_for(|done| *done >= point).await.is_err() {
                return self;
            }
            random_moment(&mut random, 40).await;
            if blow == Blow::Crash {
                self.crash().await;
                continue;
            }
            let victim = random.random_range(0..self.running.len());
            let (program, address) = self.running.swap_remove(victim);
            self.backends.remove(address);
            self.kill(program).await;
            let is_kill = |(_, next): &(u64, Blow)| *next == Blow::Kill;
            if random.random_ratio(1, 8) && points.next_if(is_kill).is_some() {
                let starting = self.spawn();
                self.restarts += 1;
                random_moment(&mut random, 60).await;
                self.kill(starting).await;
            }
            let started = self.start_one().await;
            self.restarts += 1;
            self.running.push(started);
        }
        self
    }

    async fn kill(&mut self, program: Program) {
        let output = program.kill().await;
        self.kills += 1;
        assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    }

    /// Crashes the database. The processes go on running, and their connections break in the middle of their work.
    async fn crash(&mut self) {
        let server = self.launch.server.clone().expect("a server");
        let restarted = tokio::task::spawn_blocking(move || server.crash_and_restart());
        let restarted = restarted.await.expect("a caller that restarts it");
        restarted.unwrap_or_else(|problem| panic!("{problem}"));
        self.crashes += 1;
    }

    /// Runs the application's ledger audit beside the running processes, which must find that the ledger adds up.
    pub(crate) async fn audit_ledger(&self) {
        let database = self.launch.database.argument();
        let arguments = [
            "ledger",
            "audit",
            "--all-organizations",
            "--database",
            &database,
        ];
        let (status, output) = Program::start("billing-host", &arguments, &[])
            .ended()
            .await;
        assert!(status.success(), "{}\n{}", output.stdout, output.stderr);
        println!("ledger check: {}", output.stdout);
    }

    /// Ends all processes.
    pub(crate) async fn end(mut self) {
        for (program, _) in std::mem::take(&mut self.running) {
            let output = program.kill().await;
            assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
        }
    }
}

/// Waits for a random time, so that a kill hits any moment and not only the beginning of a step.
async fn random_moment(random: &mut SmallRng, most_milliseconds: u64) {
    let moment = Duration::from_millis(random.random_range(0..most_milliseconds));
    tokio::time::sleep(moment).await;
}
