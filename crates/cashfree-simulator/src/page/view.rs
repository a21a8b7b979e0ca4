//! The pages a payer sees.

use askama::Template;

use super::form::{Form, Problem};
use super::test_instruments::{CARDS, REASONS, Reason, TestCard, TestUpiId, UPI_IDS};
use crate::money::Paise;
use crate::money_text;
use crate::state::{GatewayState, Link, LinkStatus, PaymentIndex, PaymentStatus};
use crate::timestamp;

/// From a payment page to where the assets are.
const ROOT: &str = "../";

/// A link as a payer is told about it.
pub(super) struct LinkView<'a> {
    state: &'a GatewayState,
    link: &'a Link,
}

impl LinkView<'_> {
    fn money(&self, amount: Paise) -> String {
        money_text::shown(amount, &self.link.request.currency)
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

    /// What the script writes before an amount.
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

    /// The amount of the latest payment that is pending.
    fn pending(&self) -> Option<String> {
        let orders = self.state.orders_of(self.link);
        let mut payments = orders.flat_map(|order| &order.payments);
        payments
            .rfind(|payment| payment.status == PaymentStatus::Pending)
            .map(|payment| self.money(payment.amount))
    }
}

/// The form of a link that can be paid.
#[derive(Template)]
#[template(path = "payment/checkout.html")]
pub(super) struct Checkout<'a> {
    root: &'static str,
    link: LinkView<'a>,
    form: Form,
    problem: Option<Problem>,
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

    /// What is wrong with a field. What is wrong with a field that is not shown is wrong with the form.
    fn problem_of(&self, field: &str) -> Option<&str> {
        let problem = self.problem.as_ref()?;
        let shown = problem.field != "amount" || self.link.partial();
        let index = if shown { problem.field } else { "form" };
        (index == field).then_some(problem.message.as_str())
    }
}

/// A link that takes no payment any more.
#[derive(Template)]
#[template(path = "payment/closed.html")]
pub(super) struct Closed<'a> {
    root: &'static str,
    heading: &'static str,
    words: &'static str,
    problem: Option<String>,
    link: LinkView<'a>,
}

/// The page of a link.
pub(super) enum LinkPage<'a> {
    Checkout(Box<Checkout<'a>>),
    Closed(Closed<'a>),
}

/// The page of a link, with what was typed and what is wrong with it.
pub(super) fn link_page(
    state: &GatewayState,
    link: usize,
    submitted: Option<(Form, Problem)>,
) -> Option<LinkPage<'_>> {
    let link = state.links.get(link)?;
    let view = LinkView { state, link };
    let (heading, words) = match link.status {
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
        LinkStatus::Paid => ("This link is paid", "There is nothing left to do."),
        LinkStatus::Expired => (
            "This link has expired",
            "It takes no payment. Ask the merchant for a new one.",
        ),
        LinkStatus::Cancelled => (
            "This link was cancelled",
            "The merchant withdrew it. It takes no payment.",
        ),
    };
    Some(LinkPage::Closed(Closed {
        root: ROOT,
        heading,
        words,
        problem: submitted.map(|(_, problem)| problem.message),
        link: view,
    }))
}

/// How an attempt went.
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

/// The page that says how an attempt went.
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

/// A page with one sentence.
#[derive(Template)]
#[template(path = "payment/message.html")]
pub(super) struct Message {
    root: &'static str,
    heading: &'static str,
    words: &'static str,
}

impl Message {
    pub(super) const fn new(heading: &'static str, words: &'static str) -> Self {
        Self {
            root: ROOT,
            heading,
            words,
        }
    }
}
