//! Reads exact amounts from decimal text, adds them, and shows which texts and sums are refused.
//!
//! ```text
//! cargo run -p payment-provider-core --example money
//! ```

use std::error::Error;

use payment_provider_core::{Currency, Money, MoneyError};

fn main() -> Result<(), Box<dyn Error>> {
    // An amount is a whole number of the currency's smallest unit. No float is involved.
    let price = Money::from_decimal("200.12", Currency::INR)?;
    println!("{price} is {} paise", price.minor_units());

    // The currency says how many decimals there are. Its code is text from a database or a form.
    for (text, code) in [("1500", "JPY"), ("0.3", "EUR"), ("1.234", "KWD")] {
        let currency: Currency = code.parse()?;
        let amount = Money::from_decimal(text, currency)?;
        println!("{text} {code} is {amount}, {} units", amount.minor_units());
    }

    // Sums are exact, and checked for the currency and the range.
    let mut total = Money::zero(Currency::INR);
    for part in ["0.10", "0.20", "199.82"] {
        total = total.checked_add(Money::from_decimal(part, Currency::INR)?)?;
    }
    println!("the parts add up: {}", total == price);
    let dollar = Money::from_decimal("1", Currency::USD)?;
    println!("rupees + dollars: {}", refusal(price.checked_add(dollar))?);

    // Text that is not a plain decimal number, or too precise, is refused instead of rounded.
    for text in ["1,000.00", "1e3", "0.001"] {
        let read = Money::from_decimal(text, Currency::INR);
        println!("{text}: {}", refusal(read)?);
    }
    Ok(())
}

/// Returns the error of a computation that has to fail.
fn refusal(result: Result<Money, MoneyError>) -> Result<MoneyError, String> {
    match result {
        Ok(amount) => Err(format!("{amount} was accepted")),
        Err(error) => Ok(error),
    }
}
