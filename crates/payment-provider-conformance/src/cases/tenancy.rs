//! Connections share nothing.

use data_encoding::{BASE64, BASE64_NOPAD};
use futures_util::future::join_all;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{CheckoutLocator, ProviderErrorKind, SettingValue};

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
        "each of two concurrent connections calls its own gateway with its own credentials",
        credentials_are_not_shared
    ),
    case!(
        "tenancy.checkouts-are-not-shared",
        contract::PROVIDER,
        [StatusInquiry],
        "a connection does not find the checkouts of another connection",
        checkouts_are_not_shared
    ),
    case!(
        "tenancy.deliveries-are-not-shared",
        contract::WEBHOOK,
        [],
        "a delivery for one connection is rejected by another",
        deliveries_are_not_shared
    ),
];

async fn credentials_are_not_shared(fixture: Fixture) -> CaseResult {
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
            "three checkouts were requested from one gateway, {made} arrived"
        );
        let foreign = identifying_values(&fixture, other);
        let mine = identifying_values(&fixture, own);
        for request in requests {
            let text = decoded_text(&request);
            let wrong = foreign
                .iter()
                .any(|mark| text.contains(mark) && !mine.contains(mark));
            ensure!(
                !wrong,
                "a request of one account contains the credentials of another"
            );
        }
    }
    Ok(())
}

/// Returns the settings that identify an account.
fn identifying_values(fixture: &Fixture, account: &TestAccount) -> Vec<String> {
    let mut identifying_values = Vec::new();
    for (name, value) in &account.settings {
        let Some(field) = fixture.descriptor().settings.field(name) else {
            continue;
        };
        match value {
            SettingValue::Text(text) if field.is_secret() || text.expose_secret().len() > 12 => {
                identifying_values.push(text.expose_secret().to_owned());
            }
            SettingValue::List(list) => {
                identifying_values.extend(list.iter().map(|text| text.expose_secret().to_owned()));
            }
            _ => {}
        }
    }
    identifying_values.retain(|mark| !mark.is_empty() && !mark.starts_with("http"));
    identifying_values
}

/// Returns the request as text, followed by the decoded base64 values of its headers.
fn decoded_text(request: &RecordedRequest) -> String {
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
                kind == ProviderErrorKind::NotFound,
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
            Ok(_) => fail!("a delivery for one connection is accepted by another"),
            Err(error) => {
                let kind = error.kind();
                let refused = kind == ProviderErrorKind::InvalidSignature;
                ensure!(refused, "expected InvalidSignature, got {kind:?}: {error}");
            }
        }
    }
    Ok(())
}
