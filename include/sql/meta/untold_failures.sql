-- The failed attempts of the last two days that nobody was told of: no callback ran for them (a process killed in a
-- backfill, "mark failed" in the UI), or it did not get far. Only the last attempt of a task counts. Those that ended
-- within the last minute are left to their own callback, except the ones that were found dead.
WITH
last_attempts AS (
    SELECT
        dag_id,
        dag_run_id,
        job,
        from_date,
        to_date,
        argMax(run_id, started_at) AS run_id,
        argMax(status, started_at) AS status,
        argMax(err_msg, started_at) AS err_msg,
        argMax(run_type, started_at) AS run_type,
        argMax(try_number, started_at) AS try_number,
        argMax(log_url, started_at) AS log_url,
        argMax(finished_at, started_at) AS finished_at,
        max(started_at) AS last_started_at
    FROM meta.etl_runs FINAL
    WHERE started_at > now64(6) - INTERVAL 2 DAY
    GROUP BY
        dag_id,
        dag_run_id,
        job,
        from_date,
        to_date
),

told AS (
    SELECT DISTINCT JSONExtractString(context_json, 'run_id') AS run_id
    FROM meta.etl_alerts FINAL
    WHERE ts > now64(6) - INTERVAL 3 DAY
)

SELECT
    dag_id,
    dag_run_id,
    job,
    from_date,
    to_date,
    run_id,
    err_msg,
    run_type,
    try_number,
    log_url,
    last_started_at AS started_at,
    assumeNotNull(finished_at) AS failed_at
FROM last_attempts
WHERE
    status = 'error'
    AND toString(run_id) NOT IN (SELECT told.run_id FROM told)
    AND (finished_at < now64(6) - INTERVAL 1 MINUTE OR err_msg = {lost:String})
ORDER BY last_started_at
