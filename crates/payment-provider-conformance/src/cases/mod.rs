//! All cases, by what they are about.

mod cancel;
mod capabilities;
mod connection;
mod create;
mod customers;
mod limits;
mod money;
mod payments;
mod preflight;
mod recovery;
mod retry;
mod returns;
mod secrecy;
mod settings;
mod status;
mod tenancy;
mod transport;
mod webhook;

use crate::case::Case;

/// All cases. An id is never given to another case.
pub fn all() -> Vec<Case> {
    let groups: [&[Case]; 17] = [
        settings::CASES,
        capabilities::CASES,
        limits::CASES,
        preflight::CASES,
        money::CASES,
        connection::CASES,
        customers::CASES,
        create::CASES,
        recovery::CASES,
        retry::CASES,
        status::CASES,
        payments::CASES,
        cancel::CASES,
        transport::CASES,
        tenancy::CASES,
        returns::CASES,
        secrecy::CASES,
    ];
    [groups.concat(), webhook::GROUPS.concat()].concat()
}
