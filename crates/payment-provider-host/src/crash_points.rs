//! Crash points: places at which a test ends the whole process, as a power failure would.
//!
//! They are for tests alone. The feature `failpoints`, which is off by default, enables them; no
//! program that handles money enables it. Without it this module does not exist, and the places
//! compile to nothing.
//!
//! There is a crash point before and after every durable step and every call to a gateway. A
//! process that was started with [`VARIABLE`] in its environment reads the file named there at each
//! of them. If the file holds the name of the crash point, the process prints the name on standard
//! error and aborts. So a test can arm a crash point in a running process, at the step that must
//! not complete.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs, process};

/// The environment variable that names the file with the armed crash point.
pub const VARIABLE: &str = "PAYMENT_PROVIDER_CRASH_FILE";

/// The text that a process prints before the name of the crash point at which it aborts.
pub const LAST_WORDS: &str = "ended at crash point ";

/// The name of every crash point.
pub const ALL: &[&str] = &[
    // A checkout is requested.
    "checkout.1-asked",
    "checkout.2-before-commit",
    "checkout.3-stored",
    "checkout.4-answered",
    "checkout.5-before-commit",
    "checkout.6-recorded",
    // The stored request is sent again, because its result is unknown.
    "resend.1-before-commit",
    // The gateway refuses it.
    "refused.1-answered",
    "refused.2-looked-up",
    "refused.3-before-commit",
    "refused.4-recorded",
    // The gateway has something else under its reference.
    "conflict.1-answered",
    "conflict.2-before-commit",
    "conflict.3-recorded",
    // Its payable was closed while the gateway was called.
    "withdrawn.1-made",
    "withdrawn.2-ended",
    // A checkout is ended.
    "end.1-asked",
    "end.2-answered",
    "end.3-before-commit",
    "end.4-recorded",
    // The gateway does not know it.
    "not-found.1-before-commit",
    "not-found.2-recorded",
    // The gateway refuses every call.
    "unreachable.1-before-commit",
    "unreachable.2-recorded",
    // The gateway has no status API.
    "by-clock.1-before-commit",
    "by-clock.2-recorded",
    // A payable is closed.
    "close.1-before-commit",
    "close.2-closed",
    "close.3-ended",
    "close.4-posted",
    // A checkout is fetched.
    "fetch.1-asked",
    "fetch.2-status-fetched",
    "fetch.3-payments-fetched",
    "reconcile.1-before-commit",
    "reconcile.2-committed",
    // A delivery arrives.
    "arrival.1-arrived",
    "arrival.2-verified",
    "arrival.3-before-commit",
    "arrival.4-stored",
    "duplicate.1-before-commit",
    "duplicate.2-recorded",
    // It is applied.
    "delivery.1-leased",
    "delivery.2-locked",
    "delivery.3-events-applied",
    "delivery.4-before-commit",
    "delivery.5-committed",
    // It has to wait: the gateway does not list yet what it reports.
    "unlisted.1-before-commit",
    "unlisted.2-committed",
    // It has to wait: the gateway reports more money than it lists.
    "incomplete.1-before-commit",
    "incomplete.2-committed",
    "postponed.1-failed",
    "postponed.2-stored",
    // It pays a payable in full on which another checkout can still be paid.
    "redundant.1-before-commit",
    "redundant.2-posted",
    "redundant.3-ended",
    // Within a transaction: a decision is stored.
    "saving.1-decided",
    "saving.2-merged",
    "saving.3-payable",
    "saving.4-checkouts",
    "saving.5-payments",
    "saving.6-refunds",
    "saving.7-history",
    "saving.8-names",
    // Within a transaction: the host's handler was notified.
    "handler.1-posted",
    "handler.2-attempted",
    "handler.3-refunded",
    "handler.4-closed",
    "handler.5-checkout",
    // An operator records a payment.
    "manual.1-loaded",
    "manual.2-before-commit",
    "manual.3-committed",
    // An operator writes an amount off.
    "write-off.1-before-commit",
    "write-off.2-committed",
    // A customer is linked to a connection, or to none.
    "link.1-asked",
    "link.2-answered",
    "link.3-stored",
    "unlink.1-asked",
    "unlink.2-removed",
    // The checkouts that the customer could still pay elsewhere are ended.
    "moved.1-ended",
    "moved.2-posted",
    // A connection is added, enabled or disabled, changed, deleted; secrets are encrypted with another key.
    "connection.1-checked",
    "connection.2-stored",
    "enabling.1-asked",
    "enabling.2-stored",
    "settings.1-changed",
    "settings.2-stored",
    "deletion.1-asked",
    "deletion.2-before-commit",
    "deletion.3-deleted",
    "key-rotation.1-encrypted",
    "key-rotation.2-before-commit",
    "key-rotation.3-stored",
    // An operator parks a delivery, and makes it pending again.
    "park.1-asked",
    "park.2-before-commit",
    "park.3-parked",
    "replay.1-asked",
    "replay.2-stored",
    // The tables are created.
    "tables.1-begun",
    "tables.2-made",
    "tables.3-named",
];

/// Returns true if there is a crash point of this name.
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

/// Ends the process if this crash point is armed: nothing is unwound, dropped or flushed.
pub(crate) fn pass(name: &str) {
    static FILE: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| env::var_os(VARIABLE).map(PathBuf::from));
    let Some(file) = FILE.as_ref() else { return };
    if fs::read_to_string(file).is_ok_and(|armed| armed == name) {
        eprintln!("{LAST_WORDS}{name}");
        process::abort();
    }
}
