//! The model of the in-memory gateway.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_conformance::fake::{FakeAccount, FakeGateway, FakePayment, ScriptedResponse};
use payment_provider_conformance::reexport::http::HeaderMap;
use payment_provider_conformance::reexport::secrecy::{ExposeSecret, SecretString};
use payment_provider_conformance::reexport::url::Url;
use payment_provider_conformance::{
    Anomaly, DeliveryTimestamp, GatewayModel, GatewayRefusal, InjectedFault, MerchantAccount,
    ModelResult, ProviderUnderTest, Scenario, Transport, UnsignedDelivery,
};
use payment_provider_core::{
    Capabilities, CheckoutReference, CheckoutStatus, Clock, ConnectionSettings, Effect, Money,
    Operation, PaymentId, PaymentStatus, ProviderErrorKind, ProviderFactory, RefundId,
    SettingValue,
};
use sha2::Sha256;

/// One gateway for all accounts of a case. It is created with the first clock.
pub(crate) struct InMemory {
    capabilities: Capabilities,
    made: Mutex<Option<FakeGateway>>,
}

#[derive(Debug)]
struct KitClock(Arc<dyn Clock>);

impl Clock for KitClock {
    fn now(&self) -> payment_provider_core::reexport::jiff::Timestamp {
        self.0.now()
    }
}

impl InMemory {
    pub(crate) const fn with(capabilities: Capabilities) -> Self {
        Self {
            capabilities,
            made: Mutex::new(None),
        }
    }

    fn fake(&self, clock: Arc<dyn Clock>) -> FakeGateway {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let new_fake = || {
            FakeGateway::builder()
                .with_capabilities(self.capabilities)
                .with_clock(KitClock(clock))
                .build()
        };
        made.get_or_insert_with(new_fake).clone()
    }
}

fn name_of(account: &MerchantAccount) -> String {
    format!("account-{}", account.number)
}

impl ProviderUnderTest for InMemory {
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory> {
        Arc::new(self.fake(clock).factory())
    }

    fn settings(&self, account: &MerchantAccount, _address: &Url) -> ConnectionSettings {
        ConnectionSettings::new()
            .with("account", name_of(account))
            .with("secrets", SettingValue::List(account.secrets.clone()))
    }

    fn gateway(&self, account: &MerchantAccount, clock: Arc<dyn Clock>) -> Arc<dyn GatewayModel> {
        let gateway = self.fake(clock);
        let account = gateway.account(&name_of(account));
        Arc::new(OfAccount {
            gateway,
            account,
            timed: self.capabilities.signed_timestamps,
            payments: Mutex::default(),
        })
    }

    fn transport(&self) -> Transport {
        Transport::InProcess
    }

    fn makes_refunds(&self) -> bool {
        true
    }
}

struct OfAccount {
    gateway: FakeGateway,
    account: FakeAccount,
    timed: bool,
    payments: Mutex<Vec<(CheckoutReference, FakePayment)>>,
}

/// Operations that call the gateway.
const OPERATIONS: [Operation; 7] = [
    Operation::CheckConnection,
    Operation::LinkCustomer,
    Operation::CreateCheckout,
    Operation::FetchCheckout,
    Operation::CancelCheckout,
    Operation::ListPayments,
    Operation::ListRefunds,
];

impl OfAccount {
    fn made(
        &self,
        reference: &CheckoutReference,
        amount: Money,
        status: PaymentStatus,
    ) -> PaymentId {
        let payment = self
            .account
            .checkout(reference)
            .attempt_payment(amount, status);
        let id = payment.id().clone();
        let mut payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        payments.push((reference.clone(), payment));
        id
    }

    fn of(&self, id: &PaymentId) -> (CheckoutReference, FakePayment) {
        let payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = payments.iter();
        let known = known.find(|(_, payment)| payment.id() == id);
        known.expect("an existing payment of this account").clone()
    }

    fn next(&self, answer: &ScriptedResponse) {
        for operation in OPERATIONS {
            self.gateway.respond_next(operation, answer.clone());
        }
    }

    fn always(&self, answer: &ScriptedResponse) {
        for operation in OPERATIONS {
            self.gateway.respond_always(operation, answer.clone());
        }
    }
}

#[async_trait]
impl GatewayModel for OfAccount {
    async fn count_checkouts(&self, reference: &CheckoutReference) -> ModelResult<usize> {
        let checkouts = self.account.checkouts();
        let same = checkouts
            .iter()
            .filter(|checkout| checkout.reference() == reference);
        Ok(same.count())
    }

    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> ModelResult<PaymentId> {
        Ok(self.made(reference, amount, PaymentStatus::Succeeded))
    }

