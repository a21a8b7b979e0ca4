//! A checkout that must not be paid is ended by the worker until the gateway reports that it ended.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::accounting::{AuditEvent, CheckoutState, CloseReason};
use payment_provider_host::payable::{KnownCheckout, PendingCancel};
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, numbers};
use crate::fixture::{Bench, connection, invoice, organization};
use crate::gateway::Fault;

each_database! {
    a_link_that_could_not_be_ended_at_closing_is_ended_by_the_worker,
    money_that_the_gateway_reports_meanwhile_is_posted,
    a_link_that_the_gateway_will_not_cancel_is_tried_until_it_expires,
    an_end_that_fails_for_long_needs_attention,
    a_link_that_was_ended_at_once_costs_no_call,
    two_processes_end_a_link_once(threads = 4),
}

const MINUTE: Duration = Duration::from_mins(1);

impl Bench {
    async fn void(&self, unpaid: &Payable) -> usize {
        let closed = self.host.close(unpaid, CloseReason::Voided).await.unwrap();
        closed.still_payable.len()
    }

    async fn link(&self) -> KnownCheckout {
        self.view("inv").await.checkouts.remove(0)
    }

    async fn pending(&self) -> PendingCancel {
        self.link().await.cancel.expect("the link is to be ended")
    }

    async fn work(&self) -> usize {
        self.host.cancel_due_checkouts().await.unwrap()
    }

    async fn rows(&self) -> i64 {
        numbers(&self.host, "SELECT count(*) FROM cancels").await[0]
    }
}

fn cancellations(bench: &Bench) -> usize {
    let state = bench.gateway.state();
    let calls = state.calls.iter();
    calls.filter(|call| call.starts_with("cancel")).count()
}

async fn a_link_that_could_not_be_ended_at_closing_is_ended_by_the_worker(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    bench.url(&unpaid).await;
    assert!(bench.link().await.cancel.is_none());
    bench.gateway.fail_next(Fault::Down);
    assert_eq!(bench.void(&unpaid).await, 1);
    let asked_at = bench.clock.now();
    let pending = bench.pending().await;
    assert_eq!((pending.requested_at, pending.attempts), (asked_at, 0));
    assert_eq!(pending.next_attempt_at, asked_at + MINUTE);
    assert_eq!(bench.work().await, 0, "the caller tried just now");

    bench.clock.advance(MINUTE);
    bench.gateway.fail_next(Fault::Down);
    assert_eq!(bench.work().await, 1);
    let pending = bench.pending().await;
    assert_eq!(pending.attempts, 1);
    assert_eq!(pending.next_attempt_at, bench.clock.now() + MINUTE / 2);
    let error = pending.error.unwrap();
    assert!(error.contains("cancel"), "{error}");
    assert_eq!(bench.work().await, 0);

    bench.clock.advance(MINUTE / 2);
    assert_eq!(bench.work().await, 1);
    let link = bench.link().await;
    assert_eq!((link.state, link.cancel), (CheckoutState::Cancelled, None));
    assert_eq!(bench.rows().await, 0);
    bench.clock.advance(100 * MINUTE);
    assert_eq!(bench.work().await, 0);
    bench.assert_sound().await;
}

async fn money_that_the_gateway_reports_meanwhile_is_posted(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench.gateway.fail_next(Fault::Down);
    assert_eq!(bench.void(&unpaid).await, 1);
    bench.gateway.pay(url.reference.as_str(), "100.00");
    bench.clock.advance(MINUTE);
    // The cancellation is answered, the fetch is not.
    bench.gateway.fail_next(Fault::Skip);
    bench.gateway.fail_next(Fault::Down);
    assert_eq!(bench.work().await, 1);
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 failed");
    assert_eq!(bench.rows().await, 1, "the money is not posted yet");
    bench.clock.advance(MINUTE);
    assert_eq!(bench.work().await, 1);
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
    assert_eq!(bench.rows().await, 0);
    bench.assert_sound().await;
}

async fn a_link_that_the_gateway_will_not_cancel_is_tried_until_it_expires(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench.gateway.state().will_not_cancel = true;
    assert_eq!(bench.void(&unpaid).await, 1);
    for _ in 0..12 {
        bench.clock.advance(60 * MINUTE);
        assert_eq!(bench.work().await, 1);
    }
    let history = bench.view("inv").await.history;
    let lines = history
        .iter()
        .filter(|line| line.event == AuditEvent::CheckoutStillPayable);
    assert_eq!(
        lines.count(),
        2,
        "by the caller, and by the worker: {history:#?}"
    );
    bench
        .gateway
        .set_status(url.reference.as_str(), CheckoutStatus::Expired);
    bench.clock.advance(60 * MINUTE);
    assert_eq!(bench.work().await, 1);
    assert_eq!(bench.link().await.state, CheckoutState::Expired);
    assert_eq!(bench.rows().await, 0);
}

async fn an_end_that_fails_for_long_needs_attention(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench.gateway.fail_next(Fault::Down);
    assert_eq!(bench.void(&unpaid).await, 1);
    for attempt in 1..=5 {
        let found = bench.host.attention(None, 10).await.unwrap();
        assert!(found.cancels.is_empty(), "before attempt {attempt}");
        bench.clock.advance(60 * MINUTE);
        bench.gateway.fail_next(Fault::Down);
        assert_eq!(bench.work().await, 1);
    }
    let ours = organization();
    for of in [None, Some(&ours)] {
        let found = bench.host.attention(of, 10).await.unwrap().cancels;
        let [stuck] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(stuck.organization, ours);
        assert_eq!(stuck.payable.as_str(), "inv");
        assert_eq!(stuck.checkout, url.reference);
        assert_eq!(stuck.cancel.attempts, 5);
        assert!(stuck.cancel.error.is_some());
    }
    let theirs = OrganizationId::new("other").unwrap();
    let found = bench.host.attention(Some(&theirs), 10).await.unwrap();
    assert!(found.cancels.is_empty());
    bench.clock.advance(60 * MINUTE);
    assert_eq!(bench.work().await, 1);
    let found = bench.host.attention(None, 10).await.unwrap();
    assert!(found.cancels.is_empty());
}

async fn a_link_that_was_ended_at_once_costs_no_call(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    bench.url(&unpaid).await;
    assert_eq!(bench.void(&unpaid).await, 0);
    assert!(bench.link().await.cancel.is_none());
    let calls = bench.gateway.state().calls.len();
    bench.clock.advance(MINUTE);
    assert_eq!(bench.work().await, 1);
    assert_eq!(bench.gateway.state().calls.len(), calls);
    assert_eq!(bench.rows().await, 0);
}

async fn two_processes_end_a_link_once(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    bench.url(&unpaid).await;
    bench.gateway.fail_next(Fault::Down);
    assert_eq!(bench.void(&unpaid).await, 1);
    let other = bench.another_process().await;
    let before = cancellations(&bench);
    bench.clock.advance(MINUTE);
    let (one, two) = tokio::join!(bench.work(), other.cancel_due_checkouts());
    assert_eq!(one + two.unwrap(), 1, "one of them has it");
    // The gateway in memory looks at the link before and after.
    assert_eq!(cancellations(&bench), before + 2);
    assert_eq!(bench.link().await.state, CheckoutState::Cancelled);
    // The connection of a link that is ended may go.
    bench.host.connection(&connection("main")).await.unwrap();
}
