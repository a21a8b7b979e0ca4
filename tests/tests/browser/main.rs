//! Tests of the pages in a browser. `cargo xtask test` prepares one; elsewhere these tests report that they were not
//! run.

mod billing_pages;
mod desk;
mod harness;
mod keyboard;
mod look;
mod setting_up;
mod simulator_desk;
mod simulator_pages;
mod site;
mod surplus;
mod walk;
