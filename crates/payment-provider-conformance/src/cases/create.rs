//! A checkout is made once.

use futures_util::future::join_all;
use payment_provider_core::{
    Checkout, CheckoutStatus, CreatedCheckout, Effect, Environment, ErrorKind, NextAction,
    PreparedCheckout, ProviderId,
};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::Fixture;

pub(super) const CASES: &[Case] = &[
    case!(
        "create.matches-the-request",
        contract::CREATE,
        [],
        "a checkout is for this reference and this amount, and says what the payer does next",
        makes_what_was_asked
    ),
    case!(
        "create.repeat-adopts",
        contract::CREATE,
        [Gateway],
        "asking again finds what is there and makes no second checkout",
        again_adopts
    ),
    case!(
        "create.adopts-paid-checkout",
        contract::CREATE,
        [StatusInquiry],
        "a checkout that was paid in between is adopted as paid, not offered again",
        adopts_what_is_paid
    ),
    case!(
        "create.different-amount-conflicts",
        contract::CREATE,
        [Gateway],
        "what is there under the reference and is not what was asked for is a conflict",
        reports_another_amount
    ),
    case!(
        "create.different-content-conflicts",
        contract::CREATE,
        [Gateway],
        "the same amount for something else is a conflict too: the fingerprint tells",
        reports_other_content
    ),
    case!(
        "create.concurrent-calls-create-one",
        contract::CREATE,
        [],
        "several callers with one reference get one checkout",
        at_once_makes_one
    ),
    case!(
        "create.survives-serialization",
        contract::PREPARED,
        [],
        "a prepared checkout that was stored and read again is the same checkout",
        after_storing
    ),
    case!(
        "create.rejects-other-environment",
        contract::PREPARED,
        [],
        "what was prepared for the other environment is refused before anything is sent",
        refuses_another_environment
    ),
    case!(
        "create.rejects-other-provider",
        contract::PREPARED,
        [],
        "what another provider prepared is refused before anything is sent",
        refuses_another_provider
    ),
];

async fn makes_what_was_asked(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("asked")?;
    let created = account.create(&prepared).await?;
    let CreatedCheckout::Created(checkout) = created else {
        fail!("a checkout that nobody made before is told as adopted");
    };
    ensure!(
        checkout.reference == prepared.reference,
        "it has another reference"
    );
    let (asked, found) = (prepared.amount, checkout.amount);
    ensure!(asked == found, "asked for {asked}, the answer says {found}");
    ensure!(
        checkout.amount_paid.is_zero(),
        "a new checkout says {} is paid",
        checkout.amount_paid
    );
    let open = checkout.status == CheckoutStatus::Open;
    ensure!(open, "a new checkout is told as {}", checkout.status);
    if let NextAction::Redirect(url) = &checkout.next_action {
        let loopback = url.host_str().is_some_and(|host| host.starts_with("127."));
        ensure!(
            url.scheme() != "http" || loopback,
            "the payer is sent to a page without TLS"
        );
    } else {
        fail!("a new checkout leaves the payer nothing to do");
    }
    if fixture.is_http() {
        account.expect_one_checkout(&prepared.reference).await?;
        let creations = account.creations()?.len();
        ensure!(
            creations == 1,
            "{creations} creations were sent for one checkout"
        );
    }
    Ok(())
}

/// Whether two answers are about one checkout. Its address may be another each time, unless it is
/// all there is to know it by.
fn are_one(first: &Checkout, second: &Checkout) -> bool {
    first.gateway_id == second.gateway_id
        && (first.gateway_id.is_some() || first.next_action == second.next_action)
}

async fn again_adopts(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("again")?;
    let first = account.create(&prepared).await?.into_checkout();
    let second = account.create(&prepared).await?;
    let CreatedCheckout::Adopted(second) = second else {
        fail!("a checkout that was there already is told as created");
    };
    ensure!(
        are_one(&first, &second),
        "asking again gives another checkout"
    );
    ensure!(
        second.next_action != NextAction::None,
        "asking again leaves the payer nothing to do"
    );
    account.expect_one_checkout(&prepared.reference).await
}

async fn adopts_what_is_paid(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("paid")?;
    account.create(&prepared).await?;
    account
        .gateway
        .pay(&prepared.reference, prepared.amount)
        .await?;
    let CreatedCheckout::Adopted(checkout) = account.create(&prepared).await? else {
        fail!("a checkout that was paid meanwhile is told as created");
    };
    ensure!(
        checkout.status == CheckoutStatus::Paid,
        "it is told as {}",
        checkout.status
    );
    let paid = checkout.amount_paid;
    ensure!(
        paid == prepared.amount,
        "{} was paid, the answer says {paid}",
        prepared.amount
    );
    let nothing = checkout.next_action == NextAction::None;
    ensure!(nothing, "the payer of a paid checkout is sent to pay again");
    account.expect_one_checkout(&prepared.reference).await
}

