-- Counts the rows that one build wrote and that are there now.
-- Beside the highest version of the days, which is a later build's if it is not its own.
SELECT
    countIf(_ver = {ver:UInt64} AND NOT _deleted) AS written,
    max(_ver) AS highest
FROM {database:Identifier}.{table:Identifier}
WHERE {day_column:Identifier} BETWEEN {from_date:Date} AND {to_date:Date}
