//! Pages that change by themselves.

use serde_json::json;
use test_support::{FrozenTime, in_time};

use super::client::Person;
use crate::fixture::Application;

/// Reads a stream of events until `text` was in it.
async fn read_until(mut answer: reqwest::Response, text: &str) {
    let mut read = String::new();
    let reading = async {
        while let Some(chunk) = answer.chunk().await.unwrap() {
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

async fn open(app: &Application, person: &Person, path: &str) -> reqwest::Response {
    let url = format!("{}{path}", app.running.url());
    let request = app.http.get(url);
    let request = request.header("cookie", person.cookie.as_deref().unwrap_or_default());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    answer
}

#[tokio::test]
async fn a_payment_shows_on_open_pages_without_asking() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let mut person = Person::signed_in(&app).await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    let page = person.get(&format!("/invoices/{invoice}")).await;
    page.shows("Not paid yet");
    page.shows("Payment link created");
    assert_eq!(page.count("img.qr"), 1);

    let own = open(&app, &person, &format!("/invoices/{invoice}/live")).await;
    let list = open(&app, &person, "/live").await;
    let payer = open(&app, &Person::new(&app), &format!("/thanks/{invoice}/live")).await;
    app.control(&format!("/links/{link}/pay"), &json!({})).await;
    tokio::join!(
        read_until(own, "pays what was due"),
        read_until(list, "<span class=\"badge good\">Paid"),
        read_until(payer, "We have received"),
    );
    let page = person.get(&format!("/invoices/{invoice}")).await;
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
async fn a_payers_stream_ends_once_all_is_said_and_tells_the_browser_so() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    app.control(&format!("/links/{link}/pay"), &json!({})).await;
    let is_paid = |invoice: &serde_json::Value| invoice["payment_status"] == "succeeded";
    app.invoice_until(&invoice, is_paid).await;
    let stream = open(&app, &Person::new(&app), &format!("/thanks/{invoice}/live")).await;
    let all = in_time("the stream ends by itself", stream.text()).await;
    let all = all.unwrap();
    assert!(all.contains("We have received"), "{all}");
    // An event without data never reaches the script, which would then open the stream again.
    assert!(all.contains("event: done\ndata: yes\n"), "{all}");
    app.running.shutdown().await;
}

#[tokio::test]
async fn payers_leave_streams_to_those_who_are_signed_in() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let person = Person::signed_in(&app).await;
    let (nobody, path) = (Person::new(&app), format!("/thanks/{invoice}/live"));
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(open(&app, &nobody, &path).await);
    }
    let url = format!("{}{path}", app.running.url());
    let refused = app.http.get(url).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "30");
    open(&app, &person, "/live").await;
    drop(held);
    app.running.shutdown().await;
}

#[tokio::test]
async fn open_streams_end_when_the_application_does() {
    let app = Application::start().await;
    let person = Person::signed_in(&app).await;
    let stream = open(&app, &person, "/live").await;
    let read = tokio::spawn(stream.bytes());
    // The limit after which open requests are cut off never comes.
    let frozen = FrozenTime::start();
    app.running.shutdown().await;
    drop(frozen);
    assert!(read.await.unwrap().is_ok(), "the stream was cut off");
}

#[tokio::test]
async fn stream_of_what_is_not_there_is_a_page_that_says_so() {
    let app = Application::start().await;
    let mut person = Person::signed_in(&app).await;
    for path in ["/invoices/none/live", "/thanks/none/live"] {
        assert_eq!(person.get(path).await.status, 404, "{path}");
    }
    app.running.shutdown().await;
}
