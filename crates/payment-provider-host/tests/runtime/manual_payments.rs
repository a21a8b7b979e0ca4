//! Payments that an operator records manually, at a gateway without a status API.

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::{AllocationOutcome, AuditEvent, CheckoutState};
use payment_provider_host::error::{Conflict, Entity, Refusal};
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::{ManualPayment, PaymentIdentity, RecordedPayment};

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invalid_fields, invoice, organization, rupees};
use crate::gateway::paid_event;

each_database! {
    a_reported_total_is_posted_once_by_its_key_and_frees_the_payable,
    a_later_delivery_is_matched_to_the_manual_payment,
    a_key_of_a_payment_that_got_another_id_is_taken_on_other_payables_too,
    another_payment_of_the_amount_is_posted_where_the_gateway_states_both,
    a_manual_payment_with_an_id_is_posted_under_it,
    an_unreported_or_unnamed_manual_payment_is_refused_and_changes_nothing,
    an_attempt_reported_before_is_merged_with_the_manual_payment,
    an_id_for_what_is_posted_by_a_key_posts_nothing_and_is_reported,
    checkouts_redundant_by_a_manual_payment_are_ended_or_listed,
}

fn key(key: &str) -> PaymentIdentity {
    PaymentIdentity::OperatorKey(key.to_owned())
}

fn id(id: &str) -> PaymentIdentity {
    PaymentIdentity::GatewayId(PaymentId::new(id).unwrap())
}

impl Bench {
    async fn report_succeeded(&self, reference: &CheckoutReference, id: &str, amount: &str) {
        let status = PaymentStatus::Succeeded;
        self.report_with_status(reference, id, amount, status).await;
    }

    async fn report_with_status(
        &self,
        reference: &CheckoutReference,
        id: &str,
        amount: &str,
        status: PaymentStatus,
    ) {
        let id = PaymentId::new(id).unwrap();
        let payment = Payment::new(id, status, rupees(amount));
        self.receive(&[paid_event(reference.as_str(), &payment)])
            .await;
        self.apply_all().await;
    }

    async fn record(
        &self,
        reference: &CheckoutReference,
        amount: &str,
        name: PaymentIdentity,
    ) -> Result<RecordedPayment, Error> {
        let note = "seen in the statement of the bank";
        let manual = ManualPayment::new(reference.clone(), rupees(amount), name, "asha", note);
        let payable = PayableId::new("inv").unwrap();
        let host = &self.host;
        host.record_manual_payment(&organization(), &payable, &manual)
            .await
    }
}

async fn a_reported_total_is_posted_once_by_its_key_and_frees_the_payable(database: Database) {
    let (bench, reference) = Bench::without_status_api(database).await;
    bench
        .report_total(&reference, CheckoutStatus::PartiallyPaid, "60.00")
        .await;
    let unpaid = invoice("inv", "100.00");
    let error = bench.host.payment_url(&unpaid).await.unwrap_err();
    let locked = Error::from(Refusal::UnreconciledFunds).to_string();
    assert_eq!(error.to_string(), locked);

    let recorded = bench.record(&reference, "60.00", key("T-1")).await.unwrap();
    assert!(recorded.is_new);
    assert_eq!(recorded.allocation.applied, rupees("60.00"));
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    let again = bench.record(&reference, "60.00", key("T-1")).await.unwrap();
    assert!(!again.is_new);
    assert_eq!(again.allocation, recorded.allocation);
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    let error = bench.host.payment_url(&unpaid).await.unwrap_err();
    assert_ne!(
        error.to_string(),
        locked,
        "what is in the way is another matter"
    );

    let history = bench.view("inv").await.history;
    let said = history
        .iter()
        .find(|entry| entry.event == AuditEvent::ManualPayment);
    let said = &said.unwrap().detail;
    assert_eq!(
        said,
        "recorded manually by asha: seen in the statement of the bank"
    );
    bench.assert_sound().await;
}

async fn a_later_delivery_is_matched_to_the_manual_payment(database: Database) {
    let (bench, reference) = Bench::without_status_api(database).await;
    bench
        .report_total(&reference, CheckoutStatus::PartiallyPaid, "60.00")
        .await;
    bench.record(&reference, "60.00", key("T-1")).await.unwrap();
    bench.report_succeeded(&reference, "p1", "60.00").await;
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    let payments = bench.view("inv").await.payments;
    assert_eq!(payments.len(), 1);
    assert_eq!(payments[0].payment.id.as_str(), "p1");
    // Nor does the key post again, now that the payment has another name.
    let again = bench.record(&reference, "60.00", key("T-1")).await.unwrap();
    assert!(!again.is_new);
    // A second payment of the amount is one of its own.
    bench
        .report_total(&reference, CheckoutStatus::PartiallyPaid, "120.00")
        .await;
    bench.report_succeeded(&reference, "p2", "60.00").await;
    assert_eq!(bench.totals("inv").await, "120.00 100.00 20.00 succeeded");
    bench.assert_sound().await;
}

