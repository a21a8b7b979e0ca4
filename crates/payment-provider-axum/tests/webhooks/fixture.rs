//! A host on a temporary database whose one gateway does what the body of a delivery says.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use payment_provider_axum::{NoPublicUrl, webhook_routes, webhook_routes_at};
use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
use payment_provider_core::{
    Clock, ConnectionCode, ConnectionSettings, Environment, Event, EventKind, EventTarget,
    MockPaymentProvider, MockProviderFactory, Operation, OrganizationId, ProviderDescriptor,
    ProviderError, ProviderErrorKind, ProviderId, ProviderRegistry, RetryAdvice, SettingField,
    SettingKind, SettingsSchema, TimestampCheck, Verification, VerifiedWebhook, WebhookReply,
    WebhookRequest,
};
use payment_provider_host::connections::NewConnection;
use payment_provider_host::encryption::{EncryptionKey, EncryptionKeys};
use payment_provider_host::page::PageRequest;
use payment_provider_host::{ConnectionRef, Host, HostConfig, Store};
use tempfile::TempDir;
use tower::ServiceExt;
use url::Url;

pub(crate) const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
pub(crate) const OTHER_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
// 2026-11-21T10:00:00Z
pub(crate) const NOW: Timestamp = Timestamp::constant(1_795_255_200, 0);

