-- As SQLite's of this name, whose remarks count here too.
CREATE TABLE broadcast_tally (
    broadcast BIGINT PRIMARY KEY REFERENCES broadcast (id),
    ended     BIGINT NOT NULL,
    refused   BIGINT NOT NULL
);
