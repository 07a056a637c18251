-- How many SMS segments of announcements were begun on a day, counted in days since 1970: what `daily_segments` bounds.
CREATE TABLE segments_sent (
    day INTEGER PRIMARY KEY,
    segments INTEGER NOT NULL
) STRICT;
