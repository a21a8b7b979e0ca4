//! The samples that Razorpay publishes, and those that were recorded or derived, read from the
//! folder named by `RAZORPAY_REFERENCE_DIR`. They are not part of this crate. Without the variable
//! these tests print a notice, and on a build server they fail.

mod fake;
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use support::delivery::{delivery, signed};
use support::*;
use test_support::{event_line, reference_dir};

/// The events of the samples: each row has one description and all samples that match it.
const TABLE: &[(&str, &[&str])] = &[
    (
        "order_DESoU0U4ikYA19: claim an amount on order_DESoU0U4ikYA19, payment pay_DESp9bgForNoUd",
        &["order.paid.card", "payment.captured.card"],
    ),
    (
        "order_DESlLckIVRkHWj: claim an amount on order_DESlLckIVRkHWj, payment pay_DESlfW9H8K9uqM",
        &["order.paid.netbanking", "payment.captured.netbanking"],
    ),
    (
        "order_DESxiijbl9xjDB: claim an amount on order_DESxiijbl9xjDB, payment pay_DESyzxuld02Zul",
        &["order.paid.upi", "payment.captured.upi"],
    ),
    (
        "order_DESso0U9bpuzQc: claim an amount on order_DESso0U9bpuzQc, payment pay_DEStK8twGApHtW",
        &["order.paid.wallets"],
    ),
    (
        "order_DESoU0U4ikYA19: payment pay_DESp9bgForNoUd pending INR 1.00 on order_DESoU0U4ikYA19 by \
          card bank 322206890934 at 2019-09-05T09:13:17Z",
        &["payment.authorized.card"],
    ),
    (
        "order_DESlLckIVRkHWj: payment pay_DESlfW9H8K9uqM pending INR 1.00 on order_DESlLckIVRkHWj by \
          netbanking bank 0125836177 at 2019-09-05T09:09:59Z",
        &["payment.authorized.netbanking"],
    ),
    (
        "order_DESxiijbl9xjDB: payment pay_DESyzxuld02Zul pending INR 1.00 on order_DESxiijbl9xjDB by \
          upi bank 0125836177 at 2019-09-05T09:22:36Z",
        &["payment.authorized.upi"],
    ),
    (
        "order_DESso0U9bpuzQc: payment pay_DEStK8twGApHtW pending INR 1.00 on order_DESso0U9bpuzQc by \
          wallet at 2019-09-05T09:17:14Z",
        &["payment.authorized.wallets"],
    ),
    (
        "order_EFtkA6f5jdkfud: dispute disp_EsIAlDcoUr8CaQ chargeback open INR 3900.00 of \
         pay_EFtmUsbwpXwBHI on order_EFtkA6f5jdkfud code processed_invalid_expired_card until \
         2020-05-25T18:30:00Z",
        &["payment.dispute.action_required"],
    ),
    (
        "-: dispute disp_EsIMubKldQtcu5 fraud closed INR 100.00 of pay_EsIKS2bpFiWghA code \
         goods_or_services_not_received_or_partially_received until 2020-05-25T18:30:00Z",
        &["payment.dispute.closed"],
    ),
    (
        "order_EFtkA6f5jdkfud: dispute disp_EsIAlDcoUr8CaQ chargeback open INR 390.00 of \
         pay_EFtmUsbwpXwBHI on order_EFtkA6f5jdkfud code processed_invalid_expired_card until \
         2020-05-25T18:30:00Z",
        &["payment.dispute.created"],
    ),
    (
        "order_EFtkA6f5jdkfud: dispute disp_EsIAlDcoUr8CaQ chargeback lost INR 390.00 of \
         pay_EFtmUsbwpXwBHI on order_EFtkA6f5jdkfud code processed_invalid_expired_card until \
         2020-05-25T18:30:00Z",
        &["payment.dispute.lost"],
    ),
    (
        "-: dispute disp_EsIUyp8XlaZOUt chargeback under_review INR 1300.00 of pay_EsIStomuIwFQ6U \
         code non_matching_account_number until 2020-05-25T18:30:00Z",
        &["payment.dispute.under_review"],
    ),
    (
        "-: dispute disp_EsIUyp8XlaZOUt chargeback won INR 1300.00 of pay_EsIStomuIwFQ6U code \
         non_matching_account_number until 2020-05-25T18:30:00Z",
        &["payment.dispute.won"],
    ),
    (
        "-: unrecognised, unsupported type",
        &["payment.downtime.started.upi_psp"],
    ),
    (
        "order_DESoU0U4ikYA19: payment pay_DESp9bgForNoUd failed INR 1.00 on order_DESoU0U4ikYA19 by \
         card bank 322206890934 at 2019-09-05T09:13:17Z",
        &["payment.failed.card"],
    ),
    (
        "order_DESxiijbl9xjDB: payment pay_DESyzxuld02Zul failed INR 1.00 on order_DESxiijbl9xjDB by \
         upi code payment_failed at 2019-09-05T09:22:36Z",
        &["payment.failed.upi"],
    ),
    (
        "order_Epitst92Bya4gC: payment pay_Epiu9wz2hXBGsJ failed INR 100.00 on order_Epitst92Bya4gC \
         by wallet code payment_failed at 2020-05-13T05:18:18Z",
        &["payment.failed.wallets"],
    ),
    (
        "NewTestPayment4 plink_QaIrRSjWiIuxAO: link cancelled, INR 0.00 of INR 10.00",
        &["payment_link.cancelled.standard"],
    ),
    (
        "UPItest3 plink_Qb2kkyr7V58HsP: link cancelled, INR 0.00 of INR 1.00",
        &["payment_link.cancelled.upi"],
    ),
    (
        "NewTestPayment plink_QaIlOGFf8KZNF8: link expired, INR 0.00 of INR 10.00",
        &["payment_link.expired.standard"],
    ),
    (
        "23 plink_QflcnnZqCekuvL order_QflczVVaNJciLq: payment pay_Qfldmt5StKZFCB succeeded INR 10.00 \
          on order_QflczVVaNJciLq by upi bank 103608848276 at 2025-06-11T05:06:11Z + 23 \
         plink_QflcnnZqCekuvL order_QflczVVaNJciLq: link paid, INR 10.00 of INR 10.00",
        &["payment_link.paid.standard"],
    ),
    (
        "order_FPoIeimWki9j8A: refund rfnd_FS8TWyPrCsa0OB succeeded INR 500.00 of pay_FPoJKWQQ8lK13n \
         on order_FPoIeimWki9j8A",
        &["refund.created", "refund.processed"],
    ),
    (
        "order_FPoIeimWki9j8A: refund rfnd_EcPN8eJuzH5Yaz succeeded INR 2.00 of pay_EcPJsxu8cSzOK6 on \
          order_FPoIeimWki9j8A",
        &["refund.speed_changed"],
    ),
    (
        "-: settlement setl_Rf8uva1MU98B4l succeeded INR 15.24 bank AXISCN1153863727 at \
         2025-11-13T07:31:29Z",
        &["settlement.processed"],
    ),
    (
        "plink_TestLink000001 order_TestOrder00001: claim an amount on order_TestOrder00001, \
         payment pay_TestPayment001",
        &["observed/1_payment.captured"],
    ),
    (
        "inv-1001-1 plink_TestLink000001 order_TestOrder00001: claim an amount on order_TestOrder00001, \
         payment pay_TestPayment001",
        &["observed/2_order.paid"],
    ),
    (
        "inv-1001-1 plink_TestLink000001 order_TestOrder00001: payment pay_TestPayment001 succeeded \
         INR 1500.00 on order_TestOrder00001 by upi bank 100000000001 at 2025-12-08T12:10:20Z + \
         inv-1001-1 plink_TestLink000001 order_TestOrder00001: link paid, INR 1500.00 of INR 1500.00",
        &["observed/3_payment_link.paid"],
    ),
    (
        "inv-1002-1 plink_TestLink000002 order_TestOrder00002: link expired, INR 500.00 of INR \
         1500.00",
        &["derived/payment_link.expired.after_first_instalment"],
    ),
    (
        "inv-1002-1 plink_TestLink000002 order_TestOrder00002: payment pay_TestPayment012 succeeded \
         INR 1000.00 on order_TestOrder00002 by upi bank 100000000001 at 2025-12-08T14:21:00Z + \
         inv-1002-1 plink_TestLink000002 order_TestOrder00002: link paid, INR 1500.00 of INR 1500.00",
        &["derived/payment_link.paid.last_instalment"],
    ),
    (
        "inv-1002-1 plink_TestLink000002 order_TestOrder00002: payment pay_TestPayment011 succeeded \
         INR 500.00 on order_TestOrder00002 by upi bank 100000000001 at 2025-12-08T13:21:00Z + \
         inv-1002-1 plink_TestLink000002 order_TestOrder00002: link partially_paid, INR 500.00 of INR \
          1500.00",
        &["derived/payment_link.partially_paid.first_instalment"],
    ),
];

