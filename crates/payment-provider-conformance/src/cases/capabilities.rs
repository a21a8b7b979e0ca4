//! What is declared works; what is not declared is refused, and nothing is sent for it.

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
        "a part is taken, told, and leaves the rest payable",
        partial_payments_work
    ),
    case!(
        "capabilities.undeclared-partial-payments-are-rejected",
        contract::CAPABILITIES,
        [NoPartialPayments],
        "instalments that the gateway does not offer are refused before anything is sent",
        partial_payments_undeclared
    ),
    case!(
        "capabilities.notify-url-works",
        contract::CAPABILITIES,
        [NotifyUrl, Http],
        "the webhook address of a checkout is sent to the gateway",
        notify_url_works
    ),
    case!(
        "capabilities.undeclared-notify-url-is-rejected",
        contract::CAPABILITIES,
        [NoNotifyUrl],
        "a webhook address that the gateway does not take is refused, not dropped",
        notify_url_undeclared
    ),
    case!(
        "capabilities.method-choice-works",
        contract::CAPABILITIES,
        [MethodChoice, Http],
        "a choice of methods reaches the gateway",
        method_choice_works
    ),
    case!(
        "capabilities.undeclared-method-choice-is-rejected",
        contract::CAPABILITIES,
        [NoMethodChoice],
        "a choice of methods that the gateway does not know is refused, not dropped",
        method_choice_undeclared
    ),
    case!(
        "capabilities.payer-notification-works",
        contract::CAPABILITIES,
        [PayerNotification, Http],
        "the wish that the gateway writes to the payer reaches it",
        payer_notification_works
    ),
    case!(
        "capabilities.undeclared-payer-notification-is-rejected",
        contract::CAPABILITIES,
        [NoPayerNotification],
        "messages that the gateway does not send are refused, not dropped",
        payer_notification_undeclared
    ),
    case!(
        "capabilities.reminders-work",
        contract::CAPABILITIES,
        [Reminders, Http],
        "the wish for reminders reaches the gateway",
        reminders_work
    ),
    case!(
        "capabilities.undeclared-reminders-are-rejected",
        contract::CAPABILITIES,
        [NoReminders],
        "reminders that the gateway does not send are refused, not dropped",
        reminders_undeclared
    ),
    case!(
        "capabilities.foreign-extensions-are-ignored",
        contract::CAPABILITIES,
        [],
        "what a host says to another gateway changes nothing here",
        extensions_of_others
    ),
    case!(
        "capabilities.signed-timestamps-need-status-inquiry",
        contract::CAPABILITIES,
        [SignedTimestamps],
        "an old delivery is only a reason to ask: without status inquiry its money would be lost",
        old_deliveries_can_be_asked_about
    ),
];

async fn old_deliveries_can_be_asked_about(fixture: Fixture) -> CaseResult {
    let inquiry = fixture.descriptor().capabilities.status_inquiry;
    ensure!(
        inquiry,
        "signed_timestamps is declared without status_inquiry: nobody can be asked about old news"
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
    let begun = found.status == CheckoutStatus::PartiallyPaid;
    ensure!(begun, "with a part paid it is told as {}", found.status);
    let paid = found.amount_paid;
    ensure!(paid == part, "{part} was paid, the answer says {paid}");
    let asked = prepared.amount;
    ensure!(
        found.amount == asked,
        "{asked} was asked for, the answer says {}",
        found.amount
    );
    Ok(())
}

async fn partial_payments_undeclared(fixture: Fixture) -> CaseResult {
    let request = fixture
        .request("parts")
        .with_partial_payments(PartialPayments::any());
    refused(&fixture, &request, "partial_payments").await
}

async fn notify_url_works(fixture: Fixture) -> CaseResult {
    let canary = "canarynotifyaddress";
    let url = format!("https://host.example/{canary}");
    let url = url
        .parse()
        .map_err(|_| CaseFailure::Broken("no address".to_owned()))?;
    let prepared = fixture
        .first
        .prepare(&fixture.request("notify").with_notify_url(url))?;
    fixture.first.create(&prepared).await?;
    let creations = fixture.first.creations()?;
    let told = creations.iter().any(|creation| {
        let text = String::from_utf8_lossy(&creation.raw).into_owned();
        text.contains(canary)
    });
    ensure!(told, "the webhook address is in none of the requests");
    Ok(())
}

async fn notify_url_undeclared(fixture: Fixture) -> CaseResult {
    let request = fixture
        .request("notify")
        .with_notify_url(Fixture::unused_address()?);
    refused(&fixture, &request, "notify_url").await
}

async fn method_choice_works(fixture: Fixture) -> CaseResult {
    let methods = [
        PaymentMethod::Upi,
        PaymentMethod::CreditCard,
        PaymentMethod::NetBanking,
    ];
    for method in methods {
        let options = CheckoutOptions::new().with_methods([method]);
        if reaches(&fixture, options)? {
            return Ok(());
        }
    }
    fail!("a choice of methods changes nothing of what is sent")
}

async fn method_choice_undeclared(fixture: Fixture) -> CaseResult {
    let options = CheckoutOptions::new().with_methods([PaymentMethod::CreditCard]);
    refused(
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
        if reaches(&fixture, options)? {
            return Ok(());
        }
    }
    fail!("a wish for messages changes nothing of what is sent")
}

async fn payer_notification_undeclared(fixture: Fixture) -> CaseResult {
    let by = PayerNotification::NONE.by_email();
    let options = CheckoutOptions::new().with_notify_payer(by);
    refused(
        &fixture,
        &fixture.request("options").with_options(options),
        "options.notify_payer",
    )
    .await
}

async fn reminders_work(fixture: Fixture) -> CaseResult {
    let reaches = reaches(&fixture, CheckoutOptions::new().with_reminders())?;
    ensure!(
        reaches,
        "a wish for reminders changes nothing of what is sent"
    );
    Ok(())
}

async fn reminders_undeclared(fixture: Fixture) -> CaseResult {
    let options = CheckoutOptions::new().with_reminders();
    refused(
        &fixture,
        &fixture.request("options").with_options(options),
        "options.reminders",
    )
    .await
}

async fn extensions_of_others(fixture: Fixture) -> CaseResult {
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
        "what was meant for another gateway is sent to this one"
    );
    Ok(())
}

/// Whether these options change what is sent. Options that are declared must be accepted in at
/// least one form.
fn reaches(fixture: &Fixture, options: CheckoutOptions) -> Result<bool, CaseFailure> {
    let plain = fixture.first.prepare(&fixture.request("options"))?;
    let request = fixture.request("options").with_options(options);
    match fixture.first.provider.prepare(&request)? {
        Ok(prepared) => Ok(prepared.body != plain.body),
        Err(_) => Ok(false),
    }
}

async fn refused(fixture: &Fixture, request: &CheckoutRequest, field: &str) -> CaseResult {
    let before = fixture.first.call_count().await;
    let Err(violations) = fixture.first.provider.prepare(request)? else {
        fail!("{field} is not declared and is accepted");
    };
    let named = violations
        .iter()
        .any(|violation| violation.field.starts_with(field));
    ensure!(named, "the violation does not name {field}: {violations}");
    let what = format!("{field} is not declared");
    fixture.first.expect_no_calls_since(before, &what).await
}
