//! Money that a gateway stated and never lists does not lock its payable for ever.

use std::time::Duration;

use crate::gateway::bench::{Bench, code, customer, invoice, organization};
use crate::gateway::{Fault, about, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::*;

fn rupees(amount: &str) -> Money {
    Money::from_decimal(amount, Currency::INR).unwrap()
}

fn off(reference: &CheckoutReference) -> WriteOff {
    WriteOff::new(reference.clone(), "asha", "reversed, says the gateway")
}

/// `stated booked written-off`, and whether it is new.
fn told(written: &WrittenOff) -> (String, bool) {
    let amounts = [written.stated, written.booked, written.written_off];
    let [stated, booked, off] = amounts.map(Money::decimal);
    (format!("{stated} {booked} {off}"), written.is_new)
}

impl Bench {
    async fn deaf(database: Database) -> (Self, CheckoutReference) {
        let bench = Self::new(database).await;
        {
            let mut state = bench.gateway.state();
            (state.unsupported, state.unaskable) = (true, true);
        }
        let url = bench.url(&invoice("inv", "100.00")).await;
        (bench, url.reference)
    }

    async fn asked(database: Database) -> (Self, CheckoutReference) {
        let bench = Self::new(database).await;
        let url = bench.url(&invoice("inv", "100.00")).await;
        (bench, url.reference)
    }

    async fn stated(&self, reference: &CheckoutReference, status: CheckoutStatus, paid: &str) {
        let stated = CheckoutSnapshot::new(status, rupees("100.00"), rupees(paid));
        self.hears(reference, EventKind::Snapshot(stated)).await;
    }

    async fn partly(&self, reference: &CheckoutReference, paid: &str) {
        self.stated(reference, CheckoutStatus::PartiallyPaid, paid)
            .await;
    }

    async fn hears(&self, reference: &CheckoutReference, kind: EventKind) {
        let event = Event::new("LINK", about(reference.as_str()), kind);
        self.receive(&[event]).await;
        self.settle().await;
    }

    async fn told(&self, reference: &CheckoutReference, payment: &Payment) {
        self.receive(&[paid_event(reference.as_str(), payment)])
            .await;
        self.settle().await;
    }

    async fn write_off(&self, reference: &CheckoutReference) -> Result<WrittenOff, WriteOffError> {
        let inv = PayableId::new("inv").unwrap();
        let host = &self.host;
        host.write_off(&organization(), &inv, &off(reference)).await
    }

    async fn is_busy(&self) -> bool {
        let asked = self.host.payment_url(&invoice("inv", "100.00")).await;
        matches!(asked, Err(CheckoutError::Busy { .. }))
    }

    async fn states(&self) -> Vec<DeliveryState> {
        let deliveries = self.deliveries().await;
        deliveries.iter().map(|delivery| delivery.state).collect()
    }

    async fn retry(&self) {
        let parked = self.host.retry_parked(&organization(), &code()).await;
        assert!(parked.unwrap() > 0);
        self.settle().await;
    }

    async fn lines(&self) -> Vec<String> {
        let history = self.view("inv").await.history.into_iter();
        let lines = history.filter(|line| line.kind == HistoryKind::WrittenOff);
        lines.map(|line| line.detail).collect()
    }

    async fn is_sound(&self) {
        let report = self.host.verify_ledger(None).await.unwrap();
        assert!(report.is_sound(), "{:#?}", report.findings);
    }
}

fn payment(id: &str, amount: &str) -> Payment {
    let id = PaymentId::new(id).unwrap();
    Payment::new(id, PaymentStatus::Succeeded, rupees(amount))
}

each_database!(what_never_came_in_stands_in_nobodys_way_once_it_is_written_off);
async fn what_never_came_in_stands_in_nobodys_way_once_it_is_written_off(database: Database) {
    let (bench, reference) = Bench::asked(database).await;
    // Told while it was so; the payment was voided before anybody looked.
    bench.partly(&reference, "60.00").await;
    assert_eq!(bench.states().await, [DeliveryState::Parked]);
    bench.clock.advance(Duration::from_hours(30 * 24));
    assert!(bench.is_busy().await);
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Parked]);
    let key = HandName::Key("T-1".to_owned());
    let hand = HandBooking::new(reference.clone(), rupees("60.00"), key, "asha", "why");
    let inv = PayableId::new("inv").unwrap();
    let refused = bench.host.book_by_hand(&organization(), &inv, &hand).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, HandError::Askable));
    assert!(refused.to_string().contains("can be written off"));

    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(told(&written), ("60.00 0.00 60.00".to_owned(), true));
    let calls = bench.gateway.state().calls.len();
    let again = bench.write_off(&reference).await.unwrap();
    assert_eq!(told(&again), ("60.00 0.00 60.00".to_owned(), false));
    assert_eq!(bench.gateway.state().calls.len(), calls);
    assert_eq!(
        bench.lines().await,
        [format!(
            "the gateway states INR 60.00 on {reference}, of which INR 0.00 is booked: the rest, \
             INR 60.00, is written off by asha: reversed, says the gateway"
        )]
    );
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");

    bench.url(&invoice("inv", "100.00")).await;
    let calls = bench.gateway.state().calls.len();
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
    // Other bytes that state the same are no news either.
    let open = CheckoutStatus::Open;
    bench.stated(&reference, open, "60.00").await;
    bench.partly(&reference, "59.99").await;
    assert_eq!(bench.states().await, [DeliveryState::Applied; 3]);
    assert_eq!(bench.gateway.state().calls.len(), calls);

    let voided = invoice("inv", "100.00");
    let closing = bench.host.close(&voided, cash::Closed::Voided).await;
    let closing = closing.unwrap();
    assert!(closing.unbooked.is_empty() && closing.still_payable.is_empty());
    let (organization, customer) = (organization(), customer());
    let unlinked = bench.host.unlink_customer(&organization, &customer).await;
    unlinked.unwrap();
    bench.clock.advance(Duration::from_hours(400 * 24));
    bench.is_sound().await;
    let deleted = bench.host.delete_connection(&organization, &code()).await;
    deleted.unwrap();
}

