//! The one public address of the application, whichever of its processes are running.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The addresses of the processes that are running.
#[derive(Debug, Default)]
pub(crate) struct Backends {
    addresses: Mutex<Vec<SocketAddr>>,
    turn: AtomicUsize,
}

impl Backends {
    pub(crate) fn add(&self, address: SocketAddr) {
        self.with(|addresses| addresses.push(address));
    }

    pub(crate) fn remove(&self, address: SocketAddr) {
        self.with(|addresses| addresses.retain(|known| *known != address));
    }

    /// Connects to one of the processes, in turn.
    async fn connect(&self) -> Option<TcpStream> {
        let mut addresses = self.with(|addresses| addresses.clone());
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let first = turn.checked_rem(addresses.len())?;
        addresses.rotate_left(first);
        for address in addresses {
            if let Ok(connection) = TcpStream::connect(address).await {
                return Some(connection);
            }
        }
        None
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<SocketAddr>) -> T) -> T {
        act(&mut self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }
}

/// A proxy that passes connections on to the processes. While none is running it closes them, as a balancer does.
#[derive(Debug)]
pub(crate) struct Front {
    address: SocketAddr,
    kept: Arc<Keeper>,
}

/// The choice of the responses that never arrive: the application has acted, and the caller's request times out.
#[derive(Debug)]
struct Keeper {
    of_a_thousand: u32,
    random: Mutex<SmallRng>,
    kept: AtomicU64,
}

impl Keeper {
    fn keeps(&self) -> bool {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let keeps = random.random_ratio(self.of_a_thousand, 1000);
        self.kept.fetch_add(keeps.into(), Ordering::Relaxed);
        keeps
    }
}

impl Front {
    /// Listens on a free port. This many of a thousand responses are held back until the caller gives up.
    pub(crate) async fn to(backends: &Arc<Backends>, kept_of_a_thousand: u32, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let kept = Arc::new(Keeper {
            of_a_thousand: kept_of_a_thousand,
            random: Mutex::new(SmallRng::seed_from_u64(seed)),
            kept: AtomicU64::new(0),
        });
        let (backends, keeper) = (Arc::clone(backends), Arc::clone(&kept));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (backends, keeper) = (Arc::clone(&backends), Arc::clone(&keeper));
                tokio::spawn(async move {
                    if let Some(server) = backends.connect().await {
                        pass(client, server, &keeper).await;
                    }
                });
            }
        });
        Self { address, kept }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of responses held back.
    pub(crate) fn kept(&self) -> u64 {
        self.kept.kept.load(Ordering::Relaxed)
    }
}

async fn pass(client: TcpStream, server: TcpStream, keeper: &Keeper) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mut forth = tokio::spawn(async move {
        // If either side disconnects, the connection ends; there is no one to report an error to.
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    });
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
        if keeper.keeps() {
            // Waits until the caller disconnects.
            let _ = (&mut forth).await;
            break;
        }
        if to_client.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    forth.abort();
}
