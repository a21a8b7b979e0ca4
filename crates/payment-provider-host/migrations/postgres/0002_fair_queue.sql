-- Deliveries that were never tried form a queue of their own, in which each connection has its fair share:
-- next_attempt is then the place in that queue. Those that were postponed are due at next_attempt.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_new ON deliveries (next_attempt, delivery_pk)
    WHERE state = 'pending' AND attempts = 0;
CREATE INDEX deliveries_due ON deliveries (next_attempt, delivery_pk)
    WHERE state = 'pending' AND attempts > 0;
-- The last place of each connection in the queue.
CREATE INDEX deliveries_queued ON deliveries (connection_pk, next_attempt)
    WHERE state = 'pending' AND attempts = 0;
