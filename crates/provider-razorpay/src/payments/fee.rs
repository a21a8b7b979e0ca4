//! Razorpay's fee, where the payer bears it.
//!
//! Documented: in this model the payer pays the amount of the order and the fee on top of it, and the
//! merchant receives the amount of the order
//! (<https://razorpay.com/docs/payments/payment-gateway/s2s-integration/payment-methods/upi/cfb-cc-upi/>);
//! `fee` is in the currency's minor unit, includes the tax, and is null until the payment is captured
//! (<https://razorpay.com/docs/api/payments/entity/>).
//!
//! Inferred, because no published payment has such a fee: `fee_bearer` is `customer` then, `amount` is
//! what the payer was charged, and `amount` without `fee` counts toward the link. The link's
//! `amount_paid` is the check: where it contradicts this, the amount is not certain.

use payment_provider_core::{Money, Payment};
use payment_provider_http::json::{self, Raw};

/// The value of `fee_bearer` if the payer bears the fee; `platform` is the other known one.
const PAYER: &str = "customer";

/// The fee that the payer of an attempt bore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PayerFee {
    /// None: everything that was charged counts.
    None,
    /// A fee on top of the amount that counts.
    Known { counted: Money },
    /// A fee of unknown amount.
    Unknown,
}

impl PayerFee {
    pub(super) fn read(bearer: Raw<'_>, fee: Raw<'_>, charged: Money) -> Self {
        if json::optional_text(bearer).as_deref() != Some(PAYER) {
            return Self::None;
        }
        let fee = json::minor_units("payment.fee", fee, charged.currency());
        let counted = fee.ok().and_then(|fee| charged.checked_sub(fee).ok());
        match counted.filter(|counted| counted.is_positive()) {
            Some(counted) if counted == charged => Self::None,
            Some(counted) => Self::Known { counted },
            None => Self::Unknown,
        }
    }
}

/// The totals of a link that a payment is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkTotals {
    /// The total received for the link, over all payments.
    pub(crate) paid: Money,
    /// The link can have several payments, of which this total is the sum.
    pub(crate) instalments: bool,
}

/// Returns the payment with the amount that agrees with the total of its link, or `None` if the total
/// contradicts the amount both with and without the fee of the payer. A payment without such a fee is
/// not compared.
pub(crate) fn agreed(mut payment: Payment, link: LinkTotals) -> Option<Payment> {
    let Some(charged) = payment.charged else {
        return Some(payment);
    };
    let others = link.paid.checked_sub(payment.amount).ok();
    if payment.amount == link.paid {
        Some(payment)
    } else if link.instalments {
        let others_paid = others.is_some_and(Money::is_positive);
        // It might be the first instalment with the fee, or a later one without it.
        let ambiguous = charged == link.paid;
        (others_paid && !ambiguous).then_some(payment)
    } else if charged == link.paid {
        payment.amount = charged;
        payment.charged = None;
        Some(payment)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::{Currency, PaymentId, PaymentStatus};
    use serde_json::value::RawValue;

    use super::*;

    fn inr(units: i64) -> Money {
        Money::from_minor_units(units, Currency::INR)
    }

    #[test]
    fn a_fee_counts_as_the_payers_only_if_the_gateway_says_so() {
        let known = PayerFee::Known {
            counted: inr(20_012),
        };
        for (bearer, fee, expected) in [
            (r#""customer""#, "472", known),
            (r#""customer""#, r#""472""#, known),
            (r#""customer""#, "0", PayerFee::None),
            (r#""customer""#, "null", PayerFee::Unknown),
            (r#""customer""#, "4.72", PayerFee::Unknown),
            (r#""customer""#, "-1", PayerFee::Unknown),
            (r#""customer""#, "20484", PayerFee::Unknown),
            (r#""customer""#, "20485", PayerFee::Unknown),
            (r#""platform""#, "472", PayerFee::None),
            ("null", "472", PayerFee::None),
            ("{}", "472", PayerFee::None),
        ] {
            let raw = |json| serde_json::from_str::<Option<&RawValue>>(json).unwrap();
            let read = PayerFee::read(raw(bearer), raw(fee), inr(20_484));
            assert_eq!(read, expected, "{bearer} {fee}");
        }
    }

    #[test]
    fn the_total_of_the_link_decides_between_the_amounts_with_and_without_the_fee() {
        let id = PaymentId::new("pay_1").unwrap();
        let mut payment = Payment::new(id, PaymentStatus::Succeeded, inr(20_012));
        payment.charged = Some(inr(20_484));
        for (paid, instalments, expected) in [
            (20_012, false, Some((20_012, Some(20_484)))),
            (20_484, false, Some((20_484, None))),
            (20_000, false, None),
            (40_024, false, None),
            (0, false, None),
            (20_012, true, Some((20_012, Some(20_484)))),
            (40_024, true, Some((20_012, Some(20_484)))),
            (20_484, true, None),
            (20_011, true, None),
        ] {
            let paid = inr(paid);
            let found = agreed(payment.clone(), LinkTotals { paid, instalments });
            let found = found.map(|payment| {
                let charged = payment.charged.map(Money::minor_units);
                (payment.amount.minor_units(), charged)
            });
            assert_eq!(found, expected, "{paid} {instalments}");
        }
        payment.charged = None;
        let totals = LinkTotals {
            paid: inr(1),
            instalments: false,
        };
        assert_eq!(agreed(payment.clone(), totals), Some(payment));
    }
}
