use std::collections::BTreeMap;
use std::time::Duration;

use cashfree_simulator::{
    ApiFault, ApiFaultRule, ApiOperation, LinkSnapshot, LinkStatus, Paise, PaymentAttempt,
    PaymentStatus,
};
use payment_provider_core::{CheckoutLocator, Currency, Money, PartialPayments};
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::checkouts::{NothingDue, PaymentUrlOutcome};
use payment_provider_host::error::{ErrorKind, Refusal};
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::page::PageRequest;
use payment_provider_host::payable::{Payable, PayableView};
use payment_provider_host::{Error, PayableId};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::ground::Scene;

/// The maximum number of waits for the end; each is six minutes of the clock.
const ROUNDS: usize = 40;

/// The totals of a run.
pub(crate) struct RunTotals {
    pub(crate) links: usize,
    pub(crate) payments: usize,
    pub(crate) paise: i64,
    pub(crate) faults: usize,
}

struct Run<'a> {
    scene: &'a Scene,
    random: SmallRng,
    seed: u64,
    payable: Payable,
    partial: bool,
    voided: bool,
    /// The number of times each delivery was handed over.
    handed: BTreeMap<u64, u32>,
    faults: usize,
}

/// Runs one life of an invoice, from nothing to the last unit.
pub(crate) async fn run(scene: &Scene, seed: u64) -> RunTotals {
    let mut random = SmallRng::seed_from_u64(seed);
    let amount = Money::from_minor_units(random.random_range(1_000..1_000_000), Currency::INR);
    let partial = random.random_bool(0.5);
    let id = PayableId::new(format!("invoice-{seed}")).expect("an id");
    let (organization, customer) = (
        scene.connection.organization.clone(),
        scene.customer.clone(),
    );
    let mut payable = Payable::new(organization, id, amount, "Invoice 1", customer);
    if partial {
        payable = payable.with_partial_payments(PartialPayments::any());
    }
    let mut run = Run {
        scene,
        random,
        seed,
        payable,
        partial,
        voided: false,
        handed: BTreeMap::new(),
        faults: 0,
    };
    run.ask().await;
    for _ in 0..run.random.random_range(4..16) {
        run.step().await;
    }
    run.come_to_rest().await;
    run.compare().await
}

