//! What is declared works; what is not declared is refused, and nothing is sent for it.

use payment_provider_core::{
    CheckoutExtension, CheckoutOptions, CheckoutRequest, CheckoutStatus, PartialPayments,
    PayerNotification, PaymentMethod, ProviderId,
};

use crate::bench::{Bench, half};
use crate::case::{CAPABILITIES, Case, Failure, Verdict, case, ensure, fail};

pub(super) const CASES: &[Case] = &[
    case!(
        "capabilities.partial-payments-work",
        CAPABILITIES,
        [PartialPayments, StatusInquiry],
        "a part is taken, told, and leaves the rest payable",
        partial_payments_work
    ),
    case!(
        "capabilities.partial-payments-undeclared",
        CAPABILITIES,
        [NoPartialPayments],
        "instalments that the gateway does not offer are refused before anything is sent",
        partial_payments_undeclared
    ),
    case!(
        "capabilities.notify-url-works",
        CAPABILITIES,
        [NotifyUrl, Http],
        "the webhook address of a checkout is sent to the gateway",
        notify_url_works
    ),
    case!(
        "capabilities.notify-url-undeclared",
        CAPABILITIES,
        [NoNotifyUrl],
        "a webhook address that the gateway does not take is refused, not dropped",
        notify_url_undeclared
    ),
    case!(
        "capabilities.method-choice-works",
        CAPABILITIES,
        [MethodChoice, Http],
        "a choice of methods reaches the gateway",
        method_choice_works
    ),
    case!(
        "capabilities.method-choice-undeclared",
        CAPABILITIES,
        [NoMethodChoice],
        "a choice of methods that the gateway does not know is refused, not dropped",
        method_choice_undeclared
    ),
    case!(
        "capabilities.payer-notification-works",
        CAPABILITIES,
        [PayerNotification, Http],
        "the wish that the gateway writes to the payer reaches it",
        payer_notification_works
    ),
    case!(
        "capabilities.payer-notification-undeclared",
        CAPABILITIES,
        [NoPayerNotification],
        "messages that the gateway does not send are refused, not dropped",
        payer_notification_undeclared
    ),
    case!(
        "capabilities.reminders-work",
        CAPABILITIES,
        [Reminders, Http],
        "the wish for reminders reaches the gateway",
        reminders_work
    ),
    case!(
        "capabilities.reminders-undeclared",
        CAPABILITIES,
        [NoReminders],
        "reminders that the gateway does not send are refused, not dropped",
        reminders_undeclared
    ),
    case!(
        "capabilities.extensions-of-others-are-ignored",
        CAPABILITIES,
        [],
        "what a host says to another gateway changes nothing here",
        extensions_of_others
    ),
    case!(
        "capabilities.old-deliveries-can-be-asked-about",
        CAPABILITIES,
        [SignedTimestamps],
        "an old delivery is only a reason to ask: without status inquiry its money would be lost",
        old_deliveries_can_be_asked_about
    ),
];

async fn old_deliveries_can_be_asked_about(bench: Bench) -> Verdict {
    let inquiry = bench.descriptor().capabilities.status_inquiry;
    ensure!(
        inquiry,
        "signed_timestamps is declared without status_inquiry: nobody can be asked about old news"
    );
    Ok(())
}

