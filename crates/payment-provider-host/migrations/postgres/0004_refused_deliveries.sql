-- The deliveries that each connection refused, for its operator: a number and a time for each reason.
CREATE TABLE refused_deliveries (
    connection_pk   bigint NOT NULL REFERENCES connections,
    reason          text COLLATE "C" NOT NULL,
    refused         bigint NOT NULL,
    last_refused_at bigint NOT NULL,
    PRIMARY KEY (connection_pk, reason)
);
