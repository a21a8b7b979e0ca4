//! The list of all attempts to pay a link, without duplicates, and never with less money than the
//! link reports.

mod fake;
mod support;

use payment_provider_conformance::wire::{Script, WireGateway, json};
use payment_provider_core::{
    CheckoutLocator, Payment, PaymentStatus, ProviderErrorKind, RetryAdvice,
};
use support::*;

const PAGE: &str = "GET /orders/order/payments";

async fn list(stage: &Stage) -> Vec<Payment> {
    stage.provider.list_payments(&locator()).await.unwrap()
}

#[tokio::test]
async fn a_link_without_attempts_has_an_empty_list() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.gateway.clear();
    assert!(list(&stage).await.is_empty());
    assert_eq!(stage.lines(), [LOOKUP]);
}

#[tokio::test]
async fn failed_attempts_and_instalments_are_all_listed() {
    let stage = Stage::new().await;
    let made = stage.make_partial().await;
    let under_way = stage.fake.attempt(REFERENCE, 20_012);
    let failed = stage.fake.fail(REFERENCE, 20_012);
    let first = stage.fake.pay(REFERENCE, 5_000);
    let second = stage.fake.pay(REFERENCE, 15_012);
    stage.gateway.clear();
    let payments = stage.provider.list_payments(&made.locator()).await.unwrap();
    let listed: Vec<_> = payments
        .iter()
        .map(|payment| (payment.id.as_str(), payment.status.as_str(), payment.amount))
        .collect();
    let expected = [
        (under_way.as_str(), "pending", inr(20_012)),
        (failed.as_str(), "failed", inr(20_012)),
        (first.as_str(), "succeeded", inr(5_000)),
        (second.as_str(), "succeeded", inr(15_012)),
    ];
    assert_eq!(listed, expected);
    let order = payments[0].order_id.clone().unwrap();
    assert!(order.as_str().starts_with("order_"));
    assert!(
        payments
            .iter()
            .all(|payment| payment.order_id.as_ref() == Some(&order))
    );
    let failure = payments[1].failure.as_ref().unwrap();
    assert_eq!(failure.code.as_deref(), Some("payment_failed"));
    assert_eq!(payments[2].bank_reference.as_deref(), Some("100000000001"));
    assert_eq!(payments[2].method.as_deref(), Some("upi"));
    assert_eq!(payments[2].paid_at, Some(NOW));
    assert_eq!(stage.lines(), ["GET /payment_links/plink", PAGE]);
}

#[tokio::test]
async fn a_failed_attempt_that_succeeds_later_counts_as_money() {
    let stage = Stage::new().await;
    stage.make().await;
    let id = stage.fake.fail(REFERENCE, 20_012);
    assert_eq!(list(&stage).await[0].status, PaymentStatus::Failed);
    stage.fake.succeed_late(&id);
    let payments = list(&stage).await;
    assert_eq!(payments.len(), 1);
    assert_eq!(payments[0].status, PaymentStatus::Succeeded);
}

#[tokio::test]
async fn a_payment_after_the_link_ended_is_listed() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.fake.expire(REFERENCE);
    let id = stage.fake.pay(REFERENCE, 20_012);
    let payments = list(&stage).await;
    assert_eq!(payments[0].id.as_str(), id);
    assert_eq!(payments[0].status, PaymentStatus::Succeeded);
}

#[tokio::test]
async fn every_page_is_read_for_any_page_size() {
    for (attempts, most, pages) in [
        (9, None, 1),
        (10, None, 2),
        (230, None, 5),
        // The gateway ignores the requested page size and returns ten.
        (25, Some(10), 3),
    ] {
        let stage = Stage::new().await;
        stage.make().await;
        for _ in 0..attempts - 1 {
            stage.fake.fail(REFERENCE, 20_012);
        }
        stage.fake.pay(REFERENCE, 20_012);
        stage
            .fake
            .configure(|behaviour| behaviour.max_page_size = most);
        stage.gateway.clear();
        let payments = list(&stage).await;
        assert_eq!(payments.len(), attempts);
        let ids: std::collections::BTreeSet<_> = payments.iter().map(|p| &p.id).collect();
        assert_eq!(ids.len(), attempts);
        assert_eq!(stage.lines().len(), 1 + pages, "{:?}", stage.lines());
    }
}

