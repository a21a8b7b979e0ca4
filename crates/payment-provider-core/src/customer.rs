use serde::{Deserialize, Serialize};

use crate::{CustomerId, Pii, Violations};

/// Who is asked to pay. What is not known stays absent: nothing is ever made up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Customer {
    /// The host's id.
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
    /// A customer of whom only the id is known.
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

/// A customer as the gateway sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomerLink {
    /// The gateway's own customer id; `None` where the gateway keeps no customers and the link is
    /// only the host's.
    pub remote_id: Option<String>,
    /// What must be added or mended before this customer can be asked for money, each with the
    /// field of [`Customer`] it concerns. Empty: ready.
    pub needs: Violations,
}

impl CustomerLink {
    /// A link that exists at the host only.
    pub const fn local(needs: Violations) -> Self {
        Self {
            remote_id: None,
            needs,
        }
    }

    /// A link to a customer object at the gateway.
    pub fn remote(id: impl Into<String>, needs: Violations) -> Self {
        Self {
            remote_id: Some(id.into()),
            needs,
        }
    }
}
