//! Complete lifecycles of links, against a simulated Cashfree.

mod support;

use std::sync::Arc;
use std::time::Duration;

use cashfree_simulator::{
    ApiFault, ApiFaultRule, ApiOperation, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, Paise,
    PaymentAttempt, RunningSimulator, Simulator, SimulatorConfig,
};
use jiff::Timestamp;
use payment_provider_core::{
    Cancellation, CheckoutRequest, CheckoutStatus, ConnectionSettings, CreatedCheckout,
    CredentialCheck, EventKind, NextAction, PartialPayments, PaymentProvider, PaymentStatus,
    ProviderErrorKind, WebhookRequest,
};
use provider_cashfree::{CashfreeConfig, RetryTuning};
use support::*;

async fn simulator() -> RunningSimulator {
    let simulator = Simulator::new(SimulatorConfig::new().with_seed(1)).unwrap();
    simulator.start("127.0.0.1:0").await.unwrap()
}

fn account(simulator: &RunningSimulator) -> Arc<dyn PaymentProvider> {
    account_with_secret(simulator, DEFAULT_CLIENT_SECRET)
}

fn account_with_secret(simulator: &RunningSimulator, secret: &str) -> Arc<dyn PaymentProvider> {
    let pauses = (Duration::from_millis(1), Duration::from_millis(2));
    let config = CashfreeConfig::new()
        .with_loopback(true)
        .with_retry(RetryTuning::new().with_pauses(pauses.0, pauses.1));
    let settings = ConnectionSettings::new()
        .with("client_id", DEFAULT_CLIENT_ID)
        .with("client_secret", secret)
        .with("environment", "sandbox")
        .with("base_url", simulator.api_base_url());
    connect_with(config, &settings)
}

fn present_request() -> CheckoutRequest {
    let in_an_hour = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    CheckoutRequest::new(
        reference(),
        inr(20_012),
        "Invoice 1",
        customer(),
        in_an_hour,
    )
}

/// Returns the requests that the gateway sent to this address, as deliveries.
fn deliveries(receiver: &Scripted) -> Vec<WebhookRequest> {
    let request = |seen: Seen| {
        let headers = seen
            .headers
            .iter()
            .map(|(name, value)| {
                let name: http::HeaderName = name.parse().unwrap();
                (name, http::HeaderValue::from_str(value).unwrap())
            })
            .collect();
        let url = "https://shop.example/hook".parse().unwrap();
        WebhookRequest::post(url, headers, seen.body, Timestamp::now())
    };
    receiver.seen().into_iter().map(request).collect()
}

