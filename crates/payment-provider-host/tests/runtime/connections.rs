//! Connections: complete errors, sealed secrets, nothing that leaks.

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::connections::EnvironmentMismatch;
use payment_provider_host::encryption::{DecryptError, KeyFileError};
use payment_provider_host::error::{Conflict, Entity};
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, execute, in_tx, texts};
use crate::fixture::{Bench, connection, connection_of, decrypt_error, provider};

each_database! {
    every_violation_is_reported_at_once_and_nothing_is_stored,
    unknown_providers_and_taken_codes_are_refused_by_name,
    a_secret_is_neither_shown_nor_found_in_the_files,
    a_row_copied_to_another_connection_does_not_decrypt,
    a_secret_copied_to_another_tenant_environment_or_field_does_not_decrypt,
    the_environment_of_a_connection_cannot_change,
    settings_of_another_environment_than_the_stored_one_are_refused,
}

const CANARY: &str = "canary-secret-5f1d";

fn new_connection(name: &str, code: &str, settings: ConnectionSettings) -> NewConnection {
    NewConnection::new(connection(code), provider(), name, settings)
}

async fn every_violation_is_reported_at_once_and_nothing_is_stored(database: Database) {
    let bench = Bench::new(database).await;
    let settings = ConnectionSettings::new()
        .with("page", CANARY)
        .with("kee", CANARY);
    let new = new_connection(" ", "second", settings);
    let error = bench.host.add_connection(new).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains(CANARY), "{text}");
    let ErrorKind::Invalid(violations) = error.kind() else {
        panic!("{text}")
    };
    for field in ["name", "settings.key", "settings.page", "settings.kee"] {
        assert!(violations.names(field), "{field} is not in {violations}");
    }
    assert_eq!(
        crate::fixture::all_connections(&bench.host, None)
            .await
            .unwrap()
            .len(),
        1
    );
}

async fn unknown_providers_and_taken_codes_are_refused_by_name(database: Database) {
    let bench = Bench::new(database).await;
    let mut new = new_connection("A", "second", ConnectionSettings::new());
    new.provider = ProviderId::new("nobody").unwrap();
    let error = bench.host.add_connection(new).await.unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::NotFound(Entity::Provider)
    ));
    assert_eq!(error.to_string(), "no provider `nobody`; known: memory");

    let settings = ConnectionSettings::new().with("key", "k");
    let new = new_connection("A", "main", settings);
    let error = bench.host.add_connection(new).await.unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Conflict(Conflict::CodeTaken)
    ));
}

async fn a_secret_is_neither_shown_nor_found_in_the_files(database: Database) {
    let bench = Bench::new(database).await;
    let settings = ConnectionSettings::new()
        .with("key", CANARY)
        .with("page", "https://a.example");
    let made = bench
        .host
        .add_connection(new_connection("A", "second", settings))
        .await
        .unwrap();
    assert_eq!(made.secrets[0].field, "key");
    assert_eq!(made.secrets[0].count, 1);
    assert!(!format!("{made:?}").contains(CANARY));
    bench.host.check_connection(&made.to_ref()).await.unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(bench.place.directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let found = bytes
            .windows(CANARY.len())
            .any(|window| window == CANARY.as_bytes());
        assert!(!found);
        files += 1;
    }
    let least = if database.is_postgres() { 1 } else { 3 };
    assert!(files >= least, "database, log and key file were expected");
    let query = "SELECT plain_settings || encrypted_settings FROM connections";
    let stored = texts(&bench.host, query).await;
    assert_eq!(stored.len(), 2);
    assert!(stored.iter().all(|stored| !stored.contains(CANARY)));
}

