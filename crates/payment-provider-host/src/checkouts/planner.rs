use payment_provider_core::{CustomerId, Environment, Money};

use super::CheckoutState;

/// A checkout as it would be made now.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The connection, by the store's key.
    pub connection: i64,
    /// The connection's environment.
    pub environment: Environment,
    /// What is still due.
    pub due: Money,
    /// Who pays.
    pub customer: &'a CustomerId,
    /// Now, in milliseconds since 1970.
    pub now: i64,
    /// The least life, in milliseconds, that a checkout handed out must have left.
    pub least_life: i64,
}

/// The checkout that was asked for last, as far as the plan depends on it.
#[derive(Debug, Clone, Copy)]
pub struct LatestCheckout<'a> {
    /// The connection it was asked for through, by the store's key.
    pub connection: i64,
    /// Its environment.
    pub environment: Environment,
    /// What it asks for.
    pub amount: Money,
    /// What came in on it.
    pub booked: i64,
    /// Who pays.
    pub customer: &'a CustomerId,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: i64,
    /// Where it stands.
    pub state: CheckoutState,
}

/// What to do when a payable's payment address is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Hand out the address of the latest checkout.
    Reuse,
    /// Ask the gateway again for the latest checkout, with the bytes stored for it: whether it
    /// exists is not known.
    Resume,
    /// End the latest checkout, then plan again.
    End,
    /// Ask for a new one.
    Create,
}

/// Decides without looking at the world: the same input gives the same plan.
///
/// | latest checkout | plan |
/// |---|---|
/// | none, or failed, expired, cancelled, paid | create |
/// | its time is over | create |
/// | being created, and what is wanted is the same | resume |
/// | open, what is wanted is the same, enough life left, nothing paid on it | reuse |
/// | any other that can still take money | end |
///
/// *The same* means connection, environment, amount, currency and customer.
pub fn plan(wanted: &Wanted<'_>, latest: Option<&LatestCheckout<'_>>) -> Plan {
    let Some(latest) = latest else {
        return Plan::Create;
    };
    if !latest.state.may_take_money() || latest.expires_at <= wanted.now {
        return Plan::Create;
    }
    let same = latest.connection == wanted.connection
        && latest.environment == wanted.environment
        && latest.amount == wanted.due
        && latest.customer == wanted.customer
        && latest.booked == 0;
    let life = latest.expires_at.saturating_sub(wanted.now);
    match (same, latest.state) {
        (true, CheckoutState::Creating) => Plan::Resume,
        (true, _) if life >= wanted.least_life => Plan::Reuse,
        _ => Plan::End,
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

    fn planned(change: impl FnOnce(&mut LatestCheckout<'_>)) -> Plan {
        planned_for("c", change)
    }

    fn planned_for(wanted: &str, change: impl FnOnce(&mut LatestCheckout<'_>)) -> Plan {
        let customer = CustomerId::new("c").unwrap();
        let wanted_customer = CustomerId::new(wanted).unwrap();
        let wanted = Wanted {
            connection: 1,
            environment: Environment::Sandbox,
            due: rupees(200),
            customer: &wanted_customer,
            now: 0,
            least_life: HOUR,
        };
        let mut latest = LatestCheckout {
            connection: 1,
            environment: Environment::Sandbox,
            amount: rupees(200),
            booked: 0,
            customer: &customer,
            expires_at: 24 * HOUR,
            state: CheckoutState::Open,
        };
        change(&mut latest);
        plan(&wanted, Some(&latest))
    }

    #[test]
    fn an_open_checkout_for_the_same_is_reused() {
        assert_eq!(planned(|_| ()), Plan::Reuse);
        assert_eq!(planned(|latest| latest.expires_at = HOUR), Plan::Reuse);
    }

    #[test]
    fn anything_different_ends_the_old_one_first() {
        assert_eq!(planned(|latest| latest.connection = 2), Plan::End);
        assert_eq!(planned_for("another", |_| ()), Plan::End);
        assert_eq!(
            planned(|latest| latest.environment = Environment::Production),
            Plan::End
        );
        assert_eq!(planned(|latest| latest.amount = rupees(100)), Plan::End);
        let dollars = Money::from_minor_units(20_000, Currency::USD);
        assert_eq!(planned(|latest| latest.amount = dollars), Plan::End);
        assert_eq!(planned(|latest| latest.expires_at = HOUR - 1), Plan::End);
        assert_eq!(
            planned(|latest| latest.state = CheckoutState::PartiallyPaid),
            Plan::Reuse
        );
        assert_eq!(planned(|latest| latest.booked = 1), Plan::End);
        let creating_other_amount = |latest: &mut LatestCheckout<'_>| {
            latest.state = CheckoutState::Creating;
            latest.amount = rupees(1);
        };
        assert_eq!(planned(creating_other_amount), Plan::End);
    }

    #[test]
    fn what_may_or_may_not_exist_is_asked_for_again() {
        assert_eq!(
            planned(|latest| latest.state = CheckoutState::Creating),
            Plan::Resume
        );
    }

    #[test]
    fn what_has_ended_makes_room_for_a_new_one() {
        use CheckoutState::{Cancelled, Creating, Expired, Failed, Open, Paid};
        for state in [Failed, Expired, Cancelled, Paid] {
            assert_eq!(
                planned(|latest| latest.state = state),
                Plan::Create,
                "{state:?}"
            );
        }
        for state in [Open, Creating] {
            let over = |latest: &mut LatestCheckout<'_>| {
                latest.state = state;
                latest.expires_at = 0;
            };
            assert_eq!(planned(over), Plan::Create, "{state:?}");
        }
    }
}
