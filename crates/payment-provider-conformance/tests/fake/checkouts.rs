//! Creation, lookup and cancellation of checkouts.

use jiff::SignedDuration;
use payment_provider_core::*;

use crate::fixture::{Fixture, inr, locator};

#[tokio::test]
async fn a_checkout_is_created_once_and_adopted_afterwards() {
    let fixture = Fixture::new();
    let made = fixture.create("r").await.unwrap();
    assert!(matches!(made, CreatedCheckout::Created(_)), "{made:?}");
    let made = made.into_checkout();
    assert_eq!(made.status, CheckoutStatus::Open);
    assert_eq!(made.amount, inr("200.12"));
    assert_eq!(made.amount_paid, inr("0"));
    assert_eq!(made.expires_at, Some(fixture.in_an_hour()));
    assert_eq!(made.fingerprint, Some(fixture.prepared("r").fingerprint));
    assert!(matches!(made.next_action, NextAction::Redirect(_)));

    let again = fixture.create("r").await.unwrap();
    assert_eq!(again, CreatedCheckout::Adopted(made.clone()));
    assert_eq!(fixture.fetch("r").await, made);
    let by_both = fixture.provider.fetch_checkout(&made.locator()).await;
    assert_eq!(by_both.unwrap(), made);
    let counts = fixture.gateway.checkout("r").counts();
    assert_eq!(
        (counts.adopted, counts.fetched, counts.conflicts),
        (1, 2, 0)
    );
    assert_eq!(fixture.gateway.checkouts().len(), 1);
}

#[tokio::test]
async fn an_existing_checkout_is_adopted_in_any_state() {
    let fixture = Fixture::new();
    let prepared = fixture.prepared("r");
    fixture.provider.create_checkout(&prepared).await.unwrap();
    fixture.gateway.checkout("r").pay();
    let found = fixture.provider.create_checkout(&prepared).await.unwrap();
    let CreatedCheckout::Adopted(found) = found else {
        panic!("created again");
    };
    assert_eq!(found.status, CheckoutStatus::Paid);
    assert_eq!(found.next_action, NextAction::None);

    fixture.clock.advance(std::time::Duration::from_hours(2));
    let late = fixture.provider.create_checkout(&prepared).await.unwrap();
    assert!(matches!(late, CreatedCheckout::Adopted(_)), "{late:?}");
}

#[tokio::test]
async fn different_content_with_the_same_reference_is_a_conflict_with_differences() {
    let fixture = Fixture::new();
    fixture.create("r").await.unwrap();
    let mut other = fixture.request("r");
    other.amount = inr("1");
    let other = fixture.provider.prepare_checkout(&other).unwrap();
    let error = fixture.provider.create_checkout(&other).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Conflict);
    assert_eq!(error.effect(), Effect::Rejected);
    assert_eq!(error.retry(), RetryAdvice::Never);
    let fields: Vec<_> = error.differences().iter().map(|one| &*one.field).collect();
    assert_eq!(fields, ["amount", "fingerprint"]);
    assert_eq!(error.differences()[0].expected, "INR 1.00");
    assert_eq!(error.differences()[0].found, "INR 200.12");
    assert_eq!(fixture.gateway.checkout("r").counts().conflicts, 1);
    assert_eq!(fixture.fetch("r").await.amount, inr("200.12"));
}

#[tokio::test]
async fn a_checkout_prepared_for_another_provider_or_environment_is_not_sent() {
    let fixture = Fixture::new();
    let mut prepared = fixture.prepared("r");
    prepared.provider = ProviderId::new("other").unwrap();
    prepared.environment = Environment::Production;
    let error = fixture
        .provider
        .create_checkout(&prepared)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::InvalidRequest);
    assert_eq!(error.effect(), Effect::NotSent);
    assert!(error.violations().names("provider"), "{error}");
    assert!(error.violations().names("environment"), "{error}");
    assert!(fixture.gateway.calls().is_empty());
}

