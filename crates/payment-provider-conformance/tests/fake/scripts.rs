//! Everything a gateway can be told to do instead of the truth.

use std::time::Duration;

use payment_provider_conformance::fake::Answer;
use payment_provider_core::*;

use crate::bench::{Bench, inr, locator};

const KINDS: [ErrorKind; 12] = [
    ErrorKind::InvalidRequest,
    ErrorKind::Authentication,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
    ErrorKind::Refused,
    ErrorKind::RateLimited,
    ErrorKind::Unavailable,
    ErrorKind::Timeout,
    ErrorKind::Connection,
    ErrorKind::UnreadableAnswer,
    ErrorKind::InvalidSignature,
    ErrorKind::Unsupported,
];

#[tokio::test]
async fn every_kind_of_error_before_anything_happened() {
    let bench = Bench::new();
    for kind in KINDS {
        bench
            .gateway
            .answer_next(Operation::CreateCheckout, Answer::fail(kind));
        let error = bench.create("r").await.unwrap_err();
        let implied = ProviderError::new(kind, Operation::CreateCheckout, error.provider().clone());
        assert_eq!(error.kind(), kind);
        assert_eq!(error.operation(), Operation::CreateCheckout);
        assert_eq!(error.provider().as_str(), "fake");
        assert_eq!(
            (error.effect(), error.retry()),
            (implied.effect(), implied.retry())
        );
        assert!(bench.gateway.checkouts().is_empty(), "{kind}");
    }
    assert_eq!(bench.gateway.unplayed_answers(), 0);
    let made = bench.create("r").await.unwrap();
    assert!(matches!(made, CreatedCheckout::Created(_)));
}

#[tokio::test]
async fn every_operation_can_fail_and_does_nothing_then() {
    let bench = Bench::new();
    let checkout = bench.checkout("r").await;
    let (provider, at) = (&bench.provider, locator("r"));
    let customer = bench.request("r").customer;
    let ping = bench.gateway.account("main").ping().request();
    for operation in [
        Operation::CheckConnection,
        Operation::LinkCustomer,
        Operation::FetchCheckout,
        Operation::CancelCheckout,
        Operation::ListPayments,
        Operation::HandleWebhook,
    ] {
        bench
            .gateway
            .answer_next(operation, Answer::fail(ErrorKind::Unavailable));
        let error = match operation {
            Operation::CheckConnection => provider.check_connection().await.unwrap_err(),
            Operation::LinkCustomer => provider.link_customer(&customer).await.unwrap_err(),
            Operation::FetchCheckout => provider.fetch_checkout(&at).await.unwrap_err(),
            Operation::CancelCheckout => provider.cancel_checkout(&at).await.unwrap_err(),
            Operation::ListPayments => provider.list_payments(&at).await.unwrap_err(),
            _ => provider.handle_webhook(&ping).await.unwrap_err(),
        };
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Unavailable, operation)
        );
        let reads = error.effect() == Effect::Rejected;
        assert_eq!(reads, operation.only_reads(), "{operation}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    }
    assert_eq!(checkout.status(), CheckoutStatus::Open);
    assert_eq!(checkout.counts().fetched + checkout.counts().cancelled, 0);
    bench.handle(&ping).await;
}

#[tokio::test]
async fn a_timeout_after_it_was_done() {
    let bench = Bench::new();
    bench
        .gateway
        .answer_next(Operation::CreateCheckout, Answer::time_out_after_done());
    let error = bench.create("r").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Timeout, Effect::MaybeApplied)
    );
    assert_eq!(error.retry(), RetryAdvice::Now);
    assert_eq!(bench.gateway.checkouts().len(), 1);
    let found = bench.create("r").await.unwrap();
    assert!(matches!(found, CreatedCheckout::Adopted(_)));

    bench.gateway.answer_next(
        Operation::CancelCheckout,
        Answer::lose(ErrorKind::Connection),
    );
    let error = bench
        .provider
        .cancel_checkout(&locator("r"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Connection, Effect::MaybeApplied)
    );
    assert!(matches!(
        bench.cancel("r").await,
        Cancellation::AlreadyEnded(_)
    ));

    bench
        .gateway
        .answer_next(Operation::FetchCheckout, Answer::time_out_after_done());
    let error = bench
        .provider
        .fetch_checkout(&locator("r"))
        .await
        .unwrap_err();
    assert_eq!(error.effect(), Effect::Rejected);
    assert_eq!(bench.gateway.checkout("r").counts().fetched, 1);
}

