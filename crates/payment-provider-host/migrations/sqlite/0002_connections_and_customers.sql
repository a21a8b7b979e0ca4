-- A deleted connection stays, for the books; its settings and secrets do not.
ALTER TABLE connections ADD COLUMN deleted_at INTEGER;

-- When each secret of a connection verified a delivery last, by the provider's label for it.
CREATE TABLE connection_secrets (
    connection_pk   INTEGER NOT NULL REFERENCES connections,
    label           TEXT NOT NULL,
    last_matched_at INTEGER NOT NULL,
    PRIMARY KEY (connection_pk, label)
) STRICT, WITHOUT ROWID;

INSERT INTO connection_secrets (connection_pk, label, last_matched_at)
    SELECT connection_pk, label, max(at) FROM (
        SELECT connection_pk, matched_secret AS label, received_at AS at FROM deliveries
        UNION ALL SELECT connection_pk, matched_secret, matched_at FROM connections) AS told
    WHERE label IS NOT NULL AND at IS NOT NULL GROUP BY connection_pk, label;

CREATE INDEX customers_by_connection ON customers (connection_pk);
-- What a customer who goes elsewhere could still pay.
CREATE INDEX checkouts_open ON checkouts (customer_id, connection_pk)
    WHERE state IN ('creating', 'open', 'partially_paid');
CREATE INDEX deliveries_parked ON deliveries (connection_pk) WHERE state = 'parked';
