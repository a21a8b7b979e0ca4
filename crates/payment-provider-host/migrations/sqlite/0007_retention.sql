-- The time at which a delivery ended: it was applied, ignored, found to match nothing, or parked. Empty for
-- deliveries that ended before this step; the time of their arrival takes its place.
ALTER TABLE deliveries ADD COLUMN ended_at INTEGER;
-- The time at which body and events were dropped, after the time for which they are kept.
ALTER TABLE deliveries ADD COLUMN dropped_at INTEGER;
-- What is dropped next, and what is removed next.
CREATE INDEX deliveries_applied ON deliveries (coalesce(ended_at, received_at))
    WHERE state IN ('applied', 'ignored') AND dropped_at IS NULL;
CREATE INDEX deliveries_unapplied ON deliveries (coalesce(ended_at, received_at))
    WHERE state IN ('unmatched', 'parked') AND dropped_at IS NULL;
CREATE INDEX deliveries_dropped ON deliveries (coalesce(ended_at, received_at))
    WHERE dropped_at IS NOT NULL;
-- The rows that refer to a delivery which is removed.
CREATE INDEX unmatched_targets_by_delivery ON unmatched_targets (delivery_pk);
CREATE INDEX history_of_delivery ON history (delivery_pk) WHERE delivery_pk IS NOT NULL;
