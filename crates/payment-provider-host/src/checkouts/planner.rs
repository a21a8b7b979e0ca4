use payment_provider_core::{CustomerId, Environment, Money};

use super::CheckoutState;

/// A checkout as it would be made now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) connection_pk: i64,
    pub(crate) environment: Environment,
    /// What is still due.
    pub(crate) due: Money,
    pub(crate) customer: &'a CustomerId,
    pub(crate) partial: bool,
    /// Now, in milliseconds since 1970.
    pub(crate) now: i64,
    /// The least life, in milliseconds, that a checkout handed out must have left.
    pub(crate) least_life: i64,
}

/// A checkout that was asked for before, as far as the plan depends on it.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts")]
pub(crate) struct Earlier<'a> {
    pub(crate) pk: i64,
    pub(crate) connection_pk: i64,
    pub(crate) environment: Environment,
    pub(crate) amount: Money,
    pub(crate) customer: &'a CustomerId,
    pub(crate) partial: bool,
    /// When it ends by our clock, in milliseconds since 1970.
    pub(crate) expires_at: i64,
    pub(crate) state: CheckoutState,
    pub(crate) has_url: bool,
    /// What the gateway ever said was paid on it, in smallest units.
    pub(crate) gateway_paid: i64,
    /// What is booked of that.
    pub(crate) booked: i64,
    /// What of it was declared not to have come in.
    pub(crate) written_off: i64,
    /// Whether any payment is booked on it, in whatever currency.
    pub(crate) has_payment: bool,
    /// The gateway has something else under its reference.
    pub(crate) conflicting: bool,
}

/// What to do next when a payable's payment address is asked for. The key is an earlier checkout's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// The gateway knows of money that is not booked: fetch and book it, then plan again.
    Settle(i64),
    /// End it at the gateway, then plan again. With `or_reuse`, if the gateway will not end it, its
    /// address is as good as another.
    End { pk: i64, or_reuse: bool },
    /// Hand out its address.
    Reuse(i64),
    /// Ask the gateway again for it, with the bytes stored for it: whether it exists, or where it is
    /// paid, is not known.
    Resume(i64),
    /// Ask for a new one.
    Create,
}

impl Plan {
    /// The earlier checkout it is about.
    pub(crate) const fn checkout(self) -> Option<i64> {
        match self {
            Self::Settle(pk) | Self::End { pk, .. } | Self::Reuse(pk) | Self::Resume(pk) => {
                Some(pk)
            }
            Self::Create => None,
        }
    }
}

impl Earlier<'_> {
    /// Whether the gateway knows of money on it that is not booked.
    pub(crate) fn owes_news(&self) -> bool {
        let word_alone = self.state == CheckoutState::Paid && !self.has_payment;
        self.gateway_paid > self.booked.saturating_add(self.written_off)
            || (word_alone && self.written_off == 0)
    }

    fn asks_for(&self, wanted: &Wanted<'_>) -> bool {
        self.connection_pk == wanted.connection_pk
            && self.environment == wanted.environment
            && self.rest() == Some(wanted.due)
            && self.customer == wanted.customer
            && self.partial == wanted.partial
            && (self.booked == 0 || self.partial)
            && !self.conflicting
    }

    /// What is still to be paid on it.
    fn rest(&self) -> Option<Money> {
        let booked = Money::from_minor_units(self.booked, self.amount.currency());
        self.amount.checked_sub(booked).ok()
    }
}

