use std::process::ExitCode;

use clap::{Args, Subcommand};
use payment_provider_core::{CheckoutReference, Currency, Money, PaymentId};
use payment_provider_host::{
    About, Finding, HandBooked, HandBooking, HandName, LedgerReport, PayableId, Stated, WriteOff,
    WrittenOff,
};
use serde_json::{Value, json};

use super::output::{self, plain};
use super::runtime::{Opened, Secrets, Where};
use super::{Done, Failure};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Proves that every total is what its payments make it. Ends with 1 if something does not add up.
    Verify {
        /// Of all organizations.
        #[arg(long)]
        all_organizations: bool,
    },
    /// Books money by hand that a gateway states, or that its dashboard shows, and that no webhook told
    /// of; only where the gateway cannot be asked.
    Book(Book),
    /// Declares that money which a gateway states and never lists did not come in: what it lists is
    /// booked first, and the rest is not waited for any more.
    WriteOff(Off),
}

#[derive(Debug, Args)]
pub(super) struct Book {
    /// The invoice.
    payable: PayableId,
    /// The reference of the checkout that it was paid on.
    #[arg(long, value_name = "REFERENCE")]
    checkout: CheckoutReference,
    /// How much, such as 200.12.
    #[arg(long, value_name = "DECIMAL")]
    amount: String,
    /// Of which currency.
    #[arg(long, value_name = "CODE", default_value = "INR")]
    currency: Currency,
    /// The gateway's id of the payment.
    #[arg(long, value_name = "ID", required_unless_present = "key")]
    payment: Option<PaymentId>,
    /// Where that is not known, a key of yours: what is booked under it is booked once.
    #[arg(long, value_name = "KEY", conflicts_with = "payment")]
    key: Option<String>,
    /// Who books it.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, and how you know of it.
    #[arg(long, value_name = "TEXT")]
    note: String,
}

#[derive(Debug, Args)]
pub(super) struct Off {
    /// The invoice.
    payable: PayableId,
    /// The reference of the checkout on which it is stated.
    #[arg(long, value_name = "REFERENCE")]
    checkout: CheckoutReference,
    /// Who writes it off.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, and how you know that it did not come in.
    #[arg(long, value_name = "TEXT")]
    note: String,
}

pub(super) async fn run(at: &Where, command: Command) -> Result<Done, Failure> {
    match command {
        Command::Verify { all_organizations } => verify(at, all_organizations).await,
        Command::Book(book) => by_hand(at, book).await,
        Command::WriteOff(off) => write_off(at, off).await,
    }
}

async fn by_hand(at: &Where, book: Book) -> Result<Done, Failure> {
    let amount = Money::from_decimal(&book.amount, book.currency)?;
    let name = match (book.payment, book.key) {
        (Some(id), _) => HandName::Payment(id),
        (None, key) => HandName::Key(key.unwrap_or_default()),
    };
    let hand = HandBooking::new(book.checkout, amount, name, book.by, book.note);
    let opened = Opened::at(at, Secrets::Opened).await?;
    let host = &opened.host;
    let booked = host.book_by_hand(&at.organization, &book.payable, &hand);
    let HandBooked {
        is_new,
        booking,
        still_payable,
        ..
    } = booked.await?;
    opened.close().await?;
    Ok(Done::well(if at.json {
        output::json(&json!({
            "is_new": is_new,
            "verdict": booking.verdict,
            "credited_cents": booking.credited.minor_units(),
            "surplus_cents": booking.surplus.minor_units(),
            "currency": amount.currency().code(),
            "still_payable": still_payable.iter()
                .map(|(reference, error)| json!({"reference": reference, "error": error.to_string()}))
                .collect::<Vec<_>>(),
        }))
    } else {
        let when = if is_new {
            "booked"
        } else {
            "was booked before"
        };
        let meaning = booking.verdict.meaning();
        let (credited, surplus) = (booking.credited, booking.surplus);
        let mut lines = vec![format!(
            "{when}: {meaning}; credited {credited}, surplus {surplus}\n"
        )];
        lines.extend(still_payable.into_iter().map(|(reference, error)| {
            format!("can still be paid, though nothing is due: {reference}: {error}\n")
        }));
        lines.concat()
    }))
}

