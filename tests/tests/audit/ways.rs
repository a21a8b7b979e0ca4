//! The ways in which an invoice is paid.

/// One step of a biller, a payer, a bank or the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The biller asks for a payment address until there is another one than before.
    Ask,
    /// The payer pays the whole amount of the latest link.
    Pay,
    /// The payer pays a tenth of the invoice.
    PayPart,
    /// The payer is declined.
    Decline,
    /// The payer pays, and the bank does not answer yet.
    Begin,
    /// The bank accepts all payments that it had not answered.
    Accept,
    /// A payment that the payer began earlier arrives on the first link.
    PayLate,
    /// The latest link expires.
    Expire,
    /// The biller voids the invoice.
    Void,
    /// The invoice is posted as paid.
    WaitUntilPaid,
    /// The merchant refunds the whole payment, or a half of it, in the gateway's dashboard.
    Refund,
    RefundHalf,
    /// The bank ends all refunds.
    RefundSucceeds,
    RefundFails,
    /// The payer's bank disputes the payment.
    Dispute,
}

use Step::{
    Accept, Ask, Begin, Decline, Dispute, Expire, Pay, PayLate, PayPart, Refund, RefundFails,
    RefundHalf, RefundSucceeds, Void, WaitUntilPaid,
};

/// All ways. The nth invoice is paid in the nth way, so that each occurs equally often.
pub(crate) const WAYS: [&[Step]; 18] = [
    &[Ask, Pay],
    &[Ask, Decline, Pay],
    &[Ask, PayPart, Ask, Pay],
    &[Ask, PayPart, Ask, PayPart, Ask, Pay],
    &[Ask, Begin, Pay, Accept],
    &[Ask, Begin, Begin, Accept],
    &[Ask, Expire, Ask, Pay],
    &[Ask, Expire, PayLate],
    &[Ask, Expire, Ask, Pay, PayLate],
    &[Ask, Void, PayLate],
    &[Ask, PayPart, Void, PayLate],
    &[Ask, Begin, Void, Accept],
    &[Ask, Pay, WaitUntilPaid, Refund, RefundSucceeds],
    &[Ask, Pay, WaitUntilPaid, RefundHalf, RefundSucceeds],
    &[Ask, Pay, WaitUntilPaid, RefundHalf, RefundFails],
    &[Ask, Pay, RefundHalf],
    &[Ask, Pay, WaitUntilPaid, Dispute],
    &[Ask],
];
