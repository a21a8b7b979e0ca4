//! Settings changed in part, secrets rotated and retired: nothing typed again, nothing lost.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::connections::{Connection, PlainSetting, SettingsChange};
use payment_provider_host::encryption::DecryptError;
use payment_provider_host::error::Entity;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, execute, numbers};
use crate::fixture::{Bench, connection, decrypt_error, organization, provider};
use crate::gateway::delivery;

each_database! {
    settings_that_a_change_does_not_name_stay,
    all_violations_of_a_change_come_at_once_and_nothing_is_stored,
    a_change_that_replaces_what_no_longer_opens_mends_the_connection,
    changes_at_the_same_moment_are_all_kept(threads = 4),
    a_rotated_secret_is_first_and_the_earlier_ones_verify_until_they_are_retired,
    it_is_seen_when_the_old_secret_is_no_longer_used,
    only_lists_of_secrets_are_rotated_and_retired,
    a_list_that_was_not_given_begins_with_the_rotated_secret,
    the_time_of_the_latest_verified_delivery_is_known,
    settings_and_enabling_do_not_overwrite_each_other(threads = 4),
}

const CANARY: &str = "canary-secret-77aa";

async fn change(bench: &Bench, change: &SettingsChange) -> Result<Connection, Error> {
    let host = &bench.host;
    host.change_settings(&connection("main"), change).await
}

async fn rotate(bench: &Bench, field: &str, new: &str) -> Result<Connection, Error> {
    let host = &bench.host;
    host.rotate_secret(&connection("main"), field, new.into())
        .await
}

async fn retire(bench: &Bench, field: &str) -> Result<Connection, Error> {
    let host = &bench.host;
    host.retire_secrets(&connection("main"), field).await
}

/// The label of the key that a secret verifies as; none if it does not verify. Labels of the test
/// gateway are positions.
async fn verifies(bench: &Bench, secret: &str) -> Option<String> {
    bench.receive_request(delivery(secret, &[])).await.ok()?;
    let connection = bench.host.connection(&connection("main")).await;
    connection.unwrap().matched_secret
}

async fn version(bench: &Bench) -> i64 {
    let query = "SELECT settings_version FROM connections WHERE code = 'main'";
    numbers(&bench.host, query).await[0]
}

