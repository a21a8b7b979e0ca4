//! The pages a payer sees.

use askama::Template;

use super::form::{Form, Problem};
use super::test_instruments::{CARDS, REASONS, Reason, TestCard, TestUpiId, UPI_IDS};
use crate::money::Paise;
use crate::money_text;
use crate::stamp;
use crate::world::{Link, LinkStatus, PaymentStatus, Place, World};

/// From a payment page to where the assets are.
const ROOT: &str = "../";

/// A link as a payer is told about it.
pub(super) struct LinkView<'a> {
    world: &'a World,
    link: &'a Link,
}

impl LinkView<'_> {
    fn money(&self, amount: Paise) -> String {
        money_text::shown(amount, &self.link.asked.currency)
    }

    fn merchant(&self) -> &str {
        self.world
            .merchant(&self.link.merchant)
            .map_or(self.link.merchant.as_str(), |merchant| merchant.name())
    }

    fn purpose(&self) -> &str {
        &self.link.asked.purpose
    }

    fn amount(&self) -> String {
        self.money(self.link.asked.amount)
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

    fn least(&self) -> String {
        self.money(self.link.least_payment())
    }

    const fn partial(&self) -> bool {
        self.link.asked.partial_payments
    }

    /// What the script writes before an amount.
    fn amount_prefix(&self) -> String {
        if self.link.asked.currency == "INR" {
            "₹".to_owned()
        } else {
            format!("{} ", self.link.asked.currency)
        }
    }

    fn expires(&self) -> String {
        stamp::readable(self.link.expires_at)
    }

    fn expires_exactly(&self) -> String {
        stamp::ist(self.link.expires_at)
    }

    fn return_url(&self) -> Option<&str> {
        self.link.asked.meta.return_url.as_deref()
    }

    fn url(&self) -> String {
        self.world.link_url(self.link)
    }

    /// The amount of the latest payment that is pending.
    fn pending(&self) -> Option<String> {
        let orders = self.world.orders_of(self.link);
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
        let place = if shown { problem.field } else { "form" };
        (place == field).then_some(problem.message.as_str())
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
    world: &World,
    link: usize,
    typed: Option<(Form, Problem)>,
) -> Option<LinkPage<'_>> {
    let link = world.links.get(link)?;
    let view = LinkView { world, link };
    let (heading, words) = match link.status {
        LinkStatus::Active | LinkStatus::PartiallyPaid => {
            let (form, problem) = typed.map_or_else(
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
        problem: typed.map(|(_, problem)| problem.message),
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
pub(super) fn outcome(world: &World, place: Place) -> Option<Outcome<'_>> {
    let (order, payment) = world.at(place)?;
    let link = world.link_behind(order)?;
    let view = LinkView { world, link };
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
