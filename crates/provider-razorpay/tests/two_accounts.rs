//! Two merchant accounts of one process share a client and its connections, and never use each
//! other's credentials.

mod fake;
mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use fake::Fake;
use futures_util::{StreamExt, stream};
use payment_provider_conformance::wire::{RecordedRequest, WireGateway};
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, Money, PaymentProvider, ProviderFactory,
};
use provider_razorpay::RazorpayFactory;
use secrecy::SecretString;
use support::delivery::signed;
use support::*;
use test_support::until;

const CALLS: usize = 1000;

/// Number of concurrent calls. Each may need a connection, and each connection needs two file
/// descriptors of this process.
const IN_FLIGHT: usize = 200;

fn key(mark: char) -> (String, String) {
    (
        format!("rzp_test_Account00000{mark}0"),
        format!("secret-of-{mark}"),
    )
}

fn authorization(mark: char) -> String {
    let (id, secret) = key(mark);
    let pair = data_encoding::BASE64.encode(format!("{id}:{secret}").as_bytes());
    format!("Basic {pair}")
}

fn amount_of(mark: char) -> Money {
    if mark == 'a' {
        inr(10_001)
    } else {
        inr(20_002)
    }
}

fn checkout(mark: char, number: usize) -> CheckoutRequest {
    let mut request = request();
    request.reference = CheckoutReference::new(format!("{mark}-{number}")).unwrap();
    request.amount = amount_of(mark);
    request
}

/// Returns the account that owns the object of a request.
fn about(request: &RecordedRequest) -> char {
    let text = String::from_utf8_lossy(&request.body).into_owned() + &request.target;
    let of_a = text.contains("reference_id=a-") || text.contains(r#""reference_id":"a-"#);
    if of_a { 'a' } else { 'b' }
}

async fn call(provider: &Arc<dyn PaymentProvider>, mark: char, number: usize) {
    let request = checkout(mark, number);
    let locator = request.reference.clone().into();
    if number % 4 < 2 {
        let prepared = provider.prepare_checkout(&request).unwrap();
        let created = provider.create_checkout(&prepared).await.unwrap();
        assert_eq!(created.checkout().amount, amount_of(mark));
    } else {
        // The link may or may not have been created by another call.
        let found = provider.fetch_checkout(&locator).await;
        assert!(found.is_err());
    }
}

/// The connections over which both accounts have called.
fn shared_connections(requests: &[RecordedRequest]) -> BTreeSet<u64> {
    let over = |mark| -> BTreeSet<u64> {
        let of_account = requests.iter().filter(|request| about(request) == mark);
        of_account.map(|request| request.connection).collect()
    };
    &over('a') & &over('b')
}

/// Calls with each account in turn until both have used one connection: the client keeps the connection of a call that
/// is over for the next call, whichever account makes it.
async fn share_a_connection(providers: &[Arc<dyn PaymentProvider>; 2], gateway: &WireGateway) {
    until(async || {
        for (mark, provider) in ['a', 'b'].into_iter().zip(providers) {
            call(provider, mark, 2).await;
        }
        if shared_connections(&gateway.requests()).is_empty() {
            return Err("no connection was used by both accounts");
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_of_two_accounts_never_carry_each_others_credentials() {
    let fakes = ['a', 'b'].map(|mark| {
        let (id, secret) = key(mark);
        Fake::new(&id, &secret, NOW.as_second())
    });
    let [fake_a, fake_b] = fakes.clone();
    let answers = move |recorded: RecordedRequest| {
        let of_a = recorded.header("authorization") == Some(authorization('a').as_str());
        let fake = if of_a { &fake_a } else { &fake_b };
        let answer = fake.answer(&as_request(&recorded));
        async move { answer }
    };
    let gateway = WireGateway::start(answers).await.unwrap();
    let factory = RazorpayFactory::with_config(config()).unwrap();
    let provider = |mark: char| {
        let (id, secret) = key(mark);
        let settings = settings(&base_url(&gateway))
            .with("key_id", id)
            .with("key_secret", secret);
        factory.connect(&settings).unwrap()
    };
    let providers = [provider('a'), provider('b')];

    share_a_connection(&providers, &gateway).await;
    let before = gateway.requests().len();
    stream::iter(0..CALLS)
        .for_each_concurrent(IN_FLIGHT, |number| {
            let (mark, provider) = [('a', &providers[0]), ('b', &providers[1])][number % 2];
            call(provider, mark, number)
        })
        .await;

    let requests = gateway.requests();
    assert_eq!(requests.len() - before, CALLS);
    for request in &requests {
        let expected = authorization(about(request));
        assert_eq!(request.header("authorization"), Some(expected.as_str()));
    }
    assert!(!shared_connections(&requests).is_empty());
}

#[tokio::test]
async fn a_delivery_for_one_account_does_not_verify_for_the_other() {
    let factory = RazorpayFactory::with_config(config()).unwrap();
    let provider = |secret: &str| {
        let settings =
            settings("http://127.0.0.1:9/v1").with("webhook_secrets", SecretString::from(secret));
        factory.connect(&settings).unwrap()
    };
    let (one, other) = (provider("hook-one"), provider("hook-other"));
    let request = signed("hook-one", r#"{"event":"x"}"#);
    assert!(one.handle_webhook(&request).await.is_ok());
    assert!(other.handle_webhook(&request).await.is_err());
}
