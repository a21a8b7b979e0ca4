//! Credentials stay with the gateway they are for, and the gateway's size is not ours.

use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::{HeaderValue, Response, StatusCode, header};
use payment_provider_core::{CheckoutLocator, Effect};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::wire::{WireFault, WireGateway, json};

pub(super) const CASES: &[Case] = &[
    case!(
        "transport.redirects-are-not-followed",
        contract::PROVIDER,
        [Http],
        "a redirect would carry the credentials to another host",
        redirects_are_not_followed
    ),
    case!(
        "transport.endless-response-is-capped",
        contract::PROVIDER,
        [Http],
        "an answer without an end is not read without an end",
        endless_answers_end
    ),
    case!(
        "transport.garbage-is-an-error",
        contract::CREATE,
        [Http],
        "what is no HTTP at all is an error like any other",
        garbage_is_an_error
    ),
    case!(
        "transport.sends-nothing",
        contract::PROVIDER,
        [InProcess],
        "a provider that says it sends nothing sends nothing",
        sends_nothing
    ),
    case!(
        "transport.is-thread-safe",
        contract::PROVIDER,
        [],
        "one provider is used by several threads at a time",
        used_from_any_thread
    ),
];

async fn redirects_are_not_followed(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let elsewhere = WireGateway::start(|_| async { json(200, "{}") }).await;
    let elsewhere =
        elsewhere.map_err(|error| CaseFailure::Broken(format!("no server: {error}")))?;
    let made = account
        .create(&fixture.prepared("made")?)
        .await?
        .into_checkout();
    let locator = made.locator();
    let target = HeaderValue::from_str(elsewhere.address().as_str())
        .map_err(|error| CaseFailure::Broken(error.to_string()))?;
    for status in [301, 302, 303, 307, 308] {
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
        answer
            .headers_mut()
            .insert(header::LOCATION, target.clone());
        account.server.clear_faults();
        account.fault_all(WireFault::ReplaceBefore(answer));
        let prepared = fixture.prepared(&format!("redirected-{status}"))?;
        let created = account.provider.create(&prepared).await?.map(|_| ());
        ensure!(
            created.is_err(),
            "a redirect of status {status} is taken for a checkout"
        );
        everything_else(&fixture, &locator).await?;
        let seen = elsewhere.requests().len();
        ensure!(
            seen == 0,
            "a redirect of status {status} was followed to another host"
        );
    }
    Ok(())
}

/// Every other call there is, whatever comes of it.
async fn everything_else(fixture: &Fixture, locator: &CheckoutLocator) -> CaseResult {
    let provider = &fixture.first.provider;
    let _ = provider.check().await?;
    let _ = provider
        .link(&fixture.request("redirected").customer)
        .await?;
    let _ = provider.fetch(locator).await?;
    let _ = provider.list(locator).await?;
    let _ = provider.cancel(locator).await?;
    Ok(())
}

async fn endless_answers_end(fixture: Fixture) -> CaseResult {
    const MOST: u64 = 32 * 1024 * 1024;
    let account = &fixture.first;
    let prepared = fixture.prepared("endless")?;
    account.fault_all(WireFault::EndlessBody { cap: MOST });
    let outcome = account.provider.create(&prepared).await?;
    if let Err(error) = &outcome {
        let effect = error.effect();
        let told = effect == Effect::MaybeApplied;
        ensure!(
            told,
            "the checkout may exist, the error says {effect:?}: {error}"
        );
    } else {
        fail!("an answer without an end is taken for a checkout");
    }
    // What the operating system still holds is not counted against the provider.
    for request in account.requests() {
        let read = request.response_bytes();
        ensure!(read < MOST / 2, "{read} bytes of one answer were read");
    }
    Ok(())
}

async fn garbage_is_an_error(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("garbage")?;
    account.fault_all(WireFault::Garbage(Bytes::from_static(
        b"\x00\xffSSH-2.0-nonsense\r\n\r\n",
    )));
    let Err(error) = account.provider.create(&prepared).await? else {
        fail!("garbage is taken for a checkout");
    };
    let effect = error.effect();
    ensure!(
        effect == Effect::MaybeApplied,
        "the checkout may exist, the error says {effect:?}"
    );
    Ok(())
}

async fn sends_nothing(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("quiet")?)
        .await?
        .into_checkout();
    everything_else(&fixture, &made.locator()).await?;
    account
        .expect_no_calls_since(0, "its transport is in-process")
        .await
}

async fn used_from_any_thread(fixture: Fixture) -> CaseResult {
    let provider = fixture.first.provider.inner().clone();
    let request = fixture.request("threads");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (provider, request) = (provider.clone(), request.clone());
            std::thread::spawn(move || {
                (0..50)
                    .filter_map(|_| provider.prepare_checkout(&request).ok())
                    .map(|prepared| prepared.body)
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let mut bodies = Vec::new();
    for thread in threads {
        match thread.join() {
            Ok(prepared) => bodies.extend(prepared),
            Err(_) => return Err(CaseFailure::Panicked("in prepare_checkout".to_owned())),
        }
    }
    ensure!(
        bodies.len() == 200,
        "{} of 200 requests were accepted",
        bodies.len()
    );
    let same = bodies.windows(2).all(|pair| pair[0] == pair[1]);
    ensure!(same, "several threads get different bytes for one request");
    Ok(())
}
