use payment_provider_core::{
    CheckoutStatus, DisputeStage, DisputeStatus, PaymentStatus, RefundStatus, SettlementStatus,
};

/// Keeps an undocumented value. The log names the field but not the value.
fn undocumented<T>(field: &'static str, value: &str, kept: fn(String) -> T) -> T {
    tracing::warn!(field, "undocumented value");
    kept(value.to_owned())
}

/// Reads the `status` of a link: <https://razorpay.com/docs/payments/payment-links/states/>.
pub(crate) fn checkout_status(value: &str) -> CheckoutStatus {
    match value {
        "created" => CheckoutStatus::Open,
        "partially_paid" => CheckoutStatus::PartiallyPaid,
        "paid" => CheckoutStatus::Paid,
        "expired" => CheckoutStatus::Expired,
        "cancelled" => CheckoutStatus::Cancelled,
        _ => undocumented("payment link status", value, CheckoutStatus::Unknown),
    }
}

/// Reads the `status` of a payment: <https://razorpay.com/docs/payments/payments/>. An authorized
/// payment is not money yet. A refunded payment was received before, and the refund is reported
/// separately.
pub(crate) fn payment_status(value: &str) -> PaymentStatus {
    match value {
        "captured" | "refunded" => PaymentStatus::Succeeded,
        "failed" => PaymentStatus::Failed,
        "created" | "authorized" => PaymentStatus::Pending,
        _ => undocumented("payment status", value, PaymentStatus::Unknown),
    }
}

/// Reads the `status` of a refund: <https://razorpay.com/docs/api/refunds/entity/>.
pub(crate) fn refund_status(value: &str) -> RefundStatus {
    match value {
        "pending" => RefundStatus::Pending,
        "processed" => RefundStatus::Succeeded,
        "failed" => RefundStatus::Failed,
        _ => undocumented("refund status", value, RefundStatus::Unknown),
    }
}

/// Reads the `status` of a settlement, as in the only event about settlements:
/// <https://razorpay.com/docs/webhooks/settlements/>.
pub(crate) fn settlement_status(value: &str) -> SettlementStatus {
    match value {
        "processed" => SettlementStatus::Succeeded,
        _ => undocumented("settlement status", value, SettlementStatus::Unknown),
    }
}

/// Reads the `phase` of a dispute: <https://razorpay.com/docs/api/disputes/entity/>. `fraud` has no
/// equivalent in the contract and is kept unchanged.
pub(crate) fn dispute_stage(value: &str) -> DisputeStage {
    match value {
        "retrieval" => DisputeStage::Retrieval,
        "chargeback" => DisputeStage::Chargeback,
        "pre_arbitration" => DisputeStage::PreArbitration,
        "arbitration" => DisputeStage::Arbitration,
        "fraud" => DisputeStage::Unknown(value.to_owned()),
        _ => undocumented("dispute phase", value, DisputeStage::Unknown),
    }
}

/// Reads the `status` of a dispute: <https://razorpay.com/docs/api/disputes/entity/>. `closed` does
/// not name the winner and is kept unchanged.
pub(crate) fn dispute_status(value: &str) -> DisputeStatus {
    match value {
        "open" => DisputeStatus::Open,
        "under_review" => DisputeStatus::UnderReview,
        "won" => DisputeStatus::Won,
        "lost" => DisputeStatus::Lost,
        "closed" => DisputeStatus::Unknown(value.to_owned()),
        _ => undocumented("dispute status", value, DisputeStatus::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(value: &str) -> String {
        value.to_owned()
    }

    #[test]
    fn every_documented_status_is_read() {
        for (value, status) in [
            ("created", CheckoutStatus::Open),
            ("partially_paid", CheckoutStatus::PartiallyPaid),
            ("paid", CheckoutStatus::Paid),
            ("expired", CheckoutStatus::Expired),
            ("cancelled", CheckoutStatus::Cancelled),
        ] {
            assert_eq!(checkout_status(value), status);
        }
        for (value, status) in [
            ("created", PaymentStatus::Pending),
            ("authorized", PaymentStatus::Pending),
            ("captured", PaymentStatus::Succeeded),
            ("refunded", PaymentStatus::Succeeded),
            ("failed", PaymentStatus::Failed),
        ] {
            assert_eq!(payment_status(value), status);
        }
        for (value, status) in [
            ("pending", RefundStatus::Pending),
            ("processed", RefundStatus::Succeeded),
            ("failed", RefundStatus::Failed),
        ] {
            assert_eq!(refund_status(value), status);
        }
        for (value, status) in [
            ("open", DisputeStatus::Open),
            ("under_review", DisputeStatus::UnderReview),
            ("won", DisputeStatus::Won),
            ("lost", DisputeStatus::Lost),
            ("closed", DisputeStatus::Unknown(own("closed"))),
        ] {
            assert_eq!(dispute_status(value), status);
        }
        for (value, stage) in [
            ("retrieval", DisputeStage::Retrieval),
            ("chargeback", DisputeStage::Chargeback),
            ("pre_arbitration", DisputeStage::PreArbitration),
            ("arbitration", DisputeStage::Arbitration),
            ("fraud", DisputeStage::Unknown(own("fraud"))),
        ] {
            assert_eq!(dispute_stage(value), stage);
        }
        assert_eq!(settlement_status("processed"), SettlementStatus::Succeeded);
    }

    #[test]
    fn unknown_values_are_kept_and_never_count_as_money() {
        for value in ["Captured", "success", "paid", "captured "] {
            let kept = PaymentStatus::Unknown(own(value));
            assert_eq!(payment_status(value), kept);
        }
        for value in ["issued", "PAID", "active"] {
            let kept = CheckoutStatus::Unknown(own(value));
            assert_eq!(checkout_status(value), kept);
            assert!(kept.is_payable());
        }
        assert_eq!(refund_status("done"), RefundStatus::Unknown(own("done")));
        let kept = SettlementStatus::Unknown(own("created"));
        assert_eq!(settlement_status("created"), kept);
    }
}
