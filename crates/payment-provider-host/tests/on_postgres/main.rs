//! The tests of the runtime once more, on PostgreSQL: the very same functions, with another store
//! beneath (see `gateway/store.rs`).

#![cfg(feature = "postgres")]
#![allow(
    clippy::duplicate_mod,
    reason = "each of these files is a test program as well"
)]

#[path = "../aftermath.rs"]
mod aftermath;
#[path = "../aliases.rs"]
mod aliases;
#[path = "../any_order.rs"]
mod any_order;
#[path = "../booked_by_hand.rs"]
mod booked_by_hand;
#[path = "../checkouts.rs"]
mod checkouts;
#[path = "../closing.rs"]
mod closing;
#[path = "../connections.rs"]
mod connections;
#[path = "../deleting.rs"]
mod deleting;
#[path = "../deliveries_alone.rs"]
mod deliveries_alone;
#[path = "../elsewhere.rs"]
mod elsewhere;
#[path = "../inbox.rs"]
mod inbox;
#[path = "../late_copies.rs"]
mod late_copies;
#[path = "../leases.rs"]
mod leases;
#[path = "../ledger_proof.rs"]
mod ledger_proof;
#[path = "../many_connections.rs"]
mod many_connections;
#[path = "../moving.rs"]
mod moving;
#[path = "../needless_links.rs"]
mod needless_links;
#[path = "../odd_news.rs"]
mod odd_news;
#[path = "../one_payable_link.rs"]
mod one_payable_link;
#[path = "../operated_inbox.rs"]
mod operated_inbox;
#[path = "../outages.rs"]
mod outages;
#[path = "../passing_errors.rs"]
mod passing_errors;
#[path = "../refunds.rs"]
mod refunds;
#[path = "../resealing.rs"]
mod resealing;
#[path = "../settings_changes.rs"]
mod settings_changes;
#[path = "../several_processes.rs"]
mod several_processes;
#[path = "../tenancy.rs"]
mod tenancy;
#[path = "../timeline.rs"]
mod timeline;
#[path = "../whose_money.rs"]
mod whose_money;
#[path = "../written_off.rs"]
mod written_off;
