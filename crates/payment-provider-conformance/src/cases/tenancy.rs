//! What belongs to one connection never shows in another.

use data_encoding::{BASE64, BASE64_NOPAD};
use futures_util::future::join_all;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{CheckoutLocator, ErrorKind, SettingValue};

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::{Fixture, TestAccount};
use crate::harness::{MerchantAccount, Scenario};
use crate::wire::RecordedRequest;

pub(super) const CASES: &[Case] = &[
    case!(
        "tenancy.credentials-are-not-shared",
        contract::PROVIDER,
        [Http],
        "two connections used at once call two gateways, each with its own credentials",
        each_calls_its_own
    ),
    case!(
        "tenancy.checkouts-are-not-shared",
        contract::PROVIDER,
        [StatusInquiry],
        "one connection does not find the checkouts of another",
        checkouts_are_not_shared
    ),
    case!(
        "tenancy.deliveries-are-not-shared",
        contract::WEBHOOK,
        [],
        "a delivery for one connection is no delivery for another",
        deliveries_are_not_shared
    ),
];

async fn each_calls_its_own(fixture: Fixture) -> CaseResult {
    let second = fixture.open(MerchantAccount::new(1, [0])).await?;
    let accounts = [&fixture.first, &second];
    let mut prepared = Vec::new();
    for number in 0..6 {
        let account = accounts[number % 2];
        prepared.push((
            account,
            account.prepare(&fixture.request(&format!("tenant-{number}")))?,
        ));
    }
    let calls = prepared
        .iter()
        .map(|(account, prepared)| account.create(prepared));
    for outcome in join_all(calls).await {
        outcome?;
    }
    for (own, other) in [(&fixture.first, &second), (&second, &fixture.first)] {
        let requests = own.requests();
        let made = own.creations()?.len();
        ensure!(
            made == 3,
            "three checkouts were asked for at one gateway, {made} arrived"
        );
        let foreign = marks(&fixture, other);
        let mine = marks(&fixture, own);
        for request in requests {
            let text = readable(&request);
            let wrong = foreign
                .iter()
                .any(|mark| text.contains(mark) && !mine.contains(mark));
            ensure!(
                !wrong,
                "a call of one account carries the credentials of another"
            );
        }
    }
    Ok(())
}

/// What gives an account away: the values of its settings.
fn marks(fixture: &Fixture, account: &TestAccount) -> Vec<String> {
    let mut marks = Vec::new();
    for (name, value) in &account.settings {
        let Some(field) = fixture.descriptor().settings.field(name) else {
            continue;
        };
        match value {
            SettingValue::Text(text) if field.is_secret() || text.expose_secret().len() > 12 => {
                marks.push(text.expose_secret().to_owned());
            }
            SettingValue::List(list) => {
                marks.extend(list.iter().map(|text| text.expose_secret().to_owned()));
            }
            _ => {}
        }
    }
    marks.retain(|mark| !mark.is_empty() && !mark.starts_with("http"));
    marks
}

/// A request as text, with what is encoded in its headers decoded.
fn readable(request: &RecordedRequest) -> String {
    let mut text = String::from_utf8_lossy(&request.raw).into_owned();
    for (_, value) in &request.headers {
        let value = String::from_utf8_lossy(value).into_owned();
        for word in value.split_ascii_whitespace() {
            let decoded = BASE64.decode(word.as_bytes());
            let decoded = decoded.or_else(|_| BASE64_NOPAD.decode(word.as_bytes()));
            if let Ok(decoded) = decoded {
                text.push('\n');
                text.push_str(&String::from_utf8_lossy(&decoded));
            }
        }
    }
    text
}

async fn checkouts_are_not_shared(fixture: Fixture) -> CaseResult {
    let second = fixture.open(MerchantAccount::new(1, [0])).await?;
    let made = fixture
        .first
        .create(&fixture.prepared("own")?)
        .await?
        .into_checkout();
    let locator = CheckoutLocator::from(made.reference);
    match second.provider.fetch(&locator).await? {
        Ok(_) => fail!("one connection finds the checkout of another"),
        Err(error) => {
            let kind = error.kind();
            ensure!(
                kind == ErrorKind::NotFound,
                "expected NotFound, got {kind:?}: {error}"
            );
            Ok(())
        }
    }
}

async fn deliveries_are_not_shared(fixture: Fixture) -> CaseResult {
    let second = fixture.open(MerchantAccount::new(1, [0])).await?;
    let (_, id) = fixture.create_paid("own").await?;
    for delivery in fixture.first.deliveries(&Scenario::Paid(id)).await? {
        let request = fixture.first.signed(&delivery)?;
        fixture.first.accept(&request).await?;
        match second.provider.webhook(&request).await? {
            Ok(_) => fail!("a delivery for one connection is taken in by another"),
            Err(error) => {
                let kind = error.kind();
                let refused = kind == ErrorKind::InvalidSignature;
                ensure!(refused, "expected InvalidSignature, got {kind:?}: {error}");
            }
        }
    }
    Ok(())
}
