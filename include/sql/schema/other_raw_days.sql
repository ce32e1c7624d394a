-- The raw tables whose TTL differs from RAW_DAYS, and the TTL that each should have.
SELECT
    database,
    name,
    concat(
        extract(create_table_query, 'TTL (toDateTime\\(\\w+\\)) \\+ toIntervalDay'),
        ' + toIntervalDay(', toString({days:UInt16}), ')'
    ) AS ttl
FROM system.tables
WHERE
    database = 'zakaz'
    AND startsWith(name, 'raw_')
    AND extract(create_table_query, 'toIntervalDay\\([^0-9]*([0-9]+)') != toString({days:UInt16})
