//! A secret is only sent to the address that it was entered for.

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::connections::{Connection, SettingsChange};
use payment_provider_host::encryption::DecryptError;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, execute, numbers};
use crate::fixture::{Bench, connection, decrypt_error, invoice, provider};
use crate::gateway::delivery;

each_database! {
    a_change_of_the_address_has_to_give_all_secrets_again,
    a_change_of_the_address_with_all_secrets_is_stored,
    a_row_whose_address_was_altered_does_not_open,
    an_address_in_another_spelling_keeps_the_secrets,
    a_default_address_that_is_written_out_has_to_give_all_secrets_again,
    a_rotated_secret_and_a_rotated_key_keep_the_binding,
    a_declared_connection_follows_its_address,
    a_declaration_without_an_address_clears_a_stored_one,
    a_declaration_replaces_secrets_that_cannot_be_decrypted,
}

const ELSEWHERE: &str = "https://evil.example/canary";
const CANARY: &str = "canary-secret-55ee";

async fn change(bench: &Bench, change: SettingsChange) -> Result<Connection, Error> {
    let host = &bench.host;
    host.change_settings(&connection("main"), &change).await
}

fn at(url: &str) -> SettingsChange {
    SettingsChange::new().with("base_url", url)
}

async fn opens(bench: &Bench) -> Result<(), Error> {
    let checked = bench.host.check_connection(&connection("main")).await;
    checked.map(drop)
}

async fn version(bench: &Bench) -> i64 {
    let query = "SELECT settings_version FROM connections WHERE code = 'main'";
    numbers(&bench.host, query).await[0]
}

