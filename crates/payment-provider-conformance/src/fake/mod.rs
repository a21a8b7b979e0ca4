//! A gateway in memory, and the provider that talks to it, for the unit tests of hosts.
//!
//! # A mock or this
//!
//! Take mockall's `MockPaymentProvider` (feature `mock` of `payment-provider-core`) for **one call
//! and one answer**: it checks the arguments of a call, and says what it is told to say.
//!
//! ```
//! use payment_provider_core::{
//!     Checkout, CheckoutLocator, CheckoutReference, CheckoutStatus, Currency, GatewayCheckoutId,
//!     MockPaymentProvider, Money, NextAction, PaymentProvider, ProviderError,
//! };
//!
//! /// The host's function under test.
//! async fn is_settled(
//!     provider: &dyn PaymentProvider,
//!     checkout: &CheckoutLocator,
//! ) -> Result<bool, ProviderError> {
//!     let found = provider.fetch_checkout(checkout).await?;
//!     Ok(found.amount_paid.minor_units() >= found.amount.minor_units())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // What is called paid, with less paid than asked, is not settled; and it is asked for by the
//! // gateway's id too.
//! let mut provider = MockPaymentProvider::new();
//! provider
//!     .expect_fetch_checkout()
//!     .withf(|asked| asked.gateway_id.is_some())
//!     .times(1)
//!     .returning(|asked| {
//!         let amount = Money::from_minor_units(20_012, Currency::INR);
//!         let mut found =
//!             Checkout::new(asked.reference.clone(), CheckoutStatus::Paid, amount, NextAction::None);
//!         found.amount_paid = Money::from_minor_units(20_000, Currency::INR);
//!         Ok(found)
//!     });
//!
//! let reference = CheckoutReference::new("inv-1")?;
//! let checkout = CheckoutLocator::new(reference, Some(GatewayCheckoutId::new("chk_1")?));
//! assert!(!is_settled(&provider, &checkout).await?);
//! # Ok(())
//! # }
//! ```
//!
//! Take [`FakeGateway`] for **a life over several calls**: a creation that timed out and is asked
//! for again, a process that ends between two calls, payments that come late or twice, deliveries
//! that are repeated, out of order or forged. What one call did, the next one finds.
//!
//! A page that is asked for again after a timeout is the same page:
//!
//! ```
//! use payment_provider_conformance::fake::{ScriptedResponse, FakeGateway};
//! use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
//! use payment_provider_core::{
//!     CheckoutReference, CheckoutRequest, Currency, Customer, CustomerId, Effect, Money,
//!     NextAction, Operation, PaymentProvider, PreparedCheckout, ProviderError,
//! };
//!
//! /// The host's function under test: asks again as long as it is not known what happened.
//! async fn payment_page(
//!     provider: &dyn PaymentProvider,
//!     prepared: &PreparedCheckout,
//! ) -> Result<NextAction, ProviderError> {
//!     loop {
//!         match provider.create_checkout(prepared).await {
//!             Ok(made) => return Ok(made.into_checkout().next_action),
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
//! // The checkout is made, but the host never hears of it.
//! gateway.respond_next(Operation::CreateCheckout, ScriptedResponse::apply_then_time_out());
//! let page = payment_page(&provider, &prepared).await?;
//! assert_eq!(gateway.calls(), ["create_checkout inv-1", "create_checkout inv-1"]);
//! assert_eq!(gateway.checkouts().len(), 1);
//! assert_eq!(page, gateway.checkout("inv-1").next_action());
//! # Ok(())
//! # }
//! ```
//!
//! A payment that is told twice is booked once:
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
//! /// The host's books under test.
//! #[derive(Default)]
//! struct Books {
//!     seen: HashSet<DedupKey>,
//!     minor_units: i64,
//! }
//!
//! impl Books {
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
//! // … the checkout `inv-1` over INR 200.12 is made as above …
//! # provider.create_checkout(&prepared).await?;
//!
//! // Every payment is told by two types of deliveries; here the later one comes first, and the
//! // earlier one twice.
//! let mut deliveries = gateway.checkout("inv-1").pay().deliveries();
//! assert_eq!(deliveries.len(), 2);
//! deliveries.reverse();
//! deliveries.push(deliveries[1].clone());
//!
//! let mut books = Books::default();
//! for delivery in &deliveries {
//!     books.receive(&provider, &delivery.request()).await?;
//! }
//! assert_eq!(books.minor_units, 20_012);
//!
//! // Nobody else can make the host book anything.
//! let forged = deliveries[0].clone().forged().request();
//! assert!(books.receive(&provider, &forged).await.is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # What is where
//!
//! | to | use |
//! |---|---|
//! | say what the gateway can do | [`FakeGateway::builder`] |
//! | connect | [`FakeGateway::connect`], or [`FakeGateway::factory`] with [`FakeGateway::settings`] |
//! | have calls fail | [`ScriptedResponse`], by [`FakeGateway::respond_next`] and its sisters |
//! | stop a call half way | [`FakeGateway::hold_next`], [`FakeGateway::hold_next_response`] |
//! | be the payer | [`FakeCheckout`], [`FakePayment`] |
//! | hand over webhooks | [`FakeDelivery`], by [`FakeGateway::take_deliveries`] |
//! | see what the gateway saw | [`FakeGateway::calls`], [`FakeCheckout::counts`] |
//!
//! Left alone, the gateway is honest: it does what every line of the contract says. It does nothing
//! on its own, waits for no clock, and needs no runtime.

mod account;
mod body;
mod builder;
mod call;
mod call_handler;
mod checkout;
mod checkout_record;
mod clock;
mod delivery;
mod envelope;
mod factory;
mod gateway;
mod hold;
mod payment;
mod prepare;
mod provider;
mod returns;
mod script;
mod scripted_response;
mod settings;
mod signature;
mod state;

pub use account::FakeAccount;
pub use builder::FakeGatewayBuilder;
pub use call::FakeCall;
pub use checkout::{CheckoutCounts, FakeCheckout};
pub use clock::FakeClock;
pub use delivery::FakeDelivery;
pub use factory::FakeFactory;
pub use gateway::FakeGateway;
pub use hold::Hold;
pub use payment::FakePayment;
pub use provider::FakeProvider;
pub use scripted_response::ScriptedResponse;
