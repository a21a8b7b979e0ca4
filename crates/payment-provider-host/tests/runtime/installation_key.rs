//! The key of the hosts is recorded, so that a host or a tool with another one is noticed before it encrypts.

use futures_util::future::join_all;
use payment_provider_core::*;
use payment_provider_host::encryption::{EncryptError, OtherKey};
use payment_provider_host::prelude::*;
use payment_provider_host::{ErrorKind, HostBuilder};

use crate::fixture::database::{Database, Place, each_database};
use crate::fixture::{connection, provider, registry};
use crate::gateway::Gateway;

each_database! {
    a_host_with_another_key_file_is_refused_before_a_secret_is_stored,
    a_host_that_allows_unknown_keys_records_its_own,
    hosts_that_start_at_once_with_one_file_all_start(threads = 4),
    of_hosts_that_start_at_once_with_other_keys_one_starts(threads = 4),
    a_key_is_replaced_while_hosts_with_both_orders_run,
    a_tool_with_another_key_encrypts_nothing,
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

async fn builder(place: &Place) -> HostBuilder {
    let registry = registry(&Gateway::default());
    place.open().await.with_registry(registry)
}

async fn start(place: &Place, current: u8, former: &[u8]) -> Result<Host, Error> {
    let former = former.iter().map(|byte| key(*byte));
    let keys = EncryptionKeys::with_older(key(current), former);
    let builder = builder(place).await.with_encryption_keys(keys);
    builder.build().await
}

async fn add(host: &Host, code: &str) -> Result<(), Error> {
    let settings = ConnectionSettings::new().with("key", "k1");
    let new = NewConnection::new(connection(code), provider(), code, settings);
    host.add_connection(new).await.map(drop)
}

fn source<T: std::error::Error + Clone + 'static>(error: &Error) -> T {
    assert!(matches!(error.kind(), ErrorKind::Encryption), "{error:?}");
    let source = std::error::Error::source(error).unwrap();
    source.downcast_ref::<T>().expect("its source").clone()
}

async fn a_host_with_another_key_file_is_refused_before_a_secret_is_stored(database: Database) {
    let place = Place::new(database);
    let file = |name: &str| place.directory.path().join(name);
    let build = async |name: &str| {
        builder(&place)
            .await
            .with_key_file(file(name))
            .build()
            .await
    };
    build("one.key").await.unwrap();
    let recorded = EncryptionKeys::from_file(file("one.key")).unwrap();
    let other = EncryptionKeys::from_file_or_new(file("two.key")).unwrap();
    let refused = source::<OtherKey>(&build("two.key").await.unwrap_err());
    assert_eq!(refused.recorded, *recorded.current_id());
    assert_eq!(refused.given.as_ref(), Some(other.current_id()));
    let ids = [&refused.recorded, other.current_id()].map(ToString::to_string);
    let remedies = ["two.key", "same key file", "rotation", "unknown keys"];
    for part in ids.iter().map(String::as_str).chain(remedies) {
        assert!(refused.to_string().contains(part), "{part}: {refused}");
    }
    let refused = source::<OtherKey>(&build("lost.key").await.unwrap_err());
    assert_eq!(
        (refused.given, refused.file),
        (None, Some(file("lost.key")))
    );
    assert!(!file("lost.key").exists(), "no key is made");
    build("one.key").await.unwrap();
}

async fn a_host_that_allows_unknown_keys_records_its_own(database: Database) {
    let place = Place::new(database);
    start(&place, 1, &[]).await.unwrap();
    start(&place, 2, &[]).await.unwrap_err();
    let allowed = builder(&place).await.allow_unknown_keys();
    allowed.with_encryption_keys(key(2)).build().await.unwrap();
    start(&place, 2, &[]).await.unwrap();
    let refused = source::<OtherKey>(&start(&place, 1, &[]).await.unwrap_err());
    assert_eq!(refused.recorded, *key(2).id());
    // A host with both keys changes nothing.
    let both = EncryptionKeys::with_older(key(1), [key(2)]);
    let allowed = builder(&place).await.allow_unknown_keys();
    allowed.with_encryption_keys(both).build().await.unwrap();
    start(&place, 2, &[]).await.unwrap();
}

