//! The tables of the application.

/// Schema of the application. Amounts are in minor units of the currency. Times are in milliseconds
/// since the Unix epoch, those of sessions in seconds. `NUMBER`, `BYTES`, `TABLE` and `BYTEWISE` are
/// placeholders for syntax that differs between the two databases.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS billing_customers (
    id                    TEXT PRIMARY KEY,
    organization_id       TEXT NOT NULL,
    external_id           TEXT NOT NULL,
    name                  TEXT,
    email                 TEXT,
    phone                 TEXT,
    payment_provider      TEXT,
    payment_provider_code TEXT,
    created_at            NUMBER NOT NULL,
    UNIQUE (organization_id, external_id),
    CHECK ((payment_provider IS NULL) = (payment_provider_code IS NULL))
) TABLE;
CREATE TABLE IF NOT EXISTS billing_invoices (
    id                TEXT PRIMARY KEY,
    organization_id   TEXT NOT NULL,
    customer_id       TEXT NOT NULL REFERENCES billing_customers,
    amount_cents      NUMBER NOT NULL CHECK (amount_cents > 0),
    currency          TEXT NOT NULL,
    purpose           TEXT NOT NULL,
    payment_status    TEXT NOT NULL DEFAULT 'pending',
    amount_paid_cents NUMBER NOT NULL DEFAULT 0,
    overpaid_cents    NUMBER NOT NULL DEFAULT 0,
    voided_at         NUMBER,
    created_at        NUMBER NOT NULL
) TABLE;
-- The texts by which a customer is found, in lower case.
CREATE TABLE IF NOT EXISTS billing_customer_words (
    customer_id TEXT NOT NULL REFERENCES billing_customers,
    word        TEXT BYTEWISE NOT NULL,
    PRIMARY KEY (customer_id, word)
) TABLE;
CREATE TABLE IF NOT EXISTS billing_session_salt (
    only_row NUMBER PRIMARY KEY CHECK (only_row = 1),
    salt     BYTES NOT NULL
) TABLE;
-- Hashes of signed-in sessions that were ended before they expired. A row ends when its session would have.
CREATE TABLE IF NOT EXISTS billing_ended_sessions (
    session    TEXT PRIMARY KEY,
    expires_at NUMBER NOT NULL
) TABLE;
-- The API keys of organizations.
CREATE TABLE IF NOT EXISTS billing_api_keys (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    name            TEXT NOT NULL,
    secret_hash     BYTES NOT NULL,
    created_at      NUMBER NOT NULL,
    revoked_at      NUMBER
) TABLE;
-- Requests that were sent with an idempotency key, for a day. The hash of the body is keyed. The answer is the
-- JSON text of the ids and reasons from which it is built again, without personal data; null while a request runs.
CREATE TABLE IF NOT EXISTS billing_idempotency_keys (
    organization_id TEXT NOT NULL,
    route           TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body_hash       BYTES NOT NULL,
    owner           TEXT NOT NULL,
    lease_until     NUMBER NOT NULL,
    status          NUMBER,
    answer          TEXT,
    created_at      NUMBER NOT NULL,
    PRIMARY KEY (organization_id, route, idempotency_key)
) TABLE;
CREATE INDEX IF NOT EXISTS billing_invoices_by_organization
    ON billing_invoices (organization_id, created_at);
CREATE INDEX IF NOT EXISTS billing_invoices_by_organization_and_id
    ON billing_invoices (organization_id, id);
CREATE INDEX IF NOT EXISTS billing_customer_words_by_word
    ON billing_customer_words (word, customer_id);
CREATE INDEX IF NOT EXISTS billing_ended_sessions_by_expiry
    ON billing_ended_sessions (expires_at);
CREATE INDEX IF NOT EXISTS billing_api_keys_by_organization
    ON billing_api_keys (organization_id, id);
CREATE INDEX IF NOT EXISTS billing_idempotency_keys_by_age
    ON billing_idempotency_keys (created_at);
";

/// Returns the schema for one of the two databases.
pub(super) fn text(for_sqlite: bool) -> String {
    let (number, bytes, table, bytewise) = if for_sqlite {
        ("INTEGER", "BLOB", "STRICT", "COLLATE BINARY")
    } else {
        ("BIGINT", "BYTEA", "", "COLLATE \"C\"")
    };
    TABLES
        .replace(") TABLE;", &format!(") {table};"))
        .replace("NUMBER", number)
        .replace("BYTES", bytes)
        .replace("BYTEWISE", bytewise)
}
