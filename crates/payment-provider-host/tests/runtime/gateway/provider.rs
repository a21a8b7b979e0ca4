//! The provider of one connection to the gateway.

use std::sync::Arc;

use async_trait::async_trait;
use payment_provider_core::*;

use super::{Fault, Gateway, Link, State};

pub(super) struct Memory {
    pub(super) descriptor: ProviderDescriptor,
    pub(super) gateway: Gateway,
    pub(super) keys: Vec<String>,
    pub(super) environment: Environment,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    fn error(&self, kind: ProviderErrorKind, operation: Operation) -> ProviderError {
        ProviderError::new(kind, operation, self.descriptor.id.clone())
    }

    fn checkout(&self, reference: &str) -> Option<Checkout> {
        let state = self.gateway.state();
        let link = state.links.get(reference)?;
        let page = format!("https://pay.example/{reference}").parse().unwrap();
        let mut checkout = Checkout::new(
            CheckoutReference::new(reference).unwrap(),
            link.status.clone(),
            link.amount,
            NextAction::Redirect(page),
        );
        let unlisted = state.unlisted.get(reference).copied().unwrap_or(0);
        let paid = link.paid().minor_units() + unlisted;
        checkout.amount_paid = Money::from_minor_units(paid, link.amount.currency());
        checkout.gateway_id = GatewayCheckoutId::new(link.gateway_id.clone()).ok();
        checkout.fingerprint = Some(link.fingerprint.clone());
        checkout.order_id.clone_from(&state.own_order);
        Some(checkout)
    }

    fn read(
        &self,
        locator: &CheckoutLocator,
        operation: Operation,
    ) -> Result<Checkout, ProviderError> {
        let reference = locator.reference.as_str();
        let mut state = self.gateway.state();
        state.calls.push(format!("{operation} {reference}"));
        if state.unaskable && operation != Operation::CancelCheckout {
            return Err(self.error(ProviderErrorKind::Unsupported, operation));
        }
        if state.faults.front() == Some(&Fault::Down) {
            state.faults.pop_front();
            return Err(self.error(ProviderErrorKind::Timeout, operation));
        }
        if state.faults.front() == Some(&Fault::Revoked) {
            state.faults.pop_front();
            return Err(self.error(ProviderErrorKind::Authentication, operation));
        }
        if state.faults.front() == Some(&Fault::Skip) {
            state.faults.pop_front();
        }
        drop(state);
        self.checkout(reference)
            .ok_or_else(|| self.error(ProviderErrorKind::NotFound, operation))
    }
}

#[async_trait]
impl PaymentProvider for Memory {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn environment(&self) -> Environment {
        self.environment
    }

    async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError> {
        Ok(ConnectionCheck::new(
            CredentialCheck::Accepted,
            self.environment,
        ))
    }

    async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError> {
        let mut needs = Violations::none();
        if customer.phone.is_none() {
            needs.push("phone", ViolationCode::Missing, "is required");
        }
        Ok(CustomerLink::local(needs))
    }

    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations> {
        let mut violations = Violations::none();
        if request.customer.phone.is_none() {
            violations.push("customer.phone", ViolationCode::Missing, "is required");
        }
        let body = format!(
            "{} {} {}",
            request.reference, request.amount, request.purpose
        );
        let customer = &request.customer;
        let details = [&customer.phone, &customer.email];
        let details = details.map(|detail| detail.as_ref().map(Pii::expose));
        let customer = format!("{details:?}");
        let prepared = PreparedCheckout::new(
            self.descriptor.id.clone(),
            self.environment,
            request.reference.clone(),
            request.amount,
            request.expires_at,
            Fingerprint::of(body.as_bytes()),
            body,
        );
        let fingerprint = Some(Fingerprint::of(customer.as_bytes()));
        violations.into_result(prepared.with_customer_fingerprint(fingerprint))
    }

