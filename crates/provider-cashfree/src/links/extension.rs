//! Checkout options that only Cashfree's payment links have.

use std::collections::BTreeMap;

use payment_provider_core::{
    CheckoutExtension, Currency, Money, ProviderId, ViolationCode, Violations,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::PROVIDER_ID;

const UPI_INTENT: &str = "link_meta.upi_intent";
const ORDER_SPLITS: &str = "order_splits";

/// Bank codes that the API accepts.
const BANKS: [u32; 39] = [
    3003, 3005, 3006, 3010, 3012, 3016, 3019, 3020, 3021, 3022, 3023, 3024, 3026, 3027, 3028, 3029,
    3030, 3031, 3032, 3033, 3038, 3039, 3040, 3042, 3044, 3054, 3055, 3058, 3086, 3087, 3088, 3089,
    3090, 3091, 3092, 3098, 3115, 3117, 7001,
];

/// Bank details of the customer, by the API's field names.
const ACCOUNT_NUMBER: &str = "customer_details.customer_bank_account_number";
const IFSC: &str = "customer_details.customer_bank_ifsc";
const BANK_CODE: &str = "customer_details.customer_bank_code";

/// Options that only Cashfree's payment links have, for the options of a checkout.
///
/// These fields of
/// <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/create-payment-link>
/// can be given as JSON. They are checked in preflight and sent exactly as written:
///
/// | field | value |
/// |---|---|
/// | `order_splits` | list of `{"vendor_id", "amount" or "percentage", "tags"}`, for Easy Split |
/// | `customer_details.customer_bank_account_number`, `customer_details.customer_bank_ifsc` | text |
/// | `customer_details.customer_bank_code` | number of a bank, of those the page lists |
///
/// Preflight refuses every other field: it either has a field in the checkout request or does not
/// exist in a payment link.
///
/// # Examples
/// ```
/// use payment_provider_core::CheckoutOptions;
/// use provider_cashfree::LinkOptions;
///
/// let link = LinkOptions::new()
///     .with_upi_intent(false)
///     .with_json("order_splits", r#"[{"vendor_id":"vendor-1","amount":55.10}]"#);
/// let options = CheckoutOptions::new().with_extension(link);
/// # assert_eq!(options.extensions.len(), 1);
/// ```
#[derive(Debug, Clone, Default)]
pub struct LinkOptions {
    upi_intent: Option<bool>,
    json: Json,
}

/// JSON texts by field.
#[derive(Clone, Default)]
struct Json(BTreeMap<String, String>);

impl std::fmt::Debug for Json {
    /// Leaves out the values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl LinkOptions {
    /// Creates the options with Cashfree's default, which opens a UPI app.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a UPI app on the payer's phone if `opens_app` is true, which is the default.
    pub const fn with_upi_intent(mut self, opens_app: bool) -> Self {
        self.upi_intent = Some(opens_app);
        self
    }

    /// Sets one of the less common fields to a value, given as JSON text.
    pub fn with_json(mut self, field: impl Into<String>, json: impl Into<String>) -> Self {
        self.json.0.insert(field.into(), json.into());
        self
    }
}

impl From<LinkOptions> for CheckoutExtension {
    fn from(options: LinkOptions) -> Self {
        // Preflight looks the extension up under the same id.
        let provider = ProviderId::new(PROVIDER_ID)
            .unwrap_or_else(|_| unreachable!("the id of the provider is one"));
        let mut extension = Self::new(provider);
        for (field, json) in options.json.0 {
            extension = extension.with_json(field, json);
        }
        match options.upi_intent {
            Some(opens_app) => extension.with_json(UPI_INTENT, opens_app.to_string()),
            None => extension,
        }
    }
}

/// An extension that passed every check.
pub(super) struct LinkExtras {
    pub(super) upi_intent: bool,
    pub(super) order_splits: Option<Box<RawValue>>,
    /// Bank details by their field names inside `customer_details`.
    pub(super) bank: BTreeMap<&'static str, Box<RawValue>>,
}

impl LinkExtras {
    /// Reads the fields added for this provider and reports all violations.
    pub(super) fn read(
        extension: Option<&CheckoutExtension>,
        currency: Currency,
        found: &mut Violations,
    ) -> Self {
        let mut extras = Self {
            upi_intent: true,
            order_splits: None,
            bank: BTreeMap::new(),
        };
        for (field, json) in extension.iter().flat_map(|extension| extension.fields()) {
            if let Err((code, message)) = extras.take(field, json, currency) {
                found.push(format!("extensions.{PROVIDER_ID}.{field}"), code, message);
            }
        }
        extras
    }

    fn take(&mut self, field: &str, json: &str, currency: Currency) -> Result<(), Defect> {
        let name = match field {
            UPI_INTENT => {
                let must = (ViolationCode::Invalid, "must be true or false");
                self.upi_intent = serde_json::from_str(json).map_err(|_| must)?;
                return Ok(());
            }
            ORDER_SPLITS => {
                splits(json, currency)?;
                self.order_splits = Some(raw(json)?);
                return Ok(());
            }
            ACCOUNT_NUMBER => "customer_bank_account_number",
            IFSC => "customer_bank_ifsc",
            BANK_CODE => "customer_bank_code",
            _ => {
                let message = "is not a supported field";
                return Err((ViolationCode::Unknown, message));
            }
        };
        if field == BANK_CODE {
            let must = (
                ViolationCode::Invalid,
                "must be a bank code that Cashfree lists",
            );
            let bank: u32 = serde_json::from_str(json).map_err(|_| must)?;
            if !BANKS.contains(&bank) {
                return Err(must);
            }
        } else {
            let must = (ViolationCode::Invalid, "must be a text that is not blank");
            let text: String = serde_json::from_str(json).map_err(|_| must)?;
            if text.trim().is_empty() {
                return Err(must);
            }
        }
        self.bank.insert(name, raw(json)?);
        Ok(())
    }
}

type Defect = (ViolationCode, &'static str);

fn raw(json: &str) -> Result<Box<RawValue>, Defect> {
    RawValue::from_string(json.to_owned()).map_err(|_| (ViolationCode::Invalid, "must be JSON"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Split<'a> {
    vendor_id: String,
    #[serde(borrow)]
    amount: Option<&'a RawValue>,
    #[serde(borrow)]
    percentage: Option<&'a RawValue>,
    #[serde(borrow)]
    tags: Option<BTreeMap<String, &'a RawValue>>,
}

const MAX_TAGS: usize = 10;

/// Checks that each split names a vendor and either an amount or a percentage.
fn splits(json: &str, currency: Currency) -> Result<(), Defect> {
    const MUST: Defect = (
        ViolationCode::Invalid,
        "must be a list of {vendor_id, amount or percentage, tags}, each with a vendor and a plain \
         positive number of at most two decimals",
    );
    let splits: Vec<Split<'_>> = serde_json::from_str(json).map_err(|_| MUST)?;
    let fits = |split: &Split<'_>| {
        let share = match (split.amount, split.percentage) {
            (Some(amount), None) => is_amount(amount.get(), currency),
            (None, Some(percentage)) => is_percentage(percentage.get()),
            _ => false,
        };
        share && !split.vendor_id.trim().is_empty()
    };
    if splits.is_empty() || !splits.iter().all(fits) {
        return Err(MUST);
    }
    let many = |split: &Split<'_>| split.tags.as_ref().is_some_and(|it| it.len() > MAX_TAGS);
    if splits.iter().any(many) {
        let message = "must have at most 10 tags in each split";
        return Err((ViolationCode::TooLarge, message));
    }
    Ok(())
}

fn is_amount(number: &str, currency: Currency) -> bool {
    two_decimals(number) && Money::from_decimal(number, currency).is_ok_and(Money::is_positive)
}

/// Returns true if the percentage is above 0, at most 100, and has at most two decimals.
fn is_percentage(number: &str) -> bool {
    const HUNDRED: i64 = 10_000;
    let of = Money::from_decimal(number, Currency::INR);
    two_decimals(number) && of.is_ok_and(|of| of.is_positive() && of.minor_units() <= HUNDRED)
}

fn two_decimals(number: &str) -> bool {
    number
        .split_once('.')
        .is_none_or(|(_, decimals)| decimals.len() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: LinkOptions) -> (LinkExtras, Violations) {
        let mut found = Violations::none();
        let extension = CheckoutExtension::from(options);
        let extras = LinkExtras::read(Some(&extension), Currency::INR, &mut found);
        (extras, found)
    }

    #[test]
    fn valid_fields_are_sent_as_written() {
        let splits = r#"[{"vendor_id":"v1","amount":55.10},{"vendor_id":"v2","percentage":33.3,"tags":{"a":{}}}]"#;
        let options = LinkOptions::new()
            .with_upi_intent(false)
            .with_json("order_splits", splits)
            .with_json("customer_details.customer_bank_account_number", "\"0011\"")
            .with_json("customer_details.customer_bank_ifsc", "\"SBIN0001882\"")
            .with_json("customer_details.customer_bank_code", "7001");
        let (extras, found) = read(options);
        assert!(found.is_empty(), "{found}");
        assert!(!extras.upi_intent);
        assert_eq!(extras.order_splits.unwrap().get(), splits);
        let bank: Vec<_> = extras
            .bank
            .iter()
            .map(|(name, raw)| (*name, raw.get()))
            .collect();
        assert_eq!(
            bank,
            [
                ("customer_bank_account_number", "\"0011\""),
                ("customer_bank_code", "7001"),
                ("customer_bank_ifsc", "\"SBIN0001882\""),
            ]
        );
        assert!(read(LinkOptions::new()).0.upi_intent);
    }

    #[test]
    fn invalid_fields_are_reported_without_their_values() {
        for (field, json) in [
            ("link_amount", "1"),
            ("link_id", "\"other\""),
            ("customer_details.customer_phone", "\"9000000000\""),
            ("link_meta.upi_intent", "\"canary\""),
            ("customer_details.customer_bank_ifsc", "\" \""),
            ("customer_details.customer_bank_ifsc", "12"),
            ("customer_details.customer_bank_code", "\"7001\""),
            ("customer_details.customer_bank_code", "7.5"),
            ("customer_details.customer_bank_code", "7002"),
            ("order_splits", "canary"),
            ("order_splits", "{}"),
            ("order_splits", "[]"),
            ("order_splits", r#"[{"amount":1}]"#),
            ("order_splits", r#"[{"vendor_id":" ","amount":1}]"#),
            ("order_splits", r#"[{"vendor_id":"v"}]"#),
            (
                "order_splits",
                r#"[{"vendor_id":"v","amount":1,"percentage":1}]"#,
            ),
            ("order_splits", r#"[{"vendor_id":"v","amount":"1"}]"#),
            ("order_splits", r#"[{"vendor_id":"v","amount":1e2}]"#),
            ("order_splits", r#"[{"vendor_id":"v","amount":1.005}]"#),
            ("order_splits", r#"[{"vendor_id":"v","amount":0}]"#),
            ("order_splits", r#"[{"vendor_id":"v","amount":-1}]"#),
            ("order_splits", r#"[{"vendor_id":"v","percentage":100.01}]"#),
            ("order_splits", r#"[{"vendor_id":"v","amount":1,"more":1}]"#),
        ] {
            let (_, found) = read(LinkOptions::new().with_json(field, json));
            let named = format!("extensions.cashfree.{field}");
            assert!(found.names(&named), "{field} {json}: {found}");
            assert!(!found.to_string().contains("canary"), "{found}");
        }
    }

    #[test]
    fn debug_output_has_no_values() {
        let options =
            LinkOptions::new().with_json("customer_details.customer_bank_ifsc", "\"canary\"");
        assert!(!format!("{options:?}").contains("canary"));
    }
}
