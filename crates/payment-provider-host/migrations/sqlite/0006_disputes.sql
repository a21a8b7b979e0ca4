-- The disputes that gateways report, each in its latest state. Reports of earlier versions are in the history.
CREATE TABLE disputes (
    dispute_pk         INTEGER PRIMARY KEY,
    checkout_pk        INTEGER NOT NULL REFERENCES checkouts,
    connection_pk      INTEGER NOT NULL REFERENCES connections,
    gateway_dispute_id TEXT NOT NULL,
    status             TEXT NOT NULL,
    is_open            INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    respond_by         INTEGER,
    details            TEXT NOT NULL,
    seen_at            INTEGER NOT NULL,
    UNIQUE (connection_pk, gateway_dispute_id)
) STRICT;
CREATE INDEX disputes_by_checkout ON disputes (checkout_pk);
-- What an operator has to act on.
CREATE INDEX disputes_open ON disputes (respond_by, dispute_pk) WHERE is_open;
CREATE INDEX refunds_stuck ON refunds (refund_pk) WHERE status IN ('failed', 'on_hold');
