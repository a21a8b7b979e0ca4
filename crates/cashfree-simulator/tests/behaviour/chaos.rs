use std::sync::Arc;
use std::time::Duration;

use cashfree_simulator::{
    ApiFault, ApiFaultRule, ApiOperation, ChaosProfile, ConfigError, Endpoint, EventType,
    ManualClock, PaymentAttempt, Simulator, SimulatorConfig, WebhookFault,
};
use reqwest::Method;
use serde_json::Value;

use crate::gateway::{Gateway, Receiver, link};

/// A profile of faults that end at once.
fn profile(seed: u64) -> ChaosProfile {
    let mut profile = ChaosProfile::calm(seed);
    for fault in [
        ApiFault::Error500,
        ApiFault::RateLimited,
        ApiFault::Html502,
        ApiFault::TruncatedJson,
    ] {
        profile.requests.insert(fault, 100);
    }
    profile.webhooks.insert(WebhookFault::Drop, 300);
    profile.webhooks.insert(WebhookFault::WrongSignature, 200);
    profile
}

/// Fetches a link several times. Returns the statuses and body lengths.
async fn fetches(gateway: &Gateway, times: usize) -> Vec<(u16, usize)> {
    let mut seen = Vec::new();
    for _ in 0..times {
        let reply = gateway.get("/links/none").await;
        seen.push((reply.status, reply.text.len()));
    }
    seen
}

#[tokio::test]
async fn the_same_seed_and_calls_give_the_same_faults() {
    let with = async |seed| {
        let config = SimulatorConfig::new().with_chaos(profile(seed));
        fetches(&Gateway::with(config).await, 60).await
    };
    let first = with(1).await;
    assert_eq!(first, with(1).await);
    assert_ne!(first, with(2).await);
    let hit = first.iter().filter(|(status, _)| *status != 404).count();
    assert!((10..40).contains(&hit), "{hit} of 60 at 400 of a thousand");
}

#[tokio::test]
async fn each_operation_draws_its_faults_independently() {
    let config = || SimulatorConfig::new().with_chaos(profile(1));
    let (alone, among) = (Gateway::with(config()).await, Gateway::with(config()).await);
    let undisturbed = fetches(&alone, 30).await;
    let mut disturbed = Vec::new();
    for call in 0..30 {
        for _ in 0..call % 3 {
            among.get("/orders/none").await;
        }
        disturbed.extend(fetches(&among, 1).await);
    }
    assert_eq!(undisturbed, disturbed);
}

#[tokio::test]
async fn a_queued_fault_takes_precedence_over_chaos() {
    let config = || SimulatorConfig::new().with_chaos(profile(1));
    let (plain, asked) = (Gateway::with(config()).await, Gateway::with(config()).await);
    let rule = ApiFaultRule::once(ApiOperation::FetchLink, ApiFault::Error500);
    asked.simulator().inject_fault(rule);
    let (plain, asked) = (fetches(&plain, 30).await, fetches(&asked, 30).await);
    assert_eq!(asked[0].0, 500);
    assert_eq!(plain[1..], asked[1..]);
}

#[tokio::test]
async fn webhook_faults_and_late_payments_depend_on_the_seed() {
    let run = async |seed| {
        let receiver = Receiver::start().await;
        let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
        let endpoint = Endpoint::new(&receiver.url).with_events([EventType::PaymentLink]);
        let mut chaos = ChaosProfile::calm(seed);
        chaos.webhooks = profile(seed).webhooks;
        chaos.late_payment = 500;
        let config = SimulatorConfig::new()
            .with_clock(Arc::clone(&clock) as _)
            .with_endpoint(endpoint)
            .with_chaos(chaos);
        let gateway = Gateway::with(config).await;
        for id in 0..20 {
            gateway.create(link(&format!("l{id}"), "")).await.ok();
            gateway.cancel(&format!("l{id}")).await.ok();
        }
        clock.advance(Duration::from_secs(1));
        gateway.simulator().run_due_tasks();
        gateway.idle().await;
        let links = gateway.simulator().links();
        let paid: Vec<bool> = links.iter().map(|l| l.amount_paid.is_positive()).collect();
        let sent: Vec<&str> = gateway
            .simulator()
            .deliveries()
            .iter()
            .map(|delivery| delivery.state.as_str())
            .collect();
        (paid, sent)
    };
    let (paid, sent) = run(3).await;
    assert_eq!((paid.clone(), sent.clone()), run(3).await);
    let late = paid.iter().filter(|paid| **paid).count();
    assert!((4..17).contains(&late), "{late} of 20 at 500 of a thousand");
    assert_eq!(
        sent.len(),
        20 + late,
        "each cancel and each late payment sends an event"
    );
    let dropped = sent.iter().filter(|state| **state == "dropped").count();
    assert!((1..20).contains(&dropped), "{dropped} of {}", sent.len());
}

