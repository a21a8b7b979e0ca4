//! Nothing secret and nothing personal is in what is written down.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{CheckoutRequest, ProviderError, SettingValue};
use tracing_subscriber::fmt::MakeWriter;

use crate::bench::Bench;
use crate::case::{Case, ERRORS, PROVIDER, Verdict, case, ensure};
use crate::subject::{Account, News, Refusal, Trouble};
use crate::wire::Fault;

pub(super) const CASES: &[Case] = &[
    case!(
        "secrecy.debug",
        PROVIDER,
        [],
        "Debug of a provider, of its factory and of what it gives back shows no secret and nobody",
        debug
    ),
    case!(
        "secrecy.errors",
        ERRORS,
        [],
        "no error shows a secret or a customer, in its text, its Debug or its sources",
        errors
    ),
    case!(
        "secrecy.spans-and-logs",
        PROVIDER,
        [],
        "no span and no line of a log shows a secret or a customer, even when everything is logged",
        spans_and_logs
    ),
];

/// What must not be seen: secrets, in the forms in which they travel, and who is asked.
fn canaries(bench: &Bench, request: &CheckoutRequest) -> Vec<String> {
    let party = &bench.first;
    let secrets = party.secret_texts(bench);
    let mut canaries = secrets.clone();
    // As in the header of basic authentication.
    for (_, value) in &party.settings {
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

fn clean(canaries: &[String], what: &str, shown: &str) -> Verdict {
    let seen = canaries
        .iter()
        .any(|canary| shown.contains(canary.as_str()));
    ensure!(!seen, "{what} shows a secret or a customer");
    Ok(())
}

async fn debug(bench: Bench) -> Verdict {
    let party = &bench.first;
    let request = bench.request("debug");
    let canaries = canaries(&bench, &request);
    clean(
        &canaries,
        "Debug of the factory",
        &format!("{:?}", bench.factory),
    )?;
    clean(
        &canaries,
        "Debug of the provider",
        &format!("{:?}", party.provider.bare()),
    )?;
    let pretty = format!("{:#?} {:#?}", bench.factory, party.provider.bare());
    clean(&canaries, "Debug of the provider", &pretty)?;
    let prepared = party.prepare(&request)?;
    let made = party.make(&prepared).await?;
    clean(
        &canaries,
        "Debug of a checkout",
        &format!("{prepared:?} {made:?}"),
    )?;
    let link = party.provider.link(&request.customer).await?;
    clean(
        &canaries,
        "Debug of a linked customer",
        &format!("{link:?}"),
    )?;
    let id = party
        .gateway
        .pay(&prepared.reference, prepared.amount)
        .await?;
    for delivery in party.told(&News::Paid(id)).await? {
        let verified = party.accept(&party.signed(&bench, &delivery)?).await?;
        clean(
            &canaries,
            "Debug of a verified delivery",
            &format!("{verified:?}"),
        )?;
    }
    if bench.descriptor().capabilities.status_inquiry {
        let payments = party.list(&made.checkout().locator()).await?;
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

/// As many errors as there are ways to fail.
async fn failures(bench: &Bench) -> Result<Vec<ProviderError>, crate::case::Failure> {
    let party = &bench.first;
    let mut errors = Vec::new();
    let (_, id) = party.paid(bench, "told").await?;
    for delivery in party.told(&News::Paid(id)).await? {
        let mut request = party.signed(bench, &delivery)?;
        request.body = [&request.body, &b" "[..]].concat().into();
        errors.extend(party.provider.webhook(&request).await?.err());
    }
    if !bench.is_http() {
        for (number, trouble) in [
            Trouble::NotSent,
            Trouble::AnswerLost { lasting: true },
            Trouble::Refused(Refusal::Unacceptable),
            Trouble::Refused(Refusal::Credentials),
        ]
        .into_iter()
        .enumerate()
        {
            if bench.descriptor().capabilities.status_inquiry {
                let prepared = bench.prepared(&format!("trouble-{number}"))?;
                party.trouble(trouble).await?;
                errors.extend(party.provider.create(&prepared).await?.err());
                party.trouble(Trouble::Over).await?;
            }
        }
        return Ok(errors);
    }
    let mut faults = vec![
        (Fault::ResetBefore, true),
        (Fault::HangBefore, false),
        (Fault::CloseMidBody, false),
    ];
    for (refusal, all) in [
        (Refusal::Credentials, true),
        (Refusal::Unacceptable, true),
        (Refusal::Unavailable, false),
    ] {
        let answer = party.gateway.refuse(&refusal)?;
        faults.push((Fault::ReplaceBefore(answer), all));
    }
    for (number, (fault, all)) in faults.into_iter().enumerate() {
        let prepared = bench.prepared(&format!("fault-{number}"))?;
        party.fault_all(fault);
        errors.extend(party.provider.create(&prepared).await?.err());
        if !all {
            party.server.clear_faults();
            continue;
        }
        let locator = prepared.reference.clone().into();
        errors.extend(party.provider.fetch(&locator).await?.err());
        errors.extend(party.provider.cancel(&locator).await?.err());
        errors.extend(party.provider.payments(&locator).await?.err());
        errors.extend(party.provider.check().await?.err());
        party.server.clear_faults();
    }
    let prepared = bench.prepared("unreached")?;
    party.trouble(Trouble::NotSent).await?;
    errors.extend(party.provider.create(&prepared).await?.err());
    party.trouble(Trouble::Over).await?;
    Ok(errors)
}

async fn errors(bench: Bench) -> Verdict {
    let canaries = canaries(&bench, &bench.request("canary"));
    let errors = failures(&bench).await?;
    ensure!(!errors.is_empty(), "nothing fails, whatever is done to it");
    for error in errors {
        let what = format!("an error of {} ({:?})", error.operation(), error.kind());
        clean(&canaries, &what, &shown(&error))?;
        // Addresses hold references and keys.
        let address = bench.first.address();
        let port = address
            .port()
            .map(|port| format!(":{port}/"))
            .unwrap_or_default();
        let told = !port.is_empty() && shown(&error).contains(&port);
        ensure!(!told, "{what} shows the address that was called");
    }
    Ok(())
}

/// Everything that is logged, as text.
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

async fn spans_and_logs(bench: Bench) -> Verdict {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let canaries = canaries(&bench, &bench.request("canary"));
    let logging = tracing::subscriber::set_default(subscriber);
    bench.reconnect(&[0])?;
    let party = &bench.first;
    let made = party
        .make(&bench.prepared("logged")?)
        .await?
        .into_checkout();
    let _ = party
        .provider
        .link(&bench.request("logged").customer)
        .await?;
    let _ = party.provider.check().await?;
    let _ = party.provider.fetch(&made.locator()).await?;
    let _ = party.provider.payments(&made.locator()).await?;
    let _ = party.provider.cancel(&made.locator()).await?;
    failures(&bench).await?;
    let second = bench.open(Account::new(1, [0])).await?;
    second
        .make(&second.prepare(&bench.request("other"))?)
        .await?;
    drop(logging);
    let written = log.0.lock().unwrap_or_else(PoisonError::into_inner);
    clean(
        &canaries,
        "a span or a line of the log",
        &String::from_utf8_lossy(&written),
    )
}
