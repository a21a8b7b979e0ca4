//! A file lock that shows whether another process has the database open.
//!
//! Every process that may be working on deliveries holds a lock on a file beside the database, shared
//! with the others, until it closes the store or ends: the operating system releases the lock however
//! the process ends. A process that gets the lock exclusively knows that no other one is running.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Result, StoreError};

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

impl ProcessLock {
    /// Takes the lock: exclusively if possible, else shared. Waits only for a process that holds it
    /// exclusively, which is for a moment.
    pub(super) async fn acquire(database: &Path) -> Result<(Self, Others)> {
        let path = lock_file(database);
        blocking(move || {
            let file = open(&path)?;
            let others = match file.try_lock() {
                Ok(()) => Others::None,
                Err(TryLockError::WouldBlock) => {
                    file.lock_shared()?;
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

fn lock_file(database: &Path) -> PathBuf {
    let mut path = OsString::from(database);
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
        let (first, others) = ProcessLock::acquire(&database).await.unwrap();
        assert_eq!(others, Others::None);
        first.share().await.unwrap();
        let (second, others) = ProcessLock::acquire(&database).await.unwrap();
        assert_eq!(others, Others::Some);
        drop(first);
        let (third, others) = ProcessLock::acquire(&database).await.unwrap();
        assert_eq!(others, Others::Some, "the second is still running");
        second.release();
        third.release();
        let (_, others) = ProcessLock::acquire(&database).await.unwrap();
        assert_eq!(others, Others::None);
    }

    #[tokio::test]
    async fn a_process_waits_for_the_one_that_holds_the_lock_exclusively() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("host.db");
        let (first, _) = ProcessLock::acquire(&database).await.unwrap();
        let second = tokio::spawn(async move { ProcessLock::acquire(&database).await.unwrap().1 });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        first.share().await.unwrap();
        assert_eq!(second.await.unwrap(), Others::Some);
    }
}
