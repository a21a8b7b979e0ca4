//! A checkout with very many payments, whose list is fetched and posted, and the writes of others meanwhile.

use std::time::Duration;

use cross_crate_tests::Api;
use serde_json::json;
use tokio::time::Instant;

use crate::ground::{AMOUNT, Ground};
use crate::size::Size;

/// The longest wait of another write while the list is posted.
const LIMIT: Duration = Duration::from_millis(200);
/// The list is posted by then.
const LONGEST: Duration = Duration::from_mins(3);

pub(crate) async fn measure(ground: &Ground, size: Size) {
    let checkout = ground.attacking_checkouts(1).await.remove(0);
    // Payments that began before the link was paid, and succeed afterwards: one is due, the others are duplicates.
    let path = format!("links/{}/pending", checkout.reference);
    let mut payments = Vec::new();
    for _ in 0..size.long_list {
        let begun = ground.control.post(&path, &json!({})).await;
        payments.push(
            begun["payment"]["cf_payment_id"]
                .as_str()
                .expect("an id")
                .to_owned(),
        );
    }
    for payment in &payments {
        let path = format!("payments/{payment}/settle");
        ground
            .control
            .post(&path, &json!({"outcome": "SUCCESS"}))
            .await;
    }
    let expected = AMOUNT * i64::try_from(size.long_list).expect("a small number");
    let start = Instant::now();
    ground.send_claims(std::slice::from_ref(&checkout)).await;
    let mut waits = Vec::new();
    while !ground.received(&checkout.invoice, expected).await {
        assert!(start.elapsed() < LONGEST, "the list is not posted");
        let before = Instant::now();
        ground.apis[0].invoice_for("Beside", 100).await;
        waits.push(before.elapsed());
    }
    let all = start.elapsed();
    let longest = waits.iter().max().copied().unwrap_or_default();
    println!(
        "a checkout of {} payments, posted after {all:.1?}: {} other writes of {}, the longest {longest:.1?}",
        size.long_list,
        waits.len(),
        Api::ORGANIZATION,
    );
    assert!(
        longest <= LIMIT * size.allowed(1),
        "a write waited for {longest:.1?}"
    );
}
