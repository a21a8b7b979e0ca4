use crate::accounting::TargetName;

/// The accounts to load, by everything that leads to one. All names and ids are those of one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccountKeys<'a> {
    pub connection_pk: i64,
    pub payables: &'a [i64],
    pub checkouts: &'a [i64],
    pub names: &'a [TargetName],
    /// The gateway's ids of payments.
    pub payments: Vec<&'a str>,
    /// The gateway's ids of refunds.
    pub refunds: Vec<&'a str>,
    /// True if the history of refunds and disputes is needed.
    pub with_refund_history: bool,
}
