-- What the gateway says was given back, in the payable's currency. It may be told before the payment
-- is, so it is not held against what was received.
ALTER TABLE payables ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0);

-- Every refund that the gateway told of, as it stands: news changes a row only where it comes later in
-- the life of a refund, so that each state takes effect once and in any order.
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
