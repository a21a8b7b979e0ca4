//! Lookups by identifier, and relations between records.

use super::{GatewayState, Link, Order, Payment, PaymentIndex, Refund};
use crate::control_error::ControlError;
use crate::money::Paise;

impl GatewayState {
    /// Returns the position of a merchant's link.
    pub(crate) fn link_of(&self, merchant: &str, link_id: &str) -> Option<usize> {
        self.by_link_id
            .get(&(merchant.to_owned(), link_id.to_owned()))
            .copied()
    }

    /// Returns the position of a merchant's order, with or without a link.
    pub(crate) fn order_of(&self, merchant: &str, order_id: &str) -> Option<usize> {
        self.by_order
            .get(&(merchant.to_owned(), order_id.to_owned()))
            .copied()
    }

    /// Finds the link that a control call names.
    pub(crate) fn find_link(
        &self,
        link_id: &str,
        merchant: Option<&str>,
    ) -> Result<usize, ControlError> {
        self.find_unique(merchant, "link_id", "link", |merchant| {
            self.link_of(merchant, link_id)
        })
    }

    /// Finds the order that a control call names.
    pub(crate) fn find_order(
        &self,
        order_id: &str,
        merchant: Option<&str>,
    ) -> Result<usize, ControlError> {
        self.find_unique(merchant, "order_id", "order", |merchant| {
            self.order_of(merchant, order_id)
        })
    }

    fn find_unique(
        &self,
        merchant: Option<&str>,
        field: &str,
        what: &str,
        find: impl Fn(&str) -> Option<usize>,
    ) -> Result<usize, ControlError> {
        if let Some(merchant) = merchant {
            self.merchant(merchant)
                .ok_or_else(|| ControlError::not_found("merchant"))?;
            return find(merchant).ok_or_else(|| ControlError::not_found(field));
        }
        let mut found = self
            .merchants
            .iter()
            .filter_map(|merchant| find(&merchant.client_id));
        match (found.next(), found.next()) {
            (None, _) => Err(ControlError::not_found(field)),
            (Some(position), None) => Ok(position),
            (Some(_), Some(_)) => Err(ControlError::conflict(
                "ambiguous",
                "merchant",
                format!("merchant: several merchants have a {what} with this id; name one"),
            )),
        }
    }

    /// Finds the payment that a control call names by the gateway's number.
    pub(crate) fn find_payment(&self, cf_payment_id: &str) -> Result<PaymentIndex, ControlError> {
        cf_payment_id
            .parse()
            .ok()
            .and_then(|id: i64| self.by_payment.get(&id).copied())
            .ok_or_else(|| ControlError::not_found("cf_payment_id"))
    }

    /// Returns a payment and its order.
    pub(crate) fn payment_at(&self, index: PaymentIndex) -> Option<(&Order, &Payment)> {
        let order = self.orders.get(index.order)?;
        Some((order, order.payments.get(index.payment)?))
    }

    pub(crate) fn payment_mut(&mut self, index: PaymentIndex) -> Option<(&mut bool, &mut Payment)> {
        let order = self.orders.get_mut(index.order)?;
        Some((&mut order.paid, order.payments.get_mut(index.payment)?))
    }

    /// Returns the link of an order.
    pub(crate) fn link_of_order(&self, order: &Order) -> Option<&Link> {
        self.links.get(order.link?)
    }

    /// Returns the orders of a link, oldest first.
    pub(crate) fn orders_of<'a>(
        &'a self,
        link: &'a Link,
    ) -> impl DoubleEndedIterator<Item = &'a Order> {
        link.orders
            .iter()
            .filter_map(|order| self.orders.get(*order))
    }

    /// Finds the refund with a number of the gateway.
    pub(crate) fn find_refund(&self, cf_refund_id: &str) -> Result<usize, ControlError> {
        self.refunds
            .iter()
            .position(|refund| refund.cf_refund_id.to_string() == cf_refund_id)
            .ok_or_else(|| ControlError::not_found("cf_refund_id"))
    }

    /// Returns the amount of a payment that is neither refunded nor being refunded.
    pub(crate) fn refundable(&self, index: PaymentIndex) -> Paise {
        let Some((order, payment)) = self.payment_at(index) else {
            return Paise::ZERO;
        };
        if !payment.succeeded() {
            return Paise::ZERO;
        }
        let back = self
            .refunds_of(order)
            .filter(|refund| refund.payment == index && refund.reserves_amount());
        back.fold(payment.amount, |left, refund| {
            left.saturating_sub(refund.amount)
        })
    }

    /// Returns the refunds of an order, oldest first.
    pub(crate) fn refunds_of<'a>(
        &'a self,
        order: &'a Order,
    ) -> impl DoubleEndedIterator<Item = &'a Refund> {
        order
            .refunds
            .iter()
            .filter_map(|refund| self.refunds.get(*refund))
    }

    pub(crate) fn link_url(&self, link: &Link) -> String {
        format!("{}/links/{}", self.public_url, link.code)
    }

    /// Returns the address of an order's payment page.
    pub(crate) fn order_url(&self, order: &Order) -> String {
        format!("{}/orders/{}", self.public_url, order.hash)
    }
}