#[tokio::test]
async fn a_list_without_pages_is_complete_at_once() {
    let stage = Stage::new().await;
    stage.make().await;
    for _ in 0..30 {
        stage.fake.fail(REFERENCE, 20_012);
    }
    stage
        .fake
        .configure(|behaviour| behaviour.no_pages_of_payments = true);
    stage.gateway.clear();
    assert_eq!(list(&stage).await.len(), 30);
    let second = format!("{PAGE}?count=100&skip=30");
    assert_eq!(stage.lines(), [LOOKUP, PAGE, second.as_str()]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_lags_behind_the_link_is_requested_again() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.fake.fail(REFERENCE, 20_012);
    stage.fake.pay(REFERENCE, 20_012);
    stage
        .fake
        .configure(|behaviour| behaviour.lagging_payments = 2);
    stage.gateway.clear();
    assert_eq!(list(&stage).await.len(), 2);
    assert_eq!(stage.lines(), [LOOKUP, PAGE, LOOKUP, PAGE, LOOKUP, PAGE]);

    stage
        .fake
        .configure(|behaviour| behaviour.lagging_payments = 100);
    let error = error(stage.provider.list_payments(&locator()).await);
    assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
    assert!(matches!(error.retry(), RetryAdvice::After(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_paid_link_without_an_order_is_an_error() {
    let stage = Stage::new().await;
    stage.make().await;
    stage
        .fake
        .configure(|behaviour| behaviour.amount_paid = Some(1));
    let error = error(stage.provider.list_payments(&locator()).await);
    assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
}

/// Returns a gateway with these responses for the link and for its order.
async fn says(
    link_paid: i64,
    pages: &[&str],
) -> Result<Vec<Payment>, payment_provider_core::ProviderError> {
    let link = format!(
        r#"{{"id":"plink_1","reference_id":"inv-1","status":"paid","currency":"INR","amount":20012,
        "amount_paid":{link_paid},"order_id":"1"}}"#
    );
    let pages = pages.iter().map(|page| json(200, (*page).to_owned()));
    let answers = Script::new(std::iter::once(json(200, link)).chain(pages));
    let gateway = WireGateway::start(answers).await.unwrap();
    let retry = provider_razorpay::RetryTuning::new().with_max_attempts(1);
    let provider = connect_with(config().with_retry(retry), &settings(&base_url(&gateway)));
    let locator: CheckoutLocator = known("plink_1");
    provider.list_payments(&locator).await
}

fn item(id: &str, amount: i64, order: &str) -> String {
    format!(
        r#"{{"id":"{id}","status":"captured","amount":{amount},"currency":"INR","order_id":{order}}}"#
    )
}

#[tokio::test]
async fn order_ids_are_compared_with_their_prefix() {
    for order in ["\"1\"", "\"order_1\"", "null"] {
        let page = format!(r#"{{"items":[{}]}}"#, item("pay_1", 20_012, order));
        let payments = says(20_012, &[&page]).await.unwrap();
        assert_eq!(payments[0].order_id.as_ref().unwrap().as_str(), "order_1");
    }
}

#[tokio::test]
async fn a_list_that_contradicts_itself_is_an_error() {
    let one = item("pay_1", 20_012, "null");
    let two = item("pay_1", 1, "null");
    let foreign = item("pay_1", 20_012, "\"order_2\"");
    for page in [
        format!(r#"{{"items":[{one},{two}]}}"#),
        format!(r#"{{"items":[{foreign}]}}"#),
        r#"{"items":null}"#.to_owned(),
        r#"{"count":0}"#.to_owned(),
        r#"{"items":[{}]}"#.to_owned(),
        r#"{"items":[[]]}"#.to_owned(),
        "[]".to_owned(),
        format!(r#"{{"items":[{}]}}"#, one.replace("20012", "200.12")),
    ] {
        let error = error(says(0, &[&page]).await);
        assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer, "{page}");
    }
    // The same entry twice is one payment.
    let page = format!(r#"{{"items":[{one},{one}]}}"#);
    assert_eq!(says(20_012, &[&page]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn more_money_than_the_link_reports_is_accepted() {
    let page = format!(r#"{{"items":[{}]}}"#, item("pay_1", 20_012, "null"));
    assert_eq!(says(0, &[&page]).await.unwrap().len(), 1);
    let other = page.replace("INR", "USD");
    assert!(says(20_012, &[&other]).await.is_err());
}

#[tokio::test]
async fn a_fee_that_the_payer_bears_is_listed_beside_the_amount_of_the_link() {
    let stage = Stage::new().await;
    stage.make().await;
    stage
        .fake
        .configure(|behaviour| behaviour.payers_bear_fees = true);
    stage.fake.pay(REFERENCE, 20_012);
    let [payment] = &list(&stage).await[..] else {
        panic!("one payment was made");
    };
    assert_eq!(payment.amount, inr(20_012));
    assert_eq!(payment.charged, Some(inr(20_484)));
}

#[tokio::test(start_paused = true)]
async fn a_fee_that_is_not_stated_is_waited_for() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.fake.configure(|behaviour| {
        behaviour.payers_bear_fees = true;
        behaviour.unstated_fees = true;
    });
    stage.fake.pay(REFERENCE, 20_012);
    let error = error(stage.provider.list_payments(&locator()).await);
    assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
    assert!(matches!(error.retry(), RetryAdvice::After(_)), "{error:?}");
    // Requested again, the payment states it.
    stage
        .fake
        .configure(|behaviour| behaviour.unstated_fees = false);
    stage.fake.state_fees();
    assert_eq!(list(&stage).await[0].amount, inr(20_012));
}

#[tokio::test]
async fn fees_count_if_the_total_of_the_link_includes_them() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.fake.configure(|behaviour| {
        behaviour.payers_bear_fees = true;
        behaviour.fees_in_totals = true;
    });
    stage.fake.pay(REFERENCE, 20_012);
    let [payment] = &list(&stage).await[..] else {
        panic!("one payment was made");
    };
    assert_eq!(payment.amount, inr(20_484));
    assert_eq!(payment.charged, None);
}

/// Lists one payment of 20 484, of which 472 may be the payer's fee, on a link with this total.
async fn one_with(paid: i64, members: &str) -> Option<(i64, Option<i64>)> {
    let item = format!(
        r#"{{"id":"pay_1","status":"captured","amount":20484,"currency":"INR","order_id":null{members}}}"#
    );
    let payments = says(paid, &[&format!(r#"{{"items":[{item}]}}"#)]).await;
    let payments = payments.ok()?;
    let [payment] = &payments[..] else {
        panic!("{payments:?}");
    };
    let charged = payment
        .charged
        .map(payment_provider_core::Money::minor_units);
    Some((payment.amount.minor_units(), charged))
}

#[tokio::test]
async fn the_total_of_the_link_decides_about_the_amounts_of_the_list() {
    let net = Some((20_012, Some(20_484)));
    let whole = Some((20_484, None));
    for (paid, members, expected) in [
        (20_012, r#","fee":null,"fee_bearer":"customer""#, None),
        (20_484, r#","fee":null,"fee_bearer":"customer""#, whole),
        (20_012, r#","fee":472,"fee_bearer":"customer""#, net),
        (20_484, r#","fee":472,"fee_bearer":"customer""#, whole),
        (20_012, r#","fee":472"#, net),
        (20_012, r#","fee":472,"fee_bearer":"dynamic""#, net),
        (20_012, r#","fee":472,"fee_bearer":"Customer""#, net),
        (20_484, r#","fee":472"#, whole),
        (20_012, "", None),
        (20_484, "", whole),
        // The link reports neither amount.
        (20_000, r#","fee":472"#, None),
        (20_000, r#","fee":472,"fee_bearer":"customer""#, None),
        (20_500, r#","fee":472"#, None),
        // The merchant is stated to bear the fee, and the link contradicts it.
        (20_484, r#","fee":472,"fee_bearer":"platform""#, whole),
        (20_012, r#","fee":472,"fee_bearer":"platform""#, None),
        // The link does not count the payment, which pays 20 012 as a whole.
        (0, r#","fee":472"#, net),
        (0, r#","fee":472,"fee_bearer":"customer""#, net),
        (0, r#","fee":472,"fee_bearer":"platform""#, whole),
        (0, "", None),
        (0, r#","fee":null,"fee_bearer":"customer""#, None),
    ] {
        assert_eq!(one_with(paid, members).await, expected, "{paid} {members}");
    }
}

#[tokio::test]
async fn instalments_are_listed_with_the_amounts_that_add_up_to_the_total() {
    for (bears, includes) in [(true, false), (true, true), (false, false)] {
        let stage = Stage::new().await;
        stage.make_partial().await;
        stage.fake.configure(|behaviour| {
            behaviour.payers_bear_fees = bears;
            behaviour.fees_in_totals = includes;
            behaviour.unstated_bearers = true;
        });
        stage.fake.pay(REFERENCE, 5_000);
        stage.fake.pay(REFERENCE, 10_000);
        let payments = list(&stage).await;
        let amounts: Vec<_> = payments.iter().map(|payment| payment.amount).collect();
        let expected = if includes {
            [inr(5_118), inr(10_236)]
        } else {
            [inr(5_000), inr(10_000)]
        };
        assert_eq!(amounts, expected, "{bears} {includes}");
    }
}
