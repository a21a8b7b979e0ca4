//! Connections: complete errors, sealed secrets, nothing that leaks.

use crate::gateway::bench::{Bench, code, organization, provider};
use crate::gateway::database::{Database, execute, in_tx, texts};
use payment_provider_core::*;
use payment_provider_host::*;

const CANARY: &str = "canary-secret-5f1d";

fn new_connection(name: &str, code: &str, settings: ConnectionSettings) -> NewConnection {
    let code = ConnectionCode::new(code).unwrap();
    NewConnection::new(organization(), provider(), code, name, settings)
}

each_database!(every_violation_is_reported_at_once_and_nothing_is_stored);
async fn every_violation_is_reported_at_once_and_nothing_is_stored(database: Database) {
    let bench = Bench::new(database).await;
    let settings = ConnectionSettings::new()
        .with("page", CANARY)
        .with("kee", CANARY);
    let new = new_connection(" ", "second", settings);
    let error = bench.host.add_connection(new).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains(CANARY), "{text}");
    let ConnectionError::Invalid(violations) = error else {
        panic!("{text}")
    };
    for field in ["name", "settings.key", "settings.page", "settings.kee"] {
        assert!(violations.names(field), "{field} is not in {violations}");
    }
    assert_eq!(bench.host.connections(None).await.unwrap().len(), 1);
}

each_database!(unknown_providers_and_taken_codes_are_said_so);
async fn unknown_providers_and_taken_codes_are_said_so(database: Database) {
    let bench = Bench::new(database).await;
    let mut new = new_connection("A", "second", ConnectionSettings::new());
    new.provider = ProviderId::new("nobody").unwrap();
    let error = bench.host.add_connection(new).await.unwrap_err();
    assert_eq!(error.to_string(), "no provider `nobody`; known: memory");

    let new = new_connection(
        "A",
        code().as_str(),
        ConnectionSettings::new().with("key", "k"),
    );
    let error = bench.host.add_connection(new).await.unwrap_err();
    assert!(matches!(error, ConnectionError::CodeTaken));
}

each_database!(a_secret_is_neither_shown_nor_found_in_the_files);
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
    bench
        .host
        .check_connection(&organization(), &made.code)
        .await
        .unwrap();
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

each_database!(a_row_copied_to_another_connection_does_not_open);
async fn a_row_copied_to_another_connection_does_not_open(database: Database) {
    let bench = Bench::new(database).await;
    let settings = ConnectionSettings::new().with("key", "k2");
    bench
        .host
        .add_connection(new_connection("A", "second", settings))
        .await
        .unwrap();
    execute(&bench.host, "UPDATE connections SET encrypted_settings =
             (SELECT encrypted_settings FROM connections WHERE code = 'main') WHERE code = 'second'").await;
    let second = ConnectionCode::new("second").unwrap();
    let error = bench
        .host
        .check_connection(&organization(), &second)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        ConnectionError::Sealed(UnsealError::DoesNotOpen)
    ));
}

each_database!(what_is_copied_to_another_tenant_environment_or_field_does_not_open);
async fn what_is_copied_to_another_tenant_environment_or_field_does_not_open(database: Database) {
    let bench = Bench::new(database).await;
    let settings = || {
        let settings = ConnectionSettings::new().with("key", "k2");
        settings.with("spare", "s2")
    };
    let other = OrganizationId::new("other").unwrap();
    let new = NewConnection::new(other.clone(), provider(), code(), "Same code", settings());
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
    let named = |name| ConnectionCode::new(name).unwrap();
    for (organization, code) in [
        (other, code()),
        (organization(), named("environment")),
        (organization(), named("field")),
    ] {
        let error = bench.host.check_connection(&organization, &code).await;
        assert!(
            matches!(
                error,
                Err(ConnectionError::Sealed(UnsealError::DoesNotOpen))
            ),
            "{organization} {code}: {error:?}"
        );
    }
}

each_database!(the_environment_of_a_connection_cannot_change);
async fn the_environment_of_a_connection_cannot_change(database: Database) {
    let bench = Bench::new(database).await;
    let live = ConnectionSettings::new()
        .with("key", "k1")
        .with("live", true);
    let error = bench
        .host
        .replace_settings(&organization(), &code(), &live)
        .await
        .unwrap_err();
    let ConnectionError::Invalid(violations) = error else {
        panic!("{error}")
    };
    assert!(violations.names("settings.environment"));
}

#[cfg(unix)]
#[test]
fn the_key_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sealing.key");
    let made = SealingKey::from_file_or_new(&path).unwrap();
    let permissions = std::fs::metadata(&path).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    assert_eq!(SealingKey::from_file_or_new(&path).unwrap().id(), made.id());

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = SealingKey::from_file_or_new(&path).unwrap_err();
    assert!(
        matches!(error, KeyFileError::Exposed { mode: 0o644 }),
        "{error}"
    );
}

#[test]
fn a_key_file_that_holds_no_key_is_said_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sealing.key");
    drop(SealingKey::from_file_or_new(&path).unwrap());
    std::fs::write(&path, "not a key").unwrap();
    let error = SealingKey::from_file(&path).unwrap_err();
    assert!(matches!(error, KeyFileError::Malformed), "{error}");
}
