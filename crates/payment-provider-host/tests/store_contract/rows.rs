//! Rows to write.

use std::collections::BTreeMap;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::*;

use crate::PayableId;
use crate::accounting::{
    CheckoutRecord, CheckoutState, PayableRecord, PaymentRecord, RefundRecord,
};
use crate::connections::PlainSetting;
use crate::delivery_state::DeliveryState;
use crate::store::*;

pub(crate) fn organization(name: &str) -> OrganizationId {
    OrganizationId::new(name).unwrap()
}

pub(crate) fn inr(minor_units: i64) -> Money {
    Money::from_minor_units(minor_units, Currency::INR)
}

pub(crate) fn connection(organization_id: &str, code: &str) -> ConnectionRow {
    let page = PlainSetting::Text("https://a.example/".to_owned());
    ConnectionRow {
        pk: 0,
        organization: organization(organization_id),
        provider: ProviderId::new("memory").unwrap(),
        code: ConnectionCode::new(code).unwrap(),
        name: "Main ₹ \"account\"".to_owned(),
        environment: Environment::Sandbox,
        plain: BTreeMap::from([("page".to_owned(), page)]),
        encrypted: BTreeMap::new(),
        version: 1,
        enabled: true,
        matched_secret: None,
        matched_at: None,
        created_at: 1_000,
    }
}

/// Stores a connection; its key.
pub(crate) async fn connected(store: &Store, code: &str) -> i64 {
    let row = connection("org", code);
    assert_eq!(store.insert_connection(&row).await.unwrap(), Inserted::New);
    let found = store.connection(&row.to_ref()).await;
    found.unwrap().unwrap().pk
}

pub(crate) fn payable(id: &str) -> PayableRecord {
    PayableRecord {
        pk: 0,
        organization: organization("org"),
        payable: PayableId::new(id).unwrap(),
        currency: Currency::INR,
        amount: 20_012,
        applicable: 20_012,
        received: 0,
        applied: 0,
        overpaid: 0,
        refunded: 0,
        closed: None,
        created_at: 2_000,
    }
}

/// Stores a payable; its key.
pub(crate) async fn owed(store: &Store, id: &str) -> i64 {
    let mut tx = store.begin().await.unwrap();
    let row = payable(id);
    let known = tx.payable(&row.organization, &row.payable).await;
    assert!(known.unwrap().is_none());
    let pk = tx.put_payable(&row).await.unwrap();
    tx.commit().await.unwrap();
    pk
}

pub(crate) fn checkout(payable_pk: i64, connection_pk: i64, attempt: i64) -> CheckoutRecord {
    let reference = format!("pay-{connection_pk}-{payable_pk}-{attempt}");
    let reference = CheckoutReference::new(reference).unwrap();
    CheckoutRecord {
        pk: 0,
        payable_pk,
        connection_pk,
        connection: ConnectionCode::new("main").unwrap(),
        attempt,
        reference: reference.clone(),
        customer: CustomerId::new("customer").unwrap(),
        environment: Environment::Sandbox,
        amount: inr(20_012),
        partial: false,
        prepared: PreparedCheckout::new(
            ProviderId::new("memory").unwrap(),
            Environment::Sandbox,
            reference,
            inr(20_012),
            Timestamp::UNIX_EPOCH,
            Fingerprint::of(b"content"),
            r#"{ "b" : 1.50, "a":"₹" }"#,
        ),
        expires_at: 9_000,
        state: CheckoutState::Creating,
        tries: 1,
        tried_at: 3_000,
        gateway_id: None,
        url: None,
        list_begun_at: None,
        gateway_paid: 0,
        written_off: 0,
        conflicting: false,
        created_at: 3_000,
        posted: 0,
        has_payment: false,
    }
}

/// Stores a checkout; its key.
pub(crate) async fn asked(store: &Store, row: &CheckoutRecord) -> i64 {
    let mut tx = store.begin().await.unwrap();
    let pk = tx.put_checkout(row).await.unwrap();
    tx.commit().await.unwrap();
    pk
}

pub(crate) fn payment(checkout_pk: i64, connection_pk: i64, id: &str) -> PaymentRecord {
    let id = PaymentId::new(id).unwrap();
    PaymentRecord {
        pk: 0,
        checkout_pk,
        connection_pk,
        payment: Payment::new(id, PaymentStatus::Succeeded, inr(1_000)),
        outcome: None,
        applied: 0,
        overpaid: 0,
        seen_at: 4_000,
        dedup_keys: Vec::new(),
    }
}

pub(crate) fn refund(checkout_pk: i64, connection_pk: i64, id: &str) -> RefundRecord {
    let id = RefundId::new(id).unwrap();
    RefundRecord {
        pk: 0,
        checkout_pk,
        connection_pk,
        refund: Refund::new(id, RefundStatus::Pending, inr(500)),
        seen_at: 4_500,
    }
}

pub(crate) fn delivery(connection_pk: i64, key: &str) -> DeliveryRow {
    DeliveryRow {
        pk: 0,
        connection_pk,
        key: key.to_owned(),
        body: (0..=255).collect(),
        events: vec![Event::new(
            "LINK",
            EventTarget::none(),
            EventKind::FetchNeeded,
        )],
        timestamp_check: TimestampCheck::Fresh,
        matched_secret: Some("key 0".to_owned()),
        received_at: 5_000,
        delivery_count: 1,
        state: DeliveryState::Pending,
        attempts: 0,
        failures: 0,
        list_polls: 0,
        payment_event_at: None,
        error: None,
        dropped_at: None,
    }
}

/// Stores deliveries and leases them all.
pub(crate) async fn leased(store: &Store, connection_pk: i64, keys: &[&str]) -> Vec<DeliveryRow> {
    for key in keys {
        let row = delivery(connection_pk, key);
        assert_eq!(
            store.receive_delivery(&row, false).await.unwrap(),
            Received::New
        );
    }
    let leased = store.lease_deliveries("me", 10_000, 20_000, 100).await;
    let leased = leased.unwrap();
    assert_eq!(leased.len(), keys.len());
    leased
}

pub(crate) fn end(state: DeliveryState) -> DeliveryEnd<'static> {
    DeliveryEnd {
        state,
        unmatched: &[],
        delivery_count: None,
        next_attempt: 10_000,
    }
}

/// A delivery as it is stored.
pub(crate) async fn stored(store: &Store, connection_pk: i64, key: &str) -> DeliveryRow {
    store.delivery(connection_pk, key).await.unwrap().unwrap()
}
