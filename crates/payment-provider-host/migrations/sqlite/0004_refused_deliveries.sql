-- The deliveries that each connection refused, for its operator: a number and a time for each reason.
CREATE TABLE refused_deliveries (
    connection_pk   INTEGER NOT NULL REFERENCES connections,
    reason          TEXT NOT NULL,
    refused         INTEGER NOT NULL,
    last_refused_at INTEGER NOT NULL,
    PRIMARY KEY (connection_pk, reason)
) STRICT, WITHOUT ROWID;
