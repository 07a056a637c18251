-- As SQLite's of this name, whose remarks count here too.
CREATE TABLE last_backup (
    one     BIGINT PRIMARY KEY CHECK (one = 1),
    made_at BIGINT NOT NULL
);
