-- The number of tables and rows in some databases.
SELECT
    count() AS table_count,
    sum(total_rows) AS row_count
FROM system.tables
WHERE has(splitByChar(',', {databases:String}), database) AND engine LIKE '%MergeTree'