/// Decides without looking at the world: the same input gives the same plan. `earlier` is in the
/// order of attempts; the rows are tried from the first.
///
/// | earlier checkouts | plan |
/// |---|---|
/// | one on which the gateway knows of more money than is booked or written off | settle it |
/// | one but the latest that may take money | end it |
/// | the latest may take money, and by our clock its time is over | end it: the gateway's word counts, or else our clock; if it cannot be ended and is what is wanted, reuse it |
/// | the latest is what is wanted, and is being created or has no address | resume it |
/// | the latest is what is wanted, open, with enough life left | reuse it |
/// | the latest is what is wanted, open, near its end | end it, or reuse it if it cannot be ended |
/// | the latest may take money and is something else | end it |
/// | none of these | create |
///
/// *Wanted* means connection, environment, amount still to be paid, currency, customer and
/// instalments.
pub(crate) fn plan(wanted: &Wanted<'_>, earlier: &[Earlier<'_>]) -> Plan {
    if let Some(unsettled) = earlier.iter().find(|checkout| checkout.owes_news()) {
        return Plan::Settle(unsettled.pk);
    }
    let Some((latest, older)) = earlier.split_last() else {
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
    let life = latest.expires_at.saturating_sub(wanted.now);
    if life <= 0 || !latest.asks_for(wanted) {
        return Plan::End {
            pk,
            or_reuse: latest.asks_for(wanted) && latest.has_url,
        };
    }
    if latest.state == CheckoutState::Creating || !latest.has_url {
        return Plan::Resume(pk);
    }
    if life >= wanted.least_life {
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

    fn planned_for(wanted: &str, changes: &[&dyn Fn(&mut Earlier<'_>)]) -> Plan {
        let customer = CustomerId::new("c").unwrap();
        let wanted_customer = CustomerId::new(wanted).unwrap();
        let wanted = Wanted {
            connection_pk: 1,
            environment: Environment::Sandbox,
            due: rupees(200),
            customer: &wanted_customer,
            partial: false,
            now: 0,
            least_life: HOUR,
        };
        let earlier: Vec<_> = (1..)
            .zip(changes)
            .map(|(pk, change)| {
                let mut checkout = Earlier {
                    pk,
                    connection_pk: 1,
                    environment: Environment::Sandbox,
                    amount: rupees(200),
                    customer: &customer,
                    partial: false,
                    expires_at: 24 * HOUR,
                    state: CheckoutState::Open,
                    has_url: true,
                    gateway_paid: 0,
                    booked: 0,
                    written_off: 0,
                    has_payment: false,
                    conflicting: false,
                };
                change(&mut checkout);
                checkout.has_payment |= checkout.booked > 0;
                checkout
            })
            .collect();
        plan(&wanted, &earlier)
    }

    fn planned(change: impl Fn(&mut Earlier<'_>)) -> Plan {
        planned_for("c", &[&change])
    }

    const END: Plan = Plan::End {
        pk: 1,
        or_reuse: false,
    };

    #[test]
    fn an_open_checkout_for_the_same_is_reused() {
        assert_eq!(planned(|_| ()), Plan::Reuse(1));
        assert_eq!(planned(|latest| latest.expires_at = HOUR), Plan::Reuse(1));
    }

    #[test]
    fn anything_different_ends_the_old_one_first() {
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
        let instalment = |latest: &mut Earlier<'_>| (latest.booked, latest.gateway_paid) = (1, 1);
        assert_eq!(planned(instalment), END);
        let creating = |latest: &mut Earlier<'_>| {
            latest.state = CheckoutState::Creating;
            latest.amount = rupees(1);
        };
        assert_eq!(planned(creating), END);
    }

    #[test]
    fn one_near_its_end_is_replaced_or_else_still_good() {
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
    fn what_may_or_may_not_exist_is_asked_for_again() {
        assert_eq!(
            planned(|latest| latest.state = CheckoutState::Creating),
            Plan::Resume(1)
        );
        assert_eq!(planned(|latest| latest.has_url = false), Plan::Resume(1));
    }

    #[test]
    fn our_clock_alone_ends_nothing() {
        for state in [
            CheckoutState::Open,
            CheckoutState::Creating,
            CheckoutState::PartiallyPaid,
        ] {
            let over = |latest: &mut Earlier<'_>| {
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
    fn what_conflicts_is_never_handed_out() {
        assert_eq!(planned(|latest| latest.conflicting = true), END);
    }

    #[test]
    fn the_rest_of_an_instalment_is_paid_on_the_same_checkout() {
        let rest_wanted = |latest: &mut Earlier<'_>| {
            latest.state = CheckoutState::PartiallyPaid;
            latest.amount = rupees(250);
            (latest.booked, latest.gateway_paid) = (5_000, 5_000);
        };
        // Without instalments agreed, another checkout asks for the rest.
        assert_eq!(planned(rest_wanted), END);
        let customer = CustomerId::new("c").unwrap();
        let agreed = Wanted {
            connection_pk: 1,
            environment: Environment::Sandbox,
            due: rupees(200),
            customer: &customer,
            partial: true,
            now: 0,
            least_life: HOUR,
        };
        let latest = Earlier {
            pk: 1,
            connection_pk: 1,
            environment: Environment::Sandbox,
            amount: rupees(250),
            customer: &customer,
            partial: true,
            expires_at: 24 * HOUR,
            state: CheckoutState::PartiallyPaid,
            has_url: true,
            gateway_paid: 5_000,
            booked: 5_000,
            written_off: 0,
            has_payment: true,
            conflicting: false,
        };
        assert_eq!(plan(&agreed, &[latest]), Plan::Reuse(1));
    }

    #[test]
    fn what_has_ended_makes_room_for_a_new_one() {
        use CheckoutState::{Cancelled, Expired, Failed, Paid};
        for state in [Failed, Expired, Cancelled] {
            assert_eq!(
                planned(|latest| latest.state = state),
                Plan::Create,
                "{state:?}"
            );
        }
        let paid_with_less = |latest: &mut Earlier<'_>| {
            latest.state = Paid;
            (latest.gateway_paid, latest.booked) = (5_500, 5_500);
        };
        assert_eq!(planned(paid_with_less), Plan::Create);
        assert_eq!(planned_for("c", &[]), Plan::Create);
    }

    #[test]
    fn money_the_gateway_knows_of_comes_before_everything() {
        use CheckoutState::{Cancelled, Open, Paid};
        for state in [Open, Cancelled, Paid] {
            let unbooked = |latest: &mut Earlier<'_>| {
                latest.state = state;
                latest.gateway_paid = 1;
            };
            assert_eq!(planned(unbooked), Plan::Settle(1), "{state:?}");
            assert_eq!(
                planned_for("c", &[&unbooked, &|_| ()]),
                Plan::Settle(1),
                "{state:?}"
            );
        }
        assert_eq!(planned(|latest| latest.state = Paid), Plan::Settle(1));
    }

    #[test]
    fn what_is_written_off_is_not_waited_for() {
        use CheckoutState::{Expired, Open, Paid};
        let off = |state, gateway_paid, booked, written_off| {
            planned(move |latest| {
                (latest.state, latest.gateway_paid) = (state, gateway_paid);
                (latest.booked, latest.written_off) = (booked, written_off);
            })
        };
        assert_eq!(off(Open, 6_000, 0, 6_000), Plan::Reuse(1));
        assert_eq!(off(Open, 6_001, 0, 6_000), Plan::Settle(1));
        assert_eq!(off(Expired, 9_000, 3_000, 6_000), Plan::Create);
        assert_eq!(off(Expired, 9_001, 3_000, 6_000), Plan::Settle(1));
        assert_eq!(off(Paid, 0, 0, 20_000), Plan::Create);
        assert_eq!(off(Paid, 20_001, 0, 20_000), Plan::Settle(1));
        assert_eq!(off(Expired, i64::MAX, 1, i64::MAX), Plan::Create);
    }

    #[test]
    fn an_earlier_one_that_turns_out_alive_is_ended() {
        let failed = |checkout: &mut Earlier<'_>| checkout.state = CheckoutState::Failed;
        assert_eq!(planned_for("c", &[&|_| (), &|_| ()]), END);
        assert_eq!(planned_for("c", &[&failed, &|_| ()]), Plan::Reuse(2));
    }
}
