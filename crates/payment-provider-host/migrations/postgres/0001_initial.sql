-- Runs with the runtime's own schema as the search path, in one transaction.
--
-- Times are whole milliseconds since 1970-01-01 UTC. Amounts are whole numbers of the currency's
-- smallest unit. Columns whose names end in _pk hold keys of this database. Values that rows are
-- looked up by are compared byte by byte, in any language of the database.

-- One row: a random id that is part of every checkout reference, so that two databases that share an
-- account at the gateway never create the same reference.
CREATE TABLE installation (
    only_row bigint PRIMARY KEY CHECK (only_row = 1),
    id       text NOT NULL
);

-- One merchant account at one gateway. Secrets are in `encrypted_settings` only. A deleted connection
-- stays, for the books; its settings do not.
CREATE TABLE connections (
    connection_pk      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id    text COLLATE "C" NOT NULL,
    provider           text NOT NULL,
    code               text COLLATE "C" NOT NULL,
    name               text NOT NULL,
    environment        text NOT NULL CHECK (environment IN ('sandbox', 'production')),
    plain_settings     text NOT NULL,
    encrypted_settings text NOT NULL,
    -- Rises with every change of the settings: a change of an older version is not written.
    settings_version   bigint NOT NULL DEFAULT 1,
    enabled            boolean NOT NULL,
    -- The label of the secret that verified the latest delivery, and its arrival.
    matched_secret     text,
    matched_at         bigint,
    -- The latest recorded receipt of a payment event, exact to an hour: later ones are expected.
    payment_event_at bigint,
    created_at         bigint NOT NULL,
    deleted_at         bigint,
    UNIQUE (organization_id, code)
);

-- The latest delivery that each secret of a connection verified, by the provider's label of the secret.
CREATE TABLE connection_secrets (
    connection_pk   bigint NOT NULL REFERENCES connections,
    label           text COLLATE "C" NOT NULL,
    last_matched_at bigint NOT NULL,
    PRIMARY KEY (connection_pk, label)
);

-- The connection that each customer pays through.
CREATE TABLE customers (
    organization_id text COLLATE "C" NOT NULL,
    customer_id     text COLLATE "C" NOT NULL,
    connection_pk   bigint NOT NULL REFERENCES connections,
    remote_id       text,
    details         text NOT NULL,
    -- Details that the gateway requires and the customer lacks.
    needs           text NOT NULL,
    linked_at       bigint NOT NULL,
    PRIMARY KEY (organization_id, customer_id)
);
CREATE INDEX customers_by_connection ON customers (connection_pk);

-- The amounts that are owed, as the host reported them, and the money received for them. The lock on its
-- row serializes everything that concerns one payable.
-- Always received = applied + overpaid, in the payable's currency.
CREATE TABLE payables (
    payable_pk      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id text COLLATE "C" NOT NULL,
    payable_id      text COLLATE "C" NOT NULL,
    currency        text NOT NULL,
    amount          bigint NOT NULL CHECK (amount > 0),
    -- The most that may be applied: the amount, or once closed what was applied by then.
    applicable      bigint NOT NULL CHECK (applicable >= 0),
    received        bigint NOT NULL DEFAULT 0 CHECK (received >= 0),
    applied         bigint NOT NULL DEFAULT 0,
    overpaid        bigint NOT NULL DEFAULT 0,
    -- The refunds that the gateway reports as succeeded. A refund may be reported before its payment, so
    -- this is not compared with what was received.
    refunded        bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    closed          text CHECK (closed IN ('paid_elsewhere', 'voided')),
    created_at      bigint NOT NULL,
    UNIQUE (organization_id, payable_id),
    CHECK (received = applied + overpaid AND applied >= 0 AND overpaid >= 0),
    CHECK (applied <= applicable)
);

-- One request to collect money. Stored, with the bytes to send, before the gateway is called.
CREATE TABLE checkouts (
    checkout_pk   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payable_pk    bigint NOT NULL REFERENCES payables,
    connection_pk bigint NOT NULL REFERENCES connections,
    attempt       bigint NOT NULL,
    reference     text COLLATE "C" NOT NULL,
    customer_id   text COLLATE "C" NOT NULL,
    environment   text NOT NULL,
    currency      text NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    partial       boolean NOT NULL,
    -- Text, not jsonb: the stored bytes are the bytes that are sent.
    prepared      text NOT NULL,
    expires_at    bigint NOT NULL,
    -- creating: may or may not exist at the gateway; failed: was never created there.
    state         text NOT NULL CHECK (state IN
        ('creating', 'failed', 'open', 'partially_paid', 'paid', 'expired', 'cancelled')),
    tries         bigint NOT NULL,
    tried_at      bigint NOT NULL,
    gateway_id    text COLLATE "C",
    url           text,
    -- The highest paid amount that the gateway ever reported.
    gateway_paid  bigint NOT NULL DEFAULT 0,
    -- The part of gateway_paid that is not booked and that a person declared not to have been received.
    written_off   bigint NOT NULL DEFAULT 0,
    -- The gateway has a different checkout under the reference: its URL is never returned.
    conflicting   boolean NOT NULL,
    created_at    bigint NOT NULL,
    UNIQUE (payable_pk, attempt),
    UNIQUE (connection_pk, reference)
);
CREATE INDEX checkouts_by_gateway_id ON checkouts (connection_pk, gateway_id);
-- Checkouts that a customer who moves to another connection could still pay.
CREATE INDEX checkouts_open ON checkouts (customer_id, connection_pk)
    WHERE state IN ('creating', 'open', 'partially_paid');

