//! Money that an operator books, of a gateway that can be asked nothing.

use crate::gateway::bench::{Bench, invoice, organization};
use crate::gateway::{about, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::cash::Verdict;
use payment_provider_host::*;

fn rupees(amount: &str) -> Money {
    Money::from_decimal(amount, Currency::INR).unwrap()
}

fn key(key: &str) -> HandName {
    HandName::Key(key.to_owned())
}

fn id(id: &str) -> HandName {
    HandName::Payment(PaymentId::new(id).unwrap())
}

impl Bench {
    /// A page of a gateway that can be asked nothing, for an invoice over 100.00.
    async fn deaf(database: Database) -> (Self, CheckoutReference) {
        let bench = Self::new(database).await;
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
        name: HandName,
    ) -> Result<HandBooked, HandError> {
        let note = "seen in the statement of the bank";
        let hand = HandBooking::new(reference.clone(), rupees(amount), name, "asha", note);
        let payable = PayableId::new("inv").unwrap();
        let host = &self.host;
        host.book_by_hand(&organization(), &payable, &hand).await
    }

    async fn is_sound(&self) {
        let report = self.host.verify_ledger(None).await.unwrap();
        assert!(report.is_sound(), "{:#?}", report.findings);
    }
}

each_database!(stated_money_is_booked_once_by_its_key_and_frees_the_payable);
async fn stated_money_is_booked_once_by_its_key_and_frees_the_payable(database: Database) {
    let (bench, reference) = Bench::deaf(database).await;
    bench.stated(&reference, "60.00").await;
    let unpaid = invoice("inv", "100.00");
    let error = bench.host.payment_url(&unpaid).await.unwrap_err();
    let locked = CheckoutError::Refused(Refusal::MoneyUnexplained).to_string();
    assert_eq!(error.to_string(), locked);

    let booked = bench.book(&reference, "60.00", key("T-1")).await.unwrap();
    assert!(booked.is_new);
    assert_eq!(booked.booking.credited, rupees("60.00"));
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    let again = bench.book(&reference, "60.00", key("T-1")).await.unwrap();
    assert!(!again.is_new);
    assert_eq!(again.booking, booked.booking);
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
        .find(|entry| entry.kind == HistoryKind::BookedByHand);
    let said = &said.unwrap().detail;
    assert_eq!(
        said,
        "booked by hand by asha: seen in the statement of the bank"
    );
    bench.is_sound().await;
}

each_database!(a_delivery_that_tells_later_is_taken_for_what_was_booked_by_hand);
async fn a_delivery_that_tells_later_is_taken_for_what_was_booked_by_hand(database: Database) {
    let (bench, reference) = Bench::deaf(database).await;
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

each_database!(another_payment_of_the_amount_is_booked_where_the_gateway_states_both);
async fn another_payment_of_the_amount_is_booked_where_the_gateway_states_both(database: Database) {
    let (bench, reference) = Bench::deaf(database).await;
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

each_database!(money_of_a_known_id_is_booked_under_it);
async fn money_of_a_known_id_is_booked_under_it(database: Database) {
    let (bench, reference) = Bench::deaf(database).await;
    let booked = bench.book(&reference, "100.00", id("p1")).await.unwrap();
    assert_eq!(booked.booking.verdict, Verdict::Exact);
    bench.told(&reference, "p1", "100.00").await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    let again = bench.book(&reference, "100.00", id("p1")).await.unwrap();
    assert!(!again.is_new);
    let more = bench.book(&reference, "30.00", id("p2")).await.unwrap();
    assert_eq!(more.booking.verdict, Verdict::Duplicate);
    assert_eq!(bench.totals("inv").await, "130.00 100.00 30.00 succeeded");
    bench.is_sound().await;
}

each_database!(what_is_not_stated_or_not_named_is_refused_and_changes_nothing);
async fn what_is_not_stated_or_not_named_is_refused_and_changes_nothing(database: Database) {
    let (bench, reference) = Bench::deaf(database).await;
    bench.stated(&reference, "60.00").await;
    let refused = async |amount: &str, name: HandName| {
        let error = bench.book(&reference, amount, name).await.unwrap_err();
        assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
        error
    };
    let error = refused("60.01", key("T-1")).await;
    assert!(matches!(error, HandError::NotStated { .. }), "{error}");
    assert!(matches!(
        refused("0.00", key("T-1")).await,
        HandError::NoMoney
    ));
    for bad in ["", "a b", "a:b", &"x".repeat(65)] {
        assert!(matches!(refused("60.00", key(bad)).await, HandError::Key));
    }
    assert!(matches!(
        refused("60.00", id("by-hand:T-1")).await,
        HandError::Key
    ));
    let nowhere = CheckoutReference::new("pay-nowhere").unwrap();
    let error = bench.book(&nowhere, "60.00", key("T-1")).await.unwrap_err();
    assert!(matches!(error, HandError::UnknownCheckout), "{error}");
    let stranger = OrganizationId::new("stranger").unwrap();
    let inv = PayableId::new("inv").unwrap();
    let amount = rupees("60.00");
    let mut hand = HandBooking::new(reference.clone(), amount, key("T-1"), "asha", "why");
    let error = bench.host.book_by_hand(&stranger, &inv, &hand).await;
    assert!(matches!(error, Err(HandError::UnknownPayable)));
    hand.note.clear();
    let error = bench.host.book_by_hand(&organization(), &inv, &hand).await;
    assert!(matches!(error, Err(HandError::Words)));

    bench.book(&reference, "20.00", key("T-1")).await.unwrap();
    let error = bench.book(&reference, "40.00", key("T-1")).await;
    assert!(matches!(error, Err(HandError::NameTaken)));
    assert_eq!(bench.totals("inv").await, "20.00 20.00 0.00 processing");
    bench.gateway.state().unaskable = false;
    let error = bench.book(&reference, "40.00", key("T-2")).await;
    assert!(matches!(error, Err(HandError::Askable)));
    bench.is_sound().await;
}

each_database!(an_attempt_that_was_told_before_succeeds_as_what_was_booked_by_hand);
async fn an_attempt_that_was_told_before_succeeds_as_what_was_booked_by_hand(database: Database) {
    for status in [PaymentStatus::Pending, PaymentStatus::Failed] {
        let (bench, reference) = Bench::deaf(database).await;
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

each_database!(an_id_for_what_is_booked_by_a_key_books_nothing_and_says_so);
async fn an_id_for_what_is_booked_by_a_key_books_nothing_and_says_so(database: Database) {
    let (bench, reference) = Bench::deaf(database).await;
    bench.stated(&reference, "60.00").await;
    let by_key = bench.book(&reference, "60.00", key("T-1")).await.unwrap();
    let by_id = bench.book(&reference, "60.00", id("p9")).await.unwrap();
    assert!(by_key.is_new && !by_id.is_new);
    assert_eq!(by_id.booking, by_key.booking);
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    // Once that one has its id, another one can be nothing but another payment.
    let second = bench.book(&reference, "60.00", id("p10")).await.unwrap();
    assert!(second.is_new);
    assert_eq!(bench.totals("inv").await, "120.00 100.00 20.00 succeeded");
}

each_database!(what_is_needless_once_money_is_booked_is_ended_or_listed);
async fn what_is_needless_once_money_is_booked_is_ended_or_listed(database: Database) {
    for can_end in [true, false] {
        let (bench, first) = Bench::deaf(database).await;
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
            let paid = CheckoutError::Refused(Refusal::Paid).to_string();
            assert_eq!(again.unwrap_err().to_string(), paid);
        }
        let checkouts = bench.view("inv").await.checkouts;
        let states: Vec<_> = checkouts.iter().map(|of| of.state).collect();
        let ended = [CheckoutState::Expired, CheckoutState::Cancelled];
        assert_eq!(states, ended, "{can_end}");
        let again = bench.book(&first, "100.00", id("p1")).await.unwrap();
        assert!(!again.is_new && again.still_payable.is_empty());
    }
}
