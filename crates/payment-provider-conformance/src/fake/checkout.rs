use bytes::Bytes;
use payment_provider_core::{
    CheckoutLocator, CheckoutReference, CheckoutSnapshot, CheckoutStatus, Money, NextAction,
    PayerNotification, Payment, PaymentStatus,
};
use url::Url;

use super::checkout_record::CheckoutRecord;
use super::counts::CheckoutCounts;
use super::delivery::FakeDelivery;
use super::handle::GatewayHandle;
use super::payment::FakePayment;
use super::returns;
use super::settings::AccountKey;

/// A checkout at a [`FakeGateway`](super::FakeGateway), as its payer and the gateway's dashboard
/// see it.
///
/// Payments are not validated: a payer can pay too much, in another currency, or after the end, as
/// some gateways allow.
///
/// # Examples
/// ```
/// # use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
/// # use payment_provider_core::{
/// #     CheckoutReference, CheckoutRequest, Customer, CustomerId, PaymentProvider,
/// # };
/// use payment_provider_conformance::fake::FakeGateway;
/// use payment_provider_core::{CheckoutStatus, Currency, Money};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let gateway = FakeGateway::new();
/// # let provider = gateway.connect("main");
/// # let request = CheckoutRequest::new(
/// #     CheckoutReference::new("inv-1")?,
/// #     Money::from_decimal("200.12", Currency::INR)?,
/// #     "Invoice 1",
/// #     Customer::new(CustomerId::new("customer-7")?),
/// #     Timestamp::now() + SignedDuration::from_hours(1),
/// # );
/// # provider.create_checkout(&provider.prepare_checkout(&request)?).await?;
/// // A host has created the checkout `inv-1` for INR 200.12.
/// let checkout = gateway.checkout("inv-1");
/// checkout.fail_payment();
/// checkout.pay_amount(Money::from_decimal("100.00", Currency::INR)?);
/// assert_eq!(checkout.status(), CheckoutStatus::PartiallyPaid);
/// checkout.pay();
/// assert_eq!(checkout.status(), CheckoutStatus::Paid);
/// assert_eq!(checkout.payments().len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FakeCheckout {
    gateway: GatewayHandle,
    account: AccountKey,
    reference: CheckoutReference,
}

impl FakeCheckout {
    /// Returns the checkouts of all accounts that match.
    pub(super) fn of_accounts(
        gateway: &GatewayHandle,
        matches: impl Fn(&AccountKey) -> bool,
    ) -> Vec<Self> {
        let state = gateway.state();
        let accounts = state.accounts.iter().filter(|(key, _)| matches(key));
        let checkouts = accounts.flat_map(|(key, account)| {
            let records = account.checkouts.iter();
            records.map(|record| (key.clone(), record.reference().clone()))
        });
        checkouts
            .map(|(account, reference)| Self {
                gateway: gateway.clone(),
                account,
                reference,
            })
            .collect()
    }

    /// Returns the only checkout with this reference.
    #[track_caller]
    pub(super) fn only(checkouts: Vec<Self>, reference: &str) -> Self {
        let mut found = checkouts
            .into_iter()
            .filter(|checkout| checkout.reference.as_str() == reference);
        match (found.next(), found.next()) {
            (Some(checkout), None) => checkout,
            (None, _) => panic!("there is no checkout `{reference}`"),
            _ => panic!("several accounts have a checkout `{reference}`"),
        }
    }

    /// Returns the reference that the host has assigned.
    pub const fn reference(&self) -> &CheckoutReference {
        &self.reference
    }

    /// Returns the name of the account.
    pub fn account(&self) -> &str {
        &self.account.name
    }

    /// Returns the locator with the reference and the gateway's id.
    pub fn locator(&self) -> CheckoutLocator {
        self.read(|record| record.view().locator())
    }

    /// Returns the current status.
    pub fn status(&self) -> CheckoutStatus {
        self.read(CheckoutRecord::status)
    }

    /// Returns the status and amounts that a delivery would report.
    pub fn snapshot(&self) -> CheckoutSnapshot {
        self.read(CheckoutRecord::snapshot)
    }

