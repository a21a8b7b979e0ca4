//! Closing a payable: the host expects no more money for it.

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::decision::{Change, Decision, Draft};
use super::history::AuditEvent;

/// The reason for which a payable takes no more money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloseReason {
    /// The amount was paid, here or in another way.
    PaidElsewhere,
    /// The host withdrew the payable.
    Voided,
}

impl CloseReason {
    /// The word used in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaidElsewhere => "paid_elsewhere",
            Self::Voided => "voided",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::PaidElsewhere => "closed by the host as paid elsewhere",
            Self::Voided => "voided by the host",
        }
    }
}

/// Decides the closing of a payable. The first reason stands: closing again changes nothing.
pub(crate) fn close(account: Account, reason: CloseReason, now: i64) -> Decision<()> {
    let mut draft = Draft::new(vec![account], now);
    let mut balance = draft.account(0).balance();
    if balance.closed().is_none() {
        balance.close(reason);
        draft.set_balance(0, balance);
        let detail = format!(
            "{}: money received from now on is overpaid",
            reason.meaning()
        );
        draft.record_history(0, AuditEvent::Closed, detail);
        draft.notify(0, None, Change::Closed { reason });
    }
    draft.decide(())
}
