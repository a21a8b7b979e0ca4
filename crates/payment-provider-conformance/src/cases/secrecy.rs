//! Secrets and personal data appear in no output.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{CheckoutRequest, ProviderError, SettingValue};
use tracing_subscriber::fmt::MakeWriter;

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure};
use crate::fixture::Fixture;
use crate::harness::{GatewayRefusal, InjectedFault, MerchantAccount, Scenario};
use crate::wire::WireFault;

pub(super) const CASES: &[Case] = &[
    case!(
        "secrecy.debug",
        contract::PROVIDER,
        [],
        "Debug of a provider, its factory and its results contains no secret and no customer data",
        debug
    ),
    case!(
        "secrecy.errors",
        contract::ERRORS,
        [],
        "no error contains a secret or customer data in its text, its Debug or its sources",
        errors
    ),
    case!(
        "secrecy.spans-and-logs",
        contract::PROVIDER,
        [],
        "no span and no log line contains a secret or customer data, even at level TRACE",
        spans_and_logs
    ),
];

/// Returns the texts that must not appear: secrets in the forms in which they are sent, and data of
/// the customer.
fn canaries(fixture: &Fixture, request: &CheckoutRequest) -> Vec<String> {
    let account = &fixture.first;
    let secrets = account.secret_texts();
    let mut canaries = secrets.clone();
    // The form used by basic authentication.
    for (_, value) in &account.settings {
        if let SettingValue::Text(user) = value {
            for secret in &secrets {
                canaries
                    .push(BASE64.encode(format!("{}:{secret}", user.expose_secret()).as_bytes()));
            }
        }
    }
    let customer = &request.customer;
    let personal = [&customer.name, &customer.email, &customer.phone];
    canaries.extend(
        personal
            .into_iter()
            .flatten()
            .map(|text| text.expose().to_owned()),
    );
    canaries.retain(|canary| canary.len() > 3);
    canaries
}

fn clean(canaries: &[String], what: &str, shown: &str) -> CaseResult {
    let seen = canaries
        .iter()
        .any(|canary| shown.contains(canary.as_str()));
    ensure!(!seen, "{what} contains a secret or customer data");
    Ok(())
}

async fn debug(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let request = fixture.request("debug");
    let canaries = canaries(&fixture, &request);
    clean(
        &canaries,
        "Debug of the factory",
        &format!("{:?}", fixture.factory),
    )?;
    clean(
        &canaries,
        "Debug of the provider",
        &format!("{:?}", account.provider.inner()),
    )?;
    let pretty = format!("{:#?} {:#?}", fixture.factory, account.provider.inner());
    clean(&canaries, "Debug of the provider", &pretty)?;
    let prepared = account.prepare(&request)?;
    let made = account.create(&prepared).await?;
    clean(
        &canaries,
        "Debug of a checkout",
        &format!("{prepared:?} {made:?}"),
    )?;
    let link = account.provider.link(&request.customer).await?;
    clean(
        &canaries,
        "Debug of a linked customer",
        &format!("{link:?}"),
    )?;
    let id = account
        .gateway
        .pay(&prepared.reference, prepared.amount)
        .await?;
    for delivery in account.deliveries(&Scenario::Paid(id)).await? {
        let verified = account.accept(&account.signed(&delivery)?).await?;
        clean(
            &canaries,
            "Debug of a verified delivery",
            &format!("{verified:?}"),
        )?;
    }
    if fixture.descriptor().capabilities.status_inquiry {
        let payments = account.list(&made.checkout().locator()).await?;
        clean(&canaries, "Debug of a payment", &format!("{payments:?}"))?;
    }
    Ok(())
}

fn shown(error: &ProviderError) -> String {
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        let _ = write!(shown, " {inner} {inner:?}");
        source = inner.source();
    }
    shown
}

