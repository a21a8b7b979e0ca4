//! The list of all payments of a link, without duplicates.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use payment_provider_core::{Payment, PaymentStatus, ProviderError, ProviderErrorKind};
use support::*;

fn order(id: &str, amount: &str, status: &str) -> String {
    format!(
        r#"{{"cf_order_id":"9","link_id":"inv-1","order_id":"{id}","entity":"order",
        "order_currency":"INR","order_amount":{amount},"order_status":"{status}",
        "order_tags":null,"payment_session_id":"session_x"}}"#
    )
}

fn payment(id: &str, order: &str, status: &str, amounts: (&str, &str)) -> String {
    let (ordered, charged) = amounts;
    format!(
        r#"{{"cf_payment_id":{id},"order_id":"{order}","entity":"payment","order_currency":"INR",
        "order_amount":{ordered},"payment_currency":"INR","payment_amount":{charged},
        "payment_status":"{status}","payment_group":"upi","payment_time":"2026-01-15T15:30:00+05:30",
        "bank_reference":"234928698581","payment_message":"m","error_details":null,
        "payment_method":{{"upi":{{"channel":"collect"}}}},"is_captured":true}}"#
    )
}

fn array(items: &[String]) -> Act {
    ok(format!("[{}]", items.join(",")))
}

async fn list(gateway: &Scripted) -> Result<Vec<Payment>, ProviderError> {
    connect(gateway).list_payments(&locator()).await
}

