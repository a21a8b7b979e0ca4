//! The processes of the application, killed and stopped while they work.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cross_crate_tests::{Database, Program, Stage};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;

/// The lease of a delivery, in seconds; the shortest that the application allows.
const LEASE: u64 = 1;
/// The time for which a process is stopped: longer than a lease.
const STOPPED: Duration = Duration::from_millis(LEASE * 1_000 + 1_200);

/// The addresses of the running processes, taken in turn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addresses {
    running: Arc<Mutex<Vec<SocketAddr>>>,
    turn: Arc<AtomicUsize>,
}

impl Addresses {
    /// Returns the address of a running process.
    pub(crate) fn next(&self) -> Option<SocketAddr> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        running.get(turn.checked_rem(running.len())?).copied()
    }

    fn change(&self, change: impl FnOnce(&mut Vec<SocketAddr>)) {
        change(&mut self.running.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The settings of each process.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) database: String,
    pub(crate) key_file: PathBuf,
    pub(crate) gateway: String,
    pub(crate) public_url: String,
}

impl Launch {
    pub(crate) fn new(
        database: &Database,
        directory: &Path,
        gateway: &str,
        public_url: &str,
    ) -> Self {
        Self {
            database: database.argument(),
            key_file: directory.join("encryption.key"),
            gateway: gateway.to_owned(),
            public_url: public_url.to_owned(),
        }
    }

    fn spawn(&self) -> Program {
        let (key_file, lease) = (self.key_file.display().to_string(), LEASE.to_string());
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--database",
            &self.database,
            "--key-file",
            &key_file,
            "--simulator-url",
            &self.gateway,
            "--public-url",
            &self.public_url,
            "--delivery-lease",
            &lease,
            "--seed",
            "none",
        ];
        let environment = [("BILLING_HOST_API_KEY", Stage::KEY), ("RUST_LOG", "error")];
        Program::start("billing-host", &arguments, &environment)
    }

    /// Runs an operator's command beside the processes, and returns its output if it succeeds.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Result<String, String> {
        let database = ["--database", &self.database];
        let arguments = [arguments, &database[..]].concat();
        let (status, output) = Program::start("billing-host", &arguments, &[])
            .ended()
            .await;
        if status.success() {
            Ok(output.stdout)
        } else {
            Err(format!("{}{}", output.stdout, output.stderr))
        }
    }
}

#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) launch: Launch,
    addresses: Addresses,
    running: Vec<(Program, SocketAddr)>,
    pub(crate) kills: usize,
    pub(crate) stops: usize,
}

/// Something done to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blow {
    Kill,
    Stop,
}

impl Fleet {
    pub(crate) async fn start(launch: Launch, processes: usize, addresses: Addresses) -> Self {
        let mut fleet = Self {
            launch,
            addresses,
            running: Vec::new(),
            kills: 0,
            stops: 0,
        };
        for _ in 0..processes {
            fleet.start_one().await;
        }
        fleet
    }

    async fn start_one(&mut self) {
        let mut program = self.launch.spawn();
        let url = program.line_after("listening on ").await;
        let address: SocketAddr = url
            .trim_start_matches("http://")
            .parse()
            .expect("an address");
        self.addresses.change(|running| running.push(address));
        self.running.push((program, address));
    }

    /// Strikes processes at these points of the work, in order.
    pub(crate) async fn strike(
        mut self,
        blows: Vec<(usize, Blow)>,
        mut progress: watch::Receiver<usize>,
        seed: u64,
    ) -> Self {
        let mut random = SmallRng::seed_from_u64(seed ^ 0xB1);
        for (point, blow) in blows {
            // The work ended early only if it failed.
            if progress.wait_for(|done| *done >= point).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(random.random_range(0..60))).await;
            let victim = random.random_range(0..self.running.len());
            match blow {
                Blow::Kill => self.kill(victim).await,
                Blow::Stop => self.stop(victim).await,
            }
        }
        self
    }

    async fn kill(&mut self, victim: usize) {
        let (program, address) = self.running.swap_remove(victim);
        self.addresses
            .change(|running| running.retain(|known| *known != address));
        let output = program.kill().await;
        assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
        self.kills += 1;
        self.start_one().await;
    }

    /// Stops a process, which keeps its connections and its leases, and lets it go on after they have ended.
    async fn stop(&mut self, victim: usize) {
        let id = self.running[victim].0.id().expect("the process runs");
        let pid = Pid::from_raw(i32::try_from(id).expect("a process id")).expect("a process id");
        kill_process(pid, Signal::STOP).expect("the process can be stopped");
        tokio::time::sleep(STOPPED).await;
        kill_process(pid, Signal::CONT).expect("the process can go on");
        self.stops += 1;
    }

    pub(crate) async fn end(self) {
        for (program, _) in self.running {
            let output = program.kill().await;
            assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
        }
    }
}
