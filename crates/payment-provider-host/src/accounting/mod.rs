#![doc = include_str!("../../docs/accounting.md")]

// The rest of this module is the pure core: every decision about money, without a database, a gateway, a
// clock or `async`. A step that touches money is three moves: load the accounts concerned under their
// lock, decide, store the decision. The functions that decide take accounts and a report by value and
// return the accounts as they are to be stored, with history entries and notifications.

mod account;
mod allocation;
mod checkout_state;
mod checkout_status;
mod claims;
mod close;
mod close_reason;
mod decision;
mod delivery;
mod delivery_report;
mod dispute_state;
mod disputes;
mod event;
mod fetched;
mod fetched_report;
mod history;
mod lifecycle;
mod manual_payment;
mod payment_event;
mod payment_identity;
mod payments;
mod portion;
mod receipt;
mod redundant;
mod refund_history;
mod refund_total;
mod refunds;
mod resolve;
mod snapshot_event;
mod status;
mod target_name;
mod write_off;

#[cfg(test)]
mod tests;

pub(crate) use account::{
    Account, CheckoutRecord, DisputeRecord, PayableRecord, PaymentRecord, RefundRecord, Tracked,
};
pub use allocation::{Allocation, AllocationOutcome, Balance, Incoming};
pub use checkout_state::CheckoutState;
pub(crate) use close::close;
pub use close_reason::CloseReason;
pub(crate) use decision::{Change, Decision, Notification};
pub(crate) use delivery::{DeliveryOutcome, DeliveryResult, DeliveryStep, delivery};
pub(crate) use delivery_report::{AllFetched, DeliveryReport, WaitReason};
pub(crate) use dispute_state::is_open;
pub(crate) use fetched::{Fetched, FetchedRefunds};
pub(crate) use fetched_report::{fetched, fetched_portion};
pub use history::AuditEvent;
pub(crate) use history::HistoryEntry;
pub(crate) use lifecycle::{
    AmountOutcome, CreationFailure, EndOutcome, amount_owed, cancelled, conflicting, created,
    creation_failed, expired_by_clock, expired_unreachable, not_found, requested, resent,
};
pub(crate) use manual_payment::{MANUAL_ID_PREFIX, ManualOutcome, ManualReport, manual_payment};
pub(crate) use portion::{Answer, Portion};
pub use refund_total::supersedes;
pub(crate) use refund_total::{given_back, gives_back};
pub use status::{PaymentProgress, progress};
pub(crate) use target_name::{TargetName, success_key};
pub(crate) use write_off::{WriteOffStanding, write_off};
