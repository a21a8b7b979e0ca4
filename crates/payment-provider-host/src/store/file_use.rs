/// The use of a SQLite file by hosts. A PostgreSQL database is always shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileUse {
    /// By one host at a time: another one is refused.
    Alone,
    #[cfg_attr(
        not(feature = "sqlite"),
        allow(dead_code, reason = "a choice for SQLite alone")
    )]
    /// By several hosts at once that all share it.
    Shared,
}
