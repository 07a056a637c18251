-- As SQLite's of this name. Nothing was rehearsed here before.
ALTER TABLE outbox ADD COLUMN rehearsed BIGINT NOT NULL DEFAULT 0 CHECK (rehearsed IN (0, 1));
