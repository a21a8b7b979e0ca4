use payment_provider_core::{
    ConnectionCode, Environment, OrganizationId, ProviderId, SecretBinding,
};

/// The setting that an encrypted secret belongs to. It is authenticated together with the secret,
/// so that a row that is copied to another organization, connection, environment or field, or of
/// which the gateway's address or another setting that secrets are bound to is altered, cannot be
/// decrypted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) organization: &'a OrganizationId,
    pub(crate) provider: &'a ProviderId,
    pub(crate) connection: &'a ConnectionCode,
    pub(crate) environment: Environment,
    pub(crate) field: &'a str,
    pub(crate) binding: &'a SecretBinding,
}

impl Place<'_> {
    /// Returns the parts, each with its length before it, so that no two places give the same
    /// bytes. The parts of the binding come last, in pairs.
    pub(super) fn associated_data(&self, version: u8) -> Vec<u8> {
        let parts = [
            self.organization.as_str(),
            self.provider.as_str(),
            self.connection.as_str(),
            self.environment.as_str(),
            self.field,
        ];
        let binding = self.binding.iter();
        let binding = binding.flat_map(|(name, value)| [name, value]);
        let mut bytes = vec![version];
        for part in parts.into_iter().chain(binding) {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}
