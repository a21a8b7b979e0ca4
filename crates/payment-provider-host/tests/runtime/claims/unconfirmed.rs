//! Claims that the gateway confirms late, never, or cannot confirm.

use std::time::Duration;

use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::WriteOff;

use super::{GRACE, Paid};
use crate::fixture::database::{Database, each_database, numbers};
use crate::fixture::{connection, organization};
use crate::gateway::{Fault, claim_events};

each_database! {
    a_claim_outlasts_a_list_that_is_down_for_six_minutes,
    a_claim_that_the_gateway_never_lists_is_parked_and_applied_once_it_is_listed,
    a_claim_that_the_gateway_refuses_to_confirm_is_parked_with_the_reason,
    a_claim_whose_money_was_written_off_is_done,
    a_claim_after_a_write_off_of_the_same_amount_is_posted,
    a_claim_at_a_gateway_without_a_status_api_is_applied_with_the_payment_event,
    a_claim_at_a_gateway_without_a_status_api_is_parked_until_the_payment_event,
}

async fn a_claim_outlasts_a_list_that_is_down_for_six_minutes(database: Database) {
    for paid in [
        Paid::without_payment_events(database).await,
        Paid::with_payment_events(database).await,
    ] {
        paid.bench.gateway.state().list_is_down = true;
        paid.receive_claim().await;
        paid.apply().await;
        paid.bench.clock.advance(GRACE);
        for _ in 0..36 {
            paid.apply().await;
            paid.assert_nothing_is_posted().await;
            let (state, error) = paid.latest().await;
            assert_eq!(state, DeliveryState::Pending);
            assert!(error.unwrap().contains("list_payments: no answer in time"));
            paid.bench.clock.advance(Duration::from_secs(10));
        }
        assert!(paid.reads() > 2, "it is tried again meanwhile");
        let failures = "SELECT max(failures) FROM deliveries";
        assert_eq!(numbers(&paid.bench.host, failures).await, [0]);
        paid.bench.gateway.state().list_is_down = false;
        paid.bench.apply_all().await;
        paid.assert_posted_once().await;
    }
}

async fn a_claim_that_the_gateway_never_lists_is_parked_and_applied_once_it_is_listed(
    database: Database,
) {
    for paid in [
        Paid::without_payment_events(database).await,
        Paid::with_payment_events(database).await,
    ] {
        let claim = claim_events(&paid.bench.gateway, paid.reference.as_str(), &paid.payment);
        paid.hide();
        paid.bench.receive(&claim).await;
        paid.bench.apply_all().await;
        let (state, error) = paid.latest().await;
        assert_eq!(state, DeliveryState::Parked);
        assert!(error.unwrap().contains("does not list"));
        paid.assert_nothing_is_posted().await;

        paid.list(vec![paid.payment.clone()]);
        let retried = paid.bench.host.retry_parked(&connection("main")).await;
        assert_eq!(retried.unwrap(), 1);
        paid.bench.apply_all().await;
        paid.assert_posted_once().await;
    }
}

async fn a_claim_that_the_gateway_refuses_to_confirm_is_parked_with_the_reason(database: Database) {
    let paid = Paid::without_payment_events(database).await;
    for _ in 0..100 {
        paid.bench.gateway.fail_next(Fault::Revoked);
    }
    paid.receive_claim().await;
    paid.bench.apply_all().await;
    let (state, error) = paid.latest().await;
    assert_eq!(state, DeliveryState::Parked);
    assert!(error.unwrap().contains("fetch_checkout"));
    paid.assert_nothing_is_posted().await;
}

async fn a_claim_whose_money_was_written_off_is_done(database: Database) {
    let paid = Paid::without_payment_events(database).await;
    let claim = claim_events(&paid.bench.gateway, paid.reference.as_str(), &paid.payment);
    paid.hide();
    paid.bench.receive(&claim).await;
    paid.bench.apply_all().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Parked);
    let off = WriteOff::new(paid.reference.clone(), "asha", "reversed");
    let inv = PayableId::new("inv").unwrap();
    let written = paid.bench.host.write_off(&organization(), &inv, &off).await;
    assert_eq!(written.unwrap().written_off, paid.payment.amount);
    let retried = paid.bench.host.retry_parked(&connection("main")).await;
    assert_eq!(retried.unwrap(), 1);
    paid.bench.apply_all().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Applied);
    assert_eq!(paid.bench.view("inv").await.received.minor_units(), 0);
}

/// A payment that was reversed is written off, and the payer pays the same amount again: the write-off does
/// not explain the second claim.
async fn a_claim_after_a_write_off_of_the_same_amount_is_posted(database: Database) {
    for is_listed_late in [false, true] {
        let paid = Paid::without_payment_events(database).await;
        let gateway = &paid.bench.gateway;
        let first = claim_events(gateway, paid.reference.as_str(), &paid.payment);
        paid.hide();
        paid.bench.receive(&first).await;
        paid.bench.apply_all().await;
        let off = WriteOff::new(paid.reference.clone(), "asha", "reversed");
        let inv = PayableId::new("inv").unwrap();
        let written = paid.bench.host.write_off(&organization(), &inv, &off).await;
        written.unwrap();

        let again = gateway.pay(paid.reference.as_str(), "200.12");
        let second = claim_events(gateway, paid.reference.as_str(), &again);
        if is_listed_late {
            paid.hide();
        }
        paid.bench.receive(&second).await;
        paid.apply().await;
        if is_listed_late {
            assert_eq!(paid.latest().await.0, DeliveryState::Pending);
            paid.list(vec![again.clone()]);
        }
        paid.bench.apply_all().await;
        let totals = paid.bench.totals("inv").await;
        assert_eq!(totals, "200.12 200.12 0.00 succeeded", "{is_listed_late}");
        assert_eq!(paid.bench.notified_payments().await, [again.id.to_string()]);
    }
}

async fn a_claim_at_a_gateway_without_a_status_api_is_applied_with_the_payment_event(
    database: Database,
) {
    let paid = Paid::with_payment_events(database).await;
    paid.bench.gateway.state().unaskable = true;
    paid.receive_claim().await;
    paid.apply().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Pending);
    paid.receive_payment().await;
    paid.apply().await;
    paid.bench.clock.advance(GRACE);
    paid.apply().await;
    paid.assert_posted_once().await;
}

async fn a_claim_at_a_gateway_without_a_status_api_is_parked_until_the_payment_event(
    database: Database,
) {
    for paid in [
        Paid::without_payment_events(database).await,
        Paid::with_payment_events(database).await,
    ] {
        paid.bench.gateway.state().unaskable = true;
        paid.receive_claim().await;
        paid.bench.apply_all().await;
        let (state, error) = paid.latest().await;
        assert_eq!(state, DeliveryState::Parked);
        assert!(error.unwrap().contains("has no status API"));
        paid.assert_nothing_is_posted().await;

        paid.receive_payment().await;
        paid.apply().await;
        let retried = paid.bench.host.retry_parked(&connection("main")).await;
        assert_eq!(retried.unwrap(), 1);
        paid.bench.apply_all().await;
        paid.assert_posted_once().await;
    }
}
