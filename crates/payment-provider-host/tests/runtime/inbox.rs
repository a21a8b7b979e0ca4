//! Deliveries: in any order, however often, whatever is lost in between.

use std::sync::{Arc, Mutex};

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::{AllocationOutcome, AuditEvent};
use payment_provider_host::error::Entity;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;
use test_support::{FrozenTime, in_time, until};

use crate::fixture::database::{Database, each_database, in_tx, numbers};
use crate::fixture::{Bench, connection, connection_of, invoice, provider};
use crate::gateway::{Fault, about, claim_events, delivery, paid_event};

each_database! {
    a_payment_reported_by_two_event_types_ten_times_counts_once,
    details_are_kept_whichever_event_brought_them,
    every_order_of_two_instalments_and_their_events_ends_equal,
    a_payment_that_a_link_event_claims_counts_once_in_either_order,
    a_claimed_instalment_counts_once_though_more_is_still_due,
    paid_without_a_payment_is_fetched_before_anything_is_posted,
    paid_with_less_is_posted_as_received_and_flagged,
    a_failed_attempt_never_takes_back_a_payment,
    a_payment_on_a_second_link_is_overpaid,
    a_stale_delivery_posts_nothing_by_itself_but_has_the_gateway_asked,
    an_event_before_the_links_id_is_known_is_applied_once_it_is,
    an_attempt_before_the_links_id_is_known_is_applied_once_it_is,
    events_about_things_never_made_here_end_unmatched_without_alarm,
    pings_and_unknown_events_are_kept_and_need_nothing,
    an_unreadable_event_of_a_known_link_has_the_gateway_asked,
    a_gateway_that_cannot_be_asked_delays_but_loses_nothing,
    a_delivery_that_fails_for_ever_is_parked_with_its_error,
    wrong_signatures_and_unknown_connections_store_nothing,
    another_tenants_delivery_cannot_touch_this_tenants_invoice,
    old_and_new_secret_both_verify_and_the_match_is_recorded,
    a_disabled_connection_still_takes_its_webhooks,
    the_hosts_own_rows_and_the_posting_are_one_transaction,
    a_running_worker_applies_deliveries_and_stops_when_cancelled,
    an_arriving_delivery_wakes_the_worker_at_once,
    several_workers_apply_each_delivery_once,
}

/// A link event that names its payment: the payment, then the checkout's totals.
fn link_events(bench: &Bench, reference: &str, payment: &Payment) -> Vec<Event> {
    let snapshot = EventKind::Snapshot(bench.gateway.snapshot(reference));
    vec![
        paid_event(reference, payment),
        Event::new(
            "LINK",
            about(reference).with_order_id(payment.order_id.clone()),
            snapshot,
        ),
    ]
}

async fn a_payment_reported_by_two_event_types_ten_times_counts_once(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let link = link_events(&bench, reference, &payment);
    let alone = vec![paid_event(reference, &payment)];
    for _ in 0..10 {
        bench.receive(&link).await;
        bench.receive(&alone).await;
        bench.apply_all().await;
    }
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(bench.view("inv").await.payments.len(), 1);
    let deliveries = bench.deliveries().await;
    assert_eq!(
        deliveries
            .iter()
            .map(|d| d.delivery_count)
            .collect::<Vec<_>>(),
        [10, 10]
    );
    // All that was said agreed, so the gateway was never asked.
    assert!(
        bench
            .gateway
            .state()
            .calls
            .iter()
            .all(|call| call.starts_with("create"))
    );
}

async fn details_are_kept_whichever_event_brought_them(database: Database) {
    for link_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let bare = bench.gateway.pay(reference, "200.12");
        let mut full = bare.clone();
        full.method = Some("upi".to_owned());
        full.bank_reference = Some("1234567890".to_owned());
        let order = if link_first {
            [&bare, &full]
        } else {
            [&full, &bare]
        };
        for payment in order {
            bench.receive(&[paid_event(reference, payment)]).await;
            bench.apply_all().await;
        }
        let view = bench.view("inv").await;
        assert_eq!(view.payments[0].payment, full, "{link_first}");
    }
}

