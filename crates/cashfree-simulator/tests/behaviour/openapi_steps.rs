//! Random walks through the merchant API.

use cashfree_simulator::{
    ApiVersion, Method as PaidBy, PaymentStatus, RefundStatus, SettlementStatus,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// A request or an event. Numbers select an existing object, modulo the number of objects.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    CreateLink(Value),
    FetchLink(usize),
    CancelLink(usize),
    LinkOrders(usize, bool),
    PayLink(usize, PaidBy, PaymentStatus),
    CreateOrder(Value),
    FetchOrder(usize),
    TerminateOrder(usize),
    PayOrder(usize, PaidBy, PaymentStatus),
    Payments(usize),
    Settle(usize, SettlementStatus),
    Settlement(usize),
    Refund(usize, Value),
    Refunds(usize),
    EndRefund(usize, RefundStatus),
    Simulate(usize, &'static str),
    Wait(u16),
}

/// Generates a version and a walk.
pub(crate) fn steps() -> impl Strategy<Value = (ApiVersion, Vec<Step>)> {
    (select(ApiVersion::ALL.to_vec()), vec(step(), 5..40))
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0..4_usize;
    let method = || select(PaidBy::ALL.to_vec());
    let end = || {
        prop_oneof![
            3 => Just(PaymentStatus::Success),
            2 => select(PaymentStatus::ALL.to_vec()),
        ]
    };
    prop_oneof![
        3 => link().prop_map(Step::CreateLink),
        2 => which().prop_map(Step::FetchLink),
        1 => which().prop_map(Step::CancelLink),
        2 => (which(), any::<bool>()).prop_map(|(link, all)| Step::LinkOrders(link, all)),
        4 => (which(), method(), end()).prop_map(|(at, by, end)| Step::PayLink(at, by, end)),
        3 => order().prop_map(Step::CreateOrder),
        2 => which().prop_map(Step::FetchOrder),
        1 => which().prop_map(Step::TerminateOrder),
        4 => (which(), method(), end()).prop_map(|(at, by, end)| Step::PayOrder(at, by, end)),
        3 => which().prop_map(Step::Payments),
        1 => (which(), select(SettlementStatus::ALL.to_vec()))
            .prop_map(|(order, status)| Step::Settle(order, status)),
        1 => which().prop_map(Step::Settlement),
        4 => (which(), refund()).prop_map(|(order, refund)| Step::Refund(order, refund)),
        2 => which().prop_map(Step::Refunds),
        1 => (which(), select(RefundStatus::ALL.to_vec()))
            .prop_map(|(refund, end)| Step::EndRefund(refund, end)),
        2 => (which(), select(vec!["SUCCESS", "FAILED", "PENDING", "USER_DROPPED", "?"]))
            .prop_map(|(at, end)| Step::Simulate(at, end)),
        1 => (0..600_u16).prop_map(Step::Wait),
    ]
}

/// Converts paise to a JSON number.
fn amount(paise: u32) -> Value {
    serde_json::from_str(&format!("{}.{:02}", paise / 100, paise % 100)).unwrap()
}

fn phone() -> impl Strategy<Value = String> {
    prop_oneof!["[6-9][0-9]{9}", r"\+91[6-9][0-9]{9}"]
}

fn link() -> impl Strategy<Value = Value> {
    let texts = ("[A-Za-z0-9_-]{1,50}", "[ -~]{1,40}", phone(), "[a-z]{3,9}");
    (texts, 100..9_000_000_u32, any::<(bool, bool, bool)>()).prop_map(
        |((id, purpose, phone, word), paise, (partial, intent, more))| {
            let mut link = json!({
                "link_id": id,
                "link_amount": amount(paise),
                "link_currency": "INR",
                "link_purpose": format!("x{purpose}"),
                "customer_details": { "customer_phone": phone },
                "link_partial_payments": partial,
                "link_meta": { "upi_intent": intent },
            });
            if more {
                link["link_notes"] = json!({ word.clone(): "note" });
                link["customer_details"]["customer_name"] = json!(word);
                link["customer_details"]["customer_email"] = json!(format!("{word}@example.com"));
                link["customer_details"]["customer_bank_code"] = json!(3021);
                link["link_minimum_partial_amount"] = amount(paise / 2);
                link["link_expiry_time"] = json!("2026-03-01T12:00:00+05:30");
                link["link_meta"]["payment_methods"] = json!("upi,nb");
                link["link_meta"]["return_url"] = json!("https://shop.example/back");
                link["order_splits"] = json!([{ "vendor_id": word, "percentage": 20 }]);
            }
            link
        },
    )
}

fn order() -> impl Strategy<Value = Value> {
    let texts = (
        "[A-Za-z0-9_-]{3,45}",
        "[A-Za-z0-9]{3,50}",
        phone(),
        "[a-z]{3,9}",
    );
    (texts, 100..9_000_000_u32, any::<bool>()).prop_map(
        |((id, customer, phone, word), paise, more)| {
            let mut order = json!({
                "order_amount": amount(paise),
                "order_currency": "INR",
                "customer_details": { "customer_id": customer, "customer_phone": phone },
            });
            if more {
                order["order_id"] = json!(id);
                order["order_note"] = json!(format!("note {word}"));
                order["order_tags"] = json!({ word.clone(): "tag" });
                order["order_expiry_time"] = json!("2026-02-01T12:00:00Z");
                order["order_meta"] = json!({ "return_url": "https://shop.example/back" });
                order["customer_details"]["customer_name"] = json!(word);
                order["customer_details"]["customer_uid"] = json!(word);
                order["order_splits"] = json!([{ "vendor_id": word, "amount": 1.45 }]);
            }
            order
        },
    )
}

fn refund() -> impl Strategy<Value = Value> {
    let notes = vec!["SUCCESS", "FAILED", "PENDING", "goodwill", "no"];
    (
        "[A-Za-z0-9_]{3,40}",
        1..500_000_u32,
        select(notes),
        any::<(bool, bool)>(),
    )
        .prop_map(|(id, paise, note, (instant, split))| {
            let mut refund = json!({
                "refund_id": id,
                "refund_amount": amount(paise),
                "refund_note": note,
                "refund_speed": if instant { "INSTANT" } else { "STANDARD" },
            });
            if split {
                refund["refund_splits"] = json!([{ "vendor_id": "v", "amount": 1 }]);
            }
            refund
        })
}
