-- Messages that go to many at once and that nobody waits for stand behind all others: three thousand of them at one a second
-- would keep everybody else's waiting for an hour.
ALTER TABLE outbox ADD COLUMN bulk INTEGER NOT NULL DEFAULT 0 CHECK (bulk IN (0, 1));
UPDATE outbox SET bulk = 1 WHERE kind IN ('announcement', 'broadcast', 'reminder');
DROP INDEX outbox_open;
CREATE INDEX outbox_open ON outbox (topic, channel, bulk, next_at, id) WHERE state IN ('waiting', 'claimed');
