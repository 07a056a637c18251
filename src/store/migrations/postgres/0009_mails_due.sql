-- As SQLite's of this name, whose remarks count here too.
CREATE TABLE mails_due (
    draw BIGINT PRIMARY KEY REFERENCES draw (id)
);
