-- As SQLite's of this name, whose remarks count here too.
ALTER TABLE outbox ADD COLUMN read_with TEXT COLLATE "C";
CREATE INDEX outbox_of_person ON outbox (person);
