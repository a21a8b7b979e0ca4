//! Payment links.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::money::Paise;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The status of a link.
    LinkStatus, UnknownLinkStatus, "link status" {
        /// Payable; nothing is paid yet.
        Active = "ACTIVE",
        /// Payable; a part is paid.
        PartiallyPaid = "PARTIALLY_PAID",
        /// Paid in full.
        Paid = "PAID",
        /// The link has expired.
        Expired = "EXPIRED",
        /// Cancelled by the merchant.
        Cancelled = "CANCELLED",
    }
}

impl LinkStatus {
    /// Returns true if a payer may start a payment.
    pub const fn is_payable(self) -> bool {
        matches!(self, Self::Active | Self::PartiallyPaid)
    }
}

/// The customer who is asked to pay. `Debug` shows no personal data.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Customer {
    /// Telephone number.
    pub customer_phone: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_name: Option<String>,
    /// Bank account that the payment must come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_bank_account_number: Option<String>,
    /// Branch code of that account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_bank_ifsc: Option<String>,
    /// The gateway's number of the bank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_bank_code: Option<i64>,
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Customer([redacted])")
    }
}

/// Addresses and options of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkMeta {
    pub(crate) notify_url: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) upi_intent: Option<bool>,
    pub(crate) payment_methods: Option<String>,
}

/// Notifications that the merchant requests. None is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LinkNotify {
    pub(crate) send_sms: bool,
    pub(crate) send_email: bool,
}

/// A valid request to create a link.
#[derive(Clone)]
pub(crate) struct NewLink {
    pub(crate) link_id: Option<String>,
    pub(crate) amount: Paise,
    pub(crate) currency: String,
    pub(crate) purpose: String,
    pub(crate) customer: Customer,
    pub(crate) partial_payments: bool,
    pub(crate) minimum_partial_amount: Option<Paise>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) notify: LinkNotify,
    pub(crate) auto_reminders: bool,
    pub(crate) notes: BTreeMap<String, String>,
    pub(crate) meta: LinkMeta,
    pub(crate) order_splits: Option<Box<RawValue>>,
    pub(crate) subscription: Option<Box<RawValue>>,
}

/// The internal record of a link.
pub(crate) struct Link {
    pub(crate) merchant: String,
    pub(crate) link_id: String,
    pub(crate) cf_link_id: i64,
    pub(crate) code: String,
    pub(crate) request: NewLink,
    pub(crate) status: LinkStatus,
    pub(crate) amount_paid: Paise,
    pub(crate) created_at: Timestamp,
    pub(crate) visible_from: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// Positions of its orders among all orders, oldest first.
    pub(crate) orders: Vec<usize>,
}

impl Link {
    pub(crate) fn remaining(&self) -> Paise {
        self.request.amount.saturating_sub(self.amount_paid)
    }

    /// Returns the minimum amount of the next payment.
    pub(crate) fn minimum_payment(&self) -> Paise {
        let remaining = self.remaining();
        if !self.request.partial_payments {
            return remaining;
        }
        match self.request.minimum_partial_amount {
            Some(minimum) if self.amount_paid == Paise::ZERO => minimum.min(remaining),
            _ => Paise::new(1).min(remaining),
        }
    }
}
