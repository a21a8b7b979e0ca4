//! Payments that an operator records at a gateway without a status API: what they do to a claim, and to
//! a checkout that they make redundant.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::{ManualPayment, PaymentIdentity};

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, invoice, organization};
use crate::gateway::{about, claim_events};

each_database! {
    a_parked_claim_is_applied_once_its_payment_is_recorded_manually,
    a_redundant_checkout_that_ended_is_unreconciled_and_not_still_payable,
}

async fn a_parked_claim_is_applied_once_its_payment_is_recorded_manually(database: Database) {
    let (bench, reference) = Bench::without_status_api(database).await;
    let payment = bench.gateway.pay(reference.as_str(), "100.00");
    let claim = claim_events(&bench.gateway, reference.as_str(), &payment);
    bench.receive(&claim).await;
    bench.apply_all().await;
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Parked);

    let key = PaymentIdentity::OperatorKey("T-1".to_owned());
    let manual = ManualPayment::new(reference, payment.amount, key, "asha", "seen at the bank");
    let inv = PayableId::new("inv").unwrap();
    let host = &bench.host;
    let recorded = host
        .record_manual_payment(&organization(), &inv, &manual)
        .await;
    assert!(recorded.unwrap().is_new);
    assert_eq!(host.retry_parked(&connection("main")).await.unwrap(), 1);
    bench.apply_all().await;
    let delivery = &bench.deliveries().await[0];
    assert_eq!(
        delivery.state,
        DeliveryState::Applied,
        "{:?}",
        delivery.error
    );
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
}

async fn a_redundant_checkout_that_ended_is_unreconciled_and_not_still_payable(database: Database) {
    let (bench, first) = Bench::without_status_api(database).await;
    bench.clock.advance(Duration::from_hours(25));
    let second = bench.url(&invoice("inv", "100.00")).await.reference;
    let amount = Money::from_decimal("100.00", Currency::INR).unwrap();
    let paid = Money::from_decimal("40.00", Currency::INR).unwrap();
    let total = CheckoutSnapshot::new(CheckoutStatus::PartiallyPaid, amount, paid);
    let total = EventKind::Snapshot(total);
    let total = Event::new("LINK", about(second.as_str()), total);
    bench.report(total).await;
    bench.clock.advance(Duration::from_hours(25));

    let id = PaymentIdentity::GatewayId(PaymentId::new("p1").unwrap());
    let manual = ManualPayment::new(first, amount, id, "asha", "seen at the bank");
    let inv = PayableId::new("inv").unwrap();
    let recorded = bench
        .host
        .record_manual_payment(&organization(), &inv, &manual)
        .await
        .unwrap();
    assert!(recorded.still_payable.is_empty(), "{recorded:?}");
    let unreconciled: Vec<_> = recorded.unreconciled.iter().map(|(of, _)| of).collect();
    assert_eq!(unreconciled, [&second]);
}
