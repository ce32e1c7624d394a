-- The number of live rows that one build wrote.
SELECT countIf(_ver = {ver:UInt64} AND NOT _deleted) AS written
FROM {database:Identifier}.{table:Identifier}
WHERE {day_column:Identifier} BETWEEN {from_date:Date} AND {to_date:Date}
