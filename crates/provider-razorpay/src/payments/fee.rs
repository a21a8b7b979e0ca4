//! Razorpay's fee, where the payer bears it.
//!
//! Documented: in this model the payer pays the amount of the order and the fee on top of it, and the
//! merchant receives the amount of the order
//! (<https://razorpay.com/docs/payments/payment-gateway/s2s-integration/payment-methods/upi/cfb-cc-upi/>);
//! `fee` is in the currency's minor unit, includes the tax, and is null until the payment is captured
//! (<https://razorpay.com/docs/api/payments/entity/>).
//!
//! Inferred, because no published payment has such a fee: `fee_bearer` is `customer` then, `amount` is
//! the charge to the payer, and `amount` minus `fee` counts toward the link. Many deliveries have
//! no `fee_bearer` at all. The link's `amount_paid` is therefore the check: an amount that it does not
//! confirm is not certain, unless the merchant is stated to bear the fee.

use payment_provider_core::{Money, Payment};
use payment_provider_http::json::{self, Raw};

/// The values of `fee_bearer`.
const PAYER: &str = "customer";
const MERCHANT: &str = "platform";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bearer {
    Merchant,
    Payer,
    /// The field is absent or has an undocumented value.
    Unstated,
}

/// The amounts of a payment that may count toward its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amounts {
    charged: Money,
    /// The amount without the fee, if a fee is stated and leaves anything.
    net: Option<Money>,
    bearer: Bearer,
}

/// The totals of a link that a payment is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkTotals {
    /// The total received for the link, over all payments.
    pub(crate) paid: Money,
    /// The link can have several payments, of which this total is the sum.
    pub(crate) instalments: bool,
}

impl Amounts {
    pub(super) fn read(bearer: Raw<'_>, fee: Raw<'_>, charged: Money) -> Self {
        let bearer = match json::optional_text(bearer).as_deref() {
            Some(MERCHANT) => Bearer::Merchant,
            Some(PAYER) => Bearer::Payer,
            _ => Bearer::Unstated,
        };
        let fee = json::minor_units("payment.fee", fee, charged.currency());
        let net = fee.ok().and_then(|fee| charged.checked_sub(fee).ok());
        Self {
            charged,
            net: net.filter(|net| net.is_positive()),
            bearer,
        }
    }

    /// Returns the amount that the payer was charged.
    pub(super) const fn charged(self) -> Money {
        self.charged
    }

    /// Returns the amount that counts toward the link by the record of the payment alone, or `None` if
    /// the payer bears a fee that is not stated.
    pub(super) fn stated(self) -> Option<Money> {
        match self.bearer {
            Bearer::Merchant | Bearer::Unstated => Some(self.charged),
            Bearer::Payer => self.net,
        }
    }

    /// Returns the amount that counts toward the link if the payer bears the fee unless the merchant is
    /// stated to.
    pub(super) fn without_fee(self) -> Option<Money> {
        match self.bearer {
            Bearer::Merchant => Some(self.charged),
            Bearer::Unstated => self.net.or(Some(self.charged)),
            Bearer::Payer => self.net,
        }
    }

    /// Returns the amount that is certain without a link.
    pub(super) fn certain(self) -> Option<Money> {
        (self.bearer == Bearer::Merchant).then_some(self.charged)
    }

    /// Returns the amount that is certain because it pays a link of this amount as a whole, or without
    /// a link.
    pub(super) fn certain_of(self, whole: Option<Money>) -> Option<Money> {
        let is_whole = |amount: &Money| Some(*amount) == whole;
        let charged = Some(self.charged).filter(|_| self.bearer == Bearer::Unstated);
        self.certain()
            .or_else(|| charged.filter(is_whole))
            .or_else(|| self.net.filter(is_whole))
    }

    /// Returns the amount that counts toward a link with these totals, or `None` if they contradict
    /// every amount or leave two.
    pub(super) fn on_link(self, link: LinkTotals) -> Option<Money> {
        if self.charged.currency() != link.paid.currency() {
            return None;
        }
        let paid = link.paid.minor_units();
        let charged = self.charged.minor_units();
        if self.bearer == Bearer::Merchant {
            return (charged <= paid).then_some(self.charged);
        }
        if link.instalments {
            // Only a total below the charge rules out that all of it counts beside others.
            let only = |net: &Money| net.minor_units() <= paid && paid < charged;
            return self.net.filter(only);
        }
        let unknown_fee = self.bearer == Bearer::Payer && self.net.is_none();
        if charged == paid && !unknown_fee {
            return Some(self.charged);
        }
        self.net.filter(|net| net.minor_units() == paid)
    }

