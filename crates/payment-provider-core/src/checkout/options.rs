use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ProviderId;

/// The presentation of a checkout to the payer, beyond the amount and the customer.
///
/// By default the settings of the merchant's gateway account apply, and the gateway sends nothing
/// to the payer: the host hands out the address itself. An option that the gateway does not offer
/// is refused in preflight, never dropped silently; [`Capabilities`](crate::Capabilities) declare
/// the offered options.
///
/// # Examples
/// ```
/// use payment_provider_core::{CheckoutOptions, PayerNotification, PaymentMethod};
///
/// let options = CheckoutOptions::new()
///     .with_methods([PaymentMethod::Upi, PaymentMethod::DebitCard])
///     .with_notify_payer(PayerNotification::NONE.by_email())
///     .with_note("invoice", "1");
/// assert_eq!(options.methods.len(), 2);
/// assert!(options.notify_payer.is_any());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CheckoutOptions {
    /// The methods that the payer may choose from. Empty: all methods of the merchant's account.
    /// Only with [`Capabilities::method_choice`](crate::Capabilities).
    pub methods: BTreeSet<PaymentMethod>,
    /// The channels by which the gateway itself sends the payer the address. Only with
    /// [`Capabilities::payer_notification`](crate::Capabilities).
    pub notify_payer: PayerNotification,
    /// True if the gateway reminds a payer who has not paid yet. Only with
    /// [`Capabilities::reminders`](crate::Capabilities).
    pub reminders: bool,
    /// The host's key-value pairs, stored at the gateway. They must not contain personal data.
    pub notes: BTreeMap<String, String>,
    /// The gateway-specific options, at most one extension per gateway; a provider reads its own
    /// extension and ignores the others.
    pub extensions: Vec<CheckoutExtension>,
}

impl CheckoutOptions {
    /// Creates options with the gateway's defaults; nothing is sent to the payer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Restricts the payer to these methods.
    pub fn with_methods(mut self, methods: impl IntoIterator<Item = PaymentMethod>) -> Self {
        self.methods = methods.into_iter().collect();
        self
    }

    /// Makes the gateway send the payer the address.
    pub const fn with_notify_payer(mut self, by: PayerNotification) -> Self {
        self.notify_payer = by;
        self
    }

    /// Makes the gateway remind a payer who has not paid.
    pub const fn with_reminders(mut self) -> Self {
        self.reminders = true;
        self
    }

    /// Adds a note.
    pub fn with_note(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.notes.insert(key.into(), value.into());
        self
    }

    /// Adds an extension for one gateway and replaces an earlier one for the same gateway.
    pub fn with_extension(mut self, extension: impl Into<CheckoutExtension>) -> Self {
        let extension = extension.into();
        self.extensions
            .retain(|known| known.provider != extension.provider);
        self.extensions.push(extension);
        self
    }

    /// Returns the extension for this provider.
    pub fn extension(&self, provider: &ProviderId) -> Option<&CheckoutExtension> {
        self.extensions
            .iter()
            .find(|extension| extension.provider == *provider)
    }
}

/// The channels by which a gateway notifies a payer of a checkout. Both have a cost for the
/// merchant or the payer, so both are off by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PayerNotification {
    /// Notification by text message to the customer's telephone number.
    pub sms: bool,
    /// Notification by e-mail to the customer's address.
    pub email: bool,
}

impl PayerNotification {
    /// No notification.
    pub const NONE: Self = Self {
        sms: false,
        email: false,
    };

    /// Adds notification by text message.
    pub const fn by_sms(mut self) -> Self {
        self.sms = true;
        self
    }

    /// Adds notification by e-mail.
    pub const fn by_email(mut self) -> Self {
        self.email = true;
        self
    }

    /// Returns `true` if any notification is requested.
    pub const fn is_any(self) -> bool {
        self.sms || self.email
    }
}

/// A payment method, at the granularity at which a checkout can be restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PaymentMethod {
    /// Personal credit cards.
    CreditCard,
    /// Debit cards.
    DebitCard,
    /// Corporate credit cards.
    CorporateCard,
    /// Prepaid cards.
    PrepaidCard,
    /// Transfer that the payer starts on the pages of the bank.
    NetBanking,
    /// The Unified Payments Interface of India.
    Upi,
    /// Wallets.
    Wallet,
    /// `PayPal`.
    PayPal,
}

impl PaymentMethod {
    /// Returns the name in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreditCard => "credit_card",
            Self::DebitCard => "debit_card",
            Self::CorporateCard => "corporate_card",
            Self::PrepaidCard => "prepaid_card",
            Self::NetBanking => "net_banking",
            Self::Upi => "upi",
            Self::Wallet => "wallet",
            Self::PayPal => "paypal",
        }
    }
}

impl fmt::Display for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The options of a checkout that only one gateway supports: JSON values by the gateway's own field
/// names.
///
/// Providers export a typed builder for the common fields and convert it into this type; the
/// builder's docs list the raw fields that it accepts in addition. Preflight checks every field and
/// refuses unknown ones, with fields named `extensions.<provider>.<field>`.
#[derive(Clone, PartialEq, Eq)]
pub struct CheckoutExtension {
    provider: ProviderId,
    fields: BTreeMap<String, String>,
}

impl CheckoutExtension {
    /// Creates an empty extension for this provider.
    pub const fn new(provider: ProviderId) -> Self {
        Self {
            provider,
            fields: BTreeMap::new(),
        }
    }

    /// Sets a field to a value, given as JSON text. The text is sent unchanged, so numbers stay
    /// exact.
    pub fn with_json(mut self, field: impl Into<String>, json: impl Into<String>) -> Self {
        self.fields.insert(field.into(), json.into());
        self
    }

    /// Returns the provider that the extension is for.
    pub const fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// Returns an iterator over the fields and their JSON texts.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(field, json)| (field.as_str(), json.as_str()))
    }
}

impl fmt::Debug for CheckoutExtension {
    /// Omits the values: they may include a bank account.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckoutExtension")
            .field("provider", &self.provider)
            .field("fields", &self.fields.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_finds_its_own_extension_and_the_latest_one() {
        let (one, other) = (
            ProviderId::new("one").unwrap(),
            ProviderId::new("other").unwrap(),
        );
        let options = CheckoutOptions::new()
            .with_extension(CheckoutExtension::new(one.clone()).with_json("a", "1"))
            .with_extension(CheckoutExtension::new(other.clone()).with_json("a", "2"))
            .with_extension(CheckoutExtension::new(one.clone()).with_json("b", "3"));
        let fields = |id| -> Vec<_> {
            let extension = options.extension(id).unwrap();
            extension.fields().collect()
        };
        assert_eq!(fields(&one), [("b", "3")]);
        assert_eq!(fields(&other), [("a", "2")]);
        assert!(CheckoutOptions::new().extension(&one).is_none());
    }

    #[test]
    fn debug_shows_no_values() {
        let extension = CheckoutExtension::new(ProviderId::new("one").unwrap());
        let extension = extension.with_json("account", "\"canary\"");
        let shown = format!("{extension:?}");
        assert!(
            shown.contains("account") && !shown.contains("canary"),
            "{shown}"
        );
    }
}
