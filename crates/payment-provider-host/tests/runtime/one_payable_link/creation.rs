//! Creations whose outcome is unknown, late, refused or interrupted.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{Fault, about, paid_event};

each_database! {
    a_link_first_reported_by_a_webhook_still_gets_its_url,
    money_found_while_adopting_is_posted_before_another_link_is_made,
    not_found_soon_after_the_latest_try_is_not_conclusive,
    a_link_that_was_seen_is_never_taken_for_one_never_made,
    an_earlier_link_that_turns_out_alive_is_ended,
    a_future_dropped_at_any_point_leaves_one_link_and_one_posting,
    a_payable_voided_while_its_link_is_made_gets_none,
    a_refusal_right_after_an_unknown_outcome_is_not_conclusive,
    a_gateway_that_repeats_its_ids_costs_no_link,
    final_refusals_are_conclusive_though_asked_every_minute,
    a_link_that_is_made_after_another_took_its_place_is_ended,
}

async fn a_link_first_reported_by_a_webhook_still_gets_its_url(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    let reference = bench.gateway.references().remove(0);
    bench
        .report(Event::new(
            "LINK",
            about(&reference),
            EventKind::FetchNeeded,
        ))
        .await;
    bench.clock.advance(Duration::from_hours(2));
    bench.url(&unpaid).await;
}

async fn money_found_while_adopting_is_posted_before_another_link_is_made(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    let reference = bench.gateway.references().remove(0);
    bench.gateway.pay(&reference, "200.12");
    bench.gateway.fail_next(Fault::Down);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    assert_eq!(bench.nothing_due(&unpaid).await, NothingDue::Paid);
    assert_eq!(bench.gateway.state().creations, 1);
}

async fn not_found_soon_after_the_latest_try_is_not_conclusive(database: Database) {
    let bench = Bench::new(database).await;
    bench.gateway.fail_next(Fault::BeforeCommit);
    assert!(
        bench
            .host
            .payment_url(&invoice("inv", "200.12"))
            .await
            .is_err()
    );
    bench.clock.advance(Duration::from_mins(5));
    // tried again just now; the answer is lost, the request is still on its way
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(
        bench
            .host
            .payment_url(&invoice("inv", "200.12"))
            .await
            .is_err()
    );
    let late = bench.gateway.state().links.drain().collect::<Vec<_>>();
    bench.clock.advance(Duration::from_secs(1));
    assert!(
        bench
            .host
            .payment_url(&invoice("inv", "150.00"))
            .await
            .is_err()
    );
    bench.gateway.state().links.extend(late);
    assert_eq!(bench.gateway.payable_links(), 1);
}

async fn a_link_that_was_seen_is_never_taken_for_one_never_made(database: Database) {
    let bench = Bench::new(database).await;
    bench.url(&invoice("inv", "200.12")).await;
    bench.clock.advance(Duration::from_mins(5));
    let hidden = bench.gateway.state().links.drain().collect::<Vec<_>>();
    assert!(
        bench
            .host
            .payment_url(&invoice("inv", "150.00"))
            .await
            .is_err()
    );
    bench.gateway.state().links.extend(hidden);
    assert_eq!(bench.gateway.payable_links(), 1);
}

async fn an_earlier_link_that_turns_out_alive_is_ended(database: Database) {
    let bench = Bench::new(database).await;
    bench.url(&invoice("inv", "200.12")).await;
    bench.clock.advance(Duration::from_mins(5));
    let hidden = bench.gateway.state().links.drain().collect::<Vec<_>>();
    let _ = bench.host.payment_url(&invoice("inv", "150.00")).await;
    let old = hidden[0].0.clone();
    bench.gateway.state().links.extend(hidden);
    // the gateway even says so
    bench
        .report(Event::new("LINK", about(&old), EventKind::FetchNeeded))
        .await;
    let _ = bench.host.payment_url(&invoice("inv", "150.00")).await;
    assert_eq!(bench.gateway.payable_links(), 1);
}

