-- The checkouts that have to be ended at their gateways: nothing is due any more, and they can still be paid.
CREATE TABLE cancels (
    checkout_pk  bigint PRIMARY KEY REFERENCES checkouts,
    requested_at bigint NOT NULL,
    attempts     bigint NOT NULL DEFAULT 0,
    -- While a worker has it: the time at which another one may take it.
    next_attempt bigint NOT NULL,
    error        text
);
CREATE INDEX cancels_due ON cancels (next_attempt);
-- What an operator should know of.
CREATE INDEX cancels_failing ON cancels (requested_at) WHERE attempts >= 5;
-- Checkouts that earlier versions left open.
INSERT INTO cancels (checkout_pk, requested_at, next_attempt)
    SELECT checkout_pk, checkouts.created_at, 0 FROM checkouts JOIN payables USING (payable_pk)
    WHERE closed IS NOT NULL AND state IN ('creating', 'open', 'partially_paid');
