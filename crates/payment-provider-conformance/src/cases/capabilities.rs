//! Declared capabilities work. Requests that need an undeclared one are rejected before anything is
//! sent.

use payment_provider_core::{
    CheckoutExtension, CheckoutOptions, CheckoutRequest, CheckoutStatus, PartialPayments,
    PayerNotification, PaymentMethod, ProviderId,
};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::{Fixture, half};

pub(super) const CASES: &[Case] = &[
    case!(
        "capabilities.partial-payments-work",
        contract::CAPABILITIES,
        [PartialPayments, StatusInquiry],
        "a partial payment is accepted and reported, and the rest stays payable",
        partial_payments_work
    ),
    case!(
        "capabilities.undeclared-partial-payments-are-rejected",
        contract::CAPABILITIES,
        [NoPartialPayments],
        "partial payments that the gateway does not offer are rejected before anything is sent",
        partial_payments_undeclared
    ),
    case!(
        "capabilities.notify-url-works",
        contract::CAPABILITIES,
        [NotifyUrl, Http],
        "a checkout's webhook URL is sent to the gateway",
        notify_url_works
    ),
    case!(
        "capabilities.undeclared-notify-url-is-rejected",
        contract::CAPABILITIES,
        [NoNotifyUrl],
        "a webhook URL that the gateway does not support is rejected, not ignored",
        notify_url_undeclared
    ),
    case!(
        "capabilities.method-choice-works",
        contract::CAPABILITIES,
        [MethodChoice, Http],
        "a restriction of payment methods is sent to the gateway",
        method_choice_works
    ),
    case!(
        "capabilities.undeclared-method-choice-is-rejected",
        contract::CAPABILITIES,
        [NoMethodChoice],
        "a restriction of payment methods that the gateway does not support is rejected, not ignored",
        method_choice_undeclared
    ),
    case!(
        "capabilities.payer-notification-works",
        contract::CAPABILITIES,
        [PayerNotification, Http],
        "a request to notify the payer is sent to the gateway",
        payer_notification_works
    ),
    case!(
        "capabilities.undeclared-payer-notification-is-rejected",
        contract::CAPABILITIES,
        [NoPayerNotification],
        "notifications that the gateway does not support are rejected, not ignored",
        payer_notification_undeclared
    ),
    case!(
        "capabilities.reminders-work",
        contract::CAPABILITIES,
        [Reminders, Http],
        "a request for reminders is sent to the gateway",
        reminders_work
    ),
    case!(
        "capabilities.undeclared-reminders-are-rejected",
        contract::CAPABILITIES,
        [NoReminders],
        "reminders that the gateway does not support are rejected, not ignored",
        reminders_undeclared
    ),
    case!(
        "capabilities.foreign-extensions-are-ignored",
        contract::CAPABILITIES,
        [],
        "extension options for another provider have no effect",
        foreign_extensions
    ),
    case!(
        "capabilities.signed-timestamps-need-status-inquiry",
        contract::CAPABILITIES,
        [SignedTimestamps],
        "a stale delivery only triggers a lookup, so without status inquiry its payment would be lost",
        timestamps_need_inquiry
    ),
];

async fn timestamps_need_inquiry(fixture: Fixture) -> CaseResult {
    let inquiry = fixture.descriptor().capabilities.status_inquiry;
    ensure!(
        inquiry,
        "signed_timestamps is declared without status_inquiry: stale deliveries could not be resolved"
    );
    Ok(())
}

async fn partial_payments_work(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let request = fixture
        .request("parts")
        .with_partial_payments(PartialPayments::any());
    let prepared = account.prepare(&request)?;
    let made = account.create(&prepared).await?.into_checkout();
    let part = half(prepared.amount);
    account.gateway.pay(&prepared.reference, part).await?;
    let found = account.fetch(&made.locator()).await?;
    let partial = found.status == CheckoutStatus::PartiallyPaid;
    ensure!(
        partial,
        "after a partial payment the status is {}",
        found.status
    );
    let paid = found.amount_paid;
    ensure!(paid == part, "{part} was paid, the response says {paid}");
    let asked = prepared.amount;
    ensure!(
        found.amount == asked,
        "{asked} was requested, the response says {}",
        found.amount
    );
    Ok(())
}

async fn partial_payments_undeclared(fixture: Fixture) -> CaseResult {
    let request = fixture
        .request("parts")
        .with_partial_payments(PartialPayments::any());
    rejected(&fixture, &request, "partial_payments").await
}

