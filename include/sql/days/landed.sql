-- The rows of one fetch or load that can be read back from the table they were landed in.
SELECT count() AS landed
FROM {database:Identifier}.{table:Identifier}
WHERE {key:Identifier} = {id:UUID}
