//! Checks before anything is sent.

use payment_provider_core::{
    Capabilities, CheckoutLimits, CheckoutRequest, Currency, CurrencySupport, Customer,
    Fingerprint, PreparedCheckout, ProviderDescriptor, ViolationCode, Violations,
};
use serde_json::{Value, json};

use super::amount;
use super::memory::lock;
use super::provider::AcmeProvider;
use crate::flaw::Flaw;

const MAX_PURPOSE: usize = 200;

/// Returns what the gateway needs from a customer, by the fields of [`Customer`].
pub(super) fn needs(customer: &Customer) -> Violations {
    let mut needs = Violations::none();
    match &customer.email {
        None => needs.push("email", ViolationCode::Missing, "is required"),
        Some(email) if !email.expose().contains('@') => {
            needs.push("email", ViolationCode::Invalid, "must be an address");
        }
        Some(_) => {}
    }
    needs
}

impl AcmeProvider {
    pub(super) fn prepare(
        &self,
        request: &CheckoutRequest,
    ) -> Result<PreparedCheckout, Violations> {
        let profile = self.profile;
        if profile.has(Flaw::PrepareCallsGateway) {
            tokio::spawn(self.api.client.get(self.api.base.clone()).send());
        }
        if profile.has(Flaw::PhoneInLogs) {
            let phone = request.customer.phone.as_ref();
            let phone = phone.map(|phone| phone.expose().to_owned());
            tracing::debug!(?phone, "preparing");
        }
        if profile.has(Flaw::PanicsWithoutName) {
            let name = request.customer.name.as_ref();
            assert!(name.is_some(), "the customer has no name");
        }
        self.violations(request).into_result(())?;
        lock(&self.memory.prepared).insert(request.reference.to_string());
        let mut document = self.document(request);
        let content = document.to_string();
        let tag = Fingerprint::of(content.as_bytes());
        document["tag"] = tag.as_str().into();
        let mut end = request.expires_at;
        if profile.has(Flaw::ExpiresEarlier) {
            end -= jiff::SignedDuration::from_hours(1);
        }
        let mut reference = request.reference.clone();
        if profile.has(Flaw::TruncatesReferences) {
            let cut: String = reference.as_str().chars().take(30).collect();
            reference = cut.parse().unwrap_or(reference);
        }
        Ok(PreparedCheckout::new(
            self.descriptor.id.clone(),
            self.environment,
            reference,
            request.amount,
            end,
            tag,
            document.to_string(),
        ))
    }

    fn violations(&self, request: &CheckoutRequest) -> Violations {
        let profile = self.profile;
        let mut found = self
            .effective_descriptor()
            .check_request(request, self.api.now());
        if request.purpose.chars().count() > MAX_PURPOSE {
            let message = format!("must be at most {MAX_PURPOSE} characters");
            found.push("purpose", ViolationCode::TooLarge, message);
        }
        let smallest = request.partial_payments.and_then(|terms| terms.minimum);
        let amount = request.amount;
        if smallest.is_some_and(|least| least.checked_sub(amount).is_err()) {
            let message = "must be in the currency of the amount";
            found.push("partial_payments.minimum", ViolationCode::Invalid, message);
        }
        for need in needs(&request.customer) {
            let field = format!("customer.{}", need.field);
            let mut message = need.message;
            if profile.has(Flaw::EchoesCustomers) {
                let email = request.customer.email.as_ref();
                let email = email.map(payment_provider_core::Pii::expose);
                message = format!("{} is not an address", email.unwrap_or_default()).into();
            }
            found.push(field, need.code, message);
        }
        if let Some(extension) = request.options.extension(&self.descriptor.id) {
            for (field, _) in extension.fields() {
                let field = format!("extensions.{}.{field}", self.descriptor.id);
                found.push(field, ViolationCode::Unknown, "is not known");
            }
        }
        let mut kept = Violations::none();
        for violation in found {
            let past = violation.field == "expires_at" && profile.has(Flaw::AcceptsPastExpiry);
            let nothing =
                violation.field == "amount" && profile.has(Flaw::AcceptsNonPositiveAmounts);
            if !past && !nothing {
                kept.extend(Violations::one(violation));
            }
            if profile.has(Flaw::FirstViolationOnly) && !kept.is_empty() {
                break;
            }
        }
        kept
    }