#[tokio::test]
async fn a_storm_is_survived_and_counted() {
    let gateway = Gateway::start().await;
    let mut storm = ChaosProfile::storm(5);
    (storm.delay_ms, storm.timeout_ms) = (1, 1);
    // These faults cost real time and memory.
    storm.requests.remove(&ApiFault::HugeBody);
    gateway.simulator().set_chaos(Some(storm)).unwrap();
    let mut made = 0;
    for id in 0..100 {
        let request = gateway.request(Method::POST, "/links");
        let _ = gateway
            .send(request.body(link(&format!("l{id}"), "")))
            .await;
        let id = format!("l{id}");
        if gateway.simulator().link(&id).is_some() {
            made += 1;
            gateway.simulator().pay(&id, PaymentAttempt::new()).unwrap();
        }
    }
    let tally = gateway.simulator().chaos_tally();
    assert_eq!(tally.seen["create_link"], 100);
    assert!((50..100).contains(&made), "{made}");
    assert!(tally.hit.len() > 5, "{tally:?}");
    gateway.simulator().set_chaos(None).unwrap();
    assert!(gateway.simulator().chaos_tally().seen.is_empty());
    for id in 100..130 {
        gateway.create(link(&format!("l{id}"), "")).await.ok();
    }
}

#[tokio::test]
async fn chaos_is_shown_and_set_through_the_control_api() {
    let gateway = Gateway::start().await;
    let calm = gateway.control(Method::GET, "/chaos", "").await.ok();
    assert_eq!(calm["profile"], Value::Null);
    let set = async |body: &str| gateway.control(Method::POST, "/chaos", body).await;
    for (body, field) in [
        ("{}", "seed"),
        (r#"{"seed":-1}"#, "seed"),
        (r#"{"seed":1,"profile":"wild"}"#, "profile"),
        (r#"{"seed":1,"requests":{"nothing":1}}"#, "requests.nothing"),
        (r#"{"seed":1,"requests":{"delay":1001}}"#, "profile"),
        (
            r#"{"seed":1,"webhooks":{"drop":600,"delay":401}}"#,
            "profile",
        ),
    ] {
        let refused = set(body).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (400, &field.into()),
            "{body}"
        );
    }
    let named = set(r#"{"seed":9,"profile":"mild","requests":{"delay":7}}"#)
        .await
        .ok();
    assert_eq!(named["profile"]["requests"]["delay"], 7);
    assert_eq!(named["profile"]["requests"]["error_500"], 5);
    set(r#"{"seed":9,"requests":{"error_500":1000}}"#)
        .await
        .ok();
    assert_eq!(gateway.get("/links/a").await.status, 500);
    let shown = gateway.control(Method::GET, "/chaos", "").await.ok();
    assert_eq!(shown["tally"]["hit"]["error_500"], 1);
    let settings = gateway.control(Method::GET, "/settings", "").await;
    assert_eq!(settings.json()["chaos"], shown["profile"]);
    let back = gateway
        .control(Method::POST, "/settings", settings.text)
        .await
        .ok();
    assert_eq!(
        back["chaos"], shown["profile"],
        "what is read can be written back"
    );
    let off = gateway
        .control(Method::POST, "/settings", r#"{"chaos":null}"#)
        .await
        .ok();
    assert_eq!(off["chaos"], Value::Null);
    gateway
        .simulator()
        .set_chaos(Some(ChaosProfile::mild(1)))
        .unwrap();
    let off = gateway.control(Method::DELETE, "/chaos", "").await.ok();
    assert_eq!(off["profile"], Value::Null);
}

#[test]
fn an_invalid_profile_is_refused_at_construction() {
    let mut profile = ChaosProfile::calm(1);
    profile.requests.insert(ApiFault::Delay, 1001);
    let config = SimulatorConfig::new().with_chaos(profile.clone());
    let refused = Simulator::new(config).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ConfigError::Chaos(_)), "{refused}");
    let simulator = Simulator::new(SimulatorConfig::new()).unwrap();
    assert!(simulator.set_chaos(Some(profile)).is_err() && simulator.settings().chaos.is_none());
}
