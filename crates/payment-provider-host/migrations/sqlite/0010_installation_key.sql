-- The id of the key with which the hosts of the database encrypt, written by the first one. A host that has other keys
-- is refused, also while no secret is stored.
ALTER TABLE installation ADD COLUMN encryption_key TEXT;
