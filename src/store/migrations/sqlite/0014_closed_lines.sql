-- Why a line is closed; nothing where it only keeps its pace.
ALTER TABLE line ADD COLUMN problem TEXT;
