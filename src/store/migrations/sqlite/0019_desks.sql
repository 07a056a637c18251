-- Front desks: who receives visitors, who has come, and who is inside. Hosts and visitors are persons of the desk's topic.

CREATE TABLE desk (
    topic     INTEGER PRIMARY KEY REFERENCES topic (id),
    slug      TEXT    NOT NULL UNIQUE,                       -- in the kiosk's address; no secret
    address   TEXT    NOT NULL,
    timezone  TEXT    NOT NULL,
    opens     TEXT,                                          -- 09:00 of every day; NULL: always open
    closes    TEXT,
    keep_days INTEGER NOT NULL CHECK (keep_days >= 1),       -- so long visitors' names and addresses are to be kept
    link      INTEGER NOT NULL DEFAULT 1,                    -- the version of the link that pairs a tablet
    wordings  TEXT    NOT NULL DEFAULT '{}',                 -- JSON, the texts that it words differently
    CHECK ((opens IS NULL) = (closes IS NULL))
) STRICT;

CREATE TABLE host (
    person     INTEGER PRIMARY KEY REFERENCES person (id),
    room       TEXT    NOT NULL DEFAULT '',
    idle_since INTEGER,                                      -- when their last visitor left
    removed_at INTEGER
) STRICT;

CREATE TABLE away (
    host    INTEGER NOT NULL REFERENCES host (person),
    from_at INTEGER NOT NULL,
    to_at   INTEGER NOT NULL,
    PRIMARY KEY (host, from_at),
    CHECK (from_at < to_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE visit (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,           -- never given again: links and messages are made from it
    desk        INTEGER NOT NULL REFERENCES desk (topic),
    host        INTEGER NOT NULL REFERENCES host (person),
    visitor     INTEGER NOT NULL REFERENCES person (id),
    in_at       INTEGER NOT NULL,
    out_due     INTEGER NOT NULL,
    out_at      INTEGER,
    ended       TEXT CHECK (ended IN ('left', 'early', 'auto', 'cancelled')), -- 'auto': by the clock, not confirmed
    left_at     INTEGER,                                     -- when they really left, put right behind the clock
    revision    INTEGER NOT NULL DEFAULT 1,                  -- counts the leaving times, each with messages of its own
    code        TEXT    NOT NULL,                            -- what the badge says; short, for the staff alone
    link        BLOB    UNIQUE,                              -- SHA-256 of the badge's link
    consent     TEXT    NOT NULL,                            -- which sentence they have agreed to
    answer      TEXT,                                        -- the host's: 'ok', 'no', or in how many minutes
    answered_at INTEGER,
    CHECK ((out_at IS NULL) = (ended IS NULL))
) STRICT;
-- One visitor at a time: two for one host are impossible, whoever forgets to ask first.
CREATE UNIQUE INDEX visit_open ON visit (host) WHERE out_at IS NULL;
CREATE INDEX visit_of_desk ON visit (desk, out_at);
CREATE INDEX visit_of_visitor ON visit (visitor);
CREATE INDEX visit_by_age ON visit (in_at);
