use super::*;

const FULL: &str = r#"{"accept_partial":false,"amount":20012,"amount_paid":0,"cancelled_at":0,
    "created_at":1765195796,"currency":"INR","customer":[],"description":"p","expire_by":1765282196,
    "expired_at":0,"first_min_partial_amount":0,"id":"plink_QflcnnZqCekuvL",
    "notes":{"fingerprint":"AAAAAAAAAAAAAAAAAAAAAAAAAA","n":null},"notify":{"email":false,"sms":false},
    "payments":null,"reference_id":"r-1","reminder_enable":false,"reminders":[],
    "short_url":"https://rzp.io/rzp/AbCd1234","status":"created","updated_at":1765195796,
    "upi_link":"true","user_id":""}"#;

const NOTES: &str = r#"{"fingerprint":"AAAAAAAAAAAAAAAAAAAAAAAAAA","n":null}"#;

fn read(body: &str) -> Result<Link, Unreadable> {
    let reference = CheckoutReference::new("r-1").unwrap();
    Link::read(body.as_bytes(), &reference, Environment::Sandbox)
}

#[test]
fn a_link_is_read() {
    let link = read(FULL).unwrap();
    assert_eq!(link.id.as_str(), "plink_QflcnnZqCekuvL");
    assert_eq!(link.status, CheckoutStatus::Open);
    assert_eq!(link.amount.to_string(), "INR 200.12");
    assert!(link.amount_paid.is_zero());
    assert!(link.is_untouched());
    assert_eq!(link.order_id, None);
    assert_eq!(
        link.expires_at,
        Some("2025-12-09T12:09:56Z".parse().unwrap())
    );
    let fingerprint = link.fingerprint.as_ref().unwrap();
    assert_eq!(fingerprint.as_str(), "AAAAAAAAAAAAAAAAAAAAAAAAAA");
}

#[test]
fn older_and_irregular_forms_are_read() {
    let pairs = r#"[{"key":"fingerprint","value":"AAAAAAAAAAAAAAAAAAAAAAAAAA"}]"#;
    for (from, to) in [
        ("20012", "\"20012\""),
        ("\"amount_paid\":0", "\"amount_paid\":\"0\""),
        ("1765282196", "0"),
        ("1765282196", "null"),
        (NOTES, "null"),
        (NOTES, "[]"),
        (NOTES, pairs),
        ("\"customer\":[]", "\"customer\":{\"name\":\"x\"}"),
        ("\"reminders\":[]", "\"reminders\":{\"status\":\"failed\"}"),
        (
            "\"payments\":null",
            "\"payments\":[{\"payment_id\":\"pay_1\"}]",
        ),
        ("\"created\"", "\"brand_new\""),
        ("https://rzp.io", "http://127.0.0.1:3002"),
    ] {
        assert!(FULL.contains(from), "{from}");
        assert!(read(&FULL.replace(from, to)).is_ok(), "{to}");
    }
    for order in ["null", "\"\""] {
        let body = FULL.replace("\"amount\"", &format!("\"order_id\":{order},\"amount\""));
        assert_eq!(read(&body).unwrap().order_id, None);
    }
    let fingerprint = read(&FULL.replace(NOTES, pairs)).unwrap().fingerprint;
    assert!(fingerprint.is_some());
}

#[test]
fn a_missing_required_field_is_named() {
    for (field, from) in [
        ("id", "\"plink_QflcnnZqCekuvL\""),
        ("status", "\"created\""),
        ("currency", "\"INR\""),
        ("amount", "20012"),
        ("amount_paid", "0,\"cancelled_at"),
        ("short_url", "\"https://rzp.io/rzp/AbCd1234\""),
        ("reference_id", "\"r-1\""),
    ] {
        let rest = from.find(',').map_or("", |at| &from[at..]);
        for to in ["null", "[]", "true", "\"\"", "1.5e99"] {
            let body = FULL.replacen(from, &format!("{to}{rest}"), 1);
            assert_eq!(read(&body).unwrap_err(), Unreadable(field), "{body}");
        }
    }
    for (from, to) in [
        ("20012", "200.12"),
        ("20012", "-20012"),
        ("20012", "20012.0"),
        ("20012", "2e4"),
    ] {
        let body = FULL.replace(from, to);
        assert_eq!(read(&body).unwrap_err(), Unreadable("amount"), "{to}");
    }
    for body in ["", "null", "[]", "\"\"", "{", "{}", "<html>", "[\"r-1\"]"] {
        assert!(read(body).is_err(), "{body}");
    }
}

#[test]
fn another_link_or_an_invalid_page_address_is_refused() {
    assert!(read(&FULL.replace("r-1", "r-2")).is_err());
    for url in [
        "javascript:alert(1)",
        "http://pay.example/",
        "https://a@pay.example/",
        "x",
    ] {
        let body = FULL.replace("https://rzp.io/rzp/AbCd1234", url);
        assert_eq!(read(&body).unwrap_err(), Unreadable("short_url"), "{url}");
    }
}

#[test]
fn a_link_that_accepts_no_payments_has_no_next_action() {
    let reference = CheckoutReference::new("r-1").unwrap();
    let link = read(&FULL.replace("\"created\"", "\"expired\"")).unwrap();
    let checkout = link.into_checkout(reference);
    assert_eq!(checkout.next_action, NextAction::None);
}

#[test]
fn a_list_is_read_in_each_of_its_forms() {
    for (body, length) in [
        (format!(r#"{{"payment_links":[{FULL},{FULL}]}}"#), 2),
        (format!(r#"{{"items":[{FULL}],"count":1}}"#), 1),
        (r#"{"payment_links":[]}"#.to_owned(), 0),
        (FULL.to_owned(), 1),
    ] {
        assert_eq!(entities(body.as_bytes()).unwrap().len(), length, "{body}");
    }
    for body in [
        "{}",
        "[]",
        "null",
        "",
        r#"{"payment_links":null}"#,
        r#"{"payment_links":{}}"#,
        r#"{"payment_links":"[]"}"#,
        r#"{"items":7}"#,
    ] {
        assert!(entities(body.as_bytes()).is_err(), "{body}");
    }
}