fn violations(result: Result<Connection, Error>) -> String {
    match result.map_err(Error::into_kind) {
        Err(ErrorKind::Invalid(violations)) => violations.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn settings_that_a_change_does_not_name_stay(database: Database) {
    let bench = Bench::new(database).await;
    let page = SettingsChange::new().with("page", "https://a.example/");
    let changed = change(&bench, &page).await.unwrap();
    let text = PlainSetting::Text("https://a.example/".to_owned());
    assert_eq!(changed.settings.get("page"), Some(&text));
    assert_eq!(verifies(&bench, "k1").await.as_deref(), Some("key 0"));

    let keys = SettingsChange::new().with("key", vec!["k2".into(), "k1".into()]);
    let changed = change(&bench, &keys).await.unwrap();
    assert_eq!(changed.settings.get("page"), Some(&text));
    assert_eq!(changed.secrets[0].count, 2);

    let cleared = SettingsChange::new().without("page").with("live", false);
    let changed = change(&bench, &cleared).await.unwrap();
    assert_eq!(changed.settings.get("page"), None);
    assert_eq!(
        changed.settings.get("live"),
        Some(&PlainSetting::Flag(false))
    );
    assert_eq!(verifies(&bench, "k1").await.as_deref(), Some("key 1"));
}

async fn all_violations_of_a_change_come_at_once_and_nothing_is_stored(database: Database) {
    let bench = Bench::new(database).await;
    let bad = SettingsChange::from(ConnectionSettings::new().with("page", CANARY))
        .without("key")
        .without("paeg")
        .without(CANARY)
        .with("kee", CANARY);
    let found = violations(change(&bench, &bad).await);
    for field in ["key", "page", "paeg", "kee", "(unknown field)"] {
        assert!(found.contains(&format!("settings.{field}: ")), "{found}");
    }
    assert!(!found.contains(CANARY), "{found}");
    let secret = SettingsChange::new().with("key", CANARY).without("page");
    assert_eq!(format!("{secret:?}"), r#"{"key": "set", "page": "clear"}"#);
    let live = SettingsChange::new().with("live", true);
    let found = violations(change(&bench, &live).await);
    assert!(found.starts_with("settings.environment: "), "{found}");
    assert_eq!(version(&bench).await, 1);
    assert_eq!(verifies(&bench, "k1").await.as_deref(), Some("key 0"));
}

async fn a_change_that_replaces_what_no_longer_opens_mends_the_connection(database: Database) {
    let bench = Bench::new(database).await;
    execute(&bench.host, "UPDATE connections SET encrypted_settings = replace(encrypted_settings, '\"key\":\"', '\"key\":\"0')").await;
    let page = SettingsChange::new().with("page", "https://a.example/");
    let error = change(&bench, &page).await.unwrap_err();
    assert_eq!(decrypt_error(&error), Some(DecryptError::UnknownKey));
    let key = SettingsChange::new().with("key", "k9");
    change(&bench, &key).await.unwrap();
    assert_eq!(verifies(&bench, "k9").await.as_deref(), Some("key 0"));
}

async fn changes_at_the_same_moment_are_all_kept(database: Database) {
    let bench = Bench::new(database).await;
    for round in 0..20 {
        let page = format!("https://a.example/{round}");
        let pages = SettingsChange::new().with("page", page.as_str());
        let flag = SettingsChange::new().with("live", false);
        let before = version(&bench).await;
        let secrets: Vec<_> = (0..4).map(|n| format!("r{round}n{n}")).collect();
        let rotations = secrets.iter().map(|secret| rotate(&bench, "key", secret));
        let rotations = futures_util::future::join_all(rotations);
        let (one, two, three) = tokio::join!(change(&bench, &pages), rotations, async {
            change(&bench, &flag).await
        });
        one.unwrap();
        three.unwrap();
        for rotated in two {
            rotated.unwrap();
        }
        assert_eq!(version(&bench).await, before + 6, "each was stored once");
        let now = bench.host.connection(&connection("main")).await;
        let now = now.unwrap();
        assert_eq!(now.settings["page"], PlainSetting::Text(page));
        assert_eq!(now.settings["live"], PlainSetting::Flag(false));
        assert_eq!(now.secrets[0].count, 5, "round {round}");
        for secret in &secrets {
            assert!(verifies(&bench, secret).await.is_some(), "{secret}");
        }
        retire(&bench, "key").await.unwrap();
    }
}

async fn a_rotated_secret_is_first_and_the_earlier_ones_verify_until_they_are_retired(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let rotated = rotate(&bench, "key", CANARY).await.unwrap();
    assert_eq!(rotated.secrets[0].field, "key");
    assert_eq!(rotated.secrets[0].count, 2);
    assert!(!format!("{rotated:?}").contains(CANARY));
    assert_eq!(verifies(&bench, "k1").await.as_deref(), Some("key 1"));
    assert_eq!(verifies(&bench, CANARY).await.as_deref(), Some("key 0"));

    // Once more is no change.
    rotate(&bench, "key", CANARY).await.unwrap();
    assert_eq!(version(&bench).await, 2);

    // An older one comes back to the front, and is there once.
    let back = rotate(&bench, "key", "k1").await.unwrap();
    assert_eq!(back.secrets[0].count, 2);
    assert_eq!(verifies(&bench, "k1").await.as_deref(), Some("key 0"));

    let retired = retire(&bench, "key").await.unwrap();
    assert_eq!(retired.secrets[0].count, 1);
    assert_eq!(verifies(&bench, CANARY).await, None);
    assert_eq!(verifies(&bench, "k1").await.as_deref(), Some("key 0"));
    retire(&bench, "key").await.unwrap();
    assert_eq!(version(&bench).await, 4, "nothing was left to retire");
}

async fn it_is_seen_when_the_old_secret_is_no_longer_used(database: Database) {
    let bench = Bench::new(database).await;
    rotate(&bench, "key", "k2").await.unwrap();
    let uses = async || {
        let connection = bench.host.connection(&connection("main")).await;
        let uses = connection.unwrap().secret_uses;
        let listed = crate::fixture::all_connections(&bench.host, Some(&organization()))
            .await
            .unwrap();
        assert_eq!(listed[0].secret_uses, uses);
        uses.into_iter()
            .map(|used| (used.label, used.last_matched_at))
            .collect::<Vec<_>>()
    };
    assert!(uses().await.is_empty());
    verifies(&bench, "k1").await.unwrap();
    let old = ("key 1".to_owned(), bench.clock.now());
    assert_eq!(uses().await, std::slice::from_ref(&old));
    verifies(&bench, "k2").await.unwrap();
    let new = ("key 0".to_owned(), bench.clock.now());
    assert_eq!(uses().await, [new, old.clone()]);
    // A forged one changes nothing; the new one goes on, the old one stays where it was.
    assert_eq!(verifies(&bench, "forged").await, None);
    bench.clock.advance(Duration::from_mins(1));
    verifies(&bench, "k2").await.unwrap();
    let newer = ("key 0".to_owned(), bench.clock.now());
    assert_eq!(uses().await, [newer, old]);
}

async fn only_lists_of_secrets_are_rotated_and_retired(database: Database) {
    let bench = Bench::new(database).await;
    let single = "settings.pin: holds one secret, which can only be replaced";
    let unknown = "settings.(unknown field): is not a setting of this provider";
    for (field, said) in [
        ("pin", single),
        ("page", "settings.page: is no secret"),
        (CANARY, unknown),
    ] {
        assert_eq!(violations(rotate(&bench, field, "new").await), said);
        assert_eq!(violations(retire(&bench, field).await), said);
    }
    let blank = violations(rotate(&bench, "key", " ").await);
    assert!(blank.starts_with("settings.key: "), "{blank}");
    let odd = format!("{CANARY}\n");
    let refused = rotate(&bench, "key", &odd).await.unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains(CANARY));
    assert_eq!(version(&bench).await, 1);

    let unknown = connection("unknown");
    let error = bench.host.retire_secrets(&unknown, "key").await;
    assert!(matches!(
        error.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Connection))
    ));
}

