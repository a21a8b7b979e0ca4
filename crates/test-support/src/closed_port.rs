use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port of this machine at which nothing listens.
///
/// The port is reserved while this value exists: connections to it are refused, and no other program can be given it.
/// A port that was only listened at before could be another program's by the time that a test connects.
#[derive(Debug)]
pub struct ClosedPort {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl ClosedPort {
    /// Reserves a port of 127.0.0.1. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// The system has no free port or socket.
    pub fn reserve() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self {
            address: socket.local_addr()?,
            _socket: socket,
        })
    }

    /// The address that refuses connections.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
