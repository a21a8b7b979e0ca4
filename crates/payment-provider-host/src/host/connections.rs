//! The methods for connections and customers.

use payment_provider_core::{
    ConnectionCheck, ConnectionCode, ConnectionSettings, Customer, CustomerId, OrganizationId,
};
use secrecy::SecretString;

use super::Host;
use crate::connection_ref::ConnectionRef;
use crate::connections::{
    Connection, KeyRotationReport, LinkedCustomer, NewConnection, SettingsChange,
};
use crate::error::Error;
use crate::page::{Page, PageRequest};
use crate::workflows::{LinkOutcome, UnlinkOutcome};

impl Host {
    /// Adds a connection, or changes the settings of the existing one, so that a host can declare
    /// its connections at each start.
    ///
    /// **Contract.** Settings of an existing connection that are not given here are kept, and so is
    /// its name. A secret that is stored already is not written again.
    ///
    /// **Errors.** As those of [`add_connection`](Self::add_connection) and
    /// [`change_settings`](Self::change_settings).
    ///
    /// **Idempotency.** By organization and code.
    pub async fn ensure_connection(&self, new: NewConnection) -> Result<Connection, Error> {
        self.inner.connections.ensure_connection(new).await
    }

    /// Adds a connection. No request is sent to the gateway; see
    /// [`check_connection`](Self::check_connection).
    ///
    /// **Errors.** [`Invalid`](crate::error::ErrorKind::Invalid) with all violations;
    /// [`Conflict::CodeTaken`](crate::error::Conflict::CodeTaken).
    pub async fn add_connection(&self, new: NewConnection) -> Result<Connection, Error> {
        self.inner.connections.add_connection(new).await
    }

    /// Enables or disables new checkouts through a connection. Its webhooks are received either way.
    pub async fn set_connection_enabled(
        &self,
        connection: &ConnectionRef,
        enabled: bool,
    ) -> Result<Connection, Error> {
        self.inner
            .connections
            .set_connection_enabled(connection, enabled)
            .await
    }

    /// Returns one connection.
    pub async fn connection(&self, connection: &ConnectionRef) -> Result<Connection, Error> {
        self.inner.connections.connection(connection).await
    }

    /// Returns a page of the connections of one organization or of all, by organization and then by code.
    /// The cost of a page does not depend on the number of connections.
    ///
    /// **Errors.** [`Invalid`](crate::error::ErrorKind::Invalid) for a cursor of another list.
    pub async fn connections(
        &self,
        organization: Option<&OrganizationId>,
        page: &PageRequest,
    ) -> Result<Page<Connection>, Error> {
        self.inner.connections.connections(organization, page).await
    }

    /// Asks the gateway whether a connection works. The request is read-only.
    pub async fn check_connection(
        &self,
        connection: &ConnectionRef,
    ) -> Result<ConnectionCheck, Error> {
        self.inner.connections.check_connection(connection).await
    }

    /// Replaces all settings of a connection. [`change_settings`](Self::change_settings) replaces some.
    ///
    /// **Errors.** All violations at once; the environment cannot change.
    pub async fn replace_settings(
        &self,
        connection: &ConnectionRef,
        settings: &ConnectionSettings,
    ) -> Result<Connection, Error> {
        self.inner
            .connections
            .replace_settings(connection, settings)
            .await
    }

    /// Changes some settings of a connection and keeps all others, so that a secret need not be entered
    /// again for a change that does not concern it. The result is checked as a whole.
    ///
    /// **Contract.** Concurrent changes are made one after the other: changes of different settings
    /// are all kept; of several changes of one setting, the last one counts.
    ///
    /// Secrets are bound to the settings that decide to which address and as which account they are sent
    /// ([`SettingField::binds_secrets`](payment_provider_core::SettingField::binds_secrets)): a change of
    /// one of these has to give all secrets again.
    ///
    /// **Errors.** All violations at once, among them each secret that has to be given again; the
    /// environment cannot change. Stored secrets that the change does not name have to decrypt.
    pub async fn change_settings(
        &self,
        connection: &ConnectionRef,
        change: &SettingsChange,
    ) -> Result<Connection, Error> {
        self.inner
            .connections
            .change_settings(connection, change)
            .await
    }

    /// Puts a new secret first in a list of secrets
    /// ([`SettingKind::SecretList`](payment_provider_core::SettingKind::SecretList)). It is used for calls
    /// from now on; the older ones still verify deliveries until [`retire_secrets`](Self::retire_secrets).
    ///
    /// **Contract.** Concurrent rotations are made one after the other; none is lost.
    ///
    /// **Errors.** [`Invalid`](crate::error::ErrorKind::Invalid) if the setting is not a list of secrets, or
    /// the secret is not valid.
    ///
    /// **Idempotency.** A secret that is first already changes nothing. An older one moves to the front,
    /// which undoes a rotation.
    pub async fn rotate_secret(
        &self,
        connection: &ConnectionRef,
        field: &str,
        new: SecretString,
    ) -> Result<Connection, Error> {
        self.inner
            .connections
            .rotate_secret(connection, field, new)
            .await
    }