async fn a_row_copied_to_another_connection_does_not_decrypt(database: Database) {
    let bench = Bench::new(database).await;
    bench.add_connection("second", "k2").await;
    execute(&bench.host, "UPDATE connections SET encrypted_settings =
             (SELECT encrypted_settings FROM connections WHERE code = 'main') WHERE code = 'second'").await;
    let error = bench
        .host
        .check_connection(&connection("second"))
        .await
        .unwrap_err();
    assert_eq!(decrypt_error(&error), Some(DecryptError::WrongKeyOrAltered));
}

async fn a_secret_copied_to_another_tenant_environment_or_field_does_not_decrypt(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let settings = || {
        let settings = ConnectionSettings::new().with("key", "k2");
        settings.with("spare", "s2")
    };
    let other = OrganizationId::new("other").unwrap();
    let other = connection_of(&other, "main");
    let new = NewConnection::new(other.clone(), provider(), "Same code", settings());
    bench.host.add_connection(new).await.unwrap();
    for name in ["environment", "field"] {
        let new = new_connection(name, name, settings());
        bench.host.add_connection(new).await.unwrap();
    }
    let mut tx = bench.host.begin().await.unwrap();
    for statement in [
        "UPDATE connections SET encrypted_settings = (SELECT encrypted_settings FROM connections
             WHERE organization_id = 'org' AND code = 'main') WHERE organization_id = 'other'",
        "UPDATE connections SET environment = 'production' WHERE code = 'environment'",
        "UPDATE connections SET encrypted_settings =
             replace(replace(encrypted_settings, '\"key\":[', '\"pin\":['), '\"spare\":[', '\"key\":[')
         WHERE code = 'field'",
    ] {
        let changed = in_tx!(&mut tx, connection => {
            let done = sqlx::query(statement).execute(connection).await;
            done.unwrap().rows_affected()
        });
        assert_eq!(changed, 1);
    }
    bench.host.commit(tx).await.unwrap();
    for copied in [other, connection("environment"), connection("field")] {
        let error = bench.host.check_connection(&copied).await.unwrap_err();
        let reason = decrypt_error(&error);
        assert_eq!(reason, Some(DecryptError::WrongKeyOrAltered), "{copied:?}");
    }
}

async fn the_environment_of_a_connection_cannot_change(database: Database) {
    let bench = Bench::new(database).await;
    let live = ConnectionSettings::new()
        .with("key", "k1")
        .with("live", true);
    let error = bench
        .host
        .replace_settings(&connection("main"), &live)
        .await
        .unwrap_err();
    let ErrorKind::Invalid(violations) = error.kind() else {
        panic!("{error}")
    };
    assert!(violations.names("settings.environment"));
}

async fn settings_of_another_environment_than_the_stored_one_are_refused(database: Database) {
    let bench = Bench::new(database).await;
    let changed = r#"UPDATE connections SET plain_settings = '{"live":true}'"#;
    execute(&bench.host, changed).await;
    let error = bench.host.check_connection(&connection("main")).await;
    let error = error.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Encryption), "{error:?}");
    let source = std::error::Error::source(&error).unwrap();
    let mismatch: &EnvironmentMismatch = source.downcast_ref().unwrap();
    assert_eq!(mismatch.stored, Environment::Sandbox);
    assert_eq!(mismatch.connected, Environment::Production);
}

#[cfg(unix)]
#[test]
fn the_key_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sealing.key");
    let made = EncryptionKey::from_file_or_new(&path).unwrap();
    let permissions = std::fs::metadata(&path).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    assert_eq!(
        EncryptionKey::from_file_or_new(&path).unwrap().id(),
        made.id()
    );

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = EncryptionKey::from_file_or_new(&path).unwrap_err();
    assert!(
        matches!(error, KeyFileError::Exposed { mode: 0o644, .. }),
        "{error}"
    );
}

#[test]
fn a_key_file_without_a_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sealing.key");
    drop(EncryptionKey::from_file_or_new(&path).unwrap());
    std::fs::write(&path, "not a key").unwrap();
    let error = EncryptionKey::from_file(&path).unwrap_err();
    assert!(matches!(error, KeyFileError::Malformed { .. }), "{error}");
}
