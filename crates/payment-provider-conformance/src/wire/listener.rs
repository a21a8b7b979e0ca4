//! The listening socket, which can be closed and opened again on the same port.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;

const BACKLOG: u32 = 1024;

pub(super) struct Listener {
    address: SocketAddr,
    runtime: Handle,
    state: Mutex<State>,
    refusing: watch::Sender<bool>,
}

struct State {
    /// The socket. It is `None` only while it is replaced.
    socket: Option<Socket>,
    /// The task that waits for connections.
    waker: Option<Waker>,
}

enum Socket {
    Listening(TcpListener),
    /// Bound without listening: connections are refused, and no other process gets the port.
    Reserved(TcpSocket),
}

impl Listener {
    pub(super) fn new(runtime: Handle) -> io::Result<Self> {
        let socket = bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(BACKLOG)?;
        Ok(Self {
            address: listener.local_addr()?,
            runtime,
            state: Mutex::new(State {
                socket: Some(Socket::Listening(listener)),
                waker: None,
            }),
            refusing: watch::Sender::new(false),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns true if connections are refused.
    pub(super) fn is_refusing(&self) -> bool {
        *self.refusing.borrow()
    }

    /// Waits until connections are refused.
    pub(super) async fn refuses(&self) {
        let mut refusing = self.refusing.subscribe();
        // The sender is a field of `self`, so it is not dropped meanwhile.
        let _ = refusing.wait_for(|&refusing| refusing).await;
    }

    /// Refuses or accepts connections from the moment it returns.
    pub(super) fn set_refusing(&self, refuse: bool) {
        if self.is_refusing() == refuse {
            return;
        }
        let _runtime = self.runtime.enter();
        let mut state = self.lock();
        let taken = "the port of a gateway was taken by another program";
        state.socket = match state.socket.take() {
            Some(Socket::Listening(listener)) if refuse => {
                // A listening socket does not share its port, so it is closed first.
                drop(listener);
                Some(Socket::Reserved(bind(self.address).expect(taken)))
            }
            Some(Socket::Reserved(socket)) if !refuse => {
                Some(Socket::Listening(socket.listen(BACKLOG).expect(taken)))
            }
            unchanged => unchanged,
        };
        let waker = state.waker.take();
        drop(state);
        self.refusing.send_replace(refuse);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Accepts the next connection.
    pub(super) async fn accept(&self) -> io::Result<TcpStream> {
        std::future::poll_fn(|context| self.poll_accept(context)).await
    }

    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let mut state = self.lock();
        state.waker = Some(context.waker().clone());
        match &state.socket {
            Some(Socket::Listening(listener)) => {
                listener.poll_accept(context).map_ok(|(stream, _)| stream)
            }
            _ => Poll::Pending,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Recently closed connections do not block the port. On other systems this option would let
    // several processes share it.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
