//! Compares preflight with a simulated Cashfree: requests that preflight accepts are accepted by
//! the simulator and returned unchanged, and requests that preflight refuses are refused by the
//! simulator too.
//!
//! The bodies of refused requests are written here, from the gateway's documentation and not by the
//! provider's code.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use cashfree_simulator::{
    DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, LinkSnapshot, RunningSimulator, Simulator,
    SimulatorConfig,
};
use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, CreatedCheckout, Currency, Customer, CustomerId, Money,
    PartialPayments, PaymentProvider,
};
use proptest::prelude::*;
use serde_json::json;
use support::*;
use tokio::runtime::Runtime;

/// The defects of a request, one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    IdCharacter,
    IdTooLong,
    PurposeMissing,
    PurposeTooLong,
    SixNotes,
    ReturnUrlTooLong,
    NotifyUrlNotSecure,
    ThreeDecimals,
    NothingAsked,
    MinimumNotLess,
    Expired,
    PhoneLetters,
    PhoneTooShort,
    PhoneMissing,
}

const FLAWS: [Flaw; 14] = [
    Flaw::IdCharacter,
    Flaw::IdTooLong,
    Flaw::PurposeMissing,
    Flaw::PurposeTooLong,
    Flaw::SixNotes,
    Flaw::ReturnUrlTooLong,
    Flaw::NotifyUrlNotSecure,
    Flaw::ThreeDecimals,
    Flaw::NothingAsked,
    Flaw::MinimumNotLess,
    Flaw::Expired,
    Flaw::PhoneLetters,
    Flaw::PhoneTooShort,
    Flaw::PhoneMissing,
];

/// A checkout request as plain values, given to both sides.
#[derive(Debug, Clone)]
struct RequestValues {
    id: String,
    units: i64,
    currency: Currency,
    purpose: String,
    phone: Option<String>,
    name: Option<String>,
    email: Option<String>,
    minimum: Option<i64>,
    expires_in: SignedDuration,
    return_url: Option<String>,
    notify_url: Option<String>,
    notes: BTreeMap<String, String>,
}

fn request_values() -> impl Strategy<Value = RequestValues> {
    let people = (
        "[6-9][0-9]{9}|\\+91[6-9][0-9]{9}|\\+1[2-9][0-9]{9}|\\+4[0-9]{7,13}",
        proptest::option::of("[A-Za-z][A-Za-z .]{2,40}"),
        proptest::option::of("[a-z]{1,10}@[a-z]{1,10}\\.(in|com)"),
    );
    let money = (1_i64..1_000_000_000, any::<bool>());
    let words = (
        "[A-Za-z0-9_-]{1,40}",
        "[\\PC&&[^ ]][\\PC]{0,300}",
        proptest::collection::btree_map("[a-z]{1,9}", "[\\PC]{0,40}", 0..=4),
    );
    let addresses = (
        proptest::option::of("https://shop\\.example/[a-z0-9]{0,200}"),
        proptest::option::of("https://hooks\\.example/[a-z0-9]{0,100}"),
    );
    (people, money, words, addresses, 60_i64..10_000_000).prop_map(
        |((phone, name, email), (units, partial), (id, purpose, notes), (back, hook), life)| {
            RequestValues {
                id,
                units,
                currency: Currency::INR,
                purpose,
                phone: Some(phone),
                name,
                email,
                minimum: (partial && units > 1).then_some(units / 2),
                expires_in: SignedDuration::from_secs(life),
                return_url: back,
                notify_url: hook,
                notes,
            }
        },
    )
}

