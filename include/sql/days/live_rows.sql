-- The number of live rows of a table for the days from_date to to_date, both included.
SELECT count()
FROM {database:Identifier}.{table:Identifier} FINAL
WHERE {day_column:Identifier} BETWEEN {from_date:Date} AND {to_date:Date}
