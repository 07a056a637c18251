-- Whether all of a broadcast has come to an end is asked of its messages, also beside a hundred thousand others of its list that
-- are held.
CREATE INDEX outbox_of_broadcast ON outbox (topic, cause) WHERE bulk = 1 AND state IN ('waiting', 'claimed');
