//! Connections by the page, in use, re-sealed and deleted; customers who go elsewhere.

use payment_provider_core::*;

use super::rows::*;
use super::*;
use crate::ConnectionRef;
use crate::accounting::CheckoutState;
use crate::connections::PlainSetting;

const GRACE: i64 = 1_000;

fn customer_row(connection_pk: i64, id: &str) -> CustomerRow {
    CustomerRow {
        organization: organization("org"),
        customer: Customer::new(CustomerId::new(id).unwrap()),
        connection_pk,
        connection: ConnectionCode::new("main").unwrap(),
        remote_id: None,
        needs: Violations::none(),
        linked_at: 1,
    }
}

pub(super) async fn pages_of_connections_follow_each_other(world: World) {
    for (organization, code) in [("b", "a"), ("a", "b"), ("a", "_"), ("a", "B"), ("c", "a")] {
        let row = connection(organization, code);
        world.one.insert_connection(&row).await.unwrap();
    }
    let page = async |within: Option<&str>, after: Option<(&str, &str)>, limit| {
        let within = within.map(organization);
        let after = after.map(|(first, code)| {
            ConnectionRef::new(organization(first), ConnectionCode::new(code).unwrap())
        });
        let rows = world
            .two
            .connections_after(within.as_ref(), after.as_ref(), limit)
            .await
            .unwrap();
        let name = |row: ConnectionRow| format!("{}/{}", row.organization, row.code);
        rows.into_iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(page(None, None, 2).await, ["a/B", "a/_"]);
    assert_eq!(page(None, Some(("a", "_")), 2).await, ["a/b", "b/a"]);
    assert_eq!(page(None, Some(("b", "a")), 9).await, ["c/a"]);
    assert!(page(None, Some(("c", "a")), 9).await.is_empty());
    assert_eq!(page(Some("a"), None, 2).await, ["a/B", "a/_"]);
    assert_eq!(page(Some("a"), Some(("a", "_")), 9).await, ["a/b"]);
    assert_eq!(page(Some("b"), Some(("a", "b")), 9).await, ["b/a"]);
}

pub(super) async fn a_walk_names_what_it_cannot_read(world: World) {
    for code in ["a", "b", "c"] {
        connected(&world.one, code).await;
    }
    world::execute(
        &world.one,
        "UPDATE connections SET encrypted_settings = 'another version' WHERE code = 'b'",
    )
    .await;
    let first = world.two.walk_connections(0, 2).await.unwrap();
    let rest = world.two.walk_connections(first[1].pk, 2).await.unwrap();
    let all: Vec<_> = first
        .iter()
        .chain(&rest)
        .map(|walked| (walked.code.as_str(), walked.row.is_some()))
        .collect();
    assert_eq!(all, [("a", true), ("b", false), ("c", true)]);
    assert_eq!(first[0].organization, organization("org"));
    let end = world.two.walk_connections(rest[0].pk, 2).await.unwrap();
    assert!(end.is_empty());
}

pub(super) async fn settings_of_several_are_compared_and_swapped(world: World) {
    let mut rows = Vec::new();
    for code in ["a", "b", "c"] {
        let pk = connected(&world.one, code).await;
        rows.push(world.one.connection_by_pk(pk).await.unwrap().unwrap());
    }
    let mut newer = rows[1].clone();
    newer.plain.clear();
    assert!(world.two.update_settings(&newer).await.unwrap());
    for row in &mut rows {
        let text = PlainSetting::Text("https://b.example/".to_owned());
        row.plain.insert("page".to_owned(), text);
    }
    let missed = world.one.update_settings_batch(&rows).await.unwrap();
    assert_eq!(missed, [rows[1].pk]);
    for (row, expected) in rows.iter().zip([1, 0, 1]) {
        let found = world.two.connection_by_pk(row.pk).await.unwrap().unwrap();
        assert_eq!((found.plain.len(), found.version), (expected, 2));
    }
}

const MINUTE: i64 = 60_000;

pub(super) async fn each_secret_keeps_when_it_verified_last(world: World) {
    let main = connected(&world.one, "main").await;
    let other = connected(&world.one, "other").await;
    for (connection_pk, key, label, at) in [
        (main, "a", Some("old"), 50),
        (main, "b", Some("new"), 60),
        // A copy, and one that was held up on its way.
        (main, "a", Some("old"), 70),
        (main, "c", Some("new"), 40),
        // By no secret.
        (main, "d", None, 90),
        (other, "a", Some("new"), 55),
        // Within the same minute.
        (other, "e", Some("new"), 55),
    ] {
        let row = DeliveryRow {
            matched_secret: label.map(ToOwned::to_owned),
            received_at: at * MINUTE + i64::from(key == "e"),
            ..delivery(connection_pk, key)
        };
        world.one.receive_delivery(&row, false).await.unwrap();
    }
    let uses = async |connections: &[i64]| {
        let uses = world.two.secret_uses(connections).await.unwrap();
        let short = |used: SecretUseRow| {
            let at = used.last_matched_at;
            assert_eq!(at % MINUTE, 0, "written for a change of a millisecond");
            (used.connection_pk, used.label, at / MINUTE)
        };
        uses.into_iter().map(short).collect::<Vec<_>>()
    };
    let of_main = [(main, "old".to_owned(), 70), (main, "new".to_owned(), 60)];
    assert_eq!(uses(&[main]).await, of_main);
    let of_both = [&of_main[..], &[(other, "new".to_owned(), 55)]].concat();
    assert_eq!(uses(&[main, other]).await, of_both);
    assert!(uses(&[]).await.is_empty());
}

async fn in_use(store: &Store, pk: i64, now: i64) -> ConnectionUseRow {
    match store.delete_connection(pk, now, GRACE).await.unwrap() {
        Deletion::InUse(used) => {
            assert!(store.connection_by_pk(pk).await.unwrap().is_some());
            used
        }
        other => panic!("{other:?}"),
    }
}

const UNUSED: ConnectionUseRow = ConnectionUseRow {
    open_checkouts: 0,
    unreconciled_checkouts: 0,
    waiting_deliveries: 0,
    customers: 0,
    latest_end: None,
    latest_payment: None,
};

pub(super) async fn what_a_connection_is_needed_for_is_counted(world: World) {
    let (one, two) = (&world.one, &world.two);
    let pk = connected(one, "main").await;
    let elsewhere = connected(one, "other").await;
    let payable_pk = owed(one, "inv").await;
    // Rows of another connection do not count.
    asked(one, &checkout(payable_pk, elsewhere, 1)).await;
    two.receive_delivery(&delivery(elsewhere, "d"), false)
        .await
        .unwrap();
    two.put_customer(&customer_row(elsewhere, "c"))
        .await
        .unwrap();

    two.put_customer(&customer_row(pk, "c")).await.unwrap();
    let used = ConnectionUseRow {
        customers: 1,
        ..UNUSED
    };
    assert_eq!(in_use(one, pk, 0).await, used);
    two.put_customer(&customer_row(elsewhere, "c"))
        .await
        .unwrap();

    two.receive_delivery(&delivery(pk, "d"), false)
        .await
        .unwrap();
    let used = ConnectionUseRow {
        waiting_deliveries: 1,
        ..UNUSED
    };
    assert_eq!(in_use(one, pk, 0).await, used);
    world::execute(one, "UPDATE deliveries SET state = 'parked'").await;
    assert_eq!(in_use(one, pk, 0).await, used);
    world::execute(one, "UPDATE deliveries SET state = 'applied'").await;

    // The states that may take money, and those that may not; what is reported and not posted.
    let mut row = checkout(payable_pk, pk, 2);
    row.pk = asked(one, &row).await;
    let put = async |row: &CheckoutRecord| {
        asked(two, row).await;
        let used = in_use(one, pk, 9_999).await;
        assert_eq!((used.latest_end, used.latest_payment), (Some(9_000), None));
        (used.open_checkouts, used.unreconciled_checkouts)
    };
    for (state, paid, written_off, counts) in [
        (CheckoutState::Creating, 0, 0, (1, 0)),
        (CheckoutState::Open, 0, 0, (1, 0)),
        (CheckoutState::PartiallyPaid, 100, 0, (1, 1)),
        (CheckoutState::PartiallyPaid, 100, 100, (1, 0)),
        (CheckoutState::Cancelled, 0, 0, (0, 0)),
        (CheckoutState::Expired, 100, 0, (0, 1)),
        (CheckoutState::Expired, 100, 99, (0, 1)),
        (CheckoutState::Expired, 100, 100, (0, 0)),
        (CheckoutState::Failed, 0, 0, (0, 0)),
        (CheckoutState::Paid, 0, 0, (0, 1)),
        (CheckoutState::Paid, 0, 100, (0, 0)),
        (CheckoutState::Paid, 101, 100, (0, 1)),
        (CheckoutState::Paid, 0, 0, (0, 1)),
    ] {
        row.state = state;
        (row.gateway_paid, row.written_off) = (paid, written_off);
        assert_eq!(put(&row).await, counts, "{state:?} {paid} {written_off}");
    }

    // Posted, the whole of it and not.
    row.gateway_paid = 1_000;
    asked(two, &row).await;
    let mut tx = two.begin().await.unwrap();
    tx.payable_by_pk(payable_pk).await.unwrap();
    let mut paid = payment(row.pk, pk, "p");
    paid.outcome = Some(crate::accounting::AllocationOutcome::Exact);
    paid.applied = 1_000;
    paid.seen_at = 9_500;
    tx.put_payment(&paid).await.unwrap();
    tx.commit().await.unwrap();
    let used = in_use(one, pk, 9_500 + GRACE - 1).await;
    let over = ConnectionUseRow {
        latest_end: Some(9_000),
        latest_payment: Some(9_500),
        ..UNUSED
    };
    assert_eq!(used, over);
    row.gateway_paid = 1_001;
    asked(two, &row).await;
    assert_eq!(in_use(one, pk, 99_999).await.unreconciled_checkouts, 1);
    row.written_off = 1;
    asked(two, &row).await;
    assert_eq!(in_use(one, pk, 9_500 + GRACE - 1).await, over);
    row.gateway_paid = 1_000;
    asked(two, &row).await;
    let deleted = one.delete_connection(pk, 9_500 + GRACE, GRACE).await;
    assert_eq!(deleted.unwrap(), Deletion::Done);
}

pub(super) async fn a_deleted_connection_is_gone_and_its_ledger_is_not(world: World) {
    let (one, two) = (&world.one, &world.two);
    let pk = connected(one, "main").await;
    let kept = connected(one, "kept").await;
    let payable_pk = owed(one, "inv").await;
    let mut row = checkout(payable_pk, pk, 1);
    row.state = CheckoutState::Cancelled;
    row.pk = asked(one, &row).await;
    let row_of_delivery = delivery(pk, "d");
    two.receive_delivery(&row_of_delivery, false).await.unwrap();
    for leased in two.lease_deliveries("me", 10_000, 20_000, 9).await.unwrap() {
        let mut tx = two.begin().await.unwrap();
        let end = end(DeliveryState::Applied);
        assert!(tx.finish_delivery(leased.pk, "me", end).await.unwrap());
        tx.commit().await.unwrap();
    }
    let before = one.connection_by_pk(pk).await.unwrap().unwrap();
    let delete = async || one.delete_connection(pk, 99_999, GRACE).await.unwrap();
    assert_eq!(delete().await, Deletion::Done);
    assert_eq!(delete().await, Deletion::Missing);
    assert_eq!(
        one.delete_connection(pk + 99, 99_999, GRACE).await.unwrap(),
        Deletion::Missing
    );

    let name = &before.organization;
    assert!(two.connection(&before.to_ref()).await.unwrap().is_none());
    assert!(two.connection_by_pk(pk).await.unwrap().is_none());
    assert!(
        !two.update_settings(&before).await.unwrap(),
        "no secret comes back"
    );
    assert_eq!(
        two.update_settings_batch(std::slice::from_ref(&before))
            .await
            .unwrap(),
        [pk]
    );
    assert!(two.secret_uses(&[pk]).await.unwrap().is_empty());
    let only = |rows: Vec<ConnectionRow>| rows.len() == 1 && rows[0].pk == kept;
    assert!(only(two.connections(None).await.unwrap()));
    assert!(only(two.connections(Some(name)).await.unwrap()));
    assert!(only(
        two.connections_after(Some(name), None, 9).await.unwrap()
    ));
    assert!(only(two.connections_after(None, None, 9).await.unwrap()));
    assert_eq!(two.walk_connections(0, 9).await.unwrap().len(), 1);
    let again = connection("org", "main");
    assert_eq!(
        two.insert_connection(&again).await.unwrap(),
        Inserted::Taken
    );

    // Nothing comes in any more, not even a copy.
    for key in ["d", "new"] {
        let refused = two
            .receive_delivery(&delivery(pk, key), true)
            .await
            .unwrap();
        assert_eq!(refused, Received::Refused);
    }
    assert!(!two.put_customer(&customer_row(pk, "c")).await.unwrap());
    let unlinked = CustomerId::new("c").unwrap();
    assert!(two.customer(name, &unlinked).await.unwrap().is_none());

    let kept_deliveries = two.deliveries(pk, 9).await.unwrap();
    assert_eq!(
        (kept_deliveries.len(), kept_deliveries[0].delivery_count),
        (1, 1)
    );
    let mut tx = two.begin_read().await.unwrap();
    let found = tx.checkouts_of(payable_pk).await.unwrap();
    assert_eq!(found[0].connection, before.code);
}

pub(super) async fn what_a_customer_left_behind_is_found(world: World) {
    let (one, two) = (&world.one, &world.two);
    let first = connected(one, "first").await;
    let second = connected(one, "second").await;
    let id = CustomerId::new("customer").unwrap();
    let name = organization("org");
    let payable_pk = owed(one, "inv").await;
    let mut pks = Vec::new();
    for (attempt, state) in (1..).zip([
        CheckoutState::Creating,
        CheckoutState::Open,
        CheckoutState::PartiallyPaid,
        CheckoutState::Paid,
        CheckoutState::Failed,
        CheckoutState::Expired,
        CheckoutState::Cancelled,
    ]) {
        let row = CheckoutRecord {
            state,
            ..checkout(payable_pk, first, attempt)
        };
        pks.push(asked(one, &row).await);
    }
    asked(one, &checkout(payable_pk, second, 8)).await;
    // The checkouts of another customer, and of a customer with the same id in another organization.
    let other = CheckoutRecord {
        customer: CustomerId::new("another").unwrap(),
        ..checkout(payable_pk, first, 9)
    };
    asked(one, &other).await;
    let foreign = connection("elsewhere", "first");
    one.insert_connection(&foreign).await.unwrap();
    let foreign = one.connection(&foreign.to_ref()).await;
    let foreign = foreign.unwrap().unwrap().pk;
    asked(one, &checkout(payable_pk, foreign, 10)).await;

    let left = async || {
        let rows = two.open_checkouts_elsewhere(&name, &id).await.unwrap();
        let in_first = |row: &OpenCheckoutRow| row.checkout.connection_pk == first;
        assert!(rows.iter().all(|row| row.payable.as_str() == "inv"));
        let (here, elsewhere): (Vec<_>, Vec<_>) = rows.iter().partition(|row| in_first(row));
        let here: Vec<_> = here.iter().map(|row| row.checkout.pk).collect();
        (here, elsewhere.len())
    };
    let link = async |connection_pk| {
        one.put_customer(&customer_row(connection_pk, "customer"))
            .await
            .unwrap();
        let mut tx = two.begin().await.unwrap();
        let link = tx.link_of_customer(&name, &id).await.unwrap();
        link.map(|(pk, _)| pk)
    };
    assert_eq!(left().await, (pks[..3].to_vec(), 1), "linked to nothing");
    assert_eq!(link(first).await, Some(first));
    assert_eq!(left().await, (vec![], 1));
    assert_eq!(link(second).await, Some(second));
    assert_eq!(left().await, (pks[..3].to_vec(), 0));
    for _ in 0..2 {
        two.remove_customer(&name, &id).await.unwrap();
        assert_eq!(left().await, (pks[..3].to_vec(), 1));
    }
    let mut tx = two.begin_read().await.unwrap();
    let gone = tx.link_of_customer(&name, &id).await.unwrap();
    assert_eq!(gone, None);
}
