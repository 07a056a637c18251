-- As SQLite's of this name, whose remarks count here too.
ALTER TABLE broadcast ADD COLUMN plan BIGINT NOT NULL DEFAULT 0;
ALTER TABLE broadcast ADD COLUMN zones TEXT COLLATE "C" NOT NULL DEFAULT '[]';
