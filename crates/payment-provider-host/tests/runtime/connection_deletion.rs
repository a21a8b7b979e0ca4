//! A connection is deleted only when no money can come in through it any more.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::connections::ConnectionUse;
use payment_provider_host::error::{Conflict, Entity, Refusal};
use payment_provider_host::page::PageRequest;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::UnlinkOutcome;

use crate::fixture::database::{Database, each_database, texts};
use crate::fixture::{Bench, connection, customer, invoice, organization, provider};
use crate::gateway::{Fault, about, delivery, paid_event};

each_database! {
    all_reasons_against_a_deletion_are_reported_at_once,
    a_reported_amount_that_is_not_posted_keeps_it,
    a_deleted_connection_is_unknown_and_what_was_received_stays_in_the_ledger,
    a_webhook_at_the_same_moment_is_kept_or_refused(threads = 4),
}

const GRACE: Duration = Duration::from_hours(180 * 24);

async fn delete(bench: &Bench) -> Result<(), Error> {
    bench.host.delete_connection(&connection("main")).await
}

async fn in_use(bench: &Bench) -> ConnectionUse {
    match delete(bench).await.map_err(Error::into_kind) {
        Err(ErrorKind::Refused(Refusal::ConnectionInUse(used))) => {
            bench.host.connection(&connection("main")).await.unwrap();
            used
        }
        other => panic!("{other:?}"),
    }
}

async fn unlink(bench: &Bench) -> UnlinkOutcome {
    let (organization, customer) = (organization(), customer());
    let unlinked = bench.host.unlink_customer(&organization, &customer);
    unlinked.await.unwrap()
}

async fn all_reasons_against_a_deletion_are_reported_at_once(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    let until = url.expires_at + GRACE;
    let payment = bench
        .gateway
        .attempt(url.reference.as_str(), "100.00", PaymentStatus::Failed);
    let event = paid_event(url.reference.as_str(), &payment);
    bench.receive(&[event]).await;
    let used = in_use(&bench).await;
    assert_eq!((used.open_checkouts, used.unreconciled_checkouts), (1, 0));
    assert_eq!((used.waiting_deliveries, used.linked_customers), (1, 1));
    assert_eq!(used.money_expected_until, Some(until));
    assert_eq!(
        Error::from(Refusal::ConnectionInUse(used)).to_string(),
        format!(
            "the connection is still needed: open checkouts: 1; deliveries not applied: 1; \
             linked customers: 1; late money is expected until {until}"
        )
    );

    bench.apply_all().await;
    bench
        .host
        .close(&unpaid, CloseReason::Voided)
        .await
        .unwrap();
    unlink(&bench).await;
    // Disabling it first changes nothing of that.
    bench
        .host
        .set_connection_enabled(&connection("main"), false)
        .await
        .unwrap();
    let used = in_use(&bench).await;
    assert_eq!((used.open_checkouts, used.waiting_deliveries), (0, 0));
    assert_eq!(used.money_expected_until, Some(until));
    let rest = until.duration_since(bench.clock.now());
    let rest = Duration::try_from(rest).unwrap();
    let almost = rest.checked_sub(Duration::from_millis(1)).unwrap();
    bench.clock.advance(almost);
    in_use(&bench).await;
    bench.clock.advance(Duration::from_millis(1));
    delete(&bench).await.unwrap();
}

async fn a_reported_amount_that_is_not_posted_keeps_it(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench.gateway.pay(url.reference.as_str(), "100.00");
    // The cancellation reports the money; the list cannot be fetched.
    bench.gateway.fail_next(Fault::Skip);
    bench.gateway.fail_next(Fault::Down);
    assert_eq!(unlink(&bench).await.unreconciled.len(), 1);
    bench.clock.advance(GRACE * 2);
    let used = in_use(&bench).await;
    assert_eq!((used.unreconciled_checkouts, used.open_checkouts), (1, 0));
    assert_eq!(used.money_expected_until, None);
    bench
        .host
        .close(&unpaid, CloseReason::PaidElsewhere)
        .await
        .unwrap();
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 succeeded");
    // It became known just now; there may be a refund.
    let used = in_use(&bench).await;
    assert_eq!(used.unreconciled_checkouts, 0);
    assert_eq!(used.money_expected_until, Some(bench.clock.now() + GRACE));
    bench.clock.advance(GRACE);
    delete(&bench).await.unwrap();
}

