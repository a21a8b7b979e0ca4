//! Unsigned headers have no effect.

use payment_provider_core::reexport::http::{HeaderMap, HeaderName, HeaderValue};
use payment_provider_core::{DeliveryId, Event, VerifiedWebhook, WebhookRequest};

use super::{payment_deliveries, signed_payment_delivery};
use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::DeliveryTimestamp;

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.unsigned-headers-are-ignored",
        contract::WEBHOOK,
        [],
        "a header that is not signed neither suppresses a delivery nor changes its content",
        unsigned_headers_are_ignored
    ),
    case!(
        "webhook.foreign-headers-are-ignored",
        contract::WEBHOOK,
        [],
        "event ids and versions in foreign headers have no effect",
        foreign_headers_are_ignored
    ),
    case!(
        "webhook.repeated-headers-are-safe",
        contract::WEBHOOK,
        [],
        "a repeated header does not bypass the signature",
        repeated_headers_are_safe
    ),
    case!(
        "webhook.malformed-headers-are-safe",
        contract::WEBHOOK,
        [],
        "signature headers that are not ASCII text are rejected without a panic",
        malformed_headers_are_safe
    ),
    case!(
        "webhook.huge-headers-are-safe",
        contract::WEBHOOK,
        [],
        "signature headers of any length are rejected without a panic",
        huge_headers_are_safe
    ),
];

/// The content of a delivery without purely informational fields.
#[derive(PartialEq)]
struct Content {
    id: Option<DeliveryId>,
    events: Vec<Event>,
    dedup_keys: Vec<String>,
}

fn content_of(verified: &VerifiedWebhook) -> Content {
    let mut events = verified.events().to_vec();
    for event in &mut events {
        event.gateway_version = None;
    }
    let dedup_keys = super::payments(verified).into_iter();
    Content {
        id: verified.delivery_id().cloned(),
        dedup_keys: dedup_keys
            .map(|payment| payment.dedup_key().to_string())
            .collect(),
        events,
    }
}

/// Fails the case unless the delivery is rejected or has the expected content.
async fn same_or_rejected(
    fixture: &Fixture,
    request: &WebhookRequest,
    expected: &Content,
) -> CaseResult {
    match fixture.first.provider.webhook(request).await? {
        Err(_) => Ok(()),
        Ok(verified) => same(&verified, expected),
    }
}

fn same(verified: &VerifiedWebhook, expected: &Content) -> CaseResult {
    let now = content_of(verified);
    ensure!(
        now.id == expected.id,
        "an unsigned header changes the delivery id"
    );
    ensure!(
        now.dedup_keys == expected.dedup_keys,
        "an unsigned header changes a dedup key"
    );
    ensure!(
        now.events == expected.events,
        "an unsigned header changes the events of a delivery"
    );
    Ok(())
}

async fn unsigned_headers_are_ignored(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, deliveries) = payment_deliveries(&fixture, "headers").await?;
    for delivery in &deliveries {
        let genuine = account.signed(delivery)?;
        let first = content_of(&account.accept(&genuine).await?);
        for name in delivery.headers.keys() {
            let mut without = genuine.clone();
            without.headers.remove(name);
            unchanged(&fixture, &without, &first, name).await?;
            let others = deliveries
                .iter()
                .filter_map(|other| other.headers.get(name));
            let made_up = ["other", "0", "2099-01-01", "FUTURE_EVENT"];
            let made_up = made_up.map(HeaderValue::from_static);
            for value in others.chain(&made_up) {
                let mut request = genuine.clone();
                request.headers.insert(name, value.clone());
                unchanged(&fixture, &request, &first, name).await?;
            }
        }
        let repeated = content_of(&account.accept(&genuine).await?);
        ensure!(
            repeated == first,
            "a repeated delivery has different content"
        );
    }
    Ok(())
}

async fn unchanged(
    fixture: &Fixture,
    request: &WebhookRequest,
    first: &Content,
    name: &HeaderName,
) -> CaseResult {
    match fixture.first.provider.webhook(request).await? {
        Ok(verified) => same(&verified, first),
        Err(error) => fail!(
            "a delivery with another value of the unsigned header `{name}` is rejected: {error}"
        ),
    }
}

