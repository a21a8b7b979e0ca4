//! The programs in `examples`: each ends with success and prints what it shows.

#![cfg(feature = "sqlite")]

use test_support::{examples, run_example};

#[test]
fn every_example_has_a_test() {
    let tested = ["change_settings", "handler", "payment_url", "webhooks"];
    assert_eq!(examples(env!("CARGO_MANIFEST_DIR")), tested);
}

#[test]
fn change_settings_prints_each_change_and_the_webhooks_that_are_accepted() {
    let expected = r#"invalid: settings.account: is required; settings.colour: is not a setting of this provider
{"account": Text("main"), "environment": Text("sandbox")}, 1 secrets
{"account": Text("main"), "environment": Text("sandbox")}, 2 secrets
signed with the old secret: accepted
signed with the new secret: accepted
the gateway has changed its secret: true
{"account": Text("main"), "environment": Text("sandbox")}, 1 secrets
signed with the old secret: webhook signature does not match
"#;
    assert_eq!(run_example("change_settings"), expected);
}

#[test]
fn handler_prints_the_row_that_it_wrote() {
    let expected = "\
the host's payment handler failed
Adopted
succeeded, 20012 paise paid
";
    assert_eq!(run_example("handler"), expected);
}

#[test]
fn payment_url_prints_the_origin_of_each_url() {
    let expected = "\
Created: https://pay.fake.example
Reused: https://pay.fake.example
nothing is due: it is closed
the checkout is cancelled
";
    assert_eq!(run_example("payment_url"), expected);
}

#[test]
fn webhooks_prints_the_deliveries_and_the_payment() {
    let expected = r#"stored, duplicate: false
stored, duplicate: false
stored, duplicate: true
refused: webhook signature does not match
["checkout.updated", "checkout.updated"] is applied
["payment.updated"] is applied
INR 200.12 received, INR 0.00 due
"#;
    assert_eq!(run_example("webhooks"), expected);
}
