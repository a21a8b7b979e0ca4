//! Money that is received after the write-off, or listed at the time of it.

use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::error::Refusal;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::{ManualPayment, PaymentIdentity};

use super::{payment, summary};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, organization, rupees};
use crate::gateway::changed;

each_database! {
    money_received_after_a_write_off_is_posted_once_and_more_is_unreconciled_again,
    payments_fetched_after_a_write_off_shrink_it,
    listed_payments_are_posted_before_the_rest_is_written_off,
    a_written_off_amount_can_be_recorded_manually_and_is_not_posted_beside_it,
}

async fn money_received_after_a_write_off_is_posted_once_and_more_is_unreconciled_again(
    database: Database,
) {
    let (bench, reference) = Bench::with_status_api(database).await;
    bench.partly(&reference, "60.00").await;
    bench.write_off(&reference).await.unwrap();
    let late = bench.gateway.pay(reference.as_str(), "60.00");
    for _ in 0..2 {
        bench.report_payment(&reference, &late).await;
        bench.retry_if_parked().await;
        assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    }
    assert_eq!(
        bench.lines(AuditEvent::WrittenOff).await[1..],
        [format!(
            "money was posted on {reference} that had been written off: INR 0.00 stays written off"
        )]
    );
    let nothing = bench.write_off(&reference).await;
    assert!(matches!(
        nothing.as_ref().map_err(Error::kind),
        Err(ErrorKind::Refused(Refusal::NothingToWriteOff))
    ));
    bench.assert_sound().await;

    bench.partly(&reference, "120.00").await;
    assert!(bench.states().await.contains(&DeliveryState::Parked));
    assert!(bench.is_busy().await);
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(summary(&written), ("120.00 60.00 60.00".to_owned(), true));
    bench.retry().await;
    assert!(!bench.states().await.contains(&DeliveryState::Parked));
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");

    // A part of it came in.
    let part = bench.gateway.pay(reference.as_str(), "40.00");
    bench.report_payment(&reference, &part).await;
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(summary(&written), ("120.00 100.00 20.00".to_owned(), false));
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    bench.assert_sound().await;
}

impl Bench {
    async fn retry_if_parked(&self) {
        if self.states().await.contains(&DeliveryState::Parked) {
            self.retry().await;
        }
        assert!(!self.states().await.contains(&DeliveryState::Parked));
    }
}

async fn payments_fetched_after_a_write_off_shrink_it(database: Database) {
    let (bench, reference) = Bench::with_status_api(database).await;
    bench.partly(&reference, "60.00").await;
    bench.write_off(&reference).await.unwrap();
    bench.gateway.pay(reference.as_str(), "25.00");
    bench.report(changed(reference.as_str())).await;
    assert_eq!(bench.totals("inv").await, "25.00 25.00 0.00 processing");
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(summary(&written), ("60.00 25.00 35.00".to_owned(), false));
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied; 2]);
    bench.assert_sound().await;
}

async fn listed_payments_are_posted_before_the_rest_is_written_off(database: Database) {
    for (paid, expected) in [("40.00", Some("60.00 40.00 20.00")), ("60.00", None)] {
        let (bench, reference) = Bench::with_status_api(database).await;
        bench.partly(&reference, "60.00").await;
        bench.gateway.pay(reference.as_str(), paid);
        let written = bench.write_off(&reference).await;
        match expected {
            Some(expected) => {
                assert_eq!(summary(&written.unwrap()), (expected.to_owned(), true));
            }
            None => assert!(matches!(
                written.as_ref().map_err(Error::kind),
                Err(ErrorKind::Refused(Refusal::NothingToWriteOff))
            )),
        }
        assert_eq!(
            bench.totals("inv").await,
            format!("{paid} {paid} 0.00 processing")
        );
        bench.retry().await;
        assert_eq!(bench.states().await, [DeliveryState::Applied]);
        bench.assert_sound().await;
    }
}

async fn a_written_off_amount_can_be_recorded_manually_and_is_not_posted_beside_it(
    database: Database,
) {
    let (bench, reference) = Bench::without_status_api(database).await;
    let inv = PayableId::new("inv").unwrap();
    let record = async |key: &str| {
        let key = PaymentIdentity::OperatorKey(key.to_owned());
        let manual = ManualPayment::new(reference.clone(), rupees("60.00"), key, "asha", "why");
        bench
            .host
            .record_manual_payment(&organization(), &inv, &manual)
            .await
    };
    bench.partly(&reference, "60.00").await;
    bench.write_off(&reference).await.unwrap();
    // It was on the next statement of the bank after all.
    record("T-1").await.unwrap();
    let refused = record("T-2").await;
    assert!(matches!(
        refused.as_ref().map_err(Error::kind),
        Err(ErrorKind::Refused(Refusal::NotReported { .. }))
    ));
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");

    bench.partly(&reference, "120.00").await;
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(summary(&written), ("120.00 60.00 60.00".to_owned(), true));
    // No more than the manual payment was received, so this is that payment.
    bench
        .report_payment(&reference, &payment("p1", "60.00"))
        .await;
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    bench
        .report_payment(&reference, &payment("p2", "60.00"))
        .await;
    assert_eq!(bench.totals("inv").await, "120.00 100.00 20.00 succeeded");
    bench.assert_sound().await;
}