async fn a_key_of_a_payment_that_got_another_id_is_taken_on_other_payables_too(database: Database) {
    let (bench, reference) = Bench::without_status_api(database).await;
    bench
        .report_total(&reference, CheckoutStatus::PartiallyPaid, "60.00")
        .await;
    bench.record(&reference, "60.00", key("T-1")).await.unwrap();
    bench.report_succeeded(&reference, "p1", "60.00").await;
    let other = bench.url(&invoice("other", "100.00")).await.reference;
    bench
        .report_total(&other, CheckoutStatus::PartiallyPaid, "60.00")
        .await;
    let manual = ManualPayment::new(other, rupees("60.00"), key("T-1"), "asha", "again");
    let payable = PayableId::new("other").unwrap();
    let host = &bench.host;
    let refused = host
        .record_manual_payment(&organization(), &payable, &manual)
        .await;
    assert!(matches!(
        refused.as_ref().map_err(Error::kind),
        Err(ErrorKind::Conflict(Conflict::PaymentIdentityTaken))
    ));
    assert_eq!(bench.totals("other").await, "0.00 0.00 0.00 pending");
    bench.assert_sound().await;
}

async fn another_payment_of_the_amount_is_posted_where_the_gateway_states_both(database: Database) {
    let (bench, reference) = Bench::without_status_api(database).await;
    bench
        .report_total(&reference, CheckoutStatus::PartiallyPaid, "40.00")
        .await;
    bench.record(&reference, "40.00", key("T-1")).await.unwrap();
    bench
        .report_total(&reference, CheckoutStatus::PartiallyPaid, "80.00")
        .await;
    for id in ["p2", "p1"] {
        bench.report_succeeded(&reference, id, "40.00").await;
        bench.report_succeeded(&reference, id, "40.00").await;
        assert_eq!(bench.totals("inv").await, "80.00 80.00 0.00 processing");
    }
    bench.assert_sound().await;
}

async fn a_manual_payment_with_an_id_is_posted_under_it(database: Database) {
    let (bench, reference) = Bench::without_status_api(database).await;
    let recorded = bench.record(&reference, "100.00", id("p1")).await.unwrap();
    assert_eq!(recorded.allocation.outcome, AllocationOutcome::Exact);
    bench.report_succeeded(&reference, "p1", "100.00").await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    let again = bench.record(&reference, "100.00", id("p1")).await.unwrap();
    assert!(!again.is_new);
    let more = bench.record(&reference, "30.00", id("p2")).await.unwrap();
    assert_eq!(more.allocation.outcome, AllocationOutcome::Duplicate);
    assert_eq!(bench.totals("inv").await, "130.00 100.00 30.00 succeeded");
    bench.assert_sound().await;
}

