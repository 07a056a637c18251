-- Whose a topic is, and exchanges that are kept in the database. What the file or the command line makes is the site's:
-- its owner is NULL. A series never crosses owners: the file's exchange finds its own by name among those of files, all
-- others point to theirs by id, and one hand may hold two of one name.

-- Somebody who may sign in.
CREATE TABLE account (
    id       INTEGER PRIMARY KEY,
    email    TEXT    NOT NULL UNIQUE,                        -- in lower case
    password TEXT,                                           -- as a PHC string; NULL: not set yet
    added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE new_series (
    id    INTEGER PRIMARY KEY,
    name  TEXT    NOT NULL,
    kept  TEXT    NOT NULL CHECK (kept IN ('file', 'database')),
    owner INTEGER REFERENCES account (id)
) STRICT;
INSERT INTO new_series (id, name, kept) SELECT id, name, 'file' FROM series;
DROP TABLE series;
ALTER TABLE new_series RENAME TO series;
CREATE UNIQUE INDEX series_of_file ON series (name) WHERE kept = 'file';

ALTER TABLE topic ADD COLUMN owner INTEGER REFERENCES account (id);

-- The roster of an exchange that is kept here, as the same text that a file would hold. What was drawn stands apart: the
-- people of a live draw are rows of `person`.
CREATE TABLE roster (
    topic      INTEGER PRIMARY KEY REFERENCES topic (id),
    toml       TEXT    NOT NULL,
    revision   INTEGER NOT NULL,                             -- counts the changes, so that two at once do not undo each other
    changed_at INTEGER NOT NULL
) STRICT;
