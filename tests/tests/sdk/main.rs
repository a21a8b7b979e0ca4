//! Cashfree's own SDK for Python against the simulator, and beside our provider: a third reading of the same documents.
//!
//! `CASHFREE_SDK_5` and `CASHFREE_SDK_6` name the Pythons that have the SDK; `cargo xtask test` installs them.

mod expected;
mod forgery;
mod life_cycle;
mod listener;
mod script_output;
mod sent;
mod webhooks;
