//! One invoice, one link: two callers at once, and a crash at the worst moment.

use std::collections::HashSet;

use cross_crate_tests::Stage;

#[tokio::test]
async fn callers_at_the_same_moment_get_one_link() {
    let stage = Stage::set_up().await;
    let invoice = stage.api.invoice(20_012).await;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (api, invoice) = (stage.api.clone(), invoice.clone());
            tokio::spawn(async move { api.payment_url(&invoice).await })
        })
        .collect();
    let mut urls = HashSet::new();
    for call in calls {
        urls.insert(call.await.expect("an address"));
    }
    assert_eq!(urls.len(), 1);
    assert_eq!(stage.control.list("links").await.len(), 1);
}

#[tokio::test]
async fn a_kill_between_the_gateways_answer_and_the_database_makes_no_second_link() {
    let stage = Stage::set_up().await;
    let invoice = stage.api.invoice(20_012).await;

    stage.proxy.hold_answers(true);
    let asking = {
        let path = format!("/api/v1/invoices/{invoice}/payment_url");
        let request = stage.api.request(reqwest::Method::POST, &path);
        tokio::spawn(async move { request.json(&serde_json::json!({})).send().await.is_ok() })
    };
    stage.proxy.answer_held().await;
    // The gateway has the link; the application has received no response, and will receive none.
    let links = stage.control.list("links").await;
    assert_eq!(links.len(), 1);
    let stage = stage.restart_host().await;
    assert!(
        !asking.await.expect("the task ends"),
        "the killed process cannot have answered"
    );

    let url = stage.api.payment_url(&invoice).await;
    assert_eq!(links[0]["link_url"], url.as_str());
    assert_eq!(stage.control.list("links").await.len(), 1);
    assert_eq!(stage.api.payment_url(&invoice).await, url);
}
