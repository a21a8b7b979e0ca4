use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind};

/// The reason for which encryption keys could not be read or created, with the file and the remedy. No
/// error contains a part of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is no such file.
    #[error("the key file {} does not exist; name the key file of the hosts, or put it back", .path.display())]
    #[non_exhaustive]
    Missing {
        /// The path of the file.
        path: PathBuf,
    },
    /// There is no such folder, so that the file can be neither read nor created.
    #[error(
        "the folder of the key file {} does not exist; create it, or name a file in another folder",
        .path.display()
    )]
    #[non_exhaustive]
    MissingFolder {
        /// The path of the file.
        path: PathBuf,
    },
    /// The file could not be read or written.
    #[error(
        "the key file {} cannot be read or created; it has to be a file that the user of this process may \
         read, in a folder that this user may enter",
        .path.display()
    )]
    #[non_exhaustive]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file gives permissions to others than its owner.
    #[error(
        "the key file {} has mode {mode:04o}, which gives others access; take it away with `chmod 600`, and \
         replace the keys if others may have read them",
        .path.display()
    )]
    #[non_exhaustive]
    Exposed {
        /// The path of the file.
        path: PathBuf,
        /// The permission bits found.
        mode: u32,
    },
    /// The text is not a list of keys.
    #[error("{}{problem}", named(.path.as_deref()))]
    #[non_exhaustive]
    Malformed {
        /// The path of the file; `None` for a text that was not read from a file.
        path: Option<PathBuf>,
        /// The defect.
        problem: KeyTextProblem,
    },
}

/// The defect of a text that is not a list of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyTextProblem {
    /// It has no key.
    #[error(
        "there is no key; write one in a line of its own, as `openssl rand -base64 32` prints it"
    )]
    Empty,
    /// It is larger than any list of keys.
    #[error("the text has 16 KiB or more; leave the current key and those that it replaces")]
    TooLarge,
    /// It is not text.
    #[error(
        "the content is not text; write one key a line, as `openssl rand -base64 32` prints it"
    )]
    NotText,
    /// A line is not base64.
    #[error(
        "line {line} is not a key in base64; write each key as `openssl rand -base64 32` prints it, and begin \
         comments with #"
    )]
    #[non_exhaustive]
    NotBase64 {
        /// The number of the line, from 1.
        line: usize,
    },
    /// A line is base64, but not of 32 bytes.
    #[error("line {line} has {bytes} bytes; a key has 32, as `openssl rand -base64 32` prints it")]
    #[non_exhaustive]
    WrongLength {
        /// The number of the line, from 1.
        line: usize,
        /// The number of bytes found.
        bytes: usize,
    },
}

impl KeyTextProblem {
    /// Returns the error for a text that was not read from a file.
    pub(super) const fn in_text(self) -> KeyFileError {
        KeyFileError::Malformed {
            path: None,
            problem: self,
        }
    }
}

impl KeyFileError {
    /// Returns the error of an operation on this key file.
    pub(super) fn of_file(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        let folder = path.parent();
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        match source.kind() {
            io::ErrorKind::NotFound if folder.is_some_and(|folder| !folder.exists()) => {
                Self::MissingFolder { path }
            }
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::InvalidData => KeyTextProblem::NotText.in_text().named(&path),
            _ => Self::Io { path, source },
        }
    }

    /// Adds the path of the file from which a text was read.
    pub(super) fn named(self, file: &Path) -> Self {
        match self {
            Self::Malformed { problem, .. } => Self::Malformed {
                path: Some(file.to_owned()),
                problem,
            },
            other => other,
        }
    }
}

impl From<KeyFileError> for Error {
    fn from(error: KeyFileError) -> Self {
        Self::with_source(ErrorKind::Encryption, error)
    }
}

/// Returns the beginning of a message about the text of a file.
fn named(path: Option<&Path>) -> String {
    path.map_or_else(
        || "the encryption keys cannot be read: ".to_owned(),
        |path| format!("the key file {} cannot be used: ", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::fs;

    use data_encoding::BASE64;

    use super::super::EncryptionKeys;
    use super::*;

    #[test]
    fn each_defect_names_the_file_and_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, content: &[u8]| {
            fs::write(path(name), content).unwrap();
            private(&path(name));
            path(name)
        };
        let short = BASE64.encode(&[7; 31]);
        fs::create_dir(path("folder")).unwrap();
        private(&path("folder"));
        for (file, defect, remedy) in [
            (path("none"), "does not exist", "put it back"),
            (path("no/such.key"), "the folder of", "create it"),
            (path("folder"), "cannot be read", "has to be a file"),
            (write("empty", b"# none\n"), "no key", "openssl"),
            (
                write("long", &vec![b'#'; 20_000]),
                "16 KiB",
                "leave the current",
            ),
            (write("binary", &[0xff, 0xfe]), "not text", "openssl"),
            (write("words", b"# one\ncanary"), "line 2 is not", "openssl"),
            (
                write("short", short.as_bytes()),
                "has 31 bytes",
                "a key has 32",
            ),
        ] {
            let error = EncryptionKeys::from_file(&file).unwrap_err();
            let text = error.to_string();
            for part in [&*file.display().to_string(), defect, remedy] {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(!format!("{text} {error:?}").contains("canary"), "{text}");
            assert!(!text.contains(&short), "{text}");
            assert_eq!(error.source().is_some(), file.is_dir(), "{text}");
        }
        let made = EncryptionKeys::from_file_or_new(path("no/such.key")).unwrap_err();
        assert!(matches!(made, KeyFileError::MissingFolder { .. }), "{made}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_named_with_its_mode() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        drop(EncryptionKeys::from_file_or_new(&path).unwrap());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let text = EncryptionKeys::from_file(&path).unwrap_err().to_string();
        for part in ["shared.key", "mode 0640", "chmod 600"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[cfg(unix)]
    fn private(path: &Path) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[cfg(not(unix))]
    fn private(_: &Path) {}
}
