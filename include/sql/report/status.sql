-- The status of the daily load and its jobs, for the terminal.
SELECT
    emoji AS light,
    job,
    coalesce(toString(last_good_day), '—') AS last_good_day,
    coalesce(toString(freshness_hours), '—') AS hours_old,
    coalesce(formatDateTime(last_started_at, '%d.%m %H:%i'), '—') AS last_run,
    if(last_status = '', '—', last_status) AS last_status,
    concat(toString(failures_24h), '/', toString(attempts_24h)) AS failed_24h,
    concat(toString(failures_48h), '/', toString(attempts_48h)) AS failed_48h,
    open_incidents,
    reason
FROM bi.v_etl_status
ORDER BY position
