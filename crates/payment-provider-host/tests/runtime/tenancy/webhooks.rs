//! Webhooks that name checkouts, payments and orders of another organization.

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::error::Entity;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;

use super::{GAINED, SHARED_SECRET, Target, Tenants, gateway_id, victim};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{connection, organization};
use crate::gateway::{about, paid_event};

each_database! {
    what_a_webhook_names_of_another_organization_is_unmatched_here,
    one_account_of_two_organizations_credits_the_one_whose_link_was_paid,
    a_route_takes_what_its_own_connection_signed,
}

/// Every way to name what is the victim's, alone and beside the attacker's own.
fn subjects(tenants: &Tenants, target: &Target) -> Vec<(&'static str, EventTarget)> {
    let (paid, open) = (&target.paid, &target.open);
    let own_id = gateway_id(tenants, &tenants.own);
    let order = |payment: &Payment| payment.order_id.clone();
    let none = EventTarget::none;
    vec![
        ("their paid reference", about(paid.reference.as_str())),
        ("their open reference", about(open.reference.as_str())),
        (
            "their paid link",
            none().with_gateway_id(gateway_id(tenants, paid)),
        ),
        (
            "their open link",
            none().with_gateway_id(gateway_id(tenants, open)),
        ),
        (
            "their posted order",
            none().with_order_id(order(&target.posted)),
        ),
        (
            "their unreported order",
            none().with_order_id(order(&target.unreported)),
        ),
        (
            "their reference, link and order",
            about(open.reference.as_str())
                .with_gateway_id(gateway_id(tenants, open))
                .with_order_id(order(&target.unreported)),
        ),
        (
            "our reference with their link",
            about(tenants.own.reference.as_str()).with_gateway_id(gateway_id(tenants, open)),
        ),
        (
            "their reference with our link",
            about(open.reference.as_str()).with_gateway_id(own_id.clone()),
        ),
        (
            "our link with their reference and order",
            about(paid.reference.as_str())
                .with_gateway_id(own_id)
                .with_order_id(order(&target.posted)),
        ),
    ]
}

/// Returns every kind of report that a webhook can contain about it.
fn reports(target: &Target) -> Vec<(&'static str, EventKind)> {
    let amount = target.posted.amount;
    let mut fresh = target.posted.clone();
    fresh.id = PaymentId::new("never-seen").unwrap();
    let mut failed = target.posted.clone();
    failed.status = PaymentStatus::Failed;
    let refund = RefundId::new("refund-1").unwrap();
    let mut refund = Refund::new(refund, RefundStatus::Succeeded, amount);
    refund.payment_id = Some(target.posted.id.clone());
    refund.order_id.clone_from(&target.posted.order_id);
    let dispute = DisputeId::new("dispute-1").unwrap();
    let mut dispute = Dispute::new(dispute, DisputeStatus::Open, amount);
    dispute.payment_id = Some(target.posted.id.clone());
    let all = CheckoutSnapshot::new(CheckoutStatus::Paid, amount, amount);
    let claim = |payment: &Payment| {
        let order = payment.order_id.clone().unwrap();
        EventKind::PaymentClaimed(PaymentClaim::of_order(order, payment.amount))
    };
    let zero = Money::zero(amount.currency());
    let over = CheckoutSnapshot::new(CheckoutStatus::Cancelled, amount, zero);
    let unread = "a field is missing".to_owned();
    vec![
        ("a new payment", EventKind::Payment(fresh)),
        (
            "their posted payment",
            EventKind::Payment(target.posted.clone()),
        ),
        (
            "their unreported payment",
            EventKind::Payment(target.unreported.clone()),
        ),
        ("their payment failed", EventKind::Payment(failed)),
        ("a refund of their payment", EventKind::Refund(refund)),
        ("a dispute of their payment", EventKind::Dispute(dispute)),
        ("their posted order is claimed", claim(&target.posted)),
        (
            "their unreported order is claimed",
            claim(&target.unreported),
        ),
        ("it is paid", EventKind::Snapshot(all)),
        ("it is cancelled", EventKind::Snapshot(over)),
        ("something changed", EventKind::FetchNeeded),
        (
            "something unread",
            EventKind::Unrecognised { reason: unread },
        ),
    ]
}

