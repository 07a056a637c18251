-- Topics, series and persons become rows with ids, and everything points to them: a renamed person or exchange loses
-- nothing. Texts are found by their id and counted by their phone with the help of indexes. Until here a person was a
-- place in a draw's roster, and an exchange its name; both are looked up once, below, and never again.
-- Foreign keys are off while a migration runs; the tables that others refer to keep their names and row ids.

CREATE TABLE series (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

-- What a text or a message is about.
CREATE TABLE topic (
    id     INTEGER PRIMARY KEY,
    kind   TEXT    NOT NULL,                                 -- 'exchange'
    name   TEXT    NOT NULL,
    series INTEGER REFERENCES series (id),                   -- whose draws are its history; NULL: not known yet
    UNIQUE (series, name)
) STRICT;

-- Somebody of a topic, as the last draw found them. What a sealed draw says of them counts more than this row: a name
-- is told only to the address that was sealed.
CREATE TABLE person (
    id    INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL REFERENCES topic (id),
    name  TEXT    NOT NULL,
    phone TEXT,
    email TEXT
) STRICT;

INSERT INTO series (name)
SELECT series FROM draw UNION SELECT series FROM opening;

INSERT INTO topic (kind, name, series)
SELECT 'exchange', exchange, series.id
FROM draw JOIN series ON series.name = draw.series
GROUP BY series.id, exchange ORDER BY min(draw.id);

-- Before its first draw an exchange was known by the wishes of its people alone, and its series not at all.
INSERT INTO topic (kind, name)
SELECT DISTINCT 'exchange', exchange FROM wish WHERE exchange NOT IN (SELECT name FROM topic);

CREATE TEMPORARY TABLE drawn AS
SELECT draw.id AS draw, draw.number, topic.id AS topic, seat.key AS place, seat.value ->> '$.name' AS name,
       seat.value ->> '$.phone' AS phone, seat.value ->> '$.email' AS email
FROM draw
JOIN series ON series.name = draw.series
JOIN topic ON topic.series = series.id AND topic.name = draw.exchange
JOIN json_each(CASE WHEN json_valid(draw.roster) THEN draw.roster ELSE '{}' END, '$.people') AS seat;

INSERT INTO person (topic, name, phone, email)
SELECT topic, name, phone, email
FROM (SELECT *, row_number() OVER (PARTITION BY topic, name ORDER BY number DESC) AS age FROM drawn)
WHERE age = 1 ORDER BY draw, place;

-- Wishes knew their exchange by its name alone; where two series have one of that name, the older takes them.
CREATE TEMPORARY TABLE wished AS
SELECT wish.id AS wish, wish.person AS name,
       (SELECT min(id) FROM topic WHERE topic.name = wish.exchange) AS topic
FROM wish;

INSERT INTO person (topic, name)
SELECT DISTINCT topic, name FROM wished
WHERE NOT EXISTS (SELECT 1 FROM person WHERE person.topic = wished.topic AND person.name = wished.name);

CREATE INDEX person_of_topic ON person (topic);
CREATE INDEX person_by_name ON person (topic, name);            -- for the looking up below
CREATE INDEX person_of_phone ON person (phone) WHERE phone IS NOT NULL;

CREATE TEMPORARY TABLE participant AS
SELECT drawn.draw, drawn.place, drawn.topic, person.id AS person
FROM drawn JOIN person ON person.topic = drawn.topic AND person.name = drawn.name;
CREATE UNIQUE INDEX temp.participant_at ON participant (draw, place);

CREATE TABLE new_draw (
    id               INTEGER PRIMARY KEY,
    topic            INTEGER NOT NULL REFERENCES topic (id),
    series           INTEGER NOT NULL REFERENCES series (id),
    number           INTEGER NOT NULL CHECK (number >= 1),   -- counts within the series
    drawn_at         INTEGER NOT NULL,
    archive_location TEXT    NOT NULL,                       -- where its copy belongs
    header           TEXT    NOT NULL,                       -- JSON, the clear header as archived
    roster           TEXT    NOT NULL,                       -- JSON, the exchange the draw was made from
    people           TEXT    NOT NULL,                       -- JSON, the persons' ids in the roster's order
    sealed           BLOB    NOT NULL,                       -- the age file
    UNIQUE (series, number)
) STRICT;
INSERT INTO new_draw
SELECT draw.id, topic.id, series.id, number, drawn_at, archive_location, header, roster,
       (SELECT json_group_array(person ORDER BY place) FROM participant WHERE participant.draw = draw.id), sealed
FROM draw
JOIN series ON series.name = draw.series
JOIN topic ON topic.series = series.id AND topic.name = draw.exchange;
DROP TABLE draw;
ALTER TABLE new_draw RENAME TO draw;
CREATE INDEX draw_of_topic ON draw (topic, number);

-- Every text answered, once, in the order of arrival. `outcome` says what was decided, never the revealing words.
CREATE TABLE new_text (
    id          INTEGER PRIMARY KEY,
    sid         TEXT    NOT NULL UNIQUE,                     -- Twilio's MessageSid: delivered twice, it is still one
    received_at INTEGER NOT NULL,
    phone       TEXT    NOT NULL,
    topic       INTEGER REFERENCES topic (id),               -- NULL: it was about none of ours
    person      INTEGER REFERENCES person (id),
    draw        INTEGER REFERENCES draw (id),                -- the draw it was answered from
    told        INTEGER NOT NULL CHECK (told IN (0, 1)),     -- whether the answer named whom they give to
    outcome     TEXT    NOT NULL                             -- JSON
) STRICT;
INSERT INTO new_text
SELECT text.id, sid, received_at, phone,
       CASE WHEN outcome NOT IN ('"unknown_number"', '"too_many"', '"silence"') THEN draw.topic END,
       participant.person, text.draw, told,
       CASE
           WHEN NOT json_valid(outcome) THEN outcome
           WHEN outcome ->> '$.told' IS NOT NULL THEN '"told"'
           WHEN outcome ->> '$.proof' IS NOT NULL THEN '"proof"'
           WHEN outcome ->> '$.which_person' IS NOT NULL THEN json_remove(outcome, '$.which_person.people')
           ELSE outcome
       END
FROM text
LEFT JOIN draw ON draw.id = text.draw
LEFT JOIN participant ON participant.draw = text.draw AND participant.place = text.person
WHERE true
ON CONFLICT (sid) DO NOTHING;
DROP TABLE text;
ALTER TABLE new_text RENAME TO text;
CREATE INDEX text_of_phone ON text (phone, received_at);
CREATE INDEX text_that_told ON text (draw, person) WHERE told = 1;

CREATE TABLE new_told_by_mail (
    draw    INTEGER NOT NULL REFERENCES draw (id),
    person  INTEGER NOT NULL REFERENCES person (id),
    message TEXT    NOT NULL,                                -- the provider's id of it
    at      INTEGER NOT NULL,
    PRIMARY KEY (draw, person, message)
) STRICT, WITHOUT ROWID;
INSERT INTO new_told_by_mail
SELECT told.draw, participant.person, told.message, told.at
FROM told_by_mail AS told JOIN participant ON participant.draw = told.draw AND participant.place = told.person;
DROP TABLE told_by_mail;
ALTER TABLE new_told_by_mail RENAME TO told_by_mail;

CREATE TABLE new_wish (
    id        INTEGER PRIMARY KEY,
    person    INTEGER NOT NULL REFERENCES person (id),
    body      TEXT    NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)),
    at        INTEGER NOT NULL
) STRICT;
INSERT INTO new_wish
SELECT wish.id, person.id, body, withdrawn, at
FROM wish JOIN wished ON wished.wish = wish.id
JOIN person ON person.topic = wished.topic AND person.name = wished.name;
DROP TABLE wish;
ALTER TABLE new_wish RENAME TO wish;
CREATE INDEX wish_of ON wish (person);

