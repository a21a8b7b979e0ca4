//! Payment attempts on links and orders.

use jiff::Timestamp;

use crate::control_error::ControlError;
use crate::money::Paise;
use crate::state::{
    Decline, GatewayState, Instrument, LinkStatus, Method, OrderStatus, Payment, PaymentIndex,
    PaymentStatus,
};

/// One attempt to pay a link or an order.
///
/// The default pays the whole remaining amount by UPI. On a link, it creates a new order.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PaymentAttempt {
    pub(crate) amount: Option<Paise>,
    pub(crate) instrument: Option<Instrument>,
    pub(crate) late: bool,
    pub(crate) decline: Option<Decline>,
    pub(crate) order_id: Option<String>,
    pub(crate) merchant: Option<String>,
}

impl PaymentAttempt {
    /// Creates an attempt to pay the whole remaining amount by UPI on a new order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the amount.
    pub const fn with_amount(mut self, amount: Paise) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Sets the payment method.
    pub fn with_method(mut self, method: Method) -> Self {
        self.instrument = Some(Instrument::of(method));
        self
    }

    /// Allows the payment on a cancelled or expired link, or on an order that takes no more payments, like a payment
    /// that began earlier.
    pub const fn late(mut self) -> Self {
        self.late = true;
        self
    }

    /// Sets the reason of a failing attempt.
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.decline = Some(Decline::by_bank(reason));
        self
    }

    /// Uses an unpaid order of an earlier attempt instead of a new one.
    pub fn with_order(mut self, order_id: impl Into<String>) -> Self {
        self.order_id = Some(order_id.into());
        self
    }

    /// Sets the merchant, which is required only if two merchants use the same link id.
    pub fn with_merchant(mut self, client_id: impl Into<String>) -> Self {
        self.merchant = Some(client_id.into());
        self
    }
}

impl GatewayState {
    /// Carries out a payment attempt on a link. An attempt that ends at once publishes its events, a pending one
    /// none.
    pub(crate) fn attempt(
        &mut self,
        link: usize,
        attempt: PaymentAttempt,
        outcome: PaymentStatus,
        now: Timestamp,
    ) -> Result<PaymentIndex, ControlError> {
        let amount = self.agreed_amount(link, &attempt, now)?;
        let order = match &attempt.order_id {
            Some(order_id) => self.order_to_continue(link, order_id, now)?,
            None => self.create_link_order(link, amount, now)?,
        };
        self.begin(order, attempt, amount, outcome, now)
    }

    /// Carries out a payment attempt on an order. The attempt on an order of a link is an attempt on the link.
    pub(crate) fn attempt_order(
        &mut self,
        order: usize,
        attempt: PaymentAttempt,
        outcome: PaymentStatus,
        now: Timestamp,
    ) -> Result<PaymentIndex, ControlError> {
        let owner = self
            .orders
            .get(order)
            .ok_or_else(|| ControlError::not_found("order_id"))?;
        if let Some(link) = owner.link {
            let attempt = attempt.with_order(owner.order_id.clone());
            return self.attempt(link, attempt, outcome, now);
        }
        if !attempt.late {
            check_payable(owner.status(now), owner.has_pending_payment())?;
        }
        let amount = owner.request.amount;
        if attempt.amount.is_some_and(|request| request != amount) {
            return Err(ControlError::invalid(
                "amount",
                "differs from the amount of the order",
            ));
        }
        self.begin(order, attempt, amount, outcome, now)
    }

    fn begin(
        &mut self,
        order: usize,
        attempt: PaymentAttempt,
        amount: Paise,
        outcome: PaymentStatus,
        now: Timestamp,
    ) -> Result<PaymentIndex, ControlError> {
        let instrument = attempt
            .instrument
            .unwrap_or_else(|| Instrument::of(Method::Upi));
        let payment = Payment::pending(self.next_cf_payment_id(), amount, instrument, now);
        let index = self.record(order, payment)?;
        if outcome != PaymentStatus::Pending {
            self.complete(index, outcome, attempt.decline, now);
        }
        Ok(index)
    }

    fn agreed_amount(
        &self,
        link: usize,
        attempt: &PaymentAttempt,
        now: Timestamp,
    ) -> Result<Paise, ControlError> {
        let link = self
            .links
            .get(link)
            .ok_or_else(|| ControlError::not_found("link_id"))?;
        let late =
            attempt.late && matches!(link.status, LinkStatus::Cancelled | LinkStatus::Expired);
        if !link.status.is_payable() && !late {
            return Err(ControlError::conflict(
                "link_not_payable",
                "link_id",
                format!("link_id: the link is {} and takes no payments", link.status),
            ));
        }
        let order_amount = match &attempt.order_id {
            Some(order_id) => {
                let mut orders = self.orders_of(link);
                let order = orders
                    .find(|order| order.order_id == *order_id)
                    .ok_or_else(|| ControlError::not_found("order_id"))?;
                check_payable(order.status(now), order.has_pending_payment())?;
                Some(order.request.amount)
            }
            None => None,
        };
        let amount = attempt
            .amount
            .or(order_amount)
            .unwrap_or_else(|| link.remaining());
        let problem = if !amount.is_positive() {
            Some("must be greater than zero".to_owned())
        } else if order_amount.is_some_and(|order_amount| order_amount != amount) {
            Some("differs from the amount of the order".to_owned())
        } else if amount > link.remaining() {
            Some(format!("is more than the remaining {}", link.remaining()))
        } else if amount < link.minimum_payment() && !self.settings.paid_status_on_partial {
            Some(format!(
                "is less than the minimum of {}",
                link.minimum_payment()
            ))
        } else {
            None
        };
        problem.map_or(Ok(amount), |problem| {
            Err(ControlError::invalid("amount", problem))
        })
    }

    fn order_to_continue(
        &self,
        link: usize,
        order_id: &str,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let orders = self.links.get(link).map_or(&[][..], |link| &link.orders);
        let wanted = |position: &usize| {
            self.orders.get(*position).is_some_and(|order| {
                order.order_id == order_id && order.status(now) == OrderStatus::Active
            })
        };
        orders
            .iter()
            .copied()
            .find(wanted)
            .ok_or_else(|| ControlError::not_found("order_id"))
    }

    fn record(&mut self, order: usize, payment: Payment) -> Result<PaymentIndex, ControlError> {
        let owner = self
            .orders
            .get_mut(order)
            .ok_or_else(|| ControlError::not_found("order_id"))?;
        let index = PaymentIndex {
            order,
            payment: owner.payments.len(),
        };
        self.by_payment.insert(payment.cf_payment_id, index);
        owner.payments.push(payment);
        Ok(index)
    }
}

/// Checks that an order can take a payment now.
fn check_payable(status: OrderStatus, pending: bool) -> Result<(), ControlError> {
    let problem = if status != OrderStatus::Active {
        "order_id: the order is not active"
    } else if pending {
        "order_id: a payment on the order is still pending"
    } else {
        return Ok(());
    };
    Err(ControlError::conflict(
        "order_not_payable",
        "order_id",
        problem,
    ))
}
