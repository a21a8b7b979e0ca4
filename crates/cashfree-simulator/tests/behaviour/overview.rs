use cashfree_simulator::{
    DEFAULT_CLIENT_SECRET, Endpoint, Merchant, PaymentAttempt, PaymentStatus, SimulatorConfig,
};

use crate::gateway::{Gateway, Receiver, Reply, fast, instalment_link, link};
use crate::markup::{check, headings, tags, unescaped};

#[tokio::test]
async fn an_empty_simulator_shows_how_to_start() {
    let gateway = Gateway::start().await;
    let page = gateway.overview().await;
    check(&page.text);
    assert_eq!(
        (page.status, headings(&page.text)),
        (200, vec!["Cashfree simulator".to_owned()])
    );
    let text = unescaped(&page.text);
    for part in [
        "There is no link yet",
        "No webhooks yet",
        &format!("curl -s {}/pg/links", gateway.running.url()),
        DEFAULT_CLIENT_SECRET,
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert_eq!(page.header("referrer-policy"), "same-origin");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
}

#[tokio::test]
async fn only_the_default_secret_is_shown() {
    let config = SimulatorConfig::new()
        .with_merchant(Merchant::new("mine", "hidden-secret"))
        .with_merchant(Merchant::new("other", DEFAULT_CLIENT_SECRET).with_secret("hidden-too"));
    let gateway = Gateway::with(config).await;
    let text = unescaped(&gateway.overview().await.text);
    assert!(text.contains("mine") && text.contains("x-client-secret: <secret>"));
    assert!(text.contains(DEFAULT_CLIENT_SECRET) && !text.contains("hidden"));
}

#[tokio::test]
async fn links_and_deliveries_are_shown_with_their_history() {
    let gateway = Gateway::with(fast()).await;
    let receiver = Receiver::start().await;
    receiver.refuse(&[503]);
    let endpoint = Endpoint::new(&receiver.url);
    gateway.simulator().add_endpoint(endpoint).unwrap();
    gateway.create(link("old", "")).await.ok();
    gateway
        .create(instalment_link("new", r#""link_notes":{"order":"A-7"}"#))
        .await
        .ok();
    let simulator = gateway.simulator();
    let pending = simulator
        .leave_pending("new", PaymentAttempt::new())
        .unwrap();
    let part = PaymentAttempt::new().with_amount("55".parse().unwrap());
    let paid = simulator.pay("new", part).unwrap();
    simulator.expire("old", None).unwrap();
    gateway.idle().await;

    let page = gateway.overview().await.text;
    check(&page);
    let (newer, older) = (
        page.find("<h3>new ").unwrap(),
        page.find("<h3>old ").unwrap(),
    );
    assert!(newer < older, "the newest link comes first");
    for part in [
        "2 in all",
        "PARTIALLY_PAID",
        "EXPIRED",
        "<strong>₹200.12</strong>, paid ₹55.00",
        "Simulated Merchant",
        "A-7",
        &paid.cf_payment_id,
        &pending.cf_payment_id,
        &paid.order_id,
        "Pay late",
        "Let succeed",
        "responded with 503",
        "responded with 200",
        "x-webhook-signature",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for delivery in simulator.deliveries() {
        assert!(page.contains(&delivery.headers["x-webhook-signature"]));
        assert!(
            unescaped(&page).contains(&format!("<pre class=\"exact\">{}</pre>", delivery.body))
        );
    }
    // Paid twice, the link shows the overpaid amount.
    simulator
        .complete_payment(&pending.cf_payment_id, PaymentStatus::Success)
        .unwrap();
    let page = gateway.overview().await.text;
    assert!(page.contains("₹55.00 overpaid") && !page.contains("Let succeed"));
}

#[tokio::test]
async fn only_the_latest_fifty_links_are_shown() {
    let gateway = Gateway::start().await;
    for number in 0..52 {
        gateway
            .create(link(&format!("many-{number}"), ""))
            .await
            .ok();
    }
    let page = gateway.overview().await.text;
    assert!(page.contains("The latest 50 of 52"));
    let rows = tags(&page)
        .iter()
        .filter(|tag| tag.name == "h3" && tag.text.starts_with("many-"))
        .count();
    assert_eq!(rows, 50);
    assert!(page.contains("<h3>many-2 ") && !page.contains("<h3>many-1 "));
}

async fn lists(gateway: &Gateway, known: &str) -> Reply {
    let url = format!("{}/_simulator/ui/lists", gateway.running.url());
    let request = gateway.http.get(url).header("if-none-match", known);
    gateway.send(request).await.unwrap()
}

#[tokio::test]
async fn unchanged_lists_get_a_304() {
    let gateway = Gateway::start().await;
    gateway.create(link("live", "")).await.ok();
    let first = lists(&gateway, "").await;
    assert!(first.status == 200 && first.text.contains("<h3>live "));
    // The page contains the same text, so that the script can replace one by the other.
    assert!(gateway.overview().await.text.contains(&first.text));
    let tag = first.header("etag").to_owned();
    let same = lists(&gateway, &tag).await;
    assert_eq!((same.status, same.text.as_str()), (304, ""));
    gateway
        .simulator()
        .pay("live", PaymentAttempt::new())
        .unwrap();
    let changed = lists(&gateway, &tag).await;
    assert!(changed.status == 200 && changed.text.contains("SUCCESS"));
    assert_ne!(changed.header("etag"), tag);
}

const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&</pre><script>";

#[tokio::test]
async fn all_text_is_escaped_on_every_page() {
    let merchant = "<b>\"'&</b>";
    let config =
        fast().with_merchant(Merchant::new(merchant, DEFAULT_CLIENT_SECRET).with_name(HOSTILE));
    let gateway = Gateway::with(config).await;
    let endpoint = Endpoint::new("http://127.0.0.1:9/?<img>\"'");
    gateway.simulator().add_endpoint(endpoint).unwrap();
    let text = serde_json::Value::from(HOSTILE);
    let body = format!(
        r#"{{"link_id":"hostile","link_amount":200.12,"link_currency":"INR","link_purpose":{text},
            "link_partial_payments":true,"link_notes":{{{text}:{text}}},
            "customer_details":{{"customer_phone":"9000000000","customer_name":{text},"customer_email":"a'b@example.com"}},
            "link_meta":{{"return_url":"https://shop.example/\"><img>'","notify_url":"http://127.0.0.1:9/\"><img>'"}}}}"#
    );
    let request = gateway
        .http
        .post(format!("{}/links", gateway.running.api_base_url()))
        .header("x-client-id", merchant)
        .header("x-client-secret", DEFAULT_CLIENT_SECRET)
        .header("x-api-version", "2025-01-01")
        .header("content-type", "application/json");
    gateway.send(request.body(body)).await.unwrap().ok();
    let simulator = gateway.simulator();
    let because = PaymentAttempt::new().with_reason(HOSTILE);
    simulator.fail("hostile", because).unwrap();
    gateway.idle().await;

    let page_url = simulator.link("hostile").unwrap().link_url;
    let payment = |form: &[(&str, &str)]| {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        gateway.send(gateway.http.post(&page_url).body(body))
    };
    let mut pages = vec![
        gateway.overview().await,
        gateway.send(gateway.http.get(&page_url)).await.unwrap(),
        payment(&[
            ("outcome", HOSTILE),
            ("reason", HOSTILE),
            ("amount", HOSTILE),
            ("method", HOSTILE),
        ])
        .await
        .unwrap(),
        payment(&[
            ("outcome", "pay"),
            ("upi_id", HOSTILE),
            ("card_number", HOSTILE),
        ])
        .await
        .unwrap(),
    ];
    for (path, field) in [
        ("/links", "link_id"),
        ("/payments", "cf_payment_id"),
        ("/deliveries", "id"),
        ("/settings", "webhooks.delay_ms"),
        ("/faults", "times"),
        ("/endpoints", "url"),
        ("/endpoints/remove", "id"),
        ("/clock", "advance_seconds"),
    ] {
        pages.push(
            gateway
                .submit(path, &[(field, HOSTILE), ("merchant", HOSTILE)])
                .await,
        );
    }
    simulator.expire("hostile", None).unwrap();
    pages.push(gateway.send(gateway.http.get(&page_url)).await.unwrap());
    let mut shown = 0;
    for page in &pages {
        check(&page.text);
        assert!(!page.text.contains("<img") && !page.text.contains("<b>"));
        shown += usize::from(unescaped(&page.text).contains(HOSTILE));
    }
    assert_eq!((shown, pages.len()), (13, 13));
}
