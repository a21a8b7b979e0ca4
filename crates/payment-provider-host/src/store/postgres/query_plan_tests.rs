//! The query plans of PostgreSQL for the statements that run most, on tables of 100 000 rows.

use sqlx::AssertSqlSafe;

use crate::store::contract::postgres::Schema;
use crate::store::statement::Text;
use crate::store::tables::{
    cancels, checkouts, connection_deletion, connection_secrets, connections, customers,
    dedup_keys, deliveries, delivery_leases, delivery_pages, delivery_retention, disputes, history,
    key_uses, payables, payments, refunds, refused_deliveries, unmatched_targets,
};
use crate::store::{Store, audit, two_texts};

const FILL: &str = "
    INSERT INTO connections (organization_id, provider, code, name, environment, plain_settings,
            encrypted_settings, enabled, created_at)
        SELECT 'org' || i / 10, 'p', 'c' || i, 'n', 'sandbox', '{}', '{}', true, 1
        FROM generate_series(1, 100000) AS i;
    INSERT INTO connection_secrets (connection_pk, label, last_matched_at)
        SELECT i, 'k' || i, 1 FROM generate_series(1, 100000) AS i;
    INSERT INTO refused_deliveries (connection_pk, reason, refused, last_refused_at)
        SELECT i, 'unsigned', 1, 1 FROM generate_series(1, 100000) AS i;
    INSERT INTO customers (organization_id, customer_id, connection_pk, details, needs, linked_at)
        SELECT 'org' || i / 10, 'c' || i, i, '{}', '[]', 1 FROM generate_series(1, 100000) AS i;
    INSERT INTO payables (organization_id, payable_id, currency, amount, applicable, created_at)
        SELECT 'org' || i / 10, 'inv' || i, 'INR', 100, 100, 1 FROM generate_series(1, 100000) AS i;
    INSERT INTO checkouts (payable_pk, connection_pk, attempt, reference, customer_id, environment,
            currency, amount, partial, prepared, expires_at, state, tries, tried_at, gateway_id,
            conflicting, created_at)
        SELECT i, 1 + i / 1000, 1, 'r' || i, 'c' || i, 'sandbox', 'INR', 100, false, '{}', 1, 'open', 1, 1,
            'g' || i, false, 1
        FROM generate_series(1, 100000) AS i;
    INSERT INTO payments (checkout_pk, connection_pk, gateway_payment_id, order_id, status, currency,
            amount, details, allocation_outcome, applied, seen_at)
        SELECT i, 1 + i / 1000, 'p' || i, 'o' || i, 'succeeded', 'INR', 100, '{}', 'exact', 100, 1
        FROM generate_series(1, 100000) AS i;
    INSERT INTO refunds (checkout_pk, connection_pk, gateway_refund_id, gateway_payment_id, status,
            currency, amount, details, seen_at)
        SELECT i, 1 + i / 1000, 'f' || i, 'p' || i, 'succeeded', 'INR', 100, '{}', 1
        FROM generate_series(1, 100000) AS i;
    INSERT INTO disputes (checkout_pk, connection_pk, gateway_dispute_id, status, is_open, details, seen_at)
        SELECT i, 1 + i / 1000, 'd' || i, 'lost', false, '{}', 1 FROM generate_series(1, 100000) AS i;
    INSERT INTO cancels (checkout_pk, requested_at, attempts, next_attempt)
        SELECT i, i, i % 6, i FROM generate_series(1, 100000) AS i;
    INSERT INTO dedup_keys (connection_pk, dedup_key, payment_pk, applied_at)
        SELECT 1 + i / 1000, 'e' || i, i, 1 FROM generate_series(1, 100000) AS i;
    INSERT INTO deliveries (connection_pk, delivery_key, body, events, timestamp_check, received_at, state,
            next_attempt)
        SELECT 1 + i / 1000, 'd' || i, '', '[]', 'fresh', i,
            CASE WHEN i % 100 = 0 THEN 'pending' ELSE 'applied' END, i
        FROM generate_series(1, 100000) AS i;
    UPDATE deliveries SET dropped_at = 1 WHERE delivery_pk % 100 = 1;
    UPDATE deliveries SET state = 'unmatched' WHERE delivery_pk % 100 = 2;
    INSERT INTO unmatched_targets (connection_pk, name, delivery_pk)
        SELECT 1 + i / 1000, 'order:u' || i, i FROM generate_series(1, 100000) AS i;
    INSERT INTO history (payable_pk, at, event, detail, delivery_pk)
        SELECT i, i, 'mismatch', '', i FROM generate_series(1, 100000) AS i;
