use jiff::Timestamp;
use payment_provider_core::{
    Checkout, CheckoutReference, CheckoutStatus, Environment, Fingerprint, GatewayCheckoutId,
    Money, NextAction,
};
use serde::Deserialize;
use url::Url;

use super::FINGERPRINT_NOTE;
use crate::url_rules;
use crate::wire::{self, Raw, Unreadable};

/// A payment link as the gateway returns it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) gateway_id: Option<GatewayCheckoutId>,
    pub(super) status: CheckoutStatus,
    pub(super) amount: Money,
    pub(super) amount_paid: Money,
    pub(super) url: Option<Url>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) fingerprint: Option<Fingerprint>,
}

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow, default)]
    cf_link_id: Raw<'a>,
    #[serde(borrow, default)]
    link_id: Raw<'a>,
    #[serde(borrow, default)]
    link_status: Raw<'a>,
    #[serde(borrow, default)]
    link_currency: Raw<'a>,
    #[serde(borrow, default)]
    link_amount: Raw<'a>,
    #[serde(borrow, default)]
    link_amount_paid: Raw<'a>,
    #[serde(borrow, default)]
    link_url: Raw<'a>,
    #[serde(borrow, default)]
    link_expiry_time: Raw<'a>,
    #[serde(borrow, default)]
    link_notes: Raw<'a>,
}

impl Link {
    /// Reads the link with this reference. A body that describes another link is unreadable.
    pub(super) fn read(
        body: &[u8],
        asked: &CheckoutReference,
        environment: Environment,
    ) -> Result<Self, Unreadable> {
        let entity: Entity<'_> = wire::body(body)?;
        if wire::text("link_id", entity.link_id)? != asked.as_str() {
            return Err(Unreadable("link_id of the requested link"));
        }
        let status = wire::checkout_status(&wire::word("link_status", entity.link_status)?);
        let currency = wire::currency("link_currency", entity.link_currency)?;
        let url = wire::optional_text(entity.link_url)
            .and_then(|text| text.parse::<Url>().ok())
            .filter(|url| url_rules::defect(url, environment).is_none());
        let open = matches!(status, CheckoutStatus::Open | CheckoutStatus::PartiallyPaid);
        if open && url.is_none() {
            return Err(Unreadable("link_url"));
        }
        Ok(Self {
            gateway_id: wire::gateway_identifier(entity.cf_link_id),
            amount: wire::amount("link_amount", entity.link_amount, currency)?,
            amount_paid: wire::amount("link_amount_paid", entity.link_amount_paid, currency)?,
            url,
            expires_at: wire::with_offset(entity.link_expiry_time),
            fingerprint: fingerprint(entity.link_notes),
            status,
        })
    }

    /// Returns true if the link is new: nothing has been paid, and it has not ended.
    pub(super) fn is_untouched(&self) -> bool {
        let new = matches!(
            self.status,
            CheckoutStatus::Open | CheckoutStatus::Unknown(_)
        );
        new && self.amount_paid.is_zero()
    }

    pub(super) fn into_checkout(self, reference: CheckoutReference) -> Checkout {
        let next = match self.url {
            Some(url) if self.status.is_payable() => NextAction::Redirect(url),
            _ => NextAction::None,
        };
        let mut checkout = Checkout::new(reference, self.status, self.amount, next);
        checkout.gateway_id = self.gateway_id;
        checkout.amount_paid = self.amount_paid;
        checkout.expires_at = self.expires_at;
        checkout.fingerprint = self.fingerprint;
        checkout
    }
}

