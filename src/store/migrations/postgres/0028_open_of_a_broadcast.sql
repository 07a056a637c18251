-- As SQLite's of this name, whose remarks count here too.
CREATE INDEX outbox_of_broadcast ON outbox (topic, cause) WHERE bulk = 1 AND state IN ('waiting', 'claimed');
