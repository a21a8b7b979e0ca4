-- Times are whole milliseconds since 1970-01-01 UTC. Amounts are whole numbers of the currency's
-- smallest unit. Columns whose names end in _pk hold keys of this database.

-- One row: a random id that is part of every checkout reference, so that two databases that share an
-- account at the gateway never create the same reference.
CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id       TEXT NOT NULL
) STRICT;

-- One merchant account at one gateway. Secrets are in `encrypted_settings` only. A deleted connection
-- stays, for the books; its settings do not.
CREATE TABLE connections (
    connection_pk      INTEGER PRIMARY KEY,
    organization_id    TEXT NOT NULL,
    provider           TEXT NOT NULL,
    code               TEXT NOT NULL,
    name               TEXT NOT NULL,
    environment        TEXT NOT NULL CHECK (environment IN ('sandbox', 'production')),
    plain_settings     TEXT NOT NULL,
    encrypted_settings TEXT NOT NULL,
    -- Rises with every change of the settings: a change of an older version is not written.
    settings_version   INTEGER NOT NULL DEFAULT 1,
    enabled            INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    -- The label of the secret that verified the latest delivery, and its arrival.
    matched_secret     TEXT,
    matched_at         INTEGER,
    -- The latest recorded receipt of a payment event, exact to an hour: later ones are expected.
    payment_event_at INTEGER,
    created_at         INTEGER NOT NULL,
    deleted_at         INTEGER,
    UNIQUE (organization_id, code)
) STRICT;

-- The latest delivery that each secret of a connection verified, by the provider's label of the secret.
CREATE TABLE connection_secrets (
    connection_pk   INTEGER NOT NULL REFERENCES connections,
    label           TEXT NOT NULL,
    last_matched_at INTEGER NOT NULL,
    PRIMARY KEY (connection_pk, label)
) STRICT, WITHOUT ROWID;

