-- The key of the hash by which repeated deliveries are recognized: 16 random bytes, made when a host opens the
-- database, and never changed. Deliveries that were stored before have the keys of an earlier hash: a repetition of
-- one of them is stored once more, and posts nothing twice.
ALTER TABLE installation ADD COLUMN delivery_hash_key bytea CHECK (length(delivery_hash_key) = 16);
