//! The whole overview page.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use super::field::{Field, Kind};
use super::form_data::FormError;
use super::lists::Lists;
use super::settings_form::{self, Group};
use super::{chaos_forms, clock_form, endpoint_form, fault_form};
use crate::endpoint::EndpointSnapshot;
use crate::html::{Audience, page};
use crate::merchant::{DEFAULT_CLIENT_SECRET, Merchant};
use crate::shared::Shared;
use crate::timestamp;

/// An account, without a secret that is not public.
pub(super) struct MerchantView {
    name: String,
    client_id: String,
    secret: &'static str,
}

impl From<&Merchant> for MerchantView {
    fn from(merchant: &Merchant) -> Self {
        Self {
            name: merchant.name().to_owned(),
            client_id: merchant.client_id().to_owned(),
            // Only the well-known secret is shown.
            secret: if merchant.signing_secret() == DEFAULT_CLIENT_SECRET {
                DEFAULT_CLIENT_SECRET
            } else {
                "<secret>"
            },
        }
    }
}

/// The data of the page.
#[derive(Template)]
#[template(path = "overview/page.html")]
pub(super) struct Overview {
    root: &'static str,
    address: String,
    merchants: Vec<MerchantView>,
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
    problem: Option<FormError>,
}

/// Builds the page for a browser that reaches the simulator as `host`.
fn overview(shared: &Arc<Shared>, host: Option<&str>, problem: Option<FormError>) -> Overview {
    let lists = Lists::of(shared);
    shared.with(|state, now| Overview {
        root: "/",
        address: host.map_or_else(|| state.public_url.clone(), |host| format!("http://{host}")),
        merchants: state.merchants.iter().map(MerchantView::from).collect(),
        lists,
        settings: settings_form::groups(&state.settings, problem.as_ref()),
        faults: fault_form::active_faults(state),
        fault_fields: fault_form::fields(problem.as_ref()),
        webhook_faults: chaos_forms::queued_faults(state),
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
    /// Returns the error of a section.
    fn problem_in(&self, section: &str) -> Option<&str> {
        self.problem
            .as_ref()
            .filter(|problem| problem.section == section)
            .map(|problem| problem.refusal.message.as_str())
    }

    /// Returns a shell command that creates a link.
    fn curl(&self, merchant: &MerchantView) -> String {
        format!(
            "curl -s {}/pg/links -H 'x-client-id: {}' -H 'x-client-secret: {}' \\\n  \
             -H 'x-api-version: 2025-01-01' -H 'content-type: application/json' \\\n  \
             -d '{{\"link_id\":\"demo-1\",\"link_amount\":200.12,\"link_currency\":\"INR\",\"link_purpose\":\"Demo\",\
             \"customer_details\":{{\"customer_phone\":\"9000000000\"}}}}'",
            self.address, merchant.client_id, merchant.secret
        )
    }
}

/// Responds with the page, and the error of a refused form if there is one.
pub(super) fn whole_page(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    status: StatusCode,
    problem: Option<FormError>,
) -> Response {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let overview = overview(shared, host, problem);
    page(Audience::Developer, status, &overview)
}

/// Redirects to a section of the page.
pub(super) fn back_to(section: &str) -> Response {
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, format!("/#{section}"))],
    )
        .into_response()
}
