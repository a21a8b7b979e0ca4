//! A gateway whose query of refunds fails for a while: as for every other query, the kind of its error
//! decides about a delivery, and its wait is respected.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::changed;

each_database! {
    an_outage_of_the_query_of_refunds_parks_no_delivery,
    a_refused_query_of_refunds_parks_the_delivery_in_the_end,
    the_wait_of_the_gateway_is_respected_after_a_failed_query_of_refunds,
    an_unanswered_query_of_refunds_pauses_the_fetches_of_its_connection,
}

/// A paid checkout of a gateway whose query of refunds gives no answer, and a hint about it.
async fn hinted(database: Database, advice: Option<RetryAdvice>) -> Bench {
    let bench = Bench::new(database).await;
    {
        let mut state = bench.gateway.state();
        state.refunds = Some(Vec::new());
        (state.refunds_are_down, state.refunds_advice) = (true, advice);
    }
    hint(&bench, "inv").await;
    bench
}

/// Reports that something changed on a paid checkout.
async fn hint(bench: &Bench, id: &str) {
    let url = bench.url(&invoice(id, "200.12")).await;
    bench.gateway.pay(url.reference.as_str(), "200.12");
    bench.receive(&[changed(url.reference.as_str())]).await;
}

fn queries(bench: &Bench) -> usize {
    let state = bench.gateway.state();
    let calls = state.calls.iter();
    calls
        .filter(|call| call.starts_with("list_refunds"))
        .count()
}

async fn an_outage_of_the_query_of_refunds_parks_no_delivery(database: Database) {
    let bench = hinted(database, None).await;
    for _ in 0..60 {
        bench.host.apply_due_deliveries().await.unwrap();
        bench.clock.advance(Duration::from_mins(6));
    }
    assert!(queries(&bench) > 40);
    let waiting = bench.deliveries().await.remove(0);
    assert_eq!(waiting.state, DeliveryState::Pending);
    let said = "the gateway's query of refunds failed";
    assert_eq!(waiting.error.as_deref(), Some(said));
    bench.gateway.state().refunds_are_down = false;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
}

async fn a_refused_query_of_refunds_parks_the_delivery_in_the_end(database: Database) {
    let bench = hinted(database, Some(RetryAdvice::Never)).await;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Parked]);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn the_wait_of_the_gateway_is_respected_after_a_failed_query_of_refunds(database: Database) {
    let wait = RetryAdvice::After(Duration::from_mins(20));
    let bench = hinted(database, Some(wait)).await;
    bench.host.apply_due_deliveries().await.unwrap();
    bench.clock.advance(Duration::from_mins(19));
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 0);
    bench.clock.advance(Duration::from_mins(1));
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 1);
    assert_eq!(queries(&bench), 2);
}

async fn an_unanswered_query_of_refunds_pauses_the_fetches_of_its_connection(database: Database) {
    let bench = hinted(database, None).await;
    for number in 0..7 {
        hint(&bench, &format!("inv-{number}")).await;
    }
    for _ in 0..60 {
        bench.host.apply_due_deliveries().await.unwrap();
        bench.clock.advance(Duration::from_secs(1));
    }
    // Five unanswered ones, then one after each pause.
    let queries = queries(&bench);
    assert!((6..16).contains(&queries), "{queries}");
}
