//! Calls of the host that name payables, connections and deliveries of another organization.

use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::connections::{Connection, SettingsChange};
use payment_provider_host::error::{Entity, Refusal};
use payment_provider_host::page::PageRequest;
use payment_provider_host::prelude::*;

use super::{Tenants, payable_of};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{connection, organization, provider};

each_database! {
    calls_of_one_organization_reach_nothing_of_another,
}

/// Every call with the attacker's organization and the victim's ids.
async fn calls_of_one_organization_reach_nothing_of_another(database: Database) {
    let tenants = Tenants::new(database).await;
    let before = tenants.standing().await;
    let mut attempts = 0;
    for name in CALLS {
        try_call(&tenants, name).await;
        assert_eq!(tenants.standing().await, before, "{name}");
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
async fn try_call(tenants: &Tenants, name: &str) {
    let host = &tenants.bench.host;
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
            let listed = host
                .connections(Some(&us), &PageRequest::default())
                .await
                .unwrap()
                .items;
            assert!(
                listed
                    .iter()
                    .all(|connection| connection.organization == us)
            );
        }
        "see deliveries of their connection" => {
            assert!(
                host.deliveries(&only, &PageRequest::default())
                    .await
                    .is_err()
            );
        }
        "see deliveries of the same code" => {
            let page = host.deliveries(&main, &PageRequest::default()).await;
            assert!(page.unwrap().items.is_empty());
        }
        "retry a delivery through the same code" => {
            assert!(!host.retry_delivery(&main, &tenants.key).await.unwrap());
        }
        "retry a delivery through their connection" => {
            assert!(host.retry_delivery(&only, &tenants.key).await.is_err());
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
                for target in &tenants.targets {
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
            let state = tenants.bench.gateway.state();
            let of = |url: &PaymentUrl| state.links[url.reference.as_str()].status.clone();
            assert_eq!(of(&tenants.own), CheckoutStatus::Cancelled);
            for target in &tenants.targets {
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
            let receipt = tenants.send(&organization(), "only", "k3", &[]).await;
            assert!(matches!(
                receipt.as_ref().map_err(Error::kind),
                Err(ErrorKind::InvalidSignature)
            ));
        }
        _ => panic!("{name} is not tried"),
    }
}