fn folder() -> Option<PathBuf> {
    let folder = reference_dir(
        "RAZORPAY_REFERENCE_DIR",
        "the published samples were not read",
    )?;
    Some(folder.join("webhooks"))
}

/// Returns all samples of the folder and its subfolders, by name.
fn bodies(folder: &std::path::Path) -> BTreeMap<String, Vec<u8>> {
    let mut bodies = BTreeMap::new();
    for inner in ["", "observed/", "derived/"] {
        for entry in std::fs::read_dir(folder.join(inner)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "json") {
                let name = path.file_stem().unwrap().to_str().unwrap();
                bodies.insert(format!("{inner}{name}"), std::fs::read(&path).unwrap());
            }
        }
    }
    bodies
}

#[tokio::test]
async fn the_signatures_of_known_samples_verify() {
    let Some(folder) = folder() else { return };
    let bodies = bodies(&folder);
    for (name, signature) in [
        (
            "payment_link.paid.standard",
            "6f2a6183c59b8906c8ed8a14185839f6bb68d1551e7f183913d1f2dceea11d56",
        ),
        (
            "observed/3_payment_link.paid",
            "457b206f7c8da841459fb6a0a5f2baa93a80b3c16a97f55388ad00248e0fd329",
        ),
    ] {
        let request = delivery(signature, bodies[name].clone());
        assert!(offline().handle_webhook(&request).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn every_body_yields_the_events_in_the_table() {
    let Some(folder) = folder() else { return };
    let mut expected: BTreeMap<&str, &str> = BTreeMap::new();
    for (statement, names) in TABLE {
        expected.extend(names.iter().map(|name| (*name, *statement)));
    }
    let bodies = bodies(&folder);
    println!("{} published samples are read", bodies.len());
    for (name, body) in bodies {
        let statement = expected.remove(name.as_str());
        let statement = statement.unwrap_or_else(|| panic!("{name} has no row"));
        let webhook = offline()
            .handle_webhook(&signed(WEBHOOK_SECRET, body))
            .await;
        let webhook = webhook.unwrap();
        assert_eq!(event_line::all(webhook.events()), statement, "{name}");
    }
    assert!(expected.is_empty(), "no such samples: {expected:?}");
}
