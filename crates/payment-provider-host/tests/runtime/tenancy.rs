//! Attempts of one organization against another: whatever its requests and its rightly signed webhooks
//! name, nothing of the other's is seen, paid, moved or applied.
//!
//! Both organizations are on one database and one gateway. They have a connection of the same code with
//! secrets of their own, and each a connection to one and the same merchant account, with the same
//! secret: there the gateway itself reports the links of each to the other. Payables and customers have
//! the same ids in both, and some are the victim's alone.

use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::connections::{Connection, SettingsChange};
use payment_provider_host::error::{Entity, Refusal};
use payment_provider_host::inbox::{DeliveryState, Receipt};
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, numbers};
use crate::fixture::{Bench, connection, connection_of, organization, provider};
use crate::gateway::{about, delivery, paid_event};

each_database! {
    what_a_webhook_names_of_another_organization_is_unmatched_here,
    one_account_of_two_organizations_credits_the_one_whose_link_was_paid,
    a_route_takes_what_its_own_connection_signed,
    calls_of_one_organization_reach_nothing_of_another,
}

const SHARED_SECRET: &str = "one-account";

/// The attacker is the organization of the bench.
fn victim() -> OrganizationId {
    OrganizationId::new("victim").unwrap()
}

fn payable_of(organization: OrganizationId, id: &str, customer: &str) -> Payable {
    Payable::new(
        organization,
        PayableId::new(id).unwrap(),
        Money::from_decimal("100.00", Currency::INR).unwrap(),
        "Invoice",
        CustomerId::new(customer).unwrap(),
    )
}

/// One connection of the victim, with a payable that is paid and one that is not.
struct Target {
    code: &'static str,
    secret: &'static str,
    paid: PaymentUrl,
    open: PaymentUrl,
    /// Posted on the first.
    posted: Payment,
    /// The gateway has it on the second, and no webhook reported it.
    unreported: Payment,
}

struct Ground {
    bench: Bench,
    targets: Vec<Target>,
    /// An open checkout of the attacker's own.
    own: PaymentUrl,
    /// The key of a delivery of the victim's.
    key: String,
}

/// The state that may not change. Of the attacker only money and payments.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    victim: Vec<String>,
    rows: Vec<i64>,
    gained: i64,
}

impl Ground {
    async fn new(database: Database) -> Self {
        let bench = Bench::new(database).await;
        let host = &bench.host;
        for (organization, code, secret) in [
            (victim(), "main", "k2"),
            (victim(), "shared", SHARED_SECRET),
            (victim(), "only", "k3"),
            (organization(), "shared", SHARED_SECRET),
        ] {
            bench.add_connection_of(&organization, code, secret).await;
        }
        for (organization, name, code) in [
            (victim(), "customer", "main"),
            (victim(), "their-customer", "shared"),
            (organization(), "our-customer", "shared"),
        ] {
            let customer = Customer::new(CustomerId::new(name).unwrap()).with_phone("9000000000");
            let connection = connection_of(&organization, code);
            host.link_customer(&connection, &customer).await.unwrap();
        }
        let own = payable_of(organization(), "inv-main-open", "customer");
        let own = bench.url(&own).await;
        let mut ground = Self {
            bench,
            targets: Vec::new(),
            own,
            key: String::new(),
        };
        for (code, secret, customer) in [
            ("main", "k2", "customer"),
            ("shared", SHARED_SECRET, "their-customer"),
        ] {
            let target = ground.target(code, secret, customer).await;
            ground.targets.push(target);
        }
        let theirs = connection_of(&victim(), "main");
        let deliveries = ground.bench.host.deliveries(&theirs, 1).await;
        ground.key.clone_from(&deliveries.unwrap()[0].key);
        ground
    }

    async fn target(&self, code: &'static str, secret: &'static str, customer: &str) -> Target {
        let (bench, gateway) = (&self.bench, &self.bench.gateway);
        let of = |what| payable_of(victim(), &format!("inv-{code}-{what}"), customer);
        let paid = bench.url(&of("paid")).await;
        let open = bench.url(&of("open")).await;
        let posted = gateway.pay(paid.reference.as_str(), "100.00");
        let event = paid_event(paid.reference.as_str(), &posted);
        let receipt = self.send(&victim(), code, secret, &[event]).await;
        receipt.unwrap();
        bench.apply_all().await;
        let unreported = gateway.pay(open.reference.as_str(), "40.00");
        Target {
            code,
            secret,
            paid,
            open,
            posted,
            unreported,
        }
    }

