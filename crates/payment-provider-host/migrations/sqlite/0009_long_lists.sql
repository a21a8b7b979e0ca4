-- The posted payments of a checkout are summed up without reading their details.
CREATE INDEX payments_posted
    ON payments (checkout_pk, allocation_outcome, currency, amount, gateway_payment_id, order_id);
-- When the first part of a list was recorded of which the rest is not. An earlier version records no time.
ALTER TABLE checkouts ADD COLUMN list_begun_at INTEGER;
-- What the audit reports after some time.
CREATE INDEX checkouts_incomplete ON checkouts (checkout_pk) WHERE list_incomplete;