#[tokio::test]
async fn whatever_is_said_of_a_call_that_was_carried_out_it_may_have_been() {
    let bench = Bench::new();
    for kind in KINDS {
        let reference = kind.as_str();
        bench
            .gateway
            .answer_next(Operation::CreateCheckout, Answer::lose(kind));
        let error = bench.create(reference).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, Effect::MaybeApplied));
        let found = bench.fetch(reference).await;
        assert_eq!(found.status, CheckoutStatus::Open, "{kind}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_understood() {
    let bench = Bench::new();
    bench
        .gateway
        .answer_next(Operation::CreateCheckout, Answer::unreadable());
    let error = bench.create("r").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnreadableAnswer);
    assert_eq!(
        (error.effect(), error.status()),
        (Effect::MaybeApplied, Some(200))
    );
    assert_eq!(bench.gateway.checkouts().len(), 1);
}

#[tokio::test]
async fn too_many_calls_and_how_long_to_wait() {
    let bench = Bench::new();
    let wait = Duration::from_secs(7);
    bench
        .gateway
        .answer_next(Operation::CreateCheckout, Answer::rate_limited(wait));
    let error = bench.create("r").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::RateLimited, Some(429))
    );
    assert_eq!(
        (error.effect(), error.retry_after()),
        (Effect::Rejected, Some(wait))
    );
    let limit = error.rate_limit().unwrap();
    assert_eq!((limit.remaining, limit.wait), (Some(0), Some(wait)));
    assert!(bench.gateway.checkouts().is_empty());
}

#[tokio::test]
async fn lookups_that_lag() {
    let bench = Bench::new();
    let checkout = bench.checkout("r").await;
    let lag = Answer::lagging;
    bench
        .gateway
        .answer_next_times(Operation::FetchCheckout, 2, lag());
    for _ in 0..2 {
        let error = bench
            .provider
            .fetch_checkout(&locator("r"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    assert_eq!(bench.fetch("r").await.status, CheckoutStatus::Open);

    bench
        .gateway
        .answer_next_times(Operation::ListPayments, 2, lag());
    assert_eq!(bench.list("r").await, []);
    checkout.fail();
    let paid = checkout.pay();
    assert_eq!(bench.list("r").await.len(), 1);
    let all = bench.list("r").await;
    assert_eq!((all.len(), &all[1]), (2, &paid.payment()));

    bench.gateway.answer_next(Operation::CancelCheckout, lag());
    let error = bench
        .provider
        .cancel_checkout(&locator("r"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_cancellation_that_is_refused() {
    let bench = Bench::new();
    let checkout = bench.checkout("r").await;
    bench
        .gateway
        .answer_always(Operation::CancelCheckout, Answer::still_payable());
    for _ in 0..2 {
        let refused = bench.cancel("r").await;
        let Cancellation::StillPayable(found) = refused else {
            panic!("{refused:?}");
        };
        assert!(found.status.is_payable());
    }
    checkout.pay();
    assert!(matches!(
        bench.cancel("r").await,
        Cancellation::AlreadyEnded(_)
    ));
}

#[tokio::test]
async fn a_checkout_of_another_amount_is_seen_and_can_be_cancelled() {
    let bench = Bench::new();
    let other = Answer::make_other_amount(inr("999"));
    bench.gateway.answer_next(Operation::CreateCheckout, other);
    let error = bench.create("r").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::MaybeApplied)
    );
    assert_eq!(error.differences()[0].found, "INR 999.00");
    let again = bench.create("r").await.unwrap_err();
    assert_eq!(
        (again.kind(), again.effect()),
        (ErrorKind::Conflict, Effect::Rejected)
    );
    assert!(matches!(
        bench.cancel("r").await,
        Cancellation::Cancelled(_)
    ));
}

#[tokio::test]
async fn answers_are_given_in_order_and_those_that_stand_come_last() {
    let bench = Bench::new();
    let operation = Operation::CheckConnection;
    bench
        .gateway
        .answer_always(operation, Answer::fail(ErrorKind::Refused))
        .answer_next(operation, Answer::succeed())
        .answer_next(operation, Answer::fail(ErrorKind::Timeout));
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let checked = bench.provider.check_connection().await;
        kinds.push(checked.err().map(|error| error.kind()));
    }
    let (timeout, refused) = (Some(ErrorKind::Timeout), Some(ErrorKind::Refused));
    assert_eq!(kinds, [None, timeout, refused, refused]);
    bench.gateway.answer_honestly();
    assert!(bench.provider.check_connection().await.unwrap().is_usable());
}