    /// Returns the next action of the payer.
    pub fn next_action(&self) -> NextAction {
        self.read(CheckoutRecord::next_action)
    }

    /// Returns all payment attempts in order.
    pub fn payments(&self) -> Vec<Payment> {
        self.read(|record| record.payments.clone())
    }

    /// Returns the numbers of calls about the checkout.
    pub fn counts(&self) -> CheckoutCounts {
        self.read(|record| record.counts)
    }

    /// Returns the request body that created the checkout, byte for byte. It contains personal
    /// data.
    pub fn body(&self) -> Bytes {
        self.read(|record| record.bytes.clone())
    }

    /// Returns the channels on which the gateway notifies the payer.
    pub fn notifies_payer(&self) -> PayerNotification {
        self.read(|record| record.body.notify_payer())
    }

    /// Returns true if the gateway sends reminders to the payer.
    pub fn reminds_payer(&self) -> bool {
        self.read(|record| record.body.reminders)
    }

    /// Returns the URL to which the payer's browser would return now. It is signed if signed
    /// returns are declared.
    pub fn return_url(&self) -> Url {
        let capabilities = self.gateway.config().descriptor.capabilities;
        let secret = capabilities
            .signed_returns
            .then(|| self.gateway.secret_of(&self.account));
        self.read(|record| returns::url(record, secret.as_ref()))
    }

    /// Pays the remaining amount, or the full amount again if the checkout is paid. After an expiry
    /// or a cancellation, this is a late payment that was begun before.
    pub fn pay(&self) -> FakePayment {
        self.attempt_payment(
            self.read(CheckoutRecord::remaining),
            PaymentStatus::Succeeded,
        )
    }

    /// Pays this amount, which may be partial, too high, or in another currency.
    pub fn pay_amount(&self, amount: Money) -> FakePayment {
        self.attempt_payment(amount, PaymentStatus::Succeeded)
    }

    /// Attempts to pay the remaining amount and fails.
    pub fn fail_payment(&self) -> FakePayment {
        self.attempt_payment(self.read(CheckoutRecord::remaining), PaymentStatus::Failed)
    }

    /// Begins a payment of the remaining amount. It stays pending until
    /// [`succeed`](FakePayment::succeed) or [`fail`](FakePayment::fail) is called.
    pub fn begin_payment(&self) -> FakePayment {
        self.attempt_payment(self.read(CheckoutRecord::remaining), PaymentStatus::Pending)
    }

    /// Attempts to pay this amount with this outcome, which may be an unknown status.
    pub fn attempt_payment(&self, amount: Money, status: PaymentStatus) -> FakePayment {
        let mut state = self.gateway.state();
        let id = state.new_payment_id();
        let payment = Payment::new(id.clone(), status, amount);
        state.attempt_payment(&self.account, &self.reference, payment);
        drop(state);
        FakePayment::new(
            self.gateway.clone(),
            self.account.clone(),
            self.reference.clone(),
            id,
        )
    }

    /// Expires the checkout, whatever the clock says. A checkout that has ended is not changed.
    pub fn expire(&self) {
        let mut state = self.gateway.state();
        state.end(&self.account, &self.reference, CheckoutStatus::Expired);
    }

    /// Makes the gateway report this status from now on, and in a delivery, whatever the actual
    /// state is: an unknown status, or paid with less than the amount.
    pub fn report_status(&self, status: CheckoutStatus) {
        let mut state = self.gateway.state();
        if let Some(record) = state.find(&self.account, self.reference.as_str()) {
            record.reported = Some(status);
        }
        state.report_checkout(&self.account, &self.reference, None);
    }

    /// Returns all deliveries about the checkout so far, in the order in which they occurred.
    pub fn deliveries(&self) -> Vec<FakeDelivery> {
        FakeDelivery::matching(&self.gateway, |delivery| {
            delivery.account == self.account && delivery.reference.as_ref() == Some(&self.reference)
        })
    }

    fn read<T>(&self, read: impl FnOnce(&CheckoutRecord) -> T) -> T {
        let mut state = self.gateway.state();
        let record = state.find(&self.account, self.reference.as_str());
        read(record.expect("checkouts are never removed"))
    }
}