async fn a_list_that_was_not_given_begins_with_the_rotated_secret(database: Database) {
    let bench = Bench::new(database).await;
    let made = rotate(&bench, "spare", "s1").await.unwrap();
    let counts: Vec<_> = made
        .secrets
        .iter()
        .map(|secret| (secret.field.as_str(), secret.count))
        .collect();
    assert_eq!(counts, [("key", 1), ("spare", 1)]);
    let none = SettingsChange::new().with("spare", Vec::new());
    let emptied = change(&bench, &none).await.unwrap();
    assert_eq!(emptied.secrets.len(), 1, "an empty list holds no secret");
}

async fn the_time_of_the_latest_verified_delivery_is_known(database: Database) {
    let bench = Bench::new(database).await;
    let host = &bench.host;
    let matched_at = async || {
        let connection = host.connection(&connection("main")).await;
        connection.unwrap().matched_at
    };
    assert_eq!(matched_at().await, None);
    for _ in 0..2 {
        bench.clock.advance(Duration::from_mins(1));
        bench.receive(&[]).await;
        assert_eq!(matched_at().await, Some(host.clock().now()));
    }
    bench.clock.advance(Duration::from_mins(1));
    let forged = bench.receive_request(delivery("wrong", &[])).await;
    assert!(forged.is_err());
    assert!(matched_at().await < Some(host.clock().now()));
    // Another connection has its own.
    let settings = ConnectionSettings::new().with("key", "k");
    let new = NewConnection::new(connection("second"), provider(), "B", settings);
    assert_eq!(host.add_connection(new).await.unwrap().matched_at, None);
}

async fn settings_and_enabling_do_not_overwrite_each_other(database: Database) {
    let bench = Bench::new(database).await;
    let main = connection("main");
    let mut lost = 0;
    for round in 0..60 {
        bench
            .host
            .set_connection_enabled(&main, true)
            .await
            .unwrap();
        let new = ConnectionSettings::new().with("key", format!("k-{round}"));
        let (one, two) = (bench.host.clone(), bench.host.clone());
        let (of_one, of_two) = (main.clone(), main.clone());
        let settings =
            tokio::spawn(async move { one.replace_settings(&of_one, &new).await.unwrap() });
        let enabling =
            tokio::spawn(async move { two.set_connection_enabled(&of_two, false).await.unwrap() });
        settings.await.unwrap();
        enabling.await.unwrap();
        let connection = bench.host.connection(&main).await.unwrap();
        let verified = bench
            .receive_request(delivery(&format!("k-{round}"), &[]))
            .await
            .is_ok();
        if connection.enabled || !verified {
            lost += 1;
        }
    }
    assert_eq!(lost, 0);
}
