//! The budgets of deliveries of connections, so that a flood for one connection delays no other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::config::IntakeLimit;

/// The number of connections whose budget is kept while it is not full.
const KEPT: usize = 10_000;

/// The spent budgets of the connections of one process.
#[derive(Debug, Clone)]
pub(super) struct Budgets {
    limit: IntakeLimit,
    spent: Arc<Mutex<HashMap<i64, Spent>>>,
}

/// The part of a budget that is spent, in thousandths of a delivery, at a time.
#[derive(Debug, Clone, Copy)]
struct Spent {
    thousandths: u64,
    at: i64,
    /// The time of the latest report that the budget is spent.
    reported_at: Option<i64>,
}

/// A budget that is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BudgetSpent {
    /// The time until there is budget for one more delivery.
    pub(super) wait: Duration,
    /// True at most once a minute for each connection: the operator should know.
    pub(super) report: bool,
}

/// The time between two reports about one connection, in milliseconds.
const REPORTED_FOR: i64 = 60_000;

impl Budgets {
    pub(super) fn new(limit: IntakeLimit) -> Self {
        let (per_second, burst) = (limit.per_second.max(1), limit.burst.max(1));
        Self {
            limit: IntakeLimit::new(per_second, burst),
            spent: Arc::default(),
        }
    }

    /// Spends the budget of a connection for one delivery. `now` is in milliseconds since 1970.
    pub(super) fn spend(&self, connection_pk: i64, now: i64) -> Result<(), BudgetSpent> {
        let mut all = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT && !all.contains_key(&connection_pk) {
            all.retain(|_, spent| self.remaining(spent, now) > 0);
        }
        let spent = all.entry(connection_pk).or_insert(Spent {
            thousandths: 0,
            at: now,
            reported_at: None,
        });
        let after = self.remaining(spent, now) + 1_000;
        let most = u64::from(self.limit.burst) * 1_000;
        if after <= most {
            (spent.thousandths, spent.at) = (after, now.max(spent.at));
            return Ok(());
        }
        let report = spent
            .reported_at
            .is_none_or(|at| now.saturating_sub(at) >= REPORTED_FOR);
        if report {
            spent.reported_at = Some(now);
        }
        let wait = (after - most).div_ceil(u64::from(self.limit.per_second));
        Err(BudgetSpent {
            wait: Duration::from_millis(wait.max(1)),
            report,
        })
    }

    /// Returns the part that is still spent now. A clock that was set back restores nothing.
    fn remaining(&self, spent: &Spent, now: i64) -> u64 {
        let passed = u64::try_from(now.saturating_sub(spent.at)).unwrap_or_default();
        let restored = passed.saturating_mul(u64::from(self.limit.per_second));
        spent.thousandths.saturating_sub(restored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_accepted_and_then_so_many_a_second() {
        let budgets = Budgets::new(IntakeLimit::new(10, 50));
        for _ in 0..50 {
            assert_eq!(budgets.spend(1, 0), Ok(()));
        }
        let spent = budgets.spend(1, 0).unwrap_err();
        assert_eq!(spent.wait, Duration::from_millis(100));
        assert!(budgets.spend(1, 99).is_err());
        assert_eq!(budgets.spend(1, 100), Ok(()));
        assert!(budgets.spend(1, 100).is_err());
        assert_eq!(budgets.spend(2, 100), Ok(()), "another connection");
        for _ in 0..50 {
            assert_eq!(budgets.spend(1, 60_000), Ok(()));
        }
        assert!(budgets.spend(1, 60_000).is_err());
    }

    #[test]
    fn it_is_reported_at_most_once_a_minute() {
        let budgets = Budgets::new(IntakeLimit::new(1, 1));
        budgets.spend(1, 0).unwrap();
        let reports = [0, 1, 999].map(|now| budgets.spend(1, now).unwrap_err().report);
        assert_eq!(reports, [true, false, false]);
        budgets.spend(1, 60_000).unwrap();
        assert!(budgets.spend(1, 60_001).unwrap_err().report);
    }

    #[test]
    fn a_clock_that_is_set_back_restores_nothing() {
        let budgets = Budgets::new(IntakeLimit::new(1_000, 2));
        budgets.spend(1, 10_000).unwrap();
        budgets.spend(1, 10_000).unwrap();
        assert!(budgets.spend(1, 0).is_err());
        assert!(budgets.spend(1, 10_000).is_err());
        assert!(budgets.spend(1, 10_001).is_ok());
    }

    #[test]
    fn restored_budgets_are_forgotten_beyond_the_limit() {
        let budgets = Budgets::new(IntakeLimit::new(1, 10));
        for connection in 0..30_000 {
            budgets.spend(connection, connection * 10).unwrap();
        }
        assert!(budgets.spent.lock().unwrap().len() <= KEPT);
    }
}
