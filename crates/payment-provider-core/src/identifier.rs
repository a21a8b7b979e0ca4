use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An error that reports a text that is not valid for the identifier. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
#[non_exhaustive]
pub struct InvalidIdentifier {
    /// The identifier's name, for example `connection code`.
    pub what: &'static str,
    /// The format that is required.
    pub rule: &'static str,
}

fn printable(text: &str, max: usize) -> bool {
    if text.is_ascii() {
        return (1..=max).contains(&text.len())
            && !text.bytes().any(|byte| byte.is_ascii_control());
    }
    (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn ascii(text: &str, max: usize, also: &[u8]) -> bool {
    (1..=max).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || also.contains(&byte))
}

/// Returns `true` if the text is preserved as a path segment of a URL. `.` and `..` are not: they
/// are dropped or lead to another path.
fn is_path_segment(text: &str) -> bool {
    !matches!(text, "." | "..")
}

fn provider_id(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $example:literal, $valid:expr) => {
        $(#[$doc])*
        #[doc = concat!("\n\nMust be ", $rule, ".")]
        ///
        /// # Examples
        /// ```
        #[doc = concat!("use payment_provider_core::", stringify!($name), ";")]
        ///
        #[doc = concat!("let id = ", stringify!($name), "::new(\"", $example, "\")?;")]
        #[doc = concat!("assert_eq!(id.as_str(), \"", $example, "\");")]
        #[doc = concat!("assert!(", stringify!($name), "::new(\"\").is_err());")]
        /// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
        /// ```
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("Checks that the text is ", $rule, " and wraps it.")]
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidIdentifier> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidIdentifier { what: $what, rule: $rule })
                }
            }

            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidIdentifier;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidIdentifier;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

identifier!(
    /// The id of a gateway integration, for example `examplepay`. An open text, never an enum: a
    /// host can load providers that are unknown to this crate.
    ProviderId,
    "provider id",
    "1 to 64 of `a-z 0-9 _ -`, starting with a letter",
    "examplepay",
    provider_id
);
identifier!(
    /// The host's tenant: the merchant on whose behalf payment is requested.
    OrganizationId,
    "organization id",
    "1 to 128 of `A-Z a-z 0-9 _ . -`, and neither `.` nor `..`",
    "acme",
    |text| ascii(text, 128, b"_.-") && is_path_segment(text)
);
identifier!(
    /// The code that distinguishes the connections of one organization; part of the webhook
    /// address.
    ConnectionCode,
    "connection code",
    "1 to 128 of `A-Z a-z 0-9 _ . -`, and neither `.` nor `..`",
    "main",
    |text| ascii(text, 128, b"_.-") && is_path_segment(text)
);
identifier!(
    /// The host's id of a customer.
    CustomerId,
    "customer id",
    "1 to 255 characters without control characters",
    "customer-7",
    |text| printable(text, 255)
);
identifier!(
    /// The host's id of one checkout, chosen before the gateway is called and never reused: a
    /// repeated request with the same reference finds the same checkout.
    CheckoutReference,
    "checkout reference",
    "1 to 50 of `A-Z a-z 0-9 _ -`",
    "invoice-1",
    |text| ascii(text, 50, b"_-")
);
identifier!(
    /// The gateway's id of a checkout, unique within a merchant account.
    GatewayCheckoutId,
    "gateway checkout id",
    "1 to 255 characters without control characters",
    "chk_1",
    |text| printable(text, 255)
);
identifier!(
    /// The gateway's id of a delivery, the same in each repetition, and of no other delivery of the
    /// merchant account.
    DeliveryId,
    "delivery id",
    "1 to 255 characters without control characters",
    "evt_1",
    |text| printable(text, 255)
);
identifier!(
    /// The gateway's id of the order that one visit to a checkout creates.
    OrderId,
    "order id",
    "1 to 255 characters without control characters",
    "order_1",
    |text| printable(text, 255)
);
identifier!(
    /// The gateway's id of one payment attempt, unique within a merchant account.
    PaymentId,
    "payment id",
    "1 to 255 characters without control characters",
    "pay_1",
    |text| printable(text, 255)
);
identifier!(
    /// The gateway's id of one refund, unique within a merchant account.
    RefundId,
    "refund id",
    "1 to 255 characters without control characters",
    "rfnd_1",
    |text| printable(text, 255)
);
identifier!(
    /// The id that a merchant assigned to a refund when requesting it, through any channel.
    RefundReference,
    "refund reference",
    "1 to 255 characters without control characters",
    "refund-1",
    |text| printable(text, 255)
);
identifier!(
    /// The gateway's id of one dispute, unique within a merchant account.
    DisputeId,
    "dispute id",
    "1 to 255 characters without control characters",
    "disp_1",
    |text| printable(text, 255)
);
identifier!(
    /// The gateway's id of one settlement, unique within a merchant account.
    SettlementId,
    "settlement id",
    "1 to 255 characters without control characters",
    "stl_1",
    |text| printable(text, 255)
);

