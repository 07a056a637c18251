-- As SQLite's of this name, whose remarks count here too.
CREATE TABLE own_link (
    hash    BYTEA  PRIMARY KEY,
    draw    BIGINT NOT NULL REFERENCES draw (id),
    person  BIGINT NOT NULL REFERENCES person (id),
    version BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    ended   BIGINT NOT NULL DEFAULT 0 CHECK (ended IN (0, 1))
);
CREATE UNIQUE INDEX own_link_that_counts ON own_link (draw, person) WHERE ended = 0;
CREATE INDEX own_link_of_person ON own_link (person);
ALTER TABLE told_by_mail ADD COLUMN by_page BIGINT NOT NULL DEFAULT 0 CHECK (by_page IN (0, 1));
CREATE TABLE mail_opt_out (
    email TEXT COLLATE "C" PRIMARY KEY,
    at    BIGINT NOT NULL
);
