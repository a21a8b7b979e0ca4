use std::fmt;

use payment_provider_core::Subject;

/// A checkout's name within its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectName {
    Reference(String),
    GatewayId(String),
    Order(String),
}

impl SubjectName {
    pub(crate) fn all(subject: &Subject) -> Vec<Self> {
        let reference = subject
            .reference
            .as_ref()
            .map(|id| Self::Reference(id.to_string()));
        let gateway_id = subject
            .gateway_id
            .as_ref()
            .map(|id| Self::GatewayId(id.to_string()));
        let order = subject
            .order_id
            .as_ref()
            .map(|id| Self::Order(id.to_string()));
        [reference, gateway_id, order]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The name alone.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Reference(id) | Self::GatewayId(id) | Self::Order(id) => id,
        }
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(id) => write!(f, "reference:{id}"),
            Self::GatewayId(id) => write!(f, "gateway:{id}"),
            Self::Order(id) => write!(f, "order:{id}"),
        }
    }
}
