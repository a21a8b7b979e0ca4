//! The pages a payer sees.

use super::markup::Safe;
use crate::money::Paise;
use crate::stamp::ist;
use crate::world::{Link, LinkStatus, PaymentStatus, World};

const STYLE: &str = "\
    *{box-sizing:border-box}\
    body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:#1b1f24;background:#f3f4f6}\
    main{max-width:30rem;margin:0 auto;padding:1rem}\
    article{background:#fff;border:1px solid #d5d9de;border-radius:.75rem;padding:1.25rem}\
    h1{font-size:1.25rem;margin:0 0 .25rem}\
    .purpose{overflow-wrap:anywhere}\
    .note{font-size:.875rem;color:#57606a}\
    dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}\
    dt{color:#57606a}dd{margin:0;text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}\
    fieldset{border:1px solid #d5d9de;border-radius:.5rem;margin:1rem 0;padding:.5rem 1rem 1rem}\
    label{display:block;margin-top:.75rem}\
    label.choice{display:flex;gap:.5rem;align-items:center;min-height:2.75rem;margin:0}\
    input[type=text]{width:100%;padding:.6rem;font:inherit;border:1px solid #8b949e;border-radius:.375rem}\
    button{width:100%;min-height:2.75rem;margin-top:.5rem;font:inherit;border-radius:.375rem;border:1px solid #8b949e;background:#fff;cursor:pointer}\
    button.main{background:#0a58ca;border-color:#0a58ca;color:#fff;font-weight:600}\
    .problem{background:#ffebe9;border:1px solid #cf222e;border-radius:.375rem;padding:.5rem .75rem}";

/// A whole page round a body.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<article>\n{body}</article>\n\
         <p class=\"note\">This is a simulator. No money moves.</p>\n</main>\n</body>\n</html>\n",
        Safe(title)
    )
}

/// A page with one sentence.
pub(super) fn message(text: &str) -> String {
    page(
        "Payment link",
        &format!("<h1>Payment link</h1>\n<p>{}</p>\n", Safe(text)),
    )
}

/// The form of a link that can be paid, or the word on one that cannot.
pub(super) fn checkout(world: &World, link: usize, problem: Option<&str>) -> Option<String> {
    let link = world.links.get(link)?;
    let merchant = world
        .merchant(&link.merchant)
        .map_or(link.merchant.as_str(), |merchant| merchant.name());
    let purpose = paragraph("class=\"purpose\"", &link.asked.purpose);
    let problem = paragraph(
        "class=\"problem\" role=\"alert\"",
        problem.unwrap_or_default(),
    );
    let choice = match link.status {
        LinkStatus::Active | LinkStatus::PartiallyPaid => form(link),
        LinkStatus::Paid => closed("This link is paid. There is nothing left to do."),
        LinkStatus::Expired => closed("This link has expired and takes no payment."),
        LinkStatus::Cancelled => closed("This link was cancelled and takes no payment."),
    };
    let body = format!(
        "<h1>Pay {}</h1>\n{purpose}{problem}{}{choice}{}",
        Safe(merchant),
        summary(link),
        way_back(link)
    );
    Some(page(&format!("Pay {merchant}"), &body))
}

/// How an attempt went.
pub(super) fn result(world: &World, link: usize, end: PaymentStatus) -> Option<String> {
    let link = world.links.get(link)?;
    let (heading, again) = match end {
        PaymentStatus::Success => ("Payment successful", "Pay another instalment"),
        PaymentStatus::Failed => ("Payment failed", "Try again"),
        PaymentStatus::UserDropped => ("Payment not completed", "Try again"),
    };
    let again = if link.status.is_payable() {
        let url = world.link_url(link);
        format!("<p><a href=\"{}\">{again}</a></p>\n", Safe(&url))
    } else {
        String::new()
    };
    let body = format!(
        "<h1>{heading}</h1>\n{}{again}{}",
        summary(link),
        way_back(link)
    );
    Some(page(heading, &body))
}

/// A paragraph, or nothing when there is no text.
fn paragraph(attributes: &str, text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("<p {attributes}>{}</p>\n", Safe(text))
    }
}

fn closed(words: &str) -> String {
    format!("<p role=\"status\">{words}</p>\n")
}

fn way_back(link: &Link) -> String {
    let url = link.asked.meta.return_url.as_deref();
    url.map_or_else(String::new, |url| {
        format!(
            "<p><a href=\"{}\" rel=\"noreferrer\">Back to the merchant</a></p>\n",
            Safe(url)
        )
    })
}

fn summary(link: &Link) -> String {
    let row = |name: &str, value: &str| format!("<dt>{name}</dt><dd>{value}</dd>\n");
    let money = |amount: Paise| format!("{} {amount}", Safe(&link.asked.currency));
    let paid = if link.amount_paid.is_positive() {
        row("Paid", &money(link.amount_paid))
    } else {
        String::new()
    };
    let expiry = ist(link.expires_at);
    let until = format!(
        "<time datetime=\"{expiry}\">{}</time>",
        expiry.replace('T', " ")
    );
    [
        "<dl>\n".to_owned(),
        row("Amount", &money(link.asked.amount)),
        paid,
        row("Remaining", &money(link.remaining())),
        row("Valid until", &until),
        row("Status", link.status.as_str()),
        "</dl>\n".to_owned(),
    ]
    .concat()
}

fn form(link: &Link) -> String {
    let amount = if link.asked.partial_payments {
        format!(
            "<label for=\"amount\">Amount to pay now, from {} to {}</label>\n\
             <input type=\"text\" id=\"amount\" name=\"amount\" inputmode=\"decimal\" autocomplete=\"off\" value=\"{}\">\n",
            link.least_payment(),
            link.remaining(),
            link.remaining()
        )
    } else {
        String::new()
    };
    format!(
        "<form method=\"post\">\n{amount}\
         <fieldset>\n<legend>Pay with</legend>\n\
         <label class=\"choice\"><input type=\"radio\" name=\"method\" value=\"upi\" checked> UPI</label>\n\
         <label class=\"choice\"><input type=\"radio\" name=\"method\" value=\"card\"> Card</label>\n\
         <label class=\"choice\"><input type=\"radio\" name=\"method\" value=\"netbanking\"> Net banking</label>\n\
         <label for=\"upi_id\">UPI id</label>\n\
         <input type=\"text\" id=\"upi_id\" name=\"upi_id\" autocomplete=\"off\" autocapitalize=\"none\" value=\"testsuccess@gocash\">\n\
         <label for=\"card_number\">Card number</label>\n\
         <input type=\"text\" id=\"card_number\" name=\"card_number\" inputmode=\"numeric\" autocomplete=\"off\" value=\"4706131211212123\">\n\
         </fieldset>\n\
         <button class=\"main\" type=\"submit\" name=\"outcome\" value=\"pay\">Pay</button>\n\
         <button type=\"submit\" name=\"outcome\" value=\"fail\">Let the payment fail</button>\n\
         <button type=\"submit\" name=\"outcome\" value=\"leave\">Leave without paying</button>\n\
         </form>\n"
    )
}
