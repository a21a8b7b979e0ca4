//! The report as text and as JSON, for a provider with a known failure.

use libtest_mimic::{Failed, Trial};
use payment_provider_conformance::{CaseOutcome, ConformanceReport, check};
use serde_json::Value;

use crate::flaw::{FeatureSet, Flaw, Profile};
use crate::under_test::Acme;

const CASE: &str = "settings.schema-is-complete";

pub(crate) fn trials() -> Vec<Trial> {
    let text = Trial::test("report::text-names-failures-and-reasons", as_text);
    let json = Trial::test("report::json-holds-every-case", as_json);
    vec![text, json]
}

fn report_with_one_failure() -> ConformanceReport {
    check(|| {
        Acme(Profile {
            features: FeatureSet::Minimal,
            flaw: Some(Flaw::NoWebhookSetup),
        })
    })
}

fn holds(what: bool, text: &str, document: &str) -> Result<(), Failed> {
    if what {
        Ok(())
    } else {
        Err(format!("{text}: {document}").into())
    }
}

fn as_text() -> Result<(), Failed> {
    let report = report_with_one_failure();
    let text = report.to_string();
    let lines: Vec<_> = text.lines().collect();
    let position = lines
        .iter()
        .position(|line| line.starts_with(&format!("FAIL  {CASE}: ")));
    let position = position.ok_or_else(|| Failed::from(text.clone()))?;
    let lines_of_failure = &lines[position..position + 3];
    holds(
        lines_of_failure[0].contains("webhook URL"),
        "what is wrong",
        &text,
    )?;
    holds(
        lines_of_failure[1].starts_with("      why: a host can render"),
        "why",
        &text,
    )?;
    holds(
        lines_of_failure[2].starts_with("      see: https://docs.rs/"),
        "where",
        &text,
    )?;
    let starting = |name: &str| lines.iter().filter(|line| line.starts_with(name)).count();
    let (passes, absent) = (report.passes(), report.not_applicable());
    holds(passes > 100 && absent > 10, "most apply", &text)?;
    holds(starting("ok    ") == passes, "all passes", &text)?;
    holds(starting("n/a   ") == absent, "all that do not apply", &text)?;
    let total = passes + 1;
    let last = format!(
        "acme-pay: {passes} of {total} applicable cases passed, 1 failed; {absent} do not apply"
    );
    holds(lines.last() == Some(&last.as_str()), "the sum", &text)
}

fn as_json() -> Result<(), Failed> {
    let report = report_with_one_failure();
    let text = report.to_json();
    let document: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    holds(document["provider"] == "acme-pay", "the provider", &text)?;
    holds(document["passed"] == false, "the verdict", &text)?;
    holds(!report.passed(), "the verdict", &text)?;
    let cases = document["cases"].as_array().cloned().unwrap_or_default();
    holds(cases.len() == report.entries.len(), "all cases", &text)?;
    for (case, entry) in cases.iter().zip(&report.entries) {
        holds(case["id"] == entry.case.id, "the order", &text)?;
        holds(case["reason"] == entry.case.reason, "the reasons", &text)?;
        holds(
            case["contract"] == entry.case.contract_url,
            "the places",
            &text,
        )?;
        let detailed = case["detail"].is_string();
        let (name, with_detail) = match &entry.outcome {
            CaseOutcome::Passed => ("passed", false),
            CaseOutcome::NotApplicable(_) => ("not_applicable", true),
            CaseOutcome::Failed(_) => ("failed", true),
        };
        holds(case["outcome"] == name, "the outcomes", &text)?;
        holds(detailed == with_detail, "the details", &text)?;
    }
    holds(report.failed() == [CASE], "the one that failed", &text)
}
