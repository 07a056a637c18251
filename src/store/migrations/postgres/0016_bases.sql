-- As SQLite's of this name, whose remarks count here too.
ALTER TABLE outbox DROP CONSTRAINT outbox_basis_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_basis_check CHECK (basis IN ('wrote', 'invitation', 'confirmation', 'subscriber', 'host', 'visitor'));
