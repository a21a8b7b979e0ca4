use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::ProviderDescriptor;
use crate::{
    CheckoutRequest, Environment, Operation, PreparedCheckout, ProviderError, ProviderErrorKind,
    ViolationCode, Violations,
};

impl ProviderDescriptor {
    /// Checks a request against this description alone. Violations are an amount of zero or less, a
    /// currency or an option that is not offered, and a reference or a lifetime outside the limits.
    ///
    /// The first step of any preflight; the provider adds the checks that only its gateway
    /// requires. Fields are named as in [`CheckoutRequest`].
    pub fn check_request(&self, request: &CheckoutRequest, now: Timestamp) -> Violations {
        let mut found = Violations::none();
        if request.reference.as_str().len() > self.limits.reference_length {
            let message = format!(
                "must be at most {} characters",
                self.limits.reference_length
            );
            found.push("reference", ViolationCode::TooLarge, message);
        }
        if !request.amount.is_positive() {
            found.push(
                "amount",
                ViolationCode::TooSmall,
                "must be more than nothing",
            );
        }
        if !self.currencies.allows(request.amount.currency()) {
            let message = "is in a currency that this gateway does not offer";
            found.push("amount", ViolationCode::Unsupported, message);
        }
        self.check_life(request.expires_at, now, &mut found);
        self.check_options(request, &mut found);
        found
    }

    fn check_life(&self, end: Timestamp, now: Timestamp, found: &mut Violations) {
        const FIELD: &str = "expires_at";
        let life = end.duration_since(now);
        let limits = &self.limits;
        if !life.is_positive() {
            found.push(FIELD, ViolationCode::TooSmall, "must be in the future");
        } else if let Some(shortest) = limits
            .shortest_life
            .filter(|shortest| life < signed(*shortest))
        {
            let message = format!("must be at least {} seconds from now", shortest.as_secs());
            found.push(FIELD, ViolationCode::TooSmall, message);
        } else if let Some(longest) = limits
            .longest_life
            .filter(|longest| life > signed(*longest))
        {
            let message = format!("must be at most {} seconds from now", longest.as_secs());
            found.push(FIELD, ViolationCode::TooLarge, message);
        }
    }

    fn check_options(&self, request: &CheckoutRequest, found: &mut Violations) {
        let offered = &self.capabilities;
        let options = &request.options;
        let wishes = [
            (
                "notify_url",
                request.notify_url.is_some(),
                offered.notify_url,
            ),
            (
                "partial_payments",
                request.partial_payments.is_some(),
                offered.partial_payments,
            ),
            (
                "options.methods",
                !options.methods.is_empty(),
                offered.method_choice,
            ),
            (
                "options.notify_payer",
                options.notify_payer.is_any(),
                offered.payer_notification,
            ),
            ("options.reminders", options.reminders, offered.reminders),
        ];
        for (field, wished, offered) in wishes {
            if wished && !offered {
                let message = "is not offered by this gateway";
                found.push(field, ViolationCode::Unsupported, message);
            }
        }
    }

    /// Creates an error of this provider.
    pub fn error(&self, kind: ProviderErrorKind, operation: Operation) -> ProviderError {
        ProviderError::new(kind, operation, self.id.clone())
    }

    /// Creates the error for an operation that this provider does not offer.
    pub fn unsupported(&self, operation: Operation) -> ProviderError {
        self.error(ProviderErrorKind::Unsupported, operation)
    }

    /// Checks that a prepared checkout belongs to this provider and environment: a connection must
    /// refuse any other before anything is sent.
    pub fn check_prepared(
        &self,
        prepared: &PreparedCheckout,
        environment: Environment,
    ) -> Violations {
        let mut found = Violations::none();
        if prepared.provider != self.id {
            let message = "must be that of the provider that is called";
            found.push("provider", ViolationCode::Invalid, message);
        }
        if prepared.environment != environment {
            let message = "must be that of the connection that is called";
            found.push("environment", ViolationCode::Invalid, message);
        }
        found
    }
}

