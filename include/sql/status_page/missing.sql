-- The expected Moscow days without a good run, oldest first; late is one that the scheduler still makes up by itself.
-- As in runs/missing_days.sql, which asks more of each day and takes twice as long.
SELECT
    toString(arrayJoin(zakaz_missing_days(groupUniqArray(day), {now:DateTime64(6, 'UTC')}))) AS d,
    zakaz_due_day({now:DateTime64(6, 'UTC')}) - toDate(d) < {catchup_days:UInt32} AS is_late
FROM meta.v_good_days
WHERE job = zakaz_last_stage()
ORDER BY d
-- As in lights.sql.
SETTINGS max_threads = 1, do_not_merge_across_partitions_select_final = 1