impl Run<'_> {
    async fn step(&mut self) {
        match self.random.random_range(0..20) {
            0..=4 => self.ask().await,
            5..=10 => self.pay(),
            11 => self.complete_one(),
            12..=15 => self.deliver_one().await,
            16..=17 => self.apply().await,
            18 => {
                let seconds = self.random.random_range(1..300);
                self.scene.advance(Duration::from_secs(seconds));
            }
            _ => self.end().await,
        }
    }

    /// Requests the payment, and ignores the result.
    async fn ask(&mut self) {
        self.maybe_fault(&[
            ApiOperation::CreateLink,
            ApiOperation::FetchLink,
            ApiOperation::CancelLink,
        ]);
        // Rejections and faults are part of the life; the state that they leave behind is compared at the end.
        let _ = self.scene.host.payment_url(&self.payable).await;
    }

    /// Makes the payer act on one of the links.
    fn pay(&mut self) {
        let simulator = self.scene.simulator();
        let links = simulator.links();
        let Some(link) = links.choose(&mut self.random) else {
            return;
        };
        let over = matches!(link.status, LinkStatus::Expired | LinkStatus::Cancelled);
        let mut attempt = PaymentAttempt::new();
        if over {
            attempt = attempt.late();
        }
        if self.partial && self.random.random_bool(0.6) {
            let paise = self
                .random
                .random_range(1..=self.payable.amount.minor_units());
            attempt = attempt.with_amount(Paise::new(paise));
        }
        // A link that accepts no payment reports that; the gateway decides it.
        let _ = match self.random.random_range(0..10) {
            0..=5 => simulator.pay(&link.link_id, attempt),
            6 => simulator.fail(&link.link_id, attempt),
            7 => simulator.drop_payment(&link.link_id, attempt),
            _ => simulator.leave_pending(&link.link_id, attempt),
        };
    }

    fn complete_one(&mut self) {
        let pending = pending(&self.scene.simulator().links());
        if let Some(id) = pending.choose(&mut self.random) {
            let end = [
                PaymentStatus::Success,
                PaymentStatus::Failed,
                PaymentStatus::UserDropped,
            ];
            let end = *end.choose(&mut self.random).expect("an end");
            let completed = self.scene.simulator().complete_payment(id, end);
            completed.expect("a pending payment can be completed");
        }
    }

    /// Delivers one webhook: any of them, for the first time or again, or a forgery of it.
    async fn deliver_one(&mut self) {
        let deliveries = self.scene.simulator().deliveries();
        let Some(delivery) = deliveries.choose(&mut self.random) else {
            return;
        };
        let forged = self.random.random_bool(0.1);
        let taken = self.scene.hand_over(delivery, forged).await;
        if forged {
            assert!(taken.is_err(), "seed {}: a forgery was taken", self.seed);
            return;
        }
        let before = self.handed.entry(delivery.id).or_default();
        let again = taken.expect("a delivery is taken");
        assert_eq!(again, *before > 0, "seed {}", self.seed);
        *before += 1;
    }

    async fn apply(&mut self) {
        self.maybe_fault(&[
            ApiOperation::FetchLink,
            ApiOperation::ListOrders,
            ApiOperation::ListPayments,
        ]);
        let applied = self.scene.host.apply_due_deliveries().await;
        applied.expect("the store works");
    }

    /// Expires the link, or voids the invoice.
    async fn end(&mut self) {
        if self.random.random_bool(0.7) {
            let links = self.scene.simulator().links();
            if let Some(link) = links.choose(&mut self.random) {
                // A link that is already closed cannot expire.
                let _ = self.scene.simulator().expire(&link.link_id, None);
            }
        } else {
            self.maybe_fault(&[ApiOperation::CancelLink, ApiOperation::FetchLink]);
            let closed = self
                .scene
                .host
                .close(&self.payable, CloseReason::Voided)
                .await;
            closed.expect("closing is recorded whatever the gateway says");
            self.voided = true;
        }
    }

    fn maybe_fault(&mut self, operations: &[ApiOperation]) {
        if self.random.random_bool(0.6) {
            return;
        }
        let faults = [
            ApiFault::DropBeforeCommit,
            ApiFault::DropAfterCommit,
            ApiFault::Error500,
            ApiFault::Error500Stored,
            ApiFault::Error500AfterCommit,
            ApiFault::Error400Stored,
            ApiFault::NotFoundStored,
            ApiFault::RateLimited,
            ApiFault::Html502,
            ApiFault::TruncatedJson,
            ApiFault::NotFound,
        ];
        let operation = *operations.choose(&mut self.random).expect("an operation");
        let fault = *faults.choose(&mut self.random).expect("a fault");
        let mut rule = ApiFaultRule::once(operation, fault);
        rule.times = self.random.random_range(1..4);
        rule.retry_seconds = 1;
        self.scene.simulator().inject_fault(rule);
        self.faults += 1;
    }

    /// Stops all faults: every open payment is decided, every webhook arrives, everything is applied.
    async fn come_to_rest(&mut self) {
        self.scene.simulator().clear_faults();
        for id in pending(&self.scene.simulator().links()) {
            let completed = self
                .scene
                .simulator()
                .complete_payment(&id, PaymentStatus::Success);
            completed.expect("a pending payment can be completed");
        }
        for _ in 0..ROUNDS {
            let asked = if self.voided {
                let closed = self
                    .scene
                    .host
                    .close(&self.payable, CloseReason::Voided)
                    .await;
                closed.is_ok_and(|closing| {
                    closing.still_payable.is_empty() && closing.unreconciled.is_empty()
                })
            } else {
                is_answer(&self.scene.host.payment_url(&self.payable).await)
            };
            let mut deliveries = self.scene.simulator().deliveries();
            deliveries.retain(|delivery| !self.handed.contains_key(&delivery.id));
            for delivery in &deliveries {
                let taken = self.scene.hand_over(delivery, false).await;
                taken.expect("a delivery is taken");
                self.handed.insert(delivery.id, 1);
            }
            while self
                .scene
                .host
                .apply_due_deliveries()
                .await
                .expect("a store")
                > 0
            {}
            if asked && deliveries.is_empty() && self.undecided().await.is_empty() {
                return;
            }
            self.scene.advance(Duration::from_mins(6));
        }
        panic!(
            "seed {}: no rest; undecided: {:?}",
            self.seed,
            self.undecided().await
        );
    }

    async fn undecided(&self) -> Vec<String> {
        let Scene {
            host, connection, ..
        } = self.scene;
        let mut request = PageRequest::first(500);
        let mut deliveries = Vec::new();
        loop {
            let page = host.deliveries(connection, &request).await;
            let page = page.expect("a store");
            deliveries.extend(page.items);
            let Some(next) = page.next else { break };
            request = request.after(next);
        }
        let deliveries = deliveries.into_iter();
        let undecided = deliveries.filter(|delivery| {
            matches!(
                delivery.state,
                DeliveryState::Pending | DeliveryState::Parked
            )
        });
        undecided
            .map(|delivery| {
                format!(
                    "{:?} {:?} {:?}",
                    delivery.state, delivery.types, delivery.error
                )
            })
            .collect()
    }

    async fn view(&self) -> PayableView {
        let Payable {
            organization, id, ..
        } = &self.payable;
        let view = self.scene.host.payable(organization, id);
        view.await.expect("a store").expect("a payable")
    }

    /// Compares gateway, provider and ledger, to the unit.
    async fn compare(&self) -> RunTotals {
        let seed = self.seed;
        let links = self.scene.simulator().links();
        let view = self.view().await;

        let mut taken = BTreeMap::new();
        for link in &links {
            let known = view
                .checkouts
                .iter()
                .find(|checkout| checkout.reference.as_str() == link.link_id);
            assert!(known.is_some(), "seed {seed}: an unknown link: {link:?}");
            self.agree_on(link).await;
            taken.extend(successful(link));
        }
        let posted: BTreeMap<String, i64> = view
            .payments
            .iter()
            .filter(|known| known.allocation.is_some())
            .map(|known| {
                (
                    known.payment.id.to_string(),
                    known.payment.amount.minor_units(),
                )
            })
            .collect();
        assert_eq!(posted, taken, "seed {seed}: posted (left), taken (right)");

        let paise: i64 = taken.values().sum();
        let (applied, overpaid) = (view.applied.minor_units(), view.overpaid.minor_units());
        assert_eq!(view.received.minor_units(), paise, "seed {seed}");
        assert_eq!(applied + overpaid, paise, "seed {seed}");
        assert!(applied <= self.payable.amount.minor_units(), "seed {seed}");
        let open = links.iter().filter(|link| is_open(link));
        assert!(
            open.count() <= usize::from(!self.voided),
            "seed {seed}: {links:?}"
        );
        RunTotals {
            links: links.len(),
            payments: taken.len(),
            paise,
            faults: self.faults,
        }
    }

    /// Asserts that the provider reads the same data of a link as the simulator has.
    async fn agree_on(&self, link: &LinkSnapshot) {
        let seed = self.seed;
        let reference: CheckoutLocator = link
            .link_id
            .parse::<payment_provider_core::CheckoutReference>()
            .expect("a reference")
            .into();
        let read = self.scene.provider.fetch_checkout(&reference).await;
        let read = read.expect("the gateway answers");
        assert_eq!(
            read.amount.decimal().to_string(),
            link.amount.to_string(),
            "seed {seed}"
        );
        let paid = read.amount_paid.decimal().to_string();
        assert_eq!(paid, link.amount_paid.to_string(), "seed {seed}");
        let listed = self.scene.provider.list_payments(&reference).await;
        let listed: BTreeMap<String, i64> = listed
            .expect("the gateway answers")
            .into_iter()
            .filter(|payment| payment.status == payment_provider_core::PaymentStatus::Succeeded)
            .map(|payment| (payment.id.to_string(), payment.amount.minor_units()))
            .collect();
        assert_eq!(listed, successful(link), "seed {seed}");
    }
}

