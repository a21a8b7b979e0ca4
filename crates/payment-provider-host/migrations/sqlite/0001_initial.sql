-- Times are whole milliseconds since 1970-01-01 UTC. Amounts are whole numbers of the currency's
-- smallest unit. Identifiers that end in _pk are this database's own.

-- One row: a random id that goes into every checkout reference, so that two databases that share
-- one account at the gateway never make the same reference.
CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id       TEXT NOT NULL
) STRICT;

-- One merchant account at one gateway. Secrets are in `sealed_settings` only.
CREATE TABLE connections (
    connection_pk   INTEGER PRIMARY KEY,
    organization_id TEXT NOT NULL,
    provider        TEXT NOT NULL,
    code            TEXT NOT NULL,
    name            TEXT NOT NULL,
    environment     TEXT NOT NULL CHECK (environment IN ('sandbox', 'production')),
    plain_settings  TEXT NOT NULL,
    sealed_settings TEXT NOT NULL,
    -- Rises with every change of the settings: one that is based on older ones is not written.
    settings_version INTEGER NOT NULL DEFAULT 1,
    enabled         INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    -- Label of the secret that verified the latest delivery, and when that arrived.
    matched_secret  TEXT,
    matched_at      INTEGER,
    created_at      INTEGER NOT NULL,
    UNIQUE (organization_id, code)
) STRICT;

-- Which customer pays through which connection.
CREATE TABLE customers (
    organization_id TEXT NOT NULL,
    customer_id     TEXT NOT NULL,
    connection_pk   INTEGER NOT NULL REFERENCES connections,
    remote_id       TEXT,
    details         TEXT NOT NULL,
    -- What the gateway still needs of them before they can be asked for money.
    needs           TEXT NOT NULL,
    linked_at       INTEGER NOT NULL,
    PRIMARY KEY (organization_id, customer_id)
) STRICT, WITHOUT ROWID;

-- What is owed, as the host told it, and what came in for it.
-- received = credited + surplus, all in the payable's currency, always.
CREATE TABLE payables (
    payable_pk      INTEGER PRIMARY KEY,
    organization_id TEXT NOT NULL,
    payable_id      TEXT NOT NULL,
    currency        TEXT NOT NULL,
    amount          INTEGER NOT NULL CHECK (amount > 0),
    -- What may be credited: the amount, or once closed what was credited by then.
    creditable      INTEGER NOT NULL CHECK (creditable >= 0),
    received        INTEGER NOT NULL DEFAULT 0 CHECK (received >= 0),
    credited        INTEGER NOT NULL DEFAULT 0,
    surplus         INTEGER NOT NULL DEFAULT 0,
    closed          TEXT CHECK (closed IN ('settled', 'voided')),
    created_at      INTEGER NOT NULL,
    UNIQUE (organization_id, payable_id),
    CHECK (received = credited + surplus AND credited >= 0 AND surplus >= 0),
    CHECK (credited <= creditable)
) STRICT;

-- One attempt to ask for money. Stored, with the bytes to send, before the gateway is called.
CREATE TABLE checkouts (
    checkout_pk   INTEGER PRIMARY KEY,
    payable_pk    INTEGER NOT NULL REFERENCES payables,
    connection_pk INTEGER NOT NULL REFERENCES connections,
    attempt       INTEGER NOT NULL,
    reference     TEXT NOT NULL,
    customer_id   TEXT NOT NULL,
    environment   TEXT NOT NULL,
    currency      TEXT NOT NULL,
    amount        INTEGER NOT NULL CHECK (amount > 0),
    partial       INTEGER NOT NULL CHECK (partial IN (0, 1)),
    prepared      TEXT NOT NULL,
    expires_at    INTEGER NOT NULL,
    -- creating: may or may not exist at the gateway; failed: never came to be there.
    state         TEXT NOT NULL CHECK (state IN
        ('creating', 'failed', 'open', 'partially_paid', 'paid', 'expired', 'cancelled')),
    tries         INTEGER NOT NULL,
    tried_at      INTEGER NOT NULL,
    gateway_id    TEXT,
    url           TEXT,
    -- The most the gateway ever said was paid on it.
    gateway_paid  INTEGER NOT NULL DEFAULT 0,
    -- The gateway has something else under the reference: never handed out.
    conflicting   INTEGER NOT NULL CHECK (conflicting IN (0, 1)),
    created_at    INTEGER NOT NULL,
    UNIQUE (payable_pk, attempt),
    UNIQUE (connection_pk, reference)
) STRICT;
CREATE INDEX checkouts_by_gateway_id ON checkouts (connection_pk, gateway_id);

