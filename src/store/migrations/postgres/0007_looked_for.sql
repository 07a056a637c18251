-- As SQLite's of this name, whose remarks count here too.
ALTER TABLE outbox ADD COLUMN looked_for BIGINT NOT NULL DEFAULT 0 CHECK (looked_for IN (0, 1));