impl RequestValues {
    fn with(mut self, flaw: Flaw) -> Self {
        match flaw {
            Flaw::None => {}
            Flaw::IdCharacter => self.id.push_str("./ü"),
            Flaw::IdTooLong => self.id = "x".repeat(51),
            Flaw::PurposeMissing => self.purpose = String::new(),
            Flaw::PurposeTooLong => self.purpose = "x".repeat(501),
            Flaw::SixNotes => {
                self.notes = (0..6).map(|n| (format!("n{n}"), String::new())).collect();
            }
            Flaw::ReturnUrlTooLong => {
                self.return_url = Some(format!("https://shop.example/{}", "x".repeat(250)));
            }
            Flaw::NotifyUrlNotSecure => {
                self.notify_url = Some("http://hooks.example/".to_owned());
            }
            Flaw::ThreeDecimals => {
                self.currency = Currency::KWD;
                self.units = 1_234;
                self.minimum = None;
            }
            Flaw::NothingAsked => self.units = 0,
            Flaw::MinimumNotLess => self.minimum = Some(self.units),
            Flaw::Expired => self.expires_in = SignedDuration::from_secs(-60),
            Flaw::PhoneLetters => self.phone = Some("98765a3210".to_owned()),
            Flaw::PhoneTooShort => self.phone = Some("987654321".to_owned()),
            Flaw::PhoneMissing => self.phone = None,
        }
        self
    }

    fn amount(&self) -> Money {
        Money::from_minor_units(self.units, self.currency)
    }

    fn minimum(&self) -> Option<Money> {
        self.minimum
            .map(|units| Money::from_minor_units(units, self.currency))
    }

    fn expires_at(&self) -> Timestamp {
        Timestamp::now() + self.expires_in
    }

    /// Returns the host's request; `None` if a type of the contract already refuses a value.
    fn request(&self) -> Option<CheckoutRequest> {
        let mut customer = Customer::new(CustomerId::new("cust-1").ok()?);
        customer.phone = self.phone.clone().map(Into::into);
        customer.name = self.name.clone().map(Into::into);
        customer.email = self.email.clone().map(Into::into);
        let reference = CheckoutReference::new(self.id.as_str()).ok()?;
        let amount = self.amount();
        let purpose = self.purpose.as_str();
        let mut request =
            CheckoutRequest::new(reference, amount, purpose, customer, self.expires_at());
        if let Some(url) = &self.return_url {
            request = request.with_return_url(url.parse().unwrap());
        }
        if let Some(url) = &self.notify_url {
            request = request.with_notify_url(url.parse().unwrap());
        }
        if let Some(minimum) = self.minimum() {
            request = request.with_partial_payments(PartialPayments::at_least(minimum));
        }
        for (key, value) in &self.notes {
            request = request.with_note(key, value);
        }
        Some(request)
    }

    /// Returns the body by the gateway's documentation.
    fn body(&self) -> String {
        let number = |money: Money| -> Box<serde_json::value::RawValue> {
            serde_json::value::RawValue::from_string(money.decimal().to_string()).unwrap()
        };
        let mut customer = serde_json::Map::new();
        for (name, value) in [
            ("customer_phone", &self.phone),
            ("customer_name", &self.name),
            ("customer_email", &self.email),
        ] {
            if let Some(value) = value {
                customer.insert(name.to_owned(), value.as_str().into());
            }
        }
        let rest = json!({
            "link_id": self.id,
            "link_currency": self.currency,
            "link_purpose": self.purpose,
            "customer_details": customer,
            "link_partial_payments": self.minimum.is_some(),
            "link_expiry_time": self.expires_at().to_string(),
            "link_notes": self.notes,
            "link_meta": {"return_url": self.return_url, "notify_url": self.notify_url},
        });
        let mut body = rest.to_string();
        // Numbers are written as text to avoid floating point.
        body.truncate(body.len() - 1);
        let amount = number(self.amount());
        write!(body, ",\"link_amount\":{amount}").unwrap();
        if let Some(minimum) = self.minimum() {
            let minimum = number(minimum);
            write!(body, ",\"link_minimum_partial_amount\":{minimum}").unwrap();
        }
        body.push('}');
        body
    }
}

/// One simulator for all cases, with support for every currency used.
struct SharedSimulator {
    runtime: Runtime,
    simulator: RunningSimulator,
    provider: Arc<dyn PaymentProvider>,
    http: reqwest::Client,
}

