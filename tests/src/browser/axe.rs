use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Browser;
use super::tools::Tools;

/// The options of the run. The styles of these pages all come from their own server, so axe-core fetches nothing.
const RUN: &str = "
    const wanted = {resultTypes: ['violations'], preload: false};
    if (arguments[0]) wanted.runOnly = arguments[0];
    return axe.run(document, wanted).then(found =>
        found.violations.filter(fault => ['serious', 'critical'].includes(fault.impact)).map(fault => ({
            rule: fault.id, impact: fault.impact, help: fault.help,
            places: fault.nodes.map(node => ({html: node.html, summary: node.failureSummary})),
        })))";

/// An accessibility violation on the page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Fault {
    /// The id of the rule, such as `color-contrast`.
    pub rule: String,
    /// The impact: `serious` or `critical`.
    pub impact: String,
    /// The requirement of the rule.
    pub help: String,
    /// The places that violate the rule.
    pub places: Vec<Place>,
}

/// A place that violates a rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Place {
    /// The HTML of the element.
    pub html: String,
    /// The suggested fix.
    pub summary: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.rule, self.impact, self.help)?;
        for place in &self.places {
            write!(f, "\n  {}", place.html)?;
            for line in place.summary.lines() {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}

impl Browser {
    /// Returns the violations that [axe-core](https://github.com/dequelabs/axe-core) calls serious or critical on this
    /// page.
    ///
    /// # Panics
    /// Panics if axe-core does not run.
    pub async fn accessibility_faults(&self) -> Vec<Fault> {
        self.faults(json!([])).await
    }

    async fn faults(&self, rules: Value) -> Vec<Fault> {
        // Scripts that the driver runs are not subject to the page's policy.
        let script = format!("{}\n;{RUN}", Tools::rules());
        let found = match self.evaluate(&script, rules).await {
            Ok(found) => found,
            Err(why) => self.fail(&format!("axe-core does not run: {why}")).await,
        };
        serde_json::from_value(found).expect("faults as asked for")
    }

    /// Asserts that the page has no such violation.
    ///
    /// # Panics
    /// Panics if there is one; the message lists all.
    pub async fn is_accessible(&self) {
        self.has_none(self.accessibility_faults().await).await;
    }

    /// Asserts that all content has enough contrast with its background, on a dark screen too.
    ///
    /// # Panics
    /// Panics if some content has not; the message lists all.
    pub async fn is_legible_in_the_dark(&self) {
        self.prefer_dark(true).await;
        self.has_none(self.faults(json!([["color-contrast"]])).await)
            .await;
        self.prefer_dark(false).await;
    }

    async fn has_none(&self, faults: Vec<Fault>) {
        if !faults.is_empty() {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            self.fail(&format!("not accessible:\n{}", faults.join("\n")))
                .await;
        }
    }
}
