//! A proxy between the provider and the gateway. It records every request and injects connection
//! failures.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::wire_faults::WireFault;
use crate::support::{Seen, read_request};

/// Returns the letter of an API call.
pub(crate) fn letter(request: &Seen) -> char {
    let path = request.target.split('?').next().unwrap_or_default();
    match (request.method.as_str(), path) {
        ("POST", "/pg/links") => 'P',
        ("POST", path) if path.ends_with("/cancel") => 'C',
        ("GET", path) if path.ends_with("/orders") => 'O',
        ("GET", path) if path.ends_with("/payments") => 'Y',
        ("GET", path) if path.ends_with("/refunds") => 'R',
        ("GET", path) if path.starts_with("/pg/links/") => 'G',
        other => panic!("a call that is none of the API's: {other:?}"),
    }
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    /// The failure of each kind of call, and the number of times it still occurs.
    breaks: BTreeMap<char, (WireFault, u32)>,
    held: Vec<Seen>,
}

pub(crate) struct Proxy {
    pub(crate) base_url: String,
    gateway: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(gateway: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/pg", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let task = tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(carry(stream, gateway, Arc::clone(&state)));
                }
            }
        });
        Self {
            base_url,
            gateway,
            state,
            task,
        }
    }

    /// Makes the next calls of this kind fail.
    pub(crate) fn break_next(&self, call: char, how: WireFault, times: u32) {
        let mut state = self.state.lock().unwrap();
        state.breaks.insert(call, (how, times));
    }

    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().breaks.clear();
    }

    /// Returns the requests since the last call.
    pub(crate) fn take_requests(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state.lock().unwrap().seen)
    }

    /// Forwards the requests that were held back to the gateway.
    pub(crate) async fn forward_held(&self) {
        let held = std::mem::take(&mut self.state.lock().unwrap().held);
        for request in held {
            forward(self.gateway, &request).await.unwrap();
        }
    }

    /// Sends a request directly to the gateway.
    pub(crate) async fn send(&self, request: &Seen) -> Vec<u8> {
        forward(self.gateway, request).await.unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Handles one connection. Errors are ignored, because failing connections are the purpose.
async fn carry(mut stream: TcpStream, gateway: SocketAddr, state: Arc<Mutex<State>>) {
    if unread_reset(&stream, &state).await {
        return;
    }
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    let how = {
        let mut state = state.lock().unwrap();
        state.seen.push(request.clone());
        take_break(&mut state, letter(&request))
    };
    let _ = act(&mut stream, gateway, &state, request, how).await;
}

/// Applies a reset before the request is read. The request is still unknown, so the reset hits the
/// next connection of any kind.
async fn unread_reset(stream: &TcpStream, state: &Mutex<State>) -> bool {
    let mut first = [0; 1];
    let _ = stream.peek(&mut first).await;
    let mut state = state.lock().unwrap();
    let hit = state
        .breaks
        .values_mut()
        .find(|(how, _)| *how == WireFault::ResetUnread);
    match hit {
        Some((_, times)) if *times > 0 => {
            *times -= 1;
            true
        }
        _ => false,
    }
}

fn take_break(state: &mut State, call: char) -> Option<WireFault> {
    let (how, times) = state.breaks.get_mut(&call)?;
    *times = times.checked_sub(1)?;
    Some(*how)
}

async fn act(
    stream: &mut TcpStream,
    gateway: SocketAddr,
    state: &Mutex<State>,
    request: Seen,
    how: Option<WireFault>,
) -> io::Result<()> {
    let page = |status: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let response = match how {
        Some(WireFault::Html200) => page("200 OK", "<html>welcome</html>"),
        Some(WireFault::Empty200) => page("200 OK", ""),
        Some(WireFault::Html404) => page("404 Not Found", "<html>nothing here</html>"),
        Some(WireFault::Html403) => page("403 Forbidden", "<html>firewall</html>"),
        Some(WireFault::Redirect307) => {
            page("307 Away\r\nlocation: http://127.0.0.1:9/pg/links", "")
        }
        Some(WireFault::Garbage) => "nonsense\r\n\r\n".to_owned(),
        Some(WireFault::CutBeforeCommit) => return stream.set_zero_linger(),
        Some(WireFault::HangBeforeCommit) => return until_gone(stream).await,
        Some(WireFault::LateCommit) => {
            state.lock().unwrap().held.push(request);
            return until_gone(stream).await;
        }
        None => return relay(stream, gateway, &request).await,
        Some(how) => return damage(stream, &forward(gateway, &request).await?, how).await,
    };
    stream.write_all(response.as_bytes()).await
}

/// Forwards request and response unchanged. If the gateway's connection breaks, the caller's is
/// reset.
async fn relay(stream: &mut TcpStream, gateway: SocketAddr, request: &Seen) -> io::Result<()> {
    let mut answer = send(gateway, request).await?;
    let carried = tokio::io::copy(&mut answer, stream).await;
    carried.map(drop).or_else(|_| stream.set_zero_linger())
}

/// Sends the gateway's response to the caller, modified by the failure.
async fn damage(stream: &mut TcpStream, answer: &[u8], how: WireFault) -> io::Result<()> {
    let body = answer.windows(4).position(|w| w == b"\r\n\r\n");
    let body = body.map_or(answer.len(), |end| end + 4);
    let half = body.midpoint(answer.len());
    match how {
        WireFault::HangAfterCommit => until_gone(stream).await,
        WireFault::CutAfterCommit => stream.set_zero_linger(),
        WireFault::HalfHead => stream.write_all(&answer[..12]).await,
        WireFault::HalfBody => stream.write_all(&answer[..half]).await,
        WireFault::ResetMidBody => {
            stream.write_all(&answer[..half]).await?;
            stream.set_zero_linger()
        }
        WireFault::StalledBody => {
            stream.write_all(&answer[..half]).await?;
            until_gone(stream).await
        }
        WireFault::SlowBody => {
            let (head, rest) = answer.split_at(body);
            stream.write_all(head).await?;
            for piece in rest.chunks(rest.len() / 8 + 1) {
                tokio::time::sleep(Duration::from_millis(2)).await;
                stream.write_all(piece).await?;
            }
            Ok(())
        }
        WireFault::Oversized => {
            let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            stream.write_all(head).await?;
            stream.write_all(&vec![b' '; 2 * 1024 * 1024]).await
        }
        _ => stream.write_all(answer).await,
    }
}

/// Waits until the caller closes the connection.
async fn until_gone(stream: &mut TcpStream) -> io::Result<()> {
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

/// Sends a request to the gateway and returns the whole response, which may be empty.
async fn forward(gateway: SocketAddr, request: &Seen) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    send(gateway, request)
        .await?
        .read_to_end(&mut answer)
        .await?;
    Ok(answer)
}

async fn send(gateway: SocketAddr, request: &Seen) -> io::Result<TcpStream> {
    let mut head = format!("{} HTTP/1.1\r\nconnection: close\r\n", request.line());
    for (name, value) in &request.headers {
        head.push_str(&[name, ": ", value, "\r\n"].concat());
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(gateway).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&request.body).await?;
    Ok(stream)
}
