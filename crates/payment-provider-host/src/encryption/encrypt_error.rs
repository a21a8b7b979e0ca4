use crate::error::{Error, ErrorKind};

/// The reason for which a secret cannot be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// It is too long for the cipher.
    #[error("secret is too long to be encrypted")]
    TooLong,
    /// A tool that was [opened beside](crate::HostBuilder::open_beside) the hosts has other keys than
    /// they have, so that no host could decrypt the secret. Nothing was written.
    #[error(
        "secret is not encrypted, because the hosts of this database have another encryption key; give \
         the tool the key file of the hosts"
    )]
    ForeignKey,
}

impl From<EncryptError> for Error {
    fn from(error: EncryptError) -> Self {
        Self::with_source(ErrorKind::Encryption, error)
    }
}
