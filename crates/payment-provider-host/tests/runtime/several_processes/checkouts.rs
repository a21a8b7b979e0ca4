//! Requests for checkouts, and a closing, from several processes at once.

use std::collections::HashSet;

use payment_provider_host::accounting::CloseReason;
use payment_provider_host::prelude::*;

use super::{together, two};
use crate::fixture::database::{Database, each_database};
use crate::fixture::invoice;
use crate::gateway::Link;

each_database! {
    callers_for_one_payable_get_one_link(threads = 4),
    callers_who_ask_for_different_amounts_leave_one_link_that_can_be_paid(threads = 4),
    closing_and_asking_at_once_leaves_nothing_to_pay(threads = 4),
}

async fn callers_for_one_payable_get_one_link(database: Database) {
    let (bench, other) = two(database).await;
    for round in 0..10 {
        let id = format!("inv-{round}");
        let urls = together((&bench, &other), |_, host| {
            let unpaid = invoice(&id, "200.12");
            async move { host.payment_url(&unpaid).await.unwrap().pay().unwrap().url }
        })
        .await;
        let different: HashSet<_> = urls.into_iter().collect();
        assert_eq!(different.len(), 1, "{different:?}");
        assert_eq!(bench.view(&id).await.checkouts.len(), 1);
    }
    assert_eq!(bench.gateway.references().len(), 10);
}

async fn callers_who_ask_for_different_amounts_leave_one_link_that_can_be_paid(database: Database) {
    let (bench, other) = two(database).await;
    for round in 0..5 {
        let id = format!("inv-{round}");
        together((&bench, &other), |caller, host| {
            let unpaid = invoice(&id, ["200.12", "150.00"][caller % 2]);
            // A caller that sees the other's link being ended may have to ask again.
            async move { host.payment_url(&unpaid).await.map(PaymentUrlOutcome::pay) }
        })
        .await;
        let attempts = bench.view(&id).await.checkouts.len();
        let payable = |link: &Link| link.status.is_payable();
        let known: HashSet<String> = bench
            .view(&id)
            .await
            .checkouts
            .iter()
            .map(|checkout| checkout.reference.to_string())
            .collect();
        assert_eq!(known.len(), attempts, "references are used once");
        let links = {
            let state = bench.gateway.state();
            let of_this_payable = state.links.keys().filter(|link| known.contains(*link));
            of_this_payable.count()
        };
        assert!(attempts <= links + 1, "{attempts} attempts, {links} links");
        let last = bench.url(&invoice(&id, "200.12")).await;
        let state = bench.gateway.state();
        let alive: Vec<_> = state
            .links
            .iter()
            .filter(|(reference, link)| known.contains(*reference) && payable(link))
            .map(|(reference, _)| reference.as_str())
            .filter(|reference| *reference != last.reference.as_str())
            .collect();
        assert!(alive.is_empty(), "{alive:?} beside {}", last.reference);
    }
}

async fn closing_and_asking_at_once_leaves_nothing_to_pay(database: Database) {
    let (bench, other) = two(database).await;
    for round in 0..10 {
        let id = format!("inv-{round}");
        together((&bench, &other), |caller, host| {
            let unpaid = invoice(&id, "200.12");
            async move {
                if caller == 5 {
                    host.close(&unpaid, CloseReason::Voided).await.unwrap();
                } else {
                    let _ = host.payment_url(&unpaid).await;
                }
            }
        })
        .await;
        let view = bench.view(&id).await;
        assert_eq!(view.closed, Some(CloseReason::Voided));
        assert!(view.checkouts.len() <= 1);
        let closing = bench
            .host
            .close(&invoice(&id, "200.12"), CloseReason::Voided)
            .await;
        assert!(closing.unwrap().still_payable.is_empty());
    }
    let state = bench.gateway.state();
    assert!(state.links.values().all(|link| !link.status.is_payable()));
}
