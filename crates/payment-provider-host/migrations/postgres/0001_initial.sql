-- Runs with the runtime's own schema as the search path, in one transaction.
--
-- Times are whole milliseconds since 1970-01-01 UTC. Amounts are whole numbers of the currency's
-- smallest unit. Identifiers that end in _pk are this database's own. What is looked up by its name
-- is compared byte by byte, whatever the language of the database.

-- One row: a random id that goes into every checkout reference, so that two databases that share
-- one account at the gateway never make the same reference.
CREATE TABLE installation (
    only_row bigint PRIMARY KEY CHECK (only_row = 1),
    id       text NOT NULL
);

-- One merchant account at one gateway. Secrets are in `sealed_settings` only.
CREATE TABLE connections (
    connection_pk   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id text COLLATE "C" NOT NULL,
    provider        text NOT NULL,
    code            text COLLATE "C" NOT NULL,
    name            text NOT NULL,
    environment     text NOT NULL CHECK (environment IN ('sandbox', 'production')),
    plain_settings  text NOT NULL,
    sealed_settings text NOT NULL,
    -- Rises with every change of the settings: one that is based on older ones is not written.
    settings_version bigint NOT NULL DEFAULT 1,
    enabled         boolean NOT NULL,
    -- Label of the secret that verified the latest delivery, and when that arrived.
    matched_secret  text,
    matched_at      bigint,
    created_at      bigint NOT NULL,
    UNIQUE (organization_id, code)
);

-- Which customer pays through which connection.
CREATE TABLE customers (
    organization_id text COLLATE "C" NOT NULL,
    customer_id     text COLLATE "C" NOT NULL,
    connection_pk   bigint NOT NULL REFERENCES connections,
    remote_id       text,
    details         text NOT NULL,
    -- What the gateway still needs of them before they can be asked for money.
    needs           text NOT NULL,
    linked_at       bigint NOT NULL,
    PRIMARY KEY (organization_id, customer_id)
);

-- What is owed, as the host told it, and what came in for it. The lock on its row is what makes
-- everything about one payable happen in one order.
-- received = credited + surplus, all in the payable's currency, always.
CREATE TABLE payables (
    payable_pk      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id text COLLATE "C" NOT NULL,
    payable_id      text COLLATE "C" NOT NULL,
    currency        text NOT NULL,
    amount          bigint NOT NULL CHECK (amount > 0),
    -- What may be credited: the amount, or once closed what was credited by then.
    creditable      bigint NOT NULL CHECK (creditable >= 0),
    received        bigint NOT NULL DEFAULT 0 CHECK (received >= 0),
    credited        bigint NOT NULL DEFAULT 0,
    surplus         bigint NOT NULL DEFAULT 0,
    closed          text CHECK (closed IN ('settled', 'voided')),
    created_at      bigint NOT NULL,
    UNIQUE (organization_id, payable_id),
    CHECK (received = credited + surplus AND credited >= 0 AND surplus >= 0),
    CHECK (credited <= creditable)
);

-- One attempt to ask for money. Stored, with the bytes to send, before the gateway is called.
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
    -- Text, not jsonb: what was stored is what is sent.
    prepared      text NOT NULL,
    expires_at    bigint NOT NULL,
    -- creating: may or may not exist at the gateway; failed: never came to be there.
    state         text NOT NULL CHECK (state IN
        ('creating', 'failed', 'open', 'partially_paid', 'paid', 'expired', 'cancelled')),
    tries         bigint NOT NULL,
    tried_at      bigint NOT NULL,
    gateway_id    text COLLATE "C",
    url           text,
    -- The most the gateway ever said was paid on it.
    gateway_paid  bigint NOT NULL DEFAULT 0,
    -- The gateway has something else under the reference: never handed out.
    conflicting   boolean NOT NULL,
    created_at    bigint NOT NULL,
    UNIQUE (payable_pk, attempt),
    UNIQUE (connection_pk, reference)
);
CREATE INDEX checkouts_by_gateway_id ON checkouts (connection_pk, gateway_id);

-- Every attempt to pay that the gateway told of. `verdict` is set once its money is booked.
CREATE TABLE payments (
    payment_pk         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checkout_pk        bigint NOT NULL REFERENCES checkouts,
    connection_pk      bigint NOT NULL REFERENCES connections,
    gateway_payment_id text COLLATE "C" NOT NULL,
    order_id           text COLLATE "C",
    status             text NOT NULL,
    currency           text NOT NULL,
    amount             bigint NOT NULL,
    details            text NOT NULL,
    verdict            text,
    credited           bigint NOT NULL DEFAULT 0,
    surplus            bigint NOT NULL DEFAULT 0,
    seen_at            bigint NOT NULL,
    UNIQUE (connection_pk, gateway_payment_id),
    CHECK (verdict IS NULL OR amount = credited + surplus)
);
CREATE INDEX payments_by_checkout ON payments (checkout_pk);
CREATE INDEX payments_by_order ON payments (connection_pk, order_id);

-- Every change that took effect, once: whoever comes second finds the key taken.
CREATE TABLE effects (
    connection_pk bigint NOT NULL REFERENCES connections,
    dedup_key     text COLLATE "C" NOT NULL,
    payment_pk    bigint NOT NULL REFERENCES payments,
    applied_at    bigint NOT NULL,
    PRIMARY KEY (connection_pk, dedup_key)
);
CREATE INDEX effects_by_payment ON effects (payment_pk);

-- The inbox: every verified delivery, with its raw body. 200 is answered once the row is durable.
CREATE TABLE deliveries (
    delivery_pk    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_pk  bigint NOT NULL REFERENCES connections,
    delivery_key   text COLLATE "C" NOT NULL,
    body           bytea NOT NULL,
    events         text NOT NULL,
    timestamp_check      text NOT NULL,
    matched_secret text,
    received_at    bigint NOT NULL,
    copies         bigint NOT NULL DEFAULT 1,
    state          text NOT NULL CHECK (state IN
        ('pending', 'applied', 'ignored', 'unmatched', 'parked')),
    attempts       bigint NOT NULL DEFAULT 0,
    -- How often the gateway's list was looked at and did not show yet what was told.
    looks          bigint NOT NULL DEFAULT 0,
    next_attempt   bigint NOT NULL,
    lease_owner    text,
    lease_until    bigint NOT NULL DEFAULT 0,
    error          text,
    UNIQUE (connection_pk, delivery_key)
);
CREATE INDEX deliveries_due ON deliveries (next_attempt, delivery_pk) WHERE state = 'pending';
CREATE INDEX deliveries_by_connection ON deliveries (connection_pk, delivery_pk);

-- By which names an unmatched delivery could be matched later.
CREATE TABLE unmatched_subjects (
    connection_pk bigint NOT NULL REFERENCES connections,
    name          text COLLATE "C" NOT NULL,
    delivery_pk   bigint NOT NULL REFERENCES deliveries,
    PRIMARY KEY (connection_pk, name, delivery_pk)
);

-- What happened to a payable, for people.
CREATE TABLE history (
    history_pk  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payable_pk  bigint NOT NULL REFERENCES payables,
    at          bigint NOT NULL,
    kind        text NOT NULL,
    detail      text NOT NULL,
    -- Set where the line says that this delivery was received: once for each payable.
    delivery_pk bigint REFERENCES deliveries
);
CREATE INDEX history_by_payable ON history (payable_pk, at, history_pk);
CREATE UNIQUE INDEX history_by_delivery ON history (payable_pk, delivery_pk)
    WHERE delivery_pk IS NOT NULL;
