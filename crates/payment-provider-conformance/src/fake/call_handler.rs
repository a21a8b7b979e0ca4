use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutStatus, CreatedCheckout, Customer,
    CustomerLink, Difference, Effect, Fingerprint, GatewayCheckoutId, Money, Operation, OrderId,
    Payment, PreparedCheckout, ProviderError, ProviderErrorKind, ProviderId, Refund, Violations,
};

use super::body::CheckoutBody;
use super::checkout_record::CheckoutRecord;
use super::counts::CheckoutCounts;
use super::scripted_response::ResponsePlan;
use super::settings::AccountKey;
use super::state::GatewayState;

/// Processes one call at the gateway.
pub(super) struct CallHandler<'a> {
    pub(super) state: &'a mut GatewayState,
    pub(super) account: &'a AccountKey,
    pub(super) plan: ResponsePlan,
    pub(super) errors: &'a Errors,
}

/// Creates the errors of one call.
pub(super) struct Errors {
    pub(super) provider: ProviderId,
    pub(super) operation: Operation,
    /// `None` for an operation that makes no call.
    pub(super) request_id: Option<String>,
}

impl Errors {
    pub(super) fn of(&self, kind: ProviderErrorKind) -> ProviderError {
        let error = ProviderError::new(kind, self.operation, self.provider.clone());
        let Some(request_id) = &self.request_id else {
            return error;
        };
        let status = match kind {
            ProviderErrorKind::InvalidRequest => 400,
            ProviderErrorKind::Authentication => 401,
            ProviderErrorKind::NotFound => 404,
            ProviderErrorKind::Conflict => 409,
            ProviderErrorKind::Refused => 422,
            ProviderErrorKind::RateLimited => 429,
            ProviderErrorKind::Unavailable => 503,
            ProviderErrorKind::UnreadableAnswer => 200,
            // There was no response.
            _ => return error,
        };
        let error = error.with_status(status).with_request_id(request_id);
        if kind == ProviderErrorKind::UnreadableAnswer {
            return error;
        }
        error
            .with_gateway_code(format!("fake_{}", kind.as_str()))
            .with_gateway_message(format!("fake gateway: {kind}"))
    }

    fn conflict(&self, differences: Vec<Difference>, effect: Effect) -> ProviderError {
        self.of(ProviderErrorKind::Conflict)
            .with_differences(differences)
            .with_effect(effect)
    }
}

