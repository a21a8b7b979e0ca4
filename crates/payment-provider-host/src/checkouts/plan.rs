//! The plan for a payment URL: reuse, replace or create. Pure.

use payment_provider_core::{CustomerId, Environment, Money};

use crate::accounting::{CheckoutRecord, CheckoutState};

/// The checkout that would be created now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desired<'a> {
    pub(crate) connection_pk: i64,
    pub(crate) environment: Environment,
    /// The amount still due.
    pub(crate) due: Money,
    pub(crate) customer: &'a CustomerId,
    pub(crate) partial: bool,
    /// Now, in milliseconds since 1970.
    pub(crate) now: i64,
    /// The time, in milliseconds, for which a reused checkout must still be payable.
    pub(crate) min_lifetime: i64,
}

/// The facts about an existing checkout on which the plan depends.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts")]
pub(crate) struct Existing<'a> {
    pub(crate) pk: i64,
    pub(crate) connection_pk: i64,
    pub(crate) environment: Environment,
    pub(crate) amount: Money,
    pub(crate) customer: &'a CustomerId,
    pub(crate) partial: bool,
    /// Its expiry by this host's clock, in milliseconds since 1970.
    pub(crate) expires_at: i64,
    pub(crate) state: CheckoutState,
    pub(crate) has_url: bool,
    /// The amount that is posted on it, in smallest units.
    pub(crate) posted: i64,
    /// True if the gateway reports money on it that is neither posted nor written off.
    pub(crate) is_unreconciled: bool,
    /// True if the gateway has a different checkout under the same reference.
    pub(crate) conflicting: bool,
    /// True if other details of the customer would be sent now.
    pub(crate) customer_changed: bool,
}

/// The next step toward a payment URL. The row keys are those of existing checkouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// The gateway reports money that is not posted: reconcile the checkout, then plan again.
    Reconcile(i64),
    /// End the checkout at the gateway, then plan again. With `or_reuse`, it is reused if the gateway
    /// does not end it.
    End { pk: i64, or_reuse: bool },
    /// Return the URL of the checkout.
    Reuse(i64),
    /// Send the stored request again, because it is not known whether the checkout exists, or
    /// because its URL is not known.
    Resume(i64),
    /// Request a new checkout.
    Create,
}

impl Plan {
    /// Returns the row key of the existing checkout that the step is about.
    pub(crate) const fn checkout(self) -> Option<i64> {
        match self {
            Self::Reconcile(pk) | Self::End { pk, .. } | Self::Reuse(pk) | Self::Resume(pk) => {
                Some(pk)
            }
            Self::Create => None,
        }
    }
}

impl<'a> From<&'a CheckoutRecord> for Existing<'a> {
    fn from(row: &'a CheckoutRecord) -> Self {
        Self {
            pk: row.pk,
            connection_pk: row.connection_pk,
            environment: row.environment,
            amount: row.amount,
            customer: &row.customer,
            partial: row.partial,
            expires_at: row.expires_at,
            state: row.state,
            has_url: row.url.is_some(),
            posted: row.posted,
            is_unreconciled: row.has_unreconciled_amount(),
            conflicting: row.conflicting,
            customer_changed: false,
        }
    }
}

impl Existing<'_> {
    fn asks_for(&self, desired: &Desired<'_>) -> bool {
        self.connection_pk == desired.connection_pk
            && self.environment == desired.environment
            && self.rest() == Some(desired.due)
            && self.customer == desired.customer
            && self.partial == desired.partial
            && (self.posted == 0 || self.partial)
            && !self.conflicting
    }

    /// Returns the amount that is still to be paid on the checkout.
    fn rest(&self) -> Option<Money> {
        let posted = Money::from_minor_units(self.posted, self.amount.currency());
        self.amount.checked_sub(posted).ok()
    }
}