/// Returns true if the runtime has nothing left to find out: it returned a URL, or the invoice is paid, or an earlier
/// link cannot be cancelled.
fn is_answer(asked: &Result<PaymentUrlOutcome, Error>) -> bool {
    match asked {
        Ok(PaymentUrlOutcome::Pay(_) | PaymentUrlOutcome::NothingDue(NothingDue::Paid)) => true,
        Ok(_) => false,
        Err(error) => matches!(
            error.kind(),
            ErrorKind::Refused(Refusal::EarlierStillPayable)
        ),
    }
}

fn is_open(link: &LinkSnapshot) -> bool {
    matches!(link.status, LinkStatus::Active | LinkStatus::PartiallyPaid)
}

/// Returns the successful payments, with their amounts in paise.
fn successful(link: &LinkSnapshot) -> BTreeMap<String, i64> {
    let payments = link.orders.iter().flat_map(|order| &order.payments);
    payments
        .filter(|payment| payment.status == PaymentStatus::Success)
        .map(|payment| (payment.cf_payment_id.clone(), payment.amount.minor()))
        .collect()
}

fn pending(links: &[LinkSnapshot]) -> Vec<String> {
    let payments = links
        .iter()
        .flat_map(|link| &link.orders)
        .flat_map(|order| &order.payments);
    payments
        .filter(|payment| payment.status == PaymentStatus::Pending)
        .map(|payment| payment.cf_payment_id.clone())
        .collect()
}
