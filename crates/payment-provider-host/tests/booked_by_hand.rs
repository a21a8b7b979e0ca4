//! Money that an operator books, of a gateway that can be asked nothing.

mod gateway;

use gateway::bench::{Bench, invoice, organization};
use gateway::{about, paid_event};
use payment_provider_core::*;
use payment_provider_host::AllocationOutcome;
use payment_provider_host::ErrorKind;
use payment_provider_host::*;

fn rupees(amount: &str) -> Money {
    Money::from_decimal(amount, Currency::INR).unwrap()
}

fn key(key: &str) -> PaymentIdentity {
    PaymentIdentity::OperatorKey(key.to_owned())
}

fn id(id: &str) -> PaymentIdentity {
    PaymentIdentity::GatewayId(PaymentId::new(id).unwrap())
}

impl Bench {
    /// A page of a gateway that can be asked nothing, for an invoice over 100.00.
    async fn deaf() -> (Self, CheckoutReference) {
        let bench = Self::new().await;
        {
            let mut state = bench.gateway.state();
            (state.unsupported, state.unaskable) = (true, true);
        }
        let url = bench.url(&invoice("inv", "100.00")).await;
        (bench, url.reference)
    }

    /// The gateway states a total, and not of which payments.
    async fn stated(&self, reference: &CheckoutReference, paid: &str) {
        let status = CheckoutStatus::PartiallyPaid;
        let stated = CheckoutSnapshot::new(status, rupees("100.00"), rupees(paid));
        let kind = EventKind::Snapshot(stated);
        let event = Event::new("LINK", about(reference.as_str()), kind);
        self.receive(&[event]).await;
        self.settle().await;
    }

    async fn told(&self, reference: &CheckoutReference, id: &str, amount: &str) {
        let status = PaymentStatus::Succeeded;
        self.told_as(reference, id, amount, status).await;
    }

    async fn told_as(
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
        self.settle().await;
    }

    async fn book(
        &self,
        reference: &CheckoutReference,
        amount: &str,
        name: PaymentIdentity,
    ) -> Result<RecordedPayment, Error> {
        let note = "seen in the statement of the bank";
        let hand = ManualPayment::new(reference.clone(), rupees(amount), name, "asha", note);
        let payable = PayableId::new("inv").unwrap();
        let host = &self.host;
        host.record_manual_payment(&organization(), &payable, &hand)
            .await
    }

    async fn is_sound(&self) {
        let report = self.host.audit_ledger(None).await.unwrap();
        assert!(report.is_sound(), "{:#?}", report.findings);
    }
}

#[tokio::test]
async fn stated_money_is_booked_once_by_its_key_and_frees_the_payable() {
    let (bench, reference) = Bench::deaf().await;
    bench.stated(&reference, "60.00").await;
    let unpaid = invoice("inv", "100.00");
    let error = bench.host.payment_url(&unpaid).await.unwrap_err();
    let locked = Error::from(Refusal::UnreconciledFunds).to_string();
    assert_eq!(error.to_string(), locked);

    let booked = bench.book(&reference, "60.00", key("T-1")).await.unwrap();
    assert!(booked.is_new);
    assert_eq!(booked.allocation.applied, rupees("60.00"));
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    let again = bench.book(&reference, "60.00", key("T-1")).await.unwrap();
    assert!(!again.is_new);
    assert_eq!(again.allocation, booked.allocation);
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
        "booked by hand by asha: seen in the statement of the bank"
    );
    bench.is_sound().await;
}

#[tokio::test]
async fn a_delivery_that_tells_later_is_taken_for_what_was_booked_by_hand() {
    let (bench, reference) = Bench::deaf().await;
    bench.stated(&reference, "60.00").await;
    bench.book(&reference, "60.00", key("T-1")).await.unwrap();
    bench.told(&reference, "p1", "60.00").await;
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    let payments = bench.view("inv").await.payments;
    assert_eq!(payments.len(), 1);
    assert_eq!(payments[0].payment.id.as_str(), "p1");
    // Nor does the key book again, now that the payment has another name.
    let again = bench.book(&reference, "60.00", key("T-1")).await.unwrap();
    assert!(!again.is_new);
    // A second payment of the amount is one of its own.
    bench.stated(&reference, "120.00").await;
    bench.told(&reference, "p2", "60.00").await;
    assert_eq!(bench.totals("inv").await, "120.00 100.00 20.00 succeeded");
    bench.is_sound().await;
}

#[tokio::test]
async fn another_payment_of_the_amount_is_booked_where_the_gateway_states_both() {
    let (bench, reference) = Bench::deaf().await;
    bench.stated(&reference, "40.00").await;
    bench.book(&reference, "40.00", key("T-1")).await.unwrap();
    bench.stated(&reference, "80.00").await;
    for id in ["p2", "p1"] {
        bench.told(&reference, id, "40.00").await;
        bench.told(&reference, id, "40.00").await;
        assert_eq!(bench.totals("inv").await, "80.00 80.00 0.00 processing");
    }
    bench.is_sound().await;
}

#[tokio::test]
async fn money_of_a_known_id_is_booked_under_it() {
    let (bench, reference) = Bench::deaf().await;
    let booked = bench.book(&reference, "100.00", id("p1")).await.unwrap();
    assert_eq!(booked.allocation.outcome, AllocationOutcome::Exact);
    bench.told(&reference, "p1", "100.00").await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    let again = bench.book(&reference, "100.00", id("p1")).await.unwrap();
    assert!(!again.is_new);
    let more = bench.book(&reference, "30.00", id("p2")).await.unwrap();
    assert_eq!(more.allocation.outcome, AllocationOutcome::Duplicate);
    assert_eq!(bench.totals("inv").await, "130.00 100.00 30.00 succeeded");
    bench.is_sound().await;
}

