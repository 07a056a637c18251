-- As SQLite's of this name, whose remarks count here too. What an earlier release kept in the clear comes here only with
-- a database that is moved from there.
ALTER TABLE relay RENAME TO relay_in_clear;

CREATE TABLE relay (
    id     TEXT COLLATE "C" PRIMARY KEY,
    topic  BIGINT NOT NULL REFERENCES topic (id),
    day    BIGINT NOT NULL,
    sealed BYTEA  NOT NULL
);
CREATE INDEX relay_of_topic ON relay (topic, day);

CREATE TABLE relay_token (
    token TEXT COLLATE "C" PRIMARY KEY
);

CREATE TABLE relay_book (
    topic  BIGINT PRIMARY KEY REFERENCES topic (id),
    sealed BYTEA  NOT NULL
);

CREATE TABLE outbox_in_clear (
    topic        BIGINT,
    parameters   TEXT COLLATE "C",
    unsure_since BIGINT
);

DROP TABLE relayed;
CREATE TABLE spent (
    provider_key TEXT COLLATE "C" PRIMARY KEY
);
