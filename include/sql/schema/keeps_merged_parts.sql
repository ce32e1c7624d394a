-- The tables that keep merged parts for longer than an embedded engine is ever open.
SELECT
    database,
    name
FROM system.tables
WHERE
    database IN ('zakaz', 'meta')
    AND engine LIKE '%MergeTree'
    AND engine_full NOT LIKE '%old_parts_lifetime%'
