use payment_provider_core::{
    CheckoutStatus, DisputeStage, DisputeStatus, PaymentStatus, RefundStatus, SettlementStatus,
};

/// Keeps an undocumented value. The log names the field but not the value.
fn unseen<T>(field: &'static str, word: String, kept: fn(String) -> T) -> T {
    tracing::warn!(field, "undocumented value");
    kept(word)
}

/// Reads the `status` of a link: <https://razorpay.com/docs/payments/payment-links/states/>.
pub(crate) fn checkout_status(word: String) -> CheckoutStatus {
    match word.as_str() {
        "created" => CheckoutStatus::Open,
        "partially_paid" => CheckoutStatus::PartiallyPaid,
        "paid" => CheckoutStatus::Paid,
        "expired" => CheckoutStatus::Expired,
        "cancelled" => CheckoutStatus::Cancelled,
        _ => unseen("payment link status", word, CheckoutStatus::Unknown),
    }
}

/// Reads the `status` of a payment: <https://razorpay.com/docs/payments/payments/>. An authorized
/// payment is not money yet. A refunded payment was received before, and the refund is reported
/// separately.
pub(crate) fn payment_status(word: String) -> PaymentStatus {
    match word.as_str() {
        "captured" | "refunded" => PaymentStatus::Succeeded,
        "failed" => PaymentStatus::Failed,
        "created" | "authorized" => PaymentStatus::Pending,
        _ => unseen("payment status", word, PaymentStatus::Unknown),
    }
}

/// Reads the `status` of a refund: <https://razorpay.com/docs/api/refunds/entity/>.
pub(crate) fn refund_status(word: String) -> RefundStatus {
    match word.as_str() {
        "pending" => RefundStatus::Pending,
        "processed" => RefundStatus::Succeeded,
        "failed" => RefundStatus::Failed,
        _ => unseen("refund status", word, RefundStatus::Unknown),
    }
}

/// Reads the `status` of a settlement, as in the only event about settlements:
/// <https://razorpay.com/docs/webhooks/settlements/>.
pub(crate) fn settlement_status(word: String) -> SettlementStatus {
    match word.as_str() {
        "processed" => SettlementStatus::Succeeded,
        _ => unseen("settlement status", word, SettlementStatus::Unknown),
    }
}

/// Reads the `phase` of a dispute: <https://razorpay.com/docs/api/disputes/entity/>. `fraud` has no
/// equivalent in the contract and is kept unchanged.
pub(crate) fn dispute_stage(word: String) -> DisputeStage {
    match word.as_str() {
        "retrieval" => DisputeStage::Retrieval,
        "chargeback" => DisputeStage::Chargeback,
        "pre_arbitration" => DisputeStage::PreArbitration,
        "arbitration" => DisputeStage::Arbitration,
        "fraud" => DisputeStage::Unknown(word),
        _ => unseen("dispute phase", word, DisputeStage::Unknown),
    }
}

/// Reads the `status` of a dispute: <https://razorpay.com/docs/api/disputes/entity/>. `closed` does
/// not name the winner and is kept unchanged.
pub(crate) fn dispute_status(word: String) -> DisputeStatus {
    match word.as_str() {
        "open" => DisputeStatus::Open,
        "under_review" => DisputeStatus::UnderReview,
        "won" => DisputeStatus::Won,
        "lost" => DisputeStatus::Lost,
        "closed" => DisputeStatus::Unknown(word),
        _ => unseen("dispute status", word, DisputeStatus::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(word: &str) -> String {
        word.to_owned()
    }

    #[test]
    fn every_documented_status_is_read() {
        for (word, status) in [
            ("created", CheckoutStatus::Open),
            ("partially_paid", CheckoutStatus::PartiallyPaid),
            ("paid", CheckoutStatus::Paid),
            ("expired", CheckoutStatus::Expired),
            ("cancelled", CheckoutStatus::Cancelled),
        ] {
            assert_eq!(checkout_status(own(word)), status);
        }
        for (word, status) in [
            ("created", PaymentStatus::Pending),
            ("authorized", PaymentStatus::Pending),
            ("captured", PaymentStatus::Succeeded),
            ("refunded", PaymentStatus::Succeeded),
            ("failed", PaymentStatus::Failed),
        ] {
            assert_eq!(payment_status(own(word)), status);
        }
        for (word, status) in [
            ("pending", RefundStatus::Pending),
            ("processed", RefundStatus::Succeeded),
            ("failed", RefundStatus::Failed),
        ] {
            assert_eq!(refund_status(own(word)), status);
        }
        for (word, status) in [
            ("open", DisputeStatus::Open),
            ("under_review", DisputeStatus::UnderReview),
            ("won", DisputeStatus::Won),
            ("lost", DisputeStatus::Lost),
            ("closed", DisputeStatus::Unknown(own("closed"))),
        ] {
            assert_eq!(dispute_status(own(word)), status);
        }
        for (word, stage) in [
            ("retrieval", DisputeStage::Retrieval),
            ("chargeback", DisputeStage::Chargeback),
            ("pre_arbitration", DisputeStage::PreArbitration),
            ("arbitration", DisputeStage::Arbitration),
            ("fraud", DisputeStage::Unknown(own("fraud"))),
        ] {
            assert_eq!(dispute_stage(own(word)), stage);
        }
        assert_eq!(
            settlement_status(own("processed")),
            SettlementStatus::Succeeded
        );
    }

    #[test]
    fn unknown_values_are_kept_and_never_count_as_money() {
        for word in ["Captured", "success", "paid", "captured "] {
            let kept = PaymentStatus::Unknown(own(word));
            assert_eq!(payment_status(own(word)), kept);
        }
        for word in ["issued", "PAID", "active"] {
            let kept = CheckoutStatus::Unknown(own(word));
            assert_eq!(checkout_status(own(word)), kept);
            assert!(kept.is_payable());
        }
        assert_eq!(
            refund_status(own("done")),
            RefundStatus::Unknown(own("done"))
        );
        let kept = SettlementStatus::Unknown(own("created"));
        assert_eq!(settlement_status(own("created")), kept);
    }
}
