-- Lists of a hundred thousand: whoever has an address, and whatever was written to somebody, is found without reading all of
-- it; and what a pause or a cancelling leaves to be done is done a thousand messages at a time.
ALTER TABLE broadcast ADD COLUMN turned INTEGER NOT NULL DEFAULT 0 CHECK (turned IN (0, 1)); -- its messages have yet to follow its state
CREATE INDEX broadcast_turned ON broadcast (id) WHERE turned = 1;
CREATE INDEX person_of_email ON person (topic, lower(email)) WHERE email IS NOT NULL;
CREATE INDEX recipient_of_person ON broadcast_recipient (person);

-- Whose people a list without a page is: an event's guests; NULL: those of an address book.
ALTER TABLE list ADD COLUMN audience INTEGER REFERENCES topic (id);

-- To look a number up in its country's numbering plan takes 20 us, 2 s for such a list: it is done once.
ALTER TABLE subscriber ADD COLUMN is_landline INTEGER NOT NULL DEFAULT 0 CHECK (is_landline IN (0, 1));

-- Those who were ticked one by one, with commas between them; empty: everybody.
ALTER TABLE broadcast ADD COLUMN picked TEXT NOT NULL DEFAULT '';

-- Who has left a list and was forgotten: hashes of addresses that only the site's key makes.
CREATE TABLE forgotten (
    list INTEGER NOT NULL REFERENCES list (topic),
    hash TEXT    NOT NULL,
    PRIMARY KEY (list, hash)
) STRICT, WITHOUT ROWID;
