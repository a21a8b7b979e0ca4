//! Scripted responses.

use std::time::Duration;

use payment_provider_conformance::fake::ScriptedResponse;
use payment_provider_core::*;

use crate::fixture::{Fixture, inr, locator};

const KINDS: [ProviderErrorKind; 12] = [
    ProviderErrorKind::InvalidRequest,
    ProviderErrorKind::Authentication,
    ProviderErrorKind::NotFound,
    ProviderErrorKind::Conflict,
    ProviderErrorKind::Refused,
    ProviderErrorKind::RateLimited,
    ProviderErrorKind::Unavailable,
    ProviderErrorKind::Timeout,
    ProviderErrorKind::Connection,
    ProviderErrorKind::UnreadableAnswer,
    ProviderErrorKind::InvalidSignature,
    ProviderErrorKind::Unsupported,
];

#[tokio::test]
async fn every_kind_of_error_can_be_scripted_before_processing() {
    let fixture = Fixture::new();
    for kind in KINDS {
        fixture
            .gateway
            .respond_next(Operation::CreateCheckout, ScriptedResponse::fail(kind));
        let error = fixture.create("r").await.unwrap_err();
        let implied = ProviderError::new(kind, Operation::CreateCheckout, error.provider().clone());
        assert_eq!(error.kind(), kind);
        assert_eq!(error.operation(), Operation::CreateCheckout);
        assert_eq!(error.provider().as_str(), "fake");
        assert_eq!(
            (error.effect(), error.retry()),
            (implied.effect(), implied.retry())
        );
        assert!(fixture.gateway.checkouts().is_empty(), "{kind}");
    }
    assert_eq!(fixture.gateway.unused_responses(), 0);
    let made = fixture.create("r").await.unwrap();
    assert!(matches!(made, CreatedCheckout::Created(_)));
}

#[tokio::test]
async fn a_failed_operation_has_no_effect() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let (provider, at) = (&fixture.provider, locator("r"));
    let customer = fixture.request("r").customer;
    let ping = fixture.gateway.account("main").ping().request();
    for operation in [
        Operation::CheckConnection,
        Operation::LinkCustomer,
        Operation::FetchCheckout,
        Operation::CancelCheckout,
        Operation::ListPayments,
        Operation::HandleWebhook,
    ] {
        fixture.gateway.respond_next(
            operation,
            ScriptedResponse::fail(ProviderErrorKind::Unavailable),
        );
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
            (ProviderErrorKind::Unavailable, operation)
        );
        let reads = error.effect() == Effect::Rejected;
        assert_eq!(reads, operation.only_reads(), "{operation}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    }
    assert_eq!(checkout.status(), CheckoutStatus::Open);
    assert_eq!(checkout.counts().fetched + checkout.counts().cancelled, 0);
    fixture.handle(&ping).await;
}

#[tokio::test]
async fn a_timeout_after_processing_may_have_been_applied() {
    let fixture = Fixture::new();
    fixture.gateway.respond_next(
        Operation::CreateCheckout,
        ScriptedResponse::apply_then_time_out(),
    );
    let error = fixture.create("r").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ProviderErrorKind::Timeout, Effect::MaybeApplied)
    );
    assert_eq!(error.retry(), RetryAdvice::Now);
    assert_eq!(fixture.gateway.checkouts().len(), 1);
    let found = fixture.create("r").await.unwrap();
    assert!(matches!(found, CreatedCheckout::Adopted(_)));

    fixture.gateway.respond_next(
        Operation::CancelCheckout,
        ScriptedResponse::apply_then_fail(ProviderErrorKind::Connection),
    );
    let error = fixture
        .provider
        .cancel_checkout(&locator("r"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ProviderErrorKind::Connection, Effect::MaybeApplied)
    );
    assert!(matches!(
        fixture.cancel("r").await,
        Cancellation::AlreadyEnded(_)
    ));

    fixture.gateway.respond_next(
        Operation::FetchCheckout,
        ScriptedResponse::apply_then_time_out(),
    );
    let error = fixture
        .provider
        .fetch_checkout(&locator("r"))
        .await
        .unwrap_err();
    assert_eq!(error.effect(), Effect::Rejected);
    assert_eq!(fixture.gateway.checkout("r").counts().fetched, 1);
}

#[tokio::test]
async fn every_error_after_processing_may_have_been_applied() {
    let fixture = Fixture::new();
    for kind in KINDS {
        let reference = kind.as_str();
        fixture.gateway.respond_next(
            Operation::CreateCheckout,
            ScriptedResponse::apply_then_fail(kind),
        );
        let error = fixture.create(reference).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, Effect::MaybeApplied));
        let found = fixture.fetch(reference).await;
        assert_eq!(found.status, CheckoutStatus::Open, "{kind}");
    }
}