/// A clock that shows [`NOW`], and as many seconds more as it was advanced by.
#[derive(Debug, Clone, Default)]
struct TestClock(Arc<AtomicI64>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        NOW + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

type Seen = Arc<Mutex<Vec<WebhookRequest>>>;

pub(crate) struct Edge {
    pub(crate) store: Store,
    host: Host,
    router: Router,
    seen: Seen,
    clock: TestClock,
    directory: Arc<TempDir>,
}

impl Edge {
    /// With one connection, `main` of the organization `org`.
    pub(crate) async fn new() -> Self {
        Self::reached_at(Some("https://billing.example/base/")).await
    }

    /// The same without a public address: the routes are given theirs.
    pub(crate) async fn on_loopback() -> Self {
        Self::reached_at(None).await
    }

    async fn reached_at(public_url: Option<&str>) -> Self {
        let directory = Arc::new(TempDir::new().unwrap());
        let edge = Self::on(directory, KEY, true, public_url).await;
        let settings = ConnectionSettings::new().with("secret", "s");
        let provider = ProviderId::new("mock").unwrap();
        let new = NewConnection::new(connection(), provider, "Main", settings);
        edge.host.add_connection(new).await.unwrap();
        edge
    }

    /// Another host on the same database.
    pub(crate) async fn with_host(&self, key: &str, registered: bool) -> Self {
        let directory = Arc::clone(&self.directory);
        let public_url = self.host.public_url().map(Url::as_str);
        Self::on(directory, key, registered, public_url).await
    }

    async fn on(
        directory: Arc<TempDir>,
        key: &str,
        registered: bool,
        public_url: Option<&str>,
    ) -> Self {
        let seen = Seen::default();
        let clock = TestClock::default();
        let mut registry = ProviderRegistry::new();
        if registered {
            registry.register(factory(&seen)).unwrap();
        }
        let keys = EncryptionKeys::new(EncryptionKey::from_text(&key.into()).unwrap());
        let mut config = HostConfig::default();
        config.public_url = public_url.map(|url| url.parse().unwrap());
        let host = Host::sqlite(directory.path().join("test.db"))
            .share_sqlite_file()
            .allow_unknown_keys()
            .with_registry(registry)
            .with_encryption_keys(keys)
            .with_clock(Arc::new(clock.clone()))
            .with_config(config)
            .build()
            .await
            .unwrap();
        let router = webhook_routes(host.clone()).unwrap_or_else(|NoPublicUrl| {
            webhook_routes_at(host.clone(), "http://127.0.0.1:3000".parse().unwrap())
        });
        Self {
            store: host.store().clone(),
            host,
            router,
            seen,
            clock,
            directory,
        }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub(crate) async fn send_nested(&self, prefix: &str, request: Request<Body>) -> Answer {
        let router = Router::new().nest(prefix, self.router.clone());
        Answer::of(router.oneshot(request).await.unwrap()).await
    }

    /// The requests that reached the provider.
    pub(crate) fn seen(&self) -> Vec<WebhookRequest> {
        self.seen.lock().unwrap().clone()
    }

    /// State and number of copies of each stored delivery.
    pub(crate) async fn stored(&self) -> Vec<String> {
        let page = PageRequest::default();
        let newest_first = self.host.deliveries(&connection(), &page).await.unwrap();
        let shown = newest_first.items.iter().rev().map(|delivery| {
            format!("{:?} x{}", delivery.state, delivery.delivery_count).to_lowercase()
        });
        shown.collect()
    }
}

fn connection() -> ConnectionRef {
    let organization = OrganizationId::new("org").unwrap();
    ConnectionRef::new(organization, ConnectionCode::new("main").unwrap())
}

fn factory(seen: &Seen) -> MockProviderFactory {
    let secret = SettingField::new("secret", "Secret", SettingKind::Secret).required();
    let id = ProviderId::new("mock").unwrap();
    let descriptor = ProviderDescriptor::new(id, "Mock", SettingsSchema::new([secret]));
    let mut factory = MockProviderFactory::new();
    factory.expect_descriptor().return_const(descriptor);
    let seen = Arc::clone(seen);
    factory.expect_connect().returning(move |_| {
        let seen = Arc::clone(&seen);
        let mut provider = MockPaymentProvider::new();
        provider
            .expect_environment()
            .return_const(Environment::Sandbox);
        provider.expect_handle_webhook().returning(move |request| {
            seen.lock().unwrap().push(request.clone());
            verdict(&request.body)
        });
        Ok(Arc::new(provider))
    });
    factory
}

fn verdict(body: &Bytes) -> Result<VerifiedWebhook, ProviderError> {
    let failed = |kind| {
        let provider = ProviderId::new("mock").unwrap();
        ProviderError::new(kind, Operation::HandleWebhook, provider)
    };
    let (kind, timestamp_check) = match &**body {
        b"forged" => return Err(failed(ProviderErrorKind::InvalidSignature)),
        b"gateway down" => {
            let wait = RetryAdvice::After(Duration::from_secs(7));
            return Err(failed(ProviderErrorKind::Unavailable).with_retry(wait));
        }
        b"ping" => (EventKind::Ping, TimestampCheck::Fresh),
        b"unrecognised" => {
            let reason = "no such type".to_owned();
            (EventKind::Unrecognised { reason }, TimestampCheck::Fresh)
        }
        b"stale" => (EventKind::FetchNeeded, TimestampCheck::Stale),
        _ => (EventKind::FetchNeeded, TimestampCheck::Fresh),
    };
    let events = vec![Event::new("TYPE", EventTarget::none(), kind)];
    let verified = VerifiedWebhook::new(
        Verification::Inquiry,
        Environment::Sandbox,
        timestamp_check,
        events,
    );
    Ok(if &**body == b"wants a reply" {
        verified.with_reply(WebhookReply::with_body("text/plain", "[accepted]"))
    } else {
        verified
    })
}

pub(crate) fn post(address: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(address).body(body.into()).unwrap()
}

/// A body whose sender goes away after the first bytes.
pub(crate) fn broken_body() -> Body {
    let parts = [Ok("begun"), Err(std::io::Error::other("gone"))];
    Body::from_stream(futures_util::stream::iter(parts))
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    headers: HeaderMap,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Self {
            status: parts.status,
            body,
            headers: parts.headers,
        }
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// A problem of this status and detail, and nothing else in it but the status's own words.
    pub(crate) fn is_problem(&self, status: StatusCode, detail: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(
            self.header(header::CONTENT_TYPE),
            "application/problem+json"
        );
        let problem: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        let expected = serde_json::json!({
            "status": status.as_u16(),
            "title": status.canonical_reason(),
            "detail": detail,
        });
        assert_eq!(problem, expected);
    }
}