    /// Returns the descriptor that requests are checked against. Some mutants declare less than
    /// they accept.
    fn effective_descriptor(&self) -> ProviderDescriptor {
        let mut effective_descriptor = self.descriptor.clone();
        let Capabilities {
            partial_payments,
            notify_url,
            method_choice,
            payer_notification,
            reminders,
            ..
        } = &mut effective_descriptor.capabilities;
        let profile = self.profile;
        *partial_payments |= profile.has(Flaw::AcceptsPartialPayments);
        *notify_url |= profile.has(Flaw::AcceptsNotifyUrl);
        *method_choice |= profile.has(Flaw::AcceptsMethods);
        *payer_notification |= profile.has(Flaw::AcceptsNotification);
        *reminders |= profile.has(Flaw::AcceptsReminders);
        if profile.has(Flaw::AcceptsLongReferences) {
            effective_descriptor.limits.reference_length = 50;
        }
        if profile.has(Flaw::AcceptsAnyLifetime) {
            let length = effective_descriptor.limits.reference_length;
            effective_descriptor.limits = CheckoutLimits::default().with_reference_length(length);
        }
        if profile.has(Flaw::AcceptsAnyCurrency) {
            effective_descriptor.currencies = CurrencySupport::Any;
        }
        if profile.has(Flaw::RefusesADeclaredCurrency) {
            let list = vec![Currency::INR, Currency::JPY];
            effective_descriptor.currencies = CurrencySupport::Only(list);
        }
        effective_descriptor
    }

    fn document(&self, request: &CheckoutRequest) -> Value {
        let profile = self.profile;
        let customer = &request.customer;
        let text = |personal: &Option<payment_provider_core::Pii>| {
            let personal = personal.as_ref();
            personal.map(|text| text.expose().to_owned())
        };
        let mut document = json!({
            "amount": amount::write(request.amount, profile),
            "currency": request.amount.currency().code(),
            "purpose": request.purpose,
            "ends": request.expires_at.to_string(),
            "customer": {
                "id": customer.id.as_str(),
                "name": text(&customer.name),
                "email": text(&customer.email),
                "phone": text(&customer.phone),
            },
            "return_to": request.return_url.as_ref().map(url::Url::as_str),
            "notes": request.options.notes,
        });
        if let (Some(url), false) = (&request.notify_url, profile.has(Flaw::DropsNotifyUrl)) {
            document["notify"] = url.as_str().into();
        }
        if let Some(terms) = &request.partial_payments {
            let least = terms.minimum.map(|least| amount::write(least, profile));
            document["parts"] = json!({"least": least});
        }
        let options = &request.options;
        if !options.methods.is_empty() && !profile.has(Flaw::DropsMethods) {
            let methods: Vec<_> = options
                .methods
                .iter()
                .map(|method| method.as_str())
                .collect();
            document["methods"] = methods.into();
        }
        if options.notify_payer.is_any() && !profile.has(Flaw::DropsNotification) {
            let (sms, email) = (options.notify_payer.sms, options.notify_payer.email);
            document["write_to_payer"] = json!({"sms": sms, "email": email});
        }
        if options.reminders && !profile.has(Flaw::DropsReminders) {
            document["remind"] = true.into();
        }
        if profile.has(Flaw::ReadsForeignExtensions) {
            for extension in &options.extensions {
                for (field, json) in extension.fields() {
                    document[field] = json.into();
                }
            }
        }
        if profile.has(Flaw::BytesDependOnTime) {
            document["asked_at"] = self.api.now().as_second().into();
        }
        document
    }
}
