//! A customer is linked once, and nobody is made up.

use payment_provider_core::{Customer, CustomerId, CustomerLink};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::Fixture;

pub(super) const CASES: &[Case] = &[
    case!(
        "customers.linking-is-idempotent",
        contract::CUSTOMER,
        [RemoteCustomers],
        "linking again gives the same customer of the gateway",
        remote_once
    ),
    case!(
        "customers.local-link-sends-nothing",
        contract::CUSTOMER,
        [NoRemoteCustomers],
        "where the gateway keeps no customers, none is sent to it",
        local_sends_nothing
    ),
    case!(
        "customers.needs-match-prepare",
        contract::CUSTOMER,
        [],
        "what is missing of a customer is told at linking, not when money is asked for",
        needs_are_what_preflight_asks
    ),
];

async fn link(fixture: &Fixture, customer: &Customer) -> Result<CustomerLink, CaseFailure> {
    match fixture.first.provider.link(customer).await? {
        Ok(link) => Ok(link),
        Err(error) => fail!("link_customer fails at a healthy gateway: {error}"),
    }
}

async fn remote_once(fixture: Fixture) -> CaseResult {
    let customer = fixture.request("customer").customer;
    let first = link(&fixture, &customer).await?;
    let second = link(&fixture, &customer).await?;
    ensure!(
        first.remote_id.is_some(),
        "an ordinary customer gets no id at the gateway"
    );
    ensure!(
        first.remote_id == second.remote_id,
        "linking again makes another customer"
    );
    Ok(())
}

async fn local_sends_nothing(fixture: Fixture) -> CaseResult {
    let before = fixture.first.call_count().await;
    let customer = fixture.request("customer").customer;
    let link = link(&fixture, &customer).await?;
    ensure!(
        link.remote_id.is_none(),
        "a customer of the gateway though it keeps none"
    );
    ensure!(
        link.needs.is_empty(),
        "an ordinary customer lacks something: {}",
        link.needs
    );
    let what = "remote_customers is not declared";
    fixture.first.expect_no_calls_since(before, what).await
}

async fn needs_are_what_preflight_asks(fixture: Fixture) -> CaseResult {
    let id = match CustomerId::new("nobody-known") {
        Ok(id) => id,
        Err(error) => fail!("{error}"),
    };
    let bare = Customer::new(id);
    let needs = link(&fixture, &bare).await?.needs;
    let mut request = fixture.request("bare");
    request.customer = bare;
    match fixture.first.provider.prepare(&request)? {
        Ok(_) => ensure!(
            needs.is_empty(),
            "preflight asks for nothing, linking for {needs}"
        ),
        Err(violations) => {
            for violation in &violations {
                if let Some(field) = violation.field.strip_prefix("customer.") {
                    ensure!(
                        needs.names(field),
                        "preflight asks for {field}, linking does not"
                    );
                }
            }
        }
    }
    Ok(())
}
