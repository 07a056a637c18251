-- Events whose seats are dealt: what they are, their seats as rows, who was invited, and what they answered. Who is invited is
-- a person of the event's topic. A contact's row may be gone while its invitation stays; its id is given to nobody else.

CREATE TABLE event (
    topic       INTEGER PRIMARY KEY REFERENCES topic (id),
    description TEXT    NOT NULL,
    place       TEXT    NOT NULL DEFAULT '',
    starts_at   INTEGER NOT NULL,
    timezone    TEXT    NOT NULL,
    at_once     INTEGER NOT NULL CHECK (at_once >= 1),
    lapse       INTEGER NOT NULL CHECK (lapse > 0),          -- milliseconds
    cut_off     INTEGER NOT NULL,
    overbook    INTEGER NOT NULL,
    size        INTEGER NOT NULL CHECK (size >= 1),
    ask_again   INTEGER NOT NULL,                            -- milliseconds before the event
    phase       TEXT    NOT NULL CHECK (phase IN ('draft', 'dealing', 'paused', 'closed', 'cancelled')),
    tags        TEXT    NOT NULL DEFAULT '',                 -- only contacts with one of these; none: all
    wordings    TEXT    NOT NULL DEFAULT '{}',               -- JSON, the texts it words differently
    reason      TEXT    NOT NULL DEFAULT '',                 -- why it was cancelled
    revision    INTEGER NOT NULL DEFAULT 1,                  -- counts the changes of time and place, each told once
    CHECK (cut_off <= starts_at)
) STRICT;

CREATE TABLE first_invited (
    event   INTEGER NOT NULL REFERENCES event (topic),
    contact INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    PRIMARY KEY (event, contact)
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,           -- never given again: links and messages are made from it
    event       INTEGER NOT NULL REFERENCES event (topic),
    contact     INTEGER NOT NULL,
    seen        INTEGER NOT NULL,                            -- the contact's revision when it was invited or skipped
    person      INTEGER NOT NULL REFERENCES person (id),
    state       TEXT    NOT NULL
                CHECK (state IN ('open', 'held', 'line', 'maybe', 'declined', 'lapsed', 'skipped', 'withdrawn')),
    size        INTEGER NOT NULL,
    seats       INTEGER NOT NULL,                            -- how many rows of `seat` are its own
    wants       INTEGER NOT NULL,
    round       INTEGER NOT NULL,
    certain     INTEGER NOT NULL CHECK (certain IN (0, 1)),
    dealt_at    INTEGER NOT NULL,
    lapses_at   INTEGER,
    answered_at INTEGER,
    lined_at    INTEGER,
    asked_again INTEGER NOT NULL CHECK (asked_again IN (0, 1)),
    reminded    INTEGER NOT NULL CHECK (reminded IN (0, 1)),
    channel     TEXT    NOT NULL CHECK (channel IN ('sms', 'email')), -- how it travels
    sent_at     INTEGER,                                     -- when the last of its messages was taken by the provider
    undelivered INTEGER NOT NULL DEFAULT 0 CHECK (undelivered IN (0, 1)), -- a message did not arrive
    reason      TEXT,                                        -- why it was skipped, or a message did not arrive
    link        BLOB    UNIQUE,                              -- SHA-256 of its link
    UNIQUE (event, contact)
) STRICT;
CREATE INDEX invitation_of_event ON invitation (event, state);
CREATE INDEX invitation_of_person ON invitation (person);
CREATE INDEX invitation_of_contact ON invitation (contact);

-- The referee: there are no more rows than seats, and each is nobody's, or one invitation's.
CREATE TABLE seat (
    event      INTEGER NOT NULL REFERENCES event (topic),
    place      INTEGER NOT NULL,
    invitation INTEGER REFERENCES invitation (id),           -- NULL: free
    taken      INTEGER NOT NULL DEFAULT 0 CHECK (taken IN (0, 1)), -- otherwise reserved
    PRIMARY KEY (event, place),
    CHECK (taken = 0 OR invitation IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX seat_of ON seat (invitation) WHERE invitation IS NOT NULL;
CREATE INDEX seat_free ON seat (event, place) WHERE invitation IS NULL;

CREATE TABLE answer (
    id         INTEGER PRIMARY KEY,
    invitation INTEGER NOT NULL REFERENCES invitation (id),
    at         INTEGER NOT NULL,
    word       TEXT    NOT NULL CHECK (word IN ('yes', 'probably', 'maybe', 'no')),
    size       INTEGER NOT NULL,
    via        TEXT    NOT NULL CHECK (via IN ('text', 'page', 'organizer'))
) STRICT;
CREATE INDEX answer_of ON answer (invitation);
CREATE INDEX contact_in_order ON contact (owner, priority, added_at, id);