identifier!(
    /// A short digest of a checkout's content, stored at the gateway with the checkout.
    Fingerprint,
    "fingerprint",
    "26 of `A-Z 2-7`",
    "AAAAAAAAAAAAAAAAAAAAAAAAAA",
    |text| text.len() == 26
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
);

impl Fingerprint {
    /// Computes the fingerprint of this content: the first 128 bits of its SHA-256 in base32.
    pub fn of(content: &[u8]) -> Self {
        Self(BASE32_NOPAD.encode(&Sha256::digest(content)[..16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_keeps_to_the_documented_characters() {
        for good in ["a", "inv-ABC_9", &"x".repeat(50)] {
            assert_eq!(CheckoutReference::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a.b", "a b", "ä", &"x".repeat(51), "a\n"] {
            assert!(CheckoutReference::new(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_provider_id_starts_with_a_lower_case_letter() {
        assert!(ProviderId::new("examplepay").is_ok());
        for bad in ["", "9pay", "Examplepay", "-a", &"p".repeat(65)] {
            assert!(ProviderId::new(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn what_becomes_part_of_an_address_stays_what_it_is_there() {
        for good in ["a.b", "...", ".a", "a.", "-"] {
            assert!(OrganizationId::new(good).is_ok(), "{good:?} was refused");
            assert!(ConnectionCode::new(good).is_ok(), "{good:?} was refused");
            let mut url = url::Url::parse("https://host.example").unwrap();
            url.path_segments_mut().unwrap().extend([good]);
            assert_eq!(url.path(), format!("/{good}"));
        }
        for bad in [".", "..", ""] {
            assert!(OrganizationId::new(bad).is_err(), "{bad:?} was accepted");
            assert!(ConnectionCode::new(bad).is_err(), "{bad:?} was accepted");
            assert!(CheckoutReference::new(bad).is_err(), "{bad:?} was accepted");
            assert!(ProviderId::new(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn an_error_says_what_and_how_but_not_the_text() {
        let error = ConnectionCode::new("hunter2 hunter2").unwrap_err();
        assert_eq!(
            error.to_string(),
            "connection code must be 1 to 128 of `A-Z a-z 0-9 _ . -`, and neither `.` nor `..`"
        );
    }

    #[test]
    fn a_fingerprint_depends_on_the_content_and_is_read_back() {
        let fingerprint = Fingerprint::of(b"a");
        assert_ne!(fingerprint, Fingerprint::of(b"b"));
        assert_eq!(Fingerprint::new(fingerprint.as_str()), Ok(fingerprint));
        for bad in ["", "abc", &"a".repeat(26), &"1".repeat(26)] {
            assert!(Fingerprint::new(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn deserialising_checks_too() {
        assert!(serde_json::from_str::<OrderId>("\"\"").is_err());
        assert_eq!(
            serde_json::from_str::<OrderId>("\"o_1\"").unwrap().as_str(),
            "o_1"
        );
    }
}
