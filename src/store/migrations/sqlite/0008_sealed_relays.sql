-- Who asked when, whom an answer came from, and whether a question could be passed on tell who gives to whom, in one copy of
-- this file or in many. So a text about asking or answering is kept sealed, as a whole and at one length, and how the
-- relayed ones fare in one sealed book for each topic. What stands beside them is as good as random.
ALTER TABLE relay RENAME TO relay_in_clear;                      -- sealed, and taken away, when the key is at hand

CREATE TABLE relay (
    id     TEXT    PRIMARY KEY,                              -- a keyed hash of Twilio's MessageSid
    topic  INTEGER NOT NULL REFERENCES topic (id),
    day    INTEGER NOT NULL,                                 -- the day (UTC) it came, counted from 1970
    sealed BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX relay_of_topic ON relay (topic, day);

-- Keyed hashes: the how-manieth such text of a phone in a day and in a minute, and a question by its words. As many for each
-- text, whatever it is.
CREATE TABLE relay_token (
    token TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE relay_book (
    topic  INTEGER PRIMARY KEY REFERENCES topic (id),
    sealed BLOB    NOT NULL
) STRICT;

-- They leave the outbox altogether.
CREATE TABLE outbox_in_clear AS SELECT topic, parameters, unsure_since FROM outbox
WHERE role <> 'person' AND state IN ('waiting', 'claimed');
DELETE FROM outbox WHERE role <> 'person';

-- The ids of messages that were sent and are to be sent once more, as SHA-256.
CREATE TABLE spent (
    provider_key TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO spent SELECT provider_key FROM relayed;
DROP TABLE relayed;

-- Of a phone it counts whether it has written or opted out, not at which moment.
UPDATE phone SET first_text_at = first_text_at - first_text_at % 86400000, opted_out_at = opted_out_at - opted_out_at % 86400000;
