//! Single fields in every observed form: as a string or a number, null, missing, without a time
//! zone, far too large, and with undocumented values.

mod support;

use support::bodies::body;
use support::delivery::signed;
use support::{SECRET, config, connect_with, settings};
use test_support::event_line;

const HUGE: &str = "98765432109876543210987654321098765432";

/// A body, one of its fields, and for each form of that field a part of the resulting event line. A
/// part that ends in `$` must be at the end of the line.
type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const FORMS: &[Row] = &[
    (
        "payment_success.2025-01-01",
        "\"cf_payment_id\": \"880143\"",
        &[
            ("\"cf_payment_id\": 880143", ": payment 880143 "),
            (
                "\"cf_payment_id\": 98765432109876543210987654321098765432",
                HUGE,
            ),
            (
                "\"cf_payment_id\": null",
                ": claim INR 350.00 on CFPay_Qx7_m3$",
            ),
            (
                "\"cf_payment_id\": 8.8e5",
                ": claim INR 350.00 on CFPay_Qx7_m3$",
            ),
        ],
    ),
    (
        "payment_success.2025-01-01",
        "\"order_amount\": 350",
        &[
            ("\"order_amount\": \"350.00\"", " succeeded INR 350.00 "),
            ("\"order_amount\": 350.000", " succeeded INR 350.00 "),
            (
                "\"order_amount\": null",
                ": claim an amount on CFPay_Qx7_m3, payment 880143$",
            ),
            (
                "\"order_amount\": 1e40",
                ": claim an amount on CFPay_Qx7_m3, payment 880143$",
            ),
        ],
    ),
    (
        "payment_success.2025-01-01",
        "\"cf_link_id\": \"4410023\"",
        &[
            ("\"cf_link_id\": 4410023", "inv-2026-0017-A 4410023 "),
            ("\"cf_link_id\": null", "inv-2026-0017-A CFPay_Qx7_m3: "),
        ],
    ),
    (
        "payment_success.2025-01-01",
        "\"payment_time\": \"2026-01-15T15:27:51+05:30\"",
        &[
            (
                "\"payment_time\": \"2026-01-15T15:27:51\"",
                " bank 601512345678$",
            ),
            (
                "\"payment_time\": \"2026-01-15T15: 27: 51+05: 30\"",
                " bank 601512345678$",
            ),
        ],
    ),
    (
        "payment_success.2025-01-01",
        "\"bank_reference\": \"601512345678\"",
        &[
            ("\"bank_reference\": 601512345678", " bank 601512345678 "),
            ("\"bank_reference\": \"NA\"", " by upi at "),
            ("\"bank_reference\": null", " by upi at "),
        ],
    ),
    (
        "link_event.partially_paid",
        "\"transaction_id\": 880143",
        &[
            ("\"transaction_id\": \"880143\"", ": claim INR 350.00 on "),
            (
                "\"transaction_id\": 98765432109876543210987654321098765432",
                ": claim INR 350.00 on ",
            ),
        ],
    ),
    (
        "link_event.partially_paid",
        "\"link_amount_paid\": \"600.00\"",
        &[
            ("\"link_amount_paid\": 600", ", INR 600.00 of "),
            ("\"link_amount_paid\": 6.0e2", ", INR 600.00 of "),
            (
                "\"link_amount_paid\": \"6e2\"",
                "unreadable, `data.link_amount_paid`",
            ),
        ],
    ),
    (
        "link_event.partially_paid",
        "\"cf_link_id\": 4410023",
        &[
            ("\"cf_link_id\": \"4410023\"", "inv-2026-0017-A 4410023 "),
            ("\"cf_link_id\": 0", "inv-2026-0017-A CFPay_Qx7_m3: "),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"cf_refund_id\": 3310071",
        &[
            ("\"cf_refund_id\": \"3310071\"", "refund 3310071 "),
            ("\"cf_refund_id\": \"refund_3310071\"", "refund 3310071 "),
            ("\"cf_refund_id\": \"refund_a\"", "refund refund_a "),
            ("\"cf_refund_id\": \"refund_\"", "refund refund_ "),
            (
                "\"cf_refund_id\": 98765432109876543210987654321098765432",
                HUGE,
            ),
            (
                "\"cf_refund_id\": null",
                ": refund claim as ret_0017_1 of payment 880143 of INR 120.50$",
            ),
            (
                "\"cf_refund_id\": \"NA\"",
                ": refund claim as ret_0017_1 of payment 880143 of INR 120.50$",
            ),
            (
                "\"cf_refund_id\": 1.5",
                ": refund claim as ret_0017_1 of payment 880143 of INR 120.50$",
            ),
            (
                "\"other\": 1",
                ": refund claim as ret_0017_1 of payment 880143 of INR 120.50$",
            ),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"cf_payment_id\": 880143",
        &[
            ("\"cf_payment_id\": \"880143\"", " of 880143 "),
            ("\"cf_payment_id\": null", "ret_0017_1 on "),
            ("\"cf_payment_id\": {}", "ret_0017_1 on "),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"refund_id\": \"ret_0017_1\"",
        &[
            ("\"refund_id\": 17", " named 17 "),
            ("\"refund_id\": null", " INR 120.50 of "),
            ("\"refund_id\": \"\"", " INR 120.50 of "),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"order_id\": \"CFPay_Qx7_m3\"",
        &[
            ("\"order_id\": null", "-: refund "),
            ("\"order_id\": 12", "12: refund "),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"refund_amount\": 120.5",
        &[
            ("\"refund_amount\": \"120.50\"", " INR 120.50 "),
            ("\"refund_amount\": 1.205e2", " INR 120.50 "),
            (
                "\"refund_amount\": 120.505",
                ": refund claim 3310071 as ret_0017_1 of payment 880143$",
            ),
            (
                "\"refund_amount\": -120.5",
                ": refund claim 3310071 as ret_0017_1 of payment 880143$",
            ),
            (
                "\"refund_amount\": null",
                ": refund claim 3310071 as ret_0017_1 of payment 880143$",
            ),
            (
                "\"refund_amount\": 98765432109876543210",
                ": refund claim 3310071 as ret_0017_1 of payment 880143$",
            ),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"refund_currency\": \"INR\"",
        &[
            ("\"refund_currency\": \"KWD\"", " KWD 120.500 "),
            (
                "\"refund_currency\": null",
                ": refund claim 3310071 as ret_0017_1 of payment 880143$",
            ),
            (
                "\"refund_currency\": \"RUPEE\"",
                ": refund claim 3310071 as ret_0017_1 of payment 880143$",
            ),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"refund_type\": \"MERCHANT_INITIATED\"",
        &[
            ("\"refund_type\": null", "CFPay_Qx7_m3 bank "),
            (
                "\"refund_type\": \"UNRECONCILED_AUTO_REFUND\"",
                " by gateway ",
            ),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"refund_arn\": \"401512340001\"",
        &[
            ("\"refund_arn\": 401512340001", " bank 401512340001 "),
            ("\"refund_arn\": \"NA\"", " by merchant since "),
            ("\"refund_arn\": null", " by merchant since "),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"processed_at\": \"2026-01-17T11:40:02+05:30\"",
        &[
            (
                "\"processed_at\": \"2026-01-17T11:40:02Z\"",
                " at 2026-01-17T11:40:02Z",
            ),
            (
                "\"processed_at\": \"2026-01-17T11:40:02\"",
                " since item returned$",
            ),
            ("\"processed_at\": null", " since item returned$"),
            ("\"processed_at\": 1768629602", " since item returned$"),
        ],
    ),
    (
        "refund_status.2025-01-01",
        "\"refund_status\": \"SUCCESS\"",
        &[
            ("\"refund_status\": \"ONHOLD\"", " on_hold "),
            (
                "\"refund_status\": \"FAILED\"",
                " but Refund processed successfully ",
            ),
            ("\"refund_status\": \"PENDING\"", " pending "),
            (
                "\"refund_status\": null",
                ": refund claim 3310071 as ret_0017_1 of payment 880143 of INR 120.50$",
            ),
        ],
    ),
    (
        "auto_refund_status.2023-08-01",
        "\"refund_type\": \"PAYMENT_AUTO_REFUND\"",
        &[("\"refund_type\": null", " by gateway ")],
    ),
    (
        "auto_refund_status.2023-08-01",
        "\"auto_refund\": {",
        &[("\"refund\": {", "-: unreadable, `data.auto_refund`")],
    ),
    (
        "settlement.success",
        "\"utr\": 98765432109876543210",
        &[
            ("\"utr\": \"UTR-1\"", " bank UTR-1 "),
            ("\"utr\": 1644822317781212", " bank 1644822317781212 "),
            ("\"utr\": null", " INR 1461.76 at "),
        ],
    ),
    (
        "settlement.success",
        "\"amount_settled\": 1461.76",
        &[
            ("\"amount_settled\": \"1461.76\"", " INR 1461.76 "),
            ("\"amount_settled\": null", " INR 1464.11 "),
            ("\"amount_settled\": true", "unreadable, `amount_settled`"),
        ],
    ),
    (
        "settlement.success",
        "\"remarks\": null",
        &[
            ("\"settlement_currency\": \"USD\"", " USD 1461.76 "),
            (
                "\"settlement_currency\": \"US\"",
                "unreadable, `settlement_currency`",
            ),
        ],
    ),
    (
        "settlement.success",
        "\"settlement_id\": 90122",
        &[
            ("\"settlement_id\": \"90122\"", "settlement 90122 "),
            ("\"settlement_id\": 0", "unreadable, `settlement_id`"),
        ],
    ),
    (
        "dispute.created.2025-01-01",
        "\"dispute_id\": 55100342",
        &[
            ("\"dispute_id\": \"55100342\"", "dispute 55100342 "),
            (
                "\"dispute_id\": null",
                "CFPay_Qx7_m3: unreadable, `dispute_id`",
            ),
        ],
    ),
    (
        "dispute.created.2025-01-01",
        "\"dispute_type\": \"CHARGEBACK\"",
        &[
            ("\"dispute_type\": null", " chargeback open "),
            ("\"dispute_type\": \"ARBITRATION\"", " arbitration open "),
        ],
    ),
    (
        "dispute.created.2025-01-01",
        "\"respond_by\": \"2026-02-06T23:59:59+05:30\"",
        &[
            (
                "\"respond_by\": \"2026-02-06T23:59:59\"",
                "goods not received$",
            ),
            (
                "\"respond_by\": \"9999-09-09T00:00:00\"",
                "goods not received$",
            ),
        ],
    ),
    (
        "dispute.created.2025-01-01",
        "\"payment_currency\": \"INR\"",
        &[
            ("\"payment_currency\": null", " INR 350.00 "),
            ("\"payment_currency\": \"USD\"", " USD 350.00 "),
            ("\"payment_currency\": 7", "unreadable, `payment_currency`"),
        ],
    ),
    (
        "dispute.created.2025-01-01",
        "\"cf_payment_id\": 880143",
        &[("\"cf_payment_id\": \"880143\"", " of 880143 ")],
    ),
    (
        "dispute.created.2025-01-01",
        "\"order_details\": {",
        &[("\"order\": {", "-: unreadable, `data.order_details`")],
    ),
];

async fn line_of(body: String) -> String {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let webhook = provider.handle_webhook(&signed(SECRET, body)).await;
    event_line::all(webhook.unwrap().events())
}

/// Returns the event line after replacing one part of a body.
async fn line_with(body: &str, from: &str, to: &str) -> String {
    assert!(body.contains(from), "{from}");
    line_of(body.replace(from, to)).await
}

#[tokio::test]
async fn each_field_is_read_in_every_form_that_carries_information() {
    for (name, field, forms) in FORMS {
        let whole = body(name);
        for (form, expected) in *forms {
            let line = line_with(&whole, field, form).await;
            let found = match expected.strip_suffix('$') {
                Some(end) => line.ends_with(end),
                None => line.contains(expected),
            };
            assert!(found, "{name}, {form}: {line}");
        }
    }
}

#[tokio::test]
async fn undocumented_values_are_kept_and_have_no_effect() {
    for (name, from, to, expected) in [
        (
            "payment_success.2025-01-01",
            "\"SUCCESS\"",
            "\"CAPTURED\"",
            "payment 880143 CAPTURED ",
        ),
        (
            "link_event.expired",
            "\"EXPIRED\"",
            "\"FROZEN\"",
            "link FROZEN, ",
        ),
        (
            "refund_status.2025-01-01",
            "\"SUCCESS\"",
            "\"REVERSED\"",
            "refund 3310071 REVERSED ",
        ),
        (
            "refund_status.2025-01-01",
            "MERCHANT_INITIATED",
            "BANK_MADE",
            " by BANK_MADE ",
        ),
        (
            "dispute.created.2025-01-01",
            "CHARGEBACK_CREATED",
            "CHARGEBACK_FROZEN",
            "chargeback CHARGEBACK_FROZEN ",
        ),
        (
            "dispute.created.2025-01-01",
            "\"CHARGEBACK\"",
            "\"FRAUD\"",
            "dispute 55100342 FRAUD open ",
        ),
        (
            "settlement.success",
            "\"SUCCESS\"",
            "\"QUEUED\"",
            "settlement 90122 QUEUED ",
        ),
    ] {
        let line = line_with(&body(name), from, to).await;
        assert!(line.contains(expected), "{line}");
    }
}
