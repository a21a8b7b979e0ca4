use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// A proxy between a program and a server that can hold the server's responses back: the server has acted, and the
/// program does not know.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    holding: watch::Sender<bool>,
    held: Arc<Notify>,
}

impl Proxy {
    /// Listens on a free port for connections to `server` (`127.0.0.1:<port>`).
    ///
    /// # Panics
    /// Panics if no port is free.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (holding, seen) = watch::channel(false);
        let held = Arc::new(Notify::new());
        let proxy = Self {
            address,
            holding,
            held: Arc::clone(&held),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(upstream) = TcpStream::connect(&server).await else {
                    continue;
                };
                tokio::spawn(pass(client, upstream, seen.clone(), Arc::clone(&held)));
            }
        });
        proxy
    }

    /// Returns the proxy's own address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts or stops holding responses back.
    pub fn hold_answers(&self, hold: bool) {
        self.holding.send_replace(hold);
    }

    /// Waits until a response is held back.
    pub async fn answer_held(&self) {
        self.held.notified().await;
    }
}

async fn pass(
    client: TcpStream,
    server: TcpStream,
    mut holding: watch::Receiver<bool>,
    held: Arc<Notify>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let forth = tokio::spawn(async move {
        // If either side disconnects, the connection ends; there is no one to report an error to.
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
        if *holding.borrow() {
            held.notify_one();
            if holding.wait_for(|hold| !hold).await.is_err() {
                break;
            }
        }
        if to_client.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    forth.abort();
}
