use cashfree_simulator::{ConfigError, Endpoint, Merchant, Simulator, SimulatorConfig};

use crate::gateway::{Gateway, link};

#[test]
fn invalid_configurations_are_refused() {
    let refused = |config: SimulatorConfig| Simulator::new(config).map(|_| ()).unwrap_err();
    for url in [
        "nowhere",
        "ftp://example.com",
        "http://example.com/?q",
        "http://example.com/#f",
    ] {
        assert!(
            matches!(
                refused(SimulatorConfig::new().with_public_url(url)),
                ConfigError::PublicUrl
            ),
            "{url}"
        );
    }
    let endpoint = SimulatorConfig::new().with_endpoint(Endpoint::new("nowhere"));
    assert!(matches!(refused(endpoint), ConfigError::Endpoint(_)));
    let stranger = SimulatorConfig::new()
        .with_endpoint(Endpoint::new("http://127.0.0.1/").with_merchant("stranger"));
    assert!(matches!(refused(stranger), ConfigError::Endpoint(_)));
    for merchant in [
        Merchant::new("", "s"),
        Merchant::new("a b", "s"),
        Merchant::new("a", ""),
    ] {
        let error = refused(SimulatorConfig::new().with_merchant(merchant));
        assert!(matches!(error, ConfigError::Merchant { .. }), "{error}");
    }
    let twice = SimulatorConfig::new()
        .with_merchant(Merchant::new("a", "s"))
        .with_merchant(Merchant::new("a", "hidden-secret"));
    let shown = format!("{twice:?}");
    assert!(!shown.contains("hidden-secret"), "{shown}");
    assert_eq!(
        refused(twice).to_string(),
        "merchant a: client_id is configured twice"
    );
}

#[tokio::test]
async fn link_addresses_begin_with_the_public_url() {
    let gateway =
        Gateway::with(SimulatorConfig::new().with_public_url("https://pay.example/sim/")).await;
    let created = gateway.create(link("l", "")).await.ok();
    assert!(
        created["link_url"]
            .as_str()
            .unwrap()
            .starts_with("https://pay.example/sim/links/")
    );
}

#[tokio::test]
async fn the_same_seed_repeats_a_run() {
    let (one, two) = (Gateway::start().await, Gateway::start().await);
    let (first, second) = (
        one.create(link("l", "")).await.ok(),
        two.create(link("l", "")).await.ok(),
    );
    assert_eq!(first["cf_link_id"], second["cf_link_id"]);
    let code =
        |url: &serde_json::Value| url.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(code(&first["link_url"]), code(&second["link_url"]));
}

#[tokio::test]
async fn personal_data_is_not_in_debug_output() {
    let gateway =
        Gateway::with(SimulatorConfig::new().with_endpoint(Endpoint::new("http://127.0.0.1:9/")))
            .await;
    gateway.create(link("l", "")).await.ok();
    gateway.cancel("l").await.ok();
    let shown = format!(
        "{:?} {:?} {:?}",
        gateway.simulator().links(),
        gateway.simulator().deliveries(),
        gateway.running
    );
    for personal in ["9000000000", "payer@example.com", "A Payer"] {
        assert!(!shown.contains(personal), "{personal}");
    }
}