/// Polls a future so many times and then drops it, as a cancelled caller or a crash would.
async fn poll_and_drop<T>(future: impl Future<Output = T>, polls: usize) {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 || future.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}

async fn a_future_dropped_at_any_point_leaves_one_link_and_one_posting(database: Database) {
    let bench = Bench::new(database).await;
    for polls in 0..60 {
        let id = format!("inv-{polls}");
        let unpaid = invoice(&id, "10.00");
        poll_and_drop(bench.host.payment_url(&unpaid), polls).await;
        let url = bench.url(&unpaid).await;
        let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
        bench
            .receive(&[paid_event(url.reference.as_str(), &payment)])
            .await;
        poll_and_drop(bench.host.apply_due_deliveries(), polls).await;
        bench.apply_all().await;
        assert_eq!(
            bench.totals(&id).await,
            "10.00 10.00 0.00 succeeded",
            "{polls}"
        );
    }
    assert_eq!(bench.gateway.state().creations, 60);
}

async fn a_payable_voided_while_its_link_is_made_gets_none(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.gateway.state().hold = true;
    let void = async {
        bench.gateway.call_held().await;
        let closing = bench.host.close(&unpaid, CloseReason::Voided).await;
        bench.gateway.state().hold = false;
        closing
    };
    let (url, closing) = tokio::join!(bench.host.payment_url(&unpaid), void);
    assert_eq!(
        closing.unwrap().still_payable.len(),
        1,
        "it may exist by then"
    );
    assert!(matches!(
        url,
        Ok(PaymentUrlOutcome::NothingDue(NothingDue::Closed))
    ));
    assert_eq!(bench.gateway.references().len(), 1);
    assert_eq!(bench.gateway.payable_links(), 0);
}

async fn a_refusal_right_after_an_unknown_outcome_is_not_conclusive(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::BeforeCommit);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    bench.clock.advance(Duration::from_mins(5));
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    let late = bench.gateway.state().links.drain().collect::<Vec<_>>();
    bench.gateway.fail_next(Fault::Refused);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    bench.url(&unpaid).await;
    bench.gateway.state().links.extend(late);
    assert_eq!(bench.gateway.payable_links(), 1);
}

async fn a_gateway_that_repeats_its_ids_costs_no_link(database: Database) {
    let bench = Bench::new(database).await;
    let first = bench.url(&invoice("a", "10.00")).await;
    bench.gateway.state().creations = 0;
    let second = bench.url(&invoice("b", "10.00")).await;
    assert_ne!(first.url, second.url);
    assert_eq!(bench.url(&invoice("b", "10.00")).await.url, second.url);
}

async fn final_refusals_are_conclusive_though_asked_every_minute(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::BeforeCommit);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    for _ in 0..60 {
        bench.clock.advance(Duration::from_mins(1));
        bench.gateway.fail_next(Fault::Refused);
        assert!(bench.host.payment_url(&unpaid).await.is_err());
    }
    assert!(
        bench.view("inv").await.checkouts.len() > 1,
        "an hour of final refusals, and the stored bytes are sent still"
    );
}

async fn a_link_that_is_made_after_another_took_its_place_is_ended(database: Database) {
    let bench = Bench::new(database).await;
    bench.gateway.state().hold = true;
    let asked = invoice("inv", "10.00");
    let mut first = pin!(bench.host.payment_url(&asked));
    tokio::select! {
        made = &mut first => panic!("it was held: {made:?}"),
        () = bench.gateway.call_held() => {}
    }
    bench.gateway.state().hold = false;
    bench.clock.advance(Duration::from_mins(3));
    // By now the first one counts as a request that was never answered.
    let second = bench.url(&invoice("inv", "20.00")).await;
    let first = first.await.unwrap().pay().unwrap();
    let state = bench.gateway.state();
    let payable: Vec<_> = state
        .links
        .iter()
        .filter(|(_, link)| link.status == CheckoutStatus::Open)
        .map(|(reference, _)| reference.as_str())
        .collect();
    assert_eq!(payable, [first.reference.as_str()]);
    assert_eq!(state.links.len(), 3);
    assert_ne!(first.reference, second.reference);
}
