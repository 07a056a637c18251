-- A message whose fate is unsure is looked for at the provider twice before it is sent again, for the provider's list may
-- be behind: whether that was done once already.
ALTER TABLE outbox ADD COLUMN looked_for INTEGER NOT NULL DEFAULT 0 CHECK (looked_for IN (0, 1));
