-- As SQLite's of this name, whose remarks count here too.
ALTER TABLE line ADD COLUMN problem TEXT COLLATE "C";
