//! Walks through the merchant API. Every response is validated.

use std::time::Duration;

use axum::http::Method;
use cashfree_simulator::{PaymentAttempt, PaymentStatus};
use serde_json::{Value, json};

use crate::openapi_caller::Caller;
use crate::openapi_steps::Step;

const REFUNDS: &str = "/orders/{order_id}/refunds";
const REFUND: &str = "/orders/{order_id}/refunds/{refund_id}";

/// Selects one of several names, or an unknown name.
fn one(of: &[String], which: usize) -> &str {
    match of.len() {
        0 => "nobody",
        length => of.get(which % length).map_or("nobody", String::as_str),
    }
}

/// Identifiers of the objects created so far.
struct Names {
    links: Vec<String>,
    orders: Vec<String>,
    /// Payments, each with its order.
    payments: Vec<(String, String)>,
}

impl Names {
    fn of(caller: &Caller<'_>) -> Self {
        let orders = caller.simulator.orders();
        let payments = orders.iter().flat_map(|order| &order.payments);
        let payments = payments.map(|p| (p.order_id.clone(), p.cf_payment_id.clone()));
        let payments = payments.collect();
        let links = caller.simulator.links().into_iter();
        Self {
            links: links.map(|link| link.link_id).collect(),
            orders: orders.into_iter().map(|order| order.order_id).collect(),
            payments,
        }
    }
}

/// Runs a walk and validates every response.
pub(crate) async fn walk(mut caller: Caller<'_>, steps: Vec<Step>) {
    for step in steps {
        let names = Names::of(&caller);
        happen(&caller, &names, &step);
        ask(&mut caller, &names, step).await;
    }
}

/// Simulates payers, the gateway and time. Impossible steps have no effect.
fn happen(caller: &Caller<'_>, names: &Names, step: &Step) {
    let simulator = &caller.simulator;
    match step {
        Step::PayLink(at, by, end) => {
            let (link, attempt) = (
                one(&names.links, *at),
                PaymentAttempt::new().with_method(*by),
            );
            let _ = match end {
                PaymentStatus::Success => simulator.pay(link, attempt),
                PaymentStatus::Pending => simulator.leave_pending(link, attempt),
                PaymentStatus::Failed => simulator.fail(link, attempt),
                _ => simulator.drop_payment(link, attempt),
            };
        }
        Step::PayOrder(at, by, end) => {
            let attempt = PaymentAttempt::new().with_method(*by);
            let _ = simulator.attempt_order(one(&names.orders, *at), attempt, *end);
        }
        Step::Settle(at, status) => {
            let _ = simulator.update_settlement(one(&names.orders, *at), None, *status);
        }
        Step::EndRefund(at, end) => {
            if let Some(refund) = simulator.refunds().get(*at) {
                let _ = simulator.complete_refund(&refund.cf_refund_id, *end);
            }
        }
        Step::Wait(minutes) => caller.clock.advance(Duration::from_mins((*minutes).into())),
        _ => {}
    }
}

/// Makes a merchant's request.
async fn ask(caller: &mut Caller<'_>, names: &Names, step: Step) {
    let (links, orders) = (&names.links, &names.orders);
    match step {
        Step::CreateLink(body) => post(caller, "/links", &[], &body).await,
        Step::FetchLink(at) => get(caller, "/links/{link_id}", &[one(links, at)]).await,
        Step::CancelLink(at) => {
            let (path, link) = ("/links/{link_id}/cancel", one(links, at));
            caller.call(Method::POST, path, &[link], None).await;
        }
        Step::LinkOrders(at, true) => {
            get(
                caller,
                "/links/{link_id}/orders?status=ALL",
                &[one(links, at)],
            )
            .await;
        }
        Step::LinkOrders(at, false) => {
            get(caller, "/links/{link_id}/orders", &[one(links, at)]).await;
        }
        Step::CreateOrder(body) => post(caller, "/orders", &[], &body).await,
        Step::FetchOrder(at) => get(caller, "/orders/{order_id}", &[one(orders, at)]).await,
        Step::TerminateOrder(at) => {
            let (path, body) = (
                "/orders/{order_id}",
                json!({ "order_status": "TERMINATED" }),
            );
            let order = one(orders, at);
            caller
                .call(Method::PATCH, path, &[order], Some(&body))
                .await;
        }
        Step::Payments(at) => {
            get(caller, "/orders/{order_id}/payments", &[one(orders, at)]).await;
            if let Some((order, payment)) = names.payments.get(at) {
                let path = "/orders/{order_id}/payments/{cf_payment_id}";
                get(caller, path, &[order, payment]).await;
            }
        }
        Step::Settlement(at) => {
            get(caller, "/orders/{order_id}/settlements", &[one(orders, at)]).await;
        }
        Step::Refund(at, body) => {
            let order = one(orders, at);
            post(caller, REFUNDS, &[order], &body).await;
            let id = body["refund_id"].as_str().unwrap();
            get(caller, REFUND, &[order, id]).await;
        }
        Step::Refunds(at) => get(caller, REFUNDS, &[one(orders, at)]).await,
        Step::Simulate(at, end) => simulate(caller, names.payments.get(at), end).await,
        _ => {}
    }
}

async fn get(caller: &mut Caller<'_>, path: &str, ids: &[&str]) {
    caller.call(Method::GET, path, ids, None).await;
}

async fn post(caller: &mut Caller<'_>, path: &str, ids: &[&str], body: &Value) {
    caller.call(Method::POST, path, ids, Some(body)).await;
}

async fn simulate(caller: &mut Caller<'_>, payment: Option<&(String, String)>, end: &str) {
    let payment = payment.map_or("0", |(_, payment)| payment.as_str());
    let body = json!({
        "entity": "PAYMENTS",
        "entity_id": payment,
        "entity_simulation": { "payment_status": end },
    });
    let made = caller
        .call(Method::POST, "/simulate", &[], Some(&body))
        .await;
    if made.status == 200 {
        let id = made.body["simulation_id"].as_str().unwrap();
        let path = "/simulate/{simulation_id}";
        assert_eq!(
            caller.call(Method::GET, path, &[id], None).await.status,
            200
        );
    }
}
