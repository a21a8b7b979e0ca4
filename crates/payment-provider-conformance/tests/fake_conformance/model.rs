//! The gateway in memory, as the kit steers it.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_conformance::fake::{Answer, FakeAccount, FakeGateway, FakePayment};
use payment_provider_conformance::reexport::http::HeaderMap;
use payment_provider_conformance::reexport::secrecy::{ExposeSecret, SecretString};
use payment_provider_conformance::reexport::url::Url;
use payment_provider_conformance::{
    Account, Delivery, Gateway, News, ProviderUnderTest, Refusal, Staged, Stamp, Transport,
    Trouble, Twist,
};
use payment_provider_core::{
    Capabilities, CheckoutReference, CheckoutStatus, Clock, ConnectionSettings, Effect, ErrorKind,
    Money, Operation, PaymentId, PaymentStatus, ProviderFactory, SettingValue,
};
use sha2::Sha256;

/// One gateway for all accounts of a case, made when the clock is known.
pub(crate) struct InMemory {
    capabilities: Capabilities,
    made: Mutex<Option<FakeGateway>>,
}

#[derive(Debug)]
struct KitTime(Arc<dyn Clock>);

impl Clock for KitTime {
    fn now(&self) -> payment_provider_core::reexport::time::OffsetDateTime {
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

    fn world(&self, clock: Arc<dyn Clock>) -> FakeGateway {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let new_world = || {
            FakeGateway::builder()
                .with_capabilities(self.capabilities)
                .with_clock(KitTime(clock))
                .build()
        };
        made.get_or_insert_with(new_world).clone()
    }
}

fn name_of(account: &Account) -> String {
    format!("account-{}", account.number)
}

impl ProviderUnderTest for InMemory {
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory> {
        Arc::new(self.world(clock).factory())
    }

    fn settings(&self, account: &Account, _address: &Url) -> ConnectionSettings {
        ConnectionSettings::new()
            .with("account", name_of(account))
            .with("secrets", SettingValue::List(account.secrets.clone()))
    }

    fn gateway(&self, account: &Account, clock: Arc<dyn Clock>) -> Arc<dyn Gateway> {
        let gateway = self.world(clock);
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
}

struct OfAccount {
    gateway: FakeGateway,
    account: FakeAccount,
    timed: bool,
    payments: Mutex<Vec<(CheckoutReference, FakePayment)>>,
}

/// What asks the gateway.
const OPERATIONS: [Operation; 6] = [
    Operation::CheckConnection,
    Operation::LinkCustomer,
    Operation::CreateCheckout,
    Operation::FetchCheckout,
    Operation::CancelCheckout,
    Operation::ListPayments,
];

impl OfAccount {
    fn made(
        &self,
        reference: &CheckoutReference,
        amount: Money,
        status: PaymentStatus,
    ) -> PaymentId {
        let payment = self.account.checkout(reference).attempt(amount, status);
        let id = payment.id().clone();
        let mut payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        payments.push((reference.clone(), payment));
        id
    }

    fn of(&self, id: &PaymentId) -> (CheckoutReference, FakePayment) {
        let payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = payments.iter();
        let known = known.find(|(_, payment)| payment.id() == id);
        known.expect("a payment of this account").clone()
    }

    fn next(&self, answer: &Answer) {
        for operation in OPERATIONS {
            self.gateway.answer_next(operation, answer.clone());
        }
    }

    fn always(&self, answer: &Answer) {
        for operation in OPERATIONS {
            self.gateway.answer_always(operation, answer.clone());
        }
    }
}

#[async_trait]
impl Gateway for OfAccount {
    async fn count(&self, reference: &CheckoutReference) -> Staged<usize> {
        let checkouts = self.account.checkouts();
        let same = checkouts
            .iter()
            .filter(|checkout| checkout.reference() == reference);
        Ok(same.count())
    }

    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> Staged<PaymentId> {
        Ok(self.made(reference, amount, PaymentStatus::Succeeded))
    }

    async fn fail(&self, reference: &CheckoutReference, amount: Money) -> Staged<PaymentId> {
        Ok(self.made(reference, amount, PaymentStatus::Failed))
    }

    async fn expire(&self, reference: &CheckoutReference) -> Staged<()> {
        self.account.checkout(reference).expire();
        Ok(())
    }

    async fn twist(&self, reference: &CheckoutReference, twist: &Twist) -> Staged<()> {
        let checkout = self.account.checkout(reference);
        match twist {
            Twist::UnknownStatus(word) => checkout.claim(CheckoutStatus::Unknown(word.clone())),
            Twist::PaidOnly(paid) => {
                checkout.pay_amount(*paid);
                checkout.claim(CheckoutStatus::Paid);
            }
            Twist::Hidden(lookups) => {
                let times = usize::try_from(*lookups).expect("a small number");
                let answer = Answer::lagging();
                self.gateway
                    .answer_next_times(Operation::FetchCheckout, times, answer);
            }
            Twist::RefuseCancellation => {
                let answer = Answer::still_payable();
                self.gateway
                    .answer_always(Operation::CancelCheckout, answer);
            }
            other => unreachable!("no such twist: {other:?}"),
        }
        Ok(())
    }

    async fn trouble(&self, trouble: &Trouble) -> Staged<()> {
        match trouble {
            Trouble::NotSent => {
                self.always(&Answer::fail(ErrorKind::Connection).with_effect(Effect::NotSent));
            }
            Trouble::AnswerLost { lasting } => {
                for operation in [Operation::CreateCheckout, Operation::CancelCheckout] {
                    self.gateway
                        .answer_next(operation, Answer::time_out_after_done());
                }
                if *lasting {
                    self.always(&Answer::fail(ErrorKind::Timeout));
                }
            }
            Trouble::Refused(Refusal::TooMany(wait)) => self.next(&Answer::rate_limited(*wait)),
            Trouble::Refused(Refusal::Unavailable) => {
                self.next(&Answer::fail(ErrorKind::Unavailable));
            }
            Trouble::Refused(Refusal::Credentials) => {
                self.next(&Answer::fail(ErrorKind::Authentication));
            }
            Trouble::Refused(_) => self.next(&Answer::fail(ErrorKind::Refused)),
            _ => {
                self.gateway.answer_honestly();
            }
        }
        Ok(())
    }

    async fn tell(&self, news: &News) -> Staged<Vec<Delivery>> {
        let bodies: Vec<_> = match news {
            News::Paid(id) | News::Failed(id) => {
                let deliveries = self.of(id).1.deliveries();
                deliveries
                    .iter()
                    .map(|delivery| delivery.request().body)
                    .collect()
            }
            _ => vec![self.account.ping().of_unknown_type().request().body],
        };
        Ok(bodies.into_iter().map(Delivery::new).collect())
    }

    /// The documented scheme, not the crate's own code: hexadecimal HMAC-SHA256 over purpose, time
    /// and body.
    fn sign(&self, body: &[u8], secret: &SecretString, sent_at: &Stamp) -> Staged<HeaderMap> {
        let stamp = if self.timed {
            sent_at.unix_milliseconds()
        } else {
            String::new()
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("a key of any length");
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

    async fn return_url(&self, payment: &PaymentId, secret: &SecretString) -> Staged<Url> {
        let checkout = self.account.checkout(self.of(payment).0);
        self.account.sign_with(secret.clone());
        Ok(checkout.return_address())
    }
}
