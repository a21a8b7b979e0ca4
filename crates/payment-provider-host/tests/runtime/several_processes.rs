//! Two processes with sixteen callers on one database, all at once.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::connections::Connection;
use payment_provider_host::error::Conflict;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::payable::PayableView;
use payment_provider_host::prelude::*;
use tokio::sync::Barrier;

use crate::fixture::database::{Database, each_database, execute, in_tx, numbers};
use crate::fixture::{Bench, connection, invoice, provider};
use crate::gateway::{delivery, paid_event};

each_database! {
    callers_for_one_payable_get_one_link(threads = 4),
    callers_who_ask_for_different_amounts_leave_one_link_that_can_be_paid(threads = 4),
    closing_and_asking_at_once_leaves_nothing_to_pay(threads = 4),
    one_payment_reported_in_sixteen_ways_is_posted_once(threads = 4),
    instalments_reported_at_once_add_up(threads = 4),
    one_delivery_received_sixteen_times_is_stored_once_and_counted(threads = 4),
    a_report_by_a_name_that_becomes_known_at_that_moment_is_applied(threads = 4),
    deliveries_about_two_payables_in_either_order_do_not_deadlock(threads = 4),
    one_payment_reported_on_two_payables_is_posted_on_one(threads = 4),
    rotations_at_once_are_all_kept(threads = 4),
    a_connection_of_one_code_is_made_once(threads = 4),
}

const CALLERS: usize = 16;

/// A bench and the runtime of a second process.
async fn two(database: Database) -> (Bench, Host) {
    let bench = Bench::new(database).await;
    let other = bench.another_process().await;
    (bench, other)
}

/// Runs sixteen callers, every other one in the second process, all from the same moment on.
async fn together<T, F>((bench, other): (&Bench, &Host), call: impl Fn(usize, Host) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(CALLERS));
    let callers = (0..CALLERS).map(|caller| {
        let host = if caller % 2 == 0 { &bench.host } else { other };
        let (work, start) = (call(caller, host.clone()), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            work.await
        })
    });
    let done = join_all(callers.collect::<Vec<_>>()).await;
    done.into_iter().map(Result::unwrap).collect()
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
        let payable = |link: &crate::gateway::Link| link.status.is_payable();
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

/// Counts posted payments in the transaction that posts them.
#[derive(Debug, Clone, Default)]
struct Counts(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl PaymentHandler for Counts {
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if matches!(change.cause, Cause::Posted { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
            in_tx!(tx, connection => {
                sqlx::query("INSERT INTO own (payable) VALUES ($1)")
                    .bind(change.payable.as_str())
                    .execute(connection)
                    .await?;
            });
        }
        Ok(())
    }
}

async fn one_payment_reported_in_sixteen_ways_is_posted_once(database: Database) {
    let counts = Counts::default();
    let bench = Bench::with_handler(database, counts.clone()).await;
    execute(&bench.host, "CREATE TABLE own (payable TEXT NOT NULL)").await;
    let (gateway, clock, place) = (&bench.gateway, &bench.clock, &bench.place);
    let other = crate::fixture::runtime(gateway, clock, place, counts).await;
    for round in 0..5 {
        let id = format!("inv-{round}");
        let url = bench.url(&invoice(&id, "200.12")).await;
        let reference = url.reference.to_string();
        let payment = bench.gateway.pay(&reference, "200.12");
        let clock = bench.clock.clone();
        together((&bench, &other), |caller, host| {
            // Other bytes, so another delivery; the payment is the same.
            let mut event = paid_event(&reference, &payment);
            event.gateway_type = format!("PAYMENT {caller}");
            let mut request = delivery("k1", &[event]);
            request.received_at = clock.now();
            async move {
                host.receive_webhook(&provider(), &connection("main"), &request)
                    .await
                    .unwrap();
                host.apply_due_deliveries().await.unwrap();
            }
        })
        .await;
        bench.apply_all().await;
        assert_eq!(bench.totals(&id).await, "200.12 200.12 0.00 succeeded");
        assert_eq!(bench.view(&id).await.payments.len(), 1);
    }
    let own = numbers(&bench.host, "SELECT count(*) FROM own").await;
    assert_eq!(own, [5]);
    let deliveries = bench.deliveries().await;
    assert_eq!(deliveries.len(), 5 * CALLERS);
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery.state == DeliveryState::Applied)
    );
}