async fn hosts_that_start_at_once_with_one_file_all_start(database: Database) {
    for _ in 0..3 {
        let place = Place::new(database);
        let file = place.directory.path().join("hosts.key");
        let hosts = (0..6).map(async |number| {
            let host = builder(&place).await.with_key_file(&file).build().await?;
            add(&host, &format!("c{number}")).await?;
            Ok::<_, Error>(host)
        });
        for host in join_all(hosts).await {
            host.unwrap();
        }
    }
}

async fn of_hosts_that_start_at_once_with_other_keys_one_starts(database: Database) {
    let place = Place::new(database);
    let hosts = [1, 2, 3, 1, 2, 3].map(async |byte| (byte, start(&place, byte, &[]).await));
    let mut started = Vec::new();
    let mut refused = Vec::new();
    for (byte, outcome) in join_all(hosts).await {
        match outcome {
            Ok(_) => started.push(byte),
            Err(error) => refused.push(source::<OtherKey>(&error)),
        }
    }
    assert_eq!((started.len(), refused.len()), (2, 4), "{started:?}");
    assert_eq!(started[0], started[1]);
    let recorded = key(started[0]);
    assert!(refused.iter().all(|other| other.recorded == *recorded.id()));
}

async fn a_key_is_replaced_while_hosts_with_both_orders_run(database: Database) {
    let place = Place::new(database);
    start(&place, 1, &[]).await.unwrap();
    let old_first = start(&place, 1, &[2]).await.unwrap();
    let new_first = start(&place, 2, &[1]).await.unwrap();
    start(&place, 2, &[]).await.unwrap_err();
    // No secret is stored, and still the rotation records the new key.
    new_first.rotate_encryption_key().await.unwrap();
    start(&place, 1, &[]).await.unwrap_err();
    start(&place, 1, &[2]).await.unwrap();
    add(&old_first, "old").await.unwrap();
    add(&new_first, "new").await.unwrap();
    start(&place, 2, &[]).await.unwrap_err();
    let report = new_first.rotate_encryption_key().await.unwrap();
    assert_eq!((report.rotated, report.current), (1, 1));
    start(&place, 2, &[]).await.unwrap();
    start(&place, 1, &[]).await.unwrap_err();
}

async fn a_tool_with_another_key_encrypts_nothing(database: Database) {
    let place = Place::new(database);
    start(&place, 1, &[]).await.unwrap();
    let new_first = start(&place, 2, &[1]).await.unwrap();
    add(&new_first, "main").await.unwrap();
    let tool = async |keys: EncryptionKeys| {
        let tool = builder(&place).await.open_beside();
        tool.with_encryption_keys(keys).build().await.unwrap()
    };
    let main = connection("main");
    // The hosts encrypt with key 1, and not all of them need to have key 2.
    let foreign = tool(key(2).into()).await;
    foreign.check_connection(&main).await.unwrap();
    let rotate = foreign.rotate_secret(&main, "key", "k2".into()).await;
    let settings = ConnectionSettings::new().with("key", "k2");
    for error in [
        rotate.unwrap_err(),
        add(&foreign, "second").await.unwrap_err(),
        foreign
            .replace_settings(&main, &settings)
            .await
            .unwrap_err(),
        foreign.rotate_encryption_key().await.unwrap_err(),
    ] {
        let refused = source::<EncryptError>(&error);
        assert_eq!(refused, EncryptError::ForeignKey);
        assert!(refused.to_string().contains("key file of the hosts"));
    }
    let shown = new_first.connection(&main).await.unwrap();
    assert_eq!(shown.secrets[0].count, 1, "nothing was written");

    let own = tool(EncryptionKeys::with_older(key(1), [key(2)])).await;
    own.rotate_secret(&main, "key", "k2".into()).await.unwrap();
    new_first.check_connection(&main).await.unwrap();
}
