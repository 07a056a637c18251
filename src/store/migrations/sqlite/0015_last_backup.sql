-- When the last backup was made, for whoever asks how old it is.
CREATE TABLE last_backup (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    made_at INTEGER NOT NULL
) STRICT;
