-- True while only a part of the gateway's list is recorded: money on the checkout is unreconciled until the rest is.
ALTER TABLE checkouts ADD COLUMN list_incomplete boolean NOT NULL DEFAULT false;