    async fn create_checkout(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError> {
        // Lets another caller come in between, as a network does.
        tokio::task::yield_now().await;
        self.gateway.wait_while(|state| state.hold).await;
        let operation = Operation::CreateCheckout;
        let reference = prepared.reference.as_str();
        let fault = {
            let mut state = self.gateway.state();
            state.calls.push(format!("{operation} {reference}"));
            match state.faults.front() {
                Some(Fault::Down | Fault::Revoked | Fault::Skip) | None => None,
                Some(_) => state.faults.pop_front(),
            }
        };
        match fault {
            Some(Fault::BeforeCommit) => {
                return Err(self.error(ProviderErrorKind::Timeout, operation));
            }
            Some(Fault::Refused) => {
                let error = self.error(ProviderErrorKind::Refused, operation);
                return Err(error.with_gateway_code("not_enabled"));
            }
            _ => {}
        }
        let existing = self.checkout(reference);
        if let Some(found) = existing {
            assert_eq!(
                found.fingerprint.as_ref(),
                Some(&prepared.fingerprint),
                "other bytes"
            );
            return Ok(CreatedCheckout::Adopted(found));
        }
        {
            let wrong = Money::from_minor_units(999_900, prepared.amount.currency());
            let mut state = self.gateway.state();
            state.creations += 1;
            let link = Link {
                amount: if state.wrong_amount {
                    wrong
                } else {
                    prepared.amount
                },
                status: CheckoutStatus::Open,
                payments: Vec::new(),
                fingerprint: prepared.fingerprint.clone(),
                gateway_id: format!("g{}", state.creations),
            };
            state.links.insert(reference.to_owned(), link);
        }
        self.gateway.wait_while(|state| state.hold_answer).await;
        if self.gateway.state().wrong_amount {
            return Err(self
                .error(ProviderErrorKind::Conflict, operation)
                .with_effect(Effect::MaybeApplied));
        }
        if fault == Some(Fault::AfterCommit) {
            return Err(self.error(ProviderErrorKind::Timeout, operation));
        }
        let made = self
            .checkout(reference)
            .ok_or_else(|| self.error(ProviderErrorKind::NotFound, operation))?;
        Ok(CreatedCheckout::Created(made))
    }

    async fn fetch_checkout(&self, checkout: &CheckoutLocator) -> Result<Checkout, ProviderError> {
        let found = self.read(checkout, Operation::FetchCheckout);
        let reference = checkout.reference.to_string();
        let is_held = |state: &State| state.hold || state.hung.contains(&reference);
        self.gateway.wait_while(is_held).await;
        found
    }

    async fn cancel_checkout(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError> {
        if self.gateway.state().unsupported {
            self.gateway.wait_while(|state| state.hold).await;
            return Err(self.error(ProviderErrorKind::Unsupported, Operation::CancelCheckout));
        }
        let found = self.read(checkout, Operation::CancelCheckout)?;
        self.gateway.wait_while(|state| state.hold).await;
        if !found.status.is_payable() {
            return Ok(Cancellation::AlreadyEnded(found));
        }
        if self.gateway.state().will_not_cancel {
            return Ok(Cancellation::StillPayable(found));
        }
        let reference = checkout.reference.as_str();
        if let Some(link) = self.gateway.state().links.get_mut(reference) {
            link.status = CheckoutStatus::Cancelled;
        }
        Ok(Cancellation::Cancelled(
            self.read(checkout, Operation::CancelCheckout)?,
        ))
    }

    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError> {
        let reference = checkout.reference.as_str();
        self.gateway
            .state()
            .calls
            .push(format!("list_payments {reference}"));
        if self.gateway.state().list_is_down {
            return Err(self.error(ProviderErrorKind::Timeout, Operation::ListPayments));
        }
        let links = &self.gateway.state().links;
        let link = links.get(reference);
        link.map(|link| link.payments.clone())
            .ok_or_else(|| self.error(ProviderErrorKind::NotFound, Operation::ListPayments))
    }

    fn refund_inquiry(&self) -> Option<Arc<dyn RefundInquiry>> {
        let gateway = self.gateway.clone();
        let declared = self.descriptor.capabilities.refund_inquiry;
        declared.then(|| Arc::new(Refunds(gateway)) as Arc<dyn RefundInquiry>)
    }

    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError> {
        let secret = request.header("x-secret").unwrap_or_default();
        let labels: Vec<_> = (0..self.keys.len())
            .map(|position| SecretLabel::new(format!("key {position}")))
            .collect();
        let mut check = SignatureCheck::new(secret.as_bytes());
        for (label, key) in labels.iter().zip(&self.keys) {
            check.compare(label, key.as_bytes());
        }
        let Some(matched) = check.finish() else {
            let kind = ProviderErrorKind::InvalidSignature;
            let error = self.error(kind, Operation::HandleWebhook);
            return Err(match request.header("x-secret") {
                Some(_) => error,
                None => error.with_unsigned(),
            });
        };
        let events = serde_json::from_slice(&request.body).unwrap_or_default();
        let stale = request.headers.contains_key("x-stale");
        let timestamp_check = if stale {
            TimestampCheck::Stale
        } else {
            TimestampCheck::Fresh
        };
        Ok(VerifiedWebhook::new(
            Verification::SharedSecret(matched),
            self.environment,
            timestamp_check,
            events,
        ))
    }
}

/// The gateway's query of refunds.
#[derive(Debug)]
struct Refunds(Gateway);

#[async_trait]
impl RefundInquiry for Refunds {
    async fn list_refunds(
        &self,
        checkout: &CheckoutLocator,
        payments: &[Payment],
    ) -> Result<Vec<Refund>, ProviderError> {
        let mut state = self.0.state();
        state
            .calls
            .push(format!("list_refunds {}", checkout.reference));
        if state.refunds_are_down {
            let (kind, operation) = (ProviderErrorKind::Timeout, Operation::ListRefunds);
            let provider = ProviderId::new("memory").unwrap();
            let error = ProviderError::new(kind, operation, provider);
            return Err(match state.refunds_advice {
                Some(advice) => error.with_retry(advice),
                None => error,
            });
        }
        let is_listed = |refund: &&Refund| {
            payments
                .iter()
                .any(|payment| refund.payment_id.as_ref() == Some(&payment.id))
        };
        let refunds = state.refunds.iter().flatten().filter(is_listed);
        Ok(refunds.cloned().collect())
    }
}
