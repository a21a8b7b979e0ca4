//! The reason for which a database cannot be used, with what to do next.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};

/// Longest wait for a server to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Primary result codes of SQLite: the database is read-only, cannot be opened, is not a database.
const READ_ONLY: u32 = 8;
const CANNOT_OPEN: u32 = 14;
const NOT_A_DATABASE: u32 = 26;

type Cause = Box<dyn Error + Send + Sync>;

/// The database cannot be used. Names it, without a password, and says what to do next.
#[derive(Debug)]
pub struct DatabaseFailure {
    database: String,
    advice: String,
    cause: Cause,
}

impl fmt::Display for DatabaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot use the database {}", self.database)?;
        if self.advice.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.advice)
        }
    }
}

impl Error for DatabaseFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}

impl DatabaseFailure {
    /// Returns the failure of a database file.
    pub(crate) fn of_file(path: &Path, cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        Self {
            database: path.display().to_string(),
            advice: file_advice(path, &*cause),
            cause,
        }
    }

    /// Returns the failure of a database server.
    pub(crate) fn of_server(url: &SecretString, cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        let Ok(options) = url.expose_secret().parse::<PgConnectOptions>() else {
            let advice = "the URL must be postgres://USER@HOST:PORT/NAME; correct --database or \
                          BILLING_HOST_DATABASE";
            return Self {
                database: "of the PostgreSQL URL".to_owned(),
                advice: advice.to_owned(),
                // The error of the parser may repeat the URL, which may have a password.
                cause: "it is not a PostgreSQL URL".into(),
            };
        };
        let address = match options.get_socket() {
            Some(folder) => folder.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let user = options.get_username();
        let name = options.get_database().unwrap_or(user);
        Self {
            database: format!("{name} of the PostgreSQL server {address}"),
            advice: server_advice(user, name, &*cause),
            cause,
        }
    }
}

/// Connects to a database server once, so that a server that cannot be used is reported at once and exactly.
pub(crate) async fn try_server(url: &SecretString) -> Result<(), DatabaseFailure> {
    let failed = |cause: Cause| DatabaseFailure::of_server(url, cause);
    let options = url.expose_secret().parse::<PgConnectOptions>();
    let options = options.map_err(|error| failed(error.into()))?;
    let connected = tokio::time::timeout(PATIENCE, PgConnection::connect_with(&options)).await;
    let connection = connected
        .map_err(|_| failed(io::Error::from(io::ErrorKind::TimedOut).into()))?
        .map_err(|error| failed(error.into()))?;
    // The server may end the connection first.
    let _ = connection.close().await;
    Ok(())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// Returns the kind of the operating system's error among the causes.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    causes(error).find_map(|cause| match cause.downcast_ref::<sqlx::Error>() {
        Some(sqlx::Error::Io(error)) => Some(error.kind()),
        _ => cause.downcast_ref::<io::Error>().map(io::Error::kind),
    })
}

/// Returns the code of the database's error among the causes.
fn database_code(error: &(dyn Error + 'static)) -> Option<String> {
    causes(error).find_map(|cause| match cause.downcast_ref::<sqlx::Error>()? {
        sqlx::Error::Database(error) => error.code().map(std::borrow::Cow::into_owned),
        _ => None,
    })
}

fn file_advice(path: &Path, error: &(dyn Error + 'static)) -> String {
    let other = "name another file with --database sqlite:PATH";
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let folder = folder.display();
        return format!("the folder {folder} does not exist; create it, or {other}");
    }
    if path.is_dir() {
        return format!("it is a folder; {other}");
    }
    let code = database_code(error).and_then(|code| code.parse::<u32>().ok());
    // The low byte is the primary code.
    match (code.map(|code| code & 0xff), io_kind(error)) {
        (Some(NOT_A_DATABASE), _) => {
            format!("the file is not a SQLite database; move it away, or {other}")
        }
        (Some(CANNOT_OPEN), _) | (_, Some(io::ErrorKind::NotFound)) if !path.exists() => {
            format!("there is no such file; {other}")
        }
        (Some(READ_ONLY | CANNOT_OPEN), _)
        | (_, Some(io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)) => {
            format!("this user may not write the file and its folder; permit it, or {other}")
        }
        _ => String::new(),
    }
}

fn server_advice(user: &str, name: &str, error: &(dyn Error + 'static)) -> String {
    let setting = "--database or BILLING_HOST_DATABASE";
    match database_code(error).as_deref() {
        Some("28P01" | "28000") => {
            format!("it refused the user {user}; correct the user and the password in {setting}")
        }
        Some("3D000") => {
            format!("there is no database {name}; create it, or name another one in {setting}")
        }
        Some("42501") => format!("the user {user} lacks a privilege; grant it"),
        None if io_kind(error).is_some() => {
            format!("the server does not answer; start it, or correct the address in {setting}")
        }
        _ => String::new(),
    }
}
