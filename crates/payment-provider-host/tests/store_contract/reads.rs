//! Reads of single records, on top of whole accounts, as the cases need them.

use payment_provider_core::{DedupKey, OrganizationId, PaymentId, RefundId};

use crate::accounting::{
    CheckoutRecord, PayableRecord, PaymentRecord, RefundRecord, TargetName, Tracked,
};
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::tables::deliveries::shown;
use crate::store::{
    AccountKeys, ConnectionRow, DeliveryRow, Result, Store, StoreError, Transaction,
};

fn values<T: Clone>(rows: Vec<Tracked<T>>) -> Vec<T> {
    rows.into_iter().map(|row| T::clone(&row)).collect()
}

const LATEST: &str = "SELECT #deliveries FROM @deliveries WHERE connection_pk = $1
     ORDER BY delivery_pk DESC LIMIT $2";

impl Store {
    /// Returns the latest deliveries of a connection, newest first.
    pub(crate) async fn deliveries(
        &self,
        connection_pk: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>> {
        let find = statement!("read the inbox", LATEST, connection_pk, limit);
        self.fetch_all(find, |row: &Row<'_>| shown(row)).await
    }

    /// Returns the connections of one organization or of all, by organization and code.
    pub(crate) async fn connections(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<Vec<ConnectionRow>> {
        self.connections_after(organization, None, 1_000).await
    }
}

impl Transaction {
    pub(crate) async fn payable_by_pk(&mut self, pk: i64) -> Result<PayableRecord> {
        Ok(PayableRecord::clone(&self.account(pk).await?.payable))
    }

    pub(crate) async fn checkouts_of(&mut self, payable_pk: i64) -> Result<Vec<CheckoutRecord>> {
        Ok(values(self.account(payable_pk).await?.checkouts))
    }

    pub(crate) async fn checkout_by_pk(&mut self, pk: i64) -> Result<CheckoutRecord> {
        let account = self.account_of_checkout(pk).await?;
        let found = account.checkout(pk).cloned();
        found.ok_or_else(|| StoreError::new("read a checkout", sqlx::Error::RowNotFound))
    }

    pub(crate) async fn payments_of_payable(
        &mut self,
        payable_pk: i64,
    ) -> Result<Vec<PaymentRecord>> {
        let keys = AccountKeys {
            payables: &[payable_pk],
            with_all_payments: true,
            ..AccountKeys::default()
        };
        let found = self.accounts(&keys).await?;
        Ok(found
            .into_iter()
            .flat_map(|row| values(row.payments))
            .collect())
    }

    pub(crate) async fn payments_of_checkout(
        &mut self,
        checkout_pk: i64,
    ) -> Result<Vec<PaymentRecord>> {
        let account = self.account_of_checkout(checkout_pk).await?;
        let mut found = self.payments_of_payable(account.payable.pk).await?;
        found.retain(|row| row.checkout_pk == checkout_pk);
        Ok(found)
    }

    /// Writes a payment and returns its key. A new one has the key 0.
    pub(crate) async fn put_payment(&mut self, row: &PaymentRecord) -> Result<i64> {
        if row.pk == 0 {
            return Ok(self.insert_payments(&[row]).await?[0]);
        }
        self.update_payment(row).await?;
        Ok(row.pk)
    }

    pub(crate) async fn add_dedup_key(
        &mut self,
        connection_pk: i64,
        key: &DedupKey,
        payment_pk: i64,
        at: i64,
    ) -> Result<()> {
        self.add_dedup_keys(&[(connection_pk, key, payment_pk)], at)
            .await
    }

    pub(crate) async fn payment_by_id(
        &mut self,
        connection_pk: i64,
        id: &PaymentId,
    ) -> Result<Option<PaymentRecord>> {
        let keys = AccountKeys {
            connection_pk,
            payments: vec![id.as_str()],
            ..AccountKeys::default()
        };
        let accounts = self.accounts(&keys).await?;
        let payments = accounts.into_iter().flat_map(|row| values(row.payments));
        let mut found =
            payments.filter(|row| row.connection_pk == connection_pk && row.payment.id == *id);
        Ok(found.next())
    }

    pub(crate) async fn refunds_of_payable(
        &mut self,
        payable_pk: i64,
    ) -> Result<Vec<RefundRecord>> {
        Ok(values(self.account(payable_pk).await?.refunds))
    }

    pub(crate) async fn refund_by_id(
        &mut self,
        connection_pk: i64,
        id: &RefundId,
    ) -> Result<Option<RefundRecord>> {
        let keys = AccountKeys {
            connection_pk,
            refunds: vec![id.as_str()],
            ..AccountKeys::default()
        };
        let accounts = self.accounts(&keys).await?;
        let refunds = accounts.into_iter().flat_map(|row| values(row.refunds));
        let mut found =
            refunds.filter(|row| row.connection_pk == connection_pk && row.refund.id == *id);
        Ok(found.next())
    }

    pub(crate) async fn lock_payables(
        &mut self,
        connection_pk: i64,
        names: &[TargetName],
        checkouts: &[i64],
    ) -> Result<()> {
        let keys = AccountKeys {
            connection_pk,
            checkouts,
            names,
            ..AccountKeys::default()
        };
        self.lock_accounts(&keys).await.map(drop)
    }

    pub(crate) async fn payment_of_dedup_key(
        &mut self,
        connection_pk: i64,
        key: &DedupKey,
    ) -> Result<Option<i64>> {
        let found = self
            .payments_of_dedup_keys(&[(connection_pk, key.clone())])
            .await?;
        Ok(found.into_iter().next().flatten())
    }
}
