//! Crash points: places at which a test ends the whole process, as a power failure would.
//!
//! They are for tests alone. The feature `failpoints`, which is off by default, enables them; no
//! program that handles money enables it. Without it this module does not exist, and the places
//! compile to nothing.
//!
//! There is a crash point before and after every commit (`<step>.before-commit`, `<step>.committed`) and
//! every call to a gateway (`<operation>.asked`, `<operation>.answered`), and at some moments within a
//! transaction. A process that was started with [`VARIABLE`] in its environment reads the file named
//! there at each of them. If the file holds the name of the crash point, the process prints the name on
//! standard error and aborts. So a test can arm a crash point in a running process, at the step that must
//! not complete.

pub use crate::crash_point::{ALL, LAST_WORDS, VARIABLE};