#[tokio::test]
async fn a_link_is_created_paid_in_instalments_and_reported_by_webhooks() {
    let running = simulator().await;
    let simulator = running.simulator();
    let provider = account(&running);
    let receiver = Scripted::handler(|_, _| ok("")).await;
    let request = present_request()
        .with_notify_url(receiver.base_url.parse().unwrap())
        .with_partial_payments(PartialPayments::at_least(inr(1_100)));
    let prepared = provider.prepare_checkout(&request).unwrap();

    let created = provider.create_checkout(&prepared).await.unwrap();
    assert!(
        matches!(created, CreatedCheckout::Created(_)),
        "{created:?}"
    );
    let checkout = created.into_checkout();
    assert!(matches!(checkout.next_action, NextAction::Redirect(_)));
    assert_eq!(checkout.expires_at, Some(prepared.expires_at));
    let again = provider.create_checkout(&prepared).await.unwrap();
    assert!(matches!(again, CreatedCheckout::Adopted(_)), "{again:?}");
    assert_eq!(again.into_checkout(), checkout);
    assert_eq!(
        provider.list_payments(&checkout.locator()).await.unwrap(),
        []
    );

    let part = PaymentAttempt::new().with_amount(Paise::new(5_500));
    simulator.drop_payment("inv-1", part.clone()).unwrap();
    simulator.fail("inv-1", part.clone()).unwrap();
    simulator.pay("inv-1", part).unwrap();
    simulator.pay("inv-1", PaymentAttempt::new()).unwrap();
    simulator.deliveries_idle().await;

    let paid = provider.fetch_checkout(&checkout.locator()).await.unwrap();
    assert_eq!(paid.status, CheckoutStatus::Paid);
    assert_eq!(paid.amount_paid, inr(20_012));
    let payments = provider.list_payments(&checkout.locator()).await.unwrap();
    let mut succeeded: Vec<_> = payments
        .iter()
        .filter(|payment| payment.status == PaymentStatus::Succeeded)
        .map(|payment| (payment.dedup_key(), payment.amount.minor_units()))
        .collect();
    succeeded.sort();
    assert_eq!(succeeded.len(), 2);
    assert_eq!(payments.len(), 4);

    let mut reported = Vec::new();
    let mut claimed = Vec::new();
    let mut unpaid = Vec::new();
    let mut snapshots = 0;
    for delivery in deliveries(&receiver) {
        let webhook = provider.handle_webhook(&delivery).await.unwrap();
        for event in webhook.into_events() {
            assert_eq!(event.target.gateway_id, checkout.gateway_id);
            match event.kind {
                EventKind::Payment(payment) if payment.status == PaymentStatus::Succeeded => {
                    reported.push((payment.dedup_key(), payment.amount.minor_units()));
                }
                EventKind::Payment(payment) => unpaid.push(payment.status.as_str().to_owned()),
                EventKind::PaymentClaimed(claim) => {
                    claimed.push((claim.order_id, claim.amount.unwrap().minor_units()));
                }
                EventKind::Snapshot(_) => snapshots += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    reported.sort();
    assert_eq!(
        reported, succeeded,
        "each is reported by exactly one payment event"
    );
    let mut orders: Vec<_> = payments
        .iter()
        .filter(|payment| payment.status == PaymentStatus::Succeeded)
        .map(|payment| (payment.order_id.clone(), payment.amount.minor_units()))
        .collect();
    orders.sort();
    claimed.sort();
    assert_eq!(claimed, orders, "each is claimed by exactly one link event");
    assert_eq!(snapshots, 2);
    unpaid.sort();
    assert_eq!(unpaid, ["dropped", "failed"]);
    running.shutdown().await;
}

#[tokio::test]
async fn a_payment_after_many_failed_attempts_is_found_within_the_rate_limit() {
    let running = simulator().await;
    let simulator = running.simulator();
    let provider = account(&running);
    let prepared = provider.prepare_checkout(&present_request()).unwrap();
    let created = provider.create_checkout(&prepared).await.unwrap();
    for _ in 0..40 {
        simulator.fail("inv-1", PaymentAttempt::new()).unwrap();
    }
    simulator.pay("inv-1", PaymentAttempt::new()).unwrap();
    simulator.update_settings(|settings| {
        settings.rate_limit_per_minute = 30;
        settings.enforce_rate_limit = true;
    });
    let locator = created.checkout().locator();
    let payments = provider.list_payments(&locator).await.unwrap();
    assert_eq!(payments.len(), 1);
    assert_eq!(payments[0].status, PaymentStatus::Succeeded);
    running.shutdown().await;
}

#[tokio::test]
async fn a_second_cancellation_reports_that_the_link_has_ended() {
    let running = simulator().await;
    let provider = account(&running);
    let prepared = provider.prepare_checkout(&present_request()).unwrap();
    provider.create_checkout(&prepared).await.unwrap();
    let first = provider.cancel_checkout(&locator()).await.unwrap();
    assert!(matches!(first, Cancellation::Cancelled(_)), "{first:?}");
    let second = provider.cancel_checkout(&locator()).await.unwrap();
    assert!(
        matches!(second, Cancellation::AlreadyEnded(_)),
        "{second:?}"
    );
    assert_eq!(second.checkout().next_action, NextAction::None);
    let adopted = provider.create_checkout(&prepared).await.unwrap();
    assert_eq!(adopted.checkout().status, CheckoutStatus::Cancelled);
    running.shutdown().await;
}

#[tokio::test]
async fn a_stored_refusal_does_not_block_a_later_creation() {
    let running = simulator().await;
    let simulator = running.simulator();
    let refuse = ApiFaultRule::once(ApiOperation::CreateLink, ApiFault::Error400Stored);
    simulator.inject_fault(refuse);
    let provider = account(&running);
    let prepared = provider.prepare_checkout(&present_request()).unwrap();
    let error = provider.create_checkout(&prepared).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Refused);
    assert_eq!(error.gateway_code(), Some("link_post_failed"));
    // The cause of the refusal has been corrected since, so the same prepared checkout succeeds.
    let created = provider.create_checkout(&prepared).await.unwrap();
    assert!(
        matches!(created, CreatedCheckout::Created(_)),
        "{created:?}"
    );
    assert_eq!(simulator.links().len(), 1);
    running.shutdown().await;
}

#[tokio::test]
async fn a_reference_taken_by_another_link_is_a_conflict() {
    let running = simulator().await;
    let provider = account(&running);
    let prepared = provider.prepare_checkout(&present_request()).unwrap();
    provider.create_checkout(&prepared).await.unwrap();
    let mut other = present_request();
    other.amount = inr(20_013);
    let other = provider.prepare_checkout(&other).unwrap();
    let error = provider.create_checkout(&other).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Conflict);
    let fields: Vec<_> = error
        .differences()
        .iter()
        .map(|d| d.field.clone())
        .collect();
    assert_eq!(fields, ["amount", "fingerprint"]);
    running.shutdown().await;
}

#[tokio::test]
async fn a_refund_on_hold_that_then_succeeds_is_listed_and_reported() {
    let running = simulator().await;
    let simulator = running.simulator();
    simulator.update_settings(|settings| settings.refunds_stay_pending = true);
    let provider = account(&running);
    let receiver = Scripted::handler(|_, _| ok("")).await;
    let request = present_request().with_notify_url(receiver.base_url.parse().unwrap());
    let prepared = provider.prepare_checkout(&request).unwrap();
    let created = provider.create_checkout(&prepared).await.unwrap();
    let locator = created.into_checkout().locator();
    let inquiry = provider.refund_inquiry().unwrap();
    let paid = simulator.pay("inv-1", PaymentAttempt::new()).unwrap();
    let payments = provider.list_payments(&locator).await.unwrap();
    assert_eq!(inquiry.list_refunds(&locator, &payments).await.unwrap(), []);

    let requested = reqwest::Client::new()
        .post(format!(
            "{}/orders/{}/refunds",
            running.api_base_url(),
            paid.order_id
        ))
        .header("x-client-id", DEFAULT_CLIENT_ID)
        .header("x-client-secret", DEFAULT_CLIENT_SECRET)
        .header("x-api-version", "2025-01-01")
        .header("content-type", "application/json")
        .body(r#"{"refund_id":"ret_1","refund_amount":55.1,"refund_note":"item returned"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(requested.status(), 200);
    let returned = simulator
        .auto_refund(&paid.cf_payment_id, Some(Paise::new(100)), "paid twice")
        .unwrap();
    let refund = simulator.refunds()[0].cf_refund_id.clone();
    let mut seen = Vec::new();
    for outcome in [None, Some("ONHOLD"), Some("SUCCESS")] {
        if let Some(outcome) = outcome {
            let outcome = outcome.parse().unwrap();
            simulator.complete_refund(&refund, outcome).unwrap();
        }
        let refunds = inquiry.list_refunds(&locator, &payments).await.unwrap();
        let [merchants, automatic] = refunds.as_slice() else {
            panic!("{refunds:?}");
        };
        assert_eq!(merchants.id.as_str(), refund);
        assert_eq!(merchants.amount, inr(5_510));
        assert_eq!(merchants.payment_id.as_ref(), Some(&payments[0].id));
        assert_eq!(merchants.reference.as_ref().unwrap().as_str(), "ret_1");
        assert_eq!(automatic.id.as_str(), returned.cf_refund_id);
        assert_eq!(automatic.amount, inr(100));
        seen.push(merchants.clone());
    }
    let statuses: Vec<_> = seen.iter().map(|refund| refund.status.as_str()).collect();
    assert_eq!(statuses, ["pending", "on_hold", "succeeded"]);
    assert!(seen[1].failure.is_some());
    assert_eq!(seen[2].failure, None);

    // The webhook reports the same movement as the list.
    simulator.deliveries_idle().await;
    let mut reported = Vec::new();
    for delivery in deliveries(&receiver) {
        let webhook = provider.handle_webhook(&delivery).await.unwrap();
        for event in webhook.into_events() {
            if let EventKind::Refund(refund) = event.kind {
                reported.push(refund.dedup_key());
            }
        }
    }
    assert!(reported.contains(&seen[2].dedup_key()), "{reported:?}");
    running.shutdown().await;
}

#[tokio::test]
async fn the_connection_check_changes_nothing_at_the_gateway() {
    let running = simulator().await;
    let check = account(&running).check_connection().await.unwrap();
    assert_eq!(check.credentials, CredentialCheck::Accepted);
    assert!(check.next_steps.is_empty(), "{check:?}");
    let wrong = account_with_secret(&running, "wrong");
    let check = wrong.check_connection().await.unwrap();
    assert_eq!(check.credentials, CredentialCheck::Rejected);
    assert_eq!(running.simulator().links(), []);
    running.shutdown().await;
}

#[tokio::test]
async fn the_connection_check_detects_a_wrong_base_address() {
    let running = simulator().await;
    for beside in ["/v1", "/links"] {
        let base_url = format!("{}{beside}", running.api_base_url());
        let settings = ConnectionSettings::new()
            .with("client_id", DEFAULT_CLIENT_ID)
            .with("client_secret", DEFAULT_CLIENT_SECRET)
            .with("environment", "sandbox")
            .with("base_url", base_url);
        let provider = connect_with(CashfreeConfig::new().with_loopback(true), &settings);
        let error = provider.check_connection().await.unwrap_err();
        assert_eq!(error.kind(), ProviderErrorKind::Refused, "{beside}");
        let advice = std::error::Error::source(&error).unwrap().to_string();
        assert!(advice.contains("base_url"), "{advice}");
    }
    running.shutdown().await;
}
