//! A connection is deleted only when no money can come in through it any more.

use std::time::Duration;

use crate::gateway::bench::{Bench, code, customer, invoice, organization, provider};
use crate::gateway::database::{Database, texts};
use crate::gateway::{Fault, delivery, paid_event};
use payment_provider_core::*;
use payment_provider_host::cash::Closed;
use payment_provider_host::*;

const GRACE: Duration = Duration::from_hours(180 * 24);

async fn delete(bench: &Bench) -> Result<(), DeletionError> {
    bench.host.delete_connection(&organization(), &code()).await
}

async fn in_use(bench: &Bench) -> ConnectionUse {
    match delete(bench).await {
        Err(DeletionError::InUse(used)) => {
            bench
                .host
                .connection(&organization(), &code())
                .await
                .unwrap();
            used
        }
        other => panic!("{other:?}"),
    }
}

async fn unlink(bench: &Bench) -> Departure {
    let (organization, customer) = (organization(), customer());
    let unlinked = bench.host.unlink_customer(&organization, &customer);
    unlinked.await.unwrap()
}

each_database!(everything_that_stands_in_the_way_is_told_at_once);
async fn everything_that_stands_in_the_way_is_told_at_once(database: Database) {
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
        DeletionError::InUse(used).to_string(),
        format!(
            "the connection is still needed: open checkouts: 1; deliveries not applied: 1; \
             linked customers: 1; late money is expected until {until}"
        )
    );

    bench.settle().await;
    bench.host.close(&unpaid, Closed::Voided).await.unwrap();
    unlink(&bench).await;
    // Disabling it first changes nothing of that.
    bench
        .host
        .set_connection_enabled(&organization(), &code(), false)
        .await
        .unwrap();
    let used = in_use(&bench).await;
    assert_eq!((used.open_checkouts, used.waiting_deliveries), (0, 0));
    assert_eq!(used.money_expected_until, Some(until));
    let rest = until.duration_since(bench.clock.now());
    let rest = Duration::try_from(rest).unwrap();
    bench.clock.advance(rest - Duration::from_millis(1));
    in_use(&bench).await;
    bench.clock.advance(Duration::from_millis(1));
    delete(&bench).await.unwrap();
}

each_database!(money_that_is_stated_and_not_booked_keeps_it);
async fn money_that_is_stated_and_not_booked_keeps_it(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench.gateway.pay(url.reference.as_str(), "100.00");
    // The cancellation tells of the money, the list cannot be had.
    bench.gateway.fail_next(Fault::Skip);
    bench.gateway.fail_next(Fault::Down);
    assert_eq!(unlink(&bench).await.unbooked.len(), 1);
    bench.clock.advance(GRACE * 2);
    let used = in_use(&bench).await;
    assert_eq!((used.unreconciled_checkouts, used.open_checkouts), (1, 0));
    assert_eq!(used.money_expected_until, None);
    bench.host.close(&unpaid, Closed::Settled).await.unwrap();
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 succeeded");
    // It became known just now; there may be a refund.
    let used = in_use(&bench).await;
    assert_eq!(used.unreconciled_checkouts, 0);
    assert_eq!(used.money_expected_until, Some(bench.clock.now() + GRACE));
    bench.clock.advance(GRACE);
    delete(&bench).await.unwrap();
}

each_database!(a_deleted_connection_is_unknown_and_what_came_in_stays_in_the_books);
async fn a_deleted_connection_is_unknown_and_what_came_in_stays_in_the_books(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "100.00");
    let event = paid_event(url.reference.as_str(), &payment);
    bench.receive(std::slice::from_ref(&event)).await;
    bench.settle().await;
    unlink(&bench).await;
    bench.clock.advance(GRACE * 2);
    let before = bench.view("inv").await;
    delete(&bench).await.unwrap();
    assert!(matches!(delete(&bench).await, Err(DeletionError::NotFound)));

    let host = &bench.host;
    let (organization, code) = (organization(), code());
    let found = host.connection(&organization, &code).await;
    assert!(matches!(found, Err(ConnectionError::NotFound)));
    assert!(host.connections(None).await.unwrap().is_empty());
    for request in [delivery("k1", &[event]), delivery("forged", &[])] {
        let refused = bench.receive_request(request).await;
        assert!(matches!(refused, Err(ReceiveError::UnknownConnection)));
    }
    let settings = ConnectionSettings::new().with("key", "k1");
    let change = host.replace_settings(&organization, &code, &settings).await;
    assert!(matches!(change, Err(ConnectionError::NotFound)));
    let new = NewConnection::new(organization.clone(), provider(), code, "Again", settings);
    let again = host.add_connection(new).await;
    assert!(matches!(again, Err(ConnectionError::CodeTaken)));
    let link = NewCustomerLink::new(
        organization,
        Customer::new(customer()),
        crate::gateway::bench::code(),
    );
    let linked = host.link_customer(link).await;
    assert!(matches!(
        linked,
        Err(CustomerError::Connection(ConnectionError::NotFound))
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
    // Nobody has to be asked about what is settled.
    let closed = host.close(&unpaid, Closed::Settled).await.unwrap();
    assert!(closed.still_payable.is_empty() && closed.unbooked.is_empty());
}

each_database!(a_webhook_at_the_same_moment_is_kept_or_refused, threads = 4);
async fn a_webhook_at_the_same_moment_is_kept_or_refused(database: Database) {
    let bench = Bench::new(database).await;
    let other = bench.another_process().await;
    let (mut kept, mut refused) = (0, 0);
    for round in 0..30 {
        let code = ConnectionCode::new(format!("c{round}")).unwrap();
        let settings = ConnectionSettings::new().with("key", "k1");
        let new = NewConnection::new(organization(), provider(), code.clone(), "C", settings);
        bench.host.add_connection(new).await.unwrap();
        let event = Event::new("LINK", crate::gateway::about("unknown"), EventKind::FetchNeeded);
        let request = delivery("k1", &[event]);
        let told = async {
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            let host = &bench.host;
            host.receive_webhook(&provider(), &organization(), &code, &request)
                .await
        };
        let organization = organization();
        let deleted = other.delete_connection(&organization, &code);
        let (told, deleted) = tokio::join!(told, deleted);
        match (told, deleted) {
            (Ok(_), Err(DeletionError::InUse(used))) => {
                assert_eq!(used.waiting_deliveries, 1);
                let stored = other.deliveries(&organization, &code, 9).await.unwrap();
                assert_eq!(stored.len(), 1);
                kept += 1;
            }
            (Err(ReceiveError::UnknownConnection), Ok(())) => refused += 1,
            odd => panic!("{odd:?}"),
        }
    }
    println!("kept {kept}, refused {refused}");
}
