//! The courier between the gateway and the application: it takes every webhook, and delivers each in its own time until
//! it is answered with success.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cross_crate_tests::Stage;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use sha2::Sha256;

use crate::fleet::Addresses;
use crate::gateway::serve;

const SIGNATURE: &str = "x-webhook-signature";
const TIMESTAMP: &str = "x-webhook-timestamp";
const AGAIN: Duration = Duration::from_millis(150);

/// Something done to a webhook, besides its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    Repeated,
    Delayed,
    /// Signed with a time of two days ago, as a repetition after an outage is.
    Aged,
    /// Preceded by a copy whose body is cut.
    DamagedCopy,
    /// Preceded by a copy that someone else signed.
    ForgedCopy,
}

/// The counts of what the courier did.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    pub(crate) taken: usize,
    pub(crate) troubles: BTreeMap<Trouble, usize>,
    /// Attempts that found no process, or none that could answer with success.
    pub(crate) failed_attempts: usize,
    /// Copies without a valid signature that were accepted.
    pub(crate) accepted_forgeries: usize,
}

#[derive(Debug)]
pub(crate) struct Courier {
    /// The public address of the application.
    pub(crate) url: String,
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Desk {
    addresses: Addresses,
    client: reqwest::Client,
    random: Mutex<SmallRng>,
    calm: AtomicBool,
    under_way: AtomicUsize,
    delivered: Mutex<Delivered>,
}

impl Courier {
    pub(crate) async fn start(addresses: Addresses, seed: u64) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build();
        let desk = Arc::new(Desk {
            addresses,
            client: client.expect("an HTTP client"),
            random: Mutex::new(SmallRng::seed_from_u64(seed ^ 0xC0)),
            calm: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            delivered: Mutex::default(),
        });
        let url = serve(Router::new().fallback(take).with_state(Arc::clone(&desk))).await;
        Self { url, desk }
    }

    /// Delivers all further webhooks at once and as they are.
    pub(crate) fn calm(&self) {
        self.desk.calm.store(true, Ordering::Relaxed);
    }

    /// Returns the number of webhooks that are not delivered yet.
    pub(crate) fn under_way(&self) -> usize {
        self.desk.under_way.load(Ordering::SeqCst)
    }

    /// Returns the counts so far.
    pub(crate) fn take_counts(&self) -> Delivered {
        let mut delivered = self.desk.counts();
        std::mem::take(&mut *delivered)
    }
}

impl Desk {
    fn counts(&self) -> std::sync::MutexGuard<'_, Delivered> {
        self.delivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn chance(&self, of_a_hundred: u32) -> bool {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        !self.calm.load(Ordering::Relaxed) && random.random_ratio(of_a_hundred, 100)
    }

    fn moment(&self, most_milliseconds: u64) -> Duration {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_millis(random.random_range(0..most_milliseconds))
    }

    fn note(&self, trouble: Trouble) {
        *self.counts().troubles.entry(trouble).or_default() += 1;
    }

    async fn deliver(&self, path: &str, mut headers: HeaderMap, body: Bytes) {
        if !self.calm.load(Ordering::Relaxed) {
            // Webhooks overtake each other.
            let wait = if self.chance(8) {
                self.note(Trouble::Delayed);
                Duration::from_secs(2) + self.moment(2_000)
            } else {
                self.moment(300)
            };
            tokio::time::sleep(wait).await;
        }
        if self.chance(5) {
            self.note(Trouble::DamagedCopy);
            self.refused(path, &headers, body.slice(..body.len() / 2))
                .await;
        }
        if self.chance(5) {
            self.note(Trouble::ForgedCopy);
            let mut forged = headers.clone();
            sign(&mut forged, &body, Timestamp::now(), b"guessed");
            self.refused(path, &forged, body.clone()).await;
        }
        if self.chance(5) {
            self.note(Trouble::Aged);
            let aged = Timestamp::now() - SignedDuration::from_hours(48);
            sign(&mut headers, &body, aged, Stage::SECRET.as_bytes());
        }
        let copies = if self.chance(15) {
            self.note(Trouble::Repeated);
            2
        } else {
            1
        };
        for _ in 0..copies {
            while !self
                .attempt(path, &headers, body.clone())
                .await
                .is_some_and(|status| status.is_success())
            {
                self.counts().failed_attempts += 1;
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// Sends a copy that must not be accepted.
    async fn refused(&self, path: &str, headers: &HeaderMap, body: Bytes) {
        let status = self.attempt(path, headers, body).await;
        let accepted = status.is_some_and(|status| status.is_success());
        self.counts().accepted_forgeries += usize::from(accepted);
    }

    async fn attempt(&self, path: &str, headers: &HeaderMap, body: Bytes) -> Option<StatusCode> {
        let address = self.addresses.next()?;
        let request = self
            .client
            .post(format!("http://{address}{path}"))
            .headers(headers.clone())
            .body(body);
        Some(request.send().await.ok()?.status())
    }
}

/// Takes a webhook. From here on it is the courier's task to deliver it.
async fn take(State(desk): State<Arc<Desk>>, uri: Uri, all: HeaderMap, body: Bytes) -> StatusCode {
    let mut headers = HeaderMap::new();
    for name in [SIGNATURE, TIMESTAMP, "x-webhook-version", "content-type"] {
        if let Some(value) = all.get(name) {
            headers.insert(name, value.clone());
        }
    }
    desk.counts().taken += 1;
    desk.under_way.fetch_add(1, Ordering::SeqCst);
    tokio::spawn(async move {
        desk.deliver(&uri.to_string(), headers, body).await;
        desk.under_way.fetch_sub(1, Ordering::SeqCst);
    });
    StatusCode::OK
}

/// Signs as the gateway does: <https://www.cashfree.com/docs/payments/online/webhooks/signature-verification>.
fn sign(headers: &mut HeaderMap, body: &[u8], at: Timestamp, secret: &[u8]) {
    let timestamp = at.as_millisecond().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
    mac.update(timestamp.as_bytes());
    mac.update(body);
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let value = |text: &str| HeaderValue::from_str(text).expect("visible characters");
    headers.insert(SIGNATURE, value(&signature));
    headers.insert(TIMESTAMP, value(&timestamp));
}
