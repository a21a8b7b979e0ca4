use std::fmt;

use payment_provider_core::ProviderId;
use serde::Serialize;

use crate::case::Case;
use crate::failure::CaseFailure;

/// The results of all cases for one provider.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConformanceReport {
    /// The provider's id.
    pub provider: ProviderId,
    /// One report for each case, in the order of [`cases`](crate::cases()).
    pub entries: Vec<CaseReport>,
}

/// The result of one case.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CaseReport {
    /// The case.
    pub case: Case,
    /// The outcome.
    pub outcome: CaseOutcome,
}

/// The outcome of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseOutcome {
    /// The provider meets the requirement.
    Passed,
    /// The provider does not meet the requirement, or the case could not be run.
    Failed(CaseFailure),
    /// The case does not apply to what the provider declares. The text names the unmet condition.
    NotApplicable(&'static str),
}

impl ConformanceReport {
    pub(crate) const fn new(provider: ProviderId, entries: Vec<CaseReport>) -> Self {
        Self { provider, entries }
    }

    /// Returns true if every applicable case passed.
    pub fn passed(&self) -> bool {
        let mut entries = self.entries.iter();
        entries.all(|entry| !matches!(entry.outcome, CaseOutcome::Failed(_)))
    }

    /// Returns the ids of the cases that failed.
    pub fn failed(&self) -> Vec<&'static str> {
        let failed = |entry: &&CaseReport| matches!(entry.outcome, CaseOutcome::Failed(_));
        let entries = self.entries.iter().filter(failed);
        entries.map(|entry| entry.case.id).collect()
    }

    fn count(&self, wanted: impl Fn(&CaseOutcome) -> bool) -> usize {
        let outcomes = self.entries.iter().map(|entry| &entry.outcome);
        outcomes.filter(|outcome| wanted(outcome)).count()
    }

    /// Returns the number of cases that passed.
    pub fn passes(&self) -> usize {
        self.count(|outcome| *outcome == CaseOutcome::Passed)
    }

    /// Returns the number of cases that do not apply.
    pub fn not_applicable(&self) -> usize {
        self.count(|outcome| matches!(outcome, CaseOutcome::NotApplicable(_)))
    }

    /// Returns the report as JSON: `{"provider", "passed", "cases": [{"id", "outcome", "detail",
    /// "reason", "contract"}]}` with the outcomes `passed`, `failed`, `not_implemented` and
    /// `not_applicable`.
    pub fn to_json(&self) -> String {
        let cases = self.entries.iter().map(Line::of).collect();
        let document = Document {
            provider: self.provider.as_str(),
            passed: self.passed(),
            cases,
        };
        serde_json::to_string_pretty(&document).unwrap_or_else(|_| unreachable!("plain text"))
    }
}

#[derive(Serialize)]
struct Document<'a> {
    provider: &'a str,
    passed: bool,
    cases: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    id: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    reason: &'static str,
    contract: &'static str,
}

impl Line {
    fn of(entry: &CaseReport) -> Self {
        let (outcome, detail) = match &entry.outcome {
            CaseOutcome::Passed => ("passed", None),
            CaseOutcome::NotApplicable(why) => ("not_applicable", Some((*why).to_owned())),
            CaseOutcome::Failed(CaseFailure::NotImplemented(what)) => {
                ("not_implemented", Some(what.clone()))
            }
            CaseOutcome::Failed(failure) => ("failed", Some(failure.to_string())),
        };
        Self {
            id: entry.case.id,
            outcome,
            detail,
            reason: entry.case.reason,
            contract: entry.case.contract_url,
        }
    }
}

impl fmt::Display for ConformanceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            let id = entry.case.id;
            match &entry.outcome {
                CaseOutcome::Passed => writeln!(f, "ok    {id}")?,
                CaseOutcome::NotApplicable(why) => writeln!(f, "n/a   {id}: {why}")?,
                CaseOutcome::Failed(failure) => {
                    writeln!(f, "FAIL  {id}: {failure}")?;
                    writeln!(f, "      why: {}", entry.case.reason)?;
                    writeln!(f, "      see: {}", entry.case.contract_url)?;
                }
            }
        }
        let (passes, failed) = (self.passes(), self.failed().len());
        write!(
            f,
            "{}: {passes} of {} applicable cases passed, {failed} failed; {} do not apply",
            self.provider,
            passes + failed,
            self.not_applicable()
        )
    }
}
