use payment_provider_core::{CheckoutStatus, PaymentStatus};

/// A `link_status`, as listed at
/// <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/fetch-payment-link-details>.
pub(crate) fn checkout_status(word: String) -> CheckoutStatus {
    match word.as_str() {
        "ACTIVE" => CheckoutStatus::Open,
        "PARTIALLY_PAID" => CheckoutStatus::PartiallyPaid,
        "PAID" => CheckoutStatus::Paid,
        "EXPIRED" => CheckoutStatus::Expired,
        "CANCELLED" => CheckoutStatus::Cancelled,
        _ => {
            tracing::warn!(field = "link_status", "a status never seen before");
            CheckoutStatus::Unknown(word)
        }
    }
}

/// A `payment_status`. `FLAGGED` is a payment under risk review: not decided yet.
/// See <https://www.cashfree.com/docs/api-reference/payments/enums>.
pub(crate) fn payment_status(word: String) -> PaymentStatus {
    match word.as_str() {
        "SUCCESS" => PaymentStatus::Succeeded,
        "FAILED" => PaymentStatus::Failed,
        "USER_DROPPED" => PaymentStatus::Dropped,
        "PENDING" | "NOT_ATTEMPTED" | "FLAGGED" => PaymentStatus::Pending,
        "CANCELLED" | "VOID" => PaymentStatus::Cancelled,
        _ => {
            tracing::warn!(field = "payment_status", "a status never seen before");
            PaymentStatus::Unknown(word)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_kept_and_never_count_as_paid() {
        for word in ["success", "SUCCESSFUL", "SUCCESS ", "PAID"] {
            let status = payment_status(word.to_owned());
            assert_eq!(status, PaymentStatus::Unknown(word.to_owned()));
        }
        let status = checkout_status("TERMINATED".to_owned());
        assert_eq!(status, CheckoutStatus::Unknown("TERMINATED".to_owned()));
    }
}
