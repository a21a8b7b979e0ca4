//! Payments and payment instruments.

use jiff::Timestamp;

use crate::money::Paise;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The status of a payment.
    PaymentStatus, UnknownPaymentStatus, "payment status" {
        /// The payment succeeded.
        Success = "SUCCESS",
        /// The payment was declined.
        Failed = "FAILED",
        /// The payer left the payment.
        UserDropped = "USER_DROPPED",
        /// The outcome is still open.
        Pending = "PENDING",
    }
}

wire_enum! {
    /// The payment method.
    Method, UnknownMethod, "payment method" {
        /// A UPI collect request.
        Upi = "upi",
        /// A card.
        Card = "card",
        /// Net banking.
        NetBanking = "netbanking",
    }
}

/// A payment method with the details shown in responses and events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Instrument {
    Upi {
        upi_id: String,
    },
    Card {
        number: String,
        network: &'static str,
        kind: &'static str,
    },
    NetBanking {
        code: i64,
        bank: &'static str,
    },
}

impl Instrument {
    /// Returns the default instrument of a method.
    pub(crate) fn of(method: Method) -> Self {
        match method {
            Method::Upi => Self::Upi {
                upi_id: "testsuccess@gocash".to_owned(),
            },
            Method::Card => Self::Card {
                number: masked("4706131211212123"),
                network: "visa",
                kind: "debit_card",
            },
            Method::NetBanking => Self::NetBanking {
                code: 3333,
                bank: "TEST Bank",
            },
        }
    }

    pub(crate) const fn method(&self) -> Method {
        match self {
            Self::Upi { .. } => Method::Upi,
            Self::Card { .. } => Method::Card,
            Self::NetBanking { .. } => Method::NetBanking,
        }
    }

    /// Returns the gateway's name for the group of the method.
    pub(crate) const fn group(&self) -> &'static str {
        match self {
            Self::Upi { .. } => "upi",
            Self::Card { kind, .. } => kind,
            Self::NetBanking { .. } => "net_banking",
        }
    }
}

/// Hides all but the last four digits.
pub(crate) fn masked(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    let shown = digits.len().saturating_sub(4);
    digits
        .iter()
        .enumerate()
        .map(|(index, digit)| if index < shown { 'X' } else { *digit })
        .collect()
}

/// The reason of a failed payment, in the gateway's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decline {
    pub(crate) code: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) source: &'static str,
    pub(crate) raw_code: &'static str,
    pub(crate) description: String,
}

impl Decline {
    pub(crate) fn by_bank(description: impl Into<String>) -> Self {
        Self {
            code: "TRANSACTION_DECLINED",
            reason: "auth_declined",
            source: "customer",
            raw_code: "ZM",
            description: description.into(),
        }
    }
}

/// One payment attempt on an order.
pub(crate) struct Payment {
    pub(crate) cf_payment_id: i64,
    pub(crate) status: PaymentStatus,
    pub(crate) amount: Paise,
    pub(crate) instrument: Instrument,
    pub(crate) message: String,
    pub(crate) decline: Option<Decline>,
    pub(crate) bank_reference: Option<String>,
    pub(crate) at: Timestamp,
    pub(crate) completed_at: Option<Timestamp>,
}

impl Payment {
    /// Returns true if the payment succeeded.
    pub(crate) const fn succeeded(&self) -> bool {
        matches!(self.status, PaymentStatus::Success)
    }

    /// Creates a pending payment that starts now.
    pub(crate) fn pending(
        cf_payment_id: i64,
        amount: Paise,
        instrument: Instrument,
        now: Timestamp,
    ) -> Self {
        Self {
            cf_payment_id,
            status: PaymentStatus::Pending,
            amount,
            instrument,
            message: "The payer's bank has not answered yet".to_owned(),
            decline: None,
            bank_reference: None,
            at: now,
            completed_at: None,
        }
    }
}

/// The position of a payment: its order, and the payment within the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PaymentIndex {
    pub(crate) order: usize,
    pub(crate) payment: usize,
}