each_database!(what_comes_in_after_all_is_booked_once_and_more_is_noticed_again);
async fn what_comes_in_after_all_is_booked_once_and_more_is_noticed_again(database: Database) {
    let (bench, reference) = Bench::asked(database).await;
    bench.partly(&reference, "60.00").await;
    bench.write_off(&reference).await.unwrap();
    let late = bench.gateway.pay(reference.as_str(), "60.00");
    for _ in 0..2 {
        bench.told(&reference, &late).await;
        bench.retry_if_parked().await;
        assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    }
    assert_eq!(
        bench.lines().await[1..],
        [format!(
            "money came in on {reference} of what was written off: INR 0.00 stays written off"
        )]
    );
    let nothing = bench.write_off(&reference).await;
    assert!(matches!(nothing, Err(WriteOffError::NothingUnbooked)));
    bench.is_sound().await;

    bench.partly(&reference, "120.00").await;
    assert!(bench.states().await.contains(&DeliveryState::Parked));
    assert!(bench.is_busy().await);
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(told(&written), ("120.00 60.00 60.00".to_owned(), true));
    bench.retry().await;
    assert!(!bench.states().await.contains(&DeliveryState::Parked));
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");

    // A part of it came in.
    let part = bench.gateway.pay(reference.as_str(), "40.00");
    bench.told(&reference, &part).await;
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(told(&written), ("120.00 100.00 20.00".to_owned(), false));
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    bench.is_sound().await;
}

impl Bench {
    async fn retry_if_parked(&self) {
        if self.states().await.contains(&DeliveryState::Parked) {
            self.retry().await;
        }
        assert!(!self.states().await.contains(&DeliveryState::Parked));
    }
}

each_database!(what_is_fetched_after_all_shrinks_what_is_written_off);
async fn what_is_fetched_after_all_shrinks_what_is_written_off(database: Database) {
    let (bench, reference) = Bench::asked(database).await;
    bench.partly(&reference, "60.00").await;
    bench.write_off(&reference).await.unwrap();
    bench.gateway.pay(reference.as_str(), "25.00");
    bench.hears(&reference, EventKind::FetchNeeded).await;
    assert_eq!(bench.totals("inv").await, "25.00 25.00 0.00 processing");
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(told(&written), ("60.00 25.00 35.00".to_owned(), false));
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied; 2]);
    bench.is_sound().await;
}

each_database!(what_the_gateway_lists_is_booked_first);
async fn what_the_gateway_lists_is_booked_first(database: Database) {
    for (paid, expected) in [("40.00", Some("60.00 40.00 20.00")), ("60.00", None)] {
        let (bench, reference) = Bench::asked(database).await;
        bench.partly(&reference, "60.00").await;
        bench.gateway.pay(reference.as_str(), paid);
        let written = bench.write_off(&reference).await;
        match expected {
            Some(expected) => {
                assert_eq!(told(&written.unwrap()), (expected.to_owned(), true));
            }
            None => assert!(matches!(written, Err(WriteOffError::NothingUnbooked))),
        }
        assert_eq!(
            bench.totals("inv").await,
            format!("{paid} {paid} 0.00 processing")
        );
        bench.retry().await;
        assert_eq!(bench.states().await, [DeliveryState::Applied]);
        bench.is_sound().await;
    }
}

