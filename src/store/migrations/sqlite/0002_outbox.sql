-- The outbox: every outgoing message, one row per recipient and channel. Times are milliseconds since 1970 UTC.
-- A row says what is to be said and to whom in terms of roles. "The receiver of person 3" is resolved with the open
-- draw at the moment of sending, and neither that person's address nor the words are written here. Nor is anything by
-- which a row of a role could be found at the provider, or beside an opt-out: no id, no report, no code, no time of its end.
CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY,
    cause         TEXT    NOT NULL UNIQUE,                   -- why there is a row; queued twice, it is still one
    kind          TEXT    NOT NULL,
    parameters    TEXT    NOT NULL,                          -- JSON, the intent
    draw          INTEGER REFERENCES draw (id),              -- the draw whose roster `person` counts in
    role          TEXT    NOT NULL CHECK (role IN ('person', 'receiver', 'giver', 'phone', 'email')),
    person        INTEGER,
    address       TEXT,                                      -- of somebody outside any draw
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
    CHECK ((role IN ('phone', 'email')) = (address IS NOT NULL)),
    CHECK ((role IN ('person', 'receiver', 'giver')) = (person IS NOT NULL AND draw IS NOT NULL)),
    CHECK ((state = 'claimed') = (claimed_by IS NOT NULL))
) STRICT;
CREATE INDEX outbox_open ON outbox (channel, next_at) WHERE state IN ('waiting', 'claimed');
CREATE UNIQUE INDEX outbox_provider ON outbox (provider_id) WHERE provider_id IS NOT NULL;

-- The ids of messages to roles, as SHA-256 and in no other order, so that none leads to its row. Kept because two such
-- messages of the same words must not both be found in the one that was sent.
CREATE TABLE relayed (
    provider_key TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- What a provider reported of a message before its id was recorded; kept for a day.
CREATE TABLE delivery (
    provider_id TEXT    PRIMARY KEY,
    delivered   INTEGER NOT NULL CHECK (delivered IN (0, 1)),
    code        INTEGER,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When a number may send its next segment; shared by all workers.
CREATE TABLE line (
    name    TEXT    PRIMARY KEY,
    free_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
