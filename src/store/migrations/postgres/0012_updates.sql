-- As SQLite's of this name, whose remarks count here too.
ALTER TABLE draw ADD COLUMN revised TEXT COLLATE "C";
ALTER TABLE draw ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

CREATE TABLE pending_update (
    topic    BIGINT PRIMARY KEY REFERENCES topic (id),
    draw     BIGINT NOT NULL REFERENCES draw (id),
    new_draw BIGINT REFERENCES draw (id),
    entry    BIGINT NOT NULL,
    roster   TEXT COLLATE "C" NOT NULL
);

CREATE INDEX outbox_owed ON outbox (kind) WHERE kind = 'address_notice' AND state = 'waiting';
CREATE INDEX outbox_read_with ON outbox (read_with) WHERE read_with IS NOT NULL;
