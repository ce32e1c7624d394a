-- Tables and rows in the copy of a restored backup.
SELECT
    count() AS table_count,
    sum(total_rows) AS row_count
FROM system.tables
WHERE startsWith(database, {prefix:String}) AND engine LIKE '%MergeTree'
