use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;

use super::{State, responses};

/// Deviations from the default behaviour.
#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each switches one deviation")]
pub struct Behaviour {
    /// The `error` of a refusal is a bare text.
    pub bare_error: bool,
    /// The largest amount that this account accepts; a setting of each account.
    pub max_amount: Option<i64>,
    /// Messages have their documented wording instead of the actual one.
    pub documented_texts: bool,
    /// Lists of links ignore the reference filter.
    pub ignore_filter: bool,
    /// Number of lists of links that are returned empty.
    pub empty_lists: u32,
    /// Number of lists of payments that lack all captured payments.
    pub lagging_payments: u32,
    /// Maximum size of a page of payments or refunds, whatever size is requested.
    pub max_page_size: Option<usize>,
    /// Lists of payments have no pages, and requests for a page are refused.
    pub no_pages_of_payments: bool,
    /// Payers bear the fee of payments that begin from now on.
    pub payers_bear_fees: bool,
    /// Payments that begin from now on do not state the fee of the payer.
    pub unstated_fees: bool,
    /// Payments do not state the bearer of the fee.
    pub unstated_bearers: bool,
    /// The amount paid of a link includes the fees of payers.
    pub fees_in_totals: bool,
    /// Replaces members of every refund.
    pub refund_members: Option<Value>,
    pub list: ListShape,
    pub order: OrderShape,
    pub notes: NotesShape,
    /// An empty customer is `[]`, and empty reminders are `{}`.
    pub empty_map_variants: bool,
    /// Links never list their payments.
    pub no_payments_in_links: bool,
    /// The payer pays at the moment of the cancellation.
    pub paid_at_cancellation: bool,
    /// Every cancellation is refused, in any status.
    pub refuse_cancellation: bool,
    /// Number of calls answered with status 429 and this `Retry-After`.
    pub rate_limited: u32,
    pub retry_after: Option<&'static str>,
    /// No more links can be created: the quota of test mode is used up.
    pub quota_used_up: bool,
    /// Number of calls answered with an error page of a proxy.
    pub bad_gateway: u32,
    /// The status of every link.
    pub status: Option<String>,
    /// The amount paid of every link.
    pub amount_paid: Option<i64>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum ListShape {
    #[default]
    PaymentLinks,
    Items,
    Bare,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum OrderShape {
    #[default]
    Absent,
    Null,
    Empty,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum NotesShape {
    #[default]
    Object,
    Pairs,
    Null,
    EmptyList,
}

impl State {
    /// Returns the failure that preempts the processing of a request.
    pub(super) fn injected_failure(&mut self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let behaviour = &mut self.behaviour;
        if behaviour.bad_gateway > 0 {
            behaviour.bad_gateway -= 1;
            return Some(responses::raw(502, "<html><h1>502 Bad Gateway</h1></html>"));
        }
        if behaviour.rate_limited > 0 {
            behaviour.rate_limited -= 1;
            return Some(responses::too_many(behaviour.retry_after));
        }
        let creation =
            request.method() == Method::POST && request.uri().path() == "/v1/payment_links";
        (creation && behaviour.quota_used_up).then(responses::quota)
    }
}
