-- As SQLite's of this name, whose remarks count here too.
CREATE TABLE segments_sent (
    day      BIGINT PRIMARY KEY,
    segments BIGINT NOT NULL
);
