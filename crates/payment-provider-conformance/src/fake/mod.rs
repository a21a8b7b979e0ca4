//! An in-memory gateway and its provider, for the unit tests of hosts.
//!
//! # Mock or fake
//!
//! Use mockall's `MockPaymentProvider` (feature `mock` of `payment-provider-core`) for **a single
//! call**: it checks the arguments and returns a fixed result.
//!
//! ```
//! use payment_provider_core::{
//!     Checkout, CheckoutLocator, CheckoutReference, CheckoutStatus, Currency, GatewayCheckoutId,
//!     MockPaymentProvider, Money, NextAction, PaymentProvider, ProviderError,
//! };
//!
//! /// The host's function under test.
//! async fn is_fully_paid(
//!     provider: &dyn PaymentProvider,
//!     checkout: &CheckoutLocator,
//! ) -> Result<bool, ProviderError> {
//!     let found = provider.fetch_checkout(checkout).await?;
//!     Ok(found.amount_paid.minor_units() >= found.amount.minor_units())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The status is paid, but less than the amount was paid. The lookup uses the gateway's id.
//! let mut provider = MockPaymentProvider::new();
//! provider
//!     .expect_fetch_checkout()
//!     .withf(|locator| locator.gateway_id.is_some())
//!     .times(1)
//!     .returning(|locator| {
//!         let amount = Money::from_minor_units(20_012, Currency::INR);
//!         let mut found =
//!             Checkout::new(locator.reference.clone(), CheckoutStatus::Paid, amount, NextAction::None);
//!         found.amount_paid = Money::from_minor_units(20_000, Currency::INR);
//!         Ok(found)
//!     });
//!
//! let reference = CheckoutReference::new("inv-1")?;
//! let checkout = CheckoutLocator::new(reference, Some(GatewayCheckoutId::new("chk_1")?));
//! assert!(!is_fully_paid(&provider, &checkout).await?);
//! # Ok(())
//! # }
//! ```
//!
//! Use [`FakeGateway`] for **a sequence of calls**: a creation that timed out and is repeated, a
//! process that ends between two calls, late or duplicate payments, and deliveries that are
//! repeated, reordered or forged. Each call sees the effects of the calls before it.
//!
//! A repeated creation after a timeout returns the same payment page:
//!
//! ```
//! use payment_provider_conformance::fake::{FakeGateway, ScriptedResponse};
//! use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
//! use payment_provider_core::{
//!     CheckoutReference, CheckoutRequest, Currency, Customer, CustomerId, Effect, Money,
//!     NextAction, Operation, PaymentProvider, PreparedCheckout, ProviderError,
//! };
//!
//! /// The host's function under test: repeats the creation while its effect is unknown.
//! async fn payment_page(
//!     provider: &dyn PaymentProvider,
//!     prepared: &PreparedCheckout,
//! ) -> Result<NextAction, ProviderError> {
//!     loop {
//!         match provider.create_checkout(prepared).await {
//!             Ok(created) => return Ok(created.into_checkout().next_action),
//!             Err(error) if error.effect() == Effect::MaybeApplied => {}
//!             Err(error) => return Err(error),
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let gateway = FakeGateway::new();
//! let provider = gateway.connect("main");
//! let request = CheckoutRequest::new(
//!     CheckoutReference::new("inv-1")?,
//!     Money::from_decimal("200.12", Currency::INR)?,
//!     "Invoice 1",
//!     Customer::new(CustomerId::new("customer-7")?),
//!     Timestamp::now() + SignedDuration::from_hours(1),
//! );
//! let prepared = provider.prepare_checkout(&request)?;
//!
//! // The checkout is created, but the host gets no response.
//! gateway.respond_next(Operation::CreateCheckout, ScriptedResponse::apply_then_time_out());
//! let page = payment_page(&provider, &prepared).await?;
//! assert_eq!(gateway.calls(), ["create_checkout inv-1", "create_checkout inv-1"]);
//! assert_eq!(gateway.checkouts().len(), 1);
//! assert_eq!(page, gateway.checkout("inv-1").next_action());
//! # Ok(())
//! # }
//! ```
//!
//! A payment that is reported several times is posted once:
//!
//! ```
//! use std::collections::HashSet;
//!
//! # use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
//! # use payment_provider_core::{
//! #     CheckoutReference, CheckoutRequest, Customer, CustomerId,
//! # };
//! use payment_provider_conformance::fake::FakeGateway;
//! use payment_provider_core::{
//!     Currency, DedupKey, EventKind, Money, PaymentProvider, PaymentStatus, ProviderError,
//!     WebhookRequest,
//! };
//!
//! /// The host's ledger under test.
//! #[derive(Default)]
//! struct Ledger {
//!     seen: HashSet<DedupKey>,
//!     minor_units: i64,
//! }
//!
//! impl Ledger {
//!     async fn receive(
//!         &mut self,
//!         provider: &dyn PaymentProvider,
//!         request: &WebhookRequest,
//!     ) -> Result<(), ProviderError> {
//!         for event in provider.handle_webhook(request).await?.into_events() {
//!             if let EventKind::Payment(payment) = event.kind
//!                 && payment.status == PaymentStatus::Succeeded
//!                 && self.seen.insert(payment.dedup_key())
//!             {
//!                 self.minor_units += payment.amount.minor_units();
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let gateway = FakeGateway::new();
//! let provider = gateway.connect("main");
//! # let request = CheckoutRequest::new(
//! #     CheckoutReference::new("inv-1")?,
//! #     Money::from_decimal("200.12", Currency::INR)?,
//! #     "Invoice 1",
//! #     Customer::new(CustomerId::new("customer-7")?),
//! #     Timestamp::now() + SignedDuration::from_hours(1),
//! # );
//! # let prepared = provider.prepare_checkout(&request)?;
//! // ... the checkout `inv-1` for INR 200.12 is created as above ...
//! # provider.create_checkout(&prepared).await?;
//!
//! // Each payment is reported by two types of deliveries. Here the second type arrives first, and
//! // the first type arrives twice.
//! let mut deliveries = gateway.checkout("inv-1").pay().deliveries();
//! assert_eq!(deliveries.len(), 2);
//! deliveries.reverse();
//! deliveries.push(deliveries[1].clone());
//!
//! let mut ledger = Ledger::default();
//! for delivery in &deliveries {
//!     ledger.receive(&provider, &delivery.request()).await?;
//! }
//! assert_eq!(ledger.minor_units, 20_012);
//!
//! // A forged delivery is rejected.
//! let forged = deliveries[0].clone().forged().request();
//! assert!(ledger.receive(&provider, &forged).await.is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # Overview
//!
//! | to | use |
//! |---|---|
//! | configure the gateway | [`FakeGateway::builder`] |
//! | connect an account | [`FakeGateway::connect`], or [`FakeGateway::factory`] with [`FakeGateway::settings`] |
//! | make calls fail | [`ScriptedResponse`] with [`FakeGateway::respond_next`] |
//! | suspend a call | [`FakeGateway::hold_next`], [`FakeGateway::hold_next_response`] |
//! | act as the payer | [`FakeCheckout`], [`FakePayment`] |
//! | refund payments | [`FakePayment::refund`], [`FakeRefund`] |
//! | deliver webhooks | [`FakeDelivery`] with [`FakeGateway::take_deliveries`] |
//! | inspect the calls | [`FakeGateway::calls`], [`FakeCheckout::counts`] |
//!
//! Without scripted responses, the gateway keeps the contract. It has no background tasks, never
//! waits for a clock, and needs no runtime.

mod account;
mod body;
mod builder;
mod call;
mod call_handler;
mod checkout;
mod checkout_record;
mod clock;
mod config;
mod counts;
mod delivery;
mod envelope;
mod factory;
mod gateway;
mod handle;
mod hold;
mod payment;
mod prepare;
mod provider;
mod refund;
mod refunds;
mod returns;
mod script;
mod scripted_response;
mod scripting;
mod settings;
mod signature;
mod state;
mod verify;

pub use account::FakeAccount;
pub use builder::FakeGatewayBuilder;
pub use call::FakeCall;
pub use checkout::FakeCheckout;
pub use clock::FakeClock;
pub use counts::CheckoutCounts;
pub use delivery::FakeDelivery;
pub use factory::FakeFactory;
pub use gateway::FakeGateway;
pub use hold::Hold;
pub use payment::FakePayment;
pub use provider::FakeProvider;
pub use refund::FakeRefund;
pub use scripted_response::ScriptedResponse;
