use std::error::Error;

use payment_provider_core::{Currency, Money};
use reqwest::Method;

use super::ORGANIZATION;
use super::client::DemoClient;
use super::json::{list, money, text};
use super::report::{Report, expect};

/// Compares the payments that the gateway took with those that the application recorded.
pub(super) async fn compare(
    client: &DemoClient,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    report.step("Compare the totals")?;
    let links = client.control(Method::GET, "/links", None).await?;
    let mut taken = Money::zero(Currency::INR);
    for link in list(&links, "/links")? {
        let paid = Money::from_decimal(text(link, "/amount_paid")?, Currency::INR)?;
        taken = taken.checked_add(paid)?;
    }
    let path = format!("/invoices?organization_id={ORGANIZATION}");
    let invoices = client.get(&path).await?;
    let (mut paid, mut overpaid) = (Money::zero(Currency::INR), Money::zero(Currency::INR));
    for invoice in list(&invoices, "/invoices")? {
        paid = paid.checked_add(money(invoice, "amount_paid_cents")?)?;
        overpaid = overpaid.checked_add(money(invoice, "surplus_cents")?)?;
    }
    report.line(&format!(
        "the simulator took {taken}; the application recorded {paid} as paid and {overpaid} as overpaid"
    ))?;
    let recorded = paid.checked_add(overpaid)?;
    expect(
        recorded == taken,
        format!("the simulator took {taken}, but {recorded} is recorded"),
    )?;
    report.line("no payment is lost or counted twice")?;
    Ok(())
}
