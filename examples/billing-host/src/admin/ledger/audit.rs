use std::fmt::Write as _;
use std::process::ExitCode;

use payment_provider_host::{About, Finding, LedgerReport, Stated};
use serde_json::{Value, json};

use super::super::output::{self, without_control_characters};
use super::super::runtime::{AdminRuntime, SecretAccess, Target};
use super::super::{CommandError, CommandOutput};

pub(super) async fn run(
    target: &Target,
    all_organizations: bool,
) -> Result<CommandOutput, CommandError> {
    let runtime = AdminRuntime::open(target, SecretAccess::NotNeeded).await?;
    let organization = (!all_organizations).then_some(&target.organization);
    let report = runtime.host.verify_ledger(organization).await?;
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
        booked,
        refunds,
        effects,
        unlisted,
        ..
    } = report;
    let mut text = format!(
        "payables {payables}, payments {payments}, posted {booked}, dedup keys {effects}, \
         refunds {refunds}\n"
    );
    for totals in &report.totals {
        let _ = writeln!(
            text,
            "{} in minor units: received {}, applied {}, overpaid {}, refunded {}; for payables in \
             another currency: received {}, refunded {}",
            totals.currency.code(),
            totals.received,
            totals.credited,
            totals.surplus,
            totals.refunded,
            totals.elsewhere,
            totals.refunded_elsewhere
        );
    }
    for finding in &report.findings {
        let organization = finding.organization.as_ref();
        let organization =
            organization.map_or_else(String::new, |id| format!("organization {id}, "));
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
                "credited": totals.credited.to_string(),
                "surplus": totals.surplus.to_string(),
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
        "booked": report.booked,
        "refunds": report.refunds,
        "effects": report.effects,
        "totals": totals,
        "findings": findings,
        "unlisted_findings": report.unlisted,
    })
}

fn json_finding(finding: &Finding) -> Value {
    json!({
        "invariant": finding.invariant.as_str(),
        "meaning": finding.invariant.meaning(),
        "organization_id": finding.organization,
        "payable_id": finding.payable,
        "about": finding.about.as_ref().map(About::name),
        "about_kind": finding.about.as_ref().map(About::kind),
        "stated": json_value(&finding.stated),
        "expected": json_value(&finding.expected),
    })
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
