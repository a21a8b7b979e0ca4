//! The encryption key is replaced while processes run, and no secret is lost.

use payment_provider_core::*;
use payment_provider_host::connections::KeyRotationReport;
use payment_provider_host::encryption::DecryptError;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, execute, numbers};
use crate::fixture::{Bench, connection, provider};
use crate::gateway::{MemoryFactory, delivery};

each_database! {
    a_former_key_can_be_given_up_after_everything_is_sealed_anew,
    a_secret_that_does_not_decrypt_is_named_and_kept,
    a_run_that_was_cut_short_is_finished_by_the_next,
    settings_changed_at_the_same_moment_are_kept_and_sealed_anew(threads = 4),
    a_file_of_keys_serves_a_host,
}

const FORMER: [u8; 32] = [1; 32];
const CURRENT: [u8; 32] = [2; 32];

fn key(bytes: [u8; 32]) -> EncryptionKey {
    // 32 equal bytes in base64.
    let text = match bytes[0] {
        1 => "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        _ => "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
    };
    EncryptionKey::from_text(&text.into()).unwrap()
}

/// Another process on the bench's database, with these keys.
async fn process(bench: &Bench, current: [u8; 32], former: &[[u8; 32]]) -> Host {
    let mut registry = ProviderRegistry::new();
    let factory = MemoryFactory::new(bench.gateway.clone());
    registry.register(factory).unwrap();
    let former = former.iter().map(|bytes| key(*bytes));
    let keys = EncryptionKeys::with_older(key(current), former);
    let builder = bench.place.open().await;
    builder
        .with_registry(registry)
        .with_encryption_keys(keys)
        .allow_unknown_keys()
        .with_clock(std::sync::Arc::new(bench.clock.clone()))
        .build()
        .await
        .unwrap()
}

async fn add(host: &Host, name: &str) {
    let keys: Vec<_> = [format!("{name} new"), format!("{name} old")]
        .into_iter()
        .map(Into::into)
        .collect();
    let settings = ConnectionSettings::new()
        .with("key", keys)
        .with("pin", "1234");
    let new = NewConnection::new(connection(name), provider(), name, settings);
    host.add_connection(new).await.unwrap();
}

/// A bench whose database holds these connections, sealed with the former key. Its own is gone.
async fn sealed_formerly(database: Database, names: &[&str]) -> Bench {
    let bench = Bench::new(database).await;
    let host = process(&bench, FORMER, &[]).await;
    execute(&bench.host, "DELETE FROM customers").await;
    execute(&bench.host, "DELETE FROM connections").await;
    for name in names {
        add(&host, name).await;
    }
    bench
}

async fn versions(bench: &Bench) -> Vec<i64> {
    let query = "SELECT settings_version FROM connections ORDER BY code";
    numbers(&bench.host, query).await
}

async fn verifies(host: &Host, name: &str, secret: &str) -> bool {
    let request = delivery(secret, &[]);
    host.receive_webhook(&provider(), &connection(name), &request)
        .await
        .is_ok()
}

fn counts(done: &KeyRotationReport) -> (u64, u64, usize) {
    (done.rotated, done.current, done.undecryptable.len())
}

async fn a_former_key_can_be_given_up_after_everything_is_sealed_anew(database: Database) {
    let bench = sealed_formerly(database, &["a", "b", "c"]).await;
    let without = process(&bench, CURRENT, &[]).await;
    assert!(!verifies(&without, "a", "a new").await);
    let with_both = process(&bench, CURRENT, &[FORMER]).await;
    with_both
        .rotate_secret(&connection("c"), "key", "c newest".into())
        .await
        .unwrap();
    assert_eq!(versions(&bench).await, [1, 1, 2]);

    let done = with_both.rotate_encryption_key().await.unwrap();
    assert_eq!(counts(&done), (2, 1, 0));
    assert!(done.is_complete());
    assert_eq!(versions(&bench).await, [2, 2, 2]);
    for name in ["a", "b", "c"] {
        for secret in ["new", "old"] {
            let secret = format!("{name} {secret}");
            assert!(verifies(&without, name, &secret).await, "{secret}");
        }
        let shown = without.connection(&connection(name)).await;
        let counts: Vec<_> = shown.unwrap().secrets.iter().map(|it| it.count).collect();
        assert_eq!(counts, [if name == "c" { 3 } else { 2 }, 1]);
    }

    // Once more there is nothing to do, and nothing is written.
    let again = with_both.rotate_encryption_key().await.unwrap();
    assert_eq!(counts(&again), (0, 3, 0));
    assert_eq!(versions(&bench).await, [2, 2, 2]);
    // A process with the former key alone is locked out.
    let left_over = process(&bench, FORMER, &[]).await;
    assert!(!verifies(&left_over, "a", "a new").await);
    let back = process(&bench, FORMER, &[CURRENT]).await;
    assert_eq!(
        counts(&back.rotate_encryption_key().await.unwrap()),
        (3, 0, 0)
    );
    assert!(verifies(&left_over, "a", "a new").await);
}

