-- What a rehearsal did with a message counts for nothing: the row waits as before, and is marked so that the same
-- rehearsal does not repeat itself. `unsure_since` is of real sendings alone.
ALTER TABLE outbox ADD COLUMN rehearsed INTEGER NOT NULL DEFAULT 0 CHECK (rehearsed IN (0, 1));

-- Until here a rehearsed pairing counted as sent; that nobody was told by it is known.
UPDATE outbox SET state = 'waiting', rehearsed = 1, settled_at = NULL, provider_id = NULL, attempts = 0, next_at = due
WHERE kind = 'pairing' AND state IN ('sent', 'delivered') AND NOT EXISTS (
    SELECT 1 FROM told_by_mail AS told WHERE told.draw = outbox.draw AND told.person = outbox.person
);