impl CallHandler<'_> {
    /// Creates the checkout, or adopts the existing one.
    pub(super) fn create(
        &mut self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError> {
        let errors = self.errors;
        if let Some(record) = self.state.find(self.account, prepared.reference.as_str()) {
            let differences = differences(prepared, record.amount, &record.fingerprint());
            if !differences.is_empty() {
                record.counts.conflicts += 1;
                return Err(errors.conflict(differences, Effect::Rejected));
            }
            record.counts.adopted += 1;
            return Ok(CreatedCheckout::Adopted(record.view()));
        }
        let body = serde_json::from_slice::<CheckoutBody>(&prepared.body).ok();
        let body = body.filter(|body| {
            body.reference == prepared.reference && body.expires_at > self.state.now
        });
        let body = body.ok_or_else(|| errors.of(ProviderErrorKind::InvalidRequest))?;
        let gateway_id = GatewayCheckoutId::new(self.state.new_id("chk"));
        let order_id = OrderId::new(self.state.new_id("order"));
        let record = CheckoutRecord {
            amount: match self.plan {
                ResponsePlan::CreateWithAmount(amount) => amount,
                _ => body.amount,
            },
            body,
            bytes: prepared.body.clone(),
            gateway_id: gateway_id.expect("letters and digits"),
            order_id: order_id.expect("letters and digits"),
            ended: None,
            reported: None,
            payments: Vec::new(),
            refunds: Vec::new(),
            counts: CheckoutCounts::default(),
        };
        let (view, amount, fingerprint) = (record.view(), record.amount, record.fingerprint());
        self.state.account(self.account).checkouts.push(record);
        // A new checkout is compared with the request too.
        let differences = differences(prepared, amount, &fingerprint);
        if differences.is_empty() {
            Ok(CreatedCheckout::Created(view))
        } else {
            Err(errors.conflict(differences, Effect::MaybeApplied))
        }
    }

    pub(super) fn fetch(&mut self, locator: &CheckoutLocator) -> Result<Checkout, ProviderError> {
        let record = self.lookup(locator)?;
        record.counts.fetched += 1;
        Ok(record.view())
    }

    pub(super) fn list(
        &mut self,
        locator: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError> {
        let lags =
            std::mem::replace(&mut self.plan, ResponsePlan::Succeed) == ResponsePlan::StaleRead;
        let record = self.lookup(locator)?;
        record.counts.listed += 1;
        let known = record.payments.len();
        let listed = if lags { known.saturating_sub(1) } else { known };
        Ok(record.payments[..listed].to_vec())
    }

    /// Lists the refunds of these payments.
    pub(super) fn list_refunds(
        &mut self,
        locator: &CheckoutLocator,
        payments: &[Payment],
    ) -> Result<Vec<Refund>, ProviderError> {
        let lags =
            std::mem::replace(&mut self.plan, ResponsePlan::Succeed) == ResponsePlan::StaleRead;
        let record = self.lookup(locator)?;
        record.counts.refunds_listed += 1;
        let known = record.refunds.len();
        let listed = if lags { known.saturating_sub(1) } else { known };
        let of_these = |refund: &&Refund| {
            let mut payments = payments.iter();
            payments.any(|payment| refund.payment_id.as_ref() == Some(&payment.id))
        };
        let refunds = record.refunds[..listed].iter();
        Ok(refunds.filter(of_these).cloned().collect())
    }

    pub(super) fn cancel(
        &mut self,
        locator: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError> {
        let refuses = self.plan == ResponsePlan::RefuseCancellation;
        let record = self.lookup(locator)?;
        record.counts.cancelled += 1;
        if !record.status().is_payable() {
            return Ok(Cancellation::AlreadyEnded(record.view()));
        }
        if refuses {
            return Ok(Cancellation::StillPayable(record.view()));
        }
        let reference = &locator.reference;
        self.state
            .end(self.account, reference, CheckoutStatus::Cancelled);
        Ok(Cancellation::Cancelled(self.lookup(locator)?.view()))
    }

    pub(super) fn link(&mut self, customer: &Customer, needs: Violations) -> CustomerLink {
        if let Some(known) = self.state.account(self.account).customers.get(&customer.id) {
            return CustomerLink::remote(known, needs);
        }
        let id = self.state.new_id("cust");
        let customers = &mut self.state.account(self.account).customers;
        customers.insert(customer.id.clone(), id.clone());
        CustomerLink::remote(id, needs)
    }

    /// Finds the checkout by its reference, and compares the gateway id.
    fn lookup(&mut self, locator: &CheckoutLocator) -> Result<&mut CheckoutRecord, ProviderError> {
        let errors = self.errors;
        let lags = self.plan == ResponsePlan::StaleRead;
        let found = self.state.find(self.account, locator.reference.as_str());
        let Some(record) = found.filter(|_| !lags) else {
            return Err(errors.of(ProviderErrorKind::NotFound));
        };
        if let Some(expected) = record.other_id(locator) {
            let difference = Difference::new("gateway_id", expected, &record.gateway_id);
            return Err(errors.conflict(vec![difference], Effect::Rejected));
        }
        Ok(record)
    }
}

fn differences(asked: &PreparedCheckout, amount: Money, found: &Fingerprint) -> Vec<Difference> {
    let mut differences = Vec::new();
    if asked.amount != amount {
        differences.push(Difference::new("amount", asked.amount, amount));
    }
    if asked.fingerprint != *found {
        let difference = Difference::new("fingerprint", &asked.fingerprint, found);
        differences.push(difference);
    }
    differences
}
