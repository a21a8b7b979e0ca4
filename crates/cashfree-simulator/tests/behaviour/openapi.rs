//! Every response matches the official document. The document is not part of this crate; the environment variable
//! `CASHFREE_REFERENCE_DIR` names its folder.

use axum::http::Method;
use cashfree_simulator::{
    ApiFault, ApiFaultRule, ApiOperation, ApiVersion, Paise, PaymentAttempt, PaymentStatus,
    RefundStatus, SettlementStatus,
};
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::openapi_caller::Caller;
use crate::openapi_document::{Judge, document};
use crate::openapi_steps::{Step, steps};
use crate::openapi_walk::walk;

const LINKS: &str = "/links";
const ORDERS: &str = "/orders";
const REFUNDS: &str = "/orders/{order_id}/refunds";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn responses_to_random_requests_match_the_document_in_every_version() {
    let Some(document) = document() else {
        return;
    };
    let (runtime, judge) = (runtime(), std::cell::RefCell::new(Judge::new(document)));
    let config = Config {
        cases: 120,
        failure_persistence: None,
        ..Config::default()
    };
    let walked =
        TestRunner::new(config).run(&steps(), |(version, steps): (ApiVersion, Vec<Step>)| {
            let mut judge = judge.borrow_mut();
            let caller = Caller::new(version.as_str(), &mut judge);
            runtime.block_on(walk(caller, steps));
            Ok(())
        });
    if let Err(failure) = walked {
        panic!("{failure}");
    }
    let judge = judge.into_inner();
    for ((what, status), answers) in &judge.judged {
        eprintln!("{answers:6} {status} {what}");
    }
    eprintln!("{} responses match the official document", judge.total());
    assert!(judge.total() > 1000, "{} answers", judge.total());
}

#[test]
fn every_call_succeeds_and_fails_as_documented_in_every_version() {
    let Some(document) = document() else {
        return;
    };
    let mut judge = Judge::new(document);
    for version in ApiVersion::ALL {
        let caller = Caller::new(version.as_str(), &mut judge);
        runtime().block_on(all_calls(caller));
    }
    let statuses: Vec<u16> = judge.judged.keys().map(|(_, status)| *status).collect();
    for status in [200, 400, 401, 404, 409, 422, 429, 500] {
        assert!(statuses.contains(&status), "no answer had status {status}");
    }
    eprintln!("{} responses match the official document", judge.total());
}

async fn all_calls(mut caller: Caller<'_>) {
    let link = json!({
        "link_id": "l", "link_amount": 200.12, "link_currency": "INR", "link_purpose": "Invoice",
        "customer_details": { "customer_phone": "9000000000" },
        "link_meta": { "upi_intent": true },
    });
    let order = json!({
        "order_id": "own", "order_amount": 100, "order_currency": "INR",
        "customer_details": { "customer_id": "c-1", "customer_phone": "9000000000" },
    });
    for (path, body) in [(LINKS, &link), (ORDERS, &order)] {
        for status in [200, 409] {
            let made = caller.call(Method::POST, path, &[], Some(body)).await;
            assert_eq!(made.status, status);
        }
    }
    let refund = json!({ "refund_amount": 40.5, "refund_id": "r_1", "refund_note": "too much" });
    let unpaid = caller
        .call(Method::POST, REFUNDS, &["own"], Some(&refund))
        .await;
    assert_eq!(
        (unpaid.status, &unpaid.body["code"]),
        (400, &json!("order_id_not_paid"))
    );
    let simulator = &caller.simulator;
    let paid = simulator.attempt_order("own", PaymentAttempt::new(), PaymentStatus::Success);
    let paid = paid.unwrap().cf_payment_id;
    simulator.pay("l", PaymentAttempt::new()).unwrap();
    simulator
        .update_settlement("own", None, SettlementStatus::Success)
        .unwrap();
    let made = caller
        .call(Method::POST, REFUNDS, &["own"], Some(&refund))
        .await;
    assert_eq!(made.status, 200);
    reads(&mut caller, &paid).await;
    refunds(&mut caller, &paid).await;
    faults(&mut caller).await;
    let key = [("x-idempotency-key", "k")];
    for (body, status) in [(link, 409), (order, 422)] {
        let reused = caller
            .call_with(Method::POST, LINKS, &[], Some(&body), &key)
            .await;
        assert_eq!(reused.status, status);
    }
}

