use cashfree_simulator::{LinkStatus, PaymentStatus};

use crate::gateway::{Gateway, Reply, instalment_link, link};

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
async fn a_payer_walks_through_the_page_and_back_to_the_merchant() {
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
        "INR 200.12",
        "<form method=\"post\">",
        "Net banking",
        "shop.example/done?a=1&amp;b=2",
        "Valid until",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    assert!(!page.text.contains("<script") && !page.text.contains("name=\"amount\""));
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
    assert!(page.text.contains("This link is paid") && !page.text.contains("<form"));
    let again = submit(&gateway, "walk", "method=upi&outcome=pay").await;
    assert_eq!(again.status, 422);
    assert_eq!(statuses(&gateway, "walk"), [PaymentStatus::Success]);
}

#[tokio::test]
async fn without_a_return_address_the_page_says_how_it_went() {
    let gateway = Gateway::start().await;
    gateway.create(instalment_link("stay", "")).await.ok();
    assert!(
        open(&gateway, "stay")
            .await
            .text
            .contains("from 11.00 to 200.12")
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
    assert!(part.text.contains("Payment successful") && part.text.contains("INR 145.12"));
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
async fn bad_forms_are_explained_and_pay_nothing() {
    let gateway = Gateway::start().await;
    gateway.create(instalment_link("bad", "")).await.ok();
    for (form, words) in [
        ("", "Choose whether"),
        ("outcome=steal", "Choose whether"),
        ("outcome=pay&method=gold", "Choose UPI"),
        ("outcome=pay&method=upi&upi_id=me@bank", "test UPI ids"),
        (
            "outcome=pay&method=card&card_number=1234",
            "test card numbers",
        ),
        ("outcome=pay&amount=ten", "must be a number"),
        ("outcome=pay&amount=0", "greater than zero"),
        ("outcome=pay&amount=5", "less than the 11.00"),
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
    }
    assert!(gateway.simulator().link("bad").unwrap().orders.is_empty());
}

#[tokio::test]
async fn links_that_are_over_refuse_and_unknown_ones_are_not_there() {
    let gateway = Gateway::start().await;
    gateway.create(link("expired", "")).await.ok();
    gateway.create(link("cancelled", "")).await.ok();
    gateway.simulator().expire("expired", None).unwrap();
    gateway.cancel("cancelled").await.ok();
    for (id, words) in [("expired", "has expired"), ("cancelled", "was cancelled")] {
        let page = open(&gateway, id).await;
        assert!(page.text.contains(words) && !page.text.contains("<form"));
        assert_eq!(submit(&gateway, id, "outcome=pay").await.status, 422);
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
        assert!(
            reply.status == 404 && !reply.text.contains("<script"),
            "{code}"
        );
    }
}

#[tokio::test]
async fn what_merchants_write_stays_text() {
    let gateway = Gateway::start().await;
    let body = link(
        "x",
        r#""link_meta":{"return_url":"https://shop.example/\"onclick='x'>"}"#,
    )
    .replace("Invoice 7", "<img src=x onerror=alert(1)> & \\\"quotes\\\"");
    gateway.create(body).await.ok();
    let page = open(&gateway, "x").await.text;
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt; &amp; &quot;quotes&quot;"));
    assert!(page.contains("https://shop.example/&quot;onclick=&#39;x&#39;&gt;"));
    assert!(!page.contains("<img"));
    let paid = submit(&gateway, "x", "outcome=pay").await;
    assert_eq!(paid.status, 303);
}
