//! Connections that never send a complete request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// A pause after a connection that was refused.
const PAUSE: Duration = Duration::from_millis(5);

/// Senders with a thread of their own, each with one connection at a time.
pub(crate) struct Attack {
    counts: Arc<Counts>,
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    opened: AtomicUsize,
    closed: AtomicUsize,
}

impl Attack {
    pub(crate) fn start(address: String, senders: usize) -> Self {
        let counts = Arc::new(Counts::default());
        let stop = CancellationToken::new();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().expect("a runtime");
        let thread = std::thread::spawn({
            let (counts, stop) = (Arc::clone(&counts), stop.clone());
            move || {
                runtime.block_on(async {
                    for number in 0..senders {
                        let (address, counts) = (address.clone(), Arc::clone(&counts));
                        tokio::spawn(send_without_end(address, number, counts));
                    }
                    stop.cancelled().await;
                });
            }
        });
        Self {
            counts,
            stop,
            thread,
        }
    }

    /// The number of connections opened so far.
    pub(crate) fn opened(&self) -> usize {
        self.counts.opened.load(Ordering::Relaxed)
    }

    /// The number of connections that the application closed.
    pub(crate) fn closed(&self) -> usize {
        self.counts.closed.load(Ordering::Relaxed)
    }

    pub(crate) fn stop(self) {
        self.stop.cancel();
        self.thread.join().expect("no sender panics");
    }
}

/// Opens one connection after the other, at once when the last one is closed.
async fn send_without_end(address: String, number: usize, counts: Arc<Counts>) {
    let begin = begin_of_request(number);
    loop {
        let Ok(mut stream) = TcpStream::connect(&address).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        counts.opened.fetch_add(1, Ordering::Relaxed);
        // Closed meanwhile, or later: both end this connection.
        let _ = stream.write_all(&begin).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        counts.closed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns everything that one of the senders sends of a request.
fn begin_of_request(number: usize) -> Vec<u8> {
    let header = |code: &str| {
        format!(
            "POST /webhooks/cashfree/acme?code={code} HTTP/1.1\r\nhost: attack\r\ncontent-length: 1048576\r\n"
        )
    };
    match number % 8 {
        // A connection without a byte.
        0 | 1 => Vec::new(),
        // A header that does not end.
        2 | 3 => header("main").into_bytes(),
        // A long one.
        4 => [
            header("main").as_bytes(),
            b"x-long: ",
            &vec![b'x'; 60 << 10],
        ]
        .concat(),
        // A body that does not arrive, and one that does so in part.
        5 => format!("{}\r\n", header("main")).into_bytes(),
        6 => [header("main").as_bytes(), b"\r\n", &vec![b'{'; 64 << 10]].concat(),
        // A body for no connection.
        _ => [header("another").as_bytes(), b"\r\n", &vec![b'{'; 64 << 10]].concat(),
    }
}
