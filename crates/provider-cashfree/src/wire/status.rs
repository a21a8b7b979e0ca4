use payment_provider_core::{
    CheckoutStatus, DisputeStage, DisputeStatus, PaymentStatus, RefundOrigin, RefundStatus,
    SettlementStatus,
};

/// Keeps an undocumented value. The log names the field but not the value.
fn undocumented<T>(field: &'static str, value: &str, kept: fn(String) -> T) -> T {
    tracing::warn!(field, "undocumented value");
    kept(value.to_owned())
}

/// Reads a `link_status`, as listed at
/// <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/fetch-payment-link-details>.
pub(crate) fn checkout_status(value: &str) -> CheckoutStatus {
    match value {
        "ACTIVE" => CheckoutStatus::Open,
        "PARTIALLY_PAID" => CheckoutStatus::PartiallyPaid,
        "PAID" => CheckoutStatus::Paid,
        "EXPIRED" => CheckoutStatus::Expired,
        "CANCELLED" => CheckoutStatus::Cancelled,
        _ => undocumented("link_status", value, CheckoutStatus::Unknown),
    }
}

/// Reads a `payment_status`. `FLAGGED` is a payment under risk review, not yet decided.
/// See <https://www.cashfree.com/docs/api-reference/payments/enums>.
pub(crate) fn payment_status(value: &str) -> PaymentStatus {
    match value {
        "SUCCESS" => PaymentStatus::Succeeded,
        "FAILED" => PaymentStatus::Failed,
        "USER_DROPPED" => PaymentStatus::Dropped,
        "PENDING" | "NOT_ATTEMPTED" | "FLAGGED" => PaymentStatus::Pending,
        "CANCELLED" | "VOID" => PaymentStatus::Cancelled,
        _ => undocumented("payment_status", value, PaymentStatus::Unknown),
    }
}

/// Reads a `refund_status`. Automatic refunds use `INITIATED` for a refund in progress.
/// See <https://www.cashfree.com/docs/api-reference/payments/latest/refunds/webhooks>.
pub(crate) fn refund_status(value: &str) -> RefundStatus {
    match value {
        "SUCCESS" => RefundStatus::Succeeded,
        "PENDING" | "INITIATED" => RefundStatus::Pending,
        "ONHOLD" => RefundStatus::OnHold,
        "CANCELLED" => RefundStatus::Cancelled,
        "FAILED" => RefundStatus::Failed,
        _ => undocumented("refund_status", value, RefundStatus::Unknown),
    }
}

/// Reads a `refund_type`.
pub(crate) fn refund_origin(value: &str) -> RefundOrigin {
    match value {
        "MERCHANT_INITIATED" => RefundOrigin::Merchant,
        "PAYMENT_AUTO_REFUND" | "UNRECONCILED_AUTO_REFUND" => RefundOrigin::Automatic,
        _ => undocumented("refund_type", value, RefundOrigin::Unknown),
    }
}

/// Reads the `status` of a settlement:
/// <https://www.cashfree.com/docs/api-reference/payments/latest/settlements/settlement-webhooks>.
pub(crate) fn settlement_status(value: &str) -> SettlementStatus {
    match value {
        "INITIATED" => SettlementStatus::Initiated,
        "SUCCESS" => SettlementStatus::Succeeded,
        "FAILED" => SettlementStatus::Failed,
        "REVERSED" => SettlementStatus::Reversed,
        _ => undocumented("settlement status", value, SettlementStatus::Unknown),
    }
}

/// Reads a `dispute_type`:
/// <https://www.cashfree.com/docs/api-reference/payments/latest/disputes/dispute-webhooks>.
pub(crate) fn dispute_stage(value: &str) -> DisputeStage {
    known_stage(value).unwrap_or_else(|| undocumented("dispute_type", value, DisputeStage::Unknown))
}

fn known_stage(value: &str) -> Option<DisputeStage> {
    Some(match value {
        "RETRIEVAL" => DisputeStage::Retrieval,
        "DISPUTE" => DisputeStage::Complaint,
        "CHARGEBACK" => DisputeStage::Chargeback,
        "PRE_ARBITRATION" => DisputeStage::PreArbitration,
        "ARBITRATION" => DisputeStage::Arbitration,
        _ => return None,
    })
}

