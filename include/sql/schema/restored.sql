-- The number of tables and rows in the restored copy of a backup.
SELECT
    count() AS table_count,
    sum(total_rows) AS row_count
FROM system.tables
WHERE startsWith(database, {prefix:String}) AND engine LIKE '%MergeTree'
