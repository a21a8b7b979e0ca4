use payment_provider_core::{Currency, CustomerId, Money, OrganizationId, Pii};

use crate::accounting::{CheckoutRecord, TargetName};
use crate::payable_id::PayableId;
use crate::store::nul_escape::name_key;
use crate::store::row::{Row, json};
use crate::store::statement::statement;
use crate::store::{Result, Store, StoreError, Transaction};

/// A checkout that may take money, and its payable.
#[derive(Debug, Clone)]
pub(crate) struct OpenCheckoutRow {
    pub payable: PayableId,
    pub checkout: CheckoutRecord,
}

pub(super) const COLUMNS: &[&str] = &[
    "checkout_pk",
    "payable_pk",
    "connection_pk",
    "attempt",
    "reference",
    "customer_id",
    "environment",
    "currency",
    "amount",
    "partial",
    "prepared",
    "expires_at",
    "state",
    "tries",
    "tried_at",
    "gateway_id",
    "url",
    "gateway_paid",
    "written_off",
    "conflicting",
    "list_incomplete",
    "list_begun_at",
    "created_at",
];

/// The maximum number of lookups of a checkout by name. A lookup is repeated after each wait for
/// the lock of its payable, since the name may have moved to another payable meanwhile.
const MAX_MOVES: usize = 4;

const INSERT: &str = "INSERT INTO @checkouts (expires_at, state, tries, tried_at, gateway_id, url,
         gateway_paid, written_off, conflicting, list_incomplete, list_begun_at, payable_pk,
         connection_pk, attempt, reference, customer_id, environment, currency, amount, partial,
         prepared, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
         $21, $22)
     RETURNING checkout_pk";

const UPDATE: &str = "UPDATE @checkouts SET expires_at = $1, state = $2, tries = $3, tried_at = $4,
         gateway_id = $5, url = $6, gateway_paid = $7, written_off = $8, conflicting = $9,
         list_incomplete = $10, list_begun_at = $11
     WHERE checkout_pk = $12 RETURNING checkout_pk";

/// Selects checkouts with the codes of their connections.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT #checkouts, connections.code AS code
             FROM @checkouts JOIN @connections USING (connection_pk) ",
            $condition
        )
    };
}

pub(in crate::store) const OF_PAYABLES: &str =
    select!("WHERE payable_pk {any $1} ORDER BY payable_pk, attempt");

pub(in crate::store) const BY_REFERENCE: &str =
    select!("WHERE connection_pk = $1 AND reference = $2");

/// Finds one checkout; if the gateway reuses its ids, the newest.
pub(in crate::store) const BY_GATEWAY_ID: &str =
    select!("WHERE connection_pk = $1 AND gateway_id = $2 ORDER BY checkout_pk DESC LIMIT 1");

pub(in crate::store) const BY_ORDER: &str = select!(
    "WHERE checkout_pk = (SELECT checkout_pk FROM @payments
         WHERE connection_pk = $1 AND order_id = $2 ORDER BY payment_pk LIMIT 1)"
);

pub(in crate::store) const BY_PAYMENT: &str = select!(
    "WHERE checkout_pk = (SELECT checkout_pk FROM @payments
         WHERE payment_pk = (SELECT payment_pk FROM @dedup_keys
             WHERE connection_pk = $1 AND dedup_key = $2))"
);

pub(in crate::store) const OPEN_ELSEWHERE: &str =
    "SELECT #checkouts, connections.code AS code, payables.payable_id AS payable_id
     FROM @connections JOIN @checkouts USING (connection_pk) JOIN @payables USING (payable_pk)
     LEFT JOIN @customers ON customers.organization_id = $1 AND customers.customer_id = $2
     WHERE connections.organization_id = $1 AND checkouts.customer_id = $2
         AND checkouts.state IN ('creating', 'open', 'partially_paid')
         AND customers.connection_pk IS DISTINCT FROM checkouts.connection_pk
     ORDER BY checkout_pk";

impl Store {
    /// Returns the checkouts of a customer that may take money on other connections than the one that
    /// the customer is linked to.
    pub(crate) async fn open_checkouts_elsewhere(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Vec<OpenCheckoutRow>> {
        let open = |row: &Row<'_>| {
            Ok(OpenCheckoutRow {
                payable: row.parsed("payable_id")?,
                checkout: read(row)?,
            })
        };
        let find = statement!(
            "find open checkouts",
            OPEN_ELSEWHERE,
            organization,
            customer
        );
        self.fetch_all(find, open).await
    }
}

