//! Histories of chance.

use super::histories::Report::*;
use super::histories::{RefundState, Report};

/// Numbers that look random and are the same for the same seed.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % limit as u64).unwrap()
    }

    pub(super) fn shuffled(&mut self, reports: &[Report]) -> Vec<Report> {
        let mut reports = reports.to_vec();
        for last in (1..reports.len()).rev() {
            reports.swap(last, self.below(last + 1));
        }
        reports
    }

    pub(super) fn report(&mut self, payments: usize) -> Report {
        let number = self.below(payments);
        let state = [
            RefundState::Pending,
            RefundState::Succeeded,
            RefundState::Failed,
        ][self.below(3)];
        let id = u8::try_from(number * 2 + self.below(2)).unwrap();
        match self.below(10) {
            0 => Failed(number),
            1 | 2 => Paid(number),
            3 => PaidWithTotal(number),
            4 => Total,
            5 => NothingYet,
            6 => Dispute(self.below(2) * 7),
            _ => Refund(number, id, state, 1_000 + i64::from(id)),
        }
    }
}