    async fn send(
        &self,
        to: &OrganizationId,
        code: &str,
        secret: &str,
        events: &[Event],
    ) -> Result<Receipt, Error> {
        let mut request = delivery(secret, events);
        request.received_at = self.bench.clock.now();
        let to = connection_of(to, code);
        let host = &self.bench.host;
        host.receive_webhook(&provider(), &to, &request).await
    }

    async fn number(&self, query: &'static str) -> i64 {
        numbers(&self.bench.host, query).await[0]
    }

    async fn standing(&self) -> Standing {
        let host = &self.bench.host;
        let mut seen = Vec::new();
        for target in &self.targets {
            for what in ["paid", "open"] {
                let id = PayableId::new(format!("inv-{}-{what}", target.code)).unwrap();
                let view = host.payable(&victim(), &id).await.unwrap();
                seen.push(format!("{view:?}"));
            }
        }
        let connections = host.connections(Some(&victim())).await.unwrap();
        for connection in connections {
            let deliveries = host.deliveries(&connection.to_ref(), 100).await;
            seen.push(format!("{connection:?} {:?}", deliveries.unwrap()));
        }
        for name in ["customer", "their-customer"] {
            let name = CustomerId::new(name).unwrap();
            let linked = host.linked_customer(&victim(), &name).await.unwrap();
            seen.push(format!("{linked:?}"));
        }
        let mut rows = Vec::new();
        for query in ROWS_OF_VICTIM {
            rows.push(self.number(query).await);
        }
        Standing {
            victim: seen,
            rows,
            gained: self.number(GAINED).await,
        }
    }
}

const ROWS_OF_VICTIM: [&str; 8] = [
    "SELECT count(*) FROM connections WHERE organization_id = 'victim'",
    "SELECT count(*) FROM customers WHERE organization_id = 'victim'",
    "SELECT count(*) FROM payables WHERE organization_id = 'victim'",
    "SELECT count(*) FROM checkouts JOIN payables USING (payable_pk)
     WHERE organization_id = 'victim'",
    "SELECT count(*) FROM history JOIN payables USING (payable_pk)
     WHERE organization_id = 'victim'",
    "SELECT count(*) FROM payments JOIN connections USING (connection_pk)
     WHERE organization_id = 'victim'",
    "SELECT count(*) FROM dedup_keys JOIN connections USING (connection_pk)
     WHERE organization_id = 'victim'",
    "SELECT count(*) FROM deliveries JOIN connections USING (connection_pk)
     WHERE organization_id = 'victim'",
];
/// Payments of the attacker's organization, whatever their status.
const GAINED: &str = "SELECT count(*) FROM payments JOIN connections USING (connection_pk)
     WHERE organization_id = 'org'";

fn gateway_id(ground: &Ground, url: &PaymentUrl) -> Option<GatewayCheckoutId> {
    let state = ground.bench.gateway.state();
    let link = &state.links[url.reference.as_str()];
    GatewayCheckoutId::new(link.gateway_id.clone()).ok()
}

