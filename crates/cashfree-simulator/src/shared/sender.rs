//! The background tasks and HTTP clients that send webhooks.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::http_clients::HttpClients;

/// Sends webhooks in the background.
#[derive(Debug)]
pub(crate) struct WebhookSender {
    http_clients: HttpClients,
    pub(super) tasks: TaskTracker,
    halt: Mutex<CancellationToken>,
    pub(super) held: Mutex<Option<oneshot::Sender<()>>>,
}

impl WebhookSender {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            http_clients: HttpClients::new()?,
            tasks: TaskTracker::new(),
            halt: Mutex::new(CancellationToken::new()),
            held: Mutex::new(None),
        })
    }

    pub(super) fn halted(&self) -> CancellationToken {
        self.halt
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Cancels all waits, lets attempts in progress finish, and then accepts new work.
    pub(crate) async fn quiesce(&self) {
        self.halted().cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
        *self.halt.lock().unwrap_or_else(PoisonError::into_inner) = CancellationToken::new();
    }

    /// Makes one request. Returns the receiver's status, or a description of the failure.
    pub(super) async fn deliver(
        &self,
        url: Url,
        headers: Vec<(&'static str, String)>,
        body: Bytes,
        timeout: Duration,
    ) -> Result<u16, &'static str> {
        let client = self.http_clients.client(&url)?;
        let mut request = client.post(url).body(body).timeout(timeout);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) if error.is_timeout() => Err("no response in time"),
            Err(error) if error.is_connect() => Err("no connection"),
            Err(_) => Err("the connection broke or the response was unreadable"),
        }
    }

    /// Cancels all waits without waiting for attempts in progress.
    pub(crate) fn halt(&self) {
        let mut halt = self.halt.lock().unwrap_or_else(PoisonError::into_inner);
        halt.cancel();
        *halt = CancellationToken::new();
    }
}
