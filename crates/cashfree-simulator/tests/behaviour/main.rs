//! What the simulator does, seen from outside.

mod api_access;
mod control;
mod faults;
mod gateway;
mod idempotency;
mod life_cycle;
mod markup;
mod overview;
mod overview_forms;
mod overview_settings;
mod page;
mod pages_of_others;
mod pending;
mod reference_files;
mod setup;
mod validation;
mod versions;
mod webhook_bodies;
mod webhook_sending;
mod without_certificates;
