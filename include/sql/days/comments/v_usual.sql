-- The comments of meta.v_usual and its columns.
ALTER TABLE meta.v_usual
MODIFY COMMENT 'Figures of the marts with their usual range, for given days and thresholds (a parameterized view)'
