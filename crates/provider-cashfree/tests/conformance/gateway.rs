use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use cashfree_simulator::{
    DeliverySnapshot, Endpoint, Merchant, Paise, PaymentAttempt, PaymentSnapshot, PaymentStatus,
    RefundStatus, Settings, Simulator, SimulatorConfig, WebhookVersion, sign,
};
use payment_provider_conformance::wire::{RecordedRequest, json};
use payment_provider_conformance::{
    Anomaly, DeliveryTimestamp, GatewayModel, GatewayRefusal, ModelResult, Scenario,
    UnsignedDelivery, WireAmount,
};
use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::{HeaderMap, HeaderValue, Request, Response};
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::secrecy::{ExposeSecret, SecretString};
use payment_provider_core::{CheckoutReference, Clock, Money, PaymentId, RefundId};
use tower::ServiceExt;

use crate::anomalies::apply;

/// Larger than any response of the simulator.
const MOST_BYTES: usize = 1024 * 1024;

/// The simulator, in this process, behind the kit's server.
pub(crate) struct Simulated {
    client_id: String,
    simulator: Simulator,
    router: Router,
    extra: Mutex<ExtraState>,
}

/// State for cases that the simulator does not cover by itself.
#[derive(Default)]
struct ExtraState {
    anomalies: HashMap<String, Anomaly>,
    /// For each link, a payment that its bank has not decided yet.
    undecided: HashMap<String, String>,
}

#[derive(Debug)]
struct KitTime(Arc<dyn Clock>);

impl cashfree_simulator::SimulatorClock for KitTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Simulated {
    pub(crate) fn new(client_id: &str, secret: &str, clock: Arc<dyn Clock>) -> Self {
        let mut settings = Settings::default();
        settings.webhooks.drop = true;
        settings.enabled_currencies = ["INR", "USD", "EUR", "JPY", "KWD"]
            .map(str::to_owned)
            .into();
        let mut config = SimulatorConfig::new()
            .with_merchant(Merchant::new(client_id, secret))
            .with_clock(Arc::new(KitTime(clock)))
            .with_settings(settings)
            .with_seed(1);
        for version in WebhookVersion::ALL {
            config =
                config.with_endpoint(Endpoint::new("http://127.0.0.1:9/").with_version(version));
        }
        let simulator = Simulator::new(config).expect("a right configuration");
        Self {
            client_id: client_id.to_owned(),
            router: simulator.router(),
            simulator,
            extra: Mutex::default(),
        }
    }

    fn attempt(amount: Money) -> PaymentAttempt {
        PaymentAttempt::new().with_amount(Paise::new(amount.minor_units()))
    }

    fn paid(payment: PaymentSnapshot) -> PaymentId {
        PaymentId::new(payment.cf_payment_id).expect("an id")
    }

    fn anomaly_of(&self, reference: &str) -> Option<Anomaly> {
        let extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner);
        extra.anomalies.get(reference).cloned()
    }

    /// Returns true if the link at this path is still hidden from this lookup.
    fn still_hidden(&self, path: &str) -> bool {
        let link_id = path.rsplit('/').next().unwrap_or_default();
        let mut extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner);
        match extra.anomalies.get_mut(link_id) {
            Some(Anomaly::HiddenFromLookups(lookups)) if *lookups > 0 => {
                *lookups -= 1;
                true
            }
            _ => false,
        }
    }

    fn deliveries_where(
        &self,
        wanted: impl Fn(&DeliverySnapshot) -> bool,
    ) -> Vec<UnsignedDelivery> {
        let deliveries = self.simulator.deliveries().into_iter().filter(wanted);
        deliveries.map(|delivery| unsigned(&delivery)).collect()
    }
}

/// Converts a delivery, leaving out the headers that belong to its signature.
fn unsigned(snapshot: &DeliverySnapshot) -> UnsignedDelivery {
    let mut delivery = UnsignedDelivery::new(snapshot.body.clone());
    for (&name, value) in &snapshot.headers {
        if !matches!(name, "x-webhook-signature" | "x-webhook-timestamp") {
            delivery = delivery.with_header(name, value);
        }
    }
    delivery
}

