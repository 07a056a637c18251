-- An announcement that somebody reads behind the answer to a text is not sent; the text is remembered, so that the same
-- is answered when it is delivered again.
ALTER TABLE outbox ADD COLUMN read_with TEXT;

CREATE INDEX outbox_of_person ON outbox (person);
