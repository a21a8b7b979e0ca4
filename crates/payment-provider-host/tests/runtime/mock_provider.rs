//! A host's own test with the mocks of the contract: no gateway, each answer scripted.

use std::sync::Arc;

use payment_provider_core::*;
use payment_provider_host::checkouts::UrlOrigin;
use payment_provider_host::prelude::*;

fn descriptor() -> ProviderDescriptor {
    let key = SettingField::new("key", "Key", SettingKind::Secret).required();
    let id = ProviderId::new("mocked").unwrap();
    ProviderDescriptor::new(id, "Mocked", SettingsSchema::new([key]))
}

fn prepared(request: &CheckoutRequest) -> PreparedCheckout {
    PreparedCheckout::new(
        descriptor().id,
        Environment::Sandbox,
        request.reference.clone(),
        request.amount,
        request.expires_at,
        Fingerprint::of(b"content"),
        "body",
    )
}

fn made(prepared: &PreparedCheckout) -> Checkout {
    let page = NextAction::Redirect("https://pay.example/p".parse().unwrap());
    Checkout::new(
        prepared.reference.clone(),
        CheckoutStatus::Open,
        prepared.amount,
        page,
    )
}

/// A provider that accepts every customer and request, and makes a checkout at the second try.
fn provider() -> MockPaymentProvider {
    let mut provider = MockPaymentProvider::new();
    provider
        .expect_environment()
        .return_const(Environment::Sandbox);
    provider.expect_descriptor().return_const(descriptor());
    provider
        .expect_link_customer()
        .returning(|_| Ok(CustomerLink::local(Violations::none())));
    provider
        .expect_prepare_checkout()
        .returning(|request| Ok(prepared(request)));
    let mut tries = 0;
    provider
        .expect_create_checkout()
        .returning(move |prepared| {
            tries += 1;
            if tries == 1 {
                let operation = Operation::CreateCheckout;
                Err(ProviderError::new(
                    payment_provider_core::ProviderErrorKind::Timeout,
                    operation,
                    descriptor().id,
                ))
            } else {
                Ok(CreatedCheckout::Adopted(made(prepared)))
            }
        });
    provider
}

#[tokio::test]
async fn a_timeout_is_shown_as_such_and_the_next_call_adopts() {
    let provider: Arc<dyn PaymentProvider> = Arc::new(provider());
    let mut factory = MockProviderFactory::new();
    factory.expect_descriptor().return_const(descriptor());
    factory
        .expect_connect()
        .returning(move |_| Ok(Arc::clone(&provider)));

    let directory = tempfile::tempdir().unwrap();
    let key = EncryptionKey::from_file_or_new(directory.path().join("key")).unwrap();
    let mut registry = ProviderRegistry::new();
    registry.register(factory).unwrap();
    let host = Host::sqlite(directory.path().join("host.db"))
        .with_registry(registry)
        .with_encryption_keys(EncryptionKeys::new(key))
        .build()
        .await
        .unwrap();

    let organization = OrganizationId::new("org").unwrap();
    let connection = ConnectionRef::new(organization.clone(), ConnectionCode::new("main").unwrap());
    let settings = ConnectionSettings::new().with("key", "secret");
    let id = descriptor().id;
    let new = NewConnection::new(connection.clone(), id, "Main", settings);
    host.add_connection(new).await.unwrap();
    let customer = CustomerId::new("c").unwrap();
    let payer = Customer::new(customer.clone());
    host.link_customer(&connection, &payer).await.unwrap();

    let amount = Money::from_minor_units(20_012, Currency::INR);
    let id = PayableId::new("inv").unwrap();
    let invoice = Payable::new(organization, id, amount, "Invoice", customer);
    let error = host.payment_url(&invoice).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "mocked create_checkout: no answer in time; the gateway may have acted on it"
    );
    let url = host.payment_url(&invoice).await.unwrap().pay().unwrap();
    assert_eq!(url.origin, UrlOrigin::Adopted);
    assert_eq!(url.url.as_str(), "https://pay.example/p");
}
