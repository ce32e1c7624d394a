-- The rows that one build wrote and that are there, counted in the table.
SELECT count()
FROM {database:Identifier}.{table:Identifier}
WHERE
    {day_column:Identifier} BETWEEN {from_date:Date} AND {to_date:Date}
    AND _ver = {ver:UInt64}
    AND NOT _deleted
