-- The status of the daily load and its jobs, for the status page.
SELECT
    job,
    job_ru,
    light,
    reason,
    last_status_ru,
    coalesce(formatDateTime(last_started_at, '%d.%m %H:%i'), '') AS last_run,
    last_error,
    log_url,
    toUInt32(failures_24h) AS failed_24h,
    toUInt32(attempts_24h) AS tries_24h,
    toUInt32(failures_48h) AS failed_48h,
    toUInt32(attempts_48h) AS tries_48h,
    toUInt32(open_incidents) AS incidents
FROM bi.v_etl_status
ORDER BY position
-- Small tables in many parts: threads only add overhead, and no attempt is in two partitions.
SETTINGS max_threads = 1, do_not_merge_across_partitions_select_final = 1
