//! The request body that creates a checkout.

use std::collections::BTreeMap;

use jiff::Timestamp;
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, Customer, Money, PayerNotification, PaymentMethod,
};
use serde::{Deserialize, Serialize};
use url::Url;

/// The body. It depends on the request alone, so the same request gives the same bytes.
#[derive(Serialize, Deserialize)]
pub(super) struct CheckoutBody {
    pub(super) reference: CheckoutReference,
    pub(super) amount: Money,
    pub(super) purpose: String,
    pub(super) customer: Customer,
    pub(super) expires_at: Timestamp,
    pub(super) return_url: Option<Url>,
    pub(super) notify_url: Option<Url>,
    pub(super) partial_payments: Option<PartialPaymentTerms>,
    pub(super) methods: Vec<String>,
    pub(super) notify_by_sms: bool,
    pub(super) notify_by_email: bool,
    pub(super) reminders: bool,
    pub(super) notes: BTreeMap<String, String>,
}

/// Terms of partial payments.
#[derive(Serialize, Deserialize)]
pub(super) struct PartialPaymentTerms {
    pub(super) minimum: Option<Money>,
}

impl CheckoutBody {
    /// Creates the body for a request.
    pub(super) fn of(request: &CheckoutRequest) -> Self {
        let options = &request.options;
        let methods = options.methods.iter().map(|method| method.as_str());
        Self {
            reference: request.reference.clone(),
            amount: request.amount,
            purpose: request.purpose.clone(),
            customer: request.customer.clone(),
            expires_at: request.expires_at,
            return_url: request.return_url.clone(),
            notify_url: request.notify_url.clone(),
            partial_payments: request.partial_payments.map(|terms| PartialPaymentTerms {
                minimum: terms.minimum,
            }),
            methods: methods.map(str::to_owned).collect(),
            notify_by_sms: options.notify_payer.sms,
            notify_by_email: options.notify_payer.email,
            reminders: options.reminders,
            notes: options.notes.clone(),
        }
    }

    /// Returns the channels on which the gateway notifies the payer.
    pub(super) const fn notify_payer(&self) -> PayerNotification {
        let mut by = PayerNotification::NONE;
        by.sms = self.notify_by_sms;
        by.email = self.notify_by_email;
        by
    }

    /// Returns the method that payers of this gateway use: the first one allowed.
    pub(super) fn method(&self) -> String {
        let first = self.methods.first().map(String::as_str);
        first.unwrap_or(PaymentMethod::Upi.as_str()).to_owned()
    }
}