async fn a_deleted_connection_is_unknown_and_what_was_received_stays_in_the_ledger(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "100.00");
    let event = paid_event(url.reference.as_str(), &payment);
    bench.receive(std::slice::from_ref(&event)).await;
    bench.apply_all().await;
    unlink(&bench).await;
    bench.clock.advance(GRACE * 2);
    let before = bench.view("inv").await;
    delete(&bench).await.unwrap();
    assert!(matches!(
        delete(&bench).await.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Connection))
    ));

    let host = &bench.host;
    let found = host.connection(&connection("main")).await;
    assert!(matches!(
        found.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Connection))
    ));
    assert!(
        crate::fixture::all_connections(host, None)
            .await
            .unwrap()
            .is_empty()
    );
    for request in [delivery("k1", &[event]), delivery("forged", &[])] {
        let refused = bench.receive_request(request).await;
        assert!(matches!(
            refused.as_ref().map_err(Error::kind),
            Err(ErrorKind::NotFound(Entity::Connection))
        ));
    }
    let settings = ConnectionSettings::new().with("key", "k1");
    let change = host.replace_settings(&connection("main"), &settings).await;
    assert!(matches!(
        change.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Connection))
    ));
    let new = NewConnection::new(connection("main"), provider(), "Again", settings);
    let again = host.add_connection(new).await;
    assert!(matches!(
        again.as_ref().map_err(Error::kind),
        Err(ErrorKind::Conflict(Conflict::CodeTaken))
    ));
    let payer = Customer::new(customer());
    let linked = host.link_customer(&connection("main"), &payer).await;
    assert!(matches!(
        linked.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Connection))
    ));

    let after = bench.view("inv").await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    assert_eq!(
        after.checkouts[0].connection,
        before.checkouts[0].connection
    );
    assert_eq!(after.payments.len(), 1);
    assert_eq!(after.history.len(), before.history.len());
    let query = "SELECT plain_settings || encrypted_settings FROM connections";
    assert_eq!(texts(&bench.host, query).await, ["{}{}"]);
    // No request is needed for a checkout that is reconciled.
    let closed = host
        .close(&unpaid, CloseReason::PaidElsewhere)
        .await
        .unwrap();
    assert!(closed.still_payable.is_empty() && closed.unreconciled.is_empty());
}

async fn a_webhook_at_the_same_moment_is_kept_or_refused(database: Database) {
    let bench = Bench::new(database).await;
    let other = bench.another_process().await;
    let (mut kept, mut refused) = (0, 0);
    for round in 0..30 {
        let code = format!("c{round}");
        bench.add_connection(&code, "k1").await;
        let connection = connection(&code);
        let event = Event::new("LINK", about("unknown"), EventKind::FetchNeeded);
        let request = delivery("k1", &[event]);
        let received = async {
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            let host = &bench.host;
            host.receive_webhook(&provider(), &connection, &request)
                .await
        };
        let deleted = other.delete_connection(&connection);
        let (received, deleted) = tokio::join!(received, deleted);
        match (
            received.map_err(Error::into_kind),
            deleted.map_err(Error::into_kind),
        ) {
            (Ok(_), Err(ErrorKind::Refused(Refusal::ConnectionInUse(used)))) => {
                assert_eq!(used.waiting_deliveries, 1);
                let stored = other
                    .deliveries(&connection, &PageRequest::first(9))
                    .await
                    .unwrap()
                    .items;
                assert_eq!(stored.len(), 1);
                kept += 1;
            }
            (Err(ErrorKind::NotFound(Entity::Connection)), Ok(())) => refused += 1,
            odd => panic!("{odd:?}"),
        }
    }
    println!("kept {kept}, refused {refused}");
}
