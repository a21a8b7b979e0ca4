//! The HTTP client follows no redirect, reads no endless response, and is thread safe.

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
        "redirects are not followed, since they would send the credentials to another host",
        redirects_are_not_followed
    ),
    case!(
        "transport.endless-response-is-capped",
        contract::PROVIDER,
        [Http],
        "the size of a response is limited",
        endless_response_is_capped
    ),
    case!(
        "transport.garbage-is-an-error",
        contract::CREATE,
        [Http],
        "a response that is not HTTP is reported as MaybeApplied",
        garbage_is_an_error
    ),
    case!(
        "transport.sends-nothing",
        contract::PROVIDER,
        [InProcess],
        "an in-process provider sends nothing",
        sends_nothing
    ),
    case!(
        "transport.is-thread-safe",
        contract::PROVIDER,
        [],
        "one provider can be used by several threads at once",
        is_thread_safe
    ),
];

async fn redirects_are_not_followed(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let elsewhere = WireGateway::start(|_| async { json(200, "{}") }).await;
    let elsewhere = elsewhere.map_err(|error| {
        CaseFailure::Broken(format!("the second server does not start: {error}"))
    })?;
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
            "a redirect with status {status} is accepted as a checkout"
        );
        call_everything_else(&fixture, &locator).await?;
        let seen = elsewhere.requests().len();
        ensure!(
            seen == 0,
            "a redirect with status {status} was followed to another host"
        );
    }
    Ok(())
}

/// Makes every other call, and ignores the results.
async fn call_everything_else(fixture: &Fixture, locator: &CheckoutLocator) -> CaseResult {
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

async fn endless_response_is_capped(fixture: Fixture) -> CaseResult {
    const CAP: u64 = 32 * 1024 * 1024;
    let account = &fixture.first;
    let prepared = fixture.prepared("endless")?;
    account.fault_all(WireFault::EndlessBody { cap: CAP });
    let outcome = account.provider.create(&prepared).await?;
    if let Err(error) = &outcome {
        let effect = error.effect();
        let uncertain = effect == Effect::MaybeApplied;
        ensure!(
            uncertain,
            "the checkout may exist, but the effect is {effect:?}: {error}"
        );
    } else {
        fail!("an endless response is accepted as a checkout");
    }
    // Bytes that the operating system still holds do not count as read by the provider.
    for request in account.requests() {
        let read = request.response_bytes();
        ensure!(read < CAP / 2, "{read} bytes of one response were read");
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
        fail!("garbage is accepted as a checkout");
    };
    let effect = error.effect();
    ensure!(
        effect == Effect::MaybeApplied,
        "the checkout may exist, but the effect is {effect:?}"
    );
    Ok(())
}

async fn sends_nothing(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("quiet")?)
        .await?
        .into_checkout();
    call_everything_else(&fixture, &made.locator()).await?;
    account
        .expect_no_calls_since(0, "its transport is in-process")
        .await
}

async fn is_thread_safe(fixture: Fixture) -> CaseResult {
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
    ensure!(
        same,
        "several threads get different bytes for the same request"
    );
    Ok(())
}