/// Decides the next step from the existing checkouts, which are in the order of their attempts. The
/// first row of the table that applies gives the step.
///
/// | existing checkouts | step |
/// |---|---|
/// | the gateway reports more money on one than is posted or written off | reconcile it |
/// | one before the latest may take money | end it |
/// | the latest may take money, and has expired by this host's clock | end it, by the gateway's status or else by the clock; if it cannot be ended and is as desired, reuse it |
/// | the latest is as desired, and is being created or has no URL | resume it |
/// | the latest is as desired, open, payable for long enough, and has the customer's present details | reuse it |
/// | the latest is as desired, open, and near its expiry or with outdated details | end it, or reuse it if it cannot be ended |
/// | the latest may take money and is not as desired | end it |
/// | none of these | create |
///
/// *As desired* means connection, environment, amount still to be paid, currency, customer and
/// instalments.
pub(crate) fn plan(desired: &Desired<'_>, existing: &[Existing<'_>]) -> Plan {
    if let Some(unreconciled) = existing.iter().find(|checkout| checkout.is_unreconciled) {
        return Plan::Reconcile(unreconciled.pk);
    }
    let Some((latest, older)) = existing.split_last() else {
        return Plan::Create;
    };
    if let Some(alive) = older
        .iter()
        .find(|checkout| checkout.state.may_take_money())
    {
        return Plan::End {
            pk: alive.pk,
            or_reuse: false,
        };
    }
    if !latest.state.may_take_money() {
        return Plan::Create;
    }
    let pk = latest.pk;
    let life = latest.expires_at.saturating_sub(desired.now);
    if life <= 0 || !latest.asks_for(desired) {
        return Plan::End {
            pk,
            or_reuse: latest.asks_for(desired) && latest.has_url,
        };
    }
    if latest.state == CheckoutState::Creating || !latest.has_url {
        return Plan::Resume(pk);
    }
    if life >= desired.min_lifetime && !latest.customer_changed {
        Plan::Reuse(pk)
    } else {
        Plan::End { pk, or_reuse: true }
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::Currency;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn rupees(amount: i64) -> Money {
        Money::from_minor_units(amount * 100, Currency::INR)
    }

    fn planned_for(desired: &str, changes: &[&dyn Fn(&mut Existing<'_>)]) -> Plan {
        let customer = CustomerId::new("c").unwrap();
        let desired_customer = CustomerId::new(desired).unwrap();
        let desired = Desired {
            connection_pk: 1,
            environment: Environment::Sandbox,
            due: rupees(200),
            customer: &desired_customer,
            partial: false,
            now: 0,
            min_lifetime: HOUR,
        };
        let existing: Vec<_> = (1..)
            .zip(changes)
            .map(|(pk, change)| {
                let mut checkout = Existing {
                    pk,
                    connection_pk: 1,
                    environment: Environment::Sandbox,
                    amount: rupees(200),
                    customer: &customer,
                    partial: false,
                    expires_at: 24 * HOUR,
                    state: CheckoutState::Open,
                    has_url: true,
                    posted: 0,
                    is_unreconciled: false,
                    conflicting: false,
                    customer_changed: false,
                };
                change(&mut checkout);
                checkout
            })
            .collect();
        plan(&desired, &existing)
    }

    fn planned(change: impl Fn(&mut Existing<'_>)) -> Plan {
        planned_for("c", &[&change])
    }

    const END: Plan = Plan::End {
        pk: 1,
        or_reuse: false,
    };

    #[test]
    fn an_open_checkout_as_desired_is_reused() {
        assert_eq!(planned(|_| ()), Plan::Reuse(1));
        assert_eq!(planned(|latest| latest.expires_at = HOUR), Plan::Reuse(1));
    }

    #[test]
    fn a_checkout_that_differs_is_ended_first() {
        assert_eq!(planned(|latest| latest.connection_pk = 2), END);
        assert_eq!(planned_for("another", &[&|_| ()]), END);
        assert_eq!(
            planned(|latest| latest.environment = Environment::Production),
            END
        );
        assert_eq!(planned(|latest| latest.amount = rupees(100)), END);
        let dollars = Money::from_minor_units(20_000, Currency::USD);
        assert_eq!(planned(|latest| latest.amount = dollars), END);
        assert_eq!(planned(|latest| latest.partial = true), END);
        assert_eq!(planned(|latest| latest.posted = 1), END);
        let creating = |latest: &mut Existing<'_>| {
            latest.state = CheckoutState::Creating;
            latest.amount = rupees(1);
        };
        assert_eq!(planned(creating), END);
    }

    #[test]
    fn a_checkout_near_its_expiry_is_replaced_or_else_reused() {
        let plan = planned(|latest| latest.expires_at = HOUR - 1);
        assert_eq!(
            plan,
            Plan::End {
                pk: 1,
                or_reuse: true
            }
        );
    }

    #[test]
    fn a_checkout_with_outdated_details_of_the_customer_is_replaced_or_else_reused() {
        let or_reuse = true;
        let plan = planned(|latest| latest.customer_changed = true);
        assert_eq!(plan, Plan::End { pk: 1, or_reuse });
        // One of unknown existence is found out about first; the next call replaces it.
        let creating = planned(|latest| {
            latest.customer_changed = true;
            latest.state = CheckoutState::Creating;
            latest.has_url = false;
        });
        assert_eq!(creating, Plan::Resume(1));
    }

    #[test]
    fn a_checkout_of_unknown_existence_is_requested_again() {
        assert_eq!(
            planned(|latest| latest.state = CheckoutState::Creating),
            Plan::Resume(1)
        );
        assert_eq!(planned(|latest| latest.has_url = false), Plan::Resume(1));
    }

    #[test]
    fn the_clock_alone_ends_no_checkout() {
        for state in [
            CheckoutState::Open,
            CheckoutState::Creating,
            CheckoutState::PartiallyPaid,
        ] {
            let over = |latest: &mut Existing<'_>| {
                latest.state = state;
                latest.expires_at = 0;
            };
            assert_eq!(
                planned(over),
                Plan::End {
                    pk: 1,
                    or_reuse: true
                },
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_conflicting_checkout_is_never_reused() {
        assert_eq!(planned(|latest| latest.conflicting = true), END);
    }

    #[test]
    fn the_rest_after_an_instalment_is_paid_on_the_same_checkout() {
        let rest_desired = |latest: &mut Existing<'_>| {
            latest.state = CheckoutState::PartiallyPaid;
            latest.amount = rupees(250);
            latest.posted = 5_000;
        };
        // If no instalments were agreed, another checkout asks for the rest.
        assert_eq!(planned(rest_desired), END);
        let customer = CustomerId::new("c").unwrap();
        let agreed = Desired {
            connection_pk: 1,
            environment: Environment::Sandbox,
            due: rupees(200),
            customer: &customer,
            partial: true,
            now: 0,
            min_lifetime: HOUR,
        };
        let latest = Existing {
            pk: 1,
            connection_pk: 1,
            environment: Environment::Sandbox,
            amount: rupees(250),
            customer: &customer,
            partial: true,
            expires_at: 24 * HOUR,
            state: CheckoutState::PartiallyPaid,
            has_url: true,
            posted: 5_000,
            is_unreconciled: false,
            conflicting: false,
            customer_changed: false,
        };
        assert_eq!(plan(&agreed, &[latest]), Plan::Reuse(1));
    }

    #[test]
    fn an_ended_checkout_is_replaced() {
        use CheckoutState::{Cancelled, Expired, Failed, Paid};
        for state in [Failed, Expired, Cancelled] {
            assert_eq!(
                planned(|latest| latest.state = state),
                Plan::Create,
                "{state:?}"
            );
        }
        let paid_with_less = |latest: &mut Existing<'_>| {
            latest.state = Paid;
            latest.posted = 5_500;
        };
        assert_eq!(planned(paid_with_less), Plan::Create);
        assert_eq!(planned_for("c", &[]), Plan::Create);
    }

    #[test]
    fn reported_money_is_reconciled_first() {
        use CheckoutState::{Cancelled, Open, Paid};
        for state in [Open, Cancelled, Paid] {
            let unposted = |latest: &mut Existing<'_>| {
                latest.state = state;
                latest.is_unreconciled = true;
            };
            assert_eq!(planned(unposted), Plan::Reconcile(1), "{state:?}");
            assert_eq!(
                planned_for("c", &[&unposted, &|_| ()]),
                Plan::Reconcile(1),
                "{state:?}"
            );
        }
    }

    #[test]
    fn an_older_checkout_that_turns_out_payable_is_ended() {
        let failed = |checkout: &mut Existing<'_>| checkout.state = CheckoutState::Failed;
        assert_eq!(planned_for("c", &[&|_| (), &|_| ()]), END);
        assert_eq!(planned_for("c", &[&failed, &|_| ()]), Plan::Reuse(2));
    }
}
