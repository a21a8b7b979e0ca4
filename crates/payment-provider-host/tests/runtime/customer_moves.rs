//! Customers move to another connection, or are unlinked.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::CheckoutState;
use payment_provider_host::checkouts::UrlOrigin;
use payment_provider_host::error::Refusal;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::UnlinkOutcome;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, customer, invoice, organization, payer};
use crate::gateway::{Fault, paid_event};

each_database! {
    checkouts_at_the_old_connection_are_ended,
    a_checkout_that_cannot_be_cancelled_is_reported_watched_and_posted,
    where_the_gateway_is_away_a_repeat_finishes,
    a_crash_between_the_link_and_the_end_is_made_up_for_by_a_repeat,
    an_unreported_payment_is_posted_by_moving,
    an_unlinked_customer_is_asked_for_nothing_and_what_was_open_is_ended,
    a_link_that_is_made_during_a_move_is_ended_by_the_call_that_makes_it,
    a_customer_relinked_during_a_call_is_asked_by_the_new_link_and_with_the_new_details,
    a_crash_while_a_link_is_made_leaves_what_a_repeat_ends,
    no_link_stays_payable_at_the_old_connection_unsaid(threads = 4),
}

async fn bench(database: Database) -> Bench {
    let bench = Bench::new(database).await;
    bench.add_connection("other", "k2").await;
    bench
}

async fn move_to(host: &Host, code: &str) -> UnlinkOutcome {
    let to = connection(code);
    let linking = host.link_customer(&to, &payer()).await.unwrap();
    assert_eq!(linking.linked.connection.as_str(), code);
    linking.left
}

async fn unlink(bench: &Bench) -> UnlinkOutcome {
    let (organization, customer) = (organization(), customer());
    let unlinked = bench.host.unlink_customer(&organization, &customer);
    unlinked.await.unwrap()
}

async fn linked_to(bench: &Bench) -> Option<String> {
    let (organization, customer) = (organization(), customer());
    let linked = bench.host.connection_of_customer(&organization, &customer);
    linked.await.unwrap().map(|code| code.to_string())
}

