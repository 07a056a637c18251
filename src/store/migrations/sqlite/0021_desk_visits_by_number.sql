-- A desk's visits are listed in the order they were made, a stretch at a time; by age nobody asks for them.
DROP INDEX visit_by_age;
CREATE INDEX visit_by_number ON visit (desk, id);
