-- Who wanted no more messages and was forgotten: a hash that only the site's key makes, of their address and of what they left (the
-- number, e-mail about exchanges, a list). In the clear an opt-out stands as long as the address is somebody's.
CREATE TABLE opted_out (
    hash TEXT COLLATE "C" PRIMARY KEY
);
INSERT INTO opted_out (hash) SELECT hash FROM forgotten WHERE true ON CONFLICT DO NOTHING;
DROP TABLE forgotten;

-- When people of a draw were last forgotten.
ALTER TABLE draw ADD COLUMN forgotten_at BIGINT;
