//! The decisions against a gateway and an inbox in memory: every order of arrival, copies, claims and
//! lists that lag end in the same totals.

mod claims;
mod histories;
mod inbox;
mod orders;
mod random;
mod unreconciled;
