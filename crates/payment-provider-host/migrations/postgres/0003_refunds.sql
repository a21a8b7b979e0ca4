-- What the gateway says was given back, in the payable's currency. It may be told before the payment
-- is, so it is not held against what was received.
ALTER TABLE payables ADD COLUMN refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0);

-- Every refund that the gateway told of, as it stands: news changes a row only where it comes later in
-- the life of a refund, so that each state takes effect once and in any order.
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
