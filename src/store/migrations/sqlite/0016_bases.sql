-- Why a phone may be texted has more than one answer from here on: besides whoever wrote, who has an invitation, who is to
-- confirm a sign-up, a subscriber, a desk's host, and a visitor who typed the number at a desk.
CREATE TABLE new_outbox (
    id            INTEGER PRIMARY KEY,
    cause         TEXT    NOT NULL UNIQUE,
    topic         INTEGER NOT NULL REFERENCES topic (id),
    basis         TEXT    NOT NULL CHECK (basis IN ('wrote', 'invitation', 'confirmation', 'subscriber', 'host', 'visitor')),
    kind          TEXT    NOT NULL,
    parameters    TEXT    NOT NULL,
    draw          INTEGER REFERENCES draw (id),
    role          TEXT    NOT NULL CHECK (role IN ('person', 'receiver', 'giver')),
    person        INTEGER NOT NULL REFERENCES person (id),
    channel       TEXT    NOT NULL CHECK (channel IN ('sms', 'email', 'either')),
    queued_at     INTEGER NOT NULL,
    due           INTEGER NOT NULL,
    not_after     INTEGER,
    state         TEXT    NOT NULL DEFAULT 'waiting'
                  CHECK (state IN ('waiting', 'claimed', 'sent', 'delivered', 'failed', 'lapsed', 'cancelled')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    next_at       INTEGER NOT NULL,
    claimed_by    TEXT,
    unsure_since  INTEGER,
    provider_id   TEXT,
    provider_code INTEGER,
    problem       TEXT,
    settled_at    INTEGER,
    rehearsed     INTEGER NOT NULL DEFAULT 0 CHECK (rehearsed IN (0, 1)),
    looked_for    INTEGER NOT NULL DEFAULT 0 CHECK (looked_for IN (0, 1)),
    read_with     TEXT,
    CHECK ((state = 'claimed') = (claimed_by IS NOT NULL))
) STRICT;
INSERT INTO new_outbox
SELECT id, cause, topic, basis, kind, parameters, draw, role, person, channel, queued_at, due, not_after, state, attempts,
       next_at, claimed_by, unsure_since, provider_id, provider_code, problem, settled_at, rehearsed, looked_for, read_with
FROM outbox;
DROP TABLE outbox;
ALTER TABLE new_outbox RENAME TO outbox;
CREATE INDEX outbox_open ON outbox (topic, channel, next_at) WHERE state IN ('waiting', 'claimed');
CREATE UNIQUE INDEX outbox_provider ON outbox (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX outbox_of_person ON outbox (person);
CREATE INDEX outbox_owed ON outbox (kind) WHERE kind = 'address_notice' AND state = 'waiting';
CREATE INDEX outbox_read_with ON outbox (read_with) WHERE read_with IS NOT NULL;
