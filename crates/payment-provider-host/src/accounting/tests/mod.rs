//! The decisions against a gateway and an inbox in memory: every order of arrival, copies, claims and
//! lists that lag end in the same totals.

mod claimed_by_id;
mod claims;
mod histories;
mod inbox;
mod incomplete_list;
mod narrow_load;
mod orders;
mod random;
mod unreconciled;
