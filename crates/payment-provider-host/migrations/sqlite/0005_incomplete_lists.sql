-- 1 while only a part of the gateway's list is recorded: money on the checkout is unreconciled until the rest is.
ALTER TABLE checkouts ADD COLUMN list_incomplete INTEGER NOT NULL DEFAULT 0 CHECK (list_incomplete IN (0, 1));
