//! The whole page.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use super::field::{Field, Kind};
use super::form_data::Problem;
use super::lists::Lists;
use super::settings_form::{self, Group};
use super::{chaos_forms, clock_form, endpoint_form, fault_form};
use crate::endpoint::EndpointSnapshot;
use crate::html::{Audience, page};
use crate::merchant::{DEFAULT_CLIENT_SECRET, Merchant};
use crate::shared::Shared;
use crate::timestamp;

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
    chaos_summary: String,
    chaos_fields: Vec<Field>,
    endpoints: Vec<EndpointSnapshot>,
    endpoint_fields: Vec<Field>,
    clock_fields: Vec<Field>,
    now: String,
    now_exactly: String,
    problem: Option<Problem>,
}

/// The page as a browser asks for it that reaches the simulator under the name `host`.
fn overview(shared: &Arc<Shared>, host: Option<&str>, problem: Option<Problem>) -> Overview {
    let lists = Lists::of(shared);
    shared.with(|state, now| Overview {
        root: "/",
        address: host.map_or_else(|| state.public_url.clone(), |host| format!("http://{host}")),
        accounts: state.merchants.iter().map(Account::from).collect(),
        lists,
        settings: settings_form::groups(&state.settings, problem.as_ref()),
        faults: fault_form::in_force(state),
        fault_fields: fault_form::fields(problem.as_ref()),
        webhook_faults: chaos_forms::waiting(state),
        webhook_fault_fields: chaos_forms::fault_fields(problem.as_ref()),
        chaos_on: state.settings.chaos.is_some(),
        chaos_summary: chaos_forms::chaos_summary(state),
        chaos_fields: chaos_forms::chaos_fields(state, problem.as_ref()),
        endpoints: state.endpoints.clone(),
        endpoint_fields: endpoint_form::fields(state, problem.as_ref()),
        clock_fields: clock_form::fields(problem.as_ref()),
        now: timestamp::readable(now),
        now_exactly: timestamp::ist(now),
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

/// The page, with what was refused.
pub(super) fn whole_page(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    status: StatusCode,
    problem: Option<Problem>,
) -> Response {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let overview = overview(shared, host, problem);
    page(Audience::Developer, status, &overview)
}

/// Back to a part of the page.
pub(super) fn back_to(section: &str) -> Response {
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, format!("/#{section}"))],
    )
        .into_response()
}
