use payment_provider_core::*;

use super::rows::{connected, connection, organization};
use super::*;
use crate::connections::PlainSetting;

pub(super) async fn every_process_has_the_same_installation(world: World) {
    let one = world.one.installation_id().await.unwrap();
    assert_eq!(one.len(), 36);
    assert_eq!(world.two.installation_id().await.unwrap(), one);
}

pub(super) async fn a_connection_is_read_as_it_was_written(world: World) {
    let row = connection("org", "main");
    world.one.insert_connection(&row).await.unwrap();
    let found = world.two.connection(&row.to_ref()).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.name, row.name);
    assert_eq!(found.plain, row.plain);
    assert_eq!(found.provider, row.provider);
    assert_eq!(found.environment, row.environment);
    assert_eq!((found.version, found.enabled), (1, true));
    assert_eq!((found.matched_secret, found.matched_at), (None, None));
    assert_eq!(found.created_at, row.created_at);
    let by_pk = world.two.connection_by_pk(found.pk).await.unwrap();
    assert_eq!(by_pk.unwrap().code, row.code);
    assert!(
        world
            .two
            .connection_by_pk(found.pk + 1)
            .await
            .unwrap()
            .is_none()
    );
    let elsewhere = connection("other", "main").to_ref();
    let elsewhere = world.two.connection(&elsewhere).await.unwrap();
    assert!(elsewhere.is_none());
}

pub(super) async fn a_code_is_taken_once_in_an_organization(world: World) {
    let insert = async |store: &Store, organization| {
        let row = connection(organization, "main");
        store.insert_connection(&row).await.unwrap()
    };
    assert_eq!(insert(&world.one, "org").await, Inserted::New);
    assert_eq!(insert(&world.two, "org").await, Inserted::Taken);
    assert_eq!(insert(&world.two, "other").await, Inserted::New);
}

pub(super) async fn connections_are_listed_by_organization_and_code(world: World) {
    // By their bytes, whatever the language of the database: capitals, then `_`, then small letters.
    for (organization, code) in [("b", "a"), ("a", "b"), ("a", "_"), ("a", "B"), ("a", "a")] {
        let row = connection(organization, code);
        world.one.insert_connection(&row).await.unwrap();
    }
    let names = |rows: Vec<ConnectionRow>| -> Vec<String> {
        let name = |row: ConnectionRow| format!("{}/{}", row.organization, row.code);
        rows.into_iter().map(name).collect()
    };
    let all = world.two.connections(None).await.unwrap();
    assert_eq!(names(all), ["a/B", "a/_", "a/a", "a/b", "b/a"]);
    let some = world.two.connections(Some(&organization("b"))).await;
    assert_eq!(names(some.unwrap()), ["b/a"]);
}

pub(super) async fn settings_based_on_older_ones_are_not_written(world: World) {
    let pk = connected(&world.one, "main").await;
    let read = async || world.one.connection_by_pk(pk).await.unwrap().unwrap();
    let (mut first, mut second) = (read().await, read().await);
    let set = |row: &mut ConnectionRow, text: &str| {
        let text = PlainSetting::Text(text.to_owned());
        row.plain.insert("page".to_owned(), text);
    };
    set(&mut first, "first");
    set(&mut second, "second");
    first.name = "not written by this".to_owned();
    assert!(world.one.update_settings(&first).await.unwrap());
    assert!(!world.two.update_settings(&second).await.unwrap());
    let found = read().await;
    assert_eq!(found.plain["page"], PlainSetting::Text("first".to_owned()));
    assert_eq!(found.version, 2);
    assert_ne!(found.name, first.name);
    second.version = found.version;
    assert!(world.two.update_settings(&second).await.unwrap());
    assert_eq!(read().await.version, 3);
}

pub(super) async fn enabling_changes_nothing_else(world: World) {
    let pk = connected(&world.one, "main").await;
    for enabled in [false, true] {
        world.one.set_enabled(pk, enabled).await.unwrap();
        let found = world.two.connection_by_pk(pk).await.unwrap().unwrap();
        assert_eq!((found.enabled, found.version), (enabled, 1));
    }
}

pub(super) async fn a_deleted_connection_is_not_enabled(world: World) {
    let pk = connected(&world.one, "main").await;
    let deleted = world.one.delete_connection(pk, 1, 0).await.unwrap();
    assert_eq!(deleted, Deletion::Done);
    assert!(!world.two.set_enabled(pk, true).await.unwrap());
    let again = "UPDATE connections SET deleted_at = NULL";
    super::world::execute(&world.one, again).await;
    let found = world.one.connection_by_pk(pk).await.unwrap().unwrap();
    assert!(!found.enabled);
}

pub(super) async fn a_customer_is_linked_and_moved(world: World) {
    let first = connected(&world.one, "first").await;
    let second = connected(&world.one, "second").await;
    let id = CustomerId::new("customer").unwrap();
    let mut needs = Violations::none();
    needs.push("phone", ViolationCode::Missing, "is required");
    let mut row = CustomerRow {
        organization: organization("org"),
        customer: Customer::new(id.clone()).with_phone("9000000000"),
        connection_pk: first,
        connection: ConnectionCode::new("first").unwrap(),
        remote_id: Some("r1".to_owned()),
        needs,
        linked_at: 1,
    };
    assert!(
        world
            .one
            .customer(&row.organization, &id)
            .await
            .unwrap()
            .is_none()
    );
    world.one.put_customer(&row).await.unwrap();
    let found = world.two.customer(&row.organization, &id).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.connection.as_str(), "first");
    assert_eq!(found.remote_id, row.remote_id);
    assert_eq!(found.customer, row.customer);
    assert_eq!(found.needs.to_string(), row.needs.to_string());
    (row.connection_pk, row.remote_id, row.linked_at) = (second, None, 2);
    world.two.put_customer(&row).await.unwrap();
    let found = world.one.customer(&row.organization, &id).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.connection.as_str(), "second");
    assert_eq!((found.remote_id, found.linked_at), (None, 2));
    row.remote_id = Some("r\0₹2".to_owned());
    world.one.put_customer(&row).await.unwrap();
    let found = world.two.customer(&row.organization, &id).await;
    let remote_id = found.unwrap().unwrap().remote_id.unwrap();
    assert!(remote_id.ends_with("₹2"), "{remote_id:?}");
}
