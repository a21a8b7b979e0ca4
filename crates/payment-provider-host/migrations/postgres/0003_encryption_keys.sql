-- The keys under which the secrets of a connection are encrypted, with the number of secrets of each, such as
-- `1a2b3c4d:2,5e6f7a8b:1`; empty without secrets. Secrets that were encrypted before are in a format that cannot
-- be decrypted any more, so they are not counted.
ALTER TABLE connections ADD COLUMN encryption_keys text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX connections_by_keys ON connections (encryption_keys) WHERE encryption_keys <> '';
