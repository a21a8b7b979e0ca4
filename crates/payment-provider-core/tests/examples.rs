//! The programs in `examples`: each ends with success and prints what it shows.

use test_support::{examples, run_example};

#[test]
fn every_example_has_a_test() {
    let tested = ["money", "registry", "settings", "webhook_signature"];
    assert_eq!(examples(env!("CARGO_MANIFEST_DIR")), tested);
}

#[test]
fn money_prints_exact_amounts_and_refusals() {
    let expected = "\
INR 200.12 is 20012 paise
1500 JPY is JPY 1500, 1500 units
0.3 EUR is EUR 0.30, 30 units
1.234 KWD is KWD 1.234, 1234 units
the parts add up: true
rupees + dollars: amounts of different currencies cannot be combined
1,000.00: amount is not a plain decimal number
1e3: amount is not a plain decimal number
0.001: amount has more decimals than its currency
";
    assert_eq!(run_example("money"), expected);
}

#[cfg(feature = "mock")]
#[test]
fn registry_prints_the_gateways_and_the_connection() {
    let expected = "\
a provider with id `acme` is already registered
offered: Acme Payments (acme)
offered: Example Pay (examplepay)
not connected: key: is required
connected in sandbox
no provider `unknown`; known: acme, examplepay
";
    assert_eq!(run_example("registry"), expected);
}

#[test]
fn settings_prints_the_form_the_violations_and_the_account() {
    let expected = r#"Merchant id, secret: false
API secrets, secret: true
Environment, secret: false
Page after payment, secret: false
- merchant: is required
- secrets: is required
- page: must be https; http is accepted only to this machine and only in sandbox
{"environment", "merchant", "page", "secrets"}
M1 in sandbox, 2 secrets, https://shop.example/thanks
"#;
    assert_eq!(run_example("settings"), expected);
}

#[test]
fn webhook_signature_prints_the_secret_that_signed() {
    let expected = r#"signed with e5dd606d, of [SecretLabel("1ba41cb5"), SecretLabel("e5dd606d")]
accepted: false
accepted: false
accepted: false
hashed with the new secret
"#;
    assert_eq!(run_example("webhook_signature"), expected);
}
