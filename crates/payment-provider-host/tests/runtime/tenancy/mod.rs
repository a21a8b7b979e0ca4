//! Attempts of one organization against another: whatever its requests and its rightly signed webhooks
//! name, nothing of the other's is seen, paid, moved or applied.
//!
//! Both organizations are on one database and one gateway. They have a connection of the same code with
//! secrets of their own, and each a connection to one and the same merchant account, with the same
//! secret: there the gateway itself reports the links of each to the other. Payables and customers have
//! the same ids in both, and some are the victim's alone.

mod calls;
mod webhooks;

use payment_provider_core::*;
use payment_provider_host::inbox::Receipt;
use payment_provider_host::page::PageRequest;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, numbers};
use crate::fixture::{Bench, connection_of, organization, provider};
use crate::gateway::{delivery, paid_event};

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

struct Tenants {
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

impl Tenants {
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
        let mut tenants = Self {
            bench,
            targets: Vec::new(),
            own,
            key: String::new(),
        };
        for (code, secret, customer) in [
            ("main", "k2", "customer"),
            ("shared", SHARED_SECRET, "their-customer"),
        ] {
            let target = tenants.target(code, secret, customer).await;
            tenants.targets.push(target);
        }
        let theirs = connection_of(&victim(), "main");
        let deliveries = tenants
            .bench
            .host
            .deliveries(&theirs, &PageRequest::first(1))
            .await;
        tenants.key.clone_from(&deliveries.unwrap().items[0].key);
        tenants
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
        let connections = crate::fixture::all_connections(host, Some(&victim()))
            .await
            .unwrap();
        for connection in connections {
            let deliveries = self.bench.deliveries_of(&connection.to_ref()).await;
            seen.push(format!("{connection:?} {deliveries:?}"));
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

fn gateway_id(tenants: &Tenants, url: &PaymentUrl) -> Option<GatewayCheckoutId> {
    let state = tenants.bench.gateway.state();
    let link = &state.links[url.reference.as_str()];
    GatewayCheckoutId::new(link.gateway_id.clone()).ok()
}
