//! Changes of connections from several processes at once.

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::connections::Connection;
use payment_provider_host::error::Conflict;
use payment_provider_host::prelude::*;

use super::{CALLERS, together, two};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{connection, provider};

each_database! {
    rotations_at_once_are_all_kept(threads = 4),
    a_connection_of_one_code_is_made_once(threads = 4),
}

async fn rotations_at_once_are_all_kept(database: Database) {
    let (bench, other) = two(database).await;
    together((&bench, &other), |caller, host| async move {
        let secret = secrecy::SecretString::from(format!("new-{caller}"));
        host.rotate_secret(&connection("main"), "key", secret)
            .await
            .unwrap();
    })
    .await;
    let connection = bench.host.connection(&connection("main")).await;
    let count = connection.unwrap().secrets[0].count;
    assert_eq!(count, CALLERS + 1);
}

async fn a_connection_of_one_code_is_made_once(database: Database) {
    let (bench, other) = two(database).await;
    let made = together((&bench, &other), |_, host| async move {
        let settings = ConnectionSettings::new().with("key", "k");
        let new = NewConnection::new(connection("second"), provider(), "Second", settings);
        host.add_connection(new).await
    })
    .await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    let taken = |made: &&Result<Connection, Error>| {
        matches!(
            made.as_ref().map_err(Error::kind),
            Err(ErrorKind::Conflict(Conflict::CodeTaken))
        )
    };
    assert_eq!(made.iter().filter(taken).count(), CALLERS - 1);
}
