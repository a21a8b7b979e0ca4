//! A customer who pays through another connection from now on, or through none.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use crate::gateway::bench::{Bench, customer, invoice, organization, provider};
use crate::gateway::{Fault, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::*;

async fn bench(database: Database) -> Bench {
    let bench = Bench::new(database).await;
    let settings = ConnectionSettings::new().with("key", "k2");
    let other = ConnectionCode::new("other").unwrap();
    let new = NewConnection::new(organization(), provider(), other, "Other", settings);
    bench.host.add_connection(new).await.unwrap();
    bench
}

fn link_to(connection: &str) -> NewCustomerLink {
    let customer = Customer::new(customer()).with_phone("9000000000");
    let connection = ConnectionCode::new(connection).unwrap();
    NewCustomerLink::new(organization(), customer, connection)
}

async fn move_to(host: &Host, connection: &str) -> Departure {
    let linking = host.link_customer(link_to(connection)).await.unwrap();
    assert_eq!(linking.linked.connection.as_str(), connection);
    linking.departure
}

async fn unlink(bench: &Bench) -> Departure {
    let (organization, customer) = (organization(), customer());
    let unlinked = bench.host.unlink_customer(&organization, &customer);
    unlinked.await.unwrap()
}

async fn linked_to(bench: &Bench) -> Option<String> {
    let (organization, customer) = (organization(), customer());
    let linked = bench.host.connection_of_customer(&organization, &customer);
    linked.await.unwrap().map(|code| code.to_string())
}

/// Ended, still payable, unbooked.
fn counts(departure: &Departure) -> (usize, usize, usize) {
    let Departure {
        ended,
        still_payable,
        unbooked,
        ..
    } = departure;
    (ended.len(), still_payable.len(), unbooked.len())
}

fn status(bench: &Bench, url: &PaymentUrl) -> CheckoutStatus {
    let state = bench.gateway.state();
    state.links[url.reference.as_str()].status.clone()
}

async fn connections_of(bench: &Bench, id: &str) -> Vec<(String, CheckoutState)> {
    let checkouts = bench.view(id).await.checkouts.into_iter();
    checkouts
        .map(|checkout| (checkout.connection.to_string(), checkout.state))
        .collect()
}

fn row(connection: &str, state: CheckoutState) -> (String, CheckoutState) {
    (connection.to_owned(), state)
}

each_database!(what_is_open_at_the_old_connection_is_ended);
async fn what_is_open_at_the_old_connection_is_ended(database: Database) {
    let bench = bench(database).await;
    let one = bench.url(&invoice("one", "100.00")).await;
    let two = bench.url(&invoice("two", "200.00")).await;
    let departure = move_to(&bench.host, "other").await;
    assert_eq!(counts(&departure), (2, 0, 0));
    assert_eq!(
        departure.ended,
        [one.reference.clone(), two.reference.clone()]
    );
    assert_eq!(status(&bench, &one), CheckoutStatus::Cancelled);
    assert_eq!(status(&bench, &two), CheckoutStatus::Cancelled);

    // Again is no change, and asks the gateway nothing.
    let calls = bench.gateway.state().calls.len();
    assert_eq!(counts(&move_to(&bench.host, "other").await), (0, 0, 0));
    assert_eq!(bench.gateway.state().calls.len(), calls);
    let url = bench.url(&invoice("one", "100.00")).await;
    assert_eq!(url.origin, UrlOrigin::Created);
    let expected = [
        row("main", CheckoutState::Cancelled),
        row("other", CheckoutState::Open),
    ];
    assert_eq!(connections_of(&bench, "one").await, expected);
}

each_database!(what_the_gateway_will_not_cancel_is_told_watched_and_booked);
async fn what_the_gateway_will_not_cancel_is_told_watched_and_booked(database: Database) {
    let bench = bench(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    bench.gateway.state().will_not_cancel = true;
    let departure = move_to(&bench.host, "other").await;
    assert_eq!(counts(&departure), (0, 1, 0));
    let left = &departure.still_payable[0];
    assert_eq!(left.payable.as_str(), "inv");
    assert_eq!(left.connection.as_str(), "main");
    assert_eq!(left.reference, url.reference);
    let refused = CheckoutError::Refused(Refusal::EarlierStillPayable);
    assert_eq!(left.error.to_string(), refused.to_string());
    // No second way to pay beside it.
    let second = bench.host.payment_url(&invoice("inv", "100.00")).await;
    assert_eq!(second.unwrap_err().to_string(), refused.to_string());

    let payment = bench.gateway.pay(url.reference.as_str(), "100.00");
    let event = paid_event(url.reference.as_str(), &payment);
    bench.receive(&[event]).await;
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
}

each_database!(where_the_gateway_is_away_a_repeat_finishes);
async fn where_the_gateway_is_away_a_repeat_finishes(database: Database) {
    let bench = bench(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    bench.gateway.fail_next(Fault::Down);
    let departure = move_to(&bench.host, "other").await;
    assert_eq!(counts(&departure), (0, 1, 0));
    assert!(matches!(
        departure.still_payable[0].error,
        CheckoutError::Provider(_)
    ));
    assert_eq!(status(&bench, &url), CheckoutStatus::Open);
    assert_eq!(counts(&move_to(&bench.host, "other").await), (1, 0, 0));
    assert_eq!(status(&bench, &url), CheckoutStatus::Cancelled);
}

each_database!(a_crash_between_the_link_and_the_end_is_made_up_for_by_a_repeat);
async fn a_crash_between_the_link_and_the_end_is_made_up_for_by_a_repeat(database: Database) {
    let bench = bench(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    bench.gateway.state().hold = true;
    {
        let mut moving = pin!(bench.host.link_customer(link_to("other")));
        let mut held = pin!(bench.gateway.call_held());
        let mut context = Context::from_waker(Waker::noop());
        while held.as_mut().poll(&mut context).is_pending() {
            assert!(moving.as_mut().poll(&mut context).is_pending());
            tokio::task::yield_now().await;
        }
    }
    bench.gateway.state().hold = false;
    assert_eq!(linked_to(&bench).await.as_deref(), Some("other"));
    assert_eq!(status(&bench, &url), CheckoutStatus::Open);
    let other = bench.another_process().await;
    assert_eq!(counts(&move_to(&other, "other").await), (1, 0, 0));
    assert_eq!(status(&bench, &url), CheckoutStatus::Cancelled);
}

each_database!(what_was_paid_and_never_told_is_booked_by_moving);
async fn what_was_paid_and_never_told_is_booked_by_moving(database: Database) {
    let bench = bench(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    bench.gateway.pay(url.reference.as_str(), "100.00");
    assert_eq!(counts(&move_to(&bench.host, "other").await), (1, 0, 0));
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");

    let url = bench.url(&invoice("two", "100.00")).await;
    bench.gateway.pay(url.reference.as_str(), "100.00");
    bench.gateway.fail_next(Fault::Skip);
    bench.gateway.fail_next(Fault::Down);
    let departure = move_to(&bench.host, "main").await;
    assert_eq!(counts(&departure), (1, 0, 1));
    assert_eq!(departure.unbooked[0].payable.as_str(), "two");
    assert_eq!(bench.totals("two").await, "0.00 0.00 0.00 pending");
    let refused = bench.host.payment_url(&invoice("two", "100.00")).await;
    assert!(matches!(
        refused,
        Err(CheckoutError::Refused(Refusal::Paid))
    ));
    assert_eq!(bench.totals("two").await, "100.00 100.00 0.00 succeeded");
}

each_database!(an_unlinked_customer_is_asked_for_nothing_and_what_was_open_is_ended);
async fn an_unlinked_customer_is_asked_for_nothing_and_what_was_open_is_ended(database: Database) {
    let bench = bench(database).await;
    let one = bench.url(&invoice("one", "100.00")).await;
    let two = bench.url(&invoice("two", "100.00")).await;
    bench.gateway.fail_next(Fault::Down);
    let departure = unlink(&bench).await;
    assert_eq!(counts(&departure), (1, 1, 0));
    assert_eq!(linked_to(&bench).await, None);
    let refused = bench.host.payment_url(&invoice("one", "100.00")).await;
    assert!(matches!(
        refused,
        Err(CheckoutError::Refused(Refusal::CustomerNotLinked))
    ));
    assert_eq!(counts(&unlink(&bench).await), (1, 0, 0));
    for url in [&one, &two] {
        assert_eq!(status(&bench, url), CheckoutStatus::Cancelled);
    }
    assert_eq!(counts(&unlink(&bench).await), (0, 0, 0));
    // Linked again, they go on as before.
    assert_eq!(counts(&move_to(&bench.host, "main").await), (0, 0, 0));
    bench.url(&invoice("one", "100.00")).await;
}

/// A link being made while its customer is moved: before the gateway has it, or before it answers.
each_database!(a_link_that_is_being_made_meanwhile_is_ended_by_whoever_makes_it);
async fn a_link_that_is_being_made_meanwhile_is_ended_by_whoever_makes_it(database: Database) {
    for (made, unlinked) in [(false, false), (true, false), (false, true), (true, true)] {
        let bench = bench(database).await;
        let unpaid = invoice("inv", "100.00");
        {
            let mut state = bench.gateway.state();
            (state.hold, state.hold_answer) = (!made, made);
        }
        let moving = async {
            bench.gateway.call_held().await;
            let departure = if unlinked {
                unlink(&bench).await
            } else {
                move_to(&bench.host, "other").await
            };
            let mut state = bench.gateway.state();
            (state.hold, state.hold_answer) = (false, false);
            departure
        };
        let (url, departure) = tokio::join!(bench.host.payment_url(&unpaid), moving);
        let main = bench.view("inv").await.checkouts.swap_remove(0);
        assert_eq!(main.connection.as_str(), "main");
        assert_eq!(main.state, CheckoutState::Cancelled);
        if made {
            assert_eq!(counts(&departure), (1, 0, 0));
        } else {
            // The gateway did not have it yet, and that is no proof.
            assert_eq!(counts(&departure), (0, 1, 0));
            let error = &departure.still_payable[0].error;
            assert!(matches!(error, CheckoutError::Busy { .. }), "{error}");
        }
        let link = bench.gateway.state().links[main.reference.as_str()].clone();
        assert_eq!(link.status, CheckoutStatus::Cancelled);
        if unlinked {
            assert!(matches!(
                url,
                Err(CheckoutError::Refused(Refusal::CustomerNotLinked))
            ));
        } else {
            assert_ne!(url.unwrap().reference, main.reference);
            let states = connections_of(&bench, "inv").await;
            assert_eq!(states[1], row("other", CheckoutState::Open));
        }
    }
}

each_database!(a_crash_while_a_link_is_made_leaves_what_a_repeat_ends);
async fn a_crash_while_a_link_is_made_leaves_what_a_repeat_ends(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    // Made, and whoever asked for it died before it heard so.
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    assert_eq!(counts(&move_to(&bench.host, "other").await), (1, 0, 0));
    let expected = [row("main", CheckoutState::Cancelled)];
    assert_eq!(connections_of(&bench, "inv").await, expected);

    // Never made: believed once it had time to appear.
    let unpaid = invoice("two", "100.00");
    bench.gateway.fail_next(Fault::BeforeCommit);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    assert_eq!(counts(&move_to(&bench.host, "main").await), (0, 1, 0));
    bench.clock.advance(Duration::from_mins(3));
    assert_eq!(counts(&move_to(&bench.host, "main").await), (1, 0, 0));
    let expected = [row("other", CheckoutState::Failed)];
    assert_eq!(connections_of(&bench, "two").await, expected);
}

/// Every link that can be paid is of the connection that the customer is linked to at the end, or
/// was named by a move.
each_database!(no_link_stays_payable_at_the_old_connection_unsaid, threads = 4);
async fn no_link_stays_payable_at_the_old_connection_unsaid(database: Database) {
    let bench = bench(database).await;
    let second = bench.another_process().await;
    for round in 0..12 {
        let to = if round % 2 == 0 { "other" } else { "main" };
        let hosts = [&bench.host, &second];
        let asked = (0..8).map(|caller| {
            let host = hosts[caller % 2];
            let unpaid = invoice(&format!("inv-{round}-{}", caller / 2), "10.00");
            async move {
                for _ in 0..(caller * 5 + round) % 9 {
                    tokio::task::yield_now().await;
                }
                match host.payment_url(&unpaid).await {
                    Ok(_) | Err(CheckoutError::Busy { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
        let asked = futures_util::future::join_all(asked);
        let (_, departure) = tokio::join!(asked, move_to(&second, to));
        let told: Vec<_> = departure
            .still_payable
            .iter()
            .map(|left| left.reference.clone())
            .collect();
        for number in 0..4 {
            let view = bench.view(&format!("inv-{round}-{number}")).await;
            for checkout in view.checkouts {
                let reference = checkout.reference.as_str();
                let status = {
                    let state = bench.gateway.state();
                    state.links.get(reference).map(|link| link.status.clone())
                };
                let payable = status.is_some_and(|status| status.is_payable());
                if payable && checkout.connection.as_str() != to {
                    assert!(told.contains(&checkout.reference), "{round}: {checkout:?}");
                }
            }
        }
    }
}
