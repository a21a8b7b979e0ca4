use std::error::Error;

use payment_provider_core::{Currency, Money};
use reqwest::Method;

use super::ORGANIZATION;
use super::client::Outsider;
use super::report::{Story, expect, list, money, text};

/// Compares what the gateway took in with what is booked.
pub(super) async fn compare(outsider: &Outsider, story: &mut Story) -> Result<(), Box<dyn Error>> {
    story.chapter("everything added up")?;
    let links = outsider.control(Method::GET, "/links", None).await?;
    let mut taken = Money::zero(Currency::INR);
    for link in list(&links, "/links")? {
        let paid = Money::from_decimal(text(link, "/amount_paid")?, Currency::INR)?;
        taken = taken.checked_add(paid)?;
    }
    let path = format!("/invoices?organization_id={ORGANIZATION}");
    let invoices = outsider.get(&path).await?;
    let (mut paid, mut surplus) = (Money::zero(Currency::INR), Money::zero(Currency::INR));
    for invoice in list(&invoices, "/invoices")? {
        paid = paid.checked_add(money(invoice, "amount_paid_cents")?)?;
        surplus = surplus.checked_add(money(invoice, "surplus_cents")?)?;
    }
    story.line(&format!(
        "the simulator took in {taken}; booked are {paid} as paid and {surplus} as surplus"
    ))?;
    let booked = paid.checked_add(surplus)?;
    expect(
        booked == taken,
        format!("{taken} came in and {booked} is booked"),
    )?;
    story.line("nothing is lost, nothing is counted twice")?;
    Ok(())
}
