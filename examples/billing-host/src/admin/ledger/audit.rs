use std::fmt::Write as _;
use std::process::ExitCode;

use payment_provider_host::ledger::audit::{About, Finding, Invariant, LedgerReport, Stated};
use serde_json::{Value, json};

use super::super::command_result::{CommandError, CommandOutput};
use super::super::output::{self, without_control_characters};
use super::super::runtime::{AdminRuntime, SecretAccess, Target};
use crate::money_text;

pub(super) async fn run(
    target: &Target,
    all_organizations: bool,
) -> Result<CommandOutput, CommandError> {
    let runtime = AdminRuntime::open(target, SecretAccess::NotNeeded).await?;
    let organization = (!all_organizations).then_some(&target.organization);
    let report = runtime.host.audit_ledger(organization).await?;
    runtime.close().await?;
    let text = if target.json {
        output::json(&json_report(&report))
    } else {
        text_report(&report)
    };
    let code = if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    };
    Ok(CommandOutput { text, code })
}

fn text_report(report: &LedgerReport) -> String {
    let LedgerReport {
        payables,
        payments,
        posted,
        refunds,
        dedup_keys,
        unlisted,
        ..
    } = report;
    let mut text = format!(
        "payables {payables}, payments {payments}, posted {posted}, dedup keys {dedup_keys}, \
         refunds {refunds}\n"
    );
    for totals in &report.totals {
        let shown = |units| money_text::format_units(units, totals.currency);
        let _ = writeln!(
            text,
            "{}: received {}, applied {}, overpaid {}, refunded {}; for payables in another currency: \
             received {}, refunded {}",
            totals.currency.code(),
            shown(totals.received),
            shown(totals.applied),
            shown(totals.overpaid),
            shown(totals.refunded),
            shown(totals.elsewhere),
            shown(totals.refunded_elsewhere)
        );
    }
    for finding in &report.findings {
        let organization = finding.organization.as_ref();
        let organization =
            organization.map_or_else(String::new, |id| format!("organization {id}, "));
        let finding = money_text::in_text(&finding.to_string());
        text += &without_control_characters(&format!("{organization}{finding}\n"));
    }
    if report.is_sound() {
        text + "no differences found\n"
    } else {
        let listed = report.findings.len();
        text + &format!("differences listed: {listed}; not listed: {unlisted}\n")
    }
}

fn json_report(report: &LedgerReport) -> Value {
    let totals: Vec<_> = report
        .totals
        .iter()
        .map(|totals| {
            json!({
                "currency": totals.currency.code(),
                "received": totals.received.to_string(),
                "credited": totals.applied.to_string(),
                "surplus": totals.overpaid.to_string(),
                "elsewhere": totals.elsewhere.to_string(),
                "refunded": totals.refunded.to_string(),
                "refunded_elsewhere": totals.refunded_elsewhere.to_string(),
            })
        })
        .collect();
    let findings: Vec<_> = report.findings.iter().map(json_finding).collect();
    json!({
        "sound": report.is_sound(),
        "payables": report.payables,
        "payments": report.payments,
        "booked": report.posted,
        "refunds": report.refunds,
        "effects": report.dedup_keys,
        "totals": totals,
        "findings": findings,
        "unlisted_findings": report.unlisted,
    })
}

fn json_finding(finding: &Finding) -> Value {
    json!({
        "invariant": invariant_name(finding.invariant),
        "meaning": finding.invariant.meaning(),
        "organization_id": finding.organization,
        "payable_id": finding.payable,
        "about": finding.about.as_ref().map(About::name),
        "about_kind": finding.about.as_ref().map(about_kind),
        "stated": json_value(&finding.stated),
        "expected": json_value(&finding.expected),
    })
}

/// Returns the name of an invariant in the JSON output, which keeps the terms of its first version.
const fn invariant_name(invariant: Invariant) -> &'static str {
    match invariant {
        Invariant::Applied => "credited",
        Invariant::Overpaid => "surplus",
        Invariant::Applicable => "creditable",
        Invariant::Posted => "booked",
        Invariant::DedupKey => "effect",
        Invariant::DedupKeyPayment => "effect_payment",
        other => other.as_str(),
    }
}

/// Returns the kind of a row in the JSON output, as [`invariant_name`] does.
const fn about_kind(about: &About) -> &'static str {
    match about {
        About::DedupKey(_) => "effect",
        other => other.kind(),
    }
}

/// Formats one side of a difference. Amounts are in minor units, as stored.
fn json_value(stated: &Stated) -> Value {
    match stated {
        Stated::Amount(money) => json!({
            "amount_cents": money.minor_units(),
            "currency": money.currency().code(),
        }),
        Stated::Text(text) => json!(text),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clients compare these names, so they stay as they are.
    #[test]
    fn findings_of_an_audit() {
        let invariants = [
            (Invariant::Received, "received"),
            (Invariant::Applied, "credited"),
            (Invariant::Overpaid, "surplus"),
            (Invariant::Split, "split"),
            (Invariant::Applicable, "creditable"),
            (Invariant::Currency, "currency"),
            (Invariant::Shares, "shares"),
            (Invariant::Posted, "booked"),
            (Invariant::Details, "details"),
            (Invariant::DedupKey, "effect"),
            (Invariant::Connection, "connection"),
            (Invariant::Organization, "organization"),
            (Invariant::Refunded, "refunded"),
            (Invariant::RefundPayment, "refund_payment"),
            (Invariant::DedupKeyPayment, "effect_payment"),
            (Invariant::PaymentCheckout, "payment_checkout"),
            (Invariant::RefundCheckout, "refund_checkout"),
            (Invariant::WholeList, "whole_list"),
        ];
        for (invariant, name) in invariants {
            assert_eq!(invariant_name(invariant), name);
        }
        let of = |about: fn(String) -> About| about_kind(&about("1".to_owned()));
        let kinds = [
            About::Payment,
            About::Refund,
            About::DedupKey,
            About::Checkout,
        ];
        let kinds = kinds.map(of);
        assert_eq!(kinds, ["payment", "refund", "effect", "checkout"]);
    }
}
