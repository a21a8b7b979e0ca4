use payment_provider_core::{
    CheckoutStatus, DisputeStage, DisputeStatus, PaymentStatus, RefundOrigin, RefundStatus,
    SettlementStatus,
};

/// Keeps an undocumented value. The log names the field but not the value.
fn unseen<T>(field: &'static str, word: String, kept: fn(String) -> T) -> T {
    tracing::warn!(field, "undocumented value");
    kept(word)
}

/// Reads a `link_status`, as listed at
/// <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/fetch-payment-link-details>.
pub(crate) fn checkout_status(word: String) -> CheckoutStatus {
    match word.as_str() {
        "ACTIVE" => CheckoutStatus::Open,
        "PARTIALLY_PAID" => CheckoutStatus::PartiallyPaid,
        "PAID" => CheckoutStatus::Paid,
        "EXPIRED" => CheckoutStatus::Expired,
        "CANCELLED" => CheckoutStatus::Cancelled,
        _ => unseen("link_status", word, CheckoutStatus::Unknown),
    }
}

/// Reads a `payment_status`. `FLAGGED` is a payment under risk review, not yet decided.
/// See <https://www.cashfree.com/docs/api-reference/payments/enums>.
pub(crate) fn payment_status(word: String) -> PaymentStatus {
    match word.as_str() {
        "SUCCESS" => PaymentStatus::Succeeded,
        "FAILED" => PaymentStatus::Failed,
        "USER_DROPPED" => PaymentStatus::Dropped,
        "PENDING" | "NOT_ATTEMPTED" | "FLAGGED" => PaymentStatus::Pending,
        "CANCELLED" | "VOID" => PaymentStatus::Cancelled,
        _ => unseen("payment_status", word, PaymentStatus::Unknown),
    }
}

/// Reads a `refund_status`. Automatic refunds use `INITIATED` for a refund in progress.
/// See <https://www.cashfree.com/docs/api-reference/payments/latest/refunds/webhooks>.
pub(crate) fn refund_status(word: String) -> RefundStatus {
    match word.as_str() {
        "SUCCESS" => RefundStatus::Succeeded,
        "PENDING" | "INITIATED" => RefundStatus::Pending,
        "ONHOLD" => RefundStatus::OnHold,
        "CANCELLED" => RefundStatus::Cancelled,
        "FAILED" => RefundStatus::Failed,
        _ => unseen("refund_status", word, RefundStatus::Unknown),
    }
}

/// Reads a `refund_type`.
pub(crate) fn refund_origin(word: String) -> RefundOrigin {
    match word.as_str() {
        "MERCHANT_INITIATED" => RefundOrigin::Merchant,
        "PAYMENT_AUTO_REFUND" | "UNRECONCILED_AUTO_REFUND" => RefundOrigin::Automatic,
        _ => unseen("refund_type", word, RefundOrigin::Unknown),
    }
}

/// Reads the `status` of a settlement:
/// <https://www.cashfree.com/docs/api-reference/payments/latest/settlements/settlement-webhooks>.
pub(crate) fn settlement_status(word: String) -> SettlementStatus {
    match word.as_str() {
        "INITIATED" => SettlementStatus::Initiated,
        "SUCCESS" => SettlementStatus::Succeeded,
        "FAILED" => SettlementStatus::Failed,
        "REVERSED" => SettlementStatus::Reversed,
        _ => unseen("settlement status", word, SettlementStatus::Unknown),
    }
}

/// Reads a `dispute_type`:
/// <https://www.cashfree.com/docs/api-reference/payments/latest/disputes/dispute-webhooks>.
pub(crate) fn dispute_stage(word: String) -> DisputeStage {
    known_stage(&word).unwrap_or_else(|| unseen("dispute_type", word, DisputeStage::Unknown))
}

fn known_stage(word: &str) -> Option<DisputeStage> {
    Some(match word {
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
pub(crate) fn dispute_status(word: String) -> (Option<DisputeStage>, DisputeStatus) {
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
        if let Some(stage) = word.strip_suffix(suffix).and_then(known_stage) {
            return (Some(stage), status);
        }
    }
    (None, unseen("dispute_status", word, DisputeStatus::Unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_are_kept_and_never_count_as_paid() {
        for word in ["success", "SUCCESSFUL", "SUCCESS ", "PAID"] {
            let status = payment_status(word.to_owned());
            assert_eq!(status, PaymentStatus::Unknown(word.to_owned()));
        }
        let status = checkout_status("TERMINATED".to_owned());
        assert_eq!(status, CheckoutStatus::Unknown("TERMINATED".to_owned()));
    }
    #[test]
    fn every_documented_dispute_state_is_read_in_every_stage() {
        use DisputeStage as G;
        use DisputeStatus as S;
        let mut read = 0;
        for (stage_word, stage) in [
            ("DISPUTE", G::Complaint),
            ("CHARGEBACK", G::Chargeback),
            ("RETRIEVAL", G::Retrieval),
            ("PRE_ARBITRATION", G::PreArbitration),
            ("ARBITRATION", G::Arbitration),
        ] {
            assert_eq!(dispute_stage(stage_word.to_owned()), stage);
            for (state_word, status) in [
                ("CREATED", S::Open),
                ("DOCS_RECEIVED", S::EvidenceReceived),
                ("UNDER_REVIEW", S::UnderReview),
                ("MERCHANT_WON", S::Won),
                ("MERCHANT_LOST", S::Lost),
                ("MERCHANT_ACCEPTED", S::Accepted),
                ("INSUFFICIENT_EVIDENCE", S::EvidenceInsufficient),
            ] {
                let word = format!("{stage_word}_{state_word}");
                assert_eq!(dispute_status(word), (Some(stage.clone()), status));
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
            assert_eq!(dispute_status(odd.to_owned()), (None, kept));
        }
        let kept = DisputeStage::Unknown("FRAUD".to_owned());
        assert_eq!(dispute_stage("FRAUD".to_owned()), kept);
    }

    #[test]
    fn every_documented_refund_and_settlement_value_is_read() {
        use RefundStatus as R;
        use SettlementStatus as S;
        for (word, status) in [
            ("SUCCESS", R::Succeeded),
            ("PENDING", R::Pending),
            ("INITIATED", R::Pending),
            ("ONHOLD", R::OnHold),
            ("CANCELLED", R::Cancelled),
            ("FAILED", R::Failed),
            ("success", R::Unknown("success".to_owned())),
        ] {
            assert_eq!(refund_status(word.to_owned()), status);
        }
        for (word, origin) in [
            ("MERCHANT_INITIATED", RefundOrigin::Merchant),
            ("PAYMENT_AUTO_REFUND", RefundOrigin::Automatic),
            ("UNRECONCILED_AUTO_REFUND", RefundOrigin::Automatic),
            ("BANK", RefundOrigin::Unknown("BANK".to_owned())),
        ] {
            assert_eq!(refund_origin(word.to_owned()), origin);
        }
        for (word, status) in [
            ("INITIATED", S::Initiated),
            ("SUCCESS", S::Succeeded),
            ("FAILED", S::Failed),
            ("REVERSED", S::Reversed),
            ("PAID", S::Unknown("PAID".to_owned())),
        ] {
            assert_eq!(settlement_status(word.to_owned()), status);
        }
    }
}
