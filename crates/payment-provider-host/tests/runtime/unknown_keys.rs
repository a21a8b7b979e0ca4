//! A lost or wrong key file is noticed when a host starts.

use payment_provider_core::*;
use payment_provider_host::encryption::UnknownKeys;
use payment_provider_host::prelude::*;
use payment_provider_host::{ErrorKind, HostBuilder};

use crate::fixture::database::{Database, Place, each_database, execute};
use crate::fixture::{Bench, connection, provider, registry};
use crate::gateway::{Gateway, delivery};

each_database! {
    a_host_without_the_key_of_stored_secrets_does_not_start_and_names_it,
    no_key_is_made_where_secrets_are_stored,
    the_secrets_under_each_key_are_counted,
    a_host_that_allows_unknown_keys_has_the_secrets_entered_again,
}

fn key(byte: u8) -> EncryptionKey {
    // 32 equal bytes in base64.
    let text = match byte {
        1 => "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        2 => "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
        _ => "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
    };
    EncryptionKey::from_text(&text.into()).unwrap()
}

async fn builder(place: &Place, gateway: &Gateway) -> HostBuilder {
    place.open().await.with_registry(registry(gateway))
}

async fn start(bench: &Bench, current: u8, former: &[u8]) -> Result<Host, Error> {
    let former = former.iter().map(|byte| key(*byte));
    let keys = EncryptionKeys::with_older(key(current), former);
    let builder = builder(&bench.place, &bench.gateway).await;
    builder.with_encryption_keys(keys).build().await
}

async fn add(host: &Host, code: &str, secrets: &[&str]) {
    let secrets: Vec<_> = secrets.iter().map(|secret| (*secret).into()).collect();
    let settings = ConnectionSettings::new().with("key", secrets);
    let new = NewConnection::new(connection(code), provider(), code, settings);
    host.add_connection(new).await.unwrap();
}

fn unknown(error: &Error) -> UnknownKeys {
    assert!(matches!(error.kind(), ErrorKind::Encryption), "{error:?}");
    let source = std::error::Error::source(error).unwrap();
    let unknown: &UnknownKeys = source.downcast_ref().unwrap();
    unknown.clone()
}

/// A bench whose only connection has one secret under key 1.
async fn under_key_1(database: Database) -> Bench {
    let bench = Bench::new(database).await;
    execute(&bench.host, "DELETE FROM customers").await;
    execute(&bench.host, "DELETE FROM connections").await;
    execute(&bench.host, "UPDATE installation SET encryption_key = NULL").await;
    let host = start(&bench, 1, &[]).await.unwrap();
    add(&host, "main", &["k1"]).await;
    bench
}

async fn a_host_without_the_key_of_stored_secrets_does_not_start_and_names_it(database: Database) {
    let bench = under_key_1(database).await;
    let error = start(&bench, 2, &[]).await.unwrap_err();
    let found = unknown(&error);
    assert_eq!(found.keys, [(key(1).id().clone(), 1)]);
    let id = key(1).id().to_string();
    assert_eq!(
        found.to_string(),
        format!("the database has secrets under keys that the host does not have: {id} (1 secret)")
    );
    start(&bench, 1, &[]).await.unwrap();
    start(&bench, 2, &[1]).await.unwrap();
    // A tool decrypts what it can.
    let tool = builder(&bench.place, &bench.gateway).await.open_beside();
    tool.with_encryption_keys(key(2)).build().await.unwrap();
}

async fn no_key_is_made_where_secrets_are_stored(database: Database) {
    let bench = under_key_1(database).await;
    let file = bench.place.directory.path().join("lost.key");
    let host = builder(&bench.place, &bench.gateway).await;
    let error = host.with_key_file(&file).build().await.unwrap_err();
    let found = unknown(&error);
    assert_eq!(found.missing_file.as_ref(), Some(&file));
    assert!(
        found.to_string().contains("lost.key does not exist"),
        "{found}"
    );
    let tool = builder(&bench.place, &bench.gateway).await.open_beside();
    assert!(tool.with_key_file(&file).build().await.is_err());
    assert!(!file.exists());

    let empty = Place::new(database);
    let host = builder(&empty, &bench.gateway).await.with_key_file(&file);
    let host = host.build().await.unwrap();
    let made = EncryptionKeys::from_file(&file).unwrap();
    add(&host, "main", &["k1"]).await;
    host.store().close().await;
    // The file that was made serves from now on.
    let again = builder(&empty, &bench.gateway).await.with_key_file(&file);
    again.build().await.unwrap();
    assert_eq!(
        EncryptionKeys::from_file(&file).unwrap().current_id(),
        made.current_id()
    );
}

async fn the_secrets_under_each_key_are_counted(database: Database) {
    let bench = under_key_1(database).await;
    let first = start(&bench, 1, &[]).await.unwrap();
    add(&first, "second", &["a", "b"]).await;
    add(&first, "third", &["a", "b"]).await;
    add(&first, "gone", &["a"]).await;
    first.delete_connection(&connection("gone")).await.unwrap();
    let both = start(&bench, 2, &[1]).await.unwrap();
    both.rotate_secret(&connection("second"), "key", "c".into())
        .await
        .unwrap();
    let counts = async |current| {
        let error = start(&bench, current, &[]).await.unwrap_err();
        unknown(&error).keys
    };
    // A change of settings encrypts all secrets of the connection anew.
    let (one, two) = (key(1).id().clone(), key(2).id().clone());
    assert_eq!(counts(2).await, [(one.clone(), 3)]);
    assert_eq!(counts(1).await, [(two.clone(), 3)]);
    let mut all = vec![(one, 3), (two.clone(), 3)];
    all.sort();
    assert_eq!(counts(3).await, all);

    both.rotate_encryption_key().await.unwrap();
    assert_eq!(counts(1).await, [(two, 6)]);
    start(&bench, 2, &[]).await.unwrap();
}

async fn a_host_that_allows_unknown_keys_has_the_secrets_entered_again(database: Database) {
    let bench = under_key_1(database).await;
    let file = bench.place.directory.path().join("new.key");
    let host = builder(&bench.place, &bench.gateway).await;
    let host = host.with_key_file(&file).allow_unknown_keys();
    let host = host.build().await.unwrap();
    let main = connection("main");
    assert!(host.check_connection(&main).await.is_err());
    let again = ConnectionSettings::new().with("key", "k2");
    host.replace_settings(&main, &again).await.unwrap();
    let request = delivery("k2", &[]);
    let received = host.receive_webhook(&provider(), &main, &request).await;
    received.unwrap();
    host.store().close().await;
    let host = builder(&bench.place, &bench.gateway).await;
    host.with_key_file(&file).build().await.unwrap();
}