async fn every_order_of_two_instalments_and_their_events_ends_equal(database: Database) {
    let orders: [[usize; 4]; 6] = [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [2, 0, 3, 1],
        [1, 3, 0, 2],
        [2, 3, 0, 1],
        [0, 2, 1, 3],
    ];
    for order in orders {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let first = bench.gateway.pay(reference, "55.00");
        let first_link = link_events(&bench, reference, &first);
        let second = bench.gateway.pay(reference, "145.12");
        let second_link = link_events(&bench, reference, &second);
        let deliveries = [
            first_link,
            vec![paid_event(reference, &first)],
            second_link,
            vec![paid_event(reference, &second)],
        ];
        for position in order {
            bench.receive(&deliveries[position]).await;
            bench.apply_all().await;
        }
        assert_eq!(
            bench.totals("inv").await,
            "200.12 200.12 0.00 succeeded",
            "{order:?}"
        );
        assert_eq!(bench.view("inv").await.payments.len(), 2, "{order:?}");
    }
}

async fn a_payment_that_a_link_event_claims_counts_once_in_either_order(database: Database) {
    for link_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let listed = bench.gateway.pay(reference, "200.12");
        let link = claim_events(&bench.gateway, reference, &listed);
        let alone = vec![paid_event(reference, &listed)];
        let order = if link_first {
            [&link, &alone]
        } else {
            [&alone, &link]
        };
        for events in order {
            bench.receive(events).await;
            bench.apply_all().await;
        }
        assert_eq!(
            bench.totals("inv").await,
            "200.12 200.12 0.00 succeeded",
            "{link_first}"
        );
        let view = bench.view("inv").await;
        assert_eq!(view.payments.len(), 1, "{link_first}");
        assert_eq!(view.payments[0].payment.id, listed.id, "{link_first}");
        // Reported again either way in a delivery of other bytes, nothing more happens.
        let mut detailed = listed;
        detailed.method = Some("upi".to_owned());
        let claim = link.into_iter().take(1).collect();
        for events in [claim, vec![paid_event(reference, &detailed)]] {
            bench.receive(&events).await;
            bench.apply_all().await;
        }
        assert_eq!(
            bench.totals("inv").await,
            "200.12 200.12 0.00 succeeded",
            "{link_first}"
        );
    }
}

async fn a_claimed_instalment_counts_once_though_more_is_still_due(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let listed = bench.gateway.pay(reference, "55.00");
    let alone = vec![paid_event(reference, &listed)];
    for events in [alone, claim_events(&bench.gateway, reference, &listed)] {
        bench.receive(&events).await;
        bench.apply_all().await;
    }
    assert_eq!(bench.totals("inv").await, "55.00 55.00 0.00 processing");
}

async fn paid_without_a_payment_is_fetched_before_anything_is_posted(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    let snapshot = EventKind::Snapshot(bench.gateway.snapshot(reference));
    bench
        .receive(&[Event::new("LINK", about(reference), snapshot)])
        .await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn paid_with_less_is_posted_as_received_and_flagged(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "55.00");
    bench.gateway.set_status(reference, CheckoutStatus::Paid);
    bench
        .receive(&link_events(&bench, reference, &payment))
        .await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "55.00 55.00 0.00 processing");
    let view = bench.view("inv").await;
    assert_eq!(
        view.payments[0].allocation.map(|it| it.outcome),
        Some(AllocationOutcome::AmountMismatch)
    );
    assert!(
        view.history
            .iter()
            .any(|entry| entry.event == AuditEvent::Mismatch)
    );
    assert_eq!(view.due.decimal().to_string(), "145.12");
}

async fn a_failed_attempt_never_takes_back_a_payment(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let failed = bench
        .gateway
        .attempt(reference, "200.12", PaymentStatus::Failed);
    bench.receive(&[paid_event(reference, &failed)]).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");

    let paid = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &paid)]).await;
    let mut downgraded = paid;
    downgraded.status = PaymentStatus::Failed;
    bench.receive(&[paid_event(reference, &downgraded)]).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let view = bench.view("inv").await;
    assert_eq!(view.payments[1].payment.status, PaymentStatus::Succeeded);
}

