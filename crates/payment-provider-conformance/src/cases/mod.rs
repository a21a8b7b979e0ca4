//! The cases, grouped by topic.

mod cancel;
mod capabilities;
mod connection;
mod create;
mod customers;
mod errors;
mod idempotent_retry;
mod limits;
mod money;
mod payments;
mod prepare;
mod recovery;
mod refunds;
mod retry;
mod returns;
mod secrecy;
mod settings;
mod status;
mod tenancy;
mod transport;
mod webhook;

use crate::case::Case;

/// Returns all cases. An id is never reused for another case.
pub fn all() -> Vec<Case> {
    let groups: [&[Case]; 20] = [
        settings::CASES,
        capabilities::CASES,
        limits::CASES,
        prepare::CASES,
        money::CASES,
        connection::CASES,
        customers::CASES,
        create::CASES,
        recovery::CASES,
        idempotent_retry::CASES,
        retry::CASES,
        errors::CASES,
        status::CASES,
        payments::CASES,
        refunds::CASES,
        cancel::CASES,
        transport::CASES,
        tenancy::CASES,
        returns::CASES,
        secrecy::CASES,
    ];
    [groups.concat(), webhook::GROUPS.concat()].concat()
}
