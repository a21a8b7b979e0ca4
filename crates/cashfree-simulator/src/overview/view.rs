//! The whole page.

use std::sync::Arc;

use askama::Template;

use super::field::{Field, Kind};
use super::lists::Lists;
use super::settings_form::{self, Group};
use super::typed::Problem;
use super::{chance_forms, clock_form, endpoint_form, fault_form};
use crate::core::Core;
use crate::endpoint::EndpointSnapshot;
use crate::merchant::{DEFAULT_CLIENT_SECRET, Merchant};
use crate::stamp;

/// An account, as far as it may be shown.
pub(super) struct Account {
    name: String,
    client_id: String,
    secret: &'static str,
}

impl From<&Merchant> for Account {
    fn from(merchant: &Merchant) -> Self {
        Self {
            name: merchant.name().to_owned(),
            client_id: merchant.client_id().to_owned(),
            // Only the secret everybody knows is shown.
            secret: if merchant.signing_secret() == DEFAULT_CLIENT_SECRET {
                DEFAULT_CLIENT_SECRET
            } else {
                "<secret>"
            },
        }
    }
}

/// Everything on the page.
#[derive(Template)]
#[template(path = "overview/page.html")]
pub(super) struct Overview {
    root: &'static str,
    address: String,
    accounts: Vec<Account>,
    lists: Lists,
    settings: Vec<Group>,
    faults: Vec<String>,
    fault_fields: Vec<Field>,
    webhook_faults: Vec<String>,
    webhook_fault_fields: Vec<Field>,
    chaos_on: bool,
    chaos_now: String,
    chaos_fields: Vec<Field>,
    endpoints: Vec<EndpointSnapshot>,
    endpoint_fields: Vec<Field>,
    clock_fields: Vec<Field>,
    now: String,
    now_exactly: String,
    problem: Option<Problem>,
}

/// The page as a browser asks for it that reaches the simulator under the name `host`.
pub(super) fn overview(core: &Arc<Core>, host: Option<&str>, problem: Option<Problem>) -> Overview {
    let lists = Lists::of(core);
    core.with(|world, now| Overview {
        root: "/",
        address: host.map_or_else(|| world.public_url.clone(), |host| format!("http://{host}")),
        accounts: world.merchants.iter().map(Account::from).collect(),
        lists,
        settings: settings_form::groups(&world.settings, problem.as_ref()),
        faults: fault_form::in_force(world),
        fault_fields: fault_form::fields(problem.as_ref()),
        webhook_faults: chance_forms::waiting(world),
        webhook_fault_fields: chance_forms::fault_fields(problem.as_ref()),
        chaos_on: world.settings.chaos.is_some(),
        chaos_now: chance_forms::chaos_now(world),
        chaos_fields: chance_forms::chaos_fields(world, problem.as_ref()),
        endpoints: world.endpoints.clone(),
        endpoint_fields: endpoint_form::fields(world, problem.as_ref()),
        clock_fields: clock_form::fields(problem.as_ref()),
        now: stamp::readable(now),
        now_exactly: stamp::ist(now),
        problem,
    })
}

impl Overview {
    /// What was refused in a part of the page.
    fn problem_in(&self, section: &str) -> Option<&str> {
        self.problem
            .as_ref()
            .filter(|problem| problem.section == section)
            .map(|problem| problem.refusal.message.as_str())
    }

    /// A shell line that makes a link.
    fn curl(&self, account: &Account) -> String {
        format!(
            "curl -s {}/pg/links -H 'x-client-id: {}' -H 'x-client-secret: {}' \\\n  \
             -H 'x-api-version: 2025-01-01' -H 'content-type: application/json' \\\n  \
             -d '{{\"link_id\":\"demo-1\",\"link_amount\":200.12,\"link_currency\":\"INR\",\"link_purpose\":\"Demo\",\
             \"customer_details\":{{\"customer_phone\":\"9000000000\"}}}}'",
            self.address, account.client_id, account.secret
        )
    }
}
