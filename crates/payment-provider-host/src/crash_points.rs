//! Places at which a test may end the whole process, as a power failure would.
//!
//! For tests alone: with the feature `failpoints`, which is off by default and which no program that
//! takes money turns on. Without it this module does not exist, and the places are compiled to nothing.
//!
//! A place is reached before and after what becomes durable and what is asked of a gateway. A
//! process that was started with [`VARIABLE`] in its environment looks at each place into the file
//! named there; if it holds the name of the place, the process says so on standard error and aborts.
//! So a test arms a place in a running process, at the very step that shall not end.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs, process};

/// The environment variable that names the file to look into.
pub const VARIABLE: &str = "PAYMENT_PROVIDER_CRASH_FILE";

/// What a process that ends at a place writes before the place's name.
pub const LAST_WORDS: &str = "ended at crash point ";

/// The name of every place.
pub const ALL: &[&str] = &[
    // A checkout is asked for.
    "checkout.1-asked",
    "checkout.2-before-commit",
    "checkout.3-stored",
    "checkout.4-answered",
    "checkout.5-before-commit",
    "checkout.6-recorded",
    // It was asked for before, and what became of that is not known.
    "again.1-before-commit",
    // The gateway refuses it.
    "refused.1-told",
    "refused.2-looked-up",
    "refused.3-before-commit",
    "refused.4-recorded",
    // The gateway has something else under its reference.
    "conflict.1-told",
    "conflict.2-before-commit",
    "conflict.3-recorded",
    // Its payable was closed while the gateway was asked.
    "withdrawn.1-made",
    "withdrawn.2-ended",
    // A checkout is ended.
    "end.1-asked",
    "end.2-answered",
    "end.3-before-commit",
    "end.4-recorded",
    // The gateway does not know it.
    "absent.1-before-commit",
    "absent.2-recorded",
    // The gateway cannot be asked about it any more.
    "unreachable.1-before-commit",
    "unreachable.2-recorded",
    // The gateway never tells of any.
    "by-clock.1-before-commit",
    "by-clock.2-recorded",
    // A payable is closed.
    "close.1-before-commit",
    "close.2-closed",
    "close.3-ended",
    "close.4-booked",
    // The gateway is asked what was paid.
    "fetch.1-asked",
    "fetch.2-total-told",
    "fetch.3-payments-told",
    "settle.1-before-commit",
    "settle.2-committed",
    // A delivery arrives.
    "arrival.1-arrived",
    "arrival.2-verified",
    "arrival.3-before-commit",
    "arrival.4-stored",
    "copy.1-before-commit",
    "copy.2-noted",
    // It is applied.
    "delivery.1-leased",
    "delivery.2-held",
    "delivery.3-events-applied",
    "delivery.4-before-commit",
    "delivery.5-committed",
    // It has to wait: the gateway does not list yet what it tells of.
    "unlisted.1-before-commit",
    "unlisted.2-committed",
    // It has to wait: the gateway states more than it lists.
    "incomplete.1-before-commit",
    "incomplete.2-committed",
    "postponed.1-failed",
    "postponed.2-stored",
    // It settles a payable that can still be paid.
    "needless.1-before-commit",
    "needless.2-booked",
    "needless.3-ended",
    "needless.4-before-commit",
    "needless.5-committed",
    // Within a transaction: money is booked, an attempt is noted.
    "booking.1-decided",
    "booking.2-payment-saved",
    "booking.3-payable-saved",
    "booking.4-handler-done",
    "attempt.1-saved",
    "attempt.2-handler-done",
    // Within a transaction: a payment that is booked turns out to have another id.
    "true-id.1-merged",
    "true-id.2-saved",
    // Within a transaction: a refund is counted.
    "refund.1-saved",
    "refund.2-payable-saved",
    "refund.3-handler-done",
    // An operator books what the gateway cannot be asked about.
    "by-hand.1-noted",
    "by-hand.2-before-commit",
    "by-hand.3-committed",
    // Within a transaction: the gateway tells of it after all.
    "explained.1-saved",
    "explained.2-noted",
    // An operator declares that what the gateway stated did not come in.
    "write-off.1-before-commit",
    "write-off.2-committed",
    // A customer is linked to a connection, or to none.
    "link.1-asked",
    "link.2-answered",
    "link.3-stored",
    "unlink.1-asked",
    "unlink.2-removed",
    // What they could still pay elsewhere is ended.
    "left.1-ended",
    "left.2-booked",
    // A connection is made, stopped or allowed, changed, deleted; all of them get another sealing key.
    "connection.1-checked",
    "connection.2-stored",
    "enabling.1-asked",
    "enabling.2-stored",
    "settings.1-changed",
    "settings.2-stored",
    "deletion.1-asked",
    "deletion.2-before-commit",
    "deletion.3-deleted",
    "reseal.1-sealed",
    "reseal.2-before-commit",
    "reseal.3-stored",
    // An operator takes a delivery out, and has it tried again.
    "park.1-asked",
    "park.2-before-commit",
    "park.3-parked",
    "replay.1-asked",
    "replay.2-stored",
    // The tables are made.
    "tables.1-begun",
    "tables.2-made",
    "tables.3-named",
];

/// Whether there is a place of this name.
pub(crate) const fn is_listed(name: &str) -> bool {
    let mut at = 0;
    while at < ALL.len() {
        if are_same(ALL[at].as_bytes(), name.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn are_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Ends the process if this place is armed: nothing is unwound, dropped or flushed.
pub(crate) fn pass(name: &str) {
    static FILE: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| env::var_os(VARIABLE).map(PathBuf::from));
    let Some(file) = FILE.as_ref() else { return };
    if fs::read_to_string(file).is_ok_and(|armed| armed == name) {
        eprintln!("{LAST_WORDS}{name}");
        process::abort();
    }
}