fn fingerprint(notes: Raw<'_>) -> Option<Fingerprint> {
    let notes: std::collections::HashMap<String, Raw<'_>> = wire::optional_object(notes)?;
    let text = wire::optional_text(*notes.get(FINGERPRINT_NOTE)?)?;
    Fingerprint::new(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{"cf_link_id":"1576977","link_id":"r-1","link_status":"ACTIVE",
        "link_currency":"INR","link_amount":200.12,"link_amount_paid":0,"link_purpose":"p",
        "link_url":"https://payments-test.cashfree.com/links//U1","link_auto_reminders":false,
        "link_expiry_time":"2021-11-28T21:46:20+05:30","link_meta":{"upi_intent":"false"},
        "link_notes":{"fingerprint":"AAAAAAAAAAAAAAAAAAAAAAAAAA","n":null},"order_splits":[]}"#;

    fn read(body: &str) -> Result<Link, Unreadable> {
        let reference = CheckoutReference::new("r-1").unwrap();
        Link::read(body.as_bytes(), &reference, Environment::Sandbox)
    }

    #[test]
    fn a_link_is_read() {
        let link = read(FULL).unwrap();
        assert_eq!(link.gateway_id.as_ref().unwrap().as_str(), "1576977");
        assert_eq!(link.status, CheckoutStatus::Open);
        assert_eq!(link.amount.to_string(), "INR 200.12");
        assert!(link.amount_paid.is_zero());
        assert!(link.is_untouched());
        let fingerprint = link.fingerprint.as_ref().unwrap();
        assert_eq!(fingerprint.as_str(), "AAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert!(link.expires_at.is_some());
    }

    #[test]
    fn older_and_irregular_forms_are_read() {
        for (from, to) in [
            ("\"1576977\"", "1576977"),
            ("\"1576977\"", "null"),
            ("200.12", "\"200.12\""),
            ("\"link_amount_paid\":0", "\"link_amount_paid\":\"0.00\""),
            ("2021-11-28T21:46:20+05:30", "2021-11-28T21:46:20"),
            (
                "{\"fingerprint\":\"AAAAAAAAAAAAAAAAAAAAAAAAAA\",\"n\":null}",
                "null",
            ),
            (
                "{\"fingerprint\":\"AAAAAAAAAAAAAAAAAAAAAAAAAA\",\"n\":null}",
                "[]",
            ),
            ("\"ACTIVE\"", "\"BRAND_NEW\""),
            (
                "https://payments-test.cashfree.com",
                "http://127.0.0.1:3001",
            ),
        ] {
            assert!(FULL.contains(from), "{from}");
            assert!(read(&FULL.replace(from, to)).is_ok(), "{to}");
        }
    }

    #[test]
    fn a_missing_required_field_is_named() {
        for (field, from) in [
            ("link_status", "\"ACTIVE\""),
            ("link_currency", "\"INR\""),
            ("link_amount", "200.12"),
            ("link_amount_paid", "0,"),
            (
                "link_url",
                "\"https://payments-test.cashfree.com/links//U1\"",
            ),
            ("link_id", "\"r-1\""),
        ] {
            let comma = if from.ends_with(',') { "," } else { "" };
            for to in ["null", "[]", "true", "\"\"", "1.5e99"] {
                let body = FULL.replacen(from, &format!("{to}{comma}"), 1);
                assert_eq!(read(&body).unwrap_err(), Unreadable(field), "{body}");
            }
        }
        for body in ["", "null", "[]", "\"\"", "{", "{}", "<html>", "[\"r-1\"]"] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn another_link_or_an_invalid_page_address_is_refused() {
        assert!(read(&FULL.replace("r-1", "r-2")).is_err());
        for url in [
            "javascript:alert(1)",
            "http://pay.example/",
            "https://a@pay.example/",
            "x",
        ] {
            let body = FULL.replace("https://payments-test.cashfree.com/links//U1", url);
            assert_eq!(read(&body).unwrap_err(), Unreadable("link_url"), "{url}");
        }
    }

    #[test]
    fn a_link_that_accepts_no_payments_has_no_next_action() {
        let reference = CheckoutReference::new("r-1").unwrap();
        let link = read(&FULL.replace("ACTIVE", "EXPIRED")).unwrap();
        let checkout = link.into_checkout(reference);
        assert_eq!(checkout.next_action, NextAction::None);
    }
}