async fn foreign_headers_are_ignored(fixture: Fixture) -> CaseResult {
    const NAMES: [&str; 8] = [
        "x-event-id",
        "x-webhook-id",
        "webhook-id",
        "x-request-id",
        "idempotency-key",
        "x-idempotency-key",
        "x-webhook-version",
        "x-event-type",
    ];
    let account = &fixture.first;
    let (delivery, genuine) = signed_payment_delivery(&fixture, "others").await?;
    let first = content_of(&account.accept(&genuine).await?);
    for name in NAMES {
        let signed = account.signature(&delivery, account.merchant.secret(), &now(&fixture))?;
        if signed.contains_key(name) {
            continue;
        }
        for value in ["seen-before", "another"] {
            let mut request = genuine.clone();
            request
                .headers
                .insert(name, HeaderValue::from_static(value));
            let name = HeaderName::from_static(name);
            unchanged(&fixture, &request, &first, &name).await?;
        }
    }
    Ok(())
}

fn now(fixture: &Fixture) -> DeliveryTimestamp {
    DeliveryTimestamp::At(fixture.clock.now())
}

async fn repeated_headers_are_safe(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = signed_payment_delivery(&fixture, "repeated").await?;
    let first = content_of(&account.accept(&genuine).await?);
    let signature = account.signature(&delivery, account.merchant.secret(), &now(&fixture))?;
    for (name, value) in &signature {
        for others in [[value.clone()], [HeaderValue::from_static("other")]] {
            let mut after = genuine.clone();
            let mut before = genuine.clone();
            before.headers.remove(name);
            for other in others {
                after.headers.append(name, other.clone());
                before.headers.append(name, other);
            }
            before.headers.append(name, value.clone());
            same_or_rejected(&fixture, &after, &first).await?;
            same_or_rejected(&fixture, &before, &first).await?;
        }
    }
    // A forged body with repeated genuine headers.
    let mut forged = genuine.clone();
    forged.body = [&genuine.body, &b" "[..]].concat().into();
    for (name, value) in &signature {
        forged.headers.append(name, value.clone());
    }
    super::rejected(account, &forged, "a forged body with repeated headers").await?;
    Ok(())
}

async fn replaced_by(fixture: &Fixture, values: &[HeaderValue]) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = signed_payment_delivery(fixture, "replaced").await?;
    let first = content_of(&account.accept(&genuine).await?);
    let signature = account.signature(&delivery, account.merchant.secret(), &now(fixture))?;
    for value in values {
        for name in signature.keys() {
            let mut request = genuine.clone();
            request.headers.insert(name, value.clone());
            let what = format!("a `{name}` with {} malformed bytes", value.len());
            super::rejected(account, &request, &what).await?;
        }
        for name in unsigned_names(&delivery.headers) {
            let mut request = genuine.clone();
            request.headers.insert(name, value.clone());
            same_or_rejected(fixture, &request, &first).await?;
        }
    }
    Ok(())
}

/// Returns the names of headers outside the signature: the gateway's own, and one that no gateway
/// uses.
fn unsigned_names(headers: &HeaderMap) -> Vec<HeaderName> {
    let mut names: Vec<_> = headers.keys().cloned().collect();
    names.push(HeaderName::from_static("x-unknown"));
    names
}

async fn malformed_headers_are_safe(fixture: Fixture) -> CaseResult {
    let malformed: [&[u8]; 4] = [
        b"\xff\xfe\xfd",
        "größe".as_bytes(),
        b"\t\t",
        "١٢٣".as_bytes(),
    ];
    replaced_by(&fixture, &values(&malformed)?).await
}

async fn huge_headers_are_safe(fixture: Fixture) -> CaseResult {
    let digits = vec![b'9'; 256 * 1024];
    let letters = vec![b'A'; 256 * 1024 + 1];
    replaced_by(&fixture, &values(&[&digits, &letters])?).await
}

fn values(texts: &[&[u8]]) -> Result<Vec<HeaderValue>, CaseFailure> {
    let value = |text: &&[u8]| HeaderValue::from_bytes(text);
    let values: Result<_, _> = texts.iter().map(value).collect();
    values.map_err(|error| CaseFailure::Broken(format!("invalid header value: {error}")))
}
