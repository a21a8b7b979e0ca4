//! The argument that names the database, on the command line or in the environment.

use std::env;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::options::DatabaseLocation;

/// Environment variable that names the database.
const DATABASE: &str = "BILLING_HOST_DATABASE";

/// Returns the database of the command line, or else that of the environment.
pub(crate) fn or_environment(
    named: Option<DatabaseLocation>,
) -> Result<Option<DatabaseLocation>, &'static str> {
    if named.is_some() {
        return Ok(named);
    }
    let text = env::var(DATABASE).ok().filter(|text| !text.is_empty());
    text.map(|text| parse(&text)).transpose()
}

/// Parses a database location. A server URL is not validated here: clap would print a rejected value
/// with its password.
pub(crate) fn parse(text: &str) -> Result<DatabaseLocation, &'static str> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(DatabaseLocation::Postgres(SecretString::from(text)));
    }
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() && path != ":memory:" => {
            Ok(DatabaseLocation::File(PathBuf::from(path)))
        }
        _ => Err("must be sqlite:PATH or a postgres:// URL"),
    }
}