-- The connection that each customer pays through.
CREATE TABLE customers (
    organization_id TEXT NOT NULL,
    customer_id     TEXT NOT NULL,
    connection_pk   INTEGER NOT NULL REFERENCES connections,
    remote_id       TEXT,
    details         TEXT NOT NULL,
    -- Details that the gateway requires and the customer lacks.
    needs           TEXT NOT NULL,
    linked_at       INTEGER NOT NULL,
    PRIMARY KEY (organization_id, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customers_by_connection ON customers (connection_pk);

-- The amounts that are owed, as the host reported them, and the money received for them.
-- Always received = applied + overpaid, in the payable's currency.
CREATE TABLE payables (
    payable_pk      INTEGER PRIMARY KEY,
    organization_id TEXT NOT NULL,
    payable_id      TEXT NOT NULL,
    currency        TEXT NOT NULL,
    amount          INTEGER NOT NULL CHECK (amount > 0),
    -- The most that may be applied: the amount, or once closed what was applied by then.
    applicable      INTEGER NOT NULL CHECK (applicable >= 0),
    received        INTEGER NOT NULL DEFAULT 0 CHECK (received >= 0),
    applied         INTEGER NOT NULL DEFAULT 0,
    overpaid        INTEGER NOT NULL DEFAULT 0,
    -- The refunds that the gateway reports as succeeded. A refund may be reported before its payment, so
    -- this is not compared with what was received.
    refunded        INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    closed          TEXT CHECK (closed IN ('paid_elsewhere', 'voided')),
    created_at      INTEGER NOT NULL,
    UNIQUE (organization_id, payable_id),
    CHECK (received = applied + overpaid AND applied >= 0 AND overpaid >= 0),
    CHECK (applied <= applicable)
) STRICT;

-- One request to collect money. Stored, with the bytes to send, before the gateway is called.
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
    -- creating: may or may not exist at the gateway; failed: was never created there.
    state         TEXT NOT NULL CHECK (state IN
        ('creating', 'failed', 'open', 'partially_paid', 'paid', 'expired', 'cancelled')),
    tries         INTEGER NOT NULL,
    tried_at      INTEGER NOT NULL,
    gateway_id    TEXT,
    url           TEXT,
    -- The highest paid amount that the gateway ever reported.
    gateway_paid  INTEGER NOT NULL DEFAULT 0,
    -- The part of gateway_paid that is not booked and that a person declared not to have been received.
    written_off   INTEGER NOT NULL DEFAULT 0,
    -- The gateway has a different checkout under the reference: its URL is never returned.
    conflicting   INTEGER NOT NULL CHECK (conflicting IN (0, 1)),
    created_at    INTEGER NOT NULL,
    UNIQUE (payable_pk, attempt),
    UNIQUE (connection_pk, reference)
) STRICT;
CREATE INDEX checkouts_by_gateway_id ON checkouts (connection_pk, gateway_id);
-- Checkouts that a customer who moves to another connection could still pay.
CREATE INDEX checkouts_open ON checkouts (customer_id, connection_pk)
    WHERE state IN ('creating', 'open', 'partially_paid');

-- Every attempt to pay that the gateway reported. `allocation_outcome` is set once its money is booked.
CREATE TABLE payments (
    payment_pk          INTEGER PRIMARY KEY,
    checkout_pk         INTEGER NOT NULL REFERENCES checkouts,
    connection_pk       INTEGER NOT NULL REFERENCES connections,
    gateway_payment_id  TEXT NOT NULL,
    order_id            TEXT,
    status              TEXT NOT NULL,
    currency            TEXT NOT NULL,
    amount              INTEGER NOT NULL,
    details             TEXT NOT NULL,
    allocation_outcome  TEXT,
    applied             INTEGER NOT NULL DEFAULT 0,
    overpaid            INTEGER NOT NULL DEFAULT 0,
    seen_at             INTEGER NOT NULL,
    UNIQUE (connection_pk, gateway_payment_id),
    CHECK (allocation_outcome IS NULL OR amount = applied + overpaid)
) STRICT;
CREATE INDEX payments_by_checkout ON payments (checkout_pk);
CREATE INDEX payments_by_order ON payments (connection_pk, order_id);

-- One key for every change of a payment that took effect. The second transaction finds it taken.
CREATE TABLE dedup_keys (
    connection_pk INTEGER NOT NULL REFERENCES connections,
    dedup_key     TEXT NOT NULL,
    payment_pk    INTEGER NOT NULL REFERENCES payments,
    applied_at    INTEGER NOT NULL,
    PRIMARY KEY (connection_pk, dedup_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedup_keys_by_payment ON dedup_keys (payment_pk);

-- Every refund that the gateway reported, with its latest status: a report changes a row only if its
-- status comes later in the lifecycle of a refund, so that each status takes effect once, in any order.
CREATE TABLE refunds (
    refund_pk          INTEGER PRIMARY KEY,
    checkout_pk        INTEGER NOT NULL REFERENCES checkouts,
    connection_pk      INTEGER NOT NULL REFERENCES connections,
    gateway_refund_id  TEXT NOT NULL,
    gateway_payment_id TEXT,
    status             TEXT NOT NULL,
    currency           TEXT NOT NULL,
    amount             INTEGER NOT NULL,
    details            TEXT NOT NULL,
    seen_at            INTEGER NOT NULL,
    UNIQUE (connection_pk, gateway_refund_id)
) STRICT;
CREATE INDEX refunds_by_checkout ON refunds (checkout_pk);

-- The inbox: every verified delivery, with its raw body. 200 is answered once the row is durable.
CREATE TABLE deliveries (
    delivery_pk     INTEGER PRIMARY KEY,
    connection_pk   INTEGER NOT NULL REFERENCES connections,
    delivery_key    TEXT NOT NULL,
    body            BLOB NOT NULL,
    events          TEXT NOT NULL,
    timestamp_check TEXT NOT NULL,
    matched_secret  TEXT,
    received_at     INTEGER NOT NULL,
    delivery_count  INTEGER NOT NULL DEFAULT 1,
    state           TEXT NOT NULL CHECK (state IN
        ('pending', 'applied', 'ignored', 'unmatched', 'parked')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- How often a try failed by a fault of the delivery, or never came back. Tries at which the gateway
    -- or the database was unavailable count in `attempts` alone.
    failures        INTEGER NOT NULL DEFAULT 0,
    -- How often the gateway's list was fetched and did not contain yet what the delivery reports.
    list_polls      INTEGER NOT NULL DEFAULT 0,
    next_attempt    INTEGER NOT NULL,
    lease_owner     TEXT,
    lease_until     INTEGER NOT NULL DEFAULT 0,
    error           TEXT,
    UNIQUE (connection_pk, delivery_key)
) STRICT;
-- Within an index entry, SQLite orders rows by delivery_pk, so the latest are at its end.
CREATE INDEX deliveries_due ON deliveries (next_attempt) WHERE state = 'pending';
CREATE INDEX deliveries_by_connection ON deliveries (connection_pk);
CREATE INDEX deliveries_by_state ON deliveries (connection_pk, state);
CREATE INDEX deliveries_parked ON deliveries (connection_pk) WHERE state = 'parked';

-- The names under which an unmatched delivery may be matched later.
CREATE TABLE unmatched_targets (
    connection_pk INTEGER NOT NULL REFERENCES connections,
    name          TEXT NOT NULL,
    delivery_pk   INTEGER NOT NULL REFERENCES deliveries,
    PRIMARY KEY (connection_pk, name, delivery_pk)
) STRICT, WITHOUT ROWID;

-- The history of each payable, for people.
CREATE TABLE history (
    history_pk  INTEGER PRIMARY KEY,
    payable_pk  INTEGER NOT NULL REFERENCES payables,
    at          INTEGER NOT NULL,
    event       TEXT NOT NULL,
    detail      TEXT NOT NULL,
    -- Set if the entry records the receipt of this delivery: once for each payable.
    delivery_pk INTEGER REFERENCES deliveries
) STRICT;
CREATE INDEX history_by_payable ON history (payable_pk, at);
CREATE UNIQUE INDEX history_by_delivery ON history (payable_pk, delivery_pk)
    WHERE delivery_pk IS NOT NULL;
