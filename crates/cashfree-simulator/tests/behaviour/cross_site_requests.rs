use cashfree_simulator::{ApiFault, ApiFaultRule, ApiOperation, Endpoint, PaymentAttempt};
use reqwest::Method;

use crate::gateway::{CLIENT, Gateway, fast, link};
use crate::markup::{check, headings};

/// Every form of the developer's page, with fields that would change something.
const FORMS: [(&str, &[(&str, &str)]); 10] = [
    (
        "/links",
        &[("link_id", "l"), ("merchant", CLIENT), ("action", "pay")],
    ),
    (
        "/links",
        &[("link_id", "l"), ("merchant", CLIENT), ("action", "expire")],
    ),
    (
        "/payments",
        &[("cf_payment_id", "?"), ("outcome", "SUCCESS")],
    ),
    ("/deliveries", &[("id", "1")]),
    ("/settings", &[("fail_payments", "on")]),
    (
        "/faults",
        &[
            ("operation", "fetch_link"),
            ("fault", "not_found"),
            ("times", "1"),
            ("delay_ms", "0"),
            ("retry_seconds", "1"),
        ],
    ),
    ("/faults/clear", &[]),
    (
        "/endpoints",
        &[
            ("url", "http://127.0.0.1:9/"),
            ("version", "2025-01-01"),
            ("events", "PAYMENT_LINK_EVENT"),
        ],
    ),
    ("/endpoints/remove", &[("id", "1")]),
    ("/clock", &[("advance_seconds", "1"), ("unit", "days")]),
];

async fn state(gateway: &Gateway) -> String {
    let simulator = gateway.simulator();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {}",
        simulator.links(),
        simulator.deliveries(),
        simulator.settings(),
        simulator.faults(),
        simulator.endpoints(),
        gateway.control(Method::GET, "/clock", "").await.text
    )
}

#[tokio::test]
async fn forms_from_other_origins_change_nothing() {
    let clock = "2026-01-15T10:00:00Z".parse().unwrap();
    let clock = std::sync::Arc::new(cashfree_simulator::ManualClock::new(clock));
    let gateway = Gateway::with(fast().with_clock(clock)).await;
    let simulator = gateway.simulator();
    simulator.update_settings(|settings| settings.webhooks.drop = true);
    simulator
        .add_endpoint(Endpoint::new("http://127.0.0.1:9/a"))
        .unwrap();
    simulator.inject_fault(ApiFaultRule::once(
        ApiOperation::FetchOrder,
        ApiFault::NotFound,
    ));
    for id in ["l", "done"] {
        gateway.create(link(id, "")).await.ok();
    }
    simulator.pay("done", PaymentAttempt::new()).unwrap();
    let pending = simulator.leave_pending("l", PaymentAttempt::new()).unwrap();
    let before = state(&gateway).await;
    let own = gateway.running.url();
    let port = gateway.running.local_addr().port();
    let localhost = format!("http://localhost:{port}");
    let strangers: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![("origin", "null")],
        vec![("origin", "")],
        vec![("origin", "https://evil.example")],
        vec![("origin", "http://127.0.0.1:1")],
        vec![("origin", &localhost)],
        vec![("origin", own), ("origin", "https://evil.example")],
        vec![("origin", own), ("host", "evil.example")],
        vec![("origin", "http://evil.example"), ("host", "evil.example")],
    ];
    for (path, fields) in FORMS {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|&(name, value)| {
                (
                    name,
                    if value == "?" {
                        &pending.cf_payment_id
                    } else {
                        value
                    },
                )
            })
            .collect();
        for stranger in &strangers {
            let mut request = gateway.form(path, &fields);
            for (name, value) in stranger {
                request = request.header(*name, *value);
            }
            let refused = gateway.send(request).await.unwrap();
            check(&refused.text);
            assert_eq!(refused.status, 403, "{path} {stranger:?}");
            assert_eq!(headings(&refused.text), ["Request refused"]);
        }
        assert_eq!(state(&gateway).await, before, "{path}");
    }
    // Submitted from the overview itself, each form changes something.
    for (path, fields) in FORMS {
        let before = state(&gateway).await;
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|&(name, value)| {
                (
                    name,
                    if value == "?" {
                        &pending.cf_payment_id
                    } else {
                        value
                    },
                )
            })
            .collect();
        let done = gateway.submit(path, &fields).await;
        if fields.contains(&("action", "expire")) {
            assert_eq!(done.status, 409, "paid by then");
            continue;
        }
        assert_eq!(done.status, 303, "{path}: {}", done.text);
        gateway.idle().await;
        assert_ne!(state(&gateway).await, before, "{path}");
    }
}

#[tokio::test]
async fn a_foreign_host_name_is_refused() {
    let gateway = Gateway::start().await;
    gateway.create(link("private", "")).await.ok();
    for path in ["/", "/_simulator/ui/lists"] {
        let url = format!("{}{path}", gateway.running.url());
        let named = |host: &'static str| gateway.send(gateway.http.get(&url).header("host", host));
        let refused = named("evil.example").await.unwrap();
        assert!(
            refused.status == 403 && !refused.text.contains("private"),
            "{path}"
        );
        let shown = named("localhost:3001").await.unwrap();
        assert!(
            shown.status == 200 && shown.text.contains("private"),
            "{path}"
        );
    }
}
