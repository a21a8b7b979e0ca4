//! The gateway's simulator, and the proxy through which the application calls it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use cross_crate_tests::{Control, Program, Stage};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

/// The time for which a call hangs before its connection is closed.
const HANG: Duration = Duration::from_millis(1_500);

/// A fault of a call to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// A 500; the gateway has not seen the call.
    Error,
    /// A 502 with a page of HTML, after the gateway has acted.
    BadGateway,
    /// No answer, and then a closed connection; the gateway has not seen the call.
    Timeout,
    /// The gateway has acted, and its answer is cut off.
    LostAnswer,
    /// A 429 with a wait of one second.
    TooMany,
}

const FAULTS: [Fault; 5] = [
    Fault::Error,
    Fault::BadGateway,
    Fault::Timeout,
    Fault::LostAnswer,
    Fault::TooMany,
];

#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) control: Control,
    /// The address at which the application reaches the gateway.
    pub(crate) proxy_url: String,
    proxy: Arc<Proxy>,
    _program: Program,
}

#[derive(Debug)]
struct Proxy {
    target: String,
    client: reqwest::Client,
    random: Mutex<SmallRng>,
    calm: AtomicBool,
    faults: Mutex<BTreeMap<Fault, usize>>,
}

impl Gateway {
    pub(crate) async fn start(seed: u64) -> Self {
        let arguments = ["--listen", "127.0.0.1:0", "--seed", &seed.to_string()];
        let secret = [("CASHFREE_SIMULATOR_CLIENT_SECRET", Stage::SECRET)];
        let mut program = Program::start("cashfree-simulator", &arguments, &secret);
        let url = program.line_after("listening on ").await;
        let control = Control::new(url.trim_end_matches('/'));
        let settings = json!({
            // A payment of a part ends its link: the rest needs another one.
            "paid_status_on_partial": true,
            "refunds_stay_pending": true,
            "refund_failed_event": true,
        });
        control.post("settings", &settings).await;
        let proxy = Arc::new(Proxy {
            target: control.url().to_owned(),
            client: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("an HTTP client"),
            random: Mutex::new(SmallRng::seed_from_u64(seed)),
            calm: AtomicBool::new(false),
            faults: Mutex::default(),
        });
        let proxy_url = serve(Router::new().fallback(pass).with_state(Arc::clone(&proxy))).await;
        Self {
            control,
            proxy_url,
            proxy,
            _program: program,
        }
    }

    /// Lets all further calls through.
    pub(crate) fn calm(&self) {
        self.proxy.calm.store(true, Ordering::Relaxed);
    }

    /// Returns the number of calls that failed, by fault.
    pub(crate) fn faults(&self) -> BTreeMap<Fault, usize> {
        let faults = self.proxy.faults.lock();
        faults.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Serves an app on a free port and returns its address.
pub(crate) async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

impl Proxy {
    /// Chooses the fault of a call; one call in ten has one.
    fn fault(&self) -> Option<Fault> {
        if self.calm.load(Ordering::Relaxed) {
            return None;
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = random
            .random_ratio(1, 10)
            .then(|| FAULTS[random.random_range(0..FAULTS.len())])?;
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        *faults.entry(fault).or_default() += 1;
        Some(fault)
    }

    async fn forward(
        &self,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response {
        let mut headers = headers;
        headers.remove("host");
        headers.remove("content-length");
        let request = self
            .client
            .request(method, format!("{}{uri}", self.target))
            .headers(headers)
            .body(body);
        let answer = request.send().await.expect("the simulator answers");
        let status = answer.status();
        let mut headers = answer.headers().clone();
        headers.remove("content-length");
        headers.remove("transfer-encoding");
        let body = answer.bytes().await.expect("a body");
        (status, headers, body).into_response()
    }
}

async fn pass(
    State(proxy): State<Arc<Proxy>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match proxy.fault() {
        None => proxy.forward(method, &uri, headers, body).await,
        Some(Fault::Error) => {
            let error =
                json!({"message": "internal error", "code": "internal_error", "type": "api_error"});
            (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(error)).into_response()
        }
        Some(Fault::TooMany) => {
            let error = json!({"message": "too many", "code": "request_failed", "type": "rate_limit_error"});
            let headers = [("retry-after", "1"), ("x-ratelimit-retry", "1")];
            (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(error)).into_response()
        }
        Some(Fault::Timeout) => {
            tokio::time::sleep(HANG).await;
            cut_off()
        }
        Some(Fault::BadGateway) => {
            proxy.forward(method, &uri, headers, body).await;
            (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response()
        }
        Some(Fault::LostAnswer) => {
            proxy.forward(method, &uri, headers, body).await;
            cut_off()
        }
    }
}

/// Returns an answer whose body ends with a broken connection.
fn cut_off() -> Response {
    let lost = Err::<Bytes, _>(std::io::Error::other("the answer is lost"));
    Body::from_stream(futures_util::stream::iter([lost])).into_response()
}