async fn a_payment_on_a_second_link_is_overpaid(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let first = bench.url(&invoice).await;
    bench
        .clock
        .advance(std::time::Duration::from_mins(24 * 60 - 5));
    let second = bench.url(&invoice).await;
    // Both are paid: the payer had begun on the first before it was cancelled.
    for reference in [first.reference.as_str(), second.reference.as_str()] {
        let payment = bench.gateway.pay(reference, "200.12");
        bench
            .receive(&link_events(&bench, reference, &payment))
            .await;
    }
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
    let verdicts: Vec<_> = bench
        .view("inv")
        .await
        .payments
        .iter()
        .filter_map(|payment| payment.allocation)
        .map(|it| it.outcome)
        .collect();
    assert_eq!(verdicts.len(), 2);
    assert!(
        verdicts.contains(&AllocationOutcome::Exact)
            && verdicts.contains(&AllocationOutcome::Duplicate)
    );
}

async fn a_stale_delivery_posts_nothing_by_itself_but_has_the_gateway_asked(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let mut invented = Payment::new(
        PaymentId::new("replayed").unwrap(),
        PaymentStatus::Succeeded,
        Money::from_decimal("200.12", Currency::INR).unwrap(),
    );
    invented.order_id = OrderId::new("o").ok();
    let mut request = delivery("k1", &[paid_event(reference, &invented)]);
    request.headers.insert("x-stale", "1".parse().unwrap());
    bench.receive_request(request).await.unwrap();
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    let fetched = format!("fetch_checkout {reference}");
    assert!(bench.gateway.state().calls.contains(&fetched));
}

async fn an_event_before_the_links_id_is_known_is_applied_once_it_is(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&invoice).await.is_err());
    let reference = bench.gateway.references().remove(0);
    let payment = bench.gateway.pay(&reference, "55.00");
    let id = bench.gateway.state().links[&reference].gateway_id.clone();
    let target = EventTarget::none().with_gateway_id(GatewayCheckoutId::new(id).ok());
    let event = Event::new("PAYMENT", target, EventKind::Payment(payment));
    bench.receive(&[event]).await;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Unmatched]);

    let _ = bench.host.payment_url(&invoice).await;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
    assert_eq!(bench.totals("inv").await, "55.00 55.00 0.00 processing");
}

async fn an_attempt_before_the_links_id_is_known_is_applied_once_it_is(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&invoice).await.is_err());
    let reference = bench.gateway.references().remove(0);
    let failed = bench
        .gateway
        .attempt(&reference, "200.12", PaymentStatus::Failed);
    let id = bench.gateway.state().links[&reference].gateway_id.clone();
    let target = EventTarget::none().with_gateway_id(GatewayCheckoutId::new(id).ok());
    bench
        .receive(&[Event::new("PAYMENT", target, EventKind::Payment(failed))])
        .await;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Unmatched]);
    bench.url(&invoice).await;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
}

async fn events_about_things_never_made_here_end_unmatched_without_alarm(database: Database) {
    let bench = Bench::new(database).await;
    bench.url(&invoice("inv", "200.12")).await;
    let payment = Payment::new(
        PaymentId::new("p").unwrap(),
        PaymentStatus::Succeeded,
        Money::from_decimal("1.00", Currency::INR).unwrap(),
    );
    bench.receive(&[paid_event("not-ours", &payment)]).await;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Unmatched]);
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
}

async fn pings_and_unknown_events_are_kept_and_need_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let unknown = EventKind::Unrecognised {
        reason: "no such type".to_owned(),
    };
    bench
        .receive(&[Event::new("WEBHOOK", EventTarget::none(), EventKind::Ping)])
        .await;
    bench
        .receive(&[Event::new("NEW_TYPE", EventTarget::none(), unknown)])
        .await;
    assert_eq!(
        bench.states().await,
        [DeliveryState::Ignored, DeliveryState::Ignored]
    );
}