/// Rightly signed by the attacker's own account, or by the account that both share.
async fn what_a_webhook_names_of_another_organization_is_unmatched_here(database: Database) {
    let tenants = Tenants::new(database).await;
    let before = tenants.standing().await;
    let mut attempts = 0;
    for target in &tenants.targets {
        for (own, secret) in [("main", "k1"), ("shared", SHARED_SECRET)] {
            for (named, about) in subjects(&tenants, target) {
                for (said, kind) in reports(target) {
                    let event = Event::new(said, about.clone(), kind);
                    let receipt = tenants.send(&organization(), own, secret, &[event]).await;
                    receipt.unwrap();
                    while tenants.bench.host.apply_due_deliveries().await.unwrap() > 0 {}
                    attempts += 1;
                    let after = tenants.standing().await;
                    assert_eq!(
                        after, before,
                        "{own}: {said}, of {named} of {}",
                        target.code
                    );
                }
            }
            for delivery in tenants.bench.deliveries_of(&connection(own)).await {
                // Payments without money, and events that cannot be read, need no operator.
                let state = delivery.state;
                let quiet = matches!(state, DeliveryState::Unmatched | DeliveryState::Ignored);
                assert!(quiet, "{delivery:?}");
            }
        }
    }
    println!("attempts by webhook: {attempts}");
    assert_eq!(attempts, 2 * 2 * 10 * 12);

    // The victim's own reports take effect all the same, once, and gain the attacker nothing.
    for target in &tenants.targets {
        let event = paid_event(target.open.reference.as_str(), &target.unreported);
        for _ in 0..2 {
            let events = std::slice::from_ref(&event);
            let receipt = tenants
                .send(&victim(), target.code, target.secret, events)
                .await;
            receipt.unwrap();
            while tenants.bench.host.apply_due_deliveries().await.unwrap() > 0 {}
        }
        let id = PayableId::new(format!("inv-{}-open", target.code)).unwrap();
        let view = tenants
            .bench
            .host
            .payable(&victim(), &id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(view.received.minor_units(), 4_000);
    }
    assert_eq!(tenants.standing().await.gained, before.gained);
}

/// The account that both share reports to each of them, in the same bytes, one payment on a link of the
/// victim: it is the victim's, whichever is first.
async fn one_account_of_two_organizations_credits_the_one_whose_link_was_paid(database: Database) {
    for attacker_first in [true, false] {
        let tenants = Tenants::new(database).await;
        let target = &tenants.targets[1];
        let reference = target.open.reference.as_str();
        let event = paid_event(reference, &target.unreported);
        let mut hearers = [organization(), victim()];
        if !attacker_first {
            hearers.reverse();
        }
        for hearer in &hearers {
            let receipt = tenants
                .send(
                    hearer,
                    "shared",
                    SHARED_SECRET,
                    std::slice::from_ref(&event),
                )
                .await;
            receipt.unwrap();
            while tenants.bench.host.apply_due_deliveries().await.unwrap() > 0 {}
        }
        let id = PayableId::new("inv-shared-open").unwrap();
        let view = tenants
            .bench
            .host
            .payable(&victim(), &id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(view.received.minor_units(), 4_000);
        assert_eq!(view.payments.len(), 1);
        assert_eq!(tenants.number(GAINED).await, 0);
    }
}

async fn a_route_takes_what_its_own_connection_signed(database: Database) {
    let tenants = Tenants::new(database).await;
    let before = tenants.standing().await;
    let target = &tenants.targets[0];
    let events = [paid_event(
        target.open.reference.as_str(),
        &target.unreported,
    )];
    let mut attempts = 0;
    for (name, to, code, secret, is_unknown) in [
        (
            "our signature at their route",
            victim(),
            "main",
            "k1",
            false,
        ),
        (
            "our signature at their other route",
            victim(),
            "only",
            "k1",
            false,
        ),
        (
            "the shared signature at their route",
            victim(),
            "main",
            SHARED_SECRET,
            false,
        ),
        (
            "our signature at their shared route",
            victim(),
            "shared",
            "k1",
            false,
        ),
        (
            "their signature at our route",
            organization(),
            "main",
            "k2",
            false,
        ),
        (
            "their other signature at our route",
            organization(),
            "main",
            "k3",
            false,
        ),
        (
            "a route of theirs under our name",
            organization(),
            "only",
            "k3",
            true,
        ),
        ("an unknown route", organization(), "none", "k1", true),
        (
            "an unknown organization",
            OrganizationId::new("unknown").unwrap(),
            "main",
            "k1",
            true,
        ),
        ("no signature at their route", victim(), "main", "", false),
    ] {
        let refused = tenants.send(&to, code, secret, &events).await.unwrap_err();
        let is_right = match refused.kind() {
            ErrorKind::NotFound(Entity::Connection) => is_unknown,
            ErrorKind::InvalidSignature => !is_unknown,
            _ => false,
        };
        assert!(is_right, "{name}: {refused}");
        assert_eq!(tenants.standing().await, before, "{name}");
        attempts += 1;
    }
    println!("attempts by route: {attempts}");
}
