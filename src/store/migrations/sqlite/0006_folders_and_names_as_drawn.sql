-- Two series of one name in two hands do not meet in the archive, and an exchange may be renamed after its draw: what is
-- archived stands in a folder that the series keeps, and a draw keeps the name it was made under.
ALTER TABLE series ADD COLUMN folder TEXT;                   -- NULL: called by the series' name, as those of files are
ALTER TABLE draw ADD COLUMN exchange TEXT;                   -- NULL: the topic's name