async fn an_unreadable_event_of_a_known_link_has_the_gateway_asked(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    let unreadable = |what: &str| EventKind::Unrecognised {
        reason: what.to_owned(),
    };
    let ours = Event::new("LINK", about(reference), unreadable("no amount"));
    let theirs = Event::new("LINK", about("not-ours"), unreadable("no amount"));
    bench.receive(&[ours]).await;
    bench.receive(&[theirs]).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(
        bench.states().await,
        [DeliveryState::Applied, DeliveryState::Unmatched]
    );
}

async fn a_gateway_that_cannot_be_asked_delays_but_loses_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    for _ in 0..3 {
        bench.gateway.fail_next(Fault::Down);
    }
    bench
        .receive(&[Event::new("LINK", about(reference), EventKind::FetchNeeded)])
        .await;
    bench.host.apply_due_deliveries().await.unwrap();
    let waiting = bench.deliveries().await.remove(0);
    assert_eq!(waiting.state, DeliveryState::Pending);
    assert!(waiting.error.is_some());
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn a_delivery_that_fails_for_ever_is_parked_with_its_error(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.gateway.state().links.remove(reference);
    bench
        .receive(&[Event::new("LINK", about(reference), EventKind::FetchNeeded)])
        .await;
    bench.apply_all().await;
    let parked = bench.deliveries().await.remove(0);
    assert_eq!(parked.state, DeliveryState::Parked);
    assert_eq!(parked.attempts, 25);
    assert!(parked.error.unwrap().contains("not found"));
}

async fn wrong_signatures_and_unknown_connections_store_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let request = delivery("wrong", &[]);
    let error = bench.receive_request(request.clone()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidSignature));

    let elsewhere = [
        ("memory", "other-org", "main"),
        ("memory", "org", "other"),
        ("unknown", "org", "main"),
    ];
    for (provider, organization, code) in elsewhere {
        let provider = ProviderId::new(provider).unwrap();
        let organization = OrganizationId::new(organization).unwrap();
        let connection = connection_of(&organization, code);
        let request = delivery("k1", &[]);
        let error = bench
            .host
            .receive_webhook(&provider, &connection, &request)
            .await;
        assert!(matches!(
            error.as_ref().map_err(Error::kind),
            Err(ErrorKind::NotFound(Entity::Connection))
        ));
    }
    assert!(bench.states().await.is_empty());
}

async fn another_tenants_delivery_cannot_touch_this_tenants_invoice(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let other = OrganizationId::new("other-org").unwrap();
    bench.add_connection_of(&other, "main", "k2").await;
    let other = connection_of(&other, "main");
    let payment = bench.gateway.pay(reference, "200.12");
    let request = delivery("k2", &[paid_event(reference, &payment)]);
    bench
        .host
        .receive_webhook(&provider(), &other, &request)
        .await
        .unwrap();
    bench.apply_all().await;
    while bench.host.apply_due_deliveries().await.unwrap() > 0 {}
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    let deliveries = bench.host.deliveries(&other, 10).await.unwrap();
    assert_eq!(deliveries[0].state, DeliveryState::Unmatched);
}

async fn old_and_new_secret_both_verify_and_the_match_is_recorded(database: Database) {
    let bench = Bench::new(database).await;
    let both = vec!["k2".into(), "k1".into()];
    let settings = ConnectionSettings::new().with("key", both);
    bench
        .host
        .replace_settings(&connection("main"), &settings)
        .await
        .unwrap();
    for (secret, label) in [("k1", "key 1"), ("k2", "key 0")] {
        let ping = Event::new(secret, EventTarget::none(), EventKind::Ping);
        bench
            .receive_request(delivery(secret, &[ping]))
            .await
            .unwrap();
        let connection = bench.host.connection(&connection("main")).await.unwrap();
        assert_eq!(connection.matched_secret.as_deref(), Some(label));
    }
    let settings = ConnectionSettings::new().with("key", "k2");
    bench
        .host
        .replace_settings(&connection("main"), &settings)
        .await
        .unwrap();
    assert!(bench.receive_request(delivery("k1", &[])).await.is_err());
}

async fn a_disabled_connection_still_takes_its_webhooks(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench
        .host
        .set_connection_enabled(&connection("main"), false)
        .await
        .unwrap();
    let payment = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &payment)]).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

