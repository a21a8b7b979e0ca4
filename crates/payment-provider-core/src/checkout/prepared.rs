use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CheckoutReference, CheckoutRequest, Environment, Fingerprint, Money, ProviderId};

/// A checkout request that passed every check, encoded in the exact bytes that go to the gateway.
///
/// [`prepare_checkout`](crate::PaymentProvider::prepare_checkout) creates it without I/O; the host
/// **stores it before** it calls [`create_checkout`](crate::PaymentProvider::create_checkout), and
/// after a crash calls again with the stored value. Settings or the provider's version may have
/// changed in between: the bytes have not, so the gateway treats both calls as one request.
///
/// The body contains personal data; `Debug` omits it. Serialize it only into the host's store.
///
/// # Examples
/// ```
/// use payment_provider_core::reexport::jiff::Timestamp;
/// use payment_provider_core::{
///     CheckoutReference, Currency, Environment, Fingerprint, Money, PreparedCheckout, ProviderId,
/// };
///
/// # let provider = ProviderId::new("examplepay")?;
/// # let reference = CheckoutReference::new("invoice-1")?;
/// # let amount = Money::from_decimal("200.12", Currency::INR)?;
/// # let (end, body) = (Timestamp::UNIX_EPOCH, &br#"{"amount":"200.12"}"#[..]);
/// let (environment, print) = (Environment::Sandbox, Fingerprint::of(body));
/// let prepared =
///     PreparedCheckout::new(provider, environment, reference, amount, end, print, body);
/// // Stored and read again, it has the same bytes.
/// let stored = serde_json::to_string(&prepared)?;
/// assert_eq!(serde_json::from_str::<PreparedCheckout>(&stored)?, prepared);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PreparedCheckout {
    /// The provider that defines the body's wire format.
    pub provider: ProviderId,
    /// The environment it was prepared for; a provider refuses it in the other environment.
    pub environment: Environment,
    /// The host's id of the checkout.
    pub reference: CheckoutReference,
    /// The requested amount.
    pub amount: Money,
    /// The time after which the checkout accepts no new payments.
    pub expires_at: Timestamp,
    /// The digest of the content: a checkout at the gateway under the same reference is the host's
    /// own if it has the same fingerprint.
    pub fingerprint: Fingerprint,
    /// The digest of the customer's details in the body, in the form in which they are sent. If it
    /// differs from that of an open checkout, the payer's details have changed since, and the host
    /// replaces the checkout. `None` if the provider does not report it. The customer's id is part of
    /// the digested text, so that a lone phone number cannot be found by trying all of them.
    #[serde(default)]
    pub customer_fingerprint: Option<Fingerprint>,
    /// The body, in the provider's own wire format.
    #[serde(with = "body_as_text")]
    pub body: Bytes,
}

impl PreparedCheckout {
    /// Creates a prepared checkout. Called by providers at the end of a successful preflight.
    pub fn new(
        provider: ProviderId,
        environment: Environment,
        reference: CheckoutReference,
        amount: Money,
        expires_at: Timestamp,
        fingerprint: Fingerprint,
        body: impl Into<Bytes>,
    ) -> Self {
        let body = body.into();
        Self {
            provider,
            environment,
            reference,
            amount,
            expires_at,
            fingerprint,
            customer_fingerprint: None,
            body,
        }
    }

    /// Sets the digest of the customer's details in the body.
    pub fn with_customer_fingerprint(mut self, fingerprint: Option<Fingerprint>) -> Self {
        self.customer_fingerprint = fingerprint;
        self
    }

    /// Creates a prepared checkout from a request and its body, with the digest of the body as
    /// fingerprint. For providers whose body is sufficient for the comparison.
    pub fn of_request(
        request: &CheckoutRequest,
        provider: ProviderId,
        environment: Environment,
        body: impl Into<Bytes>,
    ) -> Self {
        let body = body.into();
        Self {
            provider,
            environment,
            reference: request.reference.clone(),
            amount: request.amount,
            expires_at: request.expires_at,
            fingerprint: Fingerprint::of(&body),
            customer_fingerprint: None,
            body,
        }
    }
}

impl fmt::Debug for PreparedCheckout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedCheckout")
            .field("provider", &self.provider)
            .field("environment", &self.environment)
            .field("reference", &self.reference)
            .field("amount", &self.amount)
            .field("expires_at", &self.expires_at)
            .field("fingerprint", &self.fingerprint)
            .field("has_customer", &self.customer_fingerprint.is_some())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// Serialization of bodies as base64 text, so that any wire format survives a JSON column byte for
/// byte.
mod body_as_text {
    use bytes::Bytes;
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(body))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(de: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(de)?;
        let body = BASE64.decode(text.as_bytes());
        body.map(Bytes::from)
            .map_err(|_| de::Error::custom("body is not base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Customer, CustomerId};

    fn prepared() -> PreparedCheckout {
        PreparedCheckout::new(
            ProviderId::new("test").unwrap(),
            Environment::Sandbox,
            CheckoutReference::new("r-1").unwrap(),
            Money::from_minor_units(20_012, Currency::INR),
            Timestamp::UNIX_EPOCH,
            Fingerprint::of(b"content"),
            &b"{\"phone\":\"9000000000\",\"raw\":\xff}"[..],
        )
    }

    #[test]
    fn what_is_stored_comes_back_byte_for_byte() {
        let stored = serde_json::to_string(&prepared()).unwrap();
        assert_eq!(
            serde_json::from_str::<PreparedCheckout>(&stored).unwrap(),
            prepared()
        );
    }

    #[test]
    fn a_request_is_prepared_as_it_is_and_identified_by_its_body() {
        let customer = Customer::new(CustomerId::new("c").unwrap());
        let known = prepared();
        let (reference, end) = (known.reference.clone(), known.expires_at);
        let request = CheckoutRequest::new(reference, known.amount, "Invoice", customer, end);
        let body = known.body.clone();
        let of_request =
            PreparedCheckout::of_request(&request, known.provider.clone(), known.environment, body);
        let fingerprint = Fingerprint::of(&known.body);
        assert_eq!(
            of_request,
            PreparedCheckout {
                fingerprint,
                ..known
            }
        );
    }

    #[test]
    fn debug_leaves_the_body_out() {
        let text = format!("{:?}", prepared());
        assert!(!text.contains("9000000000"), "{text}");
        assert!(text.contains("body_bytes"), "{text}");
    }
}