/// Converts a limit, which is never negative; a limit too large to convert becomes the maximum,
/// which exceeds any lifetime.
fn signed(limit: Duration) -> SignedDuration {
    SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use url::Url;

    use super::*;
    use crate::{
        Capabilities, CheckoutLimits, CheckoutOptions, CheckoutReference, Currency,
        CurrencySupport, Customer, CustomerId, Fingerprint, Money, PartialPayments,
        PayerNotification, PaymentMethod, ProviderId, SettingsSchema,
    };

    // 2026-11-21T09:00:00Z
    const NOW: Timestamp = Timestamp::constant(1_795_251_600, 0);

    fn descriptor(capabilities: Capabilities) -> ProviderDescriptor {
        let limits = CheckoutLimits::default()
            .with_reference_length(20)
            .with_life(Duration::from_mins(15), Duration::from_hours(24));
        let id = ProviderId::new("test").unwrap();
        ProviderDescriptor::new(id, "Test", SettingsSchema::default())
            .with_capabilities(capabilities)
            .with_currencies(CurrencySupport::Only(vec![Currency::INR]))
            .with_limits(limits)
    }

    fn request() -> CheckoutRequest {
        CheckoutRequest::new(
            CheckoutReference::new("r".repeat(20)).unwrap(),
            Money::from_minor_units(1, Currency::INR),
            "Invoice",
            Customer::new(CustomerId::new("c").unwrap()),
            NOW + Duration::from_mins(15),
        )
    }

    fn fields(descriptor: &ProviderDescriptor, request: &CheckoutRequest) -> Vec<String> {
        let violations = descriptor.check_request(request, NOW);
        let fields = violations
            .iter()
            .map(|violation| violation.field.to_string());
        fields.collect()
    }

    #[test]
    fn a_request_within_the_limits_is_right() {
        let plain = descriptor(Capabilities::default());
        assert_eq!(fields(&plain, &request()), [""; 0]);
        let mut longest = request();
        longest.expires_at = NOW + Duration::from_hours(24);
        assert_eq!(fields(&plain, &longest), [""; 0]);
    }

    #[test]
    fn everything_outside_is_told_at_once() {
        let mut wrong = request();
        wrong.reference = CheckoutReference::new("r".repeat(21)).unwrap();
        wrong.amount = Money::zero(Currency::JPY);
        wrong.expires_at = NOW;
        let options = CheckoutOptions::new()
            .with_methods([PaymentMethod::Upi])
            .with_notify_payer(PayerNotification::NONE.by_email())
            .with_reminders();
        let wrong = wrong
            .with_notify_url(Url::parse("https://host.example").unwrap())
            .with_partial_payments(PartialPayments::any())
            .with_options(options);
        let limited = [
            "reference",
            "amount",
            "amount",
            "expires_at",
            "notify_url",
            "partial_payments",
            "options.methods",
            "options.notify_payer",
            "options.reminders",
        ];
        assert_eq!(
            fields(&descriptor(Capabilities::default()), &wrong),
            limited
        );
        let all = Capabilities::default()
            .with_notify_url()
            .with_partial_payments()
            .with_method_choice()
            .with_payer_notification()
            .with_reminders();
        assert_eq!(fields(&descriptor(all), &wrong), limited[..4]);
    }

    #[test]
    fn a_life_too_short_or_too_long_is_told() {
        let plain = descriptor(Capabilities::default());
        let second = Duration::from_secs(1);
        for end in [
            NOW - second,
            NOW + Duration::from_mins(15) - second,
            NOW + Duration::from_hours(24) + second,
            Timestamp::MAX,
            Timestamp::MIN,
        ] {
            let mut wrong = request();
            wrong.expires_at = end;
            assert_eq!(fields(&plain, &wrong), ["expires_at"], "{end}");
        }
    }

    #[test]
    fn what_was_prepared_elsewhere_is_told() {
        let plain = descriptor(Capabilities::default());
        let mut prepared = PreparedCheckout::new(
            ProviderId::new("other").unwrap(),
            Environment::Production,
            request().reference,
            request().amount,
            NOW,
            Fingerprint::of(b""),
            &b""[..],
        );
        let violations = plain.check_prepared(&prepared, Environment::Sandbox);
        assert!(violations.names("provider") && violations.names("environment"));
        let error = plain.unsupported(Operation::FetchCheckout);
        assert_eq!(error.to_string(), "test fetch_checkout: not supported");
        prepared.provider = plain.id.clone();
        prepared.environment = Environment::Sandbox;
        assert!(
            plain
                .check_prepared(&prepared, Environment::Sandbox)
                .is_empty()
        );
    }
}
