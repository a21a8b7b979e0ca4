//! Whether another process has the file open.
//!
//! Every process that may have deliveries under way holds a lock on a file beside the database, shared
//! with the others, until it closes the store or dies: the system takes the lock back, whichever way it
//! dies. Whoever can have the lock alone knows that nobody else lives.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Result, StoreError};

/// The lock of a process that lives.
#[derive(Debug, Clone)]
pub(super) struct Lives {
    file: Arc<File>,
}

/// Who else lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// Nobody, and nobody comes until the lock is shared.
    None,
    /// Somebody does, or cannot be ruled out.
    Some,
}

impl Lives {
    /// Takes the lock: alone, if it can be had, and shared otherwise. Waits only for one who has it
    /// alone, which is for a moment.
    pub(super) async fn begin(database: &Path) -> Result<(Self, Others)> {
        let path = beside(database);
        blocking(move || {
            let file = open(&path)?;
            let others = match file.try_lock() {
                Ok(()) => Others::None,
                Err(TryLockError::WouldBlock) => {
                    file.lock_shared()?;
                    Others::Some
                }
                // Nor can anybody else lock here.
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

    /// Lets others in. In between the lock may be another's alone, who finds nothing to take back.
    pub(super) async fn share(&self) -> Result<()> {
        let file = Arc::clone(&self.file);
        blocking(move || file.lock_shared()).await
    }

    /// As a death would.
    pub(super) fn end(&self) {
        // What cannot be unlocked is, when the file is closed.
        let _ = self.file.unlock();
    }
}

fn beside(database: &Path) -> PathBuf {
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
    async fn only_who_is_alone_is_told_so() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("host.db");
        let (first, others) = Lives::begin(&database).await.unwrap();
        assert_eq!(others, Others::None);
        first.share().await.unwrap();
        let (second, others) = Lives::begin(&database).await.unwrap();
        assert_eq!(others, Others::Some);
        drop(first);
        let (third, others) = Lives::begin(&database).await.unwrap();
        assert_eq!(others, Others::Some, "the second lives");
        second.end();
        third.end();
        let (_, others) = Lives::begin(&database).await.unwrap();
        assert_eq!(others, Others::None);
    }

    #[tokio::test]
    async fn who_comes_waits_for_who_has_it_alone() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("host.db");
        let (first, _) = Lives::begin(&database).await.unwrap();
        let second = tokio::spawn(async move { Lives::begin(&database).await.unwrap().1 });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        first.share().await.unwrap();
        assert_eq!(second.await.unwrap(), Others::Some);
    }
}