async fn reports_another_amount(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("amount")?;
    account.create(&prepared).await?;
    let more = crate::fixture::doubled(prepared.amount);
    let other = account.prepare(&fixture.request_for("amount", more))?;
    conflict(&fixture, &other, "amount").await
}

async fn reports_other_content(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("content")?;
    account.create(&prepared).await?;
    let mut request = fixture.request("content");
    "Invoice 4712".clone_into(&mut request.purpose);
    let other = account.prepare(&request)?;
    let same = other.fingerprint == prepared.fingerprint;
    ensure!(
        !same,
        "two requests of different content have one fingerprint"
    );
    conflict(&fixture, &other, "fingerprint").await
}

async fn conflict(fixture: &Fixture, other: &PreparedCheckout, field: &str) -> CaseResult {
    let account = &fixture.first;
    let Err(error) = account.provider.create(other).await? else {
        fail!("a checkout that differs in its {field} is handed out as the one asked for");
    };
    let kind = error.kind();
    ensure!(
        kind == ErrorKind::Conflict,
        "expected a conflict, got {kind:?}: {error}"
    );
    let named = error
        .differences()
        .iter()
        .any(|difference| difference.field == field);
    // A provider that cannot ask its gateway cannot know in what they differ.
    ensure!(
        named || !fixture.descriptor().capabilities.status_inquiry,
        "the conflict does not say that {field} differs: look at what is there, and list it among \
         the differences: {error}"
    );
    account.expect_one_checkout(&other.reference).await
}

async fn at_once_makes_one(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("at-once")?;
    let calls = (0..8).map(|_| account.provider.create(&prepared));
    let mut found = Vec::new();
    for outcome in join_all(calls).await {
        match outcome? {
            Ok(created) => found.push(created.into_checkout()),
            Err(error) => {
                let lost = error.effect() == Effect::MaybeApplied;
                ensure!(
                    lost,
                    "one of several callers is told for certain that it failed: {error}"
                );
            }
        }
    }
    found.push(account.create(&prepared).await?.into_checkout());
    let one = found.windows(2).all(|pair| are_one(&pair[0], &pair[1]));
    ensure!(
        one,
        "several callers with one reference got different checkouts"
    );
    if fixture.is_http() {
        account.expect_one_checkout(&prepared.reference).await?;
    }
    Ok(())
}

async fn after_storing(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("stored")?;
    let stored = serde_json::to_string(&prepared)
        .map_err(|error| CaseFailure::Broken(format!("it cannot be stored: {error}")))?;
    let read: PreparedCheckout = serde_json::from_str(&stored)
        .map_err(|error| CaseFailure::Broken(format!("what was stored cannot be read: {error}")))?;
    ensure!(read == prepared, "what was stored is not what is read");
    let first = account.create(&prepared).await?.into_checkout();
    let again = fixture.reconnect(&[0])?;
    let second = match again.create(&read).await? {
        Ok(created) => created.into_checkout(),
        Err(error) => fail!("what was stored cannot be asked for again: {error}"),
    };
    ensure!(
        are_one(&first, &second),
        "after a restart there is another checkout"
    );
    Ok(())
}

async fn refuses_another_environment(fixture: Fixture) -> CaseResult {
    let mut prepared = fixture.prepared("environment")?;
    prepared.environment = match prepared.environment {
        Environment::Production => Environment::Sandbox,
        Environment::Sandbox => Environment::Production,
    };
    foreign(&fixture, &prepared, "environment").await
}

async fn refuses_another_provider(fixture: Fixture) -> CaseResult {
    let mut prepared = fixture.prepared("provider")?;
    let name = format!("not-{}", prepared.provider);
    match ProviderId::new(name) {
        Ok(id) => prepared.provider = id,
        Err(error) => fail!("{error}"),
    }
    foreign(&fixture, &prepared, "provider").await
}

async fn foreign(fixture: &Fixture, prepared: &PreparedCheckout, field: &str) -> CaseResult {
    let before = fixture.first.call_count().await;
    let Err(error) = fixture.first.provider.create(prepared).await? else {
        fail!("what was prepared for another {field} is made");
    };
    let kind = error.kind();
    ensure!(
        kind == ErrorKind::InvalidRequest,
        "expected InvalidRequest, got {kind:?}: {error}"
    );
    let applied = error.effect() == Effect::MaybeApplied;
    ensure!(
        !applied,
        "a request that was not sent is told as perhaps carried out"
    );
    let what = format!("what was prepared for another {field}");
    fixture.first.expect_no_calls_since(before, &what).await
}
