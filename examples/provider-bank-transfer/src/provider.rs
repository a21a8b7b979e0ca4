//! The two traits of the contract: what a host registers, and one connected merchant.

use std::sync::Arc;

use payment_provider_core::reexport::{
    async_trait, jiff::SignedDuration, jiff::tz::Offset, url::Url,
};
use payment_provider_core::*;

use crate::{PROVIDER_ID, callback};

const PAGE: &str = "instructions_url";
const SECRET: &str = "callback_secret";

/// Connects merchants who are paid by bank transfer. Register one value of it at startup.
#[derive(Debug)]
pub struct BankTransferFactory {
    descriptor: Arc<ProviderDescriptor>,
    clock: Arc<dyn Clock>,
}

impl BankTransferFactory {
    /// The factory. It declares no capability: there is no gateway to query, and a transfer cannot be
    /// cancelled.
    pub fn new() -> Result<Self, InvalidIdentifier> {
        let form = SettingsSchema::new([
            SettingField::new(PAGE, "Page naming your account", SettingKind::Url).required(),
            SettingField::new(SECRET, "Callback secret", SettingKind::SecretList)
                .required()
                .with_min_length(16)
                .with_help("16 characters or more; your bookkeeping signs its callbacks with it."),
            SettingField::environment(),
        ]);
        let id = ProviderId::new(PROVIDER_ID)?;
        let setup = "Your bookkeeping posts a signed callback there for each transfer.";
        let descriptor = ProviderDescriptor::new(id, "Bank transfer", form);
        let descriptor = Arc::new(descriptor.with_webhook_setup(setup));
        let clock = Arc::new(SystemClock);
        Ok(Self { descriptor, clock })
    }

    /// Goes by this clock, in tests.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

impl ProviderFactory for BankTransferFactory {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn connect(&self, given: &ConnectionSettings) -> Result<Arc<dyn PaymentProvider>, Violations> {
        let mut reader = SettingsReader::new(&self.descriptor.settings, given);
        let environment = reader.environment();
        let page = reader.web_address(PAGE, environment.unwrap_or(Environment::Sandbox));
        let keyring = HmacKeyring::new(&reader.secrets(SECRET));
        let (environment, page) = reader.finish_with(environment.zip(page))?;
        Ok(Arc::new(BankTransfer {
            descriptor: Arc::clone(&self.descriptor),
            clock: Arc::clone(&self.clock),
            environment,
            page,
            keyring,
        }))
    }
}

type Answer<T> = Result<T, ProviderError>;

/// One merchant's bank account. Nothing is kept here: all that matters is in the address of the
/// page that the payer is sent to.
#[derive(Debug)]
struct BankTransfer {
    descriptor: Arc<ProviderDescriptor>,
    clock: Arc<dyn Clock>,
    environment: Environment,
    page: Url,
    keyring: HmacKeyring,
}

#[async_trait]
impl PaymentProvider for BankTransfer {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn environment(&self) -> Environment {
        self.environment
    }

    async fn check_connection(&self) -> Answer<ConnectionCheck> {
        let accepted = CredentialCheck::Accepted;
        Ok(ConnectionCheck::new(accepted, self.environment))
    }

    async fn link_customer(&self, _: &Customer) -> Answer<CustomerLink> {
        Ok(CustomerLink::local(Violations::none()))
    }

    fn prepare_checkout(&self, asked: &CheckoutRequest) -> Result<PreparedCheckout, Violations> {
        let day_before = asked.expires_at - SignedDuration::from_hours(24);
        let last_day = Offset::UTC.to_datetime(day_before).date(); // The last one that is whole.
        let mut page = self.page.clone();
        page.query_pairs_mut()
            .append_pair("reference", asked.reference.as_str())
            .append_pair("amount", &asked.amount.decimal().to_string())
            .append_pair("currency", asked.amount.currency().code())
            .append_pair("last_day", &last_day.to_string());
        let (id, body) = (self.descriptor.id.clone(), String::from(page));
        let prepared = PreparedCheckout::of_request(asked, id, self.environment, body);
        let violations = self.descriptor.check_request(asked, self.clock.now());
        violations.into_result(prepared)
    }

    async fn create_checkout(&self, prepared: &PreparedCheckout) -> Answer<CreatedCheckout> {
        let foreign = self.descriptor.check_prepared(prepared, self.environment);
        let page = String::from_utf8_lossy(&prepared.body).parse();
        let (Ok(page), true) = (page, foreign.is_empty()) else {
            let (id, operation) = (self.descriptor.id.clone(), Operation::CreateCheckout);
            return Err(ProviderError::invalid(foreign, operation, id));
        };
        let (reference, next) = (prepared.reference.clone(), NextAction::Redirect(page));
        let checkout = Checkout::new(reference, CheckoutStatus::Open, prepared.amount, next);
        Ok(CreatedCheckout::Created(checkout))
    }

    async fn fetch_checkout(&self, _: &CheckoutLocator) -> Answer<Checkout> {
        Err(self.descriptor.unsupported(Operation::FetchCheckout))
    }

    async fn cancel_checkout(&self, _: &CheckoutLocator) -> Answer<Cancellation> {
        Err(self.descriptor.unsupported(Operation::CancelCheckout))
    }

    async fn list_payments(&self, _: &CheckoutLocator) -> Answer<Vec<Payment>> {
        Err(self.descriptor.unsupported(Operation::ListPayments))
    }

    async fn handle_webhook(&self, sent: &WebhookRequest) -> Answer<VerifiedWebhook> {
        let claimed = sent.header("x-callback-signature");
        let Some(secret) = self.keyring.signer_in_hex(claimed, &[&sent.body]) else {
            let (kind, operation) = (
                ProviderErrorKind::InvalidSignature,
                Operation::HandleWebhook,
            );
            return Err(self.descriptor.error(kind, operation));
        };
        let (by, here) = (Verification::SharedSecret(secret), self.environment);
        let (fresh, events) = (TimestampCheck::Fresh, vec![callback::read(&sent.body)]);
        Ok(VerifiedWebhook::new(by, here, fresh, events))
    }
}
