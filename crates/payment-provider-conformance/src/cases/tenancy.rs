//! What belongs to one connection never shows in another.

use data_encoding::{BASE64, BASE64_NOPAD};
use futures_util::future::join_all;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{CheckoutLocator, ErrorKind, SettingValue};

use crate::bench::{Bench, Party};
use crate::case::{Case, PROVIDER, Verdict, WEBHOOK, case, ensure, fail};
use crate::subject::{Account, News};
use crate::wire::RecordedRequest;

pub(super) const CASES: &[Case] = &[
    case!(
        "tenancy.each-calls-its-own-gateway",
        PROVIDER,
        [Http],
        "two connections used at once call two gateways, each with its own credentials",
        each_calls_its_own
    ),
    case!(
        "tenancy.checkouts-are-not-shared",
        PROVIDER,
        [StatusInquiry],
        "one connection does not find the checkouts of another",
        checkouts_are_not_shared
    ),
    case!(
        "tenancy.deliveries-are-not-shared",
        WEBHOOK,
        [],
        "a delivery for one connection is no delivery for another",
        deliveries_are_not_shared
    ),
];

async fn each_calls_its_own(bench: Bench) -> Verdict {
    let second = bench.open(Account::new(1, [0])).await?;
    let parties = [&bench.first, &second];
    let mut prepared = Vec::new();
    for number in 0..6 {
        let party = parties[number % 2];
        prepared.push((
            party,
            party.prepare(&bench.request(&format!("tenant-{number}")))?,
        ));
    }
    let calls = prepared
        .iter()
        .map(|(party, prepared)| party.make(prepared));
    for outcome in join_all(calls).await {
        outcome?;
    }
    for (own, other) in [(&bench.first, &second), (&second, &bench.first)] {
        let requests = own.requests();
        let made = own.creations()?.len();
        ensure!(
            made == 3,
            "three checkouts were asked for at one gateway, {made} arrived"
        );
        let foreign = marks(&bench, other);
        let mine = marks(&bench, own);
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
fn marks(bench: &Bench, party: &Party) -> Vec<String> {
    let mut marks = Vec::new();
    for (name, value) in &party.settings {
        let Some(field) = bench.descriptor().settings.field(name) else {
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

async fn checkouts_are_not_shared(bench: Bench) -> Verdict {
    let second = bench.open(Account::new(1, [0])).await?;
    let made = bench
        .first
        .make(&bench.prepared("own")?)
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

async fn deliveries_are_not_shared(bench: Bench) -> Verdict {
    let second = bench.open(Account::new(1, [0])).await?;
    let (_, id) = bench.first.paid(&bench, "own").await?;
    for delivery in bench.first.told(&News::Paid(id)).await? {
        let request = bench.first.signed(&bench, &delivery)?;
        bench.first.accept(&request).await?;
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
