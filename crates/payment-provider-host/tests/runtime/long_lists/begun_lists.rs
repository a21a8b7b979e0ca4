//! The audit reports a list that was begun and not posted as a whole.

use std::time::Duration;

use payment_provider_host::ledger::audit::{About, Invariant};

use super::{PORTION, paid_often, recorded_together, watched};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, organization};
use crate::gateway::changed;

each_database! {
    a_list_that_is_incomplete_for_an_hour_is_a_finding_until_it_is_complete,
    an_incomplete_list_is_a_finding_of_its_own_organization_alone,
}

/// A checkout of whose list the first portion is posted. The delivery waits for its next attempt.
async fn begun(database: Database) -> (Bench, String) {
    let (bench, _) = watched(database, Some(150)).await;
    let reference = paid_often(&bench, "inv", 250).await;
    bench.receive(&[changed(reference.as_str())]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(recorded_together(&bench).await, [PORTION]);
    (bench, reference.to_string())
}

async fn a_list_that_is_incomplete_for_an_hour_is_a_finding_until_it_is_complete(
    database: Database,
) {
    let (bench, reference) = begun(database).await;
    bench.clock.advance(Duration::from_mins(59));
    bench.assert_sound().await;
    bench.clock.advance(Duration::from_mins(1));
    let report = bench.host.audit_ledger(None).await.unwrap();
    let [finding] = &report.findings[..] else {
        panic!("{:#?}", report.findings);
    };
    assert_eq!(finding.invariant, Invariant::WholeList);
    assert_eq!(finding.about, Some(About::Checkout(reference.clone())));
    assert_eq!(finding.organization, Some(organization()));
    let text = finding.to_string();
    let begins = format!(
        "payable inv, checkout {reference}: the gateway's list of its payments was begun but not \
         posted as a whole: a part since "
    );
    assert!(text.starts_with(&begins), "{text}");
    assert!(text.ends_with("Z instead of the whole list"), "{text}");
    bench.apply_all().await;
    bench.assert_sound().await;
}

async fn an_incomplete_list_is_a_finding_of_its_own_organization_alone(database: Database) {
    let (bench, _) = begun(database).await;
    bench.clock.advance(Duration::from_hours(2));
    let own = bench.host.audit_ledger(Some(&organization())).await;
    assert_eq!(own.unwrap().findings.len(), 1);
    let other = payment_provider_core::OrganizationId::new("other").unwrap();
    let others = bench.host.audit_ledger(Some(&other)).await.unwrap();
    assert!(others.is_sound(), "{:#?}", others.findings);
}
