//! A customer is linked once, and nobody is made up.

use payment_provider_core::{Customer, CustomerId, CustomerLink};

use crate::bench::Bench;
use crate::case::{CUSTOMER, Case, Failure, Verdict, case, ensure, fail};

pub(super) const CASES: &[Case] = &[
    case!(
        "customers.remote-once",
        CUSTOMER,
        [RemoteCustomers],
        "linking again gives the same customer of the gateway",
        remote_once
    ),
    case!(
        "customers.local-sends-nothing",
        CUSTOMER,
        [NoRemoteCustomers],
        "where the gateway keeps no customers, none is sent to it",
        local_sends_nothing
    ),
    case!(
        "customers.needs-are-what-preflight-asks",
        CUSTOMER,
        [],
        "what is missing of a customer is told at linking, not when money is asked for",
        needs_are_what_preflight_asks
    ),
];

async fn link(bench: &Bench, customer: &Customer) -> Result<CustomerLink, Failure> {
    match bench.first.provider.link(customer).await? {
        Ok(link) => Ok(link),
        Err(error) => fail!("link_customer fails at a healthy gateway: {error}"),
    }
}

async fn remote_once(bench: Bench) -> Verdict {
    let customer = bench.request("customer").customer;
    let first = link(&bench, &customer).await?;
    let second = link(&bench, &customer).await?;
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

async fn local_sends_nothing(bench: Bench) -> Verdict {
    let before = bench.first.calls().await;
    let customer = bench.request("customer").customer;
    let link = link(&bench, &customer).await?;
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
    bench.first.quiet_since(before, what).await
}

async fn needs_are_what_preflight_asks(bench: Bench) -> Verdict {
    let id = match CustomerId::new("nobody-known") {
        Ok(id) => id,
        Err(error) => fail!("{error}"),
    };
    let bare = Customer::new(id);
    let needs = link(&bench, &bare).await?.needs;
    let mut request = bench.request("bare");
    request.customer = bare;
    match bench.first.provider.preflight(&request)? {
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