async fn a_secret_that_does_not_decrypt_is_named_and_kept(database: Database) {
    let bench = sealed_formerly(database, &["broken", "copied", "fine", "lost"]).await;
    for statement in [
        "UPDATE connections SET encrypted_settings = 'of another version' WHERE code = 'broken'",
        "UPDATE connections SET encrypted_settings =
             (SELECT encrypted_settings FROM connections WHERE code = 'fine') WHERE code = 'copied'",
        // The key of one secret of several is lost.
        "UPDATE connections SET encrypted_settings =
             replace(encrypted_settings, '\"pin\":[{\"version\":2,\"key\":\"', '\"pin\":[{\"version\":2,\"key\":\"0')
         WHERE code = 'lost'",
    ] {
        execute(&bench.host, statement).await;
    }
    let host = process(&bench, CURRENT, &[FORMER]).await;
    let done = host.rotate_encryption_key().await.unwrap();
    assert!(!done.is_complete());
    assert_eq!(counts(&done), (1, 0, 3));
    let partly = done.undecryptable.iter().map(|one| one.partly_rotated);
    assert_eq!(partly.collect::<Vec<_>>(), [false, false, true]);
    let unopened: Vec<_> = done
        .undecryptable
        .iter()
        .map(|one| (one.organization.as_str(), one.code.as_str(), one.reason))
        .collect();
    let expected = [
        ("org", "broken", DecryptError::UnknownVersion),
        ("org", "copied", DecryptError::WrongKeyOrAltered),
        ("org", "lost", DecryptError::UnknownKey),
    ];
    assert_eq!(unopened, expected);
    // Nothing of it is lost: what opened is sealed anew, what did not is as it was.
    execute(
        &bench.host,
        "UPDATE connections SET encrypted_settings = replace(encrypted_settings, '\"key\":\"0', '\"key\":\"')
         WHERE code = 'lost'",
    )
    .await;
    let again = host.rotate_encryption_key().await.unwrap();
    assert_eq!(counts(&again), (1, 1, 2));
    let new_only = process(&bench, CURRENT, &[]).await;
    for name in ["fine", "lost"] {
        assert!(verifies(&new_only, name, &format!("{name} old")).await);
    }
}

async fn a_run_that_was_cut_short_is_finished_by_the_next(database: Database) {
    let bench = sealed_formerly(database, &[]).await;
    let former = process(&bench, FORMER, &[]).await;
    // More than are written in one step.
    for number in 0..230 {
        add(&former, &format!("c{number}")).await;
    }
    let host = process(&bench, CURRENT, &[FORMER]).await;
    let done = async || {
        let versions = versions(&bench).await;
        versions.into_iter().filter(|version| *version > 1).count()
    };
    {
        let mut run = Box::pin(host.rotate_encryption_key());
        while done().await == 0 {
            let waker = std::task::Waker::noop();
            let mut context = std::task::Context::from_waker(waker);
            assert!(run.as_mut().poll(&mut context).is_pending(), "in one go");
            tokio::task::yield_now().await;
        }
    }
    let before = u64::try_from(done().await).unwrap();
    assert!((1..230).contains(&before), "{before}");
    let finished = host.rotate_encryption_key().await.unwrap();
    assert_eq!(finished.rotated + finished.current, 230);
    assert!(finished.rotated > 0);
    assert!(versions(&bench).await.iter().all(|version| *version == 2));
}

async fn settings_changed_at_the_same_moment_are_kept_and_sealed_anew(database: Database) {
    for round in 0..5 {
        let bench = sealed_formerly(database, &["a", "b"]).await;
        // One process still seals with the former key while two others re-seal.
        let old = process(&bench, FORMER, &[CURRENT]).await;
        let new = process(&bench, CURRENT, &[FORMER]).await;
        let other = process(&bench, CURRENT, &[FORMER]).await;
        let changes = async |host: &Host, who: &str| {
            for number in 0..6 {
                for name in ["a", "b"] {
                    let secret = format!("{name} {who} {number}");
                    host.rotate_secret(&connection(name), "key", secret.into())
                        .await
                        .unwrap();
                }
            }
        };
        let reseal = async |host: &Host| {
            for _ in 0..6 {
                let done = host.rotate_encryption_key().await.unwrap();
                assert!(done.is_complete(), "{done:?}");
                assert_eq!(done.rotated + done.current, 2);
            }
        };
        tokio::join!(
            changes(&old, "old"),
            changes(&new, "new"),
            reseal(&new),
            reseal(&other)
        );
        new.rotate_encryption_key().await.unwrap();
        let without = process(&bench, CURRENT, &[]).await;
        for name in ["a", "b"] {
            let shown = without.connection(&connection(name)).await;
            assert_eq!(shown.unwrap().secrets[0].count, 14, "round {round}");
            for who in ["old", "new"] {
                for number in 0..6 {
                    let secret = format!("{name} {who} {number}");
                    assert!(verifies(&without, name, &secret).await, "{secret}");
                }
            }
        }
        // Dropping secrets keeps the others as they were encrypted.
        old.rotate_secret(&connection("a"), "key", "kept".into())
            .await
            .unwrap();
        let retire = async { old.retire_secrets(&connection("a"), "key").await };
        let (retired, resealed) = tokio::join!(retire, new.rotate_encryption_key());
        retired.unwrap();
        assert!(resealed.unwrap().is_complete());
        assert!(verifies(&without, "a", "kept").await);
    }
}

async fn a_file_of_keys_serves_a_host(database: Database) {
    let bench = sealed_formerly(database, &["a"]).await;
    let file = bench.place.directory.path().join("former.key");
    std::fs::copy(bench.place.directory.path().join("sealing.key"), &file).unwrap();
    let text = "# the new one\nAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n\
                AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
    std::fs::write(&file, text).unwrap();
    let keys = EncryptionKeys::from_file_or_new(&file).unwrap();
    assert_eq!(keys.current_id(), key(CURRENT).id());
    let mut registry = ProviderRegistry::new();
    let factory = MemoryFactory::new(bench.gateway.clone());
    registry.register(factory).unwrap();
    let builder = bench.place.open().await.with_registry(registry);
    let host = builder.with_encryption_keys(keys).build().await.unwrap();
    assert!(verifies(&host, "a", "a new").await);
    assert_eq!(
        counts(&host.rotate_encryption_key().await.unwrap()),
        (1, 0, 0)
    );
}