/// Operations on checkouts. In a transaction that writes, the payable of a checkout is locked
/// before the checkout is read.
impl Transaction {
    /// Writes a checkout and returns its key. A new one has the key 0.
    pub(crate) async fn put_checkout(&mut self, row: &CheckoutRecord) -> Result<i64> {
        let text = if row.pk == 0 { INSERT } else { UPDATE };
        let currency = row.amount.currency();
        let put = statement!("write a checkout", text, row.expires_at, row.state.as_str())
            .bind(row.tries)
            .bind(row.tried_at)
            .bind(&row.gateway_id)
            .bind(row.url.as_ref().map(Pii::expose))
            .bind(row.gateway_paid)
            .bind(row.written_off)
            .bind(row.conflicting)
            .bind(row.has_incomplete_list())
            .bind(row.list_begun_at);
        let put = if row.pk == 0 {
            put.bind(row.payable_pk)
                .bind(row.connection_pk)
                .bind(row.attempt)
                .bind(&row.reference)
                .bind(&row.customer)
                .bind(row.environment.as_str())
                .bind(currency.code())
                .bind(row.amount.minor_units())
                .bind(row.partial)
                .bind(json(&row.prepared)?)
                .bind(row.created_at)
        } else {
            put.bind(row.pk)
        };
        self.fetch_one(put, |row| row.number("checkout_pk")).await
    }

    /// Finds a checkout by one of its names within its connection.
    pub(crate) async fn checkout_by_name(
        &mut self,
        connection_pk: i64,
        name: &TargetName,
    ) -> Result<Option<CheckoutRecord>> {
        for _ in 0..MAX_MOVES {
            let Some(found) = self.find_checkout(connection_pk, name).await? else {
                return Ok(None);
            };
            if self.has_locked(found.payable_pk) {
                return Ok(Some(found));
            }
            // The row may have changed by the time its payable is locked.
            #[cfg(feature = "postgres")]
            self.lock_payable(found.payable_pk).await?;
        }
        Err(StoreError::lost_race("find a checkout"))
    }

    /// Returns true if a checkout has one of these names. Locks no payable.
    pub(super) async fn knows_any(
        &mut self,
        connection_pk: i64,
        names: &[TargetName],
    ) -> Result<bool> {
        for name in names {
            if self.find_checkout(connection_pk, name).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn find_checkout(
        &mut self,
        connection_pk: i64,
        name: &TargetName,
    ) -> Result<Option<CheckoutRecord>> {
        let text = match name {
            TargetName::Reference(_) => BY_REFERENCE,
            TargetName::GatewayId(_) => BY_GATEWAY_ID,
            TargetName::Order(_) => BY_ORDER,
            TargetName::Payment(_) => BY_PAYMENT,
        };
        let key = name_key(name);
        let find = statement!("find a checkout", text, connection_pk, &*key);
        self.fetch_optional(find, read).await
    }
}

pub(in crate::store) fn read(row: &Row<'_>) -> Result<CheckoutRecord> {
    let currency: Currency = row.parsed("currency")?;
    // An earlier version of the runtime records no time.
    let begun_at = row.optional_number("list_begun_at")?;
    let begun_at = begun_at.map_or_else(|| row.number("created_at"), Ok)?;
    Ok(CheckoutRecord {
        pk: row.number("checkout_pk")?,
        payable_pk: row.number("payable_pk")?,
        connection_pk: row.number("connection_pk")?,
        connection: row.parsed("code")?,
        attempt: row.number("attempt")?,
        reference: row.parsed("reference")?,
        customer: row.parsed("customer_id")?,
        environment: row.parsed("environment")?,
        amount: Money::from_minor_units(row.number("amount")?, currency),
        partial: row.flag("partial")?,
        prepared: row.json("prepared")?,
        expires_at: row.number("expires_at")?,
        state: row.variant("state")?,
        tries: row.number("tries")?,
        tried_at: row.number("tried_at")?,
        gateway_id: row.optional_text("gateway_id")?,
        url: row.optional_text("url")?.map(Pii::new),
        gateway_paid: row.number("gateway_paid")?,
        written_off: row.number("written_off")?,
        conflicting: row.flag("conflicting")?,
        list_begun_at: row.flag("list_incomplete")?.then_some(begun_at),
        created_at: row.number("created_at")?,
        posted: 0,
        has_payment: false,
    })
}
