//! The connection check, which changes nothing at the gateway.

mod support;

use jiff::SignedDuration;
use payment_provider_core::{
    ConnectionCheck, CredentialCheck, Environment, ProviderError, ProviderErrorKind,
};
use support::*;

async fn check(
    acts: impl IntoIterator<Item = Act>,
) -> (Result<ConnectionCheck, ProviderError>, Scripted) {
    let gateway = Scripted::acts(acts).await;
    let outcome = connect(&gateway).check_connection().await;
    (outcome, gateway)
}

/// The current time of these tests in the gateway's format.
const DATE: &str = "Thu, 15 Jan 2026 10:00:00 GMT";

#[tokio::test(start_paused = true)]
async fn not_found_proves_the_credentials() {
    for answer in [
        not_found(),
        refusal(400, "link_get_not_found", "invalid_request_error"),
    ] {
        let (outcome, gateway) = check([answer.with("date", DATE)]).await;
        let check = outcome.unwrap();
        assert_eq!(check.credentials, CredentialCheck::Accepted);
        assert_eq!(check.environment, Environment::Sandbox);
        assert_eq!(check.clock_skew, Some(SignedDuration::ZERO));
        assert_eq!(check.next_steps, Vec::<String>::new());
        assert!(check.is_usable());
        let lines = gateway.lines();
        assert!(
            lines
                .iter()
                .all(|line| line.starts_with("GET /pg/links/check-"))
        );
        assert_eq!(lines.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn rejected_credentials_are_a_result_with_a_next_step() {
    for answer in [
        refusal(401, "request_failed", "authentication_error"),
        reply(401, ""),
        refusal(403, "x", "y"),
        refusal(403, "request_failed", "authentication_error"),
    ] {
        let (outcome, _) = check([answer]).await;
        let check = outcome.unwrap();
        assert_eq!(check.credentials, CredentialCheck::Rejected);
        assert!(!check.is_usable());
        assert_eq!(check.clock_skew, None);
        let [step] = check.next_steps.as_slice() else {
            panic!("{check:?}");
        };
        assert!(
            step.contains("keys of production are not valid here"),
            "{step}"
        );
        assert!(!step.contains(SECRET));
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_proves_nothing_about_the_credentials_is_an_error() {
    for (act, kind) in [
        (
            reply(404, "<html>nginx</html>"),
            ProviderErrorKind::UnreadableAnswer,
        ),
        (
            reply(403, "<html>firewall"),
            ProviderErrorKind::UnreadableAnswer,
        ),
        (
            refusal(400, "version_invalid", "invalid_request_error"),
            ProviderErrorKind::InvalidRequest,
        ),
        (
            refusal(403, "x", "feature_not_enabled"),
            ProviderErrorKind::Refused,
        ),
        (
            refusal(500, "internal_error", "api_error"),
            ProviderErrorKind::Unavailable,
        ),
        (Act::Hang, ProviderErrorKind::Timeout),
        (Act::Close, ProviderErrorKind::Connection),
    ] {
        let (outcome, _) = check(vec![act; 3]).await;
        assert_eq!(outcome.unwrap_err().kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_the_apis_is_an_error() {
    for (act, kind) in [
        (
            ok("<html>a portal</html>"),
            ProviderErrorKind::UnreadableAnswer,
        ),
        (ok("{}"), ProviderErrorKind::UnreadableAnswer),
        (ok(link()), ProviderErrorKind::UnreadableAnswer),
        (
            refusal(404, "request_failed", "invalid_request_error"),
            ProviderErrorKind::UnreadableAnswer,
        ),
        (
            refusal(400, "request_failed", "invalid_request_error"),
            ProviderErrorKind::Refused,
        ),
        (
            reply(404, r#"{"message":"no route"}"#),
            ProviderErrorKind::UnreadableAnswer,
        ),
    ] {
        let (outcome, _) = check(vec![act; 3]).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), kind);
        let advice = std::error::Error::source(&error).unwrap().to_string();
        assert!(advice.contains("check the setting `base_url`"), "{advice}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_existing_link_proves_the_credentials() {
    let gateway = Scripted::handler(|_, request| {
        let id = request.target.rsplit('/').next().unwrap();
        ok(link().replace("inv-1", id))
    });
    let check = connect(&gateway.await).check_connection().await.unwrap();
    assert!(check.is_usable());
}

#[tokio::test(start_paused = true)]
async fn the_check_retries_after_a_transient_failure() {
    let (outcome, _) = check([Act::Close, not_found()]).await;
    assert!(outcome.unwrap().is_usable());
}

#[tokio::test(start_paused = true)]
async fn a_clock_difference_is_reported() {
    for (date, skew, words) in [
        ("Thu, 15 Jan 2026 10:02:00 GMT", 120, "120 seconds behind"),
        (
            "Thu, 15 Jan 2026 09:58:20 GMT",
            -100,
            "100 seconds ahead of",
        ),
    ] {
        let (outcome, _) = check([not_found().with("date", date)]).await;
        let check = outcome.unwrap();
        assert_eq!(check.clock_skew, Some(SignedDuration::from_secs(skew)));
        assert!(check.next_steps[0].contains(words), "{check:?}");
        assert!(!check.next_steps[0].contains("webhook"));
    }
    let (outcome, _) = check([not_found().with("date", "Thu, 15 Jan 2026 10:11:00 GMT")]).await;
    assert!(outcome.unwrap().next_steps[0].contains("webhook"));
    let (outcome, _) = check([not_found().with("date", "Thu, 15 Jan 2026 09:59:30 GMT")]).await;
    assert!(outcome.unwrap().next_steps.is_empty());
}
