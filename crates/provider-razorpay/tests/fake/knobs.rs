use bytes::Bytes;
use http::{Method, Request, Response};

use super::{State, answer};

/// What is off from the ordinary.
#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each turns one thing")]
pub struct Knobs {
    /// A refusal's `error` is a bare text.
    pub bare_error: bool,
    /// The most that this account may ask for; a setting of each account.
    pub most_amount: Option<i64>,
    /// Texts as documented, where they come otherwise.
    pub documented_texts: bool,
    /// The reference is not heeded in a list.
    pub ignore_filter: bool,
    /// So many lists of links are empty.
    pub empty_lists: u32,
    /// So many lists of payments lack all that was captured.
    pub lagging_payments: u32,
    /// Lists of payments have at most so many, whatever is asked for.
    pub most_payments: Option<usize>,
    /// Lists of payments are whole, and parts of them cannot be asked for.
    pub no_pages_of_payments: bool,
    pub list: ListShape,
    pub order: OrderShape,
    pub notes: NotesShape,
    /// A customer of nothing is `[]`, reminders are `{}`.
    pub odd_maps: bool,
    /// Links never list their payments.
    pub no_payments_in_links: bool,
    /// The payer pays in the very moment of a cancellation.
    pub paid_at_cancellation: bool,
    /// A cancellation is refused, whatever the state.
    pub refuse_cancellation: bool,
    /// So many calls get 429, with this `Retry-After`.
    pub too_many: u32,
    pub retry_after: Option<&'static str>,
    /// No more links can be made: the quota of test mode.
    pub quota_used_up: bool,
    /// So many calls get a page of a proxy.
    pub bad_gateway: u32,
    /// A word for the status of every link.
    pub status: Option<String>,
    /// An amount paid of every link.
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
    /// What keeps a request from being looked at.
    pub(super) fn trouble(&mut self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let knobs = &mut self.knobs;
        if knobs.bad_gateway > 0 {
            knobs.bad_gateway -= 1;
            return Some(answer::raw(502, "<html><h1>502 Bad Gateway</h1></html>"));
        }
        if knobs.too_many > 0 {
            knobs.too_many -= 1;
            return Some(answer::too_many(knobs.retry_after));
        }
        let creation =
            request.method() == Method::POST && request.uri().path() == "/v1/payment_links";
        (creation && knobs.quota_used_up).then(answer::quota)
    }
}
