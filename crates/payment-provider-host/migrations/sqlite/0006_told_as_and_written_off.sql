-- The id under which the host was told that a payment is booked, where the gateway lists it under
-- another one and the row has that.
ALTER TABLE payments ADD COLUMN told_as TEXT;

-- What the gateway stated beyond what is booked, and somebody declared not to have come in.
ALTER TABLE checkouts ADD COLUMN written_off INTEGER NOT NULL DEFAULT 0;
