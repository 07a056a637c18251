-- As SQLite's of this name, whose remarks count here too.
ALTER TABLE series ADD COLUMN folder TEXT COLLATE "C";
ALTER TABLE draw ADD COLUMN exchange TEXT COLLATE "C";
