//! Links to the parts of the contract.

macro_rules! sections {
    ($($name:ident = $page:literal;)*) => {
        $(pub(crate) const $name: &str = concat!(
            "https://docs.rs/payment-provider-core/latest/payment_provider_core/",
            $page
        );)*
    };
}

sections! {
    PROVIDER = "trait.PaymentProvider.html#for-authors";
    DESCRIPTOR = "trait.ProviderFactory.html#tymethod.descriptor";
    BINDS_SECRETS = "struct.SettingField.html#method.binds_secrets";
    CONNECT = "trait.ProviderFactory.html#tymethod.connect";
    CAPABILITIES = "struct.Capabilities.html";
    LIMITS = "struct.CheckoutLimits.html";
    CURRENCIES = "enum.CurrencySupport.html";
    CHECK = "trait.PaymentProvider.html#tymethod.check_connection";
    CUSTOMER = "trait.PaymentProvider.html#tymethod.link_customer";
    PREPARE = "trait.PaymentProvider.html#tymethod.prepare_checkout";
    CREATE = "trait.PaymentProvider.html#tymethod.create_checkout";
    FETCH = "trait.PaymentProvider.html#tymethod.fetch_checkout";
    CANCEL = "trait.PaymentProvider.html#tymethod.cancel_checkout";
    PAYMENTS = "trait.PaymentProvider.html#tymethod.list_payments";
    REFUNDS = "trait.RefundInquiry.html#tymethod.list_refunds";
    WEBHOOK = "trait.PaymentProvider.html#tymethod.handle_webhook";
    RETURNS = "trait.SignedReturns.html#tymethod.verify_return";
    MONEY = "struct.Money.html";
    ERRORS = "struct.ProviderError.html";
    EFFECT = "enum.Effect.html";
    RETRY = "enum.RetryAdvice.html";
    STATUS = "enum.CheckoutStatus.html";
    DEDUP_KEY = "struct.DedupKey.html";
    DELIVERY_ID = "struct.VerifiedWebhook.html#method.with_delivery_id";
    SIGNATURE = "struct.SignatureCheck.html";
    TIMESTAMP_CHECK = "enum.TimestampCheck.html";
    PREPARED = "struct.PreparedCheckout.html";
}
