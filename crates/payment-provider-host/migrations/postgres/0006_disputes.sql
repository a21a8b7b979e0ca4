-- The disputes that gateways report, each in its latest state. Reports of earlier versions are in the history.
CREATE TABLE disputes (
    dispute_pk         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checkout_pk        bigint NOT NULL REFERENCES checkouts,
    connection_pk      bigint NOT NULL REFERENCES connections,
    gateway_dispute_id text COLLATE "C" NOT NULL,
    status             text NOT NULL,
    is_open            boolean NOT NULL,
    respond_by         bigint,
    details            text NOT NULL,
    seen_at            bigint NOT NULL,
    UNIQUE (connection_pk, gateway_dispute_id)
);
CREATE INDEX disputes_by_checkout ON disputes (checkout_pk);
-- What an operator has to act on.
CREATE INDEX disputes_open ON disputes (respond_by, dispute_pk) WHERE is_open;
CREATE INDEX refunds_stuck ON refunds (refund_pk) WHERE status IN ('failed', 'on_hold');
