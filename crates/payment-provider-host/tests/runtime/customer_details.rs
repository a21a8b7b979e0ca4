//! A payer's corrected details: the checkout that was made with the old ones is replaced.

use payment_provider_core::*;
use payment_provider_host::checkouts::UrlOrigin;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, invoice, payer};

each_database! {
    a_corrected_phone_or_address_replaces_the_open_checkout,
    a_checkout_that_cannot_be_ended_is_returned_again,
    details_that_the_gateway_would_refuse_replace_nothing,
    a_changed_purpose_or_return_url_replaces_nothing,
}

async fn relink(bench: &Bench, customer: Customer) {
    let main = connection("main");
    bench.host.link_customer(&main, &customer).await.unwrap();
}

async fn a_corrected_phone_or_address_replaces_the_open_checkout(database: Database) {
    let bench = Bench::new(database).await;
    let first = bench.url(&invoice("inv", "200.12")).await;
    let again = bench.url(&invoice("inv", "200.12")).await;
    assert_eq!(again.reference, first.reference);
    let mut references = vec![first.reference];
    for corrected in [
        payer().with_phone("9000000001"),
        payer()
            .with_phone("9000000001")
            .with_email("asha@example.com"),
    ] {
        relink(&bench, corrected).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        assert_eq!(url.origin, UrlOrigin::Created);
        assert!(!references.contains(&url.reference));
        for ended in &references {
            let status = bench.gateway.state().links[ended.as_str()].status.clone();
            assert_eq!(status, CheckoutStatus::Cancelled);
        }
        assert_eq!(
            bench.url(&invoice("inv", "200.12")).await.reference,
            url.reference
        );
        references.push(url.reference);
    }
}

async fn a_checkout_that_cannot_be_ended_is_returned_again(database: Database) {
    let bench = Bench::new(database).await;
    let first = bench.url(&invoice("inv", "200.12")).await;
    bench.gateway.state().will_not_cancel = true;
    relink(&bench, payer().with_phone("9000000001")).await;
    let again = bench.url(&invoice("inv", "200.12")).await;
    assert_eq!(
        (again.reference, again.origin),
        (first.reference, UrlOrigin::Reused)
    );
    assert_eq!(bench.gateway.references().len(), 1);
}

async fn details_that_the_gateway_would_refuse_replace_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let first = bench.url(&invoice("inv", "200.12")).await;
    relink(&bench, Customer::new(payer().id)).await;
    let again = bench.url(&invoice("inv", "200.12")).await;
    assert_eq!(again.reference, first.reference);
}

async fn a_changed_purpose_or_return_url_replaces_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let first = bench.url(&invoice("inv", "200.12")).await;
    let mut changed = invoice("inv", "200.12");
    "Invoice, corrected".clone_into(&mut changed.purpose);
    changed.return_url = "https://host.example/thanks".parse().ok();
    let again = bench
        .host
        .payment_url(&changed)
        .await
        .unwrap()
        .pay()
        .unwrap();
    assert_eq!(again.reference, first.reference);
}