CREATE TABLE new_report (
    draw   INTEGER NOT NULL REFERENCES draw (id),
    person INTEGER NOT NULL REFERENCES person (id),
    kind   TEXT    NOT NULL CHECK (kind IN ('bought', 'sent', 'got')),
    at     INTEGER NOT NULL,
    PRIMARY KEY (draw, person, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO new_report
SELECT report.draw, participant.person, kind, at
FROM report JOIN participant ON participant.draw = report.draw AND participant.place = report.person;
DROP TABLE report;
ALTER TABLE new_report RENAME TO report;

CREATE TABLE new_relay (
    id        INTEGER PRIMARY KEY,
    sid       TEXT    NOT NULL UNIQUE,
    draw      INTEGER NOT NULL REFERENCES draw (id),
    sender    INTEGER NOT NULL REFERENCES person (id),
    direction TEXT    NOT NULL CHECK (direction IN ('ask', 'tell')),
    body      BLOB    NOT NULL,                              -- sealed to this machine's own identity
    at        INTEGER NOT NULL
) STRICT;
INSERT INTO new_relay
SELECT relay.id, sid, relay.draw, participant.person, direction, body, at
FROM relay JOIN participant ON participant.draw = relay.draw AND participant.place = relay.sender;
DROP TABLE relay;
ALTER TABLE new_relay RENAME TO relay;

CREATE TABLE new_opening (
    series      INTEGER NOT NULL REFERENCES series (id),
    number      INTEGER NOT NULL CHECK (number >= 1),
    at          INTEGER NOT NULL,
    entry       TEXT    NOT NULL,                            -- JSON
    archived_at INTEGER,                                     -- NULL: the archive has no copy yet
    PRIMARY KEY (series, number)
) STRICT, WITHOUT ROWID;
INSERT INTO new_opening
SELECT series.id, number, at, entry, archived_at FROM opening JOIN series ON series.name = opening.series;
DROP TABLE opening;
ALTER TABLE new_opening RENAME TO opening;

-- The outbox: every outgoing message, one row per recipient and channel. A row says what is to be said and to whom in
-- terms of roles: "the receiver of person 3" is resolved with the open draw at the moment of sending, and neither that
-- person's address nor the words are written here. Nor is anything by which a row of a role could be found at the
-- provider, or beside an opt-out: no id, no report, no code, no time of its end.
CREATE TABLE new_outbox (
    id            INTEGER PRIMARY KEY,
    cause         TEXT    NOT NULL UNIQUE,                   -- why there is a row; queued twice, it is still one
    topic         INTEGER NOT NULL REFERENCES topic (id),    -- whose wording, quiet hours, sender and zone it has
    basis         TEXT    NOT NULL CHECK (basis IN ('wrote')), -- why a phone may be texted
    kind          TEXT    NOT NULL,
    parameters    TEXT    NOT NULL,                          -- JSON, the intent
    draw          INTEGER REFERENCES draw (id),              -- the draw it is about
    role          TEXT    NOT NULL CHECK (role IN ('person', 'receiver', 'giver')), -- the person, or whose they are
    person        INTEGER NOT NULL REFERENCES person (id),
    channel       TEXT    NOT NULL CHECK (channel IN ('sms', 'email', 'either')),
    queued_at     INTEGER NOT NULL,
    due           INTEGER NOT NULL,
    not_after     INTEGER,                                   -- later than this it lapses
    state         TEXT    NOT NULL DEFAULT 'waiting'
                  CHECK (state IN ('waiting', 'claimed', 'sent', 'delivered', 'failed', 'lapsed', 'cancelled')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    next_at       INTEGER NOT NULL,                          -- when a worker looks at it next; of a claim, its end
    claimed_by    TEXT,
    unsure_since  INTEGER,                                   -- a sending began then, and how it ended is not known
    provider_id   TEXT,                                      -- by which reports find the row; never of a role
    provider_code INTEGER,
    problem       TEXT,                                      -- why it waits, or what ended it
    settled_at    INTEGER,                                   -- never of a role
    CHECK ((state = 'claimed') = (claimed_by IS NOT NULL))
) STRICT;
-- Causes name rows as well from here on; what has been queued once is then not queued again. No command of the first
-- release queued a message to somebody outside of a draw.
INSERT INTO new_outbox
SELECT outbox.id,
       CASE kind
           WHEN 'pairing' THEN 'pairing:' || draw.id || ':' || participant.person
           WHEN 'redraw_notice' THEN 'redraw:' || draw.id || ':' || participant.person
           WHEN 'opening_notice' THEN 'opening:' || draw.series || ':' || (parameters ->> '$.number')
           WHEN 'reminder' THEN 'reminder:' || draw.id || ':'
               || replace(substr(cause, length('reminder:' || series.name || ':' || draw.number || ':') + 1) || '|',
                          ':' || participant.place || '|', '') || ':' || participant.person
           ELSE cause
       END,
       draw.topic, 'wrote', kind, parameters, outbox.draw, role, participant.person, channel,
       queued_at, due, not_after, state, attempts, next_at, claimed_by, unsure_since, provider_id, provider_code,
       problem, settled_at
FROM outbox
JOIN draw ON draw.id = outbox.draw
JOIN series ON series.id = draw.series
JOIN participant ON participant.draw = outbox.draw AND participant.place = outbox.person;
DROP TABLE outbox;
ALTER TABLE new_outbox RENAME TO outbox;
CREATE INDEX outbox_open ON outbox (topic, channel, next_at) WHERE state IN ('waiting', 'claimed');
CREATE UNIQUE INDEX outbox_provider ON outbox (provider_id) WHERE provider_id IS NOT NULL;

DROP INDEX person_by_name;
DROP TABLE participant;
DROP TABLE wished;
DROP TABLE drawn;