    async fn fail_payment(
        &self,
        reference: &CheckoutReference,
        amount: Money,
    ) -> ModelResult<PaymentId> {
        Ok(self.made(reference, amount, PaymentStatus::Failed))
    }

    async fn refund(&self, payment: &PaymentId, amount: Money) -> ModelResult<RefundId> {
        Ok(self.of(payment).1.refund(amount).id().clone())
    }

    async fn expire(&self, reference: &CheckoutReference) -> ModelResult<()> {
        self.account.checkout(reference).expire();
        Ok(())
    }

    async fn set_anomaly(
        &self,
        reference: &CheckoutReference,
        anomaly: &Anomaly,
    ) -> ModelResult<()> {
        let checkout = self.account.checkout(reference);
        match anomaly {
            Anomaly::UnknownStatus(word) => {
                checkout.report_status(CheckoutStatus::Unknown(word.clone()));
            }
            Anomaly::Underpaid(paid) => {
                checkout.pay_amount(*paid);
                checkout.report_status(CheckoutStatus::Paid);
            }
            Anomaly::HiddenFromLookups(lookups) => {
                let times = usize::try_from(*lookups).expect("a small number");
                let answer = ScriptedResponse::stale_read();
                self.gateway
                    .respond_next_times(Operation::FetchCheckout, times, answer);
            }
            Anomaly::CancellationRefused => {
                let answer = ScriptedResponse::refuse_cancellation();
                self.gateway
                    .respond_always(Operation::CancelCheckout, answer);
            }
            other => unreachable!("unknown anomaly: {other:?}"),
        }
        Ok(())
    }

    async fn inject_fault(&self, fault: &InjectedFault) -> ModelResult<()> {
        match fault {
            InjectedFault::NotSent => {
                self.always(
                    &ScriptedResponse::fail(ProviderErrorKind::Connection)
                        .with_effect(Effect::NotSent),
                );
            }
            InjectedFault::ResponseLost { persistent } => {
                for operation in [Operation::CreateCheckout, Operation::CancelCheckout] {
                    self.gateway
                        .respond_next(operation, ScriptedResponse::apply_then_time_out());
                }
                if *persistent {
                    self.always(&ScriptedResponse::fail(ProviderErrorKind::Timeout));
                }
            }
            InjectedFault::Refused(GatewayRefusal::RateLimited(wait)) => {
                self.next(&ScriptedResponse::rate_limited(*wait));
            }
            InjectedFault::Refused(GatewayRefusal::Unavailable) => {
                self.next(&ScriptedResponse::fail(ProviderErrorKind::Unavailable));
            }
            InjectedFault::Refused(GatewayRefusal::Credentials) => {
                self.next(&ScriptedResponse::fail(ProviderErrorKind::Authentication));
            }
            InjectedFault::Refused(_) => {
                self.next(&ScriptedResponse::fail(ProviderErrorKind::Refused));
            }
            _ => {
                self.gateway.respond_normally();
            }
        }
        Ok(())
    }

    async fn deliveries(&self, scenario: &Scenario) -> ModelResult<Vec<UnsignedDelivery>> {
        let bodies: Vec<_> = match scenario {
            Scenario::Paid(id) | Scenario::Failed(id) => {
                let deliveries = self.of(id).1.deliveries();
                deliveries
                    .iter()
                    .map(|delivery| delivery.request().body)
                    .collect()
            }
            _ => vec![self.account.ping().with_unknown_type().request().body],
        };
        Ok(bodies.into_iter().map(UnsignedDelivery::new).collect())
    }

    /// Implements the documented scheme independently of the crate: hexadecimal HMAC-SHA256 over
    /// purpose, time and body.
    fn sign(
        &self,
        body: &[u8],
        secret: &SecretString,
        sent_at: &DeliveryTimestamp,
    ) -> ModelResult<HeaderMap> {
        let stamp = if self.timed {
            sent_at.unix_milliseconds()
        } else {
            String::new()
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("HMAC accepts keys of any length");
        for part in [b"delivery:", stamp.as_bytes(), b":", body] {
            mac.update(part);
        }
        let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
        let value = |text: &str| text.parse().expect("a header value");
        let mut headers = HeaderMap::new();
        headers.insert("x-fake-signature", value(&signature));
        if self.timed {
            headers.insert("x-fake-timestamp", value(&stamp));
        }
        Ok(headers)
    }

    async fn return_url(&self, payment: &PaymentId, secret: &SecretString) -> ModelResult<Url> {
        let checkout = self.account.checkout(self.of(payment).0);
        self.account.sign_with(secret.clone());
        Ok(checkout.return_url())
    }
}
