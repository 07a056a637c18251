-- Draws, the texts that came in, what people asked for, and the openings.
-- Times are milliseconds since 1970 UTC. No table holds a giver beside their receiver.

-- A draw as its sealed file, with what is safe to know in the clear.
CREATE TABLE draw (
    id               INTEGER PRIMARY KEY,
    series           TEXT    NOT NULL,
    number           INTEGER NOT NULL CHECK (number >= 1),   -- counts within the series
    exchange         TEXT    NOT NULL,
    drawn_at         INTEGER NOT NULL,
    archive_location TEXT    NOT NULL,                       -- where its copy belongs
    header           TEXT    NOT NULL,                       -- JSON, the clear header as archived
    roster           TEXT    NOT NULL,                       -- JSON, the exchange the draw was made from
    sealed           BLOB    NOT NULL,                       -- the age file
    UNIQUE (series, number)
) STRICT;

-- What became of a draw's archive copy; without a row it is pending. Apart from the draw, so that its large row is written once and never again.
CREATE TABLE archive_copy (
    draw         INTEGER PRIMARY KEY REFERENCES draw (id),
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'confirmed', 'occupied')),
    problem      TEXT,                                       -- why the last attempt failed
    confirmed_at INTEGER
) STRICT;

-- Every text answered, once, in the order of arrival. `outcome` says what was decided, never the revealing words. Only ever
-- appended to, and without an index: what must be found quickly the listener holds in memory, and a hundred texts in one
-- commit then touch a handful of pages.
CREATE TABLE text (
    id          INTEGER PRIMARY KEY,
    sid         TEXT    NOT NULL,                            -- Twilio's MessageSid
    received_at INTEGER NOT NULL,
    phone       TEXT    NOT NULL,
    draw        INTEGER REFERENCES draw (id),                -- the draw it was answered from
    person      INTEGER,                                     -- place in that draw's roster
    told        INTEGER NOT NULL CHECK (told IN (0, 1)),     -- whether the answer named whom they give to
    outcome     TEXT    NOT NULL                             -- JSON
) STRICT;

-- Every e-mail that told a giver, per draw.
CREATE TABLE told_by_mail (
    draw     INTEGER NOT NULL REFERENCES draw (id),
    person   INTEGER NOT NULL,
    message  TEXT    NOT NULL,                               -- the provider's id of it
    at       INTEGER NOT NULL,
    PRIMARY KEY (draw, person, message)
) STRICT, WITHOUT ROWID;

-- What is known of a number, whoever it belongs to.
CREATE TABLE phone (
    number        TEXT    PRIMARY KEY,
    first_text_at INTEGER,                                   -- NULL: never wrote to us
    opted_out_at  INTEGER,                                   -- NULL: not opted out
    stranger_day  INTEGER                                    -- the day an unknown number got its one line
) STRICT, WITHOUT ROWID;

-- Wishes texted in, and those of the roster that were taken back by text (`withdrawn`): the roster itself stays as it is.
CREATE TABLE wish (
    id        INTEGER PRIMARY KEY,
    exchange  TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    body      TEXT    NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)),
    at        INTEGER NOT NULL
) STRICT;
CREATE INDEX wish_of ON wish (exchange, person);

-- BOUGHT, SENT, GOT: of the gift that a draw asked for; a new draw asks for another.
CREATE TABLE report (
    draw   INTEGER NOT NULL REFERENCES draw (id),
    person INTEGER NOT NULL,                                 -- place in that draw's roster
    kind   TEXT    NOT NULL CHECK (kind IN ('bought', 'sent', 'got')),
    at     INTEGER NOT NULL,
    PRIMARY KEY (draw, person, kind)
) STRICT, WITHOUT ROWID;

-- A question to a receiver or an answer to a giver, by its sender alone: who it goes to is known only to the open draw.
CREATE TABLE relay (
    id        INTEGER PRIMARY KEY,
    sid       TEXT    NOT NULL UNIQUE,
    draw      INTEGER NOT NULL REFERENCES draw (id),
    sender    INTEGER NOT NULL,
    direction TEXT    NOT NULL CHECK (direction IN ('ask', 'tell')),
    body      BLOB    NOT NULL,                              -- sealed to this machine's own identity
    at        INTEGER NOT NULL
) STRICT;

-- The hash-chained log of openings, as archived. It names neither giver nor receiver.
CREATE TABLE opening (
    series      TEXT    NOT NULL,
    number      INTEGER NOT NULL CHECK (number >= 1),
    at          INTEGER NOT NULL,
    entry       TEXT    NOT NULL,                            -- JSON
    archived_at INTEGER,                                     -- NULL: the archive has no copy yet
    PRIMARY KEY (series, number)
) STRICT, WITHOUT ROWID;
