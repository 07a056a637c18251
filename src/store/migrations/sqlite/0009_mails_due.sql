-- Draws that became live here and whose pairings by e-mail a worker has yet to queue. One that was restored is none:
-- its people may have been told before.
CREATE TABLE mails_due (
    draw INTEGER PRIMARY KEY REFERENCES draw (id)
) STRICT;
