//! Views of the payment pages.

use askama::Template;

use super::form::{Form, FormError};
use super::test_instruments::{CARDS, REASONS, Reason, TestCard, TestUpiId, UPI_IDS};
use crate::money::Paise;
use crate::money_text;
use crate::state::{GatewayState, Link, LinkStatus, PaymentIndex, PaymentStatus};
use crate::timestamp;

/// Relative path from a payment page to the root of the assets.
const ROOT: &str = "../";

/// A link on a payment page.
pub(super) struct LinkView<'a> {
    state: &'a GatewayState,
    link: &'a Link,
}

impl LinkView<'_> {
    fn money(&self, amount: Paise) -> String {
        money_text::format_amount(amount, &self.link.request.currency)
    }

    fn merchant(&self) -> &str {
        self.state
            .merchant(&self.link.merchant)
            .map_or(self.link.merchant.as_str(), |merchant| merchant.name())
    }

    fn purpose(&self) -> &str {
        &self.link.request.purpose
    }

    fn amount(&self) -> String {
        self.money(self.link.request.amount)
    }

    const fn has_paid(&self) -> bool {
        self.link.amount_paid.is_positive()
    }

    fn paid(&self) -> String {
        self.money(self.link.amount_paid)
    }

    fn remaining(&self) -> String {
        self.money(self.link.remaining())
    }

    fn minimum(&self) -> String {
        self.money(self.link.minimum_payment())
    }

    const fn partial(&self) -> bool {
        self.link.request.partial_payments
    }

    /// Returns the prefix that the script puts before an amount.
    fn amount_prefix(&self) -> String {
        if self.link.request.currency == "INR" {
            "₹".to_owned()
        } else {
            format!("{} ", self.link.request.currency)
        }
    }

    fn expires(&self) -> String {
        timestamp::readable(self.link.expires_at)
    }

    fn expires_exactly(&self) -> String {
        timestamp::ist(self.link.expires_at)
    }

    fn return_url(&self) -> Option<&str> {
        self.link.request.meta.return_url.as_deref()
    }

    fn url(&self) -> String {
        self.state.link_url(self.link)
    }

    /// Returns the amount of the latest pending payment.
    fn pending(&self) -> Option<String> {
        let orders = self.state.orders_of(self.link);
        let mut payments = orders.flat_map(|order| &order.payments);
        payments
            .rfind(|payment| payment.status == PaymentStatus::Pending)
            .map(|payment| self.money(payment.amount))
    }
}

/// The form of a payable link.
#[derive(Template)]
#[template(path = "payment/checkout.html")]
pub(super) struct Checkout<'a> {
    root: &'static str,
    link: LinkView<'a>,
    form: Form,
    problem: Option<FormError>,
    upi_ids: &'static [TestUpiId],
    cards: &'static [TestCard],
    reasons: &'static [Reason],
}

impl Checkout<'_> {
    fn is_method(&self, method: &str) -> bool {
        let chosen = self.form.method.as_str();
        let known = matches!(chosen, "upi" | "card" | "netbanking");
        method == if known { chosen } else { "upi" }
    }

    /// Returns the error of a field. An error of a field that is not shown counts as one of the whole form.
    fn problem_of(&self, field: &str) -> Option<&str> {
        let problem = self.problem.as_ref()?;
        let shown = problem.field != "amount" || self.link.partial();
        let index = if shown { problem.field } else { "form" };
        (index == field).then_some(problem.message.as_str())
    }
}

/// The page of a link that takes no more payments.
#[derive(Template)]
#[template(path = "payment/closed.html")]
pub(super) struct Closed<'a> {
    root: &'static str,
    heading: &'static str,
    text: &'static str,
    problem: Option<String>,
    link: LinkView<'a>,
}

/// The page of a link: its form, or a closed page.
pub(super) enum LinkPage<'a> {
    Checkout(Box<Checkout<'a>>),
    Closed(Closed<'a>),
}

/// Returns the page of a link, with a refused form and its error if there is one.
pub(super) fn link_page(
    state: &GatewayState,
    link: usize,
    submitted: Option<(Form, FormError)>,
) -> Option<LinkPage<'_>> {
    let link = state.links.get(link)?;
    let view = LinkView { state, link };
    let (heading, text) = match link.status {
        LinkStatus::Active | LinkStatus::PartiallyPaid => {
            let (form, problem) = submitted.map_or_else(
                || (Form::new(link.remaining()), None),
                |(form, problem)| (form, Some(problem)),
            );
            return Some(LinkPage::Checkout(Box::new(Checkout {
                root: ROOT,
                link: view,
                form,
                problem,
                upi_ids: &UPI_IDS,
                cards: &CARDS,
                reasons: &REASONS,
            })));
        }
        LinkStatus::Paid => ("This link is paid", "No payment is due."),
        LinkStatus::Expired => (
            "This link has expired",
            "It takes no more payments. Ask the merchant for a new link.",
        ),
        LinkStatus::Cancelled => (
            "This link was cancelled",
            "The merchant cancelled it. It takes no more payments.",
        ),
    };
    Some(LinkPage::Closed(Closed {
        root: ROOT,
        heading,
        text,
        problem: submitted.map(|(_, problem)| problem.message),
        link: view,
    }))
}

/// The result of a payment attempt.
#[derive(Template)]
#[template(path = "payment/result.html")]
pub(super) struct Outcome<'a> {
    root: &'static str,
    heading: &'static str,
    message: &'a str,
    amount: String,
    cf_payment_id: i64,
    again: Option<&'static str>,
    link: LinkView<'a>,
}

/// Returns the result page of a payment attempt.
pub(super) fn outcome(state: &GatewayState, index: PaymentIndex) -> Option<Outcome<'_>> {
    let (order, payment) = state.payment_at(index)?;
    let link = state.link_of_order(order)?;
    let view = LinkView { state, link };
    let (heading, again) = match payment.status {
        PaymentStatus::Success => ("Payment successful", "Pay another instalment"),
        PaymentStatus::Failed => ("Payment failed", "Try again"),
        PaymentStatus::Pending => ("Payment pending", "Pay again"),
        PaymentStatus::UserDropped => ("Payment not completed", "Try again"),
    };
    Some(Outcome {
        root: ROOT,
        heading,
        message: &payment.message,
        amount: view.money(payment.amount),
        cf_payment_id: payment.cf_payment_id,
        again: link.status.is_payable().then_some(again),
        link: view,
    })
}

/// A page with one message.
#[derive(Template)]
#[template(path = "payment/message.html")]
pub(super) struct Message {
    root: &'static str,
    heading: &'static str,
    text: &'static str,
}

impl Message {
    pub(super) const fn new(heading: &'static str, text: &'static str) -> Self {
        Self {
            root: ROOT,
            heading,
            text,
        }
    }
}