    /// Removes all secrets of a list but the first. Deliveries signed with one of the others are
    /// refused from now on; [`Connection::secret_uses`] shows whether any are still expected.
    ///
    /// **Errors.** [`Invalid`](crate::error::ErrorKind::Invalid) if the setting is not a list of secrets.
    ///
    /// **Idempotency.** A list of one stays unchanged.
    pub async fn retire_secrets(
        &self,
        connection: &ConnectionRef,
        field: &str,
    ) -> Result<Connection, Error> {
        self.inner
            .connections
            .retire_secrets(connection, field)
            .await
    }

    /// Deletes a connection through which no more money is expected.
    ///
    /// **Contract.** No call finds the connection any more, its settings and secrets are erased,
    /// and its deliveries are refused like those of an unknown connection. Checkouts and payments
    /// that were made through it stay in the ledger under its code. No other connection of the
    /// organization can have that code, because checkout references are derived from it. A
    /// concurrent delivery is either stored, and then this call is refused, or is refused itself.
    /// To stop new checkouts only, see [`set_connection_enabled`](Self::set_connection_enabled).
    ///
    /// **Errors.** [`Refusal::ConnectionInUse`](crate::error::Refusal::ConnectionInUse) with all reasons.
    ///
    /// **Idempotency.** A deleted connection is not found.
    pub async fn delete_connection(&self, connection: &ConnectionRef) -> Result<(), Error> {
        self.inner.connections.delete_connection(connection).await
    }

    /// Encrypts with the current key every stored secret that a former key encrypted
    /// ([`EncryptionKeys`](crate::encryption::EncryptionKeys)). Decrypts every secret on the way.
    ///
    /// **Contract.** Once this returns without [`undecryptable`](KeyRotationReport::undecryptable)
    /// connections, and no process encrypts with a former key any more, no stored secret needs a
    /// former key. Every process must have the new key, at least as a former one, before this
    /// begins. Settings can be changed meanwhile; no change is lost. A secret that does not decrypt
    /// stays stored unchanged.
    ///
    /// At the end the current key is recorded as that of the hosts: from then on a host that starts needs
    /// it, and no longer the former one.
    ///
    /// **Cancellation.** Completed batches stay; the next call continues with the rest.
    ///
    /// **Idempotency.** Secrets that are encrypted with the current key are not written.
    pub async fn rotate_encryption_key(&self) -> Result<KeyRotationReport, Error> {
        self.inner.connections.rotate_encryption_key().await
    }

    /// Returns a customer with the details of the latest link; `None` if the customer is linked to
    /// no connection.
    pub async fn linked_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<LinkedCustomer>, Error> {
        self.inner
            .connections
            .linked_customer(organization, customer)
            .await
    }

    /// Returns the connection through which a customer pays, if the customer is linked to one.
    pub async fn connection_of_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<ConnectionCode>, Error> {
        self.inner
            .connections
            .connection_of_customer(organization, customer)
            .await
    }

    /// Links a customer to a connection. A repeated link stores the present details of the
    /// customer.
    ///
    /// **Contract.** Linking to another connection moves the customer. The link is stored first; from then
    /// on the customer's checkouts are requested there. Then the checkouts that the customer could still
    /// pay through other connections are ended at the gateway. Checkouts that cannot be ended are in the
    /// outcome, and are watched until they expire. A concurrent call of
    /// [`payment_url`](Self::payment_url) ends the checkout that it makes.
    ///
    /// **Errors.** An error after the link was stored leaves checkouts open, which a repeated call
    /// ends.
    ///
    /// **Idempotency.** By organization and customer id. A repeat completes an interrupted call.
    pub async fn link_customer(
        &self,
        connection: &ConnectionRef,
        customer: &Customer,
    ) -> Result<LinkOutcome, Error> {
        self.inner
            .workflows
            .link_customer(connection, customer)
            .await
    }

    /// Removes the link of a customer to a connection, and the stored details of the customer.
    ///
    /// **Contract.** The link is removed first, so that no new checkout is requested. Then the customer's
    /// checkouts are ended at the gateway. Checkouts that cannot be ended are in the outcome, and are
    /// watched until they expire.
    ///
    /// **Idempotency.** A customer without a link stays so; a repeat completes an interrupted call.
    pub async fn unlink_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<UnlinkOutcome, Error> {
        self.inner
            .workflows
            .unlink_customer(organization, customer)
            .await
    }
}
