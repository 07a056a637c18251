-- Lists: who signed up for what, what they agreed to, and what was written to all of them.

CREATE TABLE list (
    topic    INTEGER PRIMARY KEY REFERENCES topic (id),
    slug     TEXT    UNIQUE,                                 -- of its page; NULL: it has none
    sender   TEXT    NOT NULL,                               -- who writes, as people read it
    wording  TEXT    NOT NULL,                               -- the hash of what people agree to now
    messages TEXT    NOT NULL DEFAULT '{}',                  -- JSON, the organizer's own texts by name
    made_at  INTEGER NOT NULL
) STRICT;

-- Every version of what people were shown when they agreed.
CREATE TABLE wording (
    list INTEGER NOT NULL REFERENCES list (topic),
    hash TEXT    NOT NULL,                                   -- SHA-256 of the text, lower-case hex
    text TEXT    NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (list, hash)
) STRICT, WITHOUT ROWID;

-- How a subscriber stands on each channel is what their last consent says; it is here so that 100,000 are read at once.
CREATE TABLE subscriber (
    person     INTEGER PRIMARY KEY REFERENCES person (id),
    list       INTEGER NOT NULL REFERENCES list (topic),
    first_name TEXT    NOT NULL,
    last_name  TEXT    NOT NULL,
    zone       TEXT,                                         -- where they said they are
    tags       TEXT    NOT NULL DEFAULT '',                  -- with commas between them
    contact    INTEGER,                                      -- out of the address book
    sms        TEXT    NOT NULL DEFAULT 'none' CHECK (sms IN ('none', 'asked', 'confirmed', 'withdrawn')),
    email      TEXT    NOT NULL DEFAULT 'none' CHECK (email IN ('none', 'asked', 'confirmed', 'withdrawn')),
    is_texted  INTEGER NOT NULL DEFAULT 0 CHECK (is_texted IN (0, 1)), -- whether a text of the list was sent to them
    confirm    BLOB    UNIQUE,                               -- SHA-256 of the links they get
    leave      BLOB    UNIQUE,
    added_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX subscriber_of_list ON subscriber (list, person);

-- Who agreed to what, when and how. Rows are added and never changed; of somebody forgotten the evidence is emptied.
CREATE TABLE consent (
    id       INTEGER PRIMARY KEY,
    person   INTEGER NOT NULL REFERENCES person (id),
    channel  TEXT    NOT NULL CHECK (channel IN ('sms', 'email')),
    act      TEXT    NOT NULL CHECK (act IN ('asked', 'confirmed', 'withdrawn')),
    at       INTEGER NOT NULL,
    wording  TEXT,                                           -- what they were shown, by its hash
    source   TEXT    NOT NULL CHECK (source IN ('form', 'import', 'text', 'link', 'organizer', 'carrier')),
    evidence TEXT    NOT NULL                                -- in the words of whoever keeps it
) STRICT;
CREATE INDEX consent_of ON consent (person, id);

CREATE TABLE broadcast (
    id         INTEGER PRIMARY KEY,
    list       INTEGER NOT NULL REFERENCES list (topic),
    text       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    ways       TEXT    NOT NULL CHECK (ways IN ('either', 'sms', 'email', 'both')),
    tags       TEXT    NOT NULL DEFAULT '',                  -- only those with one of these
    state      TEXT    NOT NULL DEFAULT 'draft'
               CHECK (state IN ('draft', 'planned', 'sending', 'paused', 'stopped', 'cancelled')),
    why        TEXT,                                         -- what stopped it
    messages   INTEGER NOT NULL DEFAULT 0,                   -- as planned
    segments   INTEGER NOT NULL DEFAULT 0,
    moved_to   INTEGER NOT NULL DEFAULT 0,                   -- the last recipient who is in the outbox
    made_at    INTEGER NOT NULL,
    planned_at INTEGER,
    sent_at    INTEGER
) STRICT;
CREATE INDEX broadcast_of ON broadcast (list, id);

-- A plan: everybody's words as they will read them, and everybody who is left out.
CREATE TABLE broadcast_recipient (
    id        INTEGER PRIMARY KEY,
    broadcast INTEGER NOT NULL REFERENCES broadcast (id),
    person    INTEGER NOT NULL REFERENCES person (id),
    channel   TEXT    NOT NULL CHECK (channel IN ('sms', 'email')),
    words     TEXT    NOT NULL DEFAULT '',
    segments  INTEGER NOT NULL DEFAULT 0,
    left_out  TEXT,                                          -- why; NULL: they get it
    outbox    INTEGER REFERENCES outbox (id)
) STRICT;
CREATE INDEX recipient_of ON broadcast_recipient (broadcast, id);

-- What people wrote back.
CREATE TABLE reply (
    id        INTEGER PRIMARY KEY,
    list      INTEGER NOT NULL REFERENCES list (topic),
    person    INTEGER NOT NULL REFERENCES person (id),
    broadcast INTEGER REFERENCES broadcast (id),             -- the last one sent to them before
    text      TEXT    NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
CREATE INDEX reply_of_list ON reply (list, id);
