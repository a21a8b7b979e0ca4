use cashfree_simulator::{LinkStatus, PaymentStatus};

use crate::gateway::{Gateway, Reply, instalment_link, link};
use crate::markup::{button, check, headings, tags, value};

async fn open(gateway: &Gateway, id: &str) -> Reply {
    let url = gateway.simulator().link(id).unwrap().link_url;
    gateway.send(gateway.http.get(url)).await.unwrap()
}

async fn submit(gateway: &Gateway, id: &str, form: &str) -> Reply {
    let url = gateway.simulator().link(id).unwrap().link_url;
    let request = gateway
        .http
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded");
    gateway.send(request.body(form.to_owned())).await.unwrap()
}

fn statuses(gateway: &Gateway, id: &str) -> Vec<PaymentStatus> {
    let link = gateway.simulator().link(id).unwrap();
    link.orders
        .iter()
        .flat_map(|order| &order.payments)
        .map(|payment| payment.status)
        .collect()
}

#[tokio::test]
async fn a_payer_pays_and_returns_to_the_merchant() {
    let gateway = Gateway::start().await;
    gateway
        .create(link(
            "walk",
            r#""link_meta":{"return_url":"https://shop.example/done?a=1&b=2"}"#,
        ))
        .await
        .ok();
    let page = open(&gateway, "walk").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    for part in [
        "Simulated Merchant",
        "Invoice 7",
        "₹200.12",
        "<form method=\"post\">",
        "Net banking",
        "shop.example/done?a=1&#38;b=2",
        "Valid until",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    check(&page.text);
    assert!(!page.text.contains("name=\"amount\""));
    assert_eq!(headings(&page.text), ["Pay Simulated Merchant"]);
    assert_eq!(button(&page.text, "pay"), "Pay ₹200.12");
    let paid = submit(
        &gateway,
        "walk",
        "method=upi&upi_id=testsuccess%40gocash&card_number=4706131211212123&outcome=pay",
    )
    .await;
    assert_eq!(
        (paid.status, paid.header("location")),
        (303, "https://shop.example/done?a=1&b=2")
    );
    assert_eq!(
        gateway.simulator().link("walk").unwrap().status,
        LinkStatus::Paid
    );
    let page = open(&gateway, "walk").await;
    assert_eq!(headings(&page.text), ["This link is paid"]);
    assert!(!page.text.contains("<form") && page.text.contains("Back to the merchant"));
    let again = submit(&gateway, "walk", "method=upi&outcome=pay").await;
    assert_eq!(again.status, 422);
    assert_eq!(statuses(&gateway, "walk"), [PaymentStatus::Success]);
}

#[tokio::test]
async fn without_a_return_url_the_result_page_is_shown() {
    let gateway = Gateway::start().await;
    gateway.create(instalment_link("stay", "")).await.ok();
    assert!(
        open(&gateway, "stay")
            .await
            .text
            .contains("From ₹11.00 to ₹200.12")
    );
    let failed = submit(
        &gateway,
        "stay",
        "method=card&card_number=4444+3333+2222+1111&outcome=fail",
    )
    .await;
    assert!(
        failed.status == 200
            && failed.text.contains("Payment failed")
            && failed.text.contains("Try again")
    );
    let left = submit(&gateway, "stay", "method=netbanking&outcome=leave").await;
    assert!(left.text.contains("Payment not completed"));
    let part = submit(&gateway, "stay", "method=upi&amount=55.00&outcome=pay").await;
    assert!(part.text.contains("Payment successful") && part.text.contains("₹145.12"));
    assert_eq!(
        statuses(&gateway, "stay"),
        [
            PaymentStatus::Failed,
            PaymentStatus::UserDropped,
            PaymentStatus::Success
        ]
    );
}

#[tokio::test]
async fn the_test_upi_ids_decide_the_outcome() {
    let gateway = Gateway::start().await;
    gateway.create(link("upi", "")).await.ok();
    for id in [
        "testfailure",
        "testinsufficientfunds",
        "testtimeoutbank",
        "testfraud",
    ] {
        let reply = submit(
            &gateway,
            "upi",
            &format!("method=upi&upi_id={id}@gocash&outcome=pay"),
        )
        .await;
        assert!(reply.text.contains("Payment failed"), "{id}");
    }
    assert_eq!(statuses(&gateway, "upi"), [PaymentStatus::Failed; 4]);
}

#[tokio::test]
async fn invalid_forms_show_an_error_and_pay_nothing() {
    let gateway = Gateway::start().await;
    gateway.create(instalment_link("bad", "")).await.ok();
    for (form, words) in [
        ("", "Choose one of the buttons"),
        ("outcome=steal", "Choose one of the buttons"),
        ("outcome=pay&method=gold", "Choose UPI"),
        ("outcome=pay&method=upi&upi_id=me@bank", "test UPI ids"),
        (
            "outcome=pay&method=card&card_number=1234",
            "test card numbers",
        ),
        ("outcome=pay&amount=ten", "must be a number"),
        ("outcome=pay&amount=0", "greater than zero"),
        ("outcome=pay&amount=5", "less than the minimum of 11.00"),
        (
            "outcome=pay&amount=200.13",
            "more than the remaining 200.12",
        ),
        ("outcome=pay&amount=%ff%00", "must be a number"),
    ] {
        let reply = submit(&gateway, "bad", form).await;
        assert!(
            reply.status == 422 && reply.text.contains(words),
            "{form}: {}",
            reply.text
        );
        assert!(reply.text.contains("role=\"alert\"") && reply.text.contains("<form"));
        check(&reply.text);
    }
    assert!(gateway.simulator().link("bad").unwrap().orders.is_empty());
}

#[tokio::test]
async fn ended_links_refuse_payment_and_unknown_links_are_not_found() {
    let gateway = Gateway::start().await;
    gateway.create(link("expired", "")).await.ok();
    gateway.create(link("cancelled", "")).await.ok();
    gateway.simulator().expire("expired", None).unwrap();
    gateway.cancel("cancelled").await.ok();
    for (id, words) in [
        ("expired", "This link has expired"),
        ("cancelled", "This link was cancelled"),
    ] {
        let page = open(&gateway, id).await;
        check(&page.text);
        assert!(headings(&page.text) == [words] && !page.text.contains("<form"));
        let refused = submit(&gateway, id, "outcome=pay").await;
        check(&refused.text);
        assert!(refused.status == 422 && refused.text.contains("role=\"alert\""));
        assert!(gateway.simulator().link(id).unwrap().orders.is_empty());
    }
    for code in ["nothing", "%ff", "%3Cscript%3E"] {
        let reply = gateway
            .send(
                gateway
                    .http
                    .get(format!("{}/links/{code}", gateway.running.url())),
            )
            .await
            .unwrap();
        check(&reply.text);
        assert!(
            reply.status == 404 && !reply.text.contains("script&"),
            "{code}"
        );
    }
}

#[tokio::test]
async fn merchant_text_is_escaped() {
    let gateway = Gateway::start().await;
    let body = link(
        "x",
        r#""link_meta":{"return_url":"https://shop.example/\"onclick='x'>"}"#,
    )
    .replace("Invoice 7", "<img src=x onerror=alert(1)> & \\\"quotes\\\"");
    gateway.create(body).await.ok();
    let page = open(&gateway, "x").await.text;
    check(&page);
    assert!(page.contains("&#60;img src=x onerror=alert(1)&#62; &#38; &#34;quotes&#34;"));
    assert!(page.contains("https://shop.example/&#34;onclick=&#39;x&#39;&#62;"));
    assert!(!page.contains("<img"));
    let paid = submit(&gateway, "x", "outcome=pay").await;
    assert_eq!(paid.status, 303);
}

#[tokio::test]
async fn a_pending_payment_shows_a_warning() {
    let gateway = Gateway::start().await;
    gateway.create(link("wait", "")).await.ok();
    let left = submit(
        &gateway,
        "wait",
        "method=netbanking&bank=3333&outcome=pending",
    )
    .await;
    check(&left.text);
    assert_eq!(
        (left.status, headings(&left.text)),
        (200, vec!["Payment pending".to_owned()])
    );
    assert_eq!(statuses(&gateway, "wait"), [PaymentStatus::Pending]);
    let page = open(&gateway, "wait").await;
    assert!(page.text.contains("A payment of ₹200.12 is still pending"));
    // A second tab can still pay.
    let paid = submit(&gateway, "wait", "outcome=pay").await;
    assert_eq!(headings(&paid.text), ["Payment successful"]);
    assert_eq!(
        statuses(&gateway, "wait"),
        [PaymentStatus::Pending, PaymentStatus::Success]
    );
}

#[tokio::test]
async fn a_failed_payment_has_the_chosen_reason() {
    let gateway = Gateway::start().await;
    gateway.create(link("why", "")).await.ok();
    let mut reasons = Vec::new();
    for (form, words) in [
        ("reason=bank_timeout", "did not answer in time"),
        (
            "reason=insufficient_funds&upi_id=testfraud%40gocash",
            "too little money",
        ),
        ("upi_id=testfraud%40gocash", "suspicious"),
        ("method=card&reason=", "declined by the bank"),
    ] {
        let failed = submit(&gateway, "why", &format!("outcome=fail&{form}")).await;
        assert_eq!(headings(&failed.text), ["Payment failed"]);
        assert!(failed.text.contains(words), "{form}: {}", failed.text);
        let order = gateway
            .simulator()
            .link("why")
            .unwrap()
            .orders
            .pop()
            .unwrap();
        let payments = gateway
            .get(&format!("/orders/{}/payments", order.order_id))
            .await
            .ok();
        reasons.push(payments[0]["error_details"]["error_reason"].clone());
    }
    assert_eq!(
        reasons,
        [
            "bank_timeout",
            "insufficient_funds",
            "risk_declined",
            "auth_declined"
        ]
    );
    let refused = submit(&gateway, "why", "outcome=fail&reason=boredom").await;
    assert!(refused.status == 422 && refused.text.contains("Choose one of the reasons"));
    // A reason has no effect on a payment that succeeds.
    let paid = submit(&gateway, "why", "outcome=pay&reason=bank_timeout").await;
    assert_eq!(headings(&paid.text), ["Payment successful"]);
}

#[tokio::test]
async fn a_refused_form_keeps_its_values_and_marks_the_field() {
    let gateway = Gateway::start().await;
    gateway.create(instalment_link("typed", "")).await.ok();
    let typed = "outcome=fail&method=card&amount=55.00&upi_id=me%40%22bank%22&card_number=1234+5678&reason=bank_timeout";
    let page = submit(&gateway, "typed", typed).await;
    assert_eq!(page.status, 422);
    for (name, typed) in [
        ("amount", "55.00"),
        ("upi_id", "me@\"bank\""),
        ("card_number", "1234 5678"),
    ] {
        assert_eq!(value(&page.text, name), typed);
    }
    let tags = tags(&page.text);
    let has = |name: &str, value: &str, attribute: &str| {
        tags.iter().any(|tag| {
            tag.name == name && tag.get("value") == Some(value) && tag.get(attribute).is_some()
        })
    };
    assert!(has("input", "card", "checked") && !has("input", "upi", "checked"));
    assert!(has("option", "bank_timeout", "selected"));
    assert!(has("input", "1234 5678", "aria-invalid") && !has("input", "55.00", "aria-invalid"));
    let alerts = tags.iter().filter(|tag| tag.get("role") == Some("alert"));
    assert_eq!(alerts.count(), 1);
    assert!(gateway.simulator().link("typed").unwrap().orders.is_empty());
}

#[tokio::test]
async fn amounts_are_formatted_by_currency() {
    let gateway = Gateway::start().await;
    gateway
        .simulator()
        .update_settings(|settings| settings.enabled_currencies.push("USD".to_owned()));
    let rupees = link("inr", "").replace("200.12", "149900");
    gateway.create(rupees).await.ok();
    let dollars = link("usd", "").replace("INR", "USD");
    gateway.create(dollars).await.ok();
    assert_eq!(
        button(&open(&gateway, "inr").await.text, "pay"),
        "Pay ₹1,49,900.00"
    );
    assert_eq!(
        button(&open(&gateway, "usd").await.text, "pay"),
        "Pay USD 200.12"
    );
}

#[tokio::test]
async fn test_data_gives_the_described_outcome() {
    let gateway = Gateway::start().await;
    gateway.create(instalment_link("tests", "")).await.ok();
    let page = open(&gateway, "tests").await.text;
    let tags = tags(&page);
    let listed = |list: &str| -> Vec<(String, String)> {
        let from = tags
            .iter()
            .position(|tag| tag.get("id") == Some(list))
            .unwrap();
        tags[from + 1..]
            .iter()
            .take_while(|tag| tag.name != "/datalist")
            .filter(|tag| tag.name == "option")
            .map(|tag| (tag.get("value").unwrap().to_owned(), tag.text.clone()))
            .collect()
    };
    let (upi_ids, cards) = (listed("upi_ids"), listed("card_numbers"));
    assert_eq!((upi_ids.len(), cards.len()), (5, 9));
    for (method, field, tests) in [("upi", "upi_id", upi_ids), ("card", "card_number", cards)] {
        for (test, words) in tests {
            let form = format!("outcome=pay&amount=11&method={method}&{field}={test}");
            let reply = submit(&gateway, "tests", &form).await;
            let succeeds = words.ends_with("succeeds");
            let wanted = if succeeds {
                "Payment successful"
            } else {
                "Payment failed"
            };
            assert_eq!(headings(&reply.text), [wanted], "{words}");
        }
    }
}

#[tokio::test]
async fn the_security_policy_allows_only_own_assets() {
    let gateway = Gateway::start().await;
    gateway.create(link("csp", "")).await.ok();
    let page = open(&gateway, "csp").await;
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"));
    // The form ends in a redirect to the merchant, to which a browser would apply `form-action`.
    assert!(
        !policy.contains("unsafe") && !policy.contains("form-action"),
        "{policy}"
    );
    assert_eq!(page.header("referrer-policy"), "same-origin");
    let url = gateway.simulator().link("csp").unwrap().link_url;
    let url = reqwest::Url::parse(&url).unwrap();
    let tags = tags(&page.text);
    let file = |tag: &str, attribute: &str| {
        let of_tag = tags.iter().filter(|found| found.name == tag);
        let file = of_tag.filter_map(|found| found.get(attribute)).next_back();
        url.join(file.unwrap()).unwrap()
    };
    for (file, kind) in [
        (file("link", "href"), "text/css"),
        (file("script", "src"), "text/javascript"),
    ] {
        let reply = gateway.send(gateway.http.get(file)).await.unwrap();
        assert!(reply.status == 200 && reply.header("content-type").starts_with(kind));
        assert!(reply.header("cache-control").contains("max-age") && reply.text.len() > 500);
    }
    let icon = tags
        .iter()
        .find(|tag| tag.get("rel") == Some("icon"))
        .unwrap();
    let icon = url.join(icon.get("href").unwrap()).unwrap();
    let icon = gateway.send(gateway.http.get(icon)).await.unwrap();
    assert_eq!(
        (icon.status, icon.header("content-type")),
        (200, "image/svg+xml")
    );
}
