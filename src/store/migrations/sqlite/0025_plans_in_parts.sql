-- A plan is written some thousand lines at a time: until the last of them stands there the broadcast is a draft, and lines of
-- a plan that was not finished are those of none.
ALTER TABLE broadcast ADD COLUMN plan INTEGER NOT NULL DEFAULT 0;    -- how often planning began; only the last one goes on
ALTER TABLE broadcast ADD COLUMN zones TEXT NOT NULL DEFAULT '[]';   -- JSON, how much of the plan is for which time zones
