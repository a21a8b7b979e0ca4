use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ProviderId;

/// How a checkout is put to the payer, beyond what is owed and by whom.
///
/// The default leaves all of it to the merchant's account at the gateway, and tells the payer
/// nothing: the host hands out the address itself. What a gateway does not offer is refused in
/// preflight, never left out silently; [`Capabilities`](crate::Capabilities) say so beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CheckoutOptions {
    /// The methods the payer may choose from. Empty: all that the merchant's account offers.
    /// Only with [`Capabilities::method_choice`](crate::Capabilities).
    pub methods: BTreeSet<PaymentMethod>,
    /// Whether the gateway itself sends the payer the address.
    /// Only with [`Capabilities::payer_notification`](crate::Capabilities).
    pub notify_payer: PayerNotification,
    /// Whether the gateway reminds a payer who has not paid yet.
    /// Only with [`Capabilities::reminders`](crate::Capabilities).
    pub reminders: bool,
    /// The host's own key-value pairs, kept at the gateway. Nothing personal belongs here.
    pub notes: BTreeMap<String, String>,
    /// What only certain gateways understand, at most one of each; a provider reads its own and
    /// leaves those of others alone.
    pub extensions: Vec<CheckoutExtension>,
}

impl CheckoutOptions {
    /// Everything as the gateway has it; nothing is sent to the payer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the payer choose from these methods only.
    pub fn with_methods(mut self, methods: impl IntoIterator<Item = PaymentMethod>) -> Self {
        self.methods = methods.into_iter().collect();
        self
    }

    /// Has the gateway send the payer the address.
    pub const fn with_notify_payer(mut self, by: PayerNotification) -> Self {
        self.notify_payer = by;
        self
    }

    /// Has the gateway remind a payer who has not paid.
    pub const fn with_reminders(mut self) -> Self {
        self.reminders = true;
        self
    }

    /// Adds a note.
    pub fn with_note(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.notes.insert(key.into(), value.into());
        self
    }

    /// Adds what one gateway understands, in place of what was added for it before.
    pub fn with_extension(mut self, extension: impl Into<CheckoutExtension>) -> Self {
        let extension = extension.into();
        self.extensions
            .retain(|known| known.provider != extension.provider);
        self.extensions.push(extension);
        self
    }

    /// What was added for this provider.
    pub fn extension(&self, provider: &ProviderId) -> Option<&CheckoutExtension> {
        self.extensions
            .iter()
            .find(|extension| extension.provider == *provider)
    }
}

/// By which ways a gateway tells a payer of a checkout. Both cost the merchant or the payer
/// something, so both are off unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PayerNotification {
    /// By text message to the customer's telephone number.
    pub sms: bool,
    /// By e-mail to the customer's address.
    pub email: bool,
}

impl PayerNotification {
    /// No message at all.
    pub const NONE: Self = Self {
        sms: false,
        email: false,
    };

    /// Adds a text message.
    pub const fn by_sms(mut self) -> Self {
        self.sms = true;
        self
    }

    /// Adds an e-mail.
    pub const fn by_email(mut self) -> Self {
        self.email = true;
        self
    }

    /// Whether any message is asked for.
    pub const fn is_any(self) -> bool {
        self.sms || self.email
    }
}

/// A way to pay, as far as a checkout can be limited to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PaymentMethod {
    /// Credit cards of persons.
    CreditCard,
    /// Debit cards.
    DebitCard,
    /// Credit cards of companies.
    CorporateCard,
    /// Prepaid cards.
    PrepaidCard,
    /// Transfer from the payer's bank, begun on the bank's own page.
    NetBanking,
    /// The Unified Payments Interface of India.
    Upi,
    /// Wallets.
    Wallet,
    /// `PayPal`.
    PayPal,
}

impl PaymentMethod {
    /// The word for it, in snake case.
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

/// What one gateway understands of a checkout and others do not: JSON values by the gateway's own
/// field names.
///
/// Providers export a typed builder for what is common and turn it into this; the builder's docs say
/// which raw fields it takes besides. Preflight checks every field and refuses what it does not
/// know, with fields named `extensions.<provider>.<field>`.
#[derive(Clone, PartialEq, Eq)]
pub struct CheckoutExtension {
    provider: ProviderId,
    fields: BTreeMap<String, String>,
}

impl CheckoutExtension {
    /// Nothing yet, for this provider.
    pub const fn new(provider: ProviderId) -> Self {
        Self {
            provider,
            fields: BTreeMap::new(),
        }
    }

    /// Sets a field to a value, given as JSON text. It is sent as it is written here, so numbers
    /// stay exact.
    pub fn with_json(mut self, field: impl Into<String>, json: impl Into<String>) -> Self {
        self.fields.insert(field.into(), json.into());
        self
    }

    /// Whom it is for.
    pub const fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// The fields and their JSON texts.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(field, json)| (field.as_str(), json.as_str()))
    }
}

impl fmt::Debug for CheckoutExtension {
    /// Leaves out the values: a bank account may be among them.
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
