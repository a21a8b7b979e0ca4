//! The latest state of a dispute, whatever the order in which its reports arrive.

use std::cmp::Ordering;

use payment_provider_core::{Dispute, DisputeStage, DisputeStatus};

/// Returns true if this report describes a later state of the dispute than the known one.
///
/// The later [stage](Dispute::stage) stands. Within a stage a decision stands, because a dispute that is
/// decided is not opened again; then the later [`updated_at`](Dispute::updated_at), and without one the
/// status that comes later in the life of a dispute. The order is total: the same report stands in every
/// order of arrival.
pub(super) fn is_later(report: &Dispute, known: &Dispute) -> bool {
    let decided = |dispute: &Dispute| !is_open(&dispute.status);
    let order = stage_rank(report)
        .cmp(&stage_rank(known))
        .then_with(|| decided(report).cmp(&decided(known)))
        .then_with(|| report.updated_at.cmp(&known.updated_at))
        .then_with(|| status_rank(&report.status).cmp(&status_rank(&known.status)))
        .then_with(|| report.respond_by.cmp(&known.respond_by))
        .then_with(|| text(report).cmp(&text(known)));
    order == Ordering::Greater
}

/// Word of gateways for a dispute that ended without a decision.
const CLOSED: &str = "closed";

/// Returns true while a dispute is not decided or closed. A status that this version does not know may be
/// anything, so it counts as open.
pub(crate) fn is_open(status: &DisputeStatus) -> bool {
    match status {
        DisputeStatus::Won | DisputeStatus::Lost | DisputeStatus::Accepted => false,
        DisputeStatus::Unknown(word) => !word.eq_ignore_ascii_case(CLOSED),
        _ => true,
    }
}

const fn stage_rank(dispute: &Dispute) -> u8 {
    match &dispute.stage {
        Some(DisputeStage::Retrieval) => 1,
        Some(DisputeStage::Complaint) => 2,
        Some(DisputeStage::Chargeback) => 3,
        Some(DisputeStage::PreArbitration) => 4,
        Some(DisputeStage::Arbitration) => 5,
        _ => 0,
    }
}

const fn status_rank(status: &DisputeStatus) -> u8 {
    match status {
        DisputeStatus::Open => 1,
        DisputeStatus::EvidenceReceived => 2,
        DisputeStatus::EvidenceInsufficient => 3,
        DisputeStatus::UnderReview => 4,
        DisputeStatus::Accepted => 5,
        DisputeStatus::Lost => 6,
        DisputeStatus::Won => 7,
        _ => 0,
    }
}

/// The report as text, to decide between two that differ in nothing else.
fn text(dispute: &Dispute) -> Option<String> {
    serde_json::to_string(dispute).ok()
}

#[cfg(test)]
mod tests {
    use payment_provider_core::reexport::jiff::Timestamp;
    use payment_provider_core::{Currency, DisputeId, Money};

    use super::*;

    fn dispute(stage: Option<DisputeStage>, status: DisputeStatus, at: Option<i64>) -> Dispute {
        let amount = Money::from_minor_units(100, Currency::INR);
        let mut dispute = Dispute::new(DisputeId::new("d").unwrap(), status, amount);
        dispute.stage = stage;
        dispute.updated_at = at.map(|at| Timestamp::from_second(at).unwrap());
        dispute
    }

    #[test]
    fn each_state_of_a_life_stands_against_every_earlier_one() {
        use DisputeStage::{Chargeback, PreArbitration};
        let life = [
            dispute(None, DisputeStatus::Open, None),
            dispute(Some(Chargeback), DisputeStatus::Open, None),
            dispute(Some(Chargeback), DisputeStatus::UnderReview, None),
            dispute(Some(Chargeback), DisputeStatus::Open, Some(20)),
            dispute(Some(Chargeback), DisputeStatus::UnderReview, Some(30)),
            dispute(Some(Chargeback), DisputeStatus::Won, Some(10)),
            dispute(Some(PreArbitration), DisputeStatus::Open, Some(5)),
            dispute(Some(PreArbitration), DisputeStatus::Lost, None),
        ];
        for (index, earlier) in life.iter().enumerate() {
            assert!(!is_later(earlier, earlier));
            for later in &life[index + 1..] {
                assert!(is_later(later, earlier), "{later:?} after {earlier:?}");
                assert!(!is_later(earlier, later), "{earlier:?} after {later:?}");
            }
        }
    }

    #[test]
    fn two_reports_of_one_state_have_an_order() {
        let one = dispute(None, DisputeStatus::Open, None);
        let mut two = one.clone();
        two.reason_code = Some("1".to_owned());
        assert_ne!(is_later(&one, &two), is_later(&two, &one));
    }

    #[test]
    fn an_unknown_status_is_open_unless_it_says_closed() {
        assert!(is_open(&DisputeStatus::Unknown("new".to_owned())));
        assert!(!is_open(&DisputeStatus::Unknown("closed".to_owned())));
        assert!(!is_open(&DisputeStatus::Lost));
    }
}
