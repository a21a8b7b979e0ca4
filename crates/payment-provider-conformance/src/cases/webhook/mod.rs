//! Webhooks: only signed deliveries are accepted, and their content does not depend on anything
//! unsigned.

mod events;
mod forged;
mod genuine;
mod headers;
mod malformed;
mod replayed;
mod secrets;

use crate::case::Case;

pub(super) const GROUPS: [&[Case]; 6] = [
    events::CASES,
    forged::CASES,
    headers::CASES,
    malformed::CASES,
    replayed::CASES,
    secrets::CASES,
];
