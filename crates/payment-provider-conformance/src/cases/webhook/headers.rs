//! What is not signed decides nothing.

use payment_provider_core::reexport::http::{HeaderMap, HeaderName, HeaderValue};
use payment_provider_core::{Event, VerifiedWebhook, WebhookRequest};

use super::{of_a_payment, one_of_a_payment};
use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::DeliveryTimestamp;

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.unsigned-headers-are-ignored",
        contract::WEBHOOK,
        [],
        "a header outside the signature neither suppresses a delivery nor changes what it says",
        unsigned_headers_decide_nothing
    ),
    case!(
        "webhook.foreign-headers-are-ignored",
        contract::WEBHOOK,
        [],
        "event ids and versions in headers of any name change nothing",
        headers_of_others
    ),
    case!(
        "webhook.repeated-headers-are-safe",
        contract::WEBHOOK,
        [],
        "a header that is there twice is no way around the signature",
        repeated_headers
    ),
    case!(
        "webhook.malformed-headers-are-safe",
        contract::WEBHOOK,
        [],
        "header values that are no text are refused, not a crash",
        odd_bytes
    ),
    case!(
        "webhook.huge-headers-are-safe",
        contract::WEBHOOK,
        [],
        "header values of any length are refused, not a crash",
        giant_headers
    ),
];

/// What a delivery says, without the words that only explain.
#[derive(PartialEq)]
struct Said {
    key: String,
    events: Vec<Event>,
    effects: Vec<String>,
}

fn said(verified: &VerifiedWebhook) -> Said {
    let mut events = verified.events().to_vec();
    for event in &mut events {
        event.gateway_version = None;
    }
    let effects = super::movements(verified).into_iter();
    Said {
        key: verified.delivery_key().to_string(),
        effects: effects
            .map(|payment| payment.dedup_key().to_string())
            .collect(),
        events,
    }
}

/// With these headers it is either refused or says the same.
async fn same_or_refused(
    fixture: &Fixture,
    request: &WebhookRequest,
    said_first: &Said,
) -> CaseResult {
    match fixture.first.provider.webhook(request).await? {
        Err(_) => Ok(()),
        Ok(verified) => same(&verified, said_first),
    }
}

fn same(verified: &VerifiedWebhook, said_first: &Said) -> CaseResult {
    let now = said(verified);
    ensure!(
        now.key == said_first.key,
        "an unsigned header changes the delivery's key"
    );
    ensure!(
        now.effects == said_first.effects,
        "an unsigned header changes an effect key"
    );
    ensure!(
        now.events == said_first.events,
        "an unsigned header changes what a delivery says"
    );
    Ok(())
}

async fn unsigned_headers_decide_nothing(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, deliveries) = of_a_payment(&fixture, "headers").await?;
    for delivery in &deliveries {
        let genuine = account.signed(delivery)?;
        let first = said(&account.accept(&genuine).await?);
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
        let repeated = said(&account.accept(&genuine).await?);
        ensure!(
            repeated == first,
            "a delivery that was seen before is told differently"
        );
    }
    Ok(())
}

async fn unchanged(
    fixture: &Fixture,
    request: &WebhookRequest,
    first: &Said,
    name: &HeaderName,
) -> CaseResult {
    match fixture.first.provider.webhook(request).await? {
        Ok(verified) => same(&verified, first),
        Err(error) => fail!("with another `{name}`, which is not signed, it is refused: {error}"),
    }
}

async fn headers_of_others(fixture: Fixture) -> CaseResult {
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
    let (delivery, genuine) = one_of_a_payment(&fixture, "others").await?;
    let first = said(&account.accept(&genuine).await?);
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

async fn repeated_headers(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = one_of_a_payment(&fixture, "repeated").await?;
    let first = said(&account.accept(&genuine).await?);
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
            same_or_refused(&fixture, &after, &first).await?;
            same_or_refused(&fixture, &before, &first).await?;
        }
    }
    // A forged body under one genuine and one forged signature.
    let mut forged = genuine.clone();
    forged.body = [&genuine.body, &b" "[..]].concat().into();
    for (name, value) in &signature {
        forged.headers.append(name, value.clone());
    }
    super::refused(
        account,
        &forged,
        "a forged body with headers that are there twice",
    )
    .await?;
    Ok(())
}

async fn replaced_by(fixture: &Fixture, values: &[HeaderValue]) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = one_of_a_payment(fixture, "replaced").await?;
    let first = said(&account.accept(&genuine).await?);
    let signature = account.signature(&delivery, account.merchant.secret(), &now(fixture))?;
    for value in values {
        for name in signature.keys() {
            let mut request = genuine.clone();
            request.headers.insert(name, value.clone());
            let what = format!("a `{name}` of {} odd bytes", value.len());
            super::refused(account, &request, &what).await?;
        }
        for name in beside(&delivery.headers) {
            let mut request = genuine.clone();
            request.headers.insert(name, value.clone());
            same_or_refused(fixture, &request, &first).await?;
        }
    }
    Ok(())
}

/// Headers outside the signature, those of the gateway and one of nobody's.
fn beside(headers: &HeaderMap) -> Vec<HeaderName> {
    let mut names: Vec<_> = headers.keys().cloned().collect();
    names.push(HeaderName::from_static("x-nobody"));
    names
}

async fn odd_bytes(fixture: Fixture) -> CaseResult {
    let odd: [&[u8]; 4] = [
        b"\xff\xfe\xfd",
        "größe".as_bytes(),
        b"\t\t",
        "١٢٣".as_bytes(),
    ];
    replaced_by(&fixture, &values(&odd)?).await
}

async fn giant_headers(fixture: Fixture) -> CaseResult {
    let digits = vec![b'9'; 256 * 1024];
    let letters = vec![b'A'; 256 * 1024 + 1];
    replaced_by(&fixture, &values(&[&digits, &letters])?).await
}

fn values(texts: &[&[u8]]) -> Result<Vec<HeaderValue>, CaseFailure> {
    let value = |text: &&[u8]| HeaderValue::from_bytes(text);
    let values: Result<_, _> = texts.iter().map(value).collect();
    values.map_err(|error| CaseFailure::Broken(format!("no header value: {error}")))
}