#[tokio::test]
async fn an_unreadable_response_may_have_been_applied() {
    let fixture = Fixture::new();
    fixture
        .gateway
        .respond_next(Operation::CreateCheckout, ScriptedResponse::unreadable());
    let error = fixture.create("r").await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
    assert_eq!(
        (error.effect(), error.status()),
        (Effect::MaybeApplied, Some(200))
    );
    assert_eq!(fixture.gateway.checkouts().len(), 1);
}

#[tokio::test]
async fn a_rate_limit_has_a_wait() {
    let fixture = Fixture::new();
    let wait = Duration::from_secs(7);
    fixture.gateway.respond_next(
        Operation::CreateCheckout,
        ScriptedResponse::rate_limited(wait),
    );
    let error = fixture.create("r").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ProviderErrorKind::RateLimited, Some(429))
    );
    assert_eq!(
        (error.effect(), error.retry_after()),
        (Effect::Rejected, Some(wait))
    );
    let limit = error.rate_limit().unwrap();
    assert_eq!((limit.remaining, limit.wait), (Some(0), Some(wait)));
    assert!(fixture.gateway.checkouts().is_empty());
}

#[tokio::test]
async fn stale_reads_do_not_find_recent_changes() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let lag = ScriptedResponse::stale_read;
    fixture
        .gateway
        .respond_next_times(Operation::FetchCheckout, 2, lag());
    for _ in 0..2 {
        let error = fixture
            .provider
            .fetch_checkout(&locator("r"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ProviderErrorKind::NotFound);
    }
    assert_eq!(fixture.fetch("r").await.status, CheckoutStatus::Open);

    fixture
        .gateway
        .respond_next_times(Operation::ListPayments, 2, lag());
    assert_eq!(fixture.list("r").await, []);
    checkout.fail_payment();
    let paid = checkout.pay();
    assert_eq!(fixture.list("r").await.len(), 1);
    let all = fixture.list("r").await;
    assert_eq!((all.len(), &all[1]), (2, &paid.payment()));

    fixture
        .gateway
        .respond_next(Operation::CancelCheckout, lag());
    let error = fixture
        .provider
        .cancel_checkout(&locator("r"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::NotFound);
}

#[tokio::test]
async fn a_refused_cancellation_is_still_payable() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    fixture.gateway.respond_always(
        Operation::CancelCheckout,
        ScriptedResponse::refuse_cancellation(),
    );
    for _ in 0..2 {
        let refused = fixture.cancel("r").await;
        let Cancellation::StillPayable(found) = refused else {
            panic!("{refused:?}");
        };
        assert!(found.status.is_payable());
    }
    checkout.pay();
    assert!(matches!(
        fixture.cancel("r").await,
        Cancellation::AlreadyEnded(_)
    ));
}

#[tokio::test]
async fn a_checkout_with_another_amount_is_detected_and_can_be_cancelled() {
    let fixture = Fixture::new();
    let other = ScriptedResponse::create_with_amount(inr("999"));
    fixture
        .gateway
        .respond_next(Operation::CreateCheckout, other);
    let error = fixture.create("r").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ProviderErrorKind::Conflict, Effect::MaybeApplied)
    );
    assert_eq!(error.differences()[0].found, "INR 999.00");
    let again = fixture.create("r").await.unwrap_err();
    assert_eq!(
        (again.kind(), again.effect()),
        (ProviderErrorKind::Conflict, Effect::Rejected)
    );
    assert!(matches!(
        fixture.cancel("r").await,
        Cancellation::Cancelled(_)
    ));
}

#[tokio::test]
async fn queued_responses_come_before_standing_ones() {
    let fixture = Fixture::new();
    let operation = Operation::CheckConnection;
    fixture
        .gateway
        .respond_always(
            operation,
            ScriptedResponse::fail(ProviderErrorKind::Refused),
        )
        .respond_next(operation, ScriptedResponse::succeed())
        .respond_next(
            operation,
            ScriptedResponse::fail(ProviderErrorKind::Timeout),
        );
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let checked = fixture.provider.check_connection().await;
        kinds.push(checked.err().map(|error| error.kind()));
    }
    let (timeout, refused) = (
        Some(ProviderErrorKind::Timeout),
        Some(ProviderErrorKind::Refused),
    );
    assert_eq!(kinds, [None, timeout, refused, refused]);
    fixture.gateway.respond_normally();
    assert!(
        fixture
            .provider
            .check_connection()
            .await
            .unwrap()
            .is_usable()
    );
}