-- Every attempt to pay that the gateway reported. `allocation_outcome` is set once its money is booked.
CREATE TABLE payments (
    payment_pk          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checkout_pk         bigint NOT NULL REFERENCES checkouts,
    connection_pk       bigint NOT NULL REFERENCES connections,
    gateway_payment_id  text COLLATE "C" NOT NULL,
    order_id            text COLLATE "C",
    status              text NOT NULL,
    currency            text NOT NULL,
    amount              bigint NOT NULL,
    details             text NOT NULL,
    allocation_outcome  text,
    applied             bigint NOT NULL DEFAULT 0,
    overpaid            bigint NOT NULL DEFAULT 0,
    seen_at             bigint NOT NULL,
    UNIQUE (connection_pk, gateway_payment_id),
    CHECK (allocation_outcome IS NULL OR amount = applied + overpaid)
);
CREATE INDEX payments_by_checkout ON payments (checkout_pk);
CREATE INDEX payments_by_order ON payments (connection_pk, order_id);

-- One key for every change of a payment that took effect. The second transaction finds it taken.
CREATE TABLE dedup_keys (
    connection_pk bigint NOT NULL REFERENCES connections,
    dedup_key     text COLLATE "C" NOT NULL,
    payment_pk    bigint NOT NULL REFERENCES payments,
    applied_at    bigint NOT NULL,
    PRIMARY KEY (connection_pk, dedup_key)
);
CREATE INDEX dedup_keys_by_payment ON dedup_keys (payment_pk);

-- Every refund that the gateway reported, with its latest status: a report changes a row only if its
-- status comes later in the lifecycle of a refund, so that each status takes effect once, in any order.
CREATE TABLE refunds (
    refund_pk          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checkout_pk        bigint NOT NULL REFERENCES checkouts,
    connection_pk      bigint NOT NULL REFERENCES connections,
    gateway_refund_id  text COLLATE "C" NOT NULL,
    gateway_payment_id text COLLATE "C",
    status             text NOT NULL,
    currency           text NOT NULL,
    amount             bigint NOT NULL,
    details            text NOT NULL,
    seen_at            bigint NOT NULL,
    UNIQUE (connection_pk, gateway_refund_id)
);
CREATE INDEX refunds_by_checkout ON refunds (checkout_pk);

-- The inbox: every verified delivery, with its raw body. 200 is answered once the row is durable.
CREATE TABLE deliveries (
    delivery_pk     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_pk   bigint NOT NULL REFERENCES connections,
    delivery_key    text COLLATE "C" NOT NULL,
    body            bytea NOT NULL,
    events          text NOT NULL,
    timestamp_check text NOT NULL,
    matched_secret  text,
    received_at     bigint NOT NULL,
    delivery_count  bigint NOT NULL DEFAULT 1,
    state           text NOT NULL CHECK (state IN
        ('pending', 'applied', 'ignored', 'unmatched', 'parked')),
    attempts        bigint NOT NULL DEFAULT 0,
    -- How often a try failed by a fault of the delivery, or never came back. Tries at which the gateway
    -- or the database was unavailable count in `attempts` alone.
    failures        bigint NOT NULL DEFAULT 0,
    -- How often the gateway's list was fetched and did not contain yet what the delivery reports.
    list_polls      bigint NOT NULL DEFAULT 0,
    next_attempt    bigint NOT NULL,
    lease_owner     text,
    lease_until     bigint NOT NULL DEFAULT 0,
    error           text,
    UNIQUE (connection_pk, delivery_key)
);
CREATE INDEX deliveries_due ON deliveries (next_attempt, delivery_pk) WHERE state = 'pending';
CREATE INDEX deliveries_by_connection ON deliveries (connection_pk, delivery_pk);
CREATE INDEX deliveries_by_state ON deliveries (connection_pk, state, delivery_pk);
CREATE INDEX deliveries_parked ON deliveries (connection_pk) WHERE state = 'parked';

-- The names under which an unmatched delivery may be matched later.
CREATE TABLE unmatched_targets (
    connection_pk bigint NOT NULL REFERENCES connections,
    name          text COLLATE "C" NOT NULL,
    delivery_pk   bigint NOT NULL REFERENCES deliveries,
    PRIMARY KEY (connection_pk, name, delivery_pk)
);

-- The history of each payable, for people.
CREATE TABLE history (
    history_pk  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payable_pk  bigint NOT NULL REFERENCES payables,
    at          bigint NOT NULL,
    event       text NOT NULL,
    detail      text NOT NULL,
    -- Set if the entry records the receipt of this delivery: once for each payable.
    delivery_pk bigint REFERENCES deliveries
);
CREATE INDEX history_by_payable ON history (payable_pk, at, history_pk);
CREATE UNIQUE INDEX history_by_delivery ON history (payable_pk, delivery_pk)
    WHERE delivery_pk IS NOT NULL;