/// Returns the numbers of ended, still payable and unreconciled checkouts.
fn counts(departure: &UnlinkOutcome) -> (usize, usize, usize) {
    let UnlinkOutcome {
        ended,
        still_payable,
        unreconciled,
        ..
    } = departure;
    (ended.len(), still_payable.len(), unreconciled.len())
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

async fn checkouts_at_the_old_connection_are_ended(database: Database) {
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

async fn a_checkout_that_cannot_be_cancelled_is_reported_watched_and_posted(database: Database) {
    let bench = bench(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    bench.gateway.state().will_not_cancel = true;
    let departure = move_to(&bench.host, "other").await;
    assert_eq!(counts(&departure), (0, 1, 0));
    let left = &departure.still_payable[0];
    assert_eq!(left.payable.as_str(), "inv");
    assert_eq!(left.connection.as_str(), "main");
    assert_eq!(left.reference, url.reference);
    let refused = Error::from(Refusal::EarlierStillPayable);
    assert_eq!(left.error.to_string(), refused.to_string());
    // No second way to pay beside it.
    let second = bench.host.payment_url(&invoice("inv", "100.00")).await;
    assert_eq!(second.unwrap_err().to_string(), refused.to_string());

    let payment = bench.gateway.pay(url.reference.as_str(), "100.00");
    let event = paid_event(url.reference.as_str(), &payment);
    bench.report(event).await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
}

async fn where_the_gateway_is_away_a_repeat_finishes(database: Database) {
    let bench = bench(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    bench.gateway.fail_next(Fault::Down);
    let departure = move_to(&bench.host, "other").await;
    assert_eq!(counts(&departure), (0, 1, 0));
    assert!(matches!(
        departure.still_payable[0].error.kind(),
        ErrorKind::Provider(_)
    ));
    assert_eq!(status(&bench, &url), CheckoutStatus::Open);
    assert_eq!(counts(&move_to(&bench.host, "other").await), (1, 0, 0));
    assert_eq!(status(&bench, &url), CheckoutStatus::Cancelled);
}

async fn a_crash_between_the_link_and_the_end_is_made_up_for_by_a_repeat(database: Database) {
    let bench = bench(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    bench.gateway.state().hold = true;
    {
        let (other, payer) = (connection("other"), payer());
        let mut moving = pin!(bench.host.link_customer(&other, &payer));
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

async fn an_unreported_payment_is_posted_by_moving(database: Database) {
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
    assert_eq!(departure.unreconciled[0].payable.as_str(), "two");
    assert_eq!(bench.totals("two").await, "0.00 0.00 0.00 pending");
    let refused = bench.host.payment_url(&invoice("two", "100.00")).await;
    assert!(matches!(
        refused,
        Ok(PaymentUrlOutcome::NothingDue(NothingDue::Paid))
    ));
    assert_eq!(bench.totals("two").await, "100.00 100.00 0.00 succeeded");
}

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
        refused.as_ref().map_err(Error::kind),
        Err(ErrorKind::Refused(Refusal::CustomerNotLinked))
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
async fn a_link_that_is_made_during_a_move_is_ended_by_the_call_that_makes_it(database: Database) {
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
            // The gateway did not have it yet, which is not conclusive.
            assert_eq!(counts(&departure), (0, 1, 0));
            let error = &departure.still_payable[0].error;
            assert!(matches!(error.kind(), ErrorKind::Pending { .. }), "{error}");
        }
        let link = bench.gateway.state().links[main.reference.as_str()].clone();
        assert_eq!(link.status, CheckoutStatus::Cancelled);
        if unlinked {
            assert!(matches!(
                url.as_ref().map_err(Error::kind),
                Err(ErrorKind::Refused(Refusal::CustomerNotLinked))
            ));
        } else {
            assert_ne!(url.unwrap().pay().unwrap().reference, main.reference);
            let states = connections_of(&bench, "inv").await;
            assert_eq!(states[1], row("other", CheckoutState::Open));
        }
    }
}

/// The customer is linked to another connection, or with other details, while the call ends an earlier
/// checkout.
async fn a_customer_relinked_during_a_call_is_asked_by_the_new_link_and_with_the_new_details(
    database: Database,
) {
    for code in ["other", "main"] {
        let bench = bench(database).await;
        bench.url(&invoice("inv", "100.00")).await;
        bench.gateway.state().hold = true;
        let relinking = async {
            bench.gateway.call_held().await;
            let store = bench.another_process().await;
            let customer = payer().with_phone("9000000001");
            let to = connection(code);
            let linking = store.link_customer(&to, &customer);
            let released = async {
                while linked_to(&bench).await.as_deref() != Some(code)
                    || phone(&bench).await.as_deref() != Some("9000000001")
                {
                    tokio::task::yield_now().await;
                }
                bench.gateway.state().hold = false;
            };
            tokio::join!(linking, released).0.unwrap();
        };
        let due = invoice("inv", "120.00");
        let (url, ()) = tokio::join!(bench.host.payment_url(&due), relinking);
        let url = url.unwrap().pay().unwrap();
        let view = bench.view("inv").await;
        let made: Vec<_> = view.checkouts.iter().map(|row| &row.reference).collect();
        assert_eq!(made.len(), 2, "no request was sent with the earlier link");
        assert_eq!(made[1], &url.reference);
        assert_eq!(view.checkouts[1].connection.as_str(), code);
        assert_eq!(bench.gateway.payable_links(), 1);
        // A checkout with the former details would be replaced.
        let again = bench.url(&due).await;
        assert_eq!(
            (again.reference, again.origin),
            (url.reference, UrlOrigin::Reused)
        );
    }
}

async fn phone(bench: &Bench) -> Option<String> {
    let (organization, customer) = (organization(), customer());
    let linked = bench.host.linked_customer(&organization, &customer);
    let linked = linked.await.unwrap()?;
    linked.customer.phone.map(|phone| phone.expose().to_owned())
}

async fn a_crash_while_a_link_is_made_leaves_what_a_repeat_ends(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    // Made, and the process that requested it died before the answer.
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
                    Ok(PaymentUrlOutcome::Pay(_)) => {}
                    Err(error) if matches!(error.kind(), ErrorKind::Pending { .. }) => {}
                    other => panic!("{other:?}"),
                }
            }
        });
        let asked = futures_util::future::join_all(asked);
        let (_, departure) = tokio::join!(asked, move_to(&second, to));
        let reported: Vec<_> = departure
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
                    assert!(
                        reported.contains(&checkout.reference),
                        "{round}: {checkout:?}"
                    );
                }
            }
        }
    }
}