#[tokio::test]
async fn what_is_not_stated_or_not_named_is_refused_and_changes_nothing() {
    let (bench, reference) = Bench::deaf().await;
    bench.stated(&reference, "60.00").await;
    let refused = async |amount: &str, name: PaymentIdentity| {
        let error = bench.book(&reference, amount, name).await.unwrap_err();
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
    assert!(matches!(
        refused("0.00", key("T-1")).await.kind(),
        ErrorKind::Invalid(_)
    ));
    for bad in ["", "a b", "a:b", &"x".repeat(65)] {
        assert!(matches!(
            refused("60.00", key(bad)).await.kind(),
            ErrorKind::Invalid(_)
        ));
    }
    assert!(matches!(
        refused("60.00", id("by-hand:T-1")).await.kind(),
        ErrorKind::Invalid(_)
    ));
    let nowhere = CheckoutReference::new("pay-nowhere").unwrap();
    let error = bench.book(&nowhere, "60.00", key("T-1")).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NotFound(Entity::Checkout)),
        "{error}"
    );
    let stranger = OrganizationId::new("stranger").unwrap();
    let inv = PayableId::new("inv").unwrap();
    let amount = rupees("60.00");
    let mut hand = ManualPayment::new(reference.clone(), amount, key("T-1"), "asha", "why");
    let error = bench
        .host
        .record_manual_payment(&stranger, &inv, &hand)
        .await;
    assert!(matches!(
        error.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Payable))
    ));
    hand.note.clear();
    let error = bench
        .host
        .record_manual_payment(&organization(), &inv, &hand)
        .await;
    assert!(matches!(
        error.as_ref().map_err(Error::kind),
        Err(ErrorKind::Invalid(_))
    ));

    bench.book(&reference, "20.00", key("T-1")).await.unwrap();
    let error = bench.book(&reference, "40.00", key("T-1")).await;
    assert!(matches!(
        error.as_ref().map_err(Error::kind),
        Err(ErrorKind::Conflict(Conflict::PaymentIdentityTaken))
    ));
    assert_eq!(bench.totals("inv").await, "20.00 20.00 0.00 processing");
    bench.gateway.state().unaskable = false;
    let error = bench.book(&reference, "40.00", key("T-2")).await;
    assert!(matches!(
        error.as_ref().map_err(Error::kind),
        Err(ErrorKind::Refused(Refusal::GatewayListsPayments))
    ));
    bench.is_sound().await;
}

#[tokio::test]
async fn an_attempt_that_was_told_before_succeeds_as_what_was_booked_by_hand() {
    for status in [PaymentStatus::Pending, PaymentStatus::Failed] {
        let (bench, reference) = Bench::deaf().await;
        bench.told_as(&reference, "p1", "60.00", status).await;
        bench.stated(&reference, "60.00").await;
        bench.book(&reference, "60.00", key("T-1")).await.unwrap();
        bench.told(&reference, "p1", "60.00").await;
        assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
        let payments = bench.view("inv").await.payments;
        assert_eq!(payments.len(), 1);
        assert_eq!(payments[0].payment.id.as_str(), "p1");
        bench.is_sound().await;
    }
}

#[tokio::test]
async fn an_id_for_what_is_booked_by_a_key_books_nothing_and_says_so() {
    let (bench, reference) = Bench::deaf().await;
    bench.stated(&reference, "60.00").await;
    let by_key = bench.book(&reference, "60.00", key("T-1")).await.unwrap();
    let by_id = bench.book(&reference, "60.00", id("p9")).await.unwrap();
    assert!(by_key.is_new && !by_id.is_new);
    assert_eq!(by_id.allocation, by_key.allocation);
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    // Once that one has its id, another one can be nothing but another payment.
    let second = bench.book(&reference, "60.00", id("p10")).await.unwrap();
    assert!(second.is_new);
    assert_eq!(bench.totals("inv").await, "120.00 100.00 20.00 succeeded");
}

#[tokio::test]
async fn what_is_needless_once_money_is_booked_is_ended_or_listed() {
    for can_end in [true, false] {
        let (bench, first) = Bench::deaf().await;
        bench.clock.advance(std::time::Duration::from_hours(25));
        let second = bench.url(&invoice("inv", "100.00")).await.reference;
        assert_ne!(first, second);
        bench.gateway.state().unsupported = !can_end;
        let booked = bench.book(&first, "100.00", id("p1")).await.unwrap();
        let listed: Vec<_> = booked.still_payable.iter().map(|(of, _)| of).collect();
        if can_end {
            assert!(listed.is_empty());
        } else {
            assert_eq!(listed, [&second]);
            // It is tried again whenever somebody asks, and then it can be.
            bench.gateway.state().unsupported = false;
            let again = bench.host.payment_url(&invoice("inv", "100.00")).await;
            let paid = PaymentUrlOutcome::NothingDue(NothingDue::Paid);
            assert_eq!(again.unwrap(), paid);
        }
        let checkouts = bench.view("inv").await.checkouts;
        let states: Vec<_> = checkouts.iter().map(|of| of.state).collect();
        let ended = [CheckoutState::Expired, CheckoutState::Cancelled];
        assert_eq!(states, ended, "{can_end}");
        let again = bench.book(&first, "100.00", id("p1")).await.unwrap();
        assert!(!again.is_new && again.still_payable.is_empty());
    }
}