";

/// A statement, its parameters, and the indexes by which it has to find its rows.
type Hot = (Text, &'static [&'static str], &'static [&'static str]);

pub(super) const HOT: &[Hot] = &[
    (
        Text::Common(connections::BY_CODE),
        &["'org7'", "'c70'"],
        &["connections_organization_id_code_key"],
    ),
    (
        Text::Common(customers::BY_ID),
        &["'org7'", "'c70'"],
        &["customers_pkey", "connections_pkey"],
    ),
    (
        Text::Common(customers::LINK),
        &["'org7'", "'c70'"],
        &["customers_pkey"],
    ),
    (
        Text::Common(checkouts::OPEN_ELSEWHERE),
        &["'org7'", "'c70'"],
        &["checkouts_open", "connections_pkey", "customers_pkey"],
    ),
    (
        Text::Common(connections::PAGE_OF_ORGANIZATION),
        &["'org7'", "'c70'", "50"],
        &["connections_organization_id_code_key"],
    ),
    (
        Text::Common(connections::PAGE_OF_ALL),
        &["'org7'", "'c70'", "50"],
        &["connections_organization_id_code_key"],
    ),
    (
        Text::Common(connections::WALK),
        &["70", "50"],
        &["connections_pkey"],
    ),
    (
        Text::Common(key_uses::NEXT),
        &["'k7:1'"],
        &["connections_by_keys"],
    ),
    (
        Text::Common(key_uses::COUNT),
        &["'k7:1'"],
        &["connections_by_keys"],
    ),
    (
        Text::Common(connection_secrets::OF_CONNECTIONS),
        &["ARRAY[7]::bigint[]"],
        &["connection_secrets_pkey"],
    ),
    (
        Text::Common(refused_deliveries::OF_CONNECTIONS),
        &["ARRAY[7]::bigint[]"],
        &["refused_deliveries_pkey"],
    ),
    (
        Text::Common(refused_deliveries::ADD),
        &["7", "'unsigned'", "1", "1"],
        &["connections_pkey"],
    ),
    (
        Text::Common(connection_deletion::USE),
        &["7"],
        &[
            "customers_by_connection",
            "deliveries_parked",
            "payments_posted",
        ],
    ),
    (
        Text::Common(payables::BY_ID),
        &["'org7'", "'inv70'"],
        &["payables_organization_id_payable_id_key"],
    ),
    (
        Text::Common(payables::LOCK_BY_ROW_KEYS),
        &["ARRAY[7]::bigint[]", "ARRAY[7]::bigint[]"],
        &["payables_pkey", "checkouts_pkey"],
    ),
    (
        Text::Common(payables::LOCK_ALL),
        &[
            "7",
            "ARRAY[7]::bigint[]",
            "ARRAY[7]::bigint[]",
            "ARRAY['r7']",
            "ARRAY['g7']",
            "ARRAY['o7']",
            "ARRAY['e7']",
            "ARRAY['p7']",
            "ARRAY['f7']",
            "ARRAY['d7']",
        ],
        &[
            "checkouts_pkey",
            "checkouts_connection_pk_reference_key",
            "checkouts_by_gateway_id",
            "payments_by_order",
            "dedup_keys_pkey",
            "payments_connection_pk_gateway_payment_id_key",
            "refunds_connection_pk_gateway_refund_id_key",
            "disputes_connection_pk_gateway_dispute_id_key",
            "payables_pkey",
        ],
    ),
    (
        Text::Common(checkouts::OF_PAYABLES),
        &["ARRAY[7]::bigint[]"],
        &["checkouts_payable_pk_attempt_key", "connections_pkey"],
    ),
    (
        Text::Common(checkouts::BY_REFERENCE),
        &["7", "'r7'"],
        &["checkouts_connection_pk_reference_key"],
    ),
    (
        Text::Common(checkouts::BY_GATEWAY_ID),
        &["7", "'g7'"],
        &["checkouts_by_gateway_id"],
    ),
    (
        Text::Common(checkouts::BY_ORDER),
        &["7", "'o7'"],
        &["payments_by_order", "checkouts_pkey"],
    ),
    (
        Text::Common(checkouts::BY_PAYMENT),
        &["7", "'e7'"],
        &["dedup_keys_pkey", "payments_pkey", "checkouts_pkey"],
    ),
    (
        Text::Common(refunds::OF_PAYABLES),
        &["ARRAY[7]::bigint[]"],
        &["checkouts_payable_pk_attempt_key", "refunds_by_checkout"],
    ),
    (
        Text::Common(disputes::OF_PAYABLES),
        &["ARRAY[7]::bigint[]"],
        &["checkouts_payable_pk_attempt_key", "disputes_by_checkout"],
    ),
    (
        Text::Common(history::OF_PAYABLE),
        &["7"],
        &["history_by_payable"],
    ),
    (
        Text::Common(payments::OF_PAYABLES),
        &["ARRAY[7]::bigint[]"],
        &["checkouts_payable_pk_attempt_key", "payments_by_checkout"],
    ),
    (
        Text::Common(payments::NAMED),
        &[
            "7",
            "ARRAY['p7']",
            "ARRAY['e7']",
            "ARRAY['o7']",
            "'[[\"o7\"]]'",
            "ARRAY[7]::bigint[]",
            "ARRAY[7]::bigint[]",
        ],
        &[
            "payments_connection_pk_gateway_payment_id_key",
            "dedup_keys_pkey",
            "payments_by_order",
            "payments_by_checkout",
            "payments_pkey",
        ],
    ),
    (
        Text::Common(payments::POSTED),
        &["ARRAY[7]::bigint[]"],
        &[
            "checkouts_payable_pk_attempt_key",
            "Index Only Scan using payments_posted",
        ],
    ),
    (
        Text::Common(dedup_keys::OF_PAYMENTS),
        &["ARRAY[7]::bigint[]"],
        &["dedup_keys_by_payment"],
    ),
    (
        Text::Common(history::REFUNDS_OF_PAYABLES),
        &["ARRAY[7]::bigint[]"],
        &["history_by_payable"],
    ),
    (
        Text::PerEngine(&two_texts::RECEIVE),
        &[
            "7",
            "'new'",
            "''::bytea",
            "'[]'",
            "'fresh'",
            "'k7'",
            "7",
            "'pending'",
            "false",
            "60000",
        ],
        &[
            // A conflicting row is found by the index that the INSERT names.
            "deliveries_connection_pk_delivery_key_key",
            "connections_pkey",
            "connection_secrets_pkey",
        ],
    ),
    (
        Text::Common(delivery_leases::LEASE),
        &["'me'", "5000", "6000", "8", "3605000"],
        &["deliveries_new", "deliveries_due", "deliveries_pkey"],
    ),
    (
        Text::Common(delivery_leases::SHORTEN_WAITS),
        &["3605000"],
        &["deliveries_due"],
    ),
    (
        Text::Common(delivery_leases::RENEW),
        &["7", "'me'", "6000"],
        &["deliveries_pkey"],
    ),
    (
        Text::Common(delivery_retention::DROP_APPLIED),
        &["500", "200", "''::bytea", "7"],
        &["deliveries_applied", "deliveries_pkey"],
    ),
    (
        Text::Common(delivery_retention::DROP_UNAPPLIED),
        &["500", "200", "''::bytea", "7"],
        &["deliveries_unapplied", "deliveries_pkey"],
    ),
    (
        Text::Common(delivery_retention::REMOVABLE),
        &["500", "200"],
        &["deliveries_dropped"],
    ),
    (
        Text::Common(delivery_retention::FORGET_NAMES),
        &["ARRAY[7]::bigint[]"],
        &["unmatched_targets_by_delivery"],
    ),
    (
        Text::Common(delivery_retention::UNLINK_HISTORY),
        &["ARRAY[7]::bigint[]"],
        &["history_of_delivery"],
    ),
    (
        Text::Common(delivery_retention::REMOVE),
        &["ARRAY[7]::bigint[]"],
        &["deliveries_pkey", "unmatched_targets_by_delivery"],
    ),
    (
        Text::Common(cancels::LEASE),
        &["500", "600", "8"],
        &["cancels_due", "cancels_pkey"],
    ),
    (
        Text::Common(cancels::SHORTEN_WAITS),
        &["3605000"],
        &["cancels_due"],
    ),
    (
        Text::Common(cancels::OF_PAYABLE),
        &["7"],
        &["checkouts_payable_pk_attempt_key", "cancels_pkey"],
    ),
    (
        Text::Common(cancels::FAILING),
        &["50"],
        &["cancels_failing", "checkouts_pkey"],
    ),
    (
        Text::Common(unmatched_targets::TAKE),
        &["7", "ARRAY['order:u7000']"],
        &["unmatched_targets_pkey"],
    ),
    (
        Text::Common(unmatched_targets::REQUEUE),
        &["ARRAY[7000]::bigint[]", "7"],
        &["deliveries_pkey"],
    ),
    (
        Text::PerEngine(&delivery_pages::PAGE),
        &["'org7'", "NULL", "65000", "50"],
        &[
            "connections_organization_id_code_key",
            "deliveries_by_connection",
            "deliveries_pkey",
        ],
    ),
    (
        Text::PerEngine(&delivery_pages::PAGE_IN_STATE),
        &["'org7'", "NULL", "65000", "50", "'applied'"],
        &[
            "connections_organization_id_code_key",
            "deliveries_by_state",
            "deliveries_pkey",
        ],
    ),
    (
        Text::Common(deliveries::BY_KEY),
        &["7", "'d6500'"],
        &["deliveries_connection_pk_delivery_key_key"],
    ),
    (
        Text::Common(audit::PAYABLES),
        &["6000", "NULL", "500"],
        &["payables_pkey"],
    ),
    (
        Text::Common(audit::PAYMENTS),
        &["6000", "6500", "NULL"],
        &[
            "payables_pkey",
            "checkouts_payable_pk_attempt_key",
            "payments_by_checkout",
        ],
    ),
    (
        Text::Common(audit::REFUNDS),
        &["6000", "6500", "NULL"],
        &[
            "payables_pkey",
            "checkouts_payable_pk_attempt_key",
            "refunds_by_checkout",
        ],
    ),
    (
        Text::Common(audit::INCOMPLETE_LISTS),
        &["7", "NULL", "500"],
        &["checkouts_incomplete", "payables_pkey"],
    ),
    (
        Text::Common(dedup_keys::PAYMENTS),
        &[r#"'[[7, "e7"], [8, "e8"]]'"#],
        &["dedup_keys_pkey"],
    ),
];

async fn plan(store: &Store, statement: Text, parameters: &[&str]) -> String {
    let mut sql = store.sql(statement, true).as_str().to_owned();
    for (number, value) in parameters.iter().enumerate().rev() {
        sql = sql.replace(&format!("${}", number + 1), value);
    }
    let lines: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {sql}")))
        .fetch_all(store.postgres().unwrap())
        .await
        .unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn hot_statements_find_their_rows_by_an_index() {
    let schema = Schema::new();
    let store = schema.open().await;
    let path = format!("SET LOCAL search_path = {};", schema.name);
    let fill = AssertSqlSafe(format!("BEGIN; {path} {FILL} COMMIT; ANALYZE"));
    sqlx::raw_sql(fill)
        .execute(store.postgres().unwrap())
        .await
        .unwrap();
    // Rows that all transactions see need not be looked up beside an index that has their columns.
    sqlx::raw_sql(AssertSqlSafe(format!("VACUUM {}.payments", schema.name)))
        .execute(store.postgres().unwrap())
        .await
        .unwrap();
    for (statement, parameters, indexes) in HOT {
        let plan = plan(&store, *statement, parameters).await;
        println!("{statement:?}\n{plan}\n");
        assert!(!plan.contains("Seq Scan"), "{plan}");
        for index in *indexes {
            assert!(plan.contains(index), "{index} is not used:\n{plan}");
        }
    }
}
