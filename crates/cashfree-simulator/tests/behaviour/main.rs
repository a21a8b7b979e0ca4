//! What the simulator does, seen from outside.

mod api_access;
mod control;
mod faults;
mod gateway;
mod idempotency;
mod life_cycle;
mod page;
mod reference_files;
mod setup;
mod validation;
mod versions;
mod webhook_bodies;
mod webhook_sending;
mod without_certificates;
