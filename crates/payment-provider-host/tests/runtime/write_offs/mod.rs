//! Money that a gateway stated and never lists does not lock its payable for ever.

mod late_money;
mod refusals;

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::{AuditEvent, CloseReason};
use payment_provider_host::checkouts::UrlOrigin;
use payment_provider_host::error::Refusal;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::{ManualPayment, PaymentIdentity, WriteOff, WriteOffReport};

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, customer, invoice, organization, rupees};
use crate::gateway::changed;

each_database! {
    money_that_never_came_in_blocks_nothing_once_it_is_written_off,
    a_gateway_that_states_for_ever_what_it_never_lists_is_left_alone_about_it,
    a_payment_that_two_checkouts_list_is_written_off_on_the_other,
    a_paid_status_without_a_total_is_written_off_as_well,
    a_write_off_without_a_status_api_sends_no_request,
}

fn off(reference: &CheckoutReference) -> WriteOff {
    WriteOff::new(reference.clone(), "asha", "reversed, says the gateway")
}

/// Returns `stated posted written-off`, and whether it is new.
fn summary(written: &WriteOffReport) -> (String, bool) {
    let amounts = [written.reported, written.posted, written.written_off];
    let [stated, posted, off] = amounts.map(Money::decimal);
    (format!("{stated} {posted} {off}"), written.is_new)
}

impl Bench {
    async fn partly(&self, reference: &CheckoutReference, paid: &str) {
        self.report_total(reference, CheckoutStatus::PartiallyPaid, paid)
            .await;
    }

    async fn write_off(&self, reference: &CheckoutReference) -> Result<WriteOffReport, Error> {
        let inv = PayableId::new("inv").unwrap();
        let host = &self.host;
        host.write_off(&organization(), &inv, &off(reference)).await
    }

    async fn is_busy(&self) -> bool {
        let asked = self.host.payment_url(&invoice("inv", "100.00")).await;
        matches!(
            asked.as_ref().map_err(Error::kind),
            Err(ErrorKind::Pending { .. })
        )
    }

    async fn retry(&self) {
        let parked = self.host.retry_parked(&connection("main")).await;
        assert!(parked.unwrap() > 0);
        self.apply_all().await;
    }
}

fn payment(id: &str, amount: &str) -> Payment {
    let id = PaymentId::new(id).unwrap();
    Payment::new(id, PaymentStatus::Succeeded, rupees(amount))
}

async fn money_that_never_came_in_blocks_nothing_once_it_is_written_off(database: Database) {
    let (bench, reference) = Bench::with_status_api(database).await;
    // Reported while it was so; the payment was voided before the list was fetched.
    bench.partly(&reference, "60.00").await;
    assert_eq!(bench.states().await, [DeliveryState::Parked]);
    bench.clock.advance(Duration::from_hours(30 * 24));
    assert!(bench.is_busy().await);
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Parked]);
    let key = PaymentIdentity::OperatorKey("T-1".to_owned());
    let manual = ManualPayment::new(reference.clone(), rupees("60.00"), key, "asha", "why");
    let inv = PayableId::new("inv").unwrap();
    let refused = bench
        .host
        .record_manual_payment(&organization(), &inv, &manual)
        .await;
    let refused = refused.unwrap_err();
    assert!(matches!(
        refused.kind(),
        ErrorKind::Refused(Refusal::GatewayListsPayments)
    ));
    assert!(refused.to_string().contains("can be written off"));

    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(summary(&written), ("60.00 0.00 60.00".to_owned(), true));
    let calls = bench.gateway.state().calls.len();
    let again = bench.write_off(&reference).await.unwrap();
    assert_eq!(summary(&again), ("60.00 0.00 60.00".to_owned(), false));
    assert_eq!(bench.gateway.state().calls.len(), calls);
    assert_eq!(
        bench.lines(AuditEvent::WrittenOff).await,
        [format!(
            "the gateway reports INR 60.00 paid on {reference}, of which INR 0.00 is posted: the rest, \
             INR 60.00, is written off by asha: reversed, says the gateway"
        )]
    );
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");

    bench.url(&invoice("inv", "100.00")).await;
    let calls = bench.gateway.state().calls.len();
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
    // Other bytes that report the same change nothing either.
    let open = CheckoutStatus::Open;
    bench.report_total(&reference, open, "60.00").await;
    bench.partly(&reference, "59.99").await;
    assert_eq!(bench.states().await, [DeliveryState::Applied; 3]);
    assert_eq!(bench.gateway.state().calls.len(), calls);

    let voided = invoice("inv", "100.00");
    let closing = bench.host.close(&voided, CloseReason::Voided).await;
    let closing = closing.unwrap();
    assert!(closing.unreconciled.is_empty() && closing.still_payable.is_empty());
    let (organization, customer) = (organization(), customer());
    let unlinked = bench.host.unlink_customer(&organization, &customer).await;
    unlinked.unwrap();
    bench.clock.advance(Duration::from_hours(400 * 24));
    bench.assert_sound().await;
    let deleted = bench.host.delete_connection(&connection("main")).await;
    deleted.unwrap();
}

