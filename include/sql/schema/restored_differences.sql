-- How many days were compared with the restored copy of a backup, and where their sums are not those of the warehouse.
-- Compared is each day, source and layer that is now as it was when the backup began: its rows have an older version.
-- A day that was loaded since has a newer one, and says nothing about the backup.
WITH
began AS (
    -- The copy has the row of the very attempt that made it, as `running`.
    SELECT
        toUnixTimestamp64Micro(
            coalesce(maxOrNullIf(started_at, job = 'backup' AND status = 'running'), max(started_at))
        ) AS began_at
    FROM restored_meta.etl_runs FINAL
),

days AS (
    SELECT
        now.version != copied.version
        OR now.row_count != copied.row_count
        -- A release adds figures that a copy of before does not have.
        OR mapFilter((name, _) -> mapContains(copied.figures, name), now.figures) != copied.figures AS differs,
        concat(
            now.source, ' ', now.layer, ' ', toString(now.day), ': ',
            toString(now.row_count), ' rows ', toString(now.figures), ', in the backup ',
            toString(copied.row_count), ' rows ', toString(copied.figures)
        ) AS difference
    FROM meta.v_day_sums AS now
    CROSS JOIN began
    LEFT JOIN restored_meta.v_day_sums AS copied
        ON now.day = copied.day AND now.source = copied.source AND now.layer = copied.layer
    WHERE now.version <= began.began_at OR now.version = copied.version
)

SELECT
    count() AS compared,
    countIf(differs) AS different,
    anyIf(difference, differs) AS example
FROM days
