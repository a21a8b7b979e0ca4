/// The variant of SQL that a database speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Dialect {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres { schema: super::SchemaName },
}
