-- A participant's own page: the links to it, at most one that counts for a person and a draw. Those that have ended are kept, so
-- that whoever follows one can have another sent. A name can be shown there, which tells as an e-mail does; and whoever has a link
-- can say that their address wants no more e-mail.
CREATE TABLE own_link (
    hash    BLOB    PRIMARY KEY,                             -- SHA-256 of the link
    draw    INTEGER NOT NULL REFERENCES draw (id),
    person  INTEGER NOT NULL REFERENCES person (id),
    version INTEGER NOT NULL,                                -- when it was made; no two of a person are alike
    changes INTEGER NOT NULL,                                -- how often their address had changed after the draw
    ended   INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX own_link_that_counts ON own_link (draw, person) WHERE ended = 0;
CREATE INDEX own_link_of_person ON own_link (person);
ALTER TABLE told_by_mail ADD COLUMN by_page INTEGER NOT NULL DEFAULT 0 CHECK (by_page IN (0, 1));
CREATE TABLE mail_opt_out (
    email TEXT    PRIMARY KEY,                               -- in small letters
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
