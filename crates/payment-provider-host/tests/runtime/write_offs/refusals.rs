//! Write-offs that are refused change nothing.

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::error::{Entity, Refusal};
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::WriteOff;

use super::off;
use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invalid_fields, invoice, organization};
use crate::gateway::Fault;

each_database! {
    a_refused_write_off_changes_nothing,
    listed_money_that_the_host_refuses_is_not_written_off,
}

async fn a_refused_write_off_changes_nothing(database: Database) {
    let (bench, reference) = Bench::with_status_api(database).await;
    let other = bench.url(&invoice("other", "100.00")).await.reference;
    let nothing = bench.write_off(&reference).await;
    assert!(matches!(
        nothing.as_ref().map_err(Error::kind),
        Err(ErrorKind::Refused(Refusal::NothingToWriteOff))
    ));
    bench.partly(&reference, "60.00").await;
    let unknown_organization = OrganizationId::new("unknown").unwrap();
    let inv = PayableId::new("inv").unwrap();
    let named = off(&reference);
    let theirs = bench.host.write_off(&unknown_organization, &inv, &named);
    assert!(matches!(
        theirs.await.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Payable))
    ));
    let elsewhere = bench.write_off(&other).await;
    assert!(matches!(
        elsewhere.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Checkout))
    ));
    let long = "x".repeat(501);
    for (by, note, field) in [
        ("", "why", "by"),
        ("asha", " ", "note"),
        ("asha", &long, "note"),
        ("as\nha", "why", "by"),
    ] {
        let wordless = WriteOff::new(reference.clone(), by, note);
        let organization = organization();
        let refused = bench.host.write_off(&organization, &inv, &wordless).await;
        assert_eq!(invalid_fields(&refused.unwrap_err()), [field]);
    }
    bench.gateway.fail_next(Fault::Down);
    let away = bench.write_off(&reference).await;
    assert!(
        matches!(
            away.as_ref().map_err(Error::kind),
            Err(ErrorKind::Provider(_))
        ),
        "{away:?}"
    );
    assert_eq!(bench.lines(AuditEvent::WrittenOff).await, [""; 0]);
    assert!(bench.is_busy().await);
    bench.write_off(&reference).await.unwrap();
    assert!(!bench.is_busy().await);
    bench.assert_sound().await;
}

/// Takes no money.
#[derive(Debug)]
struct Refuses;

#[async_trait::async_trait]
impl PaymentHandler for Refuses {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        match change.cause {
            Cause::Posted { .. } => Err("the accounting period is closed".into()),
            _ => Ok(()),
        }
    }
}

async fn listed_money_that_the_host_refuses_is_not_written_off(database: Database) {
    let bench = Bench::with_handler(database, Refuses).await;
    let reference = bench.url(&invoice("inv", "100.00")).await.reference;
    bench.partly(&reference, "60.00").await;
    bench.gateway.pay(reference.as_str(), "60.00");
    let refused = bench.write_off(&reference).await;
    assert!(matches!(
        refused.as_ref().map_err(Error::kind),
        Err(ErrorKind::Handler)
    ));
    assert_eq!(bench.lines(AuditEvent::WrittenOff).await, [""; 0]);
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
}
