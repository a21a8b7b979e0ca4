//! Customers are linked once, and only where the gateway keeps them.

use payment_provider_core::{Customer, CustomerId, CustomerLink};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::Fixture;

pub(super) const CASES: &[Case] = &[
    case!(
        "customers.linking-is-idempotent",
        contract::CUSTOMER,
        [RemoteCustomers],
        "linking a customer again returns the same remote customer",
        linking_is_idempotent
    ),
    case!(
        "customers.local-link-sends-nothing",
        contract::CUSTOMER,
        [NoRemoteCustomers],
        "without remote customers, linking sends nothing",
        local_link_sends_nothing
    ),
    case!(
        "customers.needs-match-prepare",
        contract::CUSTOMER,
        [],
        "data that a checkout needs from a customer is reported when the customer is linked",
        needs_match_prepare
    ),
];

async fn link(fixture: &Fixture, customer: &Customer) -> Result<CustomerLink, CaseFailure> {
    match fixture.first.provider.link(customer).await? {
        Ok(link) => Ok(link),
        Err(error) => fail!("link_customer fails with a healthy gateway: {error}"),
    }
}

async fn linking_is_idempotent(fixture: Fixture) -> CaseResult {
    let customer = fixture.request("customer").customer;
    let first = link(&fixture, &customer).await?;
    let second = link(&fixture, &customer).await?;
    ensure!(
        first.remote_id.is_some(),
        "an ordinary customer gets no remote id"
    );
    ensure!(
        first.remote_id == second.remote_id,
        "linking again creates another remote customer"
    );
    Ok(())
}

async fn local_link_sends_nothing(fixture: Fixture) -> CaseResult {
    let before = fixture.first.call_count().await;
    let customer = fixture.request("customer").customer;
    let link = link(&fixture, &customer).await?;
    ensure!(
        link.remote_id.is_none(),
        "the link has a remote id although remote_customers is not declared"
    );
    ensure!(
        link.needs.is_empty(),
        "an ordinary customer is incomplete: {}",
        link.needs
    );
    let what = "remote_customers is not declared";
    fixture.first.expect_no_calls_since(before, what).await
}

async fn needs_match_prepare(fixture: Fixture) -> CaseResult {
    let id = match CustomerId::new("unknown-customer") {
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
            "prepare_checkout accepts the customer, but link_customer needs {needs}"
        ),
        Err(violations) => {
            for violation in &violations {
                if let Some(field) = violation.field.strip_prefix("customer.") {
                    ensure!(
                        needs.names(field),
                        "prepare_checkout needs {field}, but link_customer does not"
                    );
                }
            }
        }
    }
    Ok(())
}
