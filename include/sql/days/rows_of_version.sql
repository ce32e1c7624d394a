-- The number of live rows that one build wrote, and the highest version of the days.
-- A higher version than the build's own is that of a later build.
SELECT
    countIf(_ver = {ver:UInt64} AND NOT _deleted) AS written,
    max(_ver) AS highest
FROM {database:Identifier}.{table:Identifier}
WHERE {day_column:Identifier} BETWEEN {from_date:Date} AND {to_date:Date}
