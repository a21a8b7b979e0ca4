//! Live updates of open pages.

use serde_json::json;
use test_support::{FrozenTime, in_time};

use super::client::PageClient;
use crate::fixture::Application;

/// Reads a stream until it contained `text`.
async fn read_until(mut response: reqwest::Response, text: &str) {
    let mut read = String::new();
    let reading = async {
        while let Some(chunk) = response.chunk().await.unwrap() {
            read.push_str(&String::from_utf8_lossy(&chunk));
            if read.contains(text) {
                return true;
            }
        }
        false
    };
    let found = in_time(format!("{text:?} in a stream"), reading).await;
    assert!(found, "no {text:?} in {read}");
}

async fn open(app: &Application, clerk: &PageClient, path: &str) -> reqwest::Response {
    let url = format!("{}{path}", app.running.url());
    let request = app.http.get(url);
    let request = request.header("cookie", clerk.cookie.as_deref().unwrap_or_default());
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response
}

#[tokio::test]
async fn open_pages_show_a_payment_without_reloading() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let mut clerk = PageClient::signed_in(&app).await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    let page = clerk.get(&format!("/invoices/{invoice}")).await;
    page.shows("Not paid yet");
    page.shows("Payment link created");
    assert_eq!(page.count("img.qr"), 1);

    let own = open(&app, &clerk, &format!("/invoices/{invoice}/live")).await;
    let list = open(&app, &clerk, "/live").await;
    let payer = open(
        &app,
        &PageClient::new(&app),
        &format!("/thanks/{invoice}/live"),
    )
    .await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    tokio::join!(
        read_until(own, "pays what was due"),
        read_until(list, "<span class=\"badge good\">Paid"),
        read_until(payer, "We have received"),
    );
    let page = clerk.get(&format!("/invoices/{invoice}")).await;
    for text in [
        "Webhook received and verified",
        "Payment recorded",
        "Nothing is due",
    ] {
        page.shows(text);
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn the_stream_of_a_paid_invoice_ends_with_a_done_event() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    let is_paid = |invoice: &serde_json::Value| invoice["payment_status"] == "succeeded";
    app.invoice_until(&invoice, is_paid).await;
    let stream = open(
        &app,
        &PageClient::new(&app),
        &format!("/thanks/{invoice}/live"),
    )
    .await;
    let all = in_time("the stream ends by itself", stream.text()).await;
    let all = all.unwrap();
    assert!(all.contains("We have received"), "{all}");
    // Browsers ignore an event without data; the script would then reopen the stream.
    assert!(all.contains("event: done\ndata: yes\n"), "{all}");
    app.running.shutdown().await;
}

#[tokio::test]
async fn streams_are_reserved_for_signed_in_visitors() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let clerk = PageClient::signed_in(&app).await;
    let (payer, path) = (PageClient::new(&app), format!("/thanks/{invoice}/live"));
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(open(&app, &payer, &path).await);
    }
    let url = format!("{}{path}", app.running.url());
    let refused = app.http.get(url).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "30");
    open(&app, &clerk, "/live").await;
    drop(held);
    app.running.shutdown().await;
}

#[tokio::test]
async fn open_streams_end_at_shutdown() {
    let app = Application::start().await;
    let clerk = PageClient::signed_in(&app).await;
    let stream = open(&app, &clerk, "/live").await;
    let read = tokio::spawn(stream.bytes());
    // The limit after which open requests are cut off never comes.
    let frozen = FrozenTime::start();
    app.running.shutdown().await;
    drop(frozen);
    assert!(read.await.unwrap().is_ok(), "the stream was cut off");
}

#[tokio::test]
async fn the_stream_of_an_unknown_invoice_is_a_404_page() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    for path in ["/invoices/none/live", "/thanks/none/live"] {
        assert_eq!(clerk.get(path).await.status, 404, "{path}");
    }
    app.running.shutdown().await;
}
