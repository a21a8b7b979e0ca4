//! The JSON of entities in responses and deliveries.

use serde_json::{Value, json};

use super::behaviour::{NotesShape, OrderShape};
use super::{Link, Payment, Refund, State};

pub fn link(state: &State, link: &Link) -> Value {
    let behaviour = &state.behaviour;
    let request = |name: &str, default: Value| link.request.get(name).cloned().unwrap_or(default);
    let variant = |default: Value, variant: Value| {
        if behaviour.empty_map_variants {
            variant
        } else {
            default
        }
    };
    let paid: Vec<Value> = state
        .payments
        .iter()
        .filter(|payment| payment.link_id == link.id && payment.status == "captured")
        .filter(|_| !behaviour.no_payments_in_links)
        .map(|payment| {
            json!({"payment_id": payment.id, "amount": payment.amount, "method": "upi",
                "status": "captured", "created_at": payment.created_at})
        })
        .collect();
    let notes = request("notes", json!({}));
    let notes = match behaviour.notes {
        NotesShape::Object => notes,
        NotesShape::Pairs => {
            let pairs = notes.as_object().unwrap().iter();
            pairs
                .map(|(key, value)| json!({"key": key, "value": value}))
                .collect()
        }
        NotesShape::Null => Value::Null,
        NotesShape::EmptyList => json!([]),
    };
    let mut body = json!({
        "accept_partial": request("accept_partial", json!(false)),
        "amount": link.request["amount"],
        "amount_paid": behaviour.amount_paid.unwrap_or(link.amount_paid),
        "cancelled_at": link.cancelled_at,
        "created_at": link.created_at,
        "currency": request("currency", json!("INR")),
        "customer": request("customer", variant(json!({}), json!([]))),
        "description": request("description", json!("")),
        "expire_by": link.expire_by,
        "expired_at": link.expired_at,
        "first_min_partial_amount": request("first_min_partial_amount", json!(0)),
        "id": link.id,
        "notes": notes,
        "notify": {"email": false, "sms": false, "whatsapp": false},
        "payments": paid,
        "reference_id": request("reference_id", json!("")),
        "reminder_enable": request("reminder_enable", json!(false)),
        "reminders": variant(json!([]), json!({})),
        "short_url": format!("https://rzp.io/rzp/{}", &link.id[6..]),
        "status": behaviour.status.as_ref().unwrap_or(&link.status),
        "updated_at": link.updated_at,
        "upi_link": variant(json!(false), json!("false")),
        "user_id": "",
        "whatsapp_link": false,
    });
    for name in ["callback_url", "callback_method"] {
        if let Some(value) = link.request.get(name) {
            body[name] = value.clone();
        }
    }
    match (&link.order_id, behaviour.order) {
        (Some(id), _) => body["order_id"] = json!(id),
        (None, OrderShape::Absent) => {}
        (None, OrderShape::Null) => body["order_id"] = Value::Null,
        (None, OrderShape::Empty) => body["order_id"] = json!(""),
    }
    body
}

pub fn order(link: &Link, attempts: usize) -> Value {
    let amount = link.request["amount"].as_i64().unwrap();
    let status = if link.amount_paid >= amount {
        "paid"
    } else {
        "attempted"
    };
    json!({
        "amount": amount,
        "amount_due": (amount - link.amount_paid).max(0),
        "amount_paid": link.amount_paid,
        "attempts": attempts,
        "checkout": null,
        "created_at": link.created_at,
        "currency": link.request["currency"],
        "description": null,
        "entity": "order",
        "id": link.order_id,
        "notes": link.request["notes"],
        "offer_id": null,
        "receipt": link.request["reference_id"],
        "status": status,
    })
}

pub fn payment(link: &Link, payment: &Payment, status: &str) -> Value {
    let failed = status == "failed";
    let error = |text: &str| if failed { json!(text) } else { Value::Null };
    let captured = status == "captured";
    let fee = payment.payer_fee.unwrap_or(payment.amount / 50);
    let bearer = match payment.payer_fee {
        _ if payment.unstated_bearer => Value::Null,
        Some(_) => json!("customer"),
        None => json!("platform"),
    };
    json!({
        "acquirer_data": {"rrn": "100000000001"},
        "amount": payment.amount + payment.payer_fee.unwrap_or_default(),
        "amount_refunded": 0,
        "bank": null,
        "captured": captured,
        "card_id": null,
        "contact": "+919000090000",
        "created_at": payment.created_at,
        "currency": link.request["currency"],
        "description": format!("#{}", &link.id[6..]),
        "email": "void@razorpay.com",
        "entity": "payment",
        "error_code": error("BAD_REQUEST_ERROR"),
        "error_description": error("Payment failed"),
        "error_reason": error("payment_failed"),
        "error_source": error("issuer"),
        "error_step": error("payment_authorization"),
        "fee": if captured && !payment.unstated_fee { json!(fee) } else { Value::Null },
        "fee_bearer": bearer,
        "id": payment.id,
        "international": false,
        "invoice_id": null,
        "method": "upi",
        "notes": link.request["notes"],
        "order_id": payment.order_id,
        "refund_status": null,
        "status": status,
        "tax": if captured { json!(0) } else { Value::Null },
        "upi": {"vpa": "success@razorpay"},
        "vpa": "success@razorpay",
        "wallet": null,
    })
}

pub fn refund(state: &State, refund: &Refund, currency: &Value) -> Value {
    let mut body = json!({
        "acquirer_data": {"arn": "10000000000000"},
        "amount": refund.amount,
        "batch_id": null,
        "created_at": refund.created_at,
        "currency": currency,
        "entity": "refund",
        "id": refund.id,
        "notes": [],
        "payment_id": refund.payment_id,
        "receipt": null,
        "speed_processed": "normal",
        "speed_requested": "normal",
        "status": refund.status,
    });
    let replaced = state.behaviour.refund_members.as_ref();
    for (name, value) in replaced.and_then(Value::as_object).into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}
