-- As SQLite's of this name, whose remarks count here too.
ALTER TABLE outbox ADD COLUMN bulk BIGINT NOT NULL DEFAULT 0 CHECK (bulk IN (0, 1));
UPDATE outbox SET bulk = 1 WHERE kind IN ('announcement', 'broadcast', 'reminder');
DROP INDEX outbox_open;
CREATE INDEX outbox_open ON outbox (topic, channel, bulk, next_at, id) WHERE state IN ('waiting', 'claimed');
