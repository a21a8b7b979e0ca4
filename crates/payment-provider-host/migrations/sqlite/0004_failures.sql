-- How often a try of a delivery failed by its own fault, or never came back. Tries at which a gateway
-- or the database was away are counted in `attempts` alone.
ALTER TABLE deliveries ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
