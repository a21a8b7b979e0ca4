-- Pages of the inbox that list the deliveries of one state alone.
CREATE INDEX deliveries_by_state ON deliveries (connection_pk, state, delivery_pk);