async fn notify_url_works(fixture: Fixture) -> CaseResult {
    let canary = "canarynotifyaddress";
    let url = format!("https://host.example/{canary}");
    let url = url
        .parse()
        .map_err(|_| CaseFailure::Broken("invalid URL".to_owned()))?;
    let prepared = fixture
        .first
        .prepare(&fixture.request("notify").with_notify_url(url))?;
    fixture.first.create(&prepared).await?;
    let creations = fixture.first.creations()?;
    let sent = creations.iter().any(|creation| {
        let text = String::from_utf8_lossy(&creation.raw).into_owned();
        text.contains(canary)
    });
    ensure!(sent, "no creation request contains the webhook URL");
    Ok(())
}

async fn notify_url_undeclared(fixture: Fixture) -> CaseResult {
    let request = fixture
        .request("notify")
        .with_notify_url(Fixture::unused_address()?);
    rejected(&fixture, &request, "notify_url").await
}

async fn method_choice_works(fixture: Fixture) -> CaseResult {
    let methods = [
        PaymentMethod::Upi,
        PaymentMethod::CreditCard,
        PaymentMethod::NetBanking,
    ];
    for method in methods {
        let options = CheckoutOptions::new().with_methods([method]);
        if changes_request(&fixture, options)? {
            return Ok(());
        }
    }
    fail!("a restriction of payment methods does not change the request")
}

async fn method_choice_undeclared(fixture: Fixture) -> CaseResult {
    let options = CheckoutOptions::new().with_methods([PaymentMethod::CreditCard]);
    rejected(
        &fixture,
        &fixture.request("options").with_options(options),
        "options.methods",
    )
    .await
}

async fn payer_notification_works(fixture: Fixture) -> CaseResult {
    for by in [
        PayerNotification::NONE.by_email(),
        PayerNotification::NONE.by_sms(),
    ] {
        let options = CheckoutOptions::new().with_notify_payer(by);
        if changes_request(&fixture, options)? {
            return Ok(());
        }
    }
    fail!("a payer notification does not change the request")
}

async fn payer_notification_undeclared(fixture: Fixture) -> CaseResult {
    let by = PayerNotification::NONE.by_email();
    let options = CheckoutOptions::new().with_notify_payer(by);
    rejected(
        &fixture,
        &fixture.request("options").with_options(options),
        "options.notify_payer",
    )
    .await
}

async fn reminders_work(fixture: Fixture) -> CaseResult {
    let changes_request = changes_request(&fixture, CheckoutOptions::new().with_reminders())?;
    ensure!(changes_request, "reminders do not change the request");
    Ok(())
}

async fn reminders_undeclared(fixture: Fixture) -> CaseResult {
    let options = CheckoutOptions::new().with_reminders();
    rejected(
        &fixture,
        &fixture.request("options").with_options(options),
        "options.reminders",
    )
    .await
}

async fn foreign_extensions(fixture: Fixture) -> CaseResult {
    let other = format!("not-{}", fixture.descriptor().id);
    let other = match ProviderId::new(other) {
        Ok(id) => CheckoutExtension::new(id).with_json("anything", "{\"at\":\"all\"}"),
        Err(error) => fail!("{error}"),
    };
    let request = fixture.request("options");
    let plain = fixture.first.prepare(&request)?;
    let options = request.options.clone().with_extension(other);
    let with = fixture.first.prepare(&request.with_options(options))?;
    ensure!(
        plain.body == with.body,
        "extension options for another provider change the request"
    );
    Ok(())
}

/// Returns true if these options are accepted and change the request. Declared options have to be
/// accepted in at least one form.
fn changes_request(fixture: &Fixture, options: CheckoutOptions) -> Result<bool, CaseFailure> {
    let plain = fixture.first.prepare(&fixture.request("options"))?;
    let request = fixture.request("options").with_options(options);
    match fixture.first.provider.prepare(&request)? {
        Ok(prepared) => Ok(prepared.body != plain.body),
        Err(_) => Ok(false),
    }
}

async fn rejected(fixture: &Fixture, request: &CheckoutRequest, field: &str) -> CaseResult {
    let before = fixture.first.call_count().await;
    let Err(violations) = fixture.first.provider.prepare(request)? else {
        fail!("{field} is not declared but is accepted");
    };
    let named = violations
        .iter()
        .any(|violation| violation.field.starts_with(field));
    ensure!(named, "the violation does not name {field}: {violations}");
    let what = format!("{field} is not declared");
    fixture.first.expect_no_calls_since(before, &what).await
}
