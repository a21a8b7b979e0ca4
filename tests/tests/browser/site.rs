//! A small site for testing the browser support, with some faults on purpose.

use axum::Router;
use axum::extract::Query;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

/// The content security policy of a strict page: scripts and resources come only from its own server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'";

/// A page that has all kinds of controls and changes itself if it may run its script.
const CONTROLS: &str = r#"
<h1>Before  the
 script</h1>
<p>Due: ₹200.12</p>
<p hidden>Never shown</p>
<details><summary>More</summary><p>Shown on demand</p></details>
<form action="/answer">
  <label>Client ID <input name="client" value="old"></label>
  <label for="environment">Environment</label>
  <select id="environment" name="environment"><option>Live</option><option>Sandbox (no money moves)</option></select>
  <label><input type="radio" name="method" value="upi" checked> UPI</label>
  <label><input type="radio" name="method" value="card"> Card</label>
  <button>Send</button>
</form>
<table>
  <thead><tr><th>Invoice</th><th>Amount</th><th>Action</th></tr></thead>
  <tbody>
  <tr><td>INV-1</td><td>₹1.00</td><td><a href="/answer?client=first">Pay</a></td></tr>
  <tr><td>INV-2</td><td>₹2.00</td><td><a href="/answer?client=second">Pay</a></td></tr>
  </tbody>
</table>
<p><a href="/answer?client=tab" target="_blank">Open a tab</a></p>
<p><a href="/plain" aria-label="Leave">x</a></p>
<noscript>Scripts are off</noscript>
<script src="/script.js"></script>"#;

/// A page with text that is too pale, a field without a label, content wider than a phone, and broken amounts.
const FAULTY: &str = r#"
<h1>Faulty</h1>
<p class="pale">Can you read this?</p>
<p class="wide">This does not fit.</p>
<p class="thin">Pay USD 12.00 or ₹1,499.00.</p>
<input name="nameless">
<img src="/missing.png" alt="Not there">"#;

/// A script that changes the page once while it loads and once afterwards.
const SCRIPT: &str = "document.querySelector('h1').textContent = 'After the script';
setTimeout(() => {
  const late = document.createElement('p');
  late.textContent = 'Late news';
  document.body.append(late);
}, 200);";

const STYLE: &str = "body { color: #222; background: #fff } .pale { color: #ddd } .wide { width: 900px } \
     .thin { width: 4ch; overflow-wrap: anywhere }";

fn page(body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Site</title>\
         <meta name=viewport content='width=device-width, initial-scale=1'>\
         <link rel=stylesheet href=/style.css></head><body><main>{body}</main></body></html>"
    );
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response()
}

/// Returns a page that shows the submitted form.
async fn answer(Query(sent): Query<Vec<(String, String)>>) -> Response {
    let sent: Vec<_> = sent
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    page(&format!("<h1>Sent</h1><p>{}</p>", sent.join("; ")))
}

/// Serves the site and returns its address.
pub(crate) async fn serve() -> String {
    let site = Router::new()
        .route("/", get(async || page(CONTROLS)))
        .route("/faulty", get(async || page(FAULTY)))
        .route(
            "/plain",
            get(async || page("<h1>Plain</h1><p>Nothing to do.</p>")),
        )
        .route("/answer", get(answer))
        .route(
            "/script.js",
            get(async || ([("content-type", "text/javascript")], SCRIPT)),
        )
        .route(
            "/style.css",
            get(async || ([("content-type", "text/css")], STYLE)),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, site).await });
    format!("http://{address}")
}
