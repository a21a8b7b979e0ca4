//! Orders created and terminated.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::later;
use crate::control_error::ControlError;
use crate::money::Paise;
use crate::state::{GatewayState, NewOrder, Order, OrderMeta, OrderStatus};

/// Lifetime of the order of a link.
const LINK_ORDER_LIFETIME: Duration = Duration::from_mins(30);

/// Default lifetime of an order without a link.
const DEFAULT_ORDER_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The merchant already has an order with this id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DuplicateOrder;

/// The order is not in a state that can be terminated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TerminateError(pub(crate) OrderStatus);

impl GatewayState {
    /// Creates an order without a link.
    pub(crate) fn create_order(
        &mut self,
        merchant: &str,
        request: NewOrder,
        now: Timestamp,
    ) -> Result<usize, DuplicateOrder> {
        let order_id = match &request.order_id {
            Some(order_id) => order_id.clone(),
            None => format!("order_{}", self.rng.code(30)),
        };
        if self.order_of(merchant, &order_id).is_some() {
            return Err(DuplicateOrder);
        }
        let expires_at = request
            .expires_at
            .unwrap_or_else(|| later(now, DEFAULT_ORDER_LIFETIME));
        Ok(self.add_order(
            merchant.to_owned(),
            None,
            order_id,
            request,
            expires_at,
            now,
        ))
    }

    /// Creates the order of a payment on a link.
    pub(super) fn create_link_order(
        &mut self,
        link: usize,
        amount: Paise,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let suffix = self.rng.code(12);
        let customer_id = self.rng.number(9).to_string();
        let owner = self
            .links
            .get(link)
            .ok_or_else(|| ControlError::not_found("link_id"))?;
        let request = NewOrder {
            order_id: None,
            amount,
            currency: owner.request.currency.clone(),
            customer_id,
            customer_uid: None,
            customer: owner.request.customer.clone(),
            meta: OrderMeta {
                return_url: owner.request.meta.return_url.clone(),
                notify_url: owner.request.meta.notify_url.clone(),
                payment_methods: owner.request.meta.payment_methods.clone(),
            },
            note: None,
            tags: [
                ("cf_link_id".to_owned(), owner.cf_link_id.to_string()),
                ("link_id".to_owned(), owner.link_id.clone()),
            ]
            .into(),
            splits: None,
            expires_at: None,
        };
        let (merchant, order_id) = (
            owner.merchant.clone(),
            format!("CFPay_{}_{suffix}", owner.code),
        );
        let expires_at = later(now, LINK_ORDER_LIFETIME);
        let order = self.add_order(merchant, Some(link), order_id, request, expires_at, now);
        if let Some(owner) = self.links.get_mut(link) {
            owner.orders.push(order);
        }
        Ok(order)
    }

    fn add_order(
        &mut self,
        merchant: String,
        link: Option<usize>,
        order_id: String,
        request: NewOrder,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> usize {
        let (session, hash) = (self.rng.code(120), self.rng.code(20));
        let position = self.orders.len();
        self.by_order
            .insert((merchant.clone(), order_id.clone()), position);
        self.orders.push(Order {
            merchant,
            link,
            order_id,
            cf_order_id: self.next_cf_order_id(),
            request,
            session: format!("session_{session}payment"),
            hash,
            paid: false,
            terminated: false,
            created_at: now,
            visible_from: now,
            expires_at,
            payments: Vec::new(),
            refunds: Vec::new(),
            settlement: None,
        });
        position
    }

    /// Terminates an unpaid order. A pending payment can still succeed on it.
    pub(crate) fn terminate_order(
        &mut self,
        order: usize,
        now: Timestamp,
    ) -> Result<(), TerminateError> {
        let Some(order) = self.orders.get_mut(order) else {
            return Err(TerminateError(OrderStatus::Terminated));
        };
        match order.status(now) {
            OrderStatus::Active => {
                order.terminated = true;
                Ok(())
            }
            status => Err(TerminateError(status)),
        }
    }
}
