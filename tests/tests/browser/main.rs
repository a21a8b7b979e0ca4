//! What a person sees in a browser. `cargo xtask test` prepares one; elsewhere these tests say that they were not run.

mod harness;
mod payment_page;
mod site;