each_database!(a_gateway_that_states_for_ever_what_it_never_lists_is_left_alone_about_it);
async fn a_gateway_that_states_for_ever_what_it_never_lists_is_left_alone_about_it(database: Database) {
    let (bench, reference) = Bench::asked(database).await;
    let unlisted = |amount| {
        let mut state = bench.gateway.state();
        state.unlisted.insert(reference.to_string(), amount);
    };
    unlisted(6_000);
    bench.hears(&reference, EventKind::FetchNeeded).await;
    assert_eq!(bench.states().await, [DeliveryState::Parked]);
    assert!(bench.is_busy().await);
    bench.write_off(&reference).await.unwrap();
    assert!(!bench.is_busy().await);
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
    unlisted(6_001);
    let changed = Event::new("CHANGED", about(reference.as_str()), EventKind::FetchNeeded);
    bench.receive(&[changed]).await;
    bench.settle().await;
    let states = [DeliveryState::Applied, DeliveryState::Parked];
    assert_eq!(bench.states().await, states);
    assert!(bench.is_busy().await);
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(told(&written), ("60.01 0.00 60.01".to_owned(), true));
    bench.retry().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied; 2]);
    bench.is_sound().await;
}

each_database!(a_payment_that_two_checkouts_list_is_written_off_on_the_other);
async fn a_payment_that_two_checkouts_list_is_written_off_on_the_other(database: Database) {
    let (bench, reference) = Bench::asked(database).await;
    let other = bench.url(&invoice("other", "100.00")).await.reference;
    let one = bench.gateway.pay(other.as_str(), "60.00");
    bench.told(&other, &one).await;
    let mut links = std::mem::take(&mut bench.gateway.state().links);
    links
        .get_mut(reference.as_str())
        .unwrap()
        .payments
        .push(one);
    bench.gateway.state().links = links;
    bench.partly(&reference, "60.00").await;
    assert!(bench.is_busy().await);
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(told(&written), ("60.00 0.00 60.00".to_owned(), true));
    assert!(!bench.is_busy().await);
    assert_eq!(bench.totals("other").await, "60.00 60.00 0.00 processing");

    // What it lists is on the other one, and explains nothing of what it states now.
    let unlisted = (reference.to_string(), 6_000);
    bench.gateway.state().unlisted.extend([unlisted]);
    bench.hears(&reference, EventKind::FetchNeeded).await;
    assert_eq!(bench.states().await.last(), Some(&DeliveryState::Parked));
    assert!(bench.is_busy().await);
    bench.is_sound().await;
}

each_database!(the_word_paid_is_written_off_as_well);
async fn the_word_paid_is_written_off_as_well(database: Database) {
    for (paid, expected) in [
        ("0.00", "100.00 0.00 100.00"),
        ("60.00", "60.00 0.00 60.00"),
    ] {
        let (bench, reference) = Bench::asked(database).await;
        bench.stated(&reference, CheckoutStatus::Paid, paid).await;
        assert_eq!(bench.states().await, [DeliveryState::Parked], "{paid}");
        assert!(bench.is_busy().await);
        let written = bench.write_off(&reference).await.unwrap();
        assert_eq!(told(&written), (expected.to_owned(), true));
        let next = bench.url(&invoice("inv", "100.00")).await;
        assert_eq!(next.origin, UrlOrigin::Created);
        bench.retry().await;
        assert_eq!(bench.states().await, [DeliveryState::Applied], "{paid}");
        let late = payment("p1", "100.00");
        bench.told(&reference, &late).await;
        assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
        let nothing = bench.write_off(&reference).await;
        assert!(matches!(nothing, Err(WriteOffError::NothingUnbooked)));
        bench.is_sound().await;
    }
}