    /// Returns the payment with this amount, and with the amount charged if it is another one.
    pub(super) fn applied(self, mut payment: Payment, counted: Money) -> Payment {
        payment.amount = counted;
        payment.charged = Some(self.charged).filter(|charged| *charged != counted);
        payment
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::Currency;
    use serde_json::value::RawValue;

    use super::*;

    fn inr(units: i64) -> Money {
        Money::from_minor_units(units, Currency::INR)
    }

    /// A payment of 20 484.
    fn amounts(bearer: &str, fee: &str) -> Amounts {
        let raw = |json| serde_json::from_str::<Option<&RawValue>>(json).unwrap();
        let (bearer, fee) = (bearer.to_owned(), fee.to_owned());
        Amounts::read(raw(&bearer), raw(&fee), inr(20_484))
    }

    const MERCHANT: &str = r#""platform""#;
    const PAYER: &str = r#""customer""#;
    const UNSTATED: [&str; 5] = ["null", "{}", r#""""#, r#""dynamic""#, r#""Customer""#];

    #[test]
    fn a_fee_is_taken_off_only_if_it_is_stated_and_leaves_something() {
        for (fee, net) in [
            ("472", Some(20_012)),
            (r#""472""#, Some(20_012)),
            ("0", Some(20_484)),
            ("null", None),
            ("4.72", None),
            ("-1", None),
            ("20484", None),
            ("20485", None),
        ] {
            let net = net.map(inr);
            assert_eq!(amounts(PAYER, fee).stated(), net, "{fee}");
            assert_eq!(amounts(PAYER, fee).without_fee(), net, "{fee}");
            assert_eq!(amounts(MERCHANT, fee).without_fee(), Some(inr(20_484)));
            for bearer in UNSTATED {
                let amounts = amounts(bearer, fee);
                assert_eq!(amounts.stated(), Some(inr(20_484)), "{bearer} {fee}");
                let expected = net.or(Some(inr(20_484)));
                assert_eq!(amounts.without_fee(), expected, "{bearer} {fee}");
            }
        }
    }

    #[test]
    fn without_a_link_only_a_fee_of_the_merchant_leaves_the_amount_certain() {
        assert_eq!(amounts(MERCHANT, "472").certain(), Some(inr(20_484)));
        for bearer in UNSTATED.into_iter().chain([PAYER]) {
            for fee in ["472", "0", "null"] {
                assert_eq!(amounts(bearer, fee).certain(), None, "{bearer} {fee}");
            }
        }
    }

    #[test]
    fn the_total_of_a_link_decides_between_the_amounts_with_and_without_the_fee() {
        let (net, whole) = (Some(20_012), Some(20_484));
        for (bearer, paid, expected) in [
            (PAYER, 20_012, net),
            (PAYER, 20_484, whole),
            (PAYER, 20_000, None),
            (PAYER, 40_024, None),
            (PAYER, 0, None),
            ("null", 20_012, net),
            ("null", 20_484, whole),
            ("null", 20_000, None),
            ("null", 40_968, None),
            (r#""dynamic""#, 20_012, net),
            (r#""Customer""#, 20_012, net),
            (MERCHANT, 20_484, whole),
            // The second payment of a link.
            (MERCHANT, 40_968, whole),
            (MERCHANT, 20_012, None),
            (MERCHANT, 0, None),
        ] {
            let totals = LinkTotals {
                paid: inr(paid),
                instalments: false,
            };
            let found = amounts(bearer, "472").on_link(totals);
            assert_eq!(found, expected.map(inr), "{bearer} {paid}");
        }
        for (bearer, paid, expected) in [("null", 20_484, whole), ("null", 20_012, None)] {
            let totals = LinkTotals {
                paid: inr(paid),
                instalments: false,
            };
            let found = amounts(bearer, "null").on_link(totals);
            assert_eq!(found, expected.map(inr), "{bearer} {paid}");
        }
        let dollars = LinkTotals {
            paid: Money::from_minor_units(20_484, Currency::USD),
            instalments: false,
        };
        assert_eq!(amounts(MERCHANT, "472").on_link(dollars), None);
    }

    #[test]
    fn an_instalment_counts_only_if_the_total_leaves_one_amount() {
        for (bearer, fee, paid, expected) in [
            (PAYER, "472", 20_012, Some(20_012)),
            (PAYER, "472", 20_483, Some(20_012)),
            ("null", "472", 20_012, Some(20_012)),
            // Beside another instalment of 5 000 without the fee, or of 4 528 with it.
            (PAYER, "472", 25_012, None),
            ("null", "472", 25_012, None),
            (PAYER, "472", 20_484, None),
            ("null", "472", 20_484, None),
            (PAYER, "472", 20_011, None),
            (PAYER, "null", 20_484, None),
            ("null", "null", 20_484, None),
            (PAYER, "0", 20_484, None),
            (MERCHANT, "472", 20_484, Some(20_484)),
            (MERCHANT, "472", 25_012, Some(20_484)),
            (MERCHANT, "472", 20_483, None),
        ] {
            let totals = LinkTotals {
                paid: inr(paid),
                instalments: true,
            };
            let found = amounts(bearer, fee).on_link(totals);
            assert_eq!(found, expected.map(inr), "{bearer} {fee} {paid}");
        }
    }

    #[test]
    fn an_amount_that_pays_the_whole_link_is_certain() {
        for (bearer, whole, expected) in [
            ("null", Some(20_484), Some(20_484)),
            ("null", Some(20_012), Some(20_012)),
            ("null", Some(20_000), None),
            ("null", None, None),
            (PAYER, Some(20_484), None),
            (PAYER, Some(20_012), Some(20_012)),
            (MERCHANT, Some(20_012), Some(20_484)),
            (MERCHANT, None, Some(20_484)),
        ] {
            let found = amounts(bearer, "472").certain_of(whole.map(inr));
            assert_eq!(found, expected.map(inr), "{bearer} {whole:?}");
        }
    }
}
