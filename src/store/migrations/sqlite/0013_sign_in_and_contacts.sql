-- Who is signed in, what lets somebody in, what was tried too often, and whom an account may write to. Of links, sessions
-- and tokens only the SHA-256 is here: they are random, so it tells nobody what to present.

CREATE TABLE session (
    hash       BLOB    PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account (id),
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL                              -- to within some minutes, so that looking around writes little
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of ON session (account);

-- The one link by which an account sets its password; gone once it has been used.
CREATE TABLE password_link (
    account INTEGER PRIMARY KEY REFERENCES account (id),
    hash    BLOB    NOT NULL UNIQUE,
    ends_at INTEGER NOT NULL
) STRICT;

-- What scripts use.
CREATE TABLE token (
    id       INTEGER PRIMARY KEY,
    hash     BLOB    NOT NULL UNIQUE,
    name     TEXT    NOT NULL,
    scope    TEXT    NOT NULL CHECK (scope IN ('read', 'write', 'audit')),
    account  INTEGER REFERENCES account (id),                -- NULL: the site's own
    added_at INTEGER NOT NULL,
    used_at  INTEGER                                         -- to within some minutes
) STRICT;
CREATE UNIQUE INDEX token_of_account ON token (account, name);
CREATE UNIQUE INDEX token_of_site ON token (name) WHERE account IS NULL;

-- How often something was tried within a stretch of time. The key is a digest: what is typed for an address may well be
-- a password.
CREATE TABLE attempt (
    key   BLOB    PRIMARY KEY,
    count INTEGER NOT NULL,
    until INTEGER NOT NULL                                   -- then it starts from nothing again
) STRICT, WITHOUT ROWID;

CREATE INDEX attempt_until ON attempt (until);

-- Somebody whom an account may invite or write to.
CREATE TABLE contact (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,              -- never given again, also after its contact is gone
    owner    INTEGER REFERENCES account (id),                -- NULL: the site's
    name     TEXT    NOT NULL,
    phone    TEXT,                                           -- E.164
    email    TEXT,
    priority INTEGER NOT NULL DEFAULT 5 CHECK (priority >= 1), -- 1 is invited first
    tags     TEXT    NOT NULL DEFAULT '',                    -- with commas between them
    note     TEXT    NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 1,                     -- counts the changes, so that two at once do not undo each other
    added_at INTEGER NOT NULL,
    CHECK (phone IS NOT NULL OR email IS NOT NULL)
) STRICT;
CREATE INDEX contact_of ON contact (owner, name);