each_database!(what_a_gateway_that_cannot_be_asked_stated_is_written_off_without_asking);
async fn what_a_gateway_that_cannot_be_asked_stated_is_written_off_without_asking(database: Database) {
    let (bench, reference) = Bench::deaf(database).await;
    bench.partly(&reference, "60.00").await;
    let unpaid = invoice("inv", "100.00");
    let locked = bench.host.payment_url(&unpaid).await.unwrap_err();
    let expected = CheckoutError::Refused(Refusal::MoneyUnexplained);
    assert_eq!(locked.to_string(), expected.to_string());
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(told(&written), ("60.00 0.00 60.00".to_owned(), true));
    assert_eq!(bench.url(&unpaid).await.reference, reference);
    bench.told(&reference, &payment("p1", "60.00")).await;
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    bench.is_sound().await;
}

each_database!(what_is_written_off_can_be_booked_by_hand_and_is_not_booked_beside_it);
async fn what_is_written_off_can_be_booked_by_hand_and_is_not_booked_beside_it(database: Database) {
    let (bench, reference) = Bench::deaf(database).await;
    let inv = PayableId::new("inv").unwrap();
    let book = async |key: &str| {
        let key = HandName::Key(key.to_owned());
        let hand = HandBooking::new(reference.clone(), rupees("60.00"), key, "asha", "why");
        bench.host.book_by_hand(&organization(), &inv, &hand).await
    };
    bench.partly(&reference, "60.00").await;
    bench.write_off(&reference).await.unwrap();
    // It was on the next statement of the bank after all.
    book("T-1").await.unwrap();
    let refused = book("T-2").await;
    assert!(matches!(refused, Err(HandError::NotStated { .. })));
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");

    bench.partly(&reference, "120.00").await;
    let written = bench.write_off(&reference).await.unwrap();
    assert_eq!(told(&written), ("120.00 60.00 60.00".to_owned(), true));
    // No more than what was booked by hand came in, so this is that.
    bench.told(&reference, &payment("p1", "60.00")).await;
    assert_eq!(bench.totals("inv").await, "60.00 60.00 0.00 processing");
    bench.told(&reference, &payment("p2", "60.00")).await;
    assert_eq!(bench.totals("inv").await, "120.00 100.00 20.00 succeeded");
    bench.is_sound().await;
}

each_database!(what_is_refused_writes_off_nothing);
async fn what_is_refused_writes_off_nothing(database: Database) {
    let (bench, reference) = Bench::asked(database).await;
    let other = bench.url(&invoice("other", "100.00")).await.reference;
    let nothing = bench.write_off(&reference).await;
    assert!(matches!(nothing, Err(WriteOffError::NothingUnbooked)));
    bench.partly(&reference, "60.00").await;
    let stranger = OrganizationId::new("stranger").unwrap();
    let inv = PayableId::new("inv").unwrap();
    let named = off(&reference);
    let theirs = bench.host.write_off(&stranger, &inv, &named);
    assert!(matches!(theirs.await, Err(WriteOffError::UnknownPayable)));
    let elsewhere = bench.write_off(&other).await;
    assert!(matches!(elsewhere, Err(WriteOffError::UnknownCheckout)));
    let long = "x".repeat(501);
    for (by, note) in [
        ("", "why"),
        ("asha", " "),
        ("asha", &long),
        ("as\nha", "why"),
    ] {
        let wordless = WriteOff::new(reference.clone(), by, note);
        let organization = organization();
        let refused = bench.host.write_off(&organization, &inv, &wordless);
        assert!(matches!(refused.await, Err(WriteOffError::Words)));
    }
    bench.gateway.fail_next(Fault::Down);
    let away = bench.write_off(&reference).await;
    assert!(matches!(away, Err(WriteOffError::Provider(_))), "{away:?}");
    assert_eq!(bench.lines().await, [""; 0]);
    assert!(bench.is_busy().await);
    bench.write_off(&reference).await.unwrap();
    assert!(!bench.is_busy().await);
    bench.is_sound().await;
}

/// Takes no money.
#[derive(Debug)]
struct Refuses;

#[async_trait::async_trait]
impl PaymentHandler for Refuses {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        match change.cause {
            Cause::Booked { .. } => Err("the books are closed".into()),
            _ => Ok(()),
        }
    }
}

each_database!(listed_money_that_the_host_refuses_is_not_written_off);
async fn listed_money_that_the_host_refuses_is_not_written_off(database: Database) {
    let bench = Bench::with_handler(database, Refuses).await;
    let reference = bench.url(&invoice("inv", "100.00")).await.reference;
    bench.partly(&reference, "60.00").await;
    bench.gateway.pay(reference.as_str(), "60.00");
    let refused = bench.write_off(&reference).await;
    assert!(matches!(refused, Err(WriteOffError::Handler(_))));
    assert_eq!(bench.lines().await, [""; 0]);
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
}