async fn write_off(at: &Where, off: Off) -> Result<Done, Failure> {
    let Off {
        payable,
        checkout,
        by,
        note,
    } = off;
    let off = WriteOff::new(checkout, by, note);
    let opened = Opened::at(at, Secrets::Opened).await?;
    let written = opened.host.write_off(&at.organization, &payable, &off);
    let WrittenOff {
        is_new,
        stated,
        booked,
        written_off,
        ..
    } = written.await?;
    opened.close().await?;
    Ok(Done::well(if at.json {
        output::json(&json!({
            "is_new": is_new,
            "stated_cents": stated.minor_units(),
            "booked_cents": booked.minor_units(),
            "written_off_cents": written_off.minor_units(),
            "currency": written_off.currency().code(),
        }))
    } else {
        let when = if is_new {
            "written off"
        } else {
            "was written off before"
        };
        format!("{when}: {written_off}; the gateway states {stated}, booked is {booked}\n")
    }))
}

async fn verify(at: &Where, all_organizations: bool) -> Result<Done, Failure> {
    let opened = Opened::at(at, Secrets::LeftAlone).await?;
    let whose = (!all_organizations).then_some(&at.organization);
    let report = opened.host.verify_ledger(whose).await?;
    opened.close().await?;
    let text = if at.json {
        output::json(&fields(&report))
    } else {
        told(&report)
    };
    let code = if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    };
    Ok(Done { text, code })
}

fn told(report: &LedgerReport) -> String {
    let LedgerReport {
        payables,
        payments,
        booked,
        refunds,
        effects,
        unlisted,
        ..
    } = report;
    let mut lines = vec![format!(
        "payables {payables}, payments {payments}, of them booked {booked}, effects {effects}, \
         refunds {refunds}\n"
    )];
    lines.extend(report.totals.iter().map(|of| {
        let code = of.currency.code();
        format!(
            "{code}, in its smallest unit: received {}, credited {}, surplus {}, refunded {}; of what is \
             owed in another currency: paid {}, refunded {}\n",
            of.received,
            of.credited,
            of.surplus,
            of.refunded,
            of.elsewhere,
            of.refunded_elsewhere
        )
    }));
    lines.extend(report.findings.iter().map(|finding| {
        let whose = finding.organization.as_ref();
        let whose = whose.map_or_else(String::new, |id| format!("organization {id}, "));
        plain(&format!("{whose}{finding}\n"))
    }));
    lines.push(if report.is_sound() {
        "everything adds up\n".to_owned()
    } else {
        let listed = report.findings.len();
        format!("findings {listed}, and {unlisted} more that are not listed\n")
    });
    lines.concat()
}

fn fields(report: &LedgerReport) -> Value {
    let totals: Vec<_> = report
        .totals
        .iter()
        .map(|of| {
            json!({
                "currency": of.currency.code(),
                "received": of.received.to_string(),
                "credited": of.credited.to_string(),
                "surplus": of.surplus.to_string(),
                "elsewhere": of.elsewhere.to_string(),
                "refunded": of.refunded.to_string(),
                "refunded_elsewhere": of.refunded_elsewhere.to_string(),
            })
        })
        .collect();
    let findings: Vec<_> = report.findings.iter().map(finding).collect();
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

fn finding(finding: &Finding) -> Value {
    json!({
        "invariant": finding.invariant.as_str(),
        "meaning": finding.invariant.meaning(),
        "organization_id": finding.organization,
        "payable_id": finding.payable,
        "about": finding.about.as_ref().map(About::name),
        "about_kind": finding.about.as_ref().map(About::kind),
        "stated": value(&finding.stated),
        "expected": value(&finding.expected),
    })
}

/// An amount as the whole number of smallest units that is stored.
fn value(stated: &Stated) -> Value {
    match stated {
        Stated::Amount(money) => json!({
            "amount_cents": money.minor_units(),
            "currency": money.currency().code(),
        }),
        Stated::Text(text) => json!(text),
        _ => Value::Null,
    }
}