/// Makes each call that changes nothing, successfully and with errors.
async fn reads(caller: &mut Caller<'_>, paid: &str) {
    for (path, ids) in [
        ("/links/{link_id}", &["l"][..]),
        ("/links/{link_id}/orders", &["l"]),
        ("/orders/{order_id}", &["own"]),
        ("/orders/{order_id}/payments", &["own"]),
        (
            "/orders/{order_id}/payments/{cf_payment_id}",
            &["own", paid],
        ),
        (REFUNDS, &["own"]),
        ("/orders/{order_id}/refunds/{refund_id}", &["own", "r_1"]),
        ("/orders/{order_id}/settlements", &["own"]),
    ] {
        let strange = vec!["nobody"; ids.len()];
        assert_eq!(caller.call(Method::GET, path, ids, None).await.status, 200);
        let unknown = caller.call(Method::GET, path, &strange, None).await;
        assert_eq!(unknown.status, 404);
        for (header, value, status) in [
            ("x-client-secret", "wrong", 401),
            ("x-api-version", "", 400),
            ("x-api-version", "2021-09-21", 400),
            ("x-api-version", "latest", 400),
        ] {
            let headers = [(header, value)];
            let refused = caller
                .call_with(Method::GET, path, ids, None, &headers)
                .await;
            assert_eq!(refused.status, status, "{header}: {value}");
        }
    }
}

/// Lists the refunds of an order in every status, with one of the gateway itself among them.
async fn refunds(caller: &mut Caller<'_>, paid: &str) {
    let amount = Some(Paise::new(100));
    let automatic = caller.simulator.auto_refund(paid, amount, "paid twice");
    let automatic = automatic.unwrap().cf_refund_id;
    let merchants = caller.simulator.refunds()[0].cf_refund_id.clone();
    for (refund, outcome) in [
        (&merchants, RefundStatus::Pending),
        (&merchants, RefundStatus::OnHold),
        (&merchants, RefundStatus::Success),
        (&automatic, RefundStatus::Cancelled),
    ] {
        if outcome != RefundStatus::Pending {
            caller.simulator.complete_refund(refund, outcome).unwrap();
        }
        let listed = caller.call(Method::GET, REFUNDS, &["own"], None).await;
        assert_eq!(listed.status, 200);
        let refunds = listed.body.as_array().unwrap();
        assert_eq!(refunds.len(), 2);
        let statuses: Vec<_> = refunds.iter().map(|it| &it["refund_status"]).collect();
        assert!(statuses.contains(&&json!(outcome.as_str())), "{statuses:?}");
    }
    let unpaid = caller.call(Method::GET, REFUNDS, &["nobody"], None).await;
    assert_eq!(unpaid.status, 404);
}

async fn faults(caller: &mut Caller<'_>) {
    for (fault, status) in [
        (ApiFault::RateLimited, 429),
        (ApiFault::RateLimitedStored, 429),
        (ApiFault::Error500, 500),
        (ApiFault::Error500Stored, 500),
        (ApiFault::Error400Stored, 400),
    ] {
        for (operation, path, ids) in [
            (ApiOperation::CreateLink, LINKS, &[][..]),
            (ApiOperation::CreateOrder, ORDERS, &[]),
            (ApiOperation::CreateRefund, REFUNDS, &["own"]),
        ] {
            let rule = ApiFaultRule::once(operation, fault);
            caller.simulator.inject_fault(rule);
            let body = json!({ "any": status });
            let refused = caller.call(Method::POST, path, ids, Some(&body)).await;
            assert_eq!(refused.status, status);
        }
        let rule = ApiFaultRule::once(ApiOperation::ListRefunds, fault);
        caller.simulator.inject_fault(rule);
        let refused = caller.call(Method::GET, REFUNDS, &["own"], None).await;
        assert_eq!(refused.status, status);
    }
}
