-- What changed in an exchange after its draw. Draw and header stay as they were made; `revised` is the exchange as it is
-- today, its people in the draw's order, and `revision` counts how often it changed.
ALTER TABLE draw ADD COLUMN revised TEXT;                        -- JSON; NULL: as drawn
ALTER TABLE draw ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

-- An update that waits for its archive copies. Until they are there the draw it changes answers, and where it used to.
CREATE TABLE pending_update (
    topic    INTEGER PRIMARY KEY REFERENCES topic (id),
    draw     INTEGER NOT NULL REFERENCES draw (id),              -- the draw it changes
    new_draw INTEGER REFERENCES draw (id),                       -- the draw that takes its place
    entry    INTEGER NOT NULL,                                   -- the last entry of the chain it waits for; 0: none
    roster   TEXT    NOT NULL                                    -- JSON, the exchange as it will be
) STRICT;

-- Those to whom a changed address is still to be told.
CREATE INDEX outbox_owed ON outbox (kind) WHERE kind = 'address_notice' AND state = 'waiting';
CREATE INDEX outbox_read_with ON outbox (read_with) WHERE read_with IS NOT NULL;
