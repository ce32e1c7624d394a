-- The rows of one fetch or load that can be read back from the table they were landed in, and the bytes of one column.
-- FINAL, since an insert whose answer was lost is repeated.
SELECT
    count() AS landed,
    sum(length(toString({text:Identifier}))) AS landed_bytes
FROM {database:Identifier}.{table:Identifier} FINAL
WHERE {key:Identifier} = {id:UUID}