-- Every attempt to pay that the gateway told of. `verdict` is set once its money is booked.
CREATE TABLE payments (
    payment_pk         INTEGER PRIMARY KEY,
    checkout_pk        INTEGER NOT NULL REFERENCES checkouts,
    connection_pk      INTEGER NOT NULL REFERENCES connections,
    gateway_payment_id TEXT NOT NULL,
    order_id           TEXT,
    status             TEXT NOT NULL,
    currency           TEXT NOT NULL,
    amount             INTEGER NOT NULL,
    details            TEXT NOT NULL,
    verdict            TEXT,
    credited           INTEGER NOT NULL DEFAULT 0,
    surplus            INTEGER NOT NULL DEFAULT 0,
    seen_at            INTEGER NOT NULL,
    UNIQUE (connection_pk, gateway_payment_id),
    CHECK (verdict IS NULL OR amount = credited + surplus)
) STRICT;
CREATE INDEX payments_by_checkout ON payments (checkout_pk);
CREATE INDEX payments_by_order ON payments (connection_pk, order_id);

-- Every change that took effect, once.
CREATE TABLE effects (
    connection_pk INTEGER NOT NULL REFERENCES connections,
    dedup_key     TEXT NOT NULL,
    payment_pk    INTEGER NOT NULL REFERENCES payments,
    applied_at    INTEGER NOT NULL,
    PRIMARY KEY (connection_pk, dedup_key)
) STRICT, WITHOUT ROWID;

-- The inbox: every verified delivery, with its raw body. 200 is answered once the row is durable.
CREATE TABLE deliveries (
    delivery_pk    INTEGER PRIMARY KEY,
    connection_pk  INTEGER NOT NULL REFERENCES connections,
    delivery_key   TEXT NOT NULL,
    body           BLOB NOT NULL,
    events         TEXT NOT NULL,
    timestamp_check      TEXT NOT NULL,
    matched_secret TEXT,
    received_at    INTEGER NOT NULL,
    copies         INTEGER NOT NULL DEFAULT 1,
    state          TEXT NOT NULL CHECK (state IN
        ('pending', 'applied', 'ignored', 'unmatched', 'parked')),
    attempts       INTEGER NOT NULL DEFAULT 0,
    -- How often the gateway's list was looked at and did not show yet what was told.
    looks          INTEGER NOT NULL DEFAULT 0,
    next_attempt   INTEGER NOT NULL,
    lease_owner    TEXT,
    lease_until    INTEGER NOT NULL DEFAULT 0,
    error          TEXT,
    UNIQUE (connection_pk, delivery_key)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_attempt) WHERE state = 'pending';
-- Within an index entry rows are in order of delivery_pk, so the latest are at its end.
CREATE INDEX deliveries_by_connection ON deliveries (connection_pk);

-- By which names an unmatched delivery could be matched later.
CREATE TABLE unmatched_subjects (
    connection_pk INTEGER NOT NULL REFERENCES connections,
    name          TEXT NOT NULL,
    delivery_pk   INTEGER NOT NULL REFERENCES deliveries,
    PRIMARY KEY (connection_pk, name, delivery_pk)
) STRICT, WITHOUT ROWID;

-- What happened to a payable, for people.
CREATE TABLE history (
    history_pk  INTEGER PRIMARY KEY,
    payable_pk  INTEGER NOT NULL REFERENCES payables,
    at          INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    detail      TEXT NOT NULL,
    -- Set where the line says that this delivery was received: once for each payable.
    delivery_pk INTEGER REFERENCES deliveries
) STRICT;
CREATE INDEX history_by_payable ON history (payable_pk, at);
CREATE UNIQUE INDEX history_by_delivery ON history (payable_pk, delivery_pk)
    WHERE delivery_pk IS NOT NULL;
