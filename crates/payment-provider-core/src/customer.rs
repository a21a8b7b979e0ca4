use serde::{Deserialize, Serialize};

use crate::{CustomerId, Pii, Violations};

/// The payer. Unknown fields stay absent; no value is ever invented.
///
/// # Examples
/// ```
/// use payment_provider_core::{Customer, CustomerId, Pii};
///
/// let customer = Customer::new(CustomerId::new("customer-7")?).with_phone("+91 90000 00000");
/// assert_eq!(customer.phone.as_ref().map(Pii::expose), Some("+91 90000 00000"));
/// // `Debug` shows no personal data.
/// assert!(!format!("{customer:?}").contains("90000"));
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Customer {
    /// The host's id of the customer.
    pub id: CustomerId,
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Pii>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Pii>,
    /// Telephone number, as the customer wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Pii>,
}

impl Customer {
    /// Creates a customer of whom only the id is known.
    pub const fn new(id: CustomerId) -> Self {
        Self {
            id,
            name: None,
            email: None,
            phone: None,
        }
    }

    /// Sets the name.
    pub fn with_name(mut self, name: impl Into<Pii>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the e-mail address.
    pub fn with_email(mut self, email: impl Into<Pii>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Sets the telephone number.
    pub fn with_phone(mut self, phone: impl Into<Pii>) -> Self {
        self.phone = Some(phone.into());
        self
    }
}

/// The link between a customer of the host and the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomerLink {
    /// The gateway's customer id; `None` if the gateway keeps no customers and the link exists at
    /// the host only.
    pub remote_id: Option<String>,
    /// The additions and corrections that are required before payment can be requested from this
    /// customer, each with the field of [`Customer`] it concerns. Empty if the customer is ready.
    pub needs: Violations,
}

impl CustomerLink {
    /// Creates a link that exists at the host only.
    pub const fn local(needs: Violations) -> Self {
        Self {
            remote_id: None,
            needs,
        }
    }

    /// Creates a link to a customer object at the gateway.
    pub fn remote(id: impl Into<String>, needs: Violations) -> Self {
        Self {
            remote_id: Some(id.into()),
            needs,
        }
    }
}