#[async_trait]
impl GatewayModel for Simulated {
    async fn respond(&self, request: RecordedRequest) -> Response<Bytes> {
        let path = request.path().to_owned();
        let mut parts = path.split('/').skip_while(|part| *part != "links").skip(1);
        let anomaly = parts.next().and_then(|link_id| self.anomaly_of(link_id));
        if path.ends_with("/cancel") && anomaly == Some(Anomaly::CancellationRefused) {
            let body = r#"{"message":"Link cannot be cancelled","code":"link_cannot_be_cancelled",
                "type":"invalid_request_error"}"#;
            return json(409, body);
        }
        if request.method == "GET" && parts.next().is_none() && self.still_hidden(&path) {
            let body = r#"{"message":"Link does not exist","code":"link_get_not_found",
                "type":"invalid_request_error"}"#;
            return json(404, body);
        }
        let mut forwarded = Request::builder()
            .method(request.method.as_str())
            .uri(request.target.as_str());
        for (name, value) in &request.headers {
            forwarded = forwarded.header(name, &value[..]);
        }
        let forwarded = forwarded.body(Body::from(request.body)).expect("a request");
        let answer = self.router.clone().oneshot(forwarded).await;
        let (head, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let body = to_bytes(body, MOST_BYTES).await.expect("a short answer");
        Response::from_parts(head, apply(body, anomaly.as_ref()))
    }

    fn refusal_response(&self, refusal: &GatewayRefusal) -> ModelResult<Response<Bytes>> {
        let answer = |status: u16, code: &str, class: &str| {
            json(
                status,
                format!(r#"{{"message":"no","code":"{code}","type":"{class}"}}"#),
            )
        };
        Ok(match refusal {
            GatewayRefusal::RateLimited(wait) => {
                let mut answer = answer(429, "too_many_requests", "rate_limit_error");
                let wait = HeaderValue::from(wait.as_secs());
                answer.headers_mut().insert("x-ratelimit-retry", wait);
                answer
            }
            GatewayRefusal::Unavailable => answer(502, "bank_processing_failure", "api_error"),
            GatewayRefusal::Rejected => {
                answer(400, "link_purpose_invalid", "invalid_request_error")
            }
            GatewayRefusal::Credentials => answer(401, "request_failed", "authentication_error"),
            other => unreachable!("no such refusal: {other:?}"),
        })
    }

    fn is_creation(&self, request: &RecordedRequest) -> ModelResult<bool> {
        Ok(request.method == "POST" && request.path() == "/pg/links")
    }

    fn requested_amount(&self, creation: &RecordedRequest) -> ModelResult<WireAmount> {
        let text = creation.json_text("/link_amount").unwrap_or_default();
        Ok(WireAmount::Major(text.to_owned()))
    }

    fn varying_headers(&self) -> &'static [&'static str] {
        &["x-request-id"]
    }

    async fn count_checkouts(&self, reference: &CheckoutReference) -> ModelResult<usize> {
        let links = self.simulator.links();
        let same = links
            .iter()
            .filter(|link| link.link_id == reference.as_str());
        Ok(same.count())
    }

    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> ModelResult<PaymentId> {
        let link_id = reference.as_str();
        let mut extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(undecided) = extra.undecided.remove(link_id) {
            let completed = self
                .simulator
                .complete_payment(&undecided, PaymentStatus::Success);
            return Ok(Self::paid(completed.expect("an undecided payment")));
        }
        // A second payment of a paid link must have been started before the first one succeeded.
        let link = self.simulator.link(link_id).expect("the link");
        if !link.partial_payments {
            let undecided = self.simulator.leave_pending(link_id, Self::attempt(amount));
            let id = undecided.expect("a payable link").cf_payment_id;
            extra.undecided.insert(link_id.to_owned(), id);
        }
        let paid = self.simulator.pay(link_id, Self::attempt(amount));
        Ok(Self::paid(paid.expect("a payable link")))
    }

    async fn fail_payment(
        &self,
        reference: &CheckoutReference,
        amount: Money,
    ) -> ModelResult<PaymentId> {
        let failed = self
            .simulator
            .fail(reference.as_str(), Self::attempt(amount));
        Ok(Self::paid(failed.expect("a payable link")))
    }

    async fn refund(&self, payment: &PaymentId, amount: Money) -> ModelResult<RefundId> {
        let amount = Some(Paise::new(amount.minor_units()));
        let started = self
            .simulator
            .auto_refund(payment.as_str(), amount, "by a test");
        let id = started.expect("a payment with enough left").cf_refund_id;
        let completed = self.simulator.complete_refund(&id, RefundStatus::Success);
        completed.expect("an open refund");
        Ok(RefundId::new(id).expect("an id"))
    }

    async fn expire(&self, reference: &CheckoutReference) -> ModelResult<()> {
        let expired = self
            .simulator
            .expire(reference.as_str(), Some(&self.client_id));
        expired.expect("an open link");
        Ok(())
    }

    async fn set_anomaly(
        &self,
        reference: &CheckoutReference,
        anomaly: &Anomaly,
    ) -> ModelResult<()> {
        let mut extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner);
        extra
            .anomalies
            .insert(reference.to_string(), anomaly.clone());
        Ok(())
    }

    async fn deliveries(&self, scenario: &Scenario) -> ModelResult<Vec<UnsignedDelivery>> {
        Ok(match scenario {
            Scenario::Paid(id) | Scenario::Failed(id) => {
                let id = format!("\"{id}\"");
                let number = id.trim_matches('"').to_owned();
                self.deliveries_where(|delivery| {
                    let body = &delivery.body;
                    body.contains(&id) || body.contains(&format!(":{number},"))
                })
            }
            Scenario::UnknownType => {
                let body = r#"{"data":{"order":{"order_id":"o-1"}},"event_time":"2026-11-21T09:00:00+05:30",
                    "type":"PAYMENT_TELEPORTED_WEBHOOK"}"#;
                vec![UnsignedDelivery::new(body)]
            }
            other => unreachable!("no such scenario: {other:?}"),
        })
    }

    fn sign(
        &self,
        body: &[u8],
        secret: &SecretString,
        sent_at: &DeliveryTimestamp,
    ) -> ModelResult<HeaderMap> {
        let stamp = sent_at.unix_milliseconds();
        let signature = sign(secret.expose_secret(), &stamp, body);
        let header = |text: String| HeaderValue::from_str(&text).expect("a header value");
        Ok(HeaderMap::from_iter([
            (
                "x-webhook-signature".parse().expect("a name"),
                header(signature),
            ),
            (
                "x-webhook-timestamp".parse().expect("a name"),
                header(stamp),
            ),
        ]))
    }
}
