//! Lists of the control API, in pages.

use reqwest::Method;
use serde_json::Value;

use crate::gateway::{Gateway, Receiver, fast, link};

/// Returns the ids on one page, and its cursor.
async fn page(gateway: &Gateway, path: &str) -> (Vec<String>, Option<String>) {
    let page = gateway.control(Method::GET, path, "").await.ok();
    let ids = page["links"].as_array().unwrap().iter();
    let ids = ids.map(|link| link["link_id"].as_str().unwrap().to_owned());
    (ids.collect(), page["next"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn a_list_has_a_hundred_items_and_leads_to_the_next_page() {
    let gateway = Gateway::start().await;
    for number in 0..101 {
        gateway
            .create(link(&format!("link-{number}"), ""))
            .await
            .ok();
    }
    let (first, next) = page(&gateway, "/links").await;
    assert_eq!((first.len(), first[0].as_str()), (100, "link-0"));
    let (last, end) = page(&gateway, &format!("/links?after={}", next.unwrap())).await;
    assert_eq!((last, end), (vec!["link-100".to_owned()], None));

    let (whole, end) = page(&gateway, "/links?limit=500").await;
    assert_eq!((whole.len(), end), (101, None));
    let (exact, end) = page(&gateway, "/links?limit=101").await;
    assert_eq!((exact.len(), end), (101, None), "no empty page follows");
}

#[tokio::test]
async fn a_page_that_does_not_exist_is_refused_and_the_parameter_named() {
    let gateway = Gateway::start().await;
    for list in [
        "links",
        "orders",
        "refunds",
        "disputes",
        "deliveries",
        "endpoints",
        "merchants",
    ] {
        for (query, field) in [
            ("limit=501", "limit"),
            ("limit=4294967295", "limit"),
            ("limit=0", "limit"),
            ("limit=all", "limit"),
            ("after=x", "after"),
        ] {
            let path = format!("/{list}?{query}");
            let refused = gateway.control(Method::GET, &path, "").await;
            assert_eq!(refused.status, 422, "{path}");
            assert_eq!(refused.json()["field"], field, "{path}");
        }
        let path = format!("/{list}?limit=500");
        let page = gateway.control(Method::GET, &path, "").await.ok();
        assert_eq!(page["next"], Value::Null, "{path}");
    }
}

#[tokio::test]
async fn removed_deliveries_do_not_move_the_pages() {
    let gateway = Gateway::with(fast()).await;
    let receiver = Receiver::start().await;
    let endpoint = cashfree_simulator::Endpoint::new(&receiver.url);
    gateway.simulator().add_endpoint(endpoint).unwrap();
    let cancelled = async |id: &str| {
        gateway.create(link(id, "")).await.ok();
        gateway.cancel(id).await.ok();
        gateway.idle().await;
    };
    cancelled("a").await;
    cancelled("b").await;
    let page = async |path| gateway.control(Method::GET, path, "").await.ok();
    let first = page("/deliveries?limit=1").await;
    assert_eq!(first["deliveries"][0]["id"], 1);
    let next = format!(
        "/deliveries?limit=1&after={}",
        first["next"].as_str().unwrap()
    );
    gateway.simulator().clear_deliveries();
    cancelled("c").await;
    let second = page(&next).await;
    assert_eq!(second["deliveries"][0]["id"], 3);
    assert_eq!(second["next"], Value::Null);
}
