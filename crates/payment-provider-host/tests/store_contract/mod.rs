//! The contract of the store, case by case, on each database.
//!
//! Compiled into the library's own tests: the operations of the store are private to the crate.

#[macro_use]
mod cases;
mod catalog;
mod connections;
mod delivery_races;
mod documented;
mod earlier;
mod inbox;
mod leases;
mod lifecycle;
mod lifecycle_races;
mod money;
mod names;
mod operations;
mod payables;
mod portions;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod races;
mod reads;
mod refunds;
pub(crate) mod rows;
mod world;

use super::*;
use crate::accounting::{
    AuditEvent, CheckoutRecord, HistoryEntry, PayableRecord, PaymentRecord, RefundRecord,
    TargetName,
};
use crate::delivery_state::DeliveryState;
pub(crate) use world::World;

cases! {
    connections::every_process_has_the_same_installation,
    connections::a_connection_is_read_as_it_was_written,
    connections::a_code_is_taken_once_in_an_organization,
    connections::connections_are_listed_by_organization_and_code,
    connections::settings_based_on_older_ones_are_not_written,
    connections::enabling_changes_nothing_else,
    connections::a_deleted_connection_is_not_enabled,
    connections::a_customer_is_linked_and_moved,
    lifecycle::pages_of_connections_follow_each_other,
    lifecycle::a_walk_names_what_it_cannot_read,
    lifecycle::settings_of_several_are_compared_and_swapped,
    lifecycle::each_secret_keeps_when_it_verified_last,
    lifecycle::what_a_connection_is_needed_for_is_counted,
    lifecycle::a_deleted_connection_is_gone_and_its_ledger_is_not,
    lifecycle::what_a_customer_left_behind_is_found,
    lifecycle_races::what_is_added_while_a_connection_is_deleted_counts_or_is_refused,
    lifecycle_races::moving_a_customer_sees_what_was_requested_before,
    payables::a_payable_is_written_and_changed,
    payables::what_is_not_committed_never_was,
    payables::a_read_transaction_sees_one_state,
    payables::a_checkout_is_read_as_it_was_written,
    payables::a_checkout_is_found_by_each_of_its_names,
    payables::names_count_inside_their_connection,
    payables::history_is_by_time_and_once_for_a_delivery,
    money::a_payment_is_written_and_changed,
    money::a_dedup_key_is_added_once,
    money::merging_keeps_the_dedup_keys,
    money::texts_that_gateways_could_send_are_kept,
    portions::a_portion_is_recorded_by_as_many_statements_as_one_payment,
    portions::only_the_payments_that_a_report_names_are_loaded,
    portions::a_sum_beyond_all_amounts_is_the_largest_amount_in_any_order,
    documented::every_table_and_column_is_documented,
    refunds::a_refund_is_written_and_changed,
    refunds::a_refund_that_is_there_is_not_made_again,
    refunds::what_was_refunded_is_kept_with_the_payable,
    refunds::a_posted_payment_is_a_name_under_each_of_its_ids,
    refunds::a_delivery_that_waits_for_a_payment_comes_back,
    inbox::a_delivery_is_stored_once_and_its_copies_counted,
    inbox::copies_are_tried_again_by_what_became_of_the_first,
    inbox::receiving_records_which_secret_verified,
    leases::due_deliveries_are_leased_in_order,
    leases::new_deliveries_of_each_connection_are_leased_in_turn,
    leases::a_trusted_copy_that_arrives_during_an_attempt_is_tried_at_once,
    leases::a_lease_that_ran_out_is_another_s,
    leases::a_row_of_another_version_waits_for_it_and_is_parked_in_the_end,
    leases::only_the_owner_of_a_lease_ends_a_delivery,
    inbox::a_duplicate_that_came_meanwhile_is_applied,
    inbox::a_postponed_delivery_waits_or_is_parked,
    inbox::retrying_is_for_what_does_not_wait,
    inbox::unmatched_deliveries_come_back_by_name,
    inbox::what_is_known_by_now_is_not_unmatched,
    inbox::the_latest_come_first,
    leases::a_lease_is_renewed_by_its_owner_alone,
    leases::renewing_shortens_no_lease,
    leases::what_has_ended_or_waits_has_no_lease,
    leases::a_lease_that_runs_out_is_renewed_or_taken_and_not_both,
    leases::a_delivery_is_its_owners_until_it_ends,
    leases::failures_are_those_of_a_deliverys_own,
    leases::a_copy_that_came_meanwhile_is_not_parked_with_it,
    operations::pages_of_deliveries_follow_each_other,
    operations::a_page_is_of_all_connections_of_one_organization,
    operations::parking_takes_the_lease_away,
    operations::a_parked_delivery_waits_for_no_name,
    operations::all_that_is_parked_is_tried_again,
    operations::dedup_keys_are_found_in_the_order_requested,
    operations::the_ledger_is_read_by_organization_and_in_batches,
    names::a_name_with_nul_is_found_as_it_was_recorded,
    names::the_worker_is_woken_after_the_commit,
    races::totals_lose_no_update,
    races::attempts_are_numbered,
    races::a_payable_is_made_once,
    races::an_effect_is_recorded_once,
    races::an_effect_is_recorded_once_on_two_payables,
    races::a_payment_is_posted_or_taken_for_another_and_not_both,
    delivery_races::no_delivery_is_leased_twice,
    delivery_races::copies_are_all_counted,
    delivery_races::a_name_that_becomes_known_leaves_no_delivery_waiting,
    races::payables_are_held_in_one_order,
    races::settings_are_compared_and_swapped,
    races::a_handlers_mistake_is_not_committed,
}
