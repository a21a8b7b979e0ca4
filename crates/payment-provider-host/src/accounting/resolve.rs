//! Resolves an event to its checkout.

use payment_provider_core::{Event, EventTarget};

use super::account::CheckoutAt;
use super::decision::Draft;
use super::target_name::{TargetName, success_key};

/// The checkout that an event is about, if known.
pub(super) struct Resolved {
    /// The checkout on which all names agree.
    pub(super) checkout: Option<CheckoutAt>,
    /// The names that are unknown. Without a checkout, only one of these becoming known can lead to
    /// one.
    pub(super) missing: Vec<TargetName>,
}

impl Draft {
    /// Resolves an event: a refund or dispute that names a payment to the checkout on which that
    /// payment is posted, every other event by its target.
    pub(super) fn resolve(&self, connection_pk: i64, event: &Event) -> Resolved {
        let Some(payment) = TargetName::contested(&event.kind) else {
            return self.resolve_target(connection_pk, &event.target);
        };
        let checkout = self.checkout_by_name(connection_pk, &payment);
        let missing = if checkout.is_none() {
            vec![payment]
        } else {
            Vec::new()
        };
        Resolved { checkout, missing }
    }

    /// Resolves a target to the checkout on which all its names agree.
    pub(super) fn resolve_target(&self, connection_pk: i64, target: &EventTarget) -> Resolved {
        let mut found: Option<CheckoutAt> = None;
        let mut missing = Vec::new();
        for name in TargetName::all(target) {
            // An order decides only where the event names no checkout.
            let is_order = matches!(name, TargetName::Order(_));
            if is_order && (target.reference.is_some() || target.gateway_id.is_some()) {
                break;
            }
            let known = self.checkout_by_name(connection_pk, &name);
            let is_foreign = match (known, found) {
                (Some(known), Some(found)) => known != found,
                (Some(_), None) => false,
                // Every reference of this host is known, and so is the gateway's id of a checkout
                // once it was reported: another id belongs to a foreign checkout.
                (None, Some(found)) if self.checkout(found).gateway_id.is_some() => true,
                (None, _) => matches!(name, TargetName::Reference(_)),
            };
            match known {
                Some(known) => found = found.or(Some(known)),
                None => missing.push(name),
            }
            if is_foreign {
                found = None;
                break;
            }
        }
        Resolved {
            checkout: found,
            missing,
        }
    }

    /// Finds a checkout by one name. The accounts that any name of a delivery leads to are loaded, so
    /// a name without a checkout here is unknown.
    pub(super) fn checkout_by_name(
        &self,
        connection_pk: i64,
        name: &TargetName,
    ) -> Option<CheckoutAt> {
        match name {
            TargetName::Reference(reference) => {
                self.find_checkout(connection_pk, |row| row.reference.as_str() == reference)
            }
            // Unique as far as the gateway keeps its ids unique; otherwise the latest checkout.
            TargetName::GatewayId(id) => self.find_checkout(connection_pk, |row| {
                row.gateway_id.as_deref() == Some(id.as_str())
            }),
            TargetName::Order(order) => {
                let payments = self.accounts().iter().flat_map(|account| &account.payments);
                let named = payments.filter(|row| {
                    row.connection_pk == connection_pk
                        && row.order_id().is_some_and(|id| id.as_str() == order)
                });
                // New records have no key yet and are the latest.
                let first = named.min_by_key(|row| if row.pk == 0 { i64::MAX } else { row.pk })?;
                self.checkout_at(first.checkout_pk)
            }
            TargetName::Payment(id) => {
                let place = self.payment_by_key(connection_pk, &success_key(id))?;
                self.checkout_at(self.payment(place).checkout_pk)
            }
        }
    }

    fn find_checkout(
        &self,
        connection_pk: i64,
        is_named: impl Fn(&super::account::CheckoutRecord) -> bool,
    ) -> Option<CheckoutAt> {
        let latest = self
            .accounts()
            .iter()
            .flat_map(|account| &account.checkouts)
            .filter(|row| row.connection_pk == connection_pk && is_named(row))
            .map(|row| row.pk)
            .max()?;
        self.checkout_at(latest)
    }
}