/// Returns a gateway that has one order with the id `o 1/x` and these payments.
async fn with_payments(status: &'static str, payments: Vec<String>) -> Scripted {
    Scripted::handler(move |_, request| {
        if request.target.starts_with("/pg/links/") {
            array(&[order("o 1/x", "200.12", status)])
        } else {
            array(&payments)
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn payments_of_all_orders_of_a_link_are_listed() {
    let gateway = with_payments(
        "PAID",
        vec![
            payment("\"11\"", "o 1/x", "FAILED", ("200.12", "200.12")),
            payment("12", "o 1/x", "SUCCESS", ("200.12", "150.12")),
        ],
    )
    .await;
    let payments = list(&gateway).await.unwrap();
    assert_eq!(
        gateway.lines(),
        [
            "GET /pg/links/inv-1/orders?status=ALL",
            "GET /pg/orders/o%201%2Fx/payments"
        ]
    );
    let [failed, paid] = payments.as_slice() else {
        panic!("{payments:?}");
    };
    assert_eq!(failed.status, PaymentStatus::Failed);
    assert_eq!(
        failed
            .failure
            .as_ref()
            .unwrap()
            .message
            .as_ref()
            .unwrap()
            .expose(),
        "m"
    );
    assert_eq!(paid.id.as_str(), "12");
    assert_eq!(paid.order_id.as_ref().unwrap().as_str(), "o 1/x");
    assert_eq!(paid.status, PaymentStatus::Succeeded);
    assert_eq!(paid.amount, inr(20_012));
    assert_eq!(paid.charged, Some(inr(15_012)));
    assert_eq!(paid.method.as_deref(), Some("upi"));
    assert_eq!(paid.bank_reference.as_deref(), Some("234928698581"));
    assert_eq!(paid.paid_at, Some(NOW));
}

#[tokio::test(start_paused = true)]
async fn a_link_without_payments_has_an_empty_list() {
    for body in ["[]", "null"] {
        let gateway = Scripted::acts([ok(body)]).await;
        assert_eq!(list(&gateway).await.unwrap(), []);
        let gateway = Scripted::acts([array(&[order("o", "1", "ACTIVE")]), ok(body)]).await;
        assert_eq!(list(&gateway).await.unwrap(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_paid_order_without_payments_is_an_error() {
    let gateway = with_payments("PAID", vec![]).await;
    let error = list(&gateway).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
}

#[tokio::test(start_paused = true)]
async fn a_paid_order_without_a_successful_payment_is_an_error() {
    let with = |status: &str| payment("1", "o 1/x", status, ("5", "5"));
    for statuses in [vec!["FAILED"], vec!["PENDING"], vec!["USER_DROPPED", "ODD"]] {
        let payments = statuses.iter().map(|status| with(status)).collect();
        let gateway = with_payments("PAID", payments).await;
        let error = list(&gateway).await.unwrap_err();
        assert_eq!(
            error.kind(),
            ProviderErrorKind::UnreadableAnswer,
            "{statuses:?}"
        );
        assert!(error.retry_after().is_some(), "{statuses:?}");
    }
    // No money was received, which explains a paid order without a successful payment.
    for status in ["VOID", "CANCELLED"] {
        let gateway = with_payments("PAID", vec![with(status)]).await;
        assert_eq!(list(&gateway).await.unwrap().len(), 1, "{status}");
    }
    let gateway = with_payments("ACTIVE", vec![with("FAILED")]).await;
    assert_eq!(list(&gateway).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn beyond_25_orders_only_those_that_may_hold_money_are_requested() {
    for (count, asked) in [(25, 25), (26, 2)] {
        let gateway = Scripted::handler(move |_, request| {
            if request.target.starts_with("/pg/links/") {
                let orders: Vec<String> = (0..count)
                    .map(|n| {
                        let status = match n {
                            0 => "PAID",
                            1 => "A_NEW_WORD",
                            _ => ["ACTIVE", "EXPIRED", "TERMINATED"][n % 3],
                        };
                        order(&format!("o{n}"), "5", status)
                    })
                    .collect();
                array(&orders)
            } else if request.target == "/pg/orders/o0/payments" {
                array(&[payment("1", "o0", "SUCCESS", ("5", "5"))])
            } else {
                ok("[]")
            }
        })
        .await;
        assert_eq!(list(&gateway).await.unwrap().len(), 1);
        assert_eq!(gateway.seen().len(), 1 + asked, "{count}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_oversized_list_of_orders_is_reduced_to_paid_orders() {
    let gateway = Scripted::handler(|_, request| {
        if request.target.ends_with("status=ALL") {
            ok(" ".repeat(2 * 1024 * 1024))
        } else if request.target.ends_with("status=PAID") {
            array(&[order("o", "5", "PAID")])
        } else {
            array(&[payment("1", "o", "SUCCESS", ("5", "5"))])
        }
    })
    .await;
    assert_eq!(list(&gateway).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn listing_the_payments_of_another_accounts_link_is_a_conflict() {
    let tagged = |tag: &str| {
        let tags = format!("\"order_tags\":{{\"cf_link_id\":{tag}}}");
        order("o", "5", "PAID").replace("\"order_tags\":null", &tags)
    };
    let paid = || array(&[payment("1", "o", "SUCCESS", ("5", "5"))]);
    let known = |id: &str| {
        let id = payment_provider_core::GatewayCheckoutId::new(id).unwrap();
        payment_provider_core::CheckoutLocator::new(reference(), Some(id))
    };
    // The orders name the link.
    let gateway = Scripted::acts([array(&[tagged("1576977")]), paid()]).await;
    let listed = connect(&gateway).list_payments(&known("1576977")).await;
    assert_eq!(listed.unwrap().len(), 1);
    assert_eq!(gateway.seen().len(), 2);
    // The orders do not name the link, or name another one, so the link is fetched.
    for orders in [
        vec![order("o", "5", "PAID")],
        vec![tagged("\"8\"")],
        vec![tagged("null")],
        vec![],
    ] {
        let count = orders.len();
        let acts = || [array(&orders), ok(link()), paid()];
        let gateway = Scripted::acts(acts()).await;
        let listed = connect(&gateway).list_payments(&known("1576977")).await;
        assert_eq!(listed.unwrap().len(), count);

        let gateway = Scripted::acts(acts()).await;
        let error = connect(&gateway).list_payments(&known("7")).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ProviderErrorKind::Conflict);
        assert_eq!(error.differences()[0].field, "gateway_id");
        assert_eq!(gateway.lines()[1], "GET /pg/links/inv-1");
    }
}

#[tokio::test(start_paused = true)]
async fn repeated_orders_and_payments_are_listed_once() {
    let one = payment("1", "o 1/x", "SUCCESS", ("5", "5"));
    let gateway = with_payments("PAID", vec![one.clone(), one.replace(":1,", ":\"1\",")]).await;
    assert_eq!(list(&gateway).await.unwrap().len(), 1);

    let twice = [order("o", "1", "ACTIVE"), order("o", "1", "ACTIVE")];
    let gateway = Scripted::acts([array(&twice), ok("[]")]).await;
    assert_eq!(list(&gateway).await.unwrap(), []);

    let other = payment("1", "o 1/x", "FAILED", ("5", "5"));
    let gateway = with_payments("PAID", vec![one, other]).await;
    assert_eq!(
        list(&gateway).await.unwrap_err().kind(),
        ProviderErrorKind::UnreadableAnswer
    );
}

#[tokio::test(start_paused = true)]
async fn orders_are_requested_a_few_at_a_time() {
    let under_way = Arc::new(AtomicUsize::new(0));
    let ids: Vec<String> = (0..25).map(|n| format!("o{n:02}")).collect();
    let orders: Vec<String> = ids.iter().map(|id| order(id, "1", "PAID")).collect();
    let gateway = Scripted::handler({
        let under_way = Arc::clone(&under_way);
        move |_, request| {
            let mut parts = request.target.rsplit('/').skip(1);
            let id = parts.next().unwrap();
            if id == "inv-1" {
                return array(&orders);
            }
            under_way.fetch_add(1, Ordering::SeqCst);
            let number: u32 = id[1..].parse().unwrap();
            array(&[payment(
                &(number + 1).to_string(),
                id,
                "SUCCESS",
                ("1", "1"),
            )])
        }
    })
    .await;
    let payments = list(&gateway).await.unwrap();
    let listed: Vec<_> = payments
        .iter()
        .map(|payment| payment.id.as_str().to_owned())
        .collect();
    let expected: Vec<_> = (1..=25).map(|n| n.to_string()).collect();
    assert_eq!(listed, expected);
    assert_eq!(under_way.load(Ordering::SeqCst), 25);
}

#[tokio::test(start_paused = true)]
async fn at_most_four_requests_run_concurrently() {
    let orders: Vec<String> = (0..9)
        .map(|n| order(&format!("o{n}"), "1", "PAID"))
        .collect();
    let gateway = Scripted::handler(move |at, _| if at == 0 { array(&orders) } else { Act::Hang });
    let gateway = gateway.await;
    let config = config()
        .with_retry(provider_cashfree::RetryTuning::new().with_max_attempts(1))
        .with_operation_deadline(std::time::Duration::from_secs(9));
    let provider = connect_with(config, &settings(&gateway.base_url));
    let error = provider.list_payments(&locator()).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Timeout);
    assert_eq!(gateway.seen().len(), 1 + 4);
}

#[tokio::test(start_paused = true)]
async fn a_pending_attempt_is_listed() {
    for (status_text, status) in [
        ("PENDING", PaymentStatus::Pending),
        ("NOT_ATTEMPTED", PaymentStatus::Pending),
        ("FLAGGED", PaymentStatus::Pending),
        ("ODD", PaymentStatus::Unknown("ODD".to_owned())),
    ] {
        let attempt = payment("7", "o 1/x", status_text, ("200.12", "200.12"));
        let gateway = with_payments("ACTIVE", vec![attempt]).await;
        let payments = list(&gateway).await.unwrap();
        assert_eq!(payments.len(), 1, "{status_text}");
        assert_eq!(payments[0].status, status);
        assert_eq!(payments[0].failure, None);
        assert_eq!(payments[0].amount, inr(20_012));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_list_of_one_order_fails_the_operation() {
    for fault in [
        Act::Close,
        not_found(),
        ok("<html>"),
        ok("{}"),
        refusal(400, "request_failed", "invalid_request_error"),
        refusal(401, "request_failed", "authentication_error"),
        refusal(429, "request_failed", "rate_limit_error"),
        refusal(500, "internal_error", "api_error"),
    ] {
        for which in ["o0", "o4", "o8"] {
            let broken = fault.clone();
            let gateway = Scripted::handler(move |_, request| {
                let path: Vec<&str> = request.target.split('/').collect();
                match path[3] {
                    "inv-1" => {
                        let orders = (0..9).map(|n| order(&format!("o{n}"), "1", "PAID"));
                        array(&orders.collect::<Vec<_>>())
                    }
                    id if id == which => broken.clone(),
                    id => array(&[payment(
                        &format!("1{}", &id[1..]),
                        id,
                        "SUCCESS",
                        ("1", "1"),
                    )]),
                }
            })
            .await;
            let outcome = list(&gateway).await;
            assert!(outcome.is_err(), "{fault:?} {which}: {outcome:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_entry_is_an_error_instead_of_a_shorter_list() {
    let good = || array(&[order("o", "1", "PAID")]);
    let second = |body: &str| vec![good(), ok(body), ok(body), ok(body)];
    let of_no_amount = payment("1", "o", "SUCCESS", ("\"x\"", "1"));
    for acts in [
        vec![ok("{}"), ok("{}"), ok("{}")],
        vec![ok(r#"[{"order_id":null}]"#)],
        vec![ok(r#"[{"order_id":"o","link_id":"inv-2"}]"#)],
        vec![ok("[7]")],
        vec![ok(r#"[{"order_id":".."}]"#)],
        second("{}"),
        second("[null]"),
        second("<html>"),
        second(&format!(
            "[{}]",
            payment("null", "o", "SUCCESS", ("1", "1"))
        )),
        second(&format!(
            "[{}]",
            payment("1", "other", "SUCCESS", ("1", "1"))
        )),
        vec![
            array(&[order("o", "\"x\"", "PAID")]),
            array(&[of_no_amount]),
        ],
        vec![good(), not_found()],
        vec![good(), Act::Close, Act::Close, Act::Close],
    ] {
        let gateway = Scripted::acts(acts.clone()).await;
        let error = list(&gateway).await.unwrap_err();
        assert_ne!(error.kind(), ProviderErrorKind::NotFound, "{acts:?}");
    }
    let gateway = Scripted::acts([not_found()]).await;
    assert_eq!(
        list(&gateway).await.unwrap_err().kind(),
        ProviderErrorKind::NotFound
    );
}

#[tokio::test(start_paused = true)]
async fn the_amount_of_the_order_is_used_if_the_payment_has_none() {
    let bare = r#"{"cf_payment_id":"1","payment_status":"SUCCESS"}"#.to_owned();
    let gateway = with_payments("PAID", vec![bare]).await;
    let payments = list(&gateway).await.unwrap();
    assert_eq!(payments[0].amount, inr(20_012));
    assert_eq!(payments[0].charged, None);
}