fn shared_simulator() -> &'static SharedSimulator {
    static SHARED: OnceLock<SharedSimulator> = OnceLock::new();
    SHARED.get_or_init(|| {
        let runtime = Runtime::new().unwrap();
        let simulator = runtime.block_on(async {
            let simulator = Simulator::new(SimulatorConfig::new().with_seed(1)).unwrap();
            simulator.update_settings(|settings| {
                settings.enabled_currencies.push("KWD".to_owned());
                settings.webhooks.drop = true;
            });
            simulator.start("127.0.0.1:0").await.unwrap()
        });
        let settings = support::settings(&simulator.api_base_url())
            .with("client_id", DEFAULT_CLIENT_ID)
            .with("client_secret", DEFAULT_CLIENT_SECRET);
        let provider = connect_with(
            provider_cashfree::CashfreeConfig::new().with_loopback(true),
            &settings,
        );
        SharedSimulator {
            runtime,
            simulator,
            provider,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    })
}

impl SharedSimulator {
    /// Returns the status with which the gateway answers this body.
    fn status_of(&self, body: String) -> u16 {
        let request = self
            .http
            .post(format!("{}/links", self.simulator.api_base_url()))
            .header("x-client-id", DEFAULT_CLIENT_ID)
            .header("x-client-secret", DEFAULT_CLIENT_SECRET)
            .header("x-api-version", "2025-01-01")
            .header("content-type", "application/json")
            .body(body);
        let answer = self.runtime.block_on(request.send()).unwrap();
        answer.status().as_u16()
    }

    fn link(&self, id: &str) -> Option<LinkSnapshot> {
        self.simulator.simulator().link(id)
    }
}

/// Gives the request a unique id of the same characters.
fn unique(mut values: RequestValues) -> RequestValues {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    values.id = format!("{}-{count}", values.id);
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn accepted_requests_are_created_and_returned_unchanged(values in request_values()) {
        let shared = shared_simulator();
        let values = unique(values);
        let request = values.request().unwrap();
        let prepared = shared.provider.prepare_checkout(&request).unwrap();
        let made = shared.runtime.block_on(shared.provider.create_checkout(&prepared)).unwrap();
        let CreatedCheckout::Created(checkout) = made else {
            panic!("not made: {made:?}");
        };
        prop_assert_eq!(checkout.amount, values.amount());
        prop_assert_eq!(checkout.expires_at, Some(prepared.expires_at));
        prop_assert_eq!(checkout.fingerprint, Some(prepared.fingerprint.clone()));
        let link = shared.link(&values.id).unwrap();
        prop_assert_eq!(link.amount.to_string(), values.amount().decimal().to_string());
        prop_assert_eq!(&link.currency, "INR");
        prop_assert_eq!(&link.purpose, &values.purpose);
        prop_assert_eq!(link.partial_payments, values.minimum.is_some());
        prop_assert_eq!(
            link.minimum_partial_amount.map(|it| it.to_string()),
            values.minimum().map(|it| it.decimal().to_string())
        );
        prop_assert_eq!(&link.return_url, &values.return_url);
        prop_assert_eq!(&link.notify_url, &values.notify_url);
        prop_assert_eq!(&link.customer.customer_name, &values.name);
        prop_assert_eq!(&link.customer.customer_email, &values.email);
        prop_assert_eq!(link.expires_at, prepared.expires_at);
        let mut notes = values.notes.clone();
        notes.insert("fingerprint".to_owned(), prepared.fingerprint.as_str().to_owned());
        prop_assert_eq!(&link.notes, &notes);
    }

    #[test]
    fn requests_that_preflight_refuses_are_refused_by_the_gateway(values in request_values(), flaw in proptest::sample::select(&FLAWS[..])) {
        let shared = shared_simulator();
        // Both sides accept the same request without the flaw, so the flaw causes the refusal.
        let sound = unique(values.clone()).with(Flaw::None);
        let request = sound.request().unwrap();
        prop_assert!(shared.provider.prepare_checkout(&request).is_ok());
        prop_assert_eq!(shared.status_of(sound.body()), 200);

        let flawed = unique(values).with(flaw);
        let accepted = flawed.request().is_some_and(|request| {
            shared.provider.prepare_checkout(&request).is_ok()
        });
        prop_assert!(!accepted, "{:?} is accepted by preflight", flaw);
        prop_assert_eq!(shared.status_of(flawed.body()), 400, "{:?}", flaw);
        prop_assert!(shared.link(&flawed.id).is_none());
    }
}