async fn partial_payments_work(bench: Bench) -> Verdict {
    let party = &bench.first;
    let request = bench
        .request("parts")
        .with_partial_payments(PartialPayments::any());
    let prepared = party.prepare(&request)?;
    let made = party.make(&prepared).await?.into_checkout();
    let part = half(prepared.amount);
    party.gateway.pay(&prepared.reference, part).await?;
    let found = party.look(&made.locator()).await?;
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

async fn partial_payments_undeclared(bench: Bench) -> Verdict {
    let request = bench
        .request("parts")
        .with_partial_payments(PartialPayments::any());
    refused(&bench, &request, "partial_payments").await
}

async fn notify_url_works(bench: Bench) -> Verdict {
    let canary = "canarynotifyaddress";
    let url = format!("https://host.example/{canary}");
    let url = url
        .parse()
        .map_err(|_| Failure::Broken("no address".to_owned()))?;
    let prepared = bench
        .first
        .prepare(&bench.request("notify").with_notify_url(url))?;
    bench.first.make(&prepared).await?;
    let creations = bench.first.creations()?;
    let told = creations.iter().any(|creation| {
        let text = String::from_utf8_lossy(&creation.raw).into_owned();
        text.contains(canary)
    });
    ensure!(told, "the webhook address is in none of the requests");
    Ok(())
}

async fn notify_url_undeclared(bench: Bench) -> Verdict {
    let request = bench
        .request("notify")
        .with_notify_url(Bench::unused_address()?);
    refused(&bench, &request, "notify_url").await
}

async fn method_choice_works(bench: Bench) -> Verdict {
    let methods = [
        PaymentMethod::Upi,
        PaymentMethod::CreditCard,
        PaymentMethod::NetBanking,
    ];
    for method in methods {
        let options = CheckoutOptions::new().with_methods([method]);
        if reaches(&bench, options)? {
            return Ok(());
        }
    }
    fail!("a choice of methods changes nothing of what is sent")
}

async fn method_choice_undeclared(bench: Bench) -> Verdict {
    let options = CheckoutOptions::new().with_methods([PaymentMethod::CreditCard]);
    refused(
        &bench,
        &bench.request("options").with_options(options),
        "options.methods",
    )
    .await
}

async fn payer_notification_works(bench: Bench) -> Verdict {
    for by in [
        PayerNotification::NONE.by_email(),
        PayerNotification::NONE.by_sms(),
    ] {
        let options = CheckoutOptions::new().with_notify_payer(by);
        if reaches(&bench, options)? {
            return Ok(());
        }
    }
    fail!("a wish for messages changes nothing of what is sent")
}

async fn payer_notification_undeclared(bench: Bench) -> Verdict {
    let by = PayerNotification::NONE.by_email();
    let options = CheckoutOptions::new().with_notify_payer(by);
    refused(
        &bench,
        &bench.request("options").with_options(options),
        "options.notify_payer",
    )
    .await
}

async fn reminders_work(bench: Bench) -> Verdict {
    let reaches = reaches(&bench, CheckoutOptions::new().with_reminders())?;
    ensure!(
        reaches,
        "a wish for reminders changes nothing of what is sent"
    );
    Ok(())
}

async fn reminders_undeclared(bench: Bench) -> Verdict {
    let options = CheckoutOptions::new().with_reminders();
    refused(
        &bench,
        &bench.request("options").with_options(options),
        "options.reminders",
    )
    .await
}

async fn extensions_of_others(bench: Bench) -> Verdict {
    let other = format!("not-{}", bench.descriptor().id);
    let other = match ProviderId::new(other) {
        Ok(id) => CheckoutExtension::new(id).with_json("anything", "{\"at\":\"all\"}"),
        Err(error) => fail!("{error}"),
    };
    let request = bench.request("options");
    let plain = bench.first.prepare(&request)?;
    let options = request.options.clone().with_extension(other);
    let with = bench.first.prepare(&request.with_options(options))?;
    ensure!(
        plain.body == with.body,
        "what was meant for another gateway is sent to this one"
    );
    Ok(())
}

/// Whether these options change what is sent. Options that are declared must be accepted in at
/// least one form.
fn reaches(bench: &Bench, options: CheckoutOptions) -> Result<bool, Failure> {
    let plain = bench.first.prepare(&bench.request("options"))?;
    let request = bench.request("options").with_options(options);
    match bench.first.provider.preflight(&request)? {
        Ok(prepared) => Ok(prepared.body != plain.body),
        Err(_) => Ok(false),
    }
}

async fn refused(bench: &Bench, request: &CheckoutRequest, field: &str) -> Verdict {
    let before = bench.first.calls().await;
    let Err(violations) = bench.first.provider.preflight(request)? else {
        fail!("{field} is not declared and is accepted");
    };
    let named = violations
        .iter()
        .any(|violation| violation.field.starts_with(field));
    ensure!(named, "the violation does not name {field}: {violations}");
    let what = format!("{field} is not declared");
    bench.first.quiet_since(before, &what).await
}
