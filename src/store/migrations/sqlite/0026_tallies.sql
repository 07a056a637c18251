-- How many texts of a broadcast have come to their end since it was sent, or sent on, and how many of these were refused for a
-- reason that many of them make everybody's. Apart from the broadcast, whose row may be long.
CREATE TABLE broadcast_tally (
    broadcast INTEGER PRIMARY KEY REFERENCES broadcast (id),
    ended     INTEGER NOT NULL,
    refused   INTEGER NOT NULL
) STRICT;
