//! The end of the process at the armed crash point.

#[cfg(feature = "failpoints")]
use std::{env, fs, path::PathBuf, process, sync::LazyLock};

/// The environment variable that names the file with the armed crash point.
#[cfg(feature = "failpoints")]
pub const VARIABLE: &str = "PAYMENT_PROVIDER_CRASH_FILE";

/// The text that a process prints before the name of the crash point at which it aborts.
#[cfg(feature = "failpoints")]
pub const LAST_WORDS: &str = "ended at crash point ";

/// Ends the process if the crash point of this name is armed: nothing is unwound, dropped or flushed.
#[cfg(feature = "failpoints")]
pub(super) fn pass(name: &str) {
    static FILE: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| env::var_os(VARIABLE).map(PathBuf::from));
    let Some(file) = FILE.as_ref() else { return };
    if fs::read_to_string(file).is_ok_and(|armed| armed == name) {
        eprintln!("{LAST_WORDS}{name}");
        process::abort();
    }
}

/// Does nothing.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub(super) const fn pass(_: &str) {}