async fn an_unreported_or_unnamed_manual_payment_is_refused_and_changes_nothing(
    database: Database,
) {
    let (bench, reference) = Bench::without_status_api(database).await;
    bench
        .report_total(&reference, CheckoutStatus::PartiallyPaid, "60.00")
        .await;
    let refused = async |amount: &str, name: PaymentIdentity| {
        let error = bench.record(&reference, amount, name).await.unwrap_err();
        assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
        error
    };
    let error = refused("60.01", key("T-1")).await;
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Refused(Refusal::NotReported { .. })
        ),
        "{error}"
    );
    let error = refused("0.00", key("T-1")).await;
    assert_eq!(invalid_fields(&error), ["amount"]);
    for bad in ["", "a b", "a:b", &"x".repeat(65)] {
        let error = refused("60.00", key(bad)).await;
        assert_eq!(invalid_fields(&error), ["identity"], "{bad}");
    }
    // Operators' keys are kept under ids of this form.
    let error = refused("60.00", id("manual:T-1")).await;
    assert_eq!(invalid_fields(&error), ["identity"]);
    let nowhere = CheckoutReference::new("pay-nowhere").unwrap();
    let error = bench
        .record(&nowhere, "60.00", key("T-1"))
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NotFound(Entity::Checkout)),
        "{error}"
    );
    let unknown_organization = OrganizationId::new("unknown").unwrap();
    let inv = PayableId::new("inv").unwrap();
    let amount = rupees("60.00");
    let mut manual = ManualPayment::new(reference.clone(), amount, key("T-1"), "asha", "why");
    let error = bench
        .host
        .record_manual_payment(&unknown_organization, &inv, &manual)
        .await;
    assert!(matches!(
        error.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Payable))
    ));
    manual.note.clear();
    let error = bench
        .host
        .record_manual_payment(&organization(), &inv, &manual)
        .await;
    assert_eq!(invalid_fields(&error.unwrap_err()), ["note"]);

    bench.record(&reference, "20.00", key("T-1")).await.unwrap();
    let error = bench.record(&reference, "40.00", key("T-1")).await;
    assert!(matches!(
        error.as_ref().map_err(Error::kind),
        Err(ErrorKind::Conflict(Conflict::PaymentIdentityTaken))
    ));
    assert_eq!(bench.totals("inv").await, "20.00 20.00 0.00 processing");
    bench.gateway.state().unaskable = false;
    let error = bench.record(&reference, "40.00", key("T-2")).await;
    assert!(matches!(
        error.as_ref().map_err(Error::kind),
        Err(ErrorKind::Refused(Refusal::GatewayListsPayments))
    ));
    bench.assert_sound().await;
}

async fn an_attempt_reported_before_is_merged_with_the_manual_payment(database: Database) {
    for status in [PaymentStatus::Pending, PaymentStatus::Failed] {
        let (bench, reference) = Bench::without_status_api(database).await;
        bench
            .report_with_status(&reference, "p1", "60.00", status)
            .await;
        bench
            .report_total(&reference, CheckoutStatus::PartiallyPaid, "60.00")
            .await;
        bench.record(&reference, "60.00", key("T-1")).await.unwrap();
        bench.report_succeeded(&reference, "p1", "60.00").await;
        assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
        let payments = bench.view("inv").await.payments;
        assert_eq!(payments.len(), 1);
        assert_eq!(payments[0].payment.id.as_str(), "p1");
        bench.assert_sound().await;
    }
}

async fn an_id_for_what_is_posted_by_a_key_posts_nothing_and_is_reported(database: Database) {
    let (bench, reference) = Bench::without_status_api(database).await;
    bench
        .report_total(&reference, CheckoutStatus::PartiallyPaid, "60.00")
        .await;
    let by_key = bench.record(&reference, "60.00", key("T-1")).await.unwrap();
    let by_id = bench.record(&reference, "60.00", id("p9")).await.unwrap();
    assert!(by_key.is_new && !by_id.is_new);
    assert_eq!(by_id.allocation, by_key.allocation);
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    // Once that one has its id, another one can be nothing but another payment.
    let second = bench.record(&reference, "60.00", id("p10")).await.unwrap();
    assert!(second.is_new);
    assert_eq!(bench.totals("inv").await, "120.00 100.00 20.00 succeeded");
}

async fn checkouts_redundant_by_a_manual_payment_are_ended_or_listed(database: Database) {
    for can_end in [true, false] {
        let (bench, first) = Bench::without_status_api(database).await;
        bench.clock.advance(std::time::Duration::from_hours(25));
        let second = bench.url(&invoice("inv", "100.00")).await.reference;
        assert_ne!(first, second);
        bench.gateway.state().unsupported = !can_end;
        let recorded = bench.record(&first, "100.00", id("p1")).await.unwrap();
        let listed: Vec<_> = recorded.still_payable.iter().map(|(of, _)| of).collect();
        if can_end {
            assert!(listed.is_empty());
        } else {
            assert_eq!(listed, [&second]);
            // Each request for a payment URL tries again to end it, and now the gateway can.
            bench.gateway.state().unsupported = false;
            let reason = bench.nothing_due(&invoice("inv", "100.00")).await;
            assert_eq!(reason, NothingDue::Paid);
        }
        let checkouts = bench.view("inv").await.checkouts;
        let states: Vec<_> = checkouts.iter().map(|of| of.state).collect();
        let ended = [CheckoutState::Expired, CheckoutState::Cancelled];
        assert_eq!(states, ended, "{can_end}");
        let again = bench.record(&first, "100.00", id("p1")).await.unwrap();
        assert!(!again.is_new && again.still_payable.is_empty());
    }
}