#[tokio::test]
async fn an_expired_or_unreadable_request_is_rejected() {
    let fixture = Fixture::new();
    let prepared = fixture.prepared("r");
    let mut unreadable = prepared.clone();
    unreadable.body = "{".into();
    let error = fixture
        .provider
        .create_checkout(&unreadable)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ProviderErrorKind::InvalidRequest, Some(400))
    );
    fixture.clock.advance(std::time::Duration::from_hours(1));
    let error = fixture
        .provider
        .create_checkout(&prepared)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ProviderErrorKind::InvalidRequest, Effect::Rejected)
    );
    assert!(fixture.gateway.checkouts().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_concurrent_calls_create_one_checkout() {
    let fixture = Fixture::new();
    let prepared = fixture.prepared("r");
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (provider, prepared) = (fixture.provider.clone(), prepared.clone());
            tokio::spawn(async move { provider.create_checkout(&prepared).await.unwrap() })
        })
        .collect();
    let mut made = 0;
    let mut ids = std::collections::HashSet::new();
    for task in tasks {
        let created = task.await.unwrap();
        made += usize::from(matches!(created, CreatedCheckout::Created(_)));
        ids.insert(created.into_checkout().gateway_id);
    }
    assert_eq!(
        (made, ids.len(), fixture.gateway.checkouts().len()),
        (1, 1, 1)
    );
    assert_eq!(fixture.gateway.checkout("r").counts().adopted, 7);
    assert_eq!(fixture.gateway.call_count(Operation::CreateCheckout), 8);
}

#[tokio::test]
async fn a_checkout_ends_once() {
    let fixture = Fixture::new();
    fixture.checkout("r").await;
    let Cancellation::Cancelled(ended) = fixture.cancel("r").await else {
        panic!("not cancelled");
    };
    assert_eq!(ended.status, CheckoutStatus::Cancelled);
    assert_eq!(ended.next_action, NextAction::None);
    assert_eq!(fixture.cancel("r").await, Cancellation::AlreadyEnded(ended));
    assert_eq!(fixture.gateway.checkout("r").counts().cancelled, 2);

    fixture.checkout("paid").await.pay();
    let Cancellation::AlreadyEnded(paid) = fixture.cancel("paid").await else {
        panic!("a paid checkout was cancelled");
    };
    assert_eq!(
        (paid.status, paid.amount_paid),
        (CheckoutStatus::Paid, inr("200.12"))
    );
}

#[tokio::test]
async fn an_expiry_is_reported() {
    let fixture = Fixture::new();
    fixture.checkout("r").await;
    fixture.clock.advance(std::time::Duration::from_mins(59));
    assert_eq!(fixture.fetch("r").await.status, CheckoutStatus::Open);
    assert!(fixture.gateway.deliveries().is_empty());
    fixture
        .clock
        .set(fixture.clock.now() + SignedDuration::from_mins(1));
    assert_eq!(fixture.fetch("r").await.status, CheckoutStatus::Expired);
    assert_eq!(fixture.gateway.deliveries().len(), 1);
    let ended = fixture.cancel("r").await;
    assert!(matches!(ended, Cancellation::AlreadyEnded(_)), "{ended:?}");
}

#[tokio::test]
async fn an_unknown_checkout_is_not_found() {
    let fixture = Fixture::new();
    let provider = &fixture.provider;
    let errors = [
        provider.fetch_checkout(&locator("r")).await.unwrap_err(),
        provider.list_payments(&locator("r")).await.unwrap_err(),
        provider.cancel_checkout(&locator("r")).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ProviderErrorKind::NotFound);
        assert_eq!(
            (error.effect(), error.status()),
            (Effect::Rejected, Some(404))
        );
        assert!(error.request_id().is_some() && error.gateway_code().is_some());
    }
}

#[tokio::test]
async fn a_reference_with_another_gateway_id_is_a_conflict() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let mut locator = checkout.locator();
    locator.gateway_id = GatewayCheckoutId::new("chk_other").ok();
    let error = fixture
        .provider
        .cancel_checkout(&locator)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Conflict);
    assert_eq!(error.differences()[0].field, "gateway_id");
    assert_eq!(checkout.status(), CheckoutStatus::Open);
}
