//! Closing a payable: the host expects no more money for it.

use super::account::Account;
use super::close_reason::CloseReason;
use super::decision::{Change, Decision, Draft};
use super::history::AuditEvent;

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