/// Refuses the first change, and writes a row of the host's own with each.
#[derive(Debug, Clone, Default)]
struct Reluctant(Arc<Mutex<usize>>);

#[async_trait::async_trait]
impl PaymentHandler for Reluctant {
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if !matches!(change.cause, Cause::Posted { .. }) {
            return Ok(());
        }
        in_tx!(tx, connection => {
            sqlx::query("CREATE TABLE IF NOT EXISTS own (payable TEXT, applied BIGINT)")
                .execute(&mut *connection)
                .await?;
            sqlx::query("INSERT INTO own VALUES ($1, $2)")
                .bind(change.payable.as_str())
                .bind(change.applied.minor_units())
                .execute(connection)
                .await?;
        });
        let mut calls = self.0.lock().unwrap();
        *calls += 1;
        if *calls == 1 {
            Err("not yet".into())
        } else {
            Ok(())
        }
    }
}

async fn the_hosts_own_rows_and_the_posting_are_one_transaction(database: Database) {
    let handler = Reluctant::default();
    let bench = Bench::with_handler(database, handler.clone()).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    bench
        .receive(&[paid_event(url.reference.as_str(), &payment)])
        .await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let rows = numbers(&bench.host, "SELECT applied FROM own").await;
    assert_eq!(rows, [20_012]);
    assert_eq!(*handler.0.lock().unwrap(), 2);
}

async fn a_running_worker_applies_deliveries_and_stops_when_cancelled(database: Database) {
    let bench = Bench::new(database).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let worker = tokio::spawn({
        let (host, stop) = (bench.host.clone(), stop.clone());
        async move { host.run_inbox(stop).await }
    });
    for number in 0..40 {
        let url = bench.url(&invoice(&format!("inv-{number}"), "10.00")).await;
        let reference = url.reference.as_str();
        bench.gateway.pay(reference, "10.00");
        bench
            .receive(&[Event::new("LINK", about(reference), EventKind::FetchNeeded)])
            .await;
    }
    all_applied(&bench).await;
    stop.cancel();
    in_time("the worker stops", worker).await.unwrap();
}

/// Waits until every delivery is applied.
async fn all_applied(bench: &Bench) {
    until(async || {
        let states = bench.states().await;
        let applied = |state: &DeliveryState| *state == DeliveryState::Applied;
        if states.iter().all(applied) {
            Ok(())
        } else {
            Err(format!("not all deliveries are applied: {states:?}"))
        }
    })
    .await;
}

/// The worker also checks for deliveries once a second. No second passes here.
async fn an_arriving_delivery_wakes_the_worker_at_once(database: Database) {
    let bench = Bench::new(database).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let url = bench.url(&invoice("inv", "10.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
    let _frozen = FrozenTime::start();
    let worker = tokio::spawn({
        let (host, stop) = (bench.host.clone(), stop.clone());
        async move { host.run_inbox(stop).await }
    });
    for copy in 0..3 {
        let mut event = paid_event(url.reference.as_str(), &payment);
        event.gateway_type = format!("PAYMENT {copy}");
        bench.receive(&[event]).await;
        all_applied(&bench).await;
    }
    assert_eq!(bench.totals("inv").await, "10.00 10.00 0.00 succeeded");
    stop.cancel();
    worker.await.unwrap();
}

async fn several_workers_apply_each_delivery_once(database: Database) {
    let bench = Bench::new(database).await;
    let mut references = Vec::new();
    for number in 0..30 {
        let url = bench.url(&invoice(&format!("inv-{number}"), "10.00")).await;
        references.push(url.reference.to_string());
    }
    for reference in &references {
        let payment = bench.gateway.pay(reference, "10.00");
        bench
            .receive(&link_events(&bench, reference, &payment))
            .await;
        bench.receive(&[paid_event(reference, &payment)]).await;
    }
    let workers =
        (0..4).map(|_| async { while bench.host.apply_due_deliveries().await.unwrap() > 0 {} });
    futures_util::future::join_all(workers).await;
    bench.apply_all().await;
    for number in 0..30 {
        assert_eq!(
            bench.totals(&format!("inv-{number}")).await,
            "10.00 10.00 0.00 succeeded"
        );
    }
}