/// Reads a `dispute_status`, which combines a `dispute_type` and a state, such as
/// `CHARGEBACK_MERCHANT_WON`.
pub(crate) fn dispute_status(value: &str) -> (Option<DisputeStage>, DisputeStatus) {
    const STATES: [(&str, DisputeStatus); 7] = [
        ("_CREATED", DisputeStatus::Open),
        ("_DOCS_RECEIVED", DisputeStatus::EvidenceReceived),
        (
            "_INSUFFICIENT_EVIDENCE",
            DisputeStatus::EvidenceInsufficient,
        ),
        ("_UNDER_REVIEW", DisputeStatus::UnderReview),
        ("_MERCHANT_WON", DisputeStatus::Won),
        ("_MERCHANT_LOST", DisputeStatus::Lost),
        ("_MERCHANT_ACCEPTED", DisputeStatus::Accepted),
    ];
    for (suffix, status) in STATES {
        if let Some(stage) = value.strip_suffix(suffix).and_then(known_stage) {
            return (Some(stage), status);
        }
    }
    (
        None,
        undocumented("dispute_status", value, DisputeStatus::Unknown),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_are_kept_and_never_count_as_paid() {
        for value in ["success", "SUCCESSFUL", "SUCCESS ", "PAID"] {
            let status = payment_status(value);
            assert_eq!(status, PaymentStatus::Unknown(value.to_owned()));
        }
        let status = checkout_status("TERMINATED");
        assert_eq!(status, CheckoutStatus::Unknown("TERMINATED".to_owned()));
    }
    #[test]
    fn every_documented_dispute_state_is_read_in_every_stage() {
        use DisputeStage as G;
        use DisputeStatus as S;
        let mut read = 0;
        for (stage_value, stage) in [
            ("DISPUTE", G::Complaint),
            ("CHARGEBACK", G::Chargeback),
            ("RETRIEVAL", G::Retrieval),
            ("PRE_ARBITRATION", G::PreArbitration),
            ("ARBITRATION", G::Arbitration),
        ] {
            assert_eq!(dispute_stage(stage_value), stage);
            for (state_value, status) in [
                ("CREATED", S::Open),
                ("DOCS_RECEIVED", S::EvidenceReceived),
                ("UNDER_REVIEW", S::UnderReview),
                ("MERCHANT_WON", S::Won),
                ("MERCHANT_LOST", S::Lost),
                ("MERCHANT_ACCEPTED", S::Accepted),
                ("INSUFFICIENT_EVIDENCE", S::EvidenceInsufficient),
            ] {
                let value = format!("{stage_value}_{state_value}");
                assert_eq!(dispute_status(&value), (Some(stage.clone()), status));
                read += 1;
            }
        }
        assert_eq!(read, 35);
        for odd in [
            "CREATED",
            "_CREATED",
            "FRAUD_CREATED",
            "DISPUTE_created",
            "DISPUTE",
        ] {
            let kept = DisputeStatus::Unknown(odd.to_owned());
            assert_eq!(dispute_status(odd), (None, kept));
        }
        let kept = DisputeStage::Unknown("FRAUD".to_owned());
        assert_eq!(dispute_stage("FRAUD"), kept);
    }

    #[test]
    fn every_documented_refund_and_settlement_value_is_read() {
        use RefundStatus as R;
        use SettlementStatus as S;
        for (value, status) in [
            ("SUCCESS", R::Succeeded),
            ("PENDING", R::Pending),
            ("INITIATED", R::Pending),
            ("ONHOLD", R::OnHold),
            ("CANCELLED", R::Cancelled),
            ("FAILED", R::Failed),
            ("success", R::Unknown("success".to_owned())),
        ] {
            assert_eq!(refund_status(value), status);
        }
        for (value, origin) in [
            ("MERCHANT_INITIATED", RefundOrigin::Merchant),
            ("PAYMENT_AUTO_REFUND", RefundOrigin::Automatic),
            ("UNRECONCILED_AUTO_REFUND", RefundOrigin::Automatic),
            ("BANK", RefundOrigin::Unknown("BANK".to_owned())),
        ] {
            assert_eq!(refund_origin(value), origin);
        }
        for (value, status) in [
            ("INITIATED", S::Initiated),
            ("SUCCESS", S::Succeeded),
            ("FAILED", S::Failed),
            ("REVERSED", S::Reversed),
            ("PAID", S::Unknown("PAID".to_owned())),
        ] {
            assert_eq!(settlement_status(value), status);
        }
    }
}