/// Collects errors of as many kinds as possible.
async fn failures(fixture: &Fixture) -> Result<Vec<ProviderError>, crate::failure::CaseFailure> {
    let account = &fixture.first;
    let mut errors = Vec::new();
    let (_, id) = fixture.create_paid("shown_port").await?;
    for delivery in account.deliveries(&Scenario::Paid(id)).await? {
        let mut request = account.signed(&delivery)?;
        request.body = [&request.body, &b" "[..]].concat().into();
        errors.extend(account.provider.webhook(&request).await?.err());
    }
    if !fixture.is_http() {
        for (number, trouble) in [
            InjectedFault::NotSent,
            InjectedFault::ResponseLost { persistent: true },
            InjectedFault::Refused(GatewayRefusal::Rejected),
            InjectedFault::Refused(GatewayRefusal::Credentials),
        ]
        .into_iter()
        .enumerate()
        {
            if fixture.descriptor().capabilities.status_inquiry {
                let prepared = fixture.prepared(&format!("trouble-{number}"))?;
                account.inject_fault(trouble).await?;
                errors.extend(account.provider.create(&prepared).await?.err());
                account.inject_fault(InjectedFault::Cleared).await?;
            }
        }
        return Ok(errors);
    }
    let mut faults = vec![
        (WireFault::ResetBefore, true),
        (WireFault::HangBefore, false),
        (WireFault::CloseMidBody, false),
    ];
    for (refusal, all) in [
        (GatewayRefusal::Credentials, true),
        (GatewayRefusal::Rejected, true),
        (GatewayRefusal::Unavailable, false),
    ] {
        let answer = account.gateway.refusal_response(&refusal)?;
        faults.push((WireFault::ReplaceBefore(answer), all));
    }
    for (number, (fault, all)) in faults.into_iter().enumerate() {
        let prepared = fixture.prepared(&format!("fault-{number}"))?;
        account.fault_all(fault);
        errors.extend(account.provider.create(&prepared).await?.err());
        if !all {
            account.server.clear_faults();
            continue;
        }
        let locator = prepared.reference.clone().into();
        errors.extend(account.provider.fetch(&locator).await?.err());
        errors.extend(account.provider.cancel(&locator).await?.err());
        errors.extend(account.provider.list(&locator).await?.err());
        errors.extend(account.provider.check().await?.err());
        account.server.clear_faults();
    }
    let prepared = fixture.prepared("unreached")?;
    account.inject_fault(InjectedFault::NotSent).await?;
    errors.extend(account.provider.create(&prepared).await?.err());
    account.inject_fault(InjectedFault::Cleared).await?;
    Ok(errors)
}

async fn errors(fixture: Fixture) -> CaseResult {
    let canaries = canaries(&fixture, &fixture.request("canary"));
    let errors = failures(&fixture).await?;
    ensure!(
        !errors.is_empty(),
        "no call fails, whichever fault is injected"
    );
    for error in errors {
        let what = format!("an error of {} ({:?})", error.operation(), error.kind());
        clean(&canaries, &what, &shown(&error))?;
        // URLs contain references and keys.
        let address = fixture.first.address();
        let port = address
            .port()
            .map(|port| format!(":{port}/"))
            .unwrap_or_default();
        let shown_port = !port.is_empty() && shown(&error).contains(&port);
        ensure!(!shown_port, "{what} contains the URL that was called");
    }
    Ok(())
}

/// The log output as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

async fn spans_and_logs(fixture: Fixture) -> CaseResult {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let canaries = canaries(&fixture, &fixture.request("canary"));
    let logging = tracing::subscriber::set_default(subscriber);
    fixture.reconnect(&[0])?;
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("logged")?)
        .await?
        .into_checkout();
    let _ = account
        .provider
        .link(&fixture.request("logged").customer)
        .await?;
    let _ = account.provider.check().await?;
    let _ = account.provider.fetch(&made.locator()).await?;
    let _ = account.provider.list(&made.locator()).await?;
    let _ = account.provider.cancel(&made.locator()).await?;
    failures(&fixture).await?;
    let second = fixture.open(MerchantAccount::new(1, [0])).await?;
    second
        .create(&second.prepare(&fixture.request("other"))?)
        .await?;
    drop(logging);
    let written = log.0.lock().unwrap_or_else(PoisonError::into_inner);
    clean(
        &canaries,
        "a span or a log line",
        &String::from_utf8_lossy(&written),
    )
}