/// Every way to name what is the victim's, alone and beside the attacker's own.
fn subjects(ground: &Ground, target: &Target) -> Vec<(&'static str, EventTarget)> {
    let (paid, open) = (&target.paid, &target.open);
    let own_id = gateway_id(ground, &ground.own);
    let order = |payment: &Payment| payment.order_id.clone();
    let none = EventTarget::none;
    vec![
        ("their paid reference", about(paid.reference.as_str())),
        ("their open reference", about(open.reference.as_str())),
        (
            "their paid link",
            none().with_gateway_id(gateway_id(ground, paid)),
        ),
        (
            "their open link",
            none().with_gateway_id(gateway_id(ground, open)),
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
                .with_gateway_id(gateway_id(ground, open))
                .with_order_id(order(&target.unreported)),
        ),
        (
            "our reference with their link",
            about(ground.own.reference.as_str()).with_gateway_id(gateway_id(ground, open)),
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
        EventKind::PaymentClaimed(PaymentClaim::new(order, payment.amount))
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
    let ground = Ground::new(database).await;
    let before = ground.standing().await;
    let mut attempts = 0;
    for target in &ground.targets {
        for (own, secret) in [("main", "k1"), ("shared", SHARED_SECRET)] {
            for (named, about) in subjects(&ground, target) {
                for (said, kind) in reports(target) {
                    let event = Event::new(said, about.clone(), kind);
                    let receipt = ground.send(&organization(), own, secret, &[event]).await;
                    receipt.unwrap();
                    while ground.bench.host.apply_due_deliveries().await.unwrap() > 0 {}
                    attempts += 1;
                    let after = ground.standing().await;
                    assert_eq!(
                        after, before,
                        "{own}: {said}, of {named} of {}",
                        target.code
                    );
                }
            }
            let host = &ground.bench.host;
            let deliveries = host.deliveries(&connection(own), 1000).await;
            for delivery in deliveries.unwrap() {
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
    for target in &ground.targets {
        let event = paid_event(target.open.reference.as_str(), &target.unreported);
        for _ in 0..2 {
            let events = std::slice::from_ref(&event);
            let receipt = ground
                .send(&victim(), target.code, target.secret, events)
                .await;
            receipt.unwrap();
            while ground.bench.host.apply_due_deliveries().await.unwrap() > 0 {}
        }
        let id = PayableId::new(format!("inv-{}-open", target.code)).unwrap();
        let view = ground
            .bench
            .host
            .payable(&victim(), &id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(view.received.minor_units(), 4_000);
    }
    assert_eq!(ground.standing().await.gained, before.gained);
}

/// The account that both share reports to each of them, in the same bytes, one payment on a link of the
/// victim: it is the victim's, whichever is first.
async fn one_account_of_two_organizations_credits_the_one_whose_link_was_paid(database: Database) {
    for attacker_first in [true, false] {
        let ground = Ground::new(database).await;
        let target = &ground.targets[1];
        let reference = target.open.reference.as_str();
        let event = paid_event(reference, &target.unreported);
        let mut hearers = [organization(), victim()];
        if !attacker_first {
            hearers.reverse();
        }
        for hearer in &hearers {
            let receipt = ground
                .send(
                    hearer,
                    "shared",
                    SHARED_SECRET,
                    std::slice::from_ref(&event),
                )
                .await;
            receipt.unwrap();
            while ground.bench.host.apply_due_deliveries().await.unwrap() > 0 {}
        }
        let id = PayableId::new("inv-shared-open").unwrap();
        let view = ground
            .bench
            .host
            .payable(&victim(), &id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(view.received.minor_units(), 4_000);
        assert_eq!(view.payments.len(), 1);
        assert_eq!(ground.number(GAINED).await, 0);
    }
}

async fn a_route_takes_what_its_own_connection_signed(database: Database) {
    let ground = Ground::new(database).await;
    let before = ground.standing().await;
    let target = &ground.targets[0];
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
        let refused = ground.send(&to, code, secret, &events).await.unwrap_err();
        let is_right = match refused.kind() {
            ErrorKind::NotFound(Entity::Connection) => is_unknown,
            ErrorKind::InvalidSignature => !is_unknown,
            _ => false,
        };
        assert!(is_right, "{name}: {refused}");
        assert_eq!(ground.standing().await, before, "{name}");
        attempts += 1;
    }
    println!("attempts by route: {attempts}");
}

/// Every call with the attacker's organization and the victim's ids.
async fn calls_of_one_organization_reach_nothing_of_another(database: Database) {
    let ground = Ground::new(database).await;
    let before = ground.standing().await;
    let mut attempts = 0;
    for name in CALLS {
        try_call(&ground, name).await;
        assert_eq!(ground.standing().await, before, "{name}");
        attempts += 1;
    }
    println!("attempts by call: {attempts}");
}

const CALLS: [&str; 22] = [
    "see a payable",
    "see a connection",
    "list connections",
    "see deliveries of their connection",
    "see deliveries of the same code",
    "retry a delivery through the same code",
    "retry a delivery through their connection",
    "see a customer",
    "see the connection of a customer",
    "link a customer to their connection",
    "link a customer of the same id",
    "link their customer to our connection",
    "ask for the address of their payable",
    "ask for the address of a payable of the same id",
    "close their payable",
    "close a payable of the same id",
    "disable their connection",
    "disable the connection of the same code",
    "rotate the secret of their connection",
    "rotate and retire the secret of the same code",
    "change and replace settings of their connection",
    "make a connection of their code",
];

#[expect(clippy::too_many_lines, reason = "a table")]
async fn try_call(ground: &Ground, name: &str) {
    let host = &ground.bench.host;
    let us = organization();
    let (main, only) = (connection("main"), connection("only"));
    let their_customer = CustomerId::new("their-customer").unwrap();
    let missing = |result: Result<Connection, Error>| {
        assert!(
            matches!(
                result.as_ref().map_err(Error::kind),
                Err(ErrorKind::NotFound(Entity::Connection))
            ),
            "{name}"
        );
    };
    let link = async |customer: &str, code: &str| {
        let customer = Customer::new(CustomerId::new(customer).unwrap()).with_phone("9111111111");
        host.link_customer(&connection(code), &customer).await
    };
    let secret = || SecretString::from("taken over");
    match name {
        "see a payable" => {
            let id = PayableId::new("inv-shared-open").unwrap();
            assert!(host.payable(&us, &id).await.unwrap().is_none());
        }
        "see a connection" => missing(host.connection(&only).await),
        "list connections" => {
            let listed = host.connections(Some(&us)).await.unwrap();
            assert!(
                listed
                    .iter()
                    .all(|connection| connection.organization == us)
            );
        }
        "see deliveries of their connection" => {
            assert!(host.deliveries(&only, 10).await.is_err());
        }
        "see deliveries of the same code" => {
            assert!(host.deliveries(&main, 10).await.unwrap().is_empty());
        }
        "retry a delivery through the same code" => {
            assert!(!host.retry_delivery(&main, &ground.key).await.unwrap());
        }
        "retry a delivery through their connection" => {
            assert!(host.retry_delivery(&only, &ground.key).await.is_err());
        }
        "see a customer" => {
            let seen = host.linked_customer(&us, &their_customer).await.unwrap();
            assert!(seen.is_none());
        }
        "see the connection of a customer" => {
            let seen = host.connection_of_customer(&us, &their_customer).await;
            assert_eq!(seen.unwrap(), None);
        }
        "link a customer to their connection" => {
            let refused = link("our-customer", "only").await.unwrap_err();
            let missing = Error::from(Entity::Connection);
            assert_eq!(refused.to_string(), missing.to_string());
        }
        "link a customer of the same id" => {
            link("customer", "main").await.unwrap();
        }
        "link their customer to our connection" => {
            link("their-customer", "main").await.unwrap();
        }
        "ask for the address of their payable" => {
            let asked = payable_of(us, "inv-main-paid", "unknown");
            let refused = host.payment_url(&asked).await.unwrap_err();
            let expected = Error::from(Refusal::CustomerNotLinked);
            assert_eq!(refused.to_string(), expected.to_string());
        }
        "ask for the address of a payable of the same id" => {
            for (id, customer) in [
                ("inv-main-paid", "customer"),
                ("inv-shared-open", "our-customer"),
            ] {
                let url = host
                    .payment_url(&payable_of(us.clone(), id, customer))
                    .await
                    .unwrap()
                    .pay()
                    .unwrap();
                for target in &ground.targets {
                    for theirs in [&target.paid, &target.open] {
                        assert_ne!(url.reference, theirs.reference);
                        assert_ne!(url.url, theirs.url);
                    }
                }
            }
        }
        "close their payable" => {
            // It is one of the attacker's own by this.
            let payable = payable_of(us, "inv-shared-paid", "our-customer");
            let closing = host.close(&payable, CloseReason::Voided).await.unwrap();
            assert!(closing.still_payable.is_empty() && closing.unreconciled.is_empty());
        }
        "close a payable of the same id" => {
            let payable = payable_of(us, "inv-main-open", "customer");
            host.close(&payable, CloseReason::Voided).await.unwrap();
            let state = ground.bench.gateway.state();
            let of = |url: &PaymentUrl| state.links[url.reference.as_str()].status.clone();
            assert_eq!(of(&ground.own), CheckoutStatus::Cancelled);
            for target in &ground.targets {
                assert_eq!(of(&target.open), CheckoutStatus::PartiallyPaid);
            }
        }
        "disable their connection" => {
            missing(host.set_connection_enabled(&only, false).await);
        }
        "disable the connection of the same code" => {
            let ours = host.set_connection_enabled(&main, false).await;
            assert!(!ours.unwrap().enabled);
        }
        "rotate the secret of their connection" => {
            missing(host.rotate_secret(&only, "key", secret()).await);
            missing(host.retire_secrets(&only, "key").await);
        }
        "rotate and retire the secret of the same code" => {
            host.rotate_secret(&main, "key", secret()).await.unwrap();
            host.retire_secrets(&main, "key").await.unwrap();
        }
        "change and replace settings of their connection" => {
            let change = SettingsChange::new().with("key", secret());
            missing(host.change_settings(&only, &change).await);
            let settings = ConnectionSettings::new().with("key", "taken over");
            missing(host.replace_settings(&only, &settings).await);
        }
        "make a connection of their code" => {
            let settings = ConnectionSettings::new().with("key", "k9");
            let new = NewConnection::new(only, provider(), "Same code", settings);
            host.add_connection(new).await.unwrap();
            // Theirs does not sign for it.
            let receipt = ground.send(&organization(), "only", "k3", &[]).await;
            assert!(matches!(
                receipt.as_ref().map_err(Error::kind),
                Err(ErrorKind::InvalidSignature)
            ));
        }
        _ => panic!("{name} is not tried"),
    }
}
