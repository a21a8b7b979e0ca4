//! A file lock that keeps a second host from a database.
//!
//! Every process that may be working on deliveries holds a lock on a file beside the database until it
//! closes the store or ends: the operating system releases the lock however the process ends. The lock
//! is exclusive, so that a second host is refused, unless both were built to share the file: then the
//! lock is shared, and a process that gets it exclusively knows that no other one is running.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{FileUse, Result, StoreError};

/// The time for which a host that shares a file waits for one that is starting and holds the lock
/// exclusively, which is for a moment.
const STARTING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(10);

/// The lock of a running process.
#[derive(Debug, Clone)]
pub(super) struct ProcessLock {
    file: Arc<File>,
}

/// The other processes that have the database open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// None, and none can open it until the lock is shared.
    None,
    /// At least one, or it cannot be ruled out.
    Some,
}

/// The error of a host on a file that another one has open.
#[derive(Debug, thiserror::Error)]
#[error(
    "another process runs as a host on {}: stop it first; a tool opens the file beside it \
     (`open_beside`), and several processes share a PostgreSQL database",
    database.display()
)]
struct AlreadyOpen {
    database: PathBuf,
}

impl ProcessLock {
    /// Takes the lock: exclusively if possible, else, if the file is shared, shared.
    ///
    /// # Errors
    /// Another process has the file open, and one of the two does not share it.
    pub(super) async fn acquire(database: &Path, file_use: FileUse) -> Result<(Self, Others)> {
        let path = lock_file(database);
        let database = database.to_owned();
        blocking(move || {
            let file = open(&path)?;
            let others = match file.try_lock() {
                Ok(()) => Others::None,
                Err(TryLockError::WouldBlock) => {
                    if file_use == FileUse::Alone || !shared_in_time(&file)? {
                        return Err(io::Error::other(AlreadyOpen { database }));
                    }
                    Others::Some
                }
                // The file system supports no locks, so no process has one.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    Others::Some
                }
                Err(TryLockError::Error(error)) => return Err(error),
            };
            let file = Arc::new(file);
            Ok((Self { file }, others))
        })
        .await
    }

    /// Turns an exclusive lock into a shared one. In between, another process may hold the lock
    /// exclusively; it finds no lease to release.
    pub(super) async fn share(&self) -> Result<()> {
        let file = Arc::clone(&self.file);
        blocking(move || file.lock_shared()).await
    }

    /// Releases the lock, as the end of the process would.
    pub(super) fn release(&self) {
        // If this fails, the lock is released when the file is closed.
        let _ = self.file.unlock();
    }
}

/// Takes the lock shared, unless another process keeps it exclusively.
fn shared_in_time(file: &File) -> io::Result<bool> {
    let tries = STARTING.as_millis() / PAUSE.as_millis();
    for _ in 0..tries {
        match file.try_lock_shared() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}

/// Returns the path of the lock file: beside the database file itself, not beside a link to it.
fn lock_file(database: &Path) -> PathBuf {
    let file = database.canonicalize();
    let mut path = OsString::from(file.as_deref().unwrap_or(database));
    path.push(".lock");
    path.into()
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let failed = |error| StoreError::new("lock the database", error);
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(io::Error::other).flatten().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_process_that_is_alone_gets_the_exclusive_lock() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("host.db");
        let (first, others) = ProcessLock::acquire(&database, FileUse::Shared)
            .await
            .unwrap();
        assert_eq!(others, Others::None);
        first.share().await.unwrap();
        let (second, others) = ProcessLock::acquire(&database, FileUse::Shared)
            .await
            .unwrap();
        assert_eq!(others, Others::Some);
        drop(first);
        let (third, others) = ProcessLock::acquire(&database, FileUse::Shared)
            .await
            .unwrap();
        assert_eq!(others, Others::Some, "the second is still running");
        second.release();
        third.release();
        let (_, others) = ProcessLock::acquire(&database, FileUse::Shared)
            .await
            .unwrap();
        assert_eq!(others, Others::None);
    }

    #[tokio::test]
    async fn a_process_that_does_not_share_is_alone() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("host.db");
        let (first, others) = ProcessLock::acquire(&database, FileUse::Alone)
            .await
            .unwrap();
        assert_eq!(others, Others::None);
        let second = ProcessLock::acquire(&database, FileUse::Alone).await;
        let reason = second.unwrap_err().reason().to_string();
        assert!(reason.contains(&*database.to_string_lossy()), "{reason}");
        assert!(reason.contains("`open_beside`"), "{reason}");
        // The lock of a process ends with its files.
        drop(first);
        let (shared, _) = ProcessLock::acquire(&database, FileUse::Shared)
            .await
            .unwrap();
        shared.share().await.unwrap();
        assert!(
            ProcessLock::acquire(&database, FileUse::Alone)
                .await
                .is_err()
        );
        ProcessLock::acquire(&database, FileUse::Shared)
            .await
            .unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_to_the_file_leads_to_the_same_lock() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("host.db");
        std::fs::write(&database, "").unwrap();
        let link = directory.path().join("link.db");
        std::os::unix::fs::symlink(&database, &link).unwrap();
        let _first = ProcessLock::acquire(&database, FileUse::Alone)
            .await
            .unwrap();
        assert!(ProcessLock::acquire(&link, FileUse::Alone).await.is_err());
    }

    #[tokio::test]
    async fn a_process_waits_for_the_one_that_holds_the_lock_exclusively() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("host.db");
        let (first, _) = ProcessLock::acquire(&database, FileUse::Shared)
            .await
            .unwrap();
        let second = tokio::spawn(async move {
            ProcessLock::acquire(&database, FileUse::Shared)
                .await
                .unwrap()
                .1
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        first.share().await.unwrap();
        assert_eq!(second.await.unwrap(), Others::Some);
    }
}