async fn a_gateway_that_states_for_ever_what_it_never_lists_is_left_alone_about_it(
    database: Database,
) {
    let (bench, reference) = Bench::with_status_api(database).await;
    let unlisted = |amount| {
        let mut state = bench.gateway.state();
        state.unlisted.insert(reference.to_string(), amount);
    };
    unlisted(6_000);
    bench.report(changed(reference.as_str())).await;
    assert_eq!(bench.states().await, [DeliveryState::Parked]);
    assert!(bench.is_busy().await);
    bench.write_off(&reference).await.unwrap();
    assert!(!bench.is_busy().await);
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
    unlisted(6_001);
    // Other bytes, so another delivery.
    let mut again = changed(reference.as_str());
    again.gateway_type.push_str(" AGAIN");
    bench.report(again).await;
    let states = [DeliveryState::Applied, DeliveryState::Parked];
    assert_eq!(bench.states().await, states);
    assert!(bench.is_busy().await);
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(summary(&written), ("60.01 0.00 60.01".to_owned(), true));
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied; 2]);
    bench.assert_sound().await;
}

async fn a_payment_that_two_checkouts_list_is_written_off_on_the_other(database: Database) {
    let (bench, reference) = Bench::with_status_api(database).await;
    let other = bench.url(&invoice("other", "100.00")).await.reference;
    let one = bench.gateway.pay(other.as_str(), "60.00");
    bench.report_payment(&other, &one).await;
    bench.gateway.add_to_list(reference.as_str(), one);
    bench.partly(&reference, "60.00").await;
    assert!(bench.is_busy().await);
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(summary(&written), ("60.00 0.00 60.00".to_owned(), true));
    assert!(!bench.is_busy().await);
    assert_eq!(bench.totals("other").await, "60.00 60.00 0.00 processing");

    // The listed payment is posted on the other one, and explains nothing of the amount reported now.
    let unlisted = (reference.to_string(), 6_000);
    bench.gateway.state().unlisted.extend([unlisted]);
    bench.report(changed(reference.as_str())).await;
    assert_eq!(bench.states().await.last(), Some(&DeliveryState::Parked));
    assert!(bench.is_busy().await);
    bench.assert_sound().await;
}

async fn a_paid_status_without_a_total_is_written_off_as_well(database: Database) {
    for (paid, expected) in [
        ("0.00", "100.00 0.00 100.00"),
        ("60.00", "60.00 0.00 60.00"),
    ] {
        let (bench, reference) = Bench::with_status_api(database).await;
        bench
            .report_total(&reference, CheckoutStatus::Paid, paid)
            .await;
        assert_eq!(bench.states().await, [DeliveryState::Parked], "{paid}");
        assert!(bench.is_busy().await);
        let written = bench.write_off(&reference).await.unwrap();
        assert_eq!(summary(&written), (expected.to_owned(), true));
        let next = bench.url(&invoice("inv", "100.00")).await;
        assert_eq!(next.origin, UrlOrigin::Created);
        bench.retry().await;
        assert_eq!(bench.states().await, [DeliveryState::Applied], "{paid}");
        let late = payment("p1", "100.00");
        bench.report_payment(&reference, &late).await;
        assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
        let nothing = bench.write_off(&reference).await;
        assert!(matches!(
            nothing.as_ref().map_err(Error::kind),
            Err(ErrorKind::Refused(Refusal::NothingToWriteOff))
        ));
        bench.assert_sound().await;
    }
}

async fn a_write_off_without_a_status_api_sends_no_request(database: Database) {
    let (bench, reference) = Bench::without_status_api(database).await;
    bench.partly(&reference, "60.00").await;
    let unpaid = invoice("inv", "100.00");
    let locked = bench.host.payment_url(&unpaid).await.unwrap_err();
    let expected = Error::from(Refusal::UnreconciledFunds);
    assert_eq!(locked.to_string(), expected.to_string());
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(summary(&written), ("60.00 0.00 60.00".to_owned(), true));
    assert_eq!(bench.url(&unpaid).await.reference, reference);
    bench
        .report_payment(&reference, &payment("p1", "60.00"))
        .await;
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    bench.assert_sound().await;
}