async fn a_change_of_the_address_has_to_give_all_secrets_again(database: Database) {
    let bench = Bench::new(database).await;
    let pin = SettingsChange::new().with("pin", "1234");
    change(&bench, pin).await.unwrap();
    let before = version(&bench).await;
    for (asked, fields) in [
        (at(ELSEWHERE), &["settings.key", "settings.pin"][..]),
        (at(ELSEWHERE).with("pin", "5678"), &["settings.key"]),
        (at(ELSEWHERE).with("key", "k9"), &["settings.pin"]),
        (
            at(ELSEWHERE).with("page", "no url"),
            &["settings.key", "settings.pin", "settings.page"],
        ),
    ] {
        let error = change(&bench, asked).await.unwrap_err();
        let ErrorKind::Invalid(violations) = error.kind() else {
            panic!("{error:?}");
        };
        let found: Vec<_> = violations.iter().map(|one| &*one.field).collect();
        assert_eq!(found, fields);
        let first = violations.iter().next().unwrap();
        assert_eq!(first.code, ViolationCode::Invalid);
        assert_eq!(
            first.message,
            "must be given again, because it is bound to base_url"
        );
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    assert_eq!(version(&bench).await, before);
    opens(&bench).await.unwrap();
}

async fn a_change_of_the_address_with_all_secrets_is_stored(database: Database) {
    let bench = Bench::new(database).await;
    let pin = SettingsChange::new().with("pin", "1234");
    change(&bench, pin).await.unwrap();
    let moved = at(ELSEWHERE).with("key", "k2").without("pin");
    change(&bench, moved).await.unwrap();
    opens(&bench).await.unwrap();
    assert!(bench.receive_request(delivery("k2", &[])).await.is_ok());
    // The way back is a change too.
    let back = SettingsChange::new().without("base_url");
    change(&bench, back.clone()).await.unwrap_err();
    change(&bench, back.with("key", "k3")).await.unwrap();
    opens(&bench).await.unwrap();
}

async fn a_row_whose_address_was_altered_does_not_open(database: Database) {
    let bench = Bench::new(database).await;
    let main = connection("main");
    let key = SettingsChange::new().with("key", CANARY);
    change(&bench, key).await.unwrap();
    let alter =
        format!("UPDATE connections SET plain_settings = '{{\"base_url\":\"{ELSEWHERE}\"}}'");
    execute(&bench.host, &alter).await;
    let host = &bench.host;
    let asked = invoice("i-1", "100.00");
    let page = SettingsChange::new().with("page", "https://a.example/");
    for error in [
        opens(&bench).await.unwrap_err(),
        host.payment_url(&asked).await.unwrap_err(),
        change(&bench, page).await.unwrap_err(),
        host.rotate_secret(&main, "key", "k9".into())
            .await
            .unwrap_err(),
        host.receive_webhook(&provider(), &main, &delivery(CANARY, &[]))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(decrypt_error(&error), Some(DecryptError::WrongKeyOrAltered));
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "the stored setting `key` cannot be decrypted");
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
    let rotated = host.rotate_encryption_key().await.unwrap();
    let reasons: Vec<_> = rotated.undecryptable.iter().map(|it| it.reason).collect();
    assert_eq!(reasons, [DecryptError::WrongKeyOrAltered]);

    // All secrets again mend it, and so does the address as it was.
    let back = "UPDATE connections SET plain_settings = '{}'";
    execute(&bench.host, back).await;
    opens(&bench).await.unwrap();
    execute(&bench.host, &alter).await;
    let again = SettingsChange::new().with("key", "k2").without("base_url");
    change(&bench, again).await.unwrap();
    opens(&bench).await.unwrap();
}

async fn an_address_in_another_spelling_keeps_the_secrets(database: Database) {
    let bench = Bench::new(database).await;
    let written = at("https://gateway.example/v1").with("key", "k1");
    change(&bench, written).await.unwrap();
    for same in [
        "https://gateway.example/v1/",
        "https://Gateway.EXAMPLE:443/v1",
        "https://gateway.example./v1",
    ] {
        change(&bench, at(same)).await.unwrap();
        opens(&bench).await.unwrap();
    }
    assert!(bench.receive_request(delivery("k1", &[])).await.is_ok());
}

async fn a_default_address_that_is_written_out_has_to_give_all_secrets_again(database: Database) {
    let bench = Bench::new(database).await;
    // The default of the provider. Another version may have another one.
    let written = at("https://gateway.example/v1");
    let absent = SettingsChange::new().without("base_url");
    for (asked, secret) in [(written, "k2"), (absent, "k3")] {
        let error = change(&bench, asked.clone()).await.unwrap_err();
        assert!(error.to_string().contains("settings.key: "), "{error}");
        opens(&bench).await.unwrap();
        change(&bench, asked.with("key", secret)).await.unwrap();
        opens(&bench).await.unwrap();
        assert!(bench.receive_request(delivery(secret, &[])).await.is_ok());
    }
}

async fn a_rotated_secret_and_a_rotated_key_keep_the_binding(database: Database) {
    let bench = Bench::new(database).await;
    let main = connection("main");
    let moved = at("https://own.example/v1").with("key", "k2");
    change(&bench, moved).await.unwrap();
    let host = &bench.host;
    host.rotate_secret(&main, "key", "k3".into()).await.unwrap();
    host.retire_secrets(&main, "key").await.unwrap();
    opens(&bench).await.unwrap();
    let rotated = host.rotate_encryption_key().await.unwrap();
    assert!(rotated.is_complete());
    execute(host, "UPDATE connections SET plain_settings = '{}'").await;
    let error = opens(&bench).await.unwrap_err();
    assert_eq!(decrypt_error(&error), Some(DecryptError::WrongKeyOrAltered));
}

async fn a_declared_connection_follows_its_address(database: Database) {
    let bench = Bench::new(database).await;
    let ensure = async |settings: ConnectionSettings| {
        let new = NewConnection::new(connection("main"), provider(), "Main", settings);
        bench.host.ensure_connection(new).await
    };
    let own = ConnectionSettings::new()
        .with("key", "k1")
        .with("base_url", "https://own.example/v1");
    ensure(own.clone()).await.unwrap();
    opens(&bench).await.unwrap();
    let stored = version(&bench).await;
    ensure(own).await.unwrap();
    assert_eq!(version(&bench).await, stored, "nothing changed");
    // A secret that is stored and not declared is not taken along.
    let pin = SettingsChange::new().with("pin", "1234");
    change(&bench, pin).await.unwrap();
    let other = ConnectionSettings::new()
        .with("key", "k1")
        .with("base_url", "https://other.example/v1");
    let error = ensure(other).await.unwrap_err();
    assert!(error.to_string().contains("settings.pin: "), "{error}");
}

/// An address that was stored meanwhile gets no secret that was declared without it.
async fn a_declaration_without_an_address_clears_a_stored_one(database: Database) {
    let bench = Bench::new(database).await;
    let moved = at("https://other.example/v1").with("key", "anything");
    change(&bench, moved).await.unwrap();
    let declared = ConnectionSettings::new().with("key", "k1");
    let new = NewConnection::new(connection("main"), provider(), "Main", declared);
    let ensured = bench.host.ensure_connection(new).await.unwrap();
    assert!(!ensured.settings.contains_key("base_url"));
    opens(&bench).await.unwrap();
}

async fn a_declaration_replaces_secrets_that_cannot_be_decrypted(database: Database) {
    let bench = Bench::new(database).await;
    let moved = at("https://own.example/v1").with("key", "k2");
    change(&bench, moved).await.unwrap();
    execute(&bench.host, "UPDATE connections SET plain_settings = '{}'").await;
    opens(&bench).await.unwrap_err();
    let declared = ConnectionSettings::new().with("key", "k1");
    let new = NewConnection::new(connection("main"), provider(), "Main", declared);
    bench.host.ensure_connection(new).await.unwrap();
    opens(&bench).await.unwrap();
}