async fn instalments_reported_at_once_add_up(database: Database) {
    let (bench, other) = two(database).await;
    let mut unpaid = invoice("inv", "160.00");
    unpaid.partial_payments = Some(PartialPayments::default());
    let url = bench.url(&unpaid).await;
    let reference = url.reference.to_string();
    let clock = bench.clock.clone();
    let payments: Vec<_> = (0..CALLERS)
        .map(|_| bench.gateway.pay(&reference, "10.00"))
        .collect();
    together((&bench, &other), |caller, host| {
        let mut request = delivery("k1", &[paid_event(&reference, &payments[caller])]);
        request.received_at = clock.now();
        async move {
            host.receive_webhook(&provider(), &connection("main"), &request)
                .await
                .unwrap();
            host.apply_due_deliveries().await.unwrap();
        }
    })
    .await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "160.00 160.00 0.00 succeeded");
    assert_eq!(bench.view("inv").await.payments.len(), CALLERS);
}

async fn one_delivery_received_sixteen_times_is_stored_once_and_counted(database: Database) {
    let (bench, other) = two(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let mut request = delivery("k1", &[paid_event(url.reference.as_str(), &payment)]);
    request.received_at = bench.clock.now();
    let is_new = together((&bench, &other), |_, host| {
        let request = request.clone();
        async move {
            let receipt = host
                .receive_webhook(&provider(), &connection("main"), &request)
                .await
                .unwrap();
            !receipt.duplicate
        }
    })
    .await;
    assert_eq!(is_new.iter().filter(|new| **new).count(), 1);
    bench.apply_all().await;
    let deliveries = bench.deliveries().await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(
        deliveries[0].delivery_count,
        i64::try_from(CALLERS).unwrap()
    );
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

/// Reports of a link by the gateway's own id, which becomes known here at the same moment.
async fn a_report_by_a_name_that_becomes_known_at_that_moment_is_applied(database: Database) {
    let (bench, other) = two(database).await;
    for round in 0..12 {
        let id = format!("inv-{round}");
        let gateway_id = format!("g{}", bench.gateway.state().creations + 1);
        let clock = bench.clock.clone();
        together((&bench, &other), |caller, host| {
            let unpaid = invoice(&id, "200.12");
            let target = EventTarget::none()
                .with_gateway_id(GatewayCheckoutId::new(gateway_id.clone()).ok());
            let kind = EventKind::FetchNeeded;
            let event = Event::new(format!("LINK {caller}"), target, kind);
            let mut request = delivery("k1", &[event]);
            request.received_at = clock.now();
            async move {
                if caller == 0 {
                    host.payment_url(&unpaid).await.unwrap();
                } else {
                    host.receive_webhook(&provider(), &connection("main"), &request)
                        .await
                        .unwrap();
                    host.apply_due_deliveries().await.unwrap();
                }
            }
        })
        .await;
        bench.clock.advance(Duration::from_secs(1));
        bench.apply_all().await;
        let known = bench.view(&id).await;
        let link = &known.checkouts[0];
        let stored = bench.gateway.state().links[link.reference.as_str()].clone();
        assert_eq!(
            stored.gateway_id, gateway_id,
            "the test names the right link"
        );
        let left: Vec<_> = bench
            .deliveries()
            .await
            .into_iter()
            .filter(|delivery| delivery.state == DeliveryState::Unmatched)
            .map(|delivery| delivery.targets)
            .collect();
        assert!(left.is_empty(), "round {round}: {left:?}");
    }
}

async fn deliveries_about_two_payables_in_either_order_do_not_deadlock(database: Database) {
    let (bench, other) = two(database).await;
    let mut pairs = Vec::new();
    for pair in 0..4 {
        let mut both = Vec::new();
        for side in ["a", "b"] {
            let url = bench.url(&invoice(&format!("{side}{pair}"), "10.00")).await;
            let reference = url.reference.to_string();
            let payment = bench.gateway.pay(&reference, "10.00");
            both.push(paid_event(&reference, &payment));
        }
        pairs.push(both);
    }
    let clock = bench.clock.clone();
    together((&bench, &other), |caller, host| {
        let mut events = pairs[caller % 4].clone();
        if caller % 8 < 4 {
            events.reverse();
        }
        for event in &mut events {
            event.gateway_type = format!("PAYMENT {caller}");
        }
        let mut request = delivery("k1", &events);
        request.received_at = clock.now();
        async move {
            host.receive_webhook(&provider(), &connection("main"), &request)
                .await
                .unwrap();
            host.apply_due_deliveries().await.unwrap();
        }
    })
    .await;
    // Nothing had to be tried again: not one of them was given up for another.
    for delivery in bench.deliveries().await {
        assert_eq!(delivery.state, DeliveryState::Applied, "{delivery:?}");
        assert_eq!((delivery.attempts, &delivery.error), (1, &None));
    }
    for pair in 0..4 {
        for side in ["a", "b"] {
            let totals = bench.totals(&format!("{side}{pair}")).await;
            assert_eq!(totals, "10.00 10.00 0.00 succeeded");
        }
    }
}

async fn one_payment_reported_on_two_payables_is_posted_on_one(database: Database) {
    let (bench, other) = two(database).await;
    for round in 0..6 {
        let (a, b) = (format!("a-{round}"), format!("b-{round}"));
        let one = bench.url(&invoice(&a, "10.00")).await;
        let two = bench.url(&invoice(&b, "10.00")).await;
        let payment = bench.gateway.pay(one.reference.as_str(), "10.00");
        let clock = bench.clock.clone();
        together((&bench, &other), |caller, host| {
            let reference = [&one.reference, &two.reference][caller / 2 % 2];
            let mut event = paid_event(reference.as_str(), &payment);
            event.gateway_type = format!("PAYMENT {caller}");
            let mut request = delivery("k1", &[event]);
            request.received_at = clock.now();
            async move {
                host.receive_webhook(&provider(), &connection("main"), &request)
                    .await
                    .unwrap();
                host.apply_due_deliveries().await.unwrap();
            }
        })
        .await;
        bench.apply_all().await;
        let received = |view: &PayableView| view.received.minor_units();
        let (a, b) = (bench.view(&a).await, bench.view(&b).await);
        assert_eq!(received(&a) + received(&b), 1_000);
        assert_eq!(a.payments.len() + b.payments.len(), 1);
    }
}

async fn rotations_at_once_are_all_kept(database: Database) {
    let (bench, other) = two(database).await;
    together((&bench, &other), |caller, host| async move {
        let secret = secrecy::SecretString::from(format!("new-{caller}"));
        host.rotate_secret(&connection("main"), "key", secret)
            .await
            .unwrap();
    })
    .await;
    let connection = bench.host.connection(&connection("main")).await;
    let count = connection.unwrap().secrets[0].count;
    assert_eq!(count, CALLERS + 1);
}

async fn a_connection_of_one_code_is_made_once(database: Database) {
    let (bench, other) = two(database).await;
    let made = together((&bench, &other), |_, host| async move {
        let settings = ConnectionSettings::new().with("key", "k");
        let new = NewConnection::new(connection("second"), provider(), "Second", settings);
        host.add_connection(new).await
    })
    .await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    let taken = |made: &&Result<Connection, Error>| {
        matches!(
            made.as_ref().map_err(Error::kind),
            Err(ErrorKind::Conflict(Conflict::CodeTaken))
        )
    };
    assert_eq!(made.iter().filter(taken).count(), CALLERS - 1);
}
