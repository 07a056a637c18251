-- As SQLite's of this name, whose remarks count here too.
ALTER TABLE broadcast ADD COLUMN turned BIGINT NOT NULL DEFAULT 0 CHECK (turned IN (0, 1));
CREATE INDEX broadcast_turned ON broadcast (id) WHERE turned = 1;
CREATE INDEX person_of_email ON person (topic, lower(email)) WHERE email IS NOT NULL;
CREATE INDEX recipient_of_person ON broadcast_recipient (person);
ALTER TABLE list ADD COLUMN audience BIGINT REFERENCES topic (id);
ALTER TABLE subscriber ADD COLUMN is_landline BIGINT NOT NULL DEFAULT 0 CHECK (is_landline IN (0, 1));
ALTER TABLE broadcast ADD COLUMN picked TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE TABLE forgotten (
    list BIGINT NOT NULL REFERENCES list (topic),
    hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (list, hash)
);
